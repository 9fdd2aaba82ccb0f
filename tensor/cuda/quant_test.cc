// Quantized tensors on a GPU against the CPU's. Runs on emulated devices too.
#include "tensor/quant/quant.h"

#include <gtest/gtest.h>

#include <cmath>
#include <string>
#include <utility>
#include <vector>

#include "tensor/ops.h"
#include "tensor/random.h"
#include "tensor/testing/check.h"

namespace tenon::quant {
namespace {

using testing::expect_identical;

constexpr Device kGpu{DeviceType::kCuda, 0};
constexpr DType kDTypes[] = {DType::kF32, DType::kBF16, DType::kF16};

class CudaQuant : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!is_available(kGpu)) GTEST_SKIP() << "skipped: no CUDA device";
  }
};

const std::vector<Options>& all_options() {
  static const std::vector<Options> options = {
      {},
      {.block = 32, .nested = false},
      {.block = 4096},
      {.format = Format::kFp4},
      {.format = Format::kFp4, .block = 128, .nested = false},
      {.format = Format::kInt8},
  };
  return options;
}

/// One with a block of zeros, an odd number of elements, and more blocks than one nested scale has.
std::vector<Tensor> matrices(DType dtype) {
  Generator generator(1);
  std::vector<Tensor> all;
  for (const Shape& shape : {Shape{1, 1}, Shape{3, 37}, Shape{70, 256}, Shape{129, 257}}) {
    all.push_back(randn(shape, generator).to(dtype));
  }
  all[2].narrow(0, 0, 17).fill_(0);
  return all;
}

void expect_same(const QuantizedTensor& there, const QuantizedTensor& here) {
  EXPECT_EQ(there.codes.device(), kGpu);
  expect_identical(there.codes.to(kCpu), here.codes, "codes");
  expect_identical(there.scales.to(kCpu), here.scales, "scales");
  EXPECT_EQ(there.nested_offset, here.nested_offset);
  ASSERT_EQ(there.nested(), here.nested());
  if (here.nested()) {
    expect_identical(there.nested_scales.to(kCpu), here.nested_scales, "nested scales");
  }
}

TEST_F(CudaQuant, HasTheCpusBytes) {
  for (const Options& options : all_options()) {
    for (const DType dtype : kDTypes) {
      for (const Tensor& x : matrices(dtype)) {
        const QuantizedTensor here = quantize(x, options), there = quantize(x.to(kGpu), options);
        expect_same(there, here);
        for (const DType result : kDTypes) {
          expect_identical(dequantize(there, result).to(kCpu), dequantize(here, result), "numbers");
        }
      }
    }
  }
}

// More scales than a block of threads, of sizes that leave roundings in their sum; and a last block
// of them that is not whole.
TEST_F(CudaQuant, NestedScalesOfManyBlocksAreTheCpus) {
  Generator generator(3);
  for (const std::int64_t blocks : {1, 255, 256, 1000, 5003}) {
    const Tensor sizes = exp(randn({blocks, 1}, generator) * 4);
    const Tensor x = randn({blocks, 32}, generator) * sizes;
    expect_same(quantize(x.to(kGpu), {.block = 32}), quantize(x, {.block = 32}));
  }
}

TEST_F(CudaQuant, DequantizesRows) {
  for (const Options& options : all_options()) {
    for (const Tensor& x : {matrices(DType::kF32)[2], matrices(DType::kF32)[3]}) {
      const QuantizedTensor there = quantize(x.to(kGpu), options);
      for (const std::int64_t begin : {0, 1, 16}) {
        const Tensor rows = empty({23, x.size(1)}, {.dtype = DType::kBF16, .device = kGpu});
        dequantize_rows(there, begin, begin + 23, rows);
        expect_identical(rows.to(kCpu),
                         dequantize(there, DType::kBF16).to(kCpu).narrow(0, begin, 23));
      }
      dequantize_rows(there, 5, 5, empty({0, x.size(1)}, {.device = kGpu}));
    }
  }
}

