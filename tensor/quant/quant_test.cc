#include "tensor/quant/quant.h"

#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "tensor/io/safetensors.h"
#include "tensor/ops.h"
#include "tensor/random.h"
#include "tensor/testing/check.h"

namespace tenon::quant {
namespace {

using testing::expect_close;
using testing::expect_error;
using testing::expect_identical;

/// What bitsandbytes gives (testdata/make_quant.py).
class Fixture {
 public:
  static Tensor get(const std::string& name) {
    static const auto file = read_safetensors("tensor/quant/testdata/quant.safetensors");
    EXPECT_TRUE(file.ok()) << file.status();
    const Tensor* tensor = file->find(name);
    EXPECT_NE(tensor, nullptr) << name;
    return tensor ? *tensor : Tensor();
  }
};

struct Case {
  std::string name;
  Format format;
  std::int64_t block;
  bool nested;
};

class QuantFixtureTest : public ::testing::TestWithParam<Case> {};

TEST_P(QuantFixtureTest, TheBytesAreBitsandbytes) {
  const auto& [name, format, block, nested] = GetParam();
  const QuantizedTensor q =
      quantize(Fixture::get(name + "/x"), {.format = format, .block = block, .nested = nested});
  expect_identical(q.codes, Fixture::get(name + "/codes"), "codes");
  expect_identical(q.scales, Fixture::get(name + "/scales"), "scales");
  if (nested) {
    // A mean, summed in another order.
    EXPECT_FLOAT_EQ(q.nested_offset, Fixture::get(name + "/nested_offset").item<float>());
    const auto ours = q.nested_scales.to_vector<float>();
    const auto theirs = Fixture::get(name + "/nested_scales").to_vector<float>();
    ASSERT_EQ(ours.size(), theirs.size());
    for (std::size_t i = 0; i < ours.size(); ++i) {
      EXPECT_NEAR(ours[i], theirs[i], 3e-7 * q.nested_offset);
    }
  }
  const Tensor expected = Fixture::get(name + "/dequantized");
  const Tensor got = dequantize(q, expected.dtype());
  if (nested || format == Format::kInt8) {
    expect_close(got, testing::Array(expected));
  } else {
    expect_identical(got, expected, "dequantized");
  }
}

INSTANTIATE_TEST_SUITE_P(
    Cases, QuantFixtureTest,
    ::testing::Values(
        Case{"nf4", Format::kNf4, 64, false}, Case{"nf4_nested", Format::kNf4, 64, true},
        Case{"nf4_odd", Format::kNf4, 64, true}, Case{"nf4_one", Format::kNf4, 64, false},
        Case{"nf4_bf16", Format::kNf4, 64, true}, Case{"nf4_f16", Format::kNf4, 64, true},
        Case{"nf4_block_128", Format::kNf4, 128, true}, Case{"nf4_zeros", Format::kNf4, 64, true},
        Case{"fp4", Format::kFp4, 64, true}, Case{"fp4_zeros", Format::kFp4, 64, false},
        Case{"fp4_odd", Format::kFp4, 32, true}, Case{"int8", Format::kInt8, 37, false}),
    [](const auto& info) { return info.param.name; });

TEST(QuantTest, CodebooksAreBitsandbytes) {
  expect_identical(codebook(Format::kNf4), Fixture::get("nf4"));
  expect_identical(codebook(Format::kFp4), Fixture::get("fp4"));
  expect_identical(nested_codebook(), Fixture::get("nested"));
}

double mean_error(const Options& options) {
  Generator generator(5);
  const Tensor x = randn({1024, 1024}, generator);
  return mean(abs(dequantize(quantize(x, options)) - x)).item<double>();
}

// 0.0728 (NF4) and 0.0965 (FP4): the errors that bitsandbytes' tests state for block 64.
TEST(QuantTest, ErrorOnNormalNumbers) {
  EXPECT_NEAR(mean_error({.nested = false}), 0.0728, 0.0002);
  EXPECT_NEAR(mean_error({.format = Format::kFp4, .nested = false}), 0.0965, 0.0003);
  EXPECT_LT(mean_error({.format = Format::kInt8}), 0.01);
}

TEST(QuantTest, NestedScalesTakeAnEighthOfAByteAWeight) {
  const QuantizedTensor q = quantize(ones({512, 1024}));
  EXPECT_NEAR(8.0 * static_cast<double>(q.bytes()) / static_cast<double>(q.numel()), 4.127, 5e-4);
  EXPECT_TRUE(q.nested());
  EXPECT_FALSE(quantize(ones({64}), {.nested = false}).nested());
}

TEST(QuantTest, RowsAreThoseOfTheWhole) {
  Generator generator(6);
  for (const std::int64_t columns : {96, 33, 1}) {
    for (const Format format : {Format::kNf4, Format::kFp4, Format::kInt8}) {
      const QuantizedTensor q = quantize(randn({37, columns}, generator), {.format = format});
      for (const DType dtype : {DType::kF32, DType::kBF16, DType::kF16}) {
        const Tensor whole = dequantize(q, dtype);
        for (const auto& [begin, end] : {std::pair{0, 37}, {5, 6}, {3, 20}, {36, 37}, {4, 4}}) {
          const Tensor rows = empty({end - begin, columns}, {.dtype = dtype});
          dequantize_rows(q, begin, end, rows);
          expect_identical(rows, whole.slice(0, begin, end));
        }
      }
    }
  }
}

TEST(QuantTest, MultiplyIsAProductWithWhatCodesStandFor) {
  Generator generator(7);
  for (const Options& options :
       {Options{}, Options{.format = Format::kFp4}, Options{.block = 128, .nested = false}}) {
    const QuantizedTensor q = quantize(randn({70, 256}, generator), options);
    for (std::int64_t rows = 1; rows <= kMultiplyRows; ++rows) {
      const Tensor x = randn({rows, 256}, generator);
      testing::expect_close_sum(multiply(x, q), testing::Array(matmul(x, dequantize(q).t())), 256,
                                "product");
    }
  }
}

TEST(QuantTest, MultiplyOfSixteenBitsIsThatOfTheSameNumbersRounded) {
  Generator generator(9);
  const QuantizedTensor q = quantize(randn({70, 256}, generator));
  for (const DType dtype : {DType::kBF16, DType::kF16}) {
    const Tensor x = randn({3, 256}, generator).to(dtype);
    expect_identical(multiply(x, q), multiply(x.to(DType::kF32), q).to(dtype));
  }
}

TEST(QuantTest, TheSameBitsForAnyNumberOfThreads) {
  Generator generator(8);
  const Tensor x = randn({300, 512}, generator);
  const auto all = [&] {
    const QuantizedTensor q = quantize(x);
    return std::vector{q.codes, q.scales, dequantize(q, DType::kBF16),
                       multiply(x.slice(0, 0, 2), q)};
  };
  std::vector<Tensor> one;
  {
    const testing::ThreadScope threads(1);
    one = all();
  }
  const testing::ThreadScope threads(3);
  const std::vector<Tensor> three = all();
  for (std::size_t i = 0; i < one.size(); ++i) expect_identical(three[i], one[i]);
}

TEST(QuantTest, BadArguments) {
  const auto infinite = full({64}, std::numeric_limits<double>::infinity());
  expect_error<ValueError>([&] { quantize(infinite); }, {"[quantize]", "finite"});
  expect_error<ValueError>([&] { quantize(full({64}, std::nan(""))); }, {"finite"});
  expect_error<ValueError>([&] { quantize(ones({64}), {.block = 48}); }, {"block", "48"});
  expect_error<ValueError>([&] { quantize(ones({64}), {.block = 8192}); }, {"8192"});
  expect_error<ValueError>([&] { quantize(zeros({0, 4})); }, {"elements", "[0,4]"});
  expect_error<DTypeError>([&] { quantize(ones({64}, {.dtype = DType::kF64})); }, {"f64"});
  expect_error<ShapeError>([&] { quantize(ones({64}), {.format = Format::kInt8}); }, {"matrix"});
  expect_error<DeviceError>([&] { quantize(Tensor()); }, {"[quantize]"});
  const QuantizedTensor q = quantize(ones({4, 64}));
  expect_error<DTypeError>([&] { dequantize(q, DType::kI64); }, {"[dequantize]", "i64"});
  expect_error<IndexError>([&] { dequantize_rows(q, 2, 5, empty({3, 64})); }, {"[2,5)", "[4,64]"});
  expect_error<ShapeError>([&] { dequantize_rows(q, 0, 2, empty({2, 63})); }, {"[2,64]"});
  expect_error<ShapeError>([&] { multiply(ones({5, 64}), q); }, {"[multiply]", "[5,64]"});
  expect_error<DTypeError>([&] { multiply(ones({1, 64}, {.dtype = DType::kF64}), q); }, {"f64"});
  expect_error<ValueError>(
      [&] {
        multiply(ones({1, 48}), quantize(ones({4, 48})));
      },
      {"whole blocks"});
}

}  // namespace
}  // namespace tenon::quant
