// Layer and RMS normalization of the rows of x [R,D], forward and backward in one pass each. Sums
// over the rows are taken in blocks that depend on the shape alone and combined in order.
#include <Eigen/Core>
#include <algorithm>
#include <cmath>

#include "tensor/cpu/chunk.h"
#include "tensor/cpu/kernels.h"
#include "tensor/cpu/parallel.h"

namespace tenon::cpu {
namespace {

template <class C>
using Row = Eigen::Map<Eigen::Array<C, Eigen::Dynamic, 1>>;
template <class C>
using ConstRow = Eigen::Map<const Eigen::Array<C, Eigen::Dynamic, 1>>;
template <class C>
using Vector = Eigen::Array<C, Eigen::Dynamic, 1>;

Run row_of(const Tensor& x, std::int64_t row) {
  const std::int64_t size = x.shape()[1];
  const auto bytes = static_cast<std::int64_t>(size_of(x.dtype()));
  return {static_cast<std::byte*>(x.raw_data()) + row * size * bytes, 1, x.dtype()};
}

template <class F>
void dispatch(const Tensor& x, const F& fn) {
  dispatch_compute(x.dtype(), [&]<class C>() {
    if constexpr (std::is_floating_point_v<C>) fn.template operator()<C>();
  });
}

template <class C>
const C* data_or_null(const Tensor* x) {
  return x != nullptr ? x->data<C>() : nullptr;
}

}  // namespace

void row_norm(const RowNormArgs& args, double eps, const Tensor& bias, const Tensor& out) {
  const std::int64_t rows = args.x.shape()[0], size = args.x.shape()[1];
  dispatch(args.x, [&]<class C>() {
    const C* weight = data_or_null<C>(args.weight);
    const C* shift = bias.defined() ? bias.data<C>() : nullptr;
    C* means = args.rms ? nullptr : args.mean->template data<C>();
    C* scales = args.rstd.data<C>();
    parallel_items(rows, 4 * size, [&](std::int64_t begin, std::int64_t end) {
      Vector<C> input(size), output(size);
      for (std::int64_t r = begin; r < end; ++r) {
        const ConstRow<C> x(contiguous_run(row_of(args.x, r), size, input.data()), size);
        const C mean = args.rms ? C{0} : x.sum() / static_cast<C>(size);
        const C variance = (x - mean).square().sum() / static_cast<C>(size);
        const C scale = C{1} / std::sqrt(variance + static_cast<C>(eps));
        if (means != nullptr) means[r] = mean;
        scales[r] = scale;
        output = (x - mean) * scale;
        if (weight != nullptr) output *= ConstRow<C>(weight, size);
        if (shift != nullptr) output += ConstRow<C>(shift, size);
        scatter(output.data(), size, row_of(out, r));
      }
    });
  });
}

void row_norm_grad(const Tensor& grad, const RowNormArgs& args, const Tensor& x_grad,
                   const Tensor& weight_grad, const Tensor& bias_grad) {
  const std::int64_t rows = args.x.shape()[0], size = args.x.shape()[1];
  const std::int64_t per_block = std::max<std::int64_t>(1, 65536 / std::max<std::int64_t>(1, size));
  const std::int64_t blocks = (rows + per_block - 1) / per_block;
  dispatch(args.x, [&]<class C>() {
    const C* weight = data_or_null<C>(args.weight);
    const C* means = args.rms ? nullptr : args.mean->template data<C>();
    const C* scales = args.rstd.data<C>();
    Eigen::Array<C, Eigen::Dynamic, Eigen::Dynamic> sums =
        Eigen::Array<C, Eigen::Dynamic, Eigen::Dynamic>::Zero(size, 2 * blocks);
    parallel_items(blocks, 8 * per_block * size, [&](std::int64_t begin, std::int64_t end) {
      Vector<C> x_buffer(size), g_buffer(size), normal(size), slope(size);
      for (std::int64_t r = begin * per_block; r < std::min(rows, end * per_block); ++r) {
        const ConstRow<C> x(contiguous_run(row_of(args.x, r), size, x_buffer.data()), size);
        const ConstRow<C> g(contiguous_run(row_of(grad, r), size, g_buffer.data()), size);
        const std::int64_t block = r / per_block;
        normal = (x - (means != nullptr ? means[r] : C{0})) * scales[r];
        sums.col(2 * block) += g * normal;
        sums.col(2 * block + 1) += g;
        if (weight != nullptr) {
          slope = g * ConstRow<C>(weight, size);
        } else {
          slope = g;
        }
        const C along = (slope * normal).sum() / static_cast<C>(size);
        const C level = args.rms ? C{0} : slope.sum() / static_cast<C>(size);
        slope = (slope - level - normal * along) * scales[r];
        scatter(slope.data(), size, row_of(x_grad, r));
      }
    });
    Row<C> weight_sum(weight_grad.data<C>(), size), bias_sum(bias_grad.data<C>(), size);
    weight_sum.setZero();
    bias_sum.setZero();
    for (std::int64_t b = 0; b < blocks; ++b) {
      weight_sum += sums.col(2 * b);
      bias_sum += sums.col(2 * b + 1);
    }
  });
}

}  // namespace tenon::cpu