TEST_F(CudaQuant, MultipliesWithWhatCodesStandFor) {
  Generator generator(7);
  for (const Options& options :
       {Options{}, Options{.format = Format::kFp4}, Options{.block = 128, .nested = false}}) {
    const QuantizedTensor q = quantize(randn({70, 256}, generator).to(kGpu), options);
    const Tensor w = dequantize(q).to(kCpu);
    // Rows in the middle of a tensor, and a tensor that begins off a 16-byte line.
    const Tensor x = randn({kMultiplyRows * 256 + 1}, generator);
    for (std::int64_t rows = 1; rows <= kMultiplyRows; ++rows) {
      for (const std::int64_t first : {0, 1}) {
        const Tensor given = x.narrow(0, first, rows * 256).reshape({rows, 256});
        const Tensor there = x.to(kGpu).narrow(0, first, rows * 256).reshape({rows, 256});
        testing::expect_close_sum(multiply(there, q).to(kCpu), testing::Array(matmul(given, w.t())),
                                  256, "product");
      }
    }
  }
}

TEST_F(CudaQuant, MultipliesRowsOfSixteenBits) {
  Generator generator(8);
  const QuantizedTensor q = quantize(randn({70, 256}, generator).to(kGpu));
  const Tensor w = dequantize(q).to(kCpu);
  for (const DType dtype : {DType::kBF16, DType::kF16}) {
    for (std::int64_t rows = 1; rows <= kMultiplyRows; ++rows) {
      const Tensor x = randn({rows, 256}, generator).to(dtype);
      const Tensor exact = matmul(x.to(DType::kF64), w.to(DType::kF64).t());
      const Tensor got = multiply(x.to(kGpu), q);
      ASSERT_EQ(got.dtype(), dtype);
      // Rounded once: half a unit in the last of 8 or 11 digits, and what sums in f32 lose.
      const double unit = dtype == DType::kBF16 ? 0x1p-8 : 0x1p-11;
      const Tensor error = abs(got.to(kCpu).to(DType::kF64) - exact) - unit * abs(exact);
      EXPECT_LT(max(error).item<double>(), 1e-4);
    }
  }
}

/// Against f64 sums of the weights as dequantize() rounds them: half a unit in the last of 8 or 11
/// digits, and what sums in f32 lose of all that they add.
void expect_product(const Tensor& got, const Tensor& x, const Tensor& w, const std::string& what) {
  ASSERT_EQ(got.dtype(), x.dtype()) << what;
  const Tensor left = x.to(kCpu).to(DType::kF64), right = w.to(kCpu).to(DType::kF64);
  const Tensor exact = matmul(left, right), sizes = matmul(abs(left), abs(right));
  const double unit = x.dtype() == DType::kBF16 ? 0x1p-8 : 0x1p-11;
  const Tensor allowed = unit * abs(exact) + 0x1p-20 * sizes + 1e-7;
  const Tensor error = abs(got.to(kCpu).to(DType::kF64) - exact);
  EXPECT_LT(max(error / allowed).item<double>(), 1) << what;
}

struct Weights {
  Shape shape;
  Options options;
};

// Outputs and terms that are no whole tiles, one tile and several, terms that blocks share, scales
// of 32 and of more weights than a row has in a tile.
const std::vector<Weights>& all_weights() {
  static const std::vector<Weights> all = {
      {{64, 128}, {}},
      {{8, 64}, {.nested = false}},
      {{72, 96}, {.block = 32}},
      {{136, 256}, {.format = Format::kFp4, .block = 256}},
      {{200, 1152}, {.block = 128, .nested = false}},
      {{1048, 320}, {}},
  };
  return all;
}

TEST_F(CudaQuant, TensorCoresMultiplyRows) {
  Generator generator(9);
  for (const Weights& w : all_weights()) {
    const QuantizedTensor q = quantize(randn(w.shape, generator).to(kGpu), w.options);
    for (const DType dtype : {DType::kBF16, DType::kF16}) {
      ASSERT_EQ(multiply_rows(q, dtype), kTensorCoreRows);
      ASSERT_EQ(multiply_transposed_rows(q, dtype), kTensorCoreRows);
      const Tensor numbers = dequantize(q, dtype);
      for (const std::int64_t rows : {5, 16, 31, 33, 130}) {
        const std::string what = to_string(w.shape) + " and rows " + std::to_string(rows);
        const Tensor x = randn({rows, w.shape[1]}, generator).to(dtype).to(kGpu);
        expect_product(multiply(x, q), x, numbers.t(), "x W^T of " + what);
        const Tensor y = randn({rows, w.shape[0]}, generator).to(dtype).to(kGpu);
        expect_product(multiply_transposed(y, q), y, numbers, "y W of " + what);
      }
    }
  }
}

