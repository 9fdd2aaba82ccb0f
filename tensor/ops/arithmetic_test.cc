// Binary operations, comparisons and where: broadcasting, promotion, layouts, special values.
#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "tensor/ops.h"
#include "tensor/testing/check.h"

namespace tenon {
namespace {

using testing::Array;
using testing::expect_error;
using testing::values;

struct BinaryCase {
  const char* name;
  Tensor (*call)(const Tensor&, const Tensor&);
  testing::Function2 reference;
  bool floating_only = false;
  bool floating_result = false;  // integral arguments give f32
};

double larger(double a, double b) { return std::isnan(a) || std::isnan(b) ? NAN : std::max(a, b); }
double smaller(double a, double b) { return std::isnan(a) || std::isnan(b) ? NAN : std::min(a, b); }

const BinaryCase kBinary[] = {
    {"add", add, [](double a, double b) { return a + b; }},
    {"sub", sub, [](double a, double b) { return a - b; }},
    {"mul", mul, [](double a, double b) { return a * b; }},
    {"div", div, [](double a, double b) { return a / b; }, false, true},
    {"pow", pow, [](double a, double b) { return std::pow(a, b); }, true},
    {"maximum", maximum, larger},
    {"minimum", minimum, smaller},
    {"atan2", atan2, [](double a, double b) { return std::atan2(a, b); }, false, true},
};

const BinaryCase kDivision[] = {
    {"fmod", fmod, [](double a, double b) { return std::fmod(a, b); }},
    {"remainder", remainder, [](double a, double b) { return a - std::floor(a / b) * b; }},
    {"floor_divide", floor_divide, [](double a, double b) { return std::floor(a / b); }},
};

struct CompareCase {
  const char* name;
  Tensor (*call)(const Tensor&, const Tensor&);
  Tensor (*call_number)(const Tensor&, double);
  testing::Function2 reference;
};

const CompareCase kCompare[] = {
    {"eq", eq, eq, [](double a, double b) { return a == b ? 1.0 : 0.0; }},
    {"ne", ne, ne, [](double a, double b) { return a != b ? 1.0 : 0.0; }},
    {"lt", lt, lt, [](double a, double b) { return a < b ? 1.0 : 0.0; }},
    {"le", le, le, [](double a, double b) { return a <= b ? 1.0 : 0.0; }},
    {"gt", gt, gt, [](double a, double b) { return a > b ? 1.0 : 0.0; }},
    {"ge", ge, ge, [](double a, double b) { return a >= b ? 1.0 : 0.0; }},
};

// Positive, so that pow is real and u8 does not wrap; integral dtypes get 1, 2 and 3.
Tensor left(const Shape& shape, DType dtype) { return values(shape, 1, 4, dtype, 1) + 4.0; }
Tensor right(const Shape& shape, DType dtype) { return values(shape, 1, 4, dtype, 2); }

void expect_every_dtype_in_every_layout(const BinaryCase& c) {
  for (const DType dtype : testing::kNumeric) {
    if (c.floating_only && !is_floating(dtype)) continue;
    const Tensor a = left({3, 5, 2, 7}, dtype), b = right({3, 5, 2, 7}, dtype);
    const Array expected = zip_reference(Array(a), Array(b), c.reference);
    for (const auto& [layout_a, view_a] : testing::layouts_of(a)) {
      for (const auto& [layout_b, view_b] : testing::layouts_of(b)) {
        const Tensor y = c.call(view_a, view_b);
        EXPECT_EQ(y.dtype(), c.floating_result && !is_floating(dtype) ? DType::kF32 : dtype);
        expect_close(y, expected, 1, std::string(c.name) + " " + layout_a + ", " + layout_b);
      }
    }
  }
}

TEST(Binary, EveryDTypeInEveryLayout) {
  for (const BinaryCase& c : kBinary) expect_every_dtype_in_every_layout(c);
}

TEST(Binary, Broadcasts) {
  const std::pair<Shape, Shape> shapes[] = {
      {{4, 3}, {}},        {{}, {4, 3}},           {{4, 3}, {3}},         {{4, 1}, {1, 3}},
      {{2, 1, 3}, {5, 1}}, {{1}, {2, 3, 4, 5, 6}}, {{0, 3}, {1, 3}},      {{3, 1}, {1, 0}},
      {{700, 1}, {1, 90}}, {{90}, {700, 90}},      {{2, 3, 1, 5}, {4, 1}}};
  for (const BinaryCase& c : kBinary) {
    for (const auto& [shape_a, shape_b] : shapes) {
      const Tensor a = left(shape_a, DType::kF32), b = right(shape_b, DType::kF32);
      expect_close(c.call(a, b), zip_reference(Array(a), Array(b), c.reference), 1,
                   std::string(c.name) + to_string(shape_a) + to_string(shape_b));
    }
  }
}

TEST(Binary, ExpandedArgumentsAreNotCopiedFirst) {
  const Tensor row = values({1, 3}).expand({4, 3}), column = values({4, 1}).expand({4, 3});
  expect_close(row * column,
               zip_reference(Array(row), Array(column), [](double a, double b) { return a * b; }));
}

TEST(Binary, PromotesEveryPairOfDTypes) {
  for (const DType a : testing::kAllDTypes) {
    for (const DType b : testing::kAllDTypes) {
      const Tensor y = add(ones({3}, {.dtype = a}), ones({3}, {.dtype = b}));
      EXPECT_EQ(y.dtype(), promote(a, b));
      expect_close(y, Array({3}, y.dtype() == DType::kBool ? 1 : 2), 0);
      EXPECT_EQ(lt(ones({3}, {.dtype = a}), zeros({3}, {.dtype = b})).dtype(), DType::kBool);
    }
  }
}

TEST(Binary, NumbersTakeTheTensorsDType) {
  for (const DType dtype : testing::kNumeric) {
    const Tensor x = values({2, 3}, 3, 9, dtype);
    const Array plain(x);
    EXPECT_EQ((x + 2).dtype(), dtype);
    expect_close(x + 2, zip_reference(plain, Array({}, 2), kBinary[0].reference));
    expect_close(9 - x, zip_reference(Array({}, 9), plain, kBinary[1].reference));
    expect_close(x - 2, zip_reference(plain, Array({}, 2), kBinary[1].reference));
    expect_close(3 * x, zip_reference(plain, Array({}, 3), kBinary[2].reference));
    expect_close(x / 4, zip_reference(plain, Array({}, 4), kBinary[3].reference));
    expect_close(4 / x, zip_reference(Array({}, 4), plain, kBinary[3].reference));
    expect_close(maximum(x, 5), zip_reference(plain, Array({}, 5), larger));
    expect_close(minimum(x, 5), zip_reference(plain, Array({}, 5), smaller));
    const DType fraction = is_floating(dtype) ? dtype : DType::kF32;
    EXPECT_EQ((x + 0.5).dtype(), fraction);
    EXPECT_EQ((x / 4).dtype(), fraction);
    expect_close(x + 0.5, zip_reference(plain, Array({}, 0.5), kBinary[0].reference));
  }
  const Tensor x = values({40}, 0.1, 3, DType::kF64);
  expect_close(pow(x, 2.5), zip_reference(Array(x), Array({}, 2.5), kBinary[4].reference));
  const Tensor flags = tensor({0, 1}).to(DType::kBool);
  EXPECT_EQ((flags + 1).to_vector<std::int64_t>(), std::vector<std::int64_t>({1, 2}));
}

// A number that a dtype cannot hold would compare and add as another one.
TEST(Binary, NumbersMustFitIntegralDTypes) {
  const Tensor u8 = ones({2}, {.dtype = DType::kU8}), i32 = ones({2}, {.dtype = DType::kI32});
  expect_error<ValueError>([&] { add(u8, 256); }, {"[add]", "u8", "256"});
  expect_error<ValueError>([&] { sub(-1, u8); }, {"[sub]", "u8", "-1"});
  expect_error<ValueError>([&] { gt(u8, -1); }, {"[gt]", "u8", "-1"});
  expect_error<ValueError>([&] { mul(i32, 1e10); }, {"[mul]", "i32"});
  expect_error<ValueError>([&] { maximum(i32.to(DType::kI64), 1e19); }, {"[maximum]", "i64"});
  EXPECT_EQ((u8 + 255).item<int>({0}), 0);
  EXPECT_EQ((u8 * 0.5).item<float>({0}), 0.5f);
}

TEST(Binary, IntegersWrap) {
  const auto wrapped = [](DType dtype, double a, double b) {
    return (full({70}, a, {.dtype = dtype}) + full({70}, b, {.dtype = dtype}));
  };
  EXPECT_EQ(wrapped(DType::kU8, 200, 100).item<int>({69}), 44);
  EXPECT_EQ(wrapped(DType::kI32, INT32_MAX, 1).item<std::int64_t>({69}), INT32_MIN);
  const Tensor most =
      full({70}, 0, {.dtype = DType::kI64}).copy_(from_vector<std::int64_t>({INT64_MAX}));
  EXPECT_EQ((most + 1).item<std::int64_t>({69}), INT64_MIN);
  EXPECT_EQ((most * 2).item<std::int64_t>({0}), -2);
  EXPECT_EQ(neg(most + 1).item<std::int64_t>({69}), INT64_MIN);
  EXPECT_EQ(abs(most + 1).item<std::int64_t>({3}), INT64_MIN);
  EXPECT_EQ(square(full({9}, 50000, {.dtype = DType::kI32})).item<std::int64_t>({8}),
            static_cast<std::int32_t>(2500000000));
}

// As Python's and C's: fmod takes a's sign, remainder b's, floor_divide goes down.
TEST(Division, SignsAndRests) {
  const std::vector<float> a{7, -7, 7, -7, 6, -6}, b{3, 3, -3, -3, -3, 3};
  for (const DType dtype : {DType::kF32, DType::kF64, DType::kBF16, DType::kI64, DType::kI32}) {
    const Tensor x = from_vector(a).to(dtype), y = from_vector(b).to(dtype);
    const auto as_floats = [](const Tensor& z) { return z.to(DType::kF32).to_vector<float>(); };
    EXPECT_EQ(as_floats(fmod(x, y)), std::vector<float>({1, -1, 1, -1, 0, 0}));
    EXPECT_EQ(as_floats(remainder(x, y)), std::vector<float>({1, 2, -2, -1, 0, 0}));
    EXPECT_EQ(as_floats(floor_divide(x, y)), std::vector<float>({2, -3, -3, 2, -2, -2}));
    EXPECT_EQ(as_floats(remainder(x, -3)), std::vector<float>({-2, -1, -2, -1, 0, 0}));
  }
  const Tensor least = from_vector<std::int64_t>({INT64_MIN});
  EXPECT_EQ(floor_divide(least, -1).item<std::int64_t>(), INT64_MIN);
  EXPECT_EQ(remainder(least, -1).item<std::int64_t>(), 0);
  EXPECT_EQ(fmod(least, -1).item<std::int64_t>(), 0);
}

TEST(Division, EveryDTypeInEveryLayout) {
  for (const BinaryCase& c : kDivision) expect_every_dtype_in_every_layout(c);
}

// PyTorch's results.
TEST(Division, OfInfinitiesAndByZero) {
  const Tensor a = tensor({-1, 1, -1, 1, 0, INFINITY}),
               b = tensor({INFINITY, INFINITY, 0, 0, 0, 2});
  const auto close = [](const Tensor& got, std::initializer_list<float> wanted) {
    testing::expect_close(got, Array(tensor(wanted)), 0);
  };
  close(floor_divide(a, b), {-1, 0, -INFINITY, INFINITY, NAN, NAN});
  close(remainder(a, b), {INFINITY, 1, NAN, NAN, NAN, NAN});
  close(fmod(a, b), {-1, 1, NAN, NAN, NAN, NAN});
}

TEST(Division, RefusesWholeNumbersByZero) {
  const Tensor x = arange(0, 3), flags = ones({3}, {.dtype = DType::kBool});
  const Tensor mixed = tensor<std::int64_t>({1, 0, 2});
  expect_error<ValueError>([&] { remainder(x, mixed); }, {"[remainder]", "b without zeros"});
  expect_error<ValueError>([&] { floor_divide(x, 0); }, {"[floor_divide]", "b without zeros"});
  expect_error<ValueError>([&] { fmod(x, 0); }, {"[fmod]", "b without zeros"});
  expect_error<DTypeError>([&] { fmod(flags, flags); }, {"[fmod]", "bool"});
}

// In f32, in units in the last place; signs of zeros and infinities as the C library's.
TEST(Atan2, WholePlane) {
  std::vector<float> numbers{0, 1e-45f, 1e-38f, 1e-20f, 1, 3.4e38f, INFINITY};
  for (float x = 0.01f; x < 100; x *= 1.07f) numbers.push_back(x);
  for (std::size_t i = 0, n = numbers.size(); i < n; ++i) numbers.push_back(-numbers[i]);
  numbers.push_back(NAN);
  const Tensor x = from_vector(numbers), y = x.unsqueeze(1);
  const auto got = atan2(y, x).to_vector<float>();
  double worst = 0;
  for (std::size_t i = 0; i < got.size(); ++i) {
    const double up = numbers[i / numbers.size()], along = numbers[i % numbers.size()];
    const double wanted = std::atan2(up, along);
    ASSERT_EQ(std::isnan(got[i]), std::isnan(wanted)) << up << ' ' << along;
    if (std::isnan(wanted)) continue;
    EXPECT_EQ(std::signbit(got[i]), std::signbit(wanted)) << up << ' ' << along;
    worst = std::max(
        worst, std::fabs(got[i] - wanted) / (std::max(std::fabs(wanted), 0x1p-126) * 0x1p-23));
  }
  EXPECT_LE(worst, 4);
}

TEST(Binary, LargeIntegersStayExact) {
  const std::int64_t odd = (std::int64_t{1} << 53) + 1;
  const Tensor x = from_vector<std::int64_t>({odd});
  EXPECT_EQ((x + 2).item<std::int64_t>(), odd + 2);
  EXPECT_FALSE(eq(x, x - 1).item<bool>());
  EXPECT_EQ(maximum(x, x - 1).item<std::int64_t>(), odd);
}

TEST(Binary, SixteenBitValuesRoundOnce) {
  // 1 + 2^-9 + 2^-9 is a value of bf16; rounding 1 + 2^-9 first would give 1.
  const Tensor x = ones({3}, {.dtype = DType::kBF16});
  EXPECT_EQ((x + 0x1p-8).item<float>({0}), 1);  // halfway, to even
  EXPECT_EQ((x + (0x1p-8 + 0x1p-16)).item<float>({0}), 1 + 0x1p-7);
}

// IEEE 754 results for every pair of special values, in full vectors and in tails.
TEST(Binary, SpecialValues) {
  for (const BinaryCase& c : kBinary) {
    std::vector<double> special{0, 1, -1, 2.5, -3, INFINITY, -INFINITY, NAN, 1e-40, 1e30};
    // pow(-0, -1) is -infinity in C; Eigen's vectorized version says +infinity.
    if (!c.floating_only) special.push_back(-0.0);
    const auto n = static_cast<std::int64_t>(special.size());
    for (const DType dtype : {DType::kF32, DType::kF64}) {
      const Tensor a = from_vector(special).to(dtype).reshape({n, 1}), b = a.t();
      const Array expected = zip_reference(Array(a), Array(b), c.reference);
      expect_close(c.call(a, b), expected, 1, c.name);
      expect_close(c.call(a.expand({n, n}).contiguous(), b.expand({n, n}).contiguous()), expected,
                   1, c.name);
    }
  }
}

TEST(Binary, ResultsKeepTheMemoryOrder) {
  const Tensor images = zeros({2, 3, 4, 5}, {.layout = Layout::kChannelsLast});
  const Tensor bias = zeros({3, 1, 1});
  for (const BinaryCase& c : kBinary) {
    EXPECT_EQ(c.call(images, images).strides(), images.strides()) << c.name;
    EXPECT_EQ(c.call(images, bias).strides(), images.strides()) << c.name;
    EXPECT_EQ(c.call(bias, images).strides(), images.strides()) << c.name;
  }
  EXPECT_EQ(gt(images, 0).strides(), images.strides());
  EXPECT_EQ(gt(bias, images).strides(), images.strides());
  EXPECT_EQ((images + 1).strides(), images.strides());
  EXPECT_EQ(where(gt(images, 0), images, zeros({})).strides(), images.strides());
  EXPECT_EQ(where(gt(images, 0), zeros({}), zeros({})).strides(), images.strides());
}

TEST(Compare, EveryDTypeInEveryLayout) {
  for (const CompareCase& c : kCompare) {
    for (const DType dtype : testing::kAllDTypes) {
      const Tensor a = values({4, 5, 3}, 0, 4, dtype, 1), b = values({4, 5, 3}, 0, 4, dtype, 2);
      const Array expected = zip_reference(Array(a), Array(b), c.reference);
      for (const auto& [layout_a, view_a] : testing::layouts_of(a)) {
        for (const auto& [layout_b, view_b] : testing::layouts_of(b)) {
          expect_close(c.call(view_a, view_b), expected, 0, c.name + layout_a + layout_b);
        }
      }
      if (dtype == DType::kBool) continue;
      expect_close(c.call_number(a, 2), zip_reference(Array(a), Array({}, 2), c.reference), 0,
                   c.name);
    }
    const Tensor integers = arange(-2, 3);
    expect_close(c.call_number(integers, 0.5),
                 zip_reference(Array(integers), Array({}, 0.5), c.reference), 0, c.name);
  }
}

TEST(Compare, NanIsUnequalAndUnordered) {
  const Tensor nan = full({20}, NAN), x = ones({20});
  for (const CompareCase& c : kCompare) {
    const double expected = std::string(c.name) == "ne";
    expect_close(c.call(nan, x), Array({20}, expected), 0, c.name);
    expect_close(c.call(x, nan), Array({20}, expected), 0, c.name);
    expect_close(c.call(nan, nan), Array({20}, expected), 0, c.name);
    expect_close(c.call_number(nan, NAN), Array({20}, expected), 0, c.name);
  }
}

TEST(Logic, EveryDTypeInEveryLayout) {
  const CompareCase cases[] = {
      {"logical_and", logical_and, nullptr, [](double a, double b) -> double { return a && b; }},
      {"logical_or", logical_or, nullptr, [](double a, double b) -> double { return a || b; }},
      {"logical_xor", logical_xor, nullptr, [](double a, double b) -> double { return !a != !b; }},
  };
  for (const CompareCase& c : cases) {
    for (const DType dtype : testing::kAllDTypes) {
      const Tensor a = values({4, 5, 3}, 0, 2, dtype, 1) * values({4, 5, 3}, 0, 2, DType::kBool, 2);
      const Tensor b = values({5, 3}, 0, 2, dtype, 3);
      const Array expected = zip_reference(Array(a), Array(b), c.reference);
      for (const auto& [layout, view] : testing::layouts_of(a)) {
        const Tensor y = c.call(view, b);
        EXPECT_EQ(y.dtype(), DType::kBool);
        expect_close(y, expected, 0, c.name + layout);
      }
    }
    // NaN, the smallest number and a zero of either sign, each with each.
    const Tensor x = tensor({NAN, 1e-45f, 0, -0.0f}), column = x.reshape({4, 1});
    expect_close(c.call(x, column), zip_reference(Array(x), Array(column), c.reference), 0, c.name);
    const std::string op = "[" + std::string(c.name) + "]";
    expect_error<ShapeError>([&] { c.call(x, zeros({3})); }, {op.c_str(), "[4]", "[3]"});
    expect_error<ValueError>([&] { c.call(x, Tensor()); }, {op.c_str(), "b", "undefined"});
  }
}

TEST(Where, ChoosesInEveryDTypeAndLayout) {
  for (const DType dtype : testing::kAllDTypes) {
    const Tensor condition = gt(values({3, 4, 2, 5}), 0);
    const Tensor a = values({3, 4, 2, 5}, 0, 9, dtype, 2), b = values({3, 4, 2, 5}, 0, 9, dtype, 3);
    const Array plain_c(condition), plain_a(a), plain_b(b);
    Array expected(a.shape());
    testing::for_each_index(expected.shape, [&](const Dims& i) {
      expected.at(i) = plain_c.at(i) != 0 ? plain_a.at(i) : plain_b.at(i);
    });
    for (const auto& [layout_c, view_c] : testing::layouts_of(condition)) {
      for (const auto& [layout_a, view_a] : testing::layouts_of(a)) {
        expect_close(where(view_c, view_a, b), expected, 0, layout_c + layout_a);
        expect_close(where(view_c, a, testing::layouts_of(b).back().tensor), expected, 0, layout_c);
      }
    }
  }
}

TEST(Where, BroadcastsAllThreeAndPromotes) {
  const Tensor condition = tensor({1, 0, 1}).to(DType::kBool);
  const Tensor y = where(condition, from_vector<std::int64_t>({10, 20}, Shape{2, 1}), scalar(0.5));
  EXPECT_EQ(y.dtype(), DType::kF32);
  EXPECT_EQ(y.to_vector<float>(), std::vector<float>({10, 0.5, 10, 20, 0.5, 20}));
  EXPECT_EQ(where(zeros({0}).to(DType::kBool), ones({1}), ones({})).shape(), Shape({0}));
  // What is not chosen does not leak into the result.
  EXPECT_EQ(where(condition, ones({3}), full({3}, NAN)).item<float>({2}), 1);
}

TEST(Gradients, FromTheResult) {
  const BinaryCase cases[] = {
      {"relu_grad", relu_grad, [](double g, double y) { return y > 0 ? g : 0; }},
      {"sigmoid_grad", sigmoid_grad, [](double g, double y) { return g * y * (1 - y); }},
      {"tanh_grad", tanh_grad, [](double g, double y) { return g * (1 - y * y); }},
  };
  const Tensor x = zeros({2, 3});
  for (const BinaryCase& c : cases) {
    for (const DType dtype : testing::kFloating) {
      const Tensor grad = values({7, 9}, -2, 2, dtype, 1), y = values({7, 9}, -1, 1, dtype, 2);
      const Array expected = zip_reference(Array(grad), Array(y), c.reference);
      for (const auto& [layout, view] : testing::layouts_of(y)) {
        expect_close(c.call(grad, view), expected, 1, c.name + layout);
      }
    }
    const std::string op = "[" + std::string(c.name) + "]";
    expect_error<ShapeError>([&] { c.call(x, zeros({3})); }, {op.c_str(), "[2,3]", "[3]"});
    expect_error<DTypeError>(
        [&] {
          c.call(x, zeros({2, 3}, {.dtype = DType::kF64}));
        },
        {op.c_str(), "f32 [2,3]", "f64 [2,3]"});
    expect_error<DTypeError>([&] { c.call(arange(0, 3), arange(0, 3)); }, {op.c_str(), "i64"});
  }
}

TEST(Binary, RefusesWhatDoesNotFit) {
  const Tensor x = zeros({2, 3});
  for (const BinaryCase& c : kBinary) {
    const std::string op = "[" + std::string(c.name) + "]";
    expect_error<ShapeError>([&] { c.call(x, zeros({4})); }, {op.c_str(), "[2,3]", "[4]"});
    expect_error<ValueError>([&] { c.call(x, Tensor()); }, {op.c_str(), "b", "undefined"});
    expect_error<ValueError>([&] { c.call(Tensor(), x); }, {op.c_str(), "a", "undefined"});
  }
  for (const CompareCase& c : kCompare) {
    const std::string op = "[" + std::string(c.name) + "]";
    expect_error<ShapeError>([&] { c.call(x, zeros({4})); }, {op.c_str(), "[2,3]", "[4]"});
    expect_error<ValueError>([&] { c.call_number(Tensor(), 1); }, {op.c_str(), "undefined"});
  }
  const Tensor integers = arange(0, 3);
  expect_error<DTypeError>([&] { pow(integers, 2); }, {"[pow]", "i64 [3]"});
  expect_error<DTypeError>([&] { pow(integers, integers); }, {"[pow]", "i64 [3]"});
  expect_error<DTypeError>([&] { where(x, x, x); }, {"[where]", "condition", "bool", "f32 [2,3]"});
  expect_error<ShapeError>([&] { where(gt(x, 0), x, zeros({4})); }, {"[where]", "[2,3]", "[4]"});
  expect_error<ShapeError>([&] { where(gt(zeros({4}), 0), x, x); }, {"[where]", "[2,3]", "[4]"});
}

}  // namespace
}  // namespace tenon
