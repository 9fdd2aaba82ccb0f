#include <Eigen/Core>
#include <algorithm>

#include "tensor/cpu/kernels.h"
#include "tensor/cpu/matmul_small.h"
#include "tensor/cpu/onednn.h"
#include "tensor/cpu/parallel.h"

namespace tenon::cpu {
namespace {

using dnnl::memory;

/// Rows or columns dense, the way oneDNN takes a matrix; batch stride as it is.
bool is_plain_matrix(const Tensor& x) {
  const std::int64_t rows = x.shape()[1], columns = x.shape()[2];
  const std::int64_t down = x.strides()[1], across = x.strides()[2];
  return (across == 1 && down >= columns) || (down == 1 && across >= rows);
}

Tensor as_plain(const Tensor& x) { return is_plain_matrix(x) ? x : x.contiguous(); }

/// A dimension of size 1 may carry any stride; give it the one that a dense matrix has.
memory::desc matrix_desc(const Tensor& x, bool batched) {
  const std::int64_t rows = x.shape()[1], columns = x.shape()[2];
  std::int64_t down = x.strides()[1], across = x.strides()[2];
  if (across == 1 && (rows == 1 || down < columns)) down = columns;
  const auto type = onednn::data_type(x.dtype());
  if (!batched) return {{rows, columns}, type, memory::dims{down, across}};
  const bool shared = x.strides()[0] == 0;  // one matrix for the whole batch
  return {{shared ? 1 : x.shape()[0], rows, columns},
          type,
          memory::dims{shared ? rows * columns : x.strides()[0], down, across}};
}

onednn::Execution make_matmul(const Tensor& a, const Tensor& b, const Tensor& out,
                              const MatmulArgs& args) {
  const bool batched = out.shape()[0] > 1;
  const memory::desc desc_a = matrix_desc(a, batched), desc_b = matrix_desc(b, batched);
  const memory::desc desc_out = matrix_desc(out, batched);
  memory::desc desc_bias;
  if (args.bias) {
    memory::dims shape(batched ? 3 : 2, 1), strides(shape.size(), args.bias->numel());
    shape.back() = args.bias->numel();
    strides.back() = 1;
    desc_bias = memory::desc(shape, onednn::data_type(args.bias->dtype()), strides);
  }
  const dnnl::matmul::desc desc = args.bias
                                      ? dnnl::matmul::desc(desc_a, desc_b, desc_bias, desc_out)
                                      : dnnl::matmul::desc(desc_a, desc_b, desc_out);
  dnnl::primitive_attr attributes;
  if (args.accumulate) {
    dnnl::post_ops after;
    after.append_sum();
    attributes.set_post_ops(after);
  }
  onednn::Execution execution(
      dnnl::matmul(dnnl::matmul::primitive_desc(desc, attributes, onednn::engine())));
  execution.add_source(DNNL_ARG_SRC, desc_a, desc_a);
  execution.add_source(DNNL_ARG_WEIGHTS, desc_b, desc_b);
  execution.add_result(DNNL_ARG_DST, desc_out, desc_out);
  if (args.bias) execution.add_source(DNNL_ARG_BIAS, desc_bias, desc_bias);
  return execution;
}

enum KeyKind : std::int64_t { kMatmulKey = 1 };

void matmul_onednn(const MatmulArgs& args, const Tensor& out) {
  Tensor a = as_plain(args.a);
  const Tensor b = as_plain(args.b);
  // One of the two has to have the batch dimension of the result.
  if (out.shape()[0] > 1 && a.strides()[0] == 0 && b.strides()[0] == 0) a = a.contiguous();
  const Tensor bias = args.bias ? args.bias->contiguous() : Tensor();
  const onednn::Key key{{kMatmulKey, static_cast<std::int64_t>(a.dtype()), a.shape()[0],
                         a.shape()[1], a.shape()[2], b.shape()[2], a.strides()[0], a.strides()[1],
                         a.strides()[2], b.strides()[0], b.strides()[1], b.strides()[2],
                         out.strides()[1], static_cast<std::int64_t>(out.dtype()),
                         args.bias != nullptr, args.accumulate}};
  const double flop = 2.0 * static_cast<double>(out.numel()) * static_cast<double>(a.shape()[2]);
  const SerialScope alone(flop < kSerialFlop);  // for building it too: it plans for the threads
  onednn::Execution& execution = onednn::cached(key, [&] { return make_matmul(a, b, out, args); });
  if (args.bias) {
    execution.run({a.raw_data(), b.raw_data(), out.raw_data(), bias.raw_data()});
  } else {
    execution.run({a.raw_data(), b.raw_data(), out.raw_data()});
  }
  // Not fused: oneDNN's ReLU turns NaN into 0 here, and would hide that a training has diverged.
  if (args.activation == Activation::kRelu) unary(UnaryOp::kRelu, out, out);
}

template <class C, int kOrder>
using Matrix = Eigen::Matrix<C, Eigen::Dynamic, Eigen::Dynamic, kOrder>;

/// Matrix i of a batch whose matrices have their rows (kOrder RowMajor) or columns dense.
template <class C, int kOrder>
auto matrix_at(const Tensor& x, std::int64_t i) {
  const std::int64_t step = x.strides()[kOrder == Eigen::RowMajor ? 1 : 2];
  return Eigen::Map<const Matrix<C, kOrder>, 0, Eigen::OuterStride<>>(
      x.data<C>() + i * x.strides()[0], x.shape()[1], x.shape()[2], Eigen::OuterStride<>(step));
}

/// Calls fn(i, first, last) for rows [first, last) of product i of [B,M,N]: threads share the
/// products, or the rows where there is one. Eigen adds up an element in the same order wherever
/// such a range begins.
template <class F>
void for_each_row_range(const Tensor& out, std::int64_t work_per_row, const F& fn) {
  const std::int64_t count = out.shape()[0], rows = out.shape()[1];
  if (count == 1) {
    const std::int64_t grain = std::max<std::int64_t>(kGrain / work_per_row, 1);
    parallel_for(rows, grain, [&](auto first, auto last) { fn(std::int64_t{0}, first, last); });
    return;
  }
  parallel_items(count, rows * work_per_row, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t i = begin; i < end; ++i) fn(i, std::int64_t{0}, rows);
  });
}