TEST_F(CudaQuant, TensorCoresMultiplyAnyNumberOfRows) {
  Generator generator(10);
  const QuantizedTensor q = quantize(randn({69, 192}, generator).to(kGpu));
  const QuantizedTensor p = quantize(randn({40, 64}, generator).to(kGpu));
  for (const std::int64_t rows : {1, 4, 6, 7, 15, 17, 32, 48, 64, 65, 255, 256, 300}) {
    const Tensor x = randn({rows, 192}, generator).to(DType::kBF16).to(kGpu);
    // Few rows are sums of unrounded weights.
    const DType dtype = rows > kMultiplyRows ? DType::kBF16 : DType::kF32;
    expect_product(multiply(x, q), x, dequantize(q, dtype).t(), std::to_string(rows));
    const Tensor y = randn({rows, 40}, generator).to(DType::kBF16).to(kGpu);
    expect_product(multiply_transposed(y, p), y, dequantize(p, DType::kBF16), std::to_string(rows));
  }
}

// Views that begin off a 16-byte line, of activations and of codes.
TEST_F(CudaQuant, TensorCoresMultiplyWhatIsNotAligned) {
  Generator generator(11);
  QuantizedTensor q = quantize(randn({72, 128}, generator).to(kGpu));
  const Tensor codes = empty({q.codes.numel() + 4}, {.dtype = DType::kU8, .device = kGpu});
  codes.narrow(0, 4, q.codes.numel()).copy_(q.codes.reshape({-1}));
  q.codes = codes.narrow(0, 4, q.codes.numel()).reshape({-1, 1});
  const Tensor all = randn({20 * 128 + 1}, generator).to(DType::kF16).to(kGpu);
  const Tensor x = all.narrow(0, 1, 20 * 128).reshape({20, 128});
  expect_product(multiply(x, q), x, dequantize(q, DType::kF16).t(), "x W^T");
  const Tensor y = all.narrow(0, 1, 20 * 72).reshape({20, 72});
  expect_product(multiply_transposed(y, q), y, dequantize(q, DType::kF16), "y W");
}

TEST_F(CudaQuant, SaysWhatTensorCoresDoNotTake) {
  const auto rows = [](const Shape& shape, const Options& options, DType dtype) {
    const QuantizedTensor q = quantize(ones(shape, {.device = kGpu}), options);
    return std::pair(multiply_rows(q, dtype), multiply_transposed_rows(q, dtype));
  };
  using Rows = std::pair<std::int64_t, std::int64_t>;
  EXPECT_EQ(rows({8, 64}, {}, DType::kF32), Rows(kMultiplyRows, 0));
  EXPECT_EQ(rows({7, 64}, {}, DType::kBF16), Rows(kTensorCoreRows, 0));
  EXPECT_EQ(rows({8, 96}, {}, DType::kBF16), Rows(0, 0));
  EXPECT_EQ(rows({8, 64}, {.format = Format::kInt8}, DType::kBF16), Rows(0, 0));
  const QuantizedTensor q = quantize(ones({8, 64}, {.device = kGpu}));
  testing::expect_error<ShapeError>(
      [&] {
        multiply(ones({5, 64}, {.device = kGpu}), q);
      },
      {"[multiply]", "1 to 4", "[5,64]"});
  testing::expect_error<DTypeError>(
      [&] {
        multiply_transposed(ones({5, 8}, {.device = kGpu}), q);
      },
      {"[multiply_transposed]", "bf16 or f16", "f32"});
  const Tensor wide = ones({5, 9}, {.dtype = DType::kBF16, .device = kGpu});
  testing::expect_error<ShapeError>([&] { multiply_transposed(wide, q); },
                                    {"[multiply_transposed]", "[M,8]", "[5,9]"});
}

TEST_F(CudaQuant, RefusesTensorsOfTwoDevices) {
  const QuantizedTensor q = quantize(ones({4, 64}, {.device = kGpu}));
  testing::expect_error<DeviceError>(
      [&] {
        multiply(ones({1, 64}), q);
      },
      {"[multiply]", "cuda:0", "cpu"});
  testing::expect_error<DeviceError>(
      [&] {
        dequantize_rows(q, 0, 2, empty({2, 64}));
      },
      {"[dequantize_rows]", "cuda:0", "cpu"});
}

TEST_F(CudaQuant, RefusesWhatIsNotFinite) {
  const Tensor x = full({64}, INFINITY, {.device = kGpu});
  testing::expect_error<ValueError>([&] { quantize(x); }, {"[quantize]", "finite"});
}

}  // namespace
}  // namespace tenon::quant
