#include "tensor/cpu/fold_block.h"
#include "tensor/cpu/parallel.h"
#include "tensor/quant/codebook.h"
#include "tensor/quant/device_kernels.h"
#include "tensor/quant/lookup.h"
#include "tensor/quant/quant.h"
#include "tensor/quant/scales.h"

namespace tenon::quant {
namespace {

/// What a row of W is multiplied with.
struct Rows {
  const float* x;
  std::int64_t columns;
};

#ifdef TENON_FLOAT_LANES

using cpu::FloatLanes;
using cpu::kLanes;

/// Sums of M rows of x times one row of W. The codes are looked up once for all M. One block's sums
/// are collected before they are scaled: its scale costs one multiplication per row.
template <int M>
void dot_row(const QuantizedTensor& q, const Scales& scales, const Rows& rows, std::int64_t row,
             float (&sums)[M]) {
  const Table16 numbers(codebook16(q.format).data());
  const std::int64_t first = row * rows.columns;
  const std::uint8_t* codes = q.codes.data<std::uint8_t>() + first / 2;
  FloatLanes totals[M];
  for (FloatLanes& total : totals) total = FloatLanes(0);
  for (std::int64_t begin = 0; begin < rows.columns; begin += q.block) {
    FloatLanes even[M], odd[M];
    for (int m = 0; m < M; ++m) even[m] = odd[m] = FloatLanes(0);
    for (std::int64_t i = begin; i < begin + q.block; i += 2 * kLanes) {
      const FloatLanes w0(numbers.at(codes + i / 2)), w1(numbers.at(codes + (i + kLanes) / 2));
      for (int m = 0; m < M; ++m) {
        const float* x = rows.x + m * rows.columns + i;
        even[m] = fma(FloatLanes::load(x), w0, even[m]);
        odd[m] = fma(FloatLanes::load(x + kLanes), w1, odd[m]);
      }
    }
    const FloatLanes scale(scales[(first + begin) / q.block]);
    for (int m = 0; m < M; ++m) totals[m] = fma(even[m] + odd[m], scale, totals[m]);
  }
  for (int m = 0; m < M; ++m) sums[m] = cpu::fold_lanes<cpu::Add<float>>(totals[m]);
}

#else

template <int M>
void dot_row(const QuantizedTensor& q, const Scales& scales, const Rows& rows, std::int64_t row,
             float (&sums)[M]) {
  float numbers[16];
  for (std::size_t i = 0; i < 16; ++i) numbers[i] = codebook16(q.format)[i];
  const std::int64_t first = row * rows.columns;
  const std::uint8_t* codes = q.codes.data<std::uint8_t>() + first / 2;
  for (float& sum : sums) sum = 0;
  for (std::int64_t begin = 0; begin < rows.columns; begin += 32) {
    float w[32];
    look_up_wide(numbers, codes + begin / 2, 32, w);
    const float scale = scales[(first + begin) / q.block];
    for (int m = 0; m < M; ++m) {
      const float* x = rows.x + m * rows.columns + begin;
      float sum = 0;
      for (int i = 0; i < 32; ++i) sum += x[i] * w[i];
      sums[m] += scale * sum;
    }
  }
}

#endif

template <int M>
void multiply_rows(const QuantizedTensor& q, const Rows& rows, float* out) {
  const Scales scales(q);
  const std::int64_t outputs = q.shape[0];
  cpu::parallel_items(outputs, rows.columns, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t row = begin; row < end; ++row) {
      float sums[M];
      dot_row<M>(q, scales, rows, row, sums);
      for (int m = 0; m < M; ++m) out[m * outputs + row] = sums[m];
    }
  });
}

bool has_tensor_cores(const QuantizedTensor& q, DType dtype) {
  return !q.codes.device().is_cpu() && (dtype == DType::kBF16 || dtype == DType::kF16);
}

/// A 4-bit matrix whose rows are whole blocks.
bool is_blocked_matrix(const QuantizedTensor& q) {
  return q.format != Format::kInt8 && q.shape.size() == 2 && q.shape[1] % q.block == 0;
}

