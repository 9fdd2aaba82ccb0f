// Singular values and eigenvectors of small matrices, by Eigen: one matrix is the work of one
// thread.
#include <Eigen/Eigenvalues>
#include <Eigen/SVD>
#include <atomic>

#include "tensor/cpu/chunk.h"
#include "tensor/cpu/kernels.h"
#include "tensor/cpu/parallel.h"

namespace tenon::cpu {
namespace {

template <class T>
using Matrix = Eigen::Matrix<T, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;

/// Matrix i of a dense batch [B,M,N].
template <class T>
Eigen::Map<Matrix<T>> matrix_at(const Tensor& batch, std::int64_t i) {
  const std::int64_t rows = batch.shape()[1], columns = batch.shape()[2];
  return {batch.data<T>() + i * rows * columns, rows, columns};
}

/// Vector i of a dense batch [B,N].
template <class T>
Eigen::Map<Eigen::VectorX<T>> vector_at(const Tensor& batch, std::int64_t i) {
  const std::int64_t size = batch.shape()[1];
  return {batch.data<T>() + i * size, size};
}

/// -1 where the entry of largest magnitude is negative, else 1.
template <class Column>
typename Column::Scalar sign_of(const Column& column) {
  Eigen::Index place = 0;
  column.cwiseAbs().maxCoeff(&place);
  return column(place) < 0 ? -1 : 1;
}

/// Calls fn.template operator()<T>(i) for each matrix of the batch; whether all said true.
template <class F>
bool for_each_matrix(const Tensor& x, const F& fn) {
  std::atomic<bool> converged{true};
  const std::int64_t rows = x.shape()[1], columns = x.shape()[2];
  parallel_items(x.shape()[0], rows * columns * std::min(rows, columns),
                 [&](std::int64_t begin, std::int64_t end) {
                   for (std::int64_t i = begin; i < end; ++i) {
                     const bool done = x.dtype() == DType::kF64 ? fn.template operator()<double>(i)
                                                                : fn.template operator()<float>(i);
                     if (!done) converged = false;
                   }
                 });
  return converged;
}

}  // namespace

bool svd(const Tensor& x, const Tensor& u, const Tensor& s, const Tensor& vh) {
  return for_each_matrix(x, [&]<class T>(std::int64_t i) {
    const Eigen::BDCSVD<Matrix<T>> parts(matrix_at<T>(x, i),
                                         Eigen::ComputeThinU | Eigen::ComputeThinV);
    if (parts.info() != Eigen::Success) return false;
    vector_at<T>(s, i) = parts.singularValues();
    auto left = matrix_at<T>(u, i);
    auto right = matrix_at<T>(vh, i);
    for (Eigen::Index j = 0; j < left.cols(); ++j) {
      const T sign = sign_of(parts.matrixU().col(j));
      left.col(j) = sign * parts.matrixU().col(j);
      right.row(j) = sign * parts.matrixV().col(j).transpose();
    }
    return true;
  });
}

bool eigh(const Tensor& x, const Tensor& values, const Tensor& vectors) {
  return for_each_matrix(x, [&]<class T>(std::int64_t i) {
    const Eigen::SelfAdjointEigenSolver<Matrix<T>> parts(matrix_at<T>(x, i));
    if (parts.info() != Eigen::Success) return false;
    vector_at<T>(values, i) = parts.eigenvalues();
    auto to = matrix_at<T>(vectors, i);
    for (Eigen::Index j = 0; j < to.cols(); ++j) {
      to.col(j) = sign_of(parts.eigenvectors().col(j)) * parts.eigenvectors().col(j);
    }
    return true;
  });
}

}  // namespace tenon::cpu