template <class C, int kOrderA, int kOrderB>
void multiply_in_order(const Tensor& a, const Tensor& b, const MatmulArgs& args,
                       const Tensor& out) {
  const std::int64_t columns = out.shape()[2];
  const Tensor bias = args.bias ? args.bias->contiguous() : Tensor();
  const auto rows_of_product = [&](std::int64_t i, std::int64_t first, std::int64_t last) {
    Eigen::Map<Matrix<C, Eigen::RowMajor>, 0, Eigen::OuterStride<>> c(
        out.data<C>() + i * out.strides()[0] + first * out.strides()[1], last - first, columns,
        Eigen::OuterStride<>(std::max(out.strides()[1], columns)));
    const auto rows = matrix_at<C, kOrderA>(a, i).middleRows(first, last - first);
    if (args.accumulate) {
      c.noalias() += rows * matrix_at<C, kOrderB>(b, i);
    } else {
      c.noalias() = rows * matrix_at<C, kOrderB>(b, i);
    }
    if (args.bias) {
      c.rowwise() += Eigen::Map<const Eigen::RowVector<C, Eigen::Dynamic>>(bias.data<C>(), columns);
    }
    if (args.activation == Activation::kRelu) {
      c = (c.array() < C{0}).select(C{0}, c.array());
    }
  };
  for_each_row_range(out, columns * a.shape()[2], rows_of_product);
}

template <class C>
void matmul_eigen(const MatmulArgs& args, const Tensor& out) {
  constexpr int kRow = Eigen::RowMajor, kColumn = Eigen::ColMajor;
  const Tensor a = as_plain(args.a), b = as_plain(args.b);
  const bool rows_a = a.strides()[2] == 1, rows_b = b.strides()[2] == 1;
  const auto multiply =
      rows_a   ? rows_b ? multiply_in_order<C, kRow, kRow> : multiply_in_order<C, kRow, kColumn>
        : rows_b ? multiply_in_order<C, kColumn, kRow>
               : multiply_in_order<C, kColumn, kColumn>;
  multiply(a, b, args, out);
}

/// 16-bit types that oneDNN does not take here run in f32.
void matmul_widened(const MatmulArgs& args, const Tensor& out) {
  const Tensor bias = args.bias ? args.bias->to(DType::kF32) : Tensor();
  const Tensor wide = empty_like(out, DType::kF32);
  if (args.accumulate) copy(out, wide);
  matmul({.a = args.a.to(DType::kF32),
          .b = args.b.to(DType::kF32),
          .bias = args.bias ? &bias : nullptr,
          .activation = args.activation,
          .accumulate = args.accumulate},
         wide);
  copy(wide, out);
}

/// No inner dimension: the product is zero, and what is left is activation(bias).
void matmul_of_nothing(const MatmulArgs& args, const Tensor& out) {
  if (args.accumulate) return;
  fill(0, out);
  if (args.bias) copy(args.bias->expand(out.shape()), out);
  if (args.activation == Activation::kRelu) unary(UnaryOp::kRelu, out, out);
}

/// activation(product + bias) for the activations that are part of it: kNone and kRelu.
void multiply(const MatmulArgs& args, const Tensor& out) {
  if (args.a.shape()[2] == 0) {
    matmul_of_nothing(args, out);
  } else if (is_matvec(args, out)) {
    matvec(args, out);
  } else if (is_small_matmul(args, out)) {
    matmul_small(args, out);
  } else if (args.a.dtype() == DType::kF64) {
    matmul_eigen<double>(args, out);
  } else if (onednn::supports(args.a.dtype())) {
    matmul_onednn(args, out);
  } else {
    matmul_widened(args, out);
  }
}

}  // namespace

void matmul(const MatmulArgs& args, const Tensor& out) {
  if (args.row_sums) {
    const Tensor columns = args.a.transpose(1, 2);
    reduce({.op = ReduceOp::kSum, .dims = 1u << 1}, columns, args.row_sums->reshape({1, 1, -1}));
  }
  if (out.numel() == 0) return;
  if (args.slope_at) {
    multiply({.a = args.a, .b = args.b}, out);
    return multiply_by_slope(args.activation, *args.slope_at, out);
  }
  if (!args.inner &&
      (args.activation == Activation::kNone || args.activation == Activation::kRelu)) {
    return multiply(args, out);
  }
  const Tensor& inner = args.inner ? *args.inner : out;
  multiply({.a = args.a, .b = args.b, .bias = args.bias}, inner);
  activate(args.activation, inner, out);
}

}  // namespace tenon::cpu
