#include <cstdint>
#include <cstring>
#include <vector>

#include "tensor/cpu/kernels.h"
#include "tensor/cpu/parallel.h"

// One row times a matrix whose columns are dense: what a layer's weight [out,in] is to a single
// token. Each weight is read once and used once, so the product waits for memory; what counts is
// that nothing is repacked and that 16-bit weights travel as 16 bits.

namespace tenon::cpu {
namespace {

constexpr std::int64_t kLanes = 16;
using Lanes = float __attribute__((vector_size(4 * kLanes)));
using Words = std::uint32_t __attribute__((vector_size(4 * kLanes)));
using Halves = std::uint16_t __attribute__((vector_size(2 * kLanes)));

void load(const float* from, Lanes& lanes) { std::memcpy(&lanes, from, sizeof lanes); }

// A bf16 is the upper half of an f32.
void load(const BFloat16* from, Lanes& lanes) {
  Halves halves;
  std::memcpy(&halves, from, sizeof halves);
  const Words words = __builtin_convertvector(halves, Words) << 16;
  std::memcpy(&lanes, &words, sizeof lanes);
}

/// Σ_k x[k] column[k]. One column at a time, so that memory is read in the order in which it lies:
/// four columns side by side reach 44 GB/s where one reaches 51, which is all that two cores can.
template <class W>
float dot(const float* x, const W* column, std::int64_t inner) {
  Lanes sums[2] = {};  // two, for a multiply-add takes four cycles
  std::int64_t k = 0;
  for (; k + 2 * kLanes <= inner; k += 2 * kLanes) {
    for (int half = 0; half < 2; ++half) {
      Lanes in, weights;
      load(x + k + half * kLanes, in);
      load(column + k + half * kLanes, weights);
      sums[half] += weights * in;
    }
  }
  const Lanes both = sums[0] + sums[1];
  float sum = 0;
  for (int lane = 0; lane < kLanes; ++lane) sum += both[lane];
  for (; k < inner; ++k) sum += static_cast<float>(column[k]) * x[k];
  return sum;
}

template <class W>
void product(const float* x, const Tensor& matrix, float* out) {
  const std::int64_t inner = matrix.shape()[1], count = matrix.shape()[2];
  const std::int64_t stride = count == 1 ? inner : matrix.strides()[2];
  const W* columns = matrix.data<W>();
  parallel_items(count, inner, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t c = begin; c < end; ++c) out[c] = dot(x, columns + c * stride, inner);
  });
}

void finish(const MatmulArgs& args, std::vector<float>& row) {
  if (args.bias) {
    const Tensor bias = args.bias->to(DType::kF32).contiguous();
    for (std::size_t c = 0; c < row.size(); ++c) row[c] += bias.data<float>()[c];
  }
  if (args.activation != Activation::kRelu) return;
  for (float& value : row) value = value < 0 ? 0 : value;  // NaN stays
}

}  // namespace

bool is_matvec(const MatmulArgs& args, const Tensor& out) {
  const bool one_row = out.shape()[0] == 1 && out.shape()[1] == 1;
  const bool taken = args.b.dtype() == DType::kF32 || args.b.dtype() == DType::kBF16;
  const bool dense_columns = args.b.strides()[1] == 1 && args.b.shape()[1] >= kLanes &&
                             (args.b.shape()[2] == 1 || args.b.strides()[2] >= args.b.shape()[1]);
  return one_row && taken && dense_columns && !args.accumulate;
}

void matvec(const MatmulArgs& args, const Tensor& out) {
  const Tensor x = args.a.to(DType::kF32).contiguous();
  std::vector<float> row(static_cast<std::size_t>(out.numel()));
  if (args.b.dtype() == DType::kF32) {
    product<float>(x.data<float>(), args.b, row.data());
  } else {
    product<BFloat16>(x.data<float>(), args.b, row.data());
  }
  finish(args, row);
  copy(from_vector(row, out.shape()), out);
}

}  // namespace tenon::cpu
