#include "tensor/testing/check.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdio>
#include <random>

#include "tensor/build_info.h"

namespace tenon::testing {

Tensor values(const Shape& shape, double low, double high, DType dtype, std::uint64_t seed) {
  std::mt19937_64 random(seed);
  std::vector<double> numbers(static_cast<std::size_t>(numel(shape)));
  for (double& number : numbers) {
    number = low + (high - low) * static_cast<double>(random() >> 11) * 0x1p-53;
  }
  return from_vector(numbers, shape).to(dtype);
}

std::vector<NamedTensor> layouts_of(const Tensor& x) {
  std::vector<NamedTensor> all{{"row-major", x.contiguous()}};
  if (x.ndim() == 0) return all;
  const TensorOptions options = x.options();

  std::vector<int> backwards;
  Shape reversed;
  for (int d = x.ndim() - 1; d >= 0; --d) {
    backwards.push_back(d);
    reversed.push_back(x.shape()[d]);
  }
  all.push_back({"reversed", empty(reversed, options).permute(backwards)});

  Shape wide = x.shape();
  for (int d = 0; d < wide.size(); ++d) wide[d] = 2 * wide[d] + 1;
  Tensor sliced = full(wide, 77, options);
  for (int d = 0; d < wide.size(); ++d) sliced = sliced.slice(d, 1, wide[d], 2);
  all.push_back({"sliced", sliced});

  Shape longer = x.shape();
  longer[0] += 2;
  all.push_back({"offset", full(longer, 77, options).narrow(0, 1, x.shape()[0])});

  if (x.ndim() == 4) {
    TensorOptions channels_last = options;
    channels_last.layout = Layout::kChannelsLast;
    all.push_back({"channels-last", empty(x.shape(), channels_last)});
  }
  for (std::size_t i = 1; i < all.size(); ++i) all[i].tensor.copy_(x);
  return all;
}

Tolerance tolerance_of(DType dtype) {
  switch (dtype) {
    case DType::kF32:
      return {1.3e-6, 1e-5};
    case DType::kF64:
      return {1e-7, 1e-7};
    case DType::kBF16:
      return {1.6e-2, 1e-5};
    case DType::kF16:
      return {1e-3, 1e-5};
    default:
      return {0, 0};
  }
}

namespace {

double largest_of(DType dtype) {
  switch (dtype) {
    case DType::kF16:
      return 65504;
    case DType::kF32:
    case DType::kBF16:
      return 0x1.fffffep127;
    default:
      return INFINITY;
  }
}

bool is_close(double actual, double expected, const Tolerance& tolerance, double largest) {
  if (std::isnan(expected)) return std::isnan(actual);
  if (std::fabs(expected) > largest && std::isinf(actual)) return (actual > 0) == (expected > 0);
  if (std::isinf(expected)) return actual == expected;
  return std::fabs(actual - expected) <=
         tolerance.absolute + tolerance.relative * std::fabs(expected);
}

void expect_within(const Tensor& actual, const Array& expected, const Tolerance& tolerance,
                   const std::string& what) {
  ASSERT_EQ(to_string(actual.shape()), to_string(expected.shape)) << what;
  const double largest = largest_of(actual.dtype());
  const Array got(actual);
  int wrong = 0;
  std::string first;
  for_each_index(expected.shape, [&](const Dims& i) {
    if (is_close(got.at(i), expected.at(i), tolerance, largest)) return;
    if (wrong++ == 0) {
      char text[100];
      std::snprintf(text, sizeof text, "%.9g, expected %.9g", got.at(i), expected.at(i));
      first = to_string(i) + ": " + text;
    }
  });
  EXPECT_EQ(wrong, 0) << what << " " << name(actual.dtype()) << " " << to_string(actual.shape())
                      << ", of " << expected.values.size() << " elements; first at " << first;
}

}  // namespace

void expect_close(const Tensor& actual, const Array& expected, double factor,
                  const std::string& what) {
  const Tolerance usual = tolerance_of(actual.dtype());
  expect_within(actual, expected, {usual.relative * factor, usual.absolute * factor}, what);
}

void expect_close_sum(const Tensor& actual, const Array& expected, std::int64_t terms,
                      const std::string& what) {
  const Tolerance usual = tolerance_of(actual.dtype());
  expect_within(actual, expected,
                {usual.relative, usual.absolute + 1e-7 * static_cast<double>(terms)}, what);
}

void expect_identical(const Tensor& actual, const Tensor& expected, const std::string& what) {
  ASSERT_EQ(to_string(actual.shape()), to_string(expected.shape())) << what;
  ASSERT_EQ(name(actual.dtype()), name(expected.dtype())) << what;
  const Tensor a = actual.contiguous(), b = expected.contiguous();
  const auto* bytes_a = static_cast<const std::byte*>(a.raw_data());
  const auto* bytes_b = static_cast<const std::byte*>(b.raw_data());
  const auto differing = static_cast<std::int64_t>(
      std::mismatch(bytes_a, bytes_a + a.bytes(), bytes_b).first - bytes_a);
  const std::int64_t element = differing / static_cast<std::int64_t>(size_of(a.dtype()));
  EXPECT_EQ(element, a.numel()) << what << " " << name(a.dtype()) << to_string(a.shape())
                                << " differ from this element on";
}

void expect_parts(const std::string& message, std::initializer_list<const char*> parts) {
  for (const char* part : parts) {
    EXPECT_NE(message.find(part), std::string::npos) << "expected '" << part << "' in: " << message;
  }
}

ThreadScope::ThreadScope(int threads) : before_(num_threads()) { set_num_threads(threads); }
ThreadScope::~ThreadScope() { set_num_threads(before_); }

}  // namespace tenon::testing
