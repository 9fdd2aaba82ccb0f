// Singular values and eigenvectors of small matrices, by Eigen: one matrix is the work of one
// thread.
#include <Eigen/Eigenvalues>
#include <Eigen/SVD>
#include <algorithm>
#include <atomic>
#include <type_traits>

#include "tensor/cpu/chunk.h"
#include "tensor/cpu/kernels.h"
#include "tensor/cpu/parallel.h"

namespace tenon::cpu {
namespace {

// In f64 for f32 too: more exact, and these templates take half a minute to compile for each type,
// and half as long again for matrices by rows.
using Matrix = Eigen::MatrixXd;

/// Matrix i of a dense batch [B,M,N].
Matrix matrix_at(const Tensor& batch, std::int64_t i) {
  const std::int64_t rows = batch.shape()[1], columns = batch.shape()[2];
  return dispatch_element(batch.dtype(), [&]<class T>() -> Matrix {
    if constexpr (std::is_floating_point_v<T>) {
      using From = Eigen::Matrix<T, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
      const T* data = batch.data<T>() + i * rows * columns;
      return Eigen::Map<const From>(data, rows, columns).template cast<double>();
    } else {
      return {};
    }
  });
}

/// Writes item i of a dense batch [B,..].
void store(const Matrix& values, const Tensor& batch, std::int64_t i) {
  const Run to{static_cast<std::byte*>(batch.raw_data()), 1, batch.dtype()};
  const Matrix by_rows = values.transpose();
  scatter(by_rows.data(), by_rows.size(), at(to, i * by_rows.size()));
}

/// -1 where the entry of largest magnitude is negative, else 1.
double sign_of(const Eigen::VectorXd& column) {
  Eigen::Index place = 0;
  column.cwiseAbs().maxCoeff(&place);
  return column(place) < 0 ? -1 : 1;
}

/// Calls fn(i) for each matrix of the batch; whether all said true.
template <class F>
bool for_each_matrix(const Tensor& x, const F& fn) {
  std::atomic<bool> converged{true};
  const std::int64_t rows = x.shape()[1], columns = x.shape()[2];
  parallel_items(x.shape()[0], rows * columns * std::min(rows, columns),
                 [&](std::int64_t begin, std::int64_t end) {
                   for (std::int64_t i = begin; i < end; ++i) {
                     if (!fn(i)) converged = false;
                   }
                 });
  return converged;
}

}  // namespace

bool svd(const Tensor& x, const Tensor& u, const Tensor& s, const Tensor& vh) {
  return for_each_matrix(x, [&](std::int64_t i) {
    const Eigen::BDCSVD<Matrix> parts(matrix_at(x, i), Eigen::ComputeThinU | Eigen::ComputeThinV);
    if (parts.info() != Eigen::Success) return false;
    Matrix left = parts.matrixU(), right = parts.matrixV().transpose();
    for (Eigen::Index j = 0; j < left.cols(); ++j) {
      const double sign = sign_of(left.col(j));
      left.col(j) *= sign;
      right.row(j) *= sign;
    }
    store(left, u, i);
    store(parts.singularValues(), s, i);
    store(right, vh, i);
    return true;
  });
}

bool eigh(const Tensor& x, const Tensor& values, const Tensor& vectors) {
  return for_each_matrix(x, [&](std::int64_t i) {
    const Eigen::SelfAdjointEigenSolver<Matrix> parts(matrix_at(x, i));
    if (parts.info() != Eigen::Success) return false;
    Matrix columns = parts.eigenvectors();
    for (Eigen::Index j = 0; j < columns.cols(); ++j) columns.col(j) *= sign_of(columns.col(j));
    store(parts.eigenvalues(), values, i);
    store(columns, vectors, i);
    return true;
  });
}

}  // namespace tenon::cpu