void check_weight(const char* op, const QuantizedTensor& q) {
  if (is_blocked_matrix(q)) return;
  throw ValueError(
      "[" + std::string(op) + "] expected a 4-bit matrix whose rows are whole blocks of " +
      std::to_string(q.block) + ", got " + std::string(name(q.format)) + " " + to_string(q.shape));
}

void check_device(const char* op, const Tensor& x, const QuantizedTensor& q) {
  if (x.device() == q.codes.device()) return;
  throw DeviceError("[" + std::string(op) + "] expected x on " + to_string(q.codes.device()) +
                    ", got one on " + to_string(x.device()));
}

void check(const Tensor& x, const QuantizedTensor& q) {
  check_weight("multiply", q);
  check_device("multiply", x, q);
  if (!is_floating(x.dtype()) || x.dtype() == DType::kF64) {
    throw DTypeError("[multiply] expected x of f32, bf16 or f16, got " +
                     std::string(tenon::name(x.dtype())));
  }
  const bool any = has_tensor_cores(q, x.dtype());
  if (x.ndim() != 2 || x.size(1) != q.shape[1] || x.size(0) < 1 ||
      (!any && x.size(0) > kMultiplyRows) || !x.is_contiguous()) {
    throw ShapeError("[multiply] expected x [1 to " +
                     (any ? std::string("M") : std::to_string(kMultiplyRows)) + "," +
                     std::to_string(q.shape[1]) + "], dense, got " + to_string(x.shape()));
  }
}

void check_transposed(const Tensor& y, const QuantizedTensor& q) {
  check_weight("multiply_transposed", q);
  check_device("multiply_transposed", y, q);
  if (!has_tensor_cores(q, y.dtype())) {
    throw DTypeError("[multiply_transposed] expected y of bf16 or f16 on a GPU, got " +
                     std::string(tenon::name(y.dtype())) + " on " + to_string(y.device()));
  }
  if (q.shape[0] % 8 != 0 || y.ndim() != 2 || y.size(1) != q.shape[0] || y.size(0) < 1 ||
      !y.is_contiguous()) {
    throw ShapeError("[multiply_transposed] expected y [M," + std::to_string(q.shape[0]) +
                     "], dense, with a multiple of 8 columns, got " + to_string(y.shape()));
  }
}

}  // namespace

std::int64_t multiply_rows(const QuantizedTensor& q, DType dtype) {
  if (!is_blocked_matrix(q)) return 0;
  return has_tensor_cores(q, dtype) ? kTensorCoreRows : kMultiplyRows;
}

std::int64_t multiply_transposed_rows(const QuantizedTensor& q, DType dtype) {
  if (!is_blocked_matrix(q) || q.shape[0] % 8 != 0) return 0;
  return has_tensor_cores(q, dtype) ? kTensorCoreRows : 0;
}

Tensor multiply_transposed(const Tensor& y, const QuantizedTensor& q) {
  check_transposed(y, q);
  const Tensor out = empty({y.size(0), q.shape[1]}, {.dtype = y.dtype(), .device = y.device()});
  if (out.numel() > 0) kernels_of(y.device()).multiply_transposed(y, q, out);
  return out;
}

Tensor multiply(const Tensor& x, const QuantizedTensor& q) {
  check(x, q);
  const Tensor out = empty({x.size(0), q.shape[0]}, {.dtype = x.dtype(), .device = x.device()});
  if (!x.device().is_cpu()) {
    kernels_of(x.device()).multiply(x, q, out);
    return out;
  }
  // Four rows of x are nothing beside the weights.
  if (x.dtype() != DType::kF32) return multiply(x.to(DType::kF32), q).to(x.dtype());
  const Rows rows{x.data<float>(), x.size(1)};
  constexpr void (*kByRows[kMultiplyRows])(const QuantizedTensor&, const Rows&, float*) = {
      multiply_rows<1>, multiply_rows<2>, multiply_rows<3>, multiply_rows<4>};
  kByRows[x.size(0) - 1](q, rows, out.data<float>());
  return out;
}

}  // namespace tenon::quant
