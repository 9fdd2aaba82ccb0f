// Layout as NumPy's and PyTorch's: brackets aligned, equal widths, a blank line between planes,
// three elements at each end of a long dimension.
#include <gtest/gtest.h>

#include <cmath>
#include <string>

#include "tensor/tensor.h"

namespace tenon {
namespace {

TEST(Print, NoDimensions) {
  EXPECT_EQ(to_string(scalar(2.5)), "2.5000  f32 []");
  EXPECT_EQ(to_string(scalar(-3, {.dtype = DType::kI32})), "-3  i32 []");
  EXPECT_EQ(to_string(scalar(1, {.dtype = DType::kBool})), "true  bool []");
}

TEST(Print, ColumnsAlign) {
  EXPECT_EQ(to_string(tensor({{1, -20.5}, {0.125, 3}})),
            "[[  1.0000, -20.5000],\n"
            " [  0.1250,   3.0000]]  f32 [2,2]");
  EXPECT_EQ(to_string(from_vector<std::int64_t>({5, -10, 300})), "[  5, -10, 300]  i64 [3]");
  EXPECT_EQ(to_string(from_vector<std::uint8_t>({0, 1}).to(DType::kBool)),
            "[false,  true]  bool [2]");
}

TEST(Print, PlanesAreApart) {
  EXPECT_EQ(to_string(arange(0, 8).reshape({2, 2, 2})),
            "[[[0, 1],\n"
            "  [2, 3]],\n"
            "\n"
            " [[4, 5],\n"
            "  [6, 7]]]  i64 [2,2,2]");
}

TEST(Print, LongDimensionsAreAbridged) {
  EXPECT_EQ(to_string(arange(0, 1000)).find("..."), std::string::npos);
  EXPECT_EQ(to_string(arange(0, 1001)), "[   0,    1,    2, ...,  998,  999, 1000]  i64 [1001]");
  EXPECT_EQ(to_string(arange(0, 2000).reshape({4, 500})),
            "[[   0,    1,    2, ...,  497,  498,  499],\n"
            " [ 500,  501,  502, ...,  997,  998,  999],\n"
            " [1000, 1001, 1002, ..., 1497, 1498, 1499],\n"
            " [1500, 1501, 1502, ..., 1997, 1998, 1999]]  i64 [4,500]");
  EXPECT_EQ(to_string(arange(0, 1400).reshape({700, 2})),
            "[[   0,    1],\n"
            " [   2,    3],\n"
            " [   4,    5],\n"
            " ...,\n"
            " [1394, 1395],\n"
            " [1396, 1397],\n"
            " [1398, 1399]]  i64 [700,2]");
}

TEST(Print, MagnitudesFarApartAreScientific) {
  EXPECT_EQ(to_string(tensor({1, 1e9f})), "[1.0000e+00, 1.0000e+09]  f32 [2]");
  EXPECT_EQ(to_string(tensor({0, -2.5e-6f})), "[ 0.0000e+00, -2.5000e-06]  f32 [2]");
}

TEST(Print, NotANumberAndInfinity) {
  EXPECT_EQ(to_string(tensor({NAN, INFINITY, -INFINITY, 1})),
            "[   nan,    inf,   -inf, 1.0000]  f32 [4]");
}

TEST(Print, IntegersOf64BitsAreExact) {
  EXPECT_EQ(to_string(from_vector<std::int64_t>({INT64_MAX, INT64_MIN})),
            "[ 9223372036854775807, -9223372036854775808]  i64 [2]");
}

TEST(Print, SixteenBitValues) {
  EXPECT_EQ(to_string(tensor({1.5, -0.1f}).to(DType::kBF16)), "[ 1.5000, -0.1001]  bf16 [2]");
  EXPECT_EQ(to_string(tensor({65504}).to(DType::kF16)), "[65504.0000]  f16 [1]");
}

TEST(Print, ViewsPrintTheirOwnElements) {
  EXPECT_EQ(to_string(arange(0, 6).reshape({2, 3}).t().slice(0, 1)),
            "[[1, 4],\n"
            " [2, 5]]  i64 [2,2]");
}

TEST(Print, EmptyAndUndefined) {
  EXPECT_EQ(to_string(zeros({0})), "[]  f32 [0]");
  EXPECT_EQ(to_string(zeros({0, 3})), "[]  f32 [0,3]");
  EXPECT_EQ(to_string(Tensor()), "undefined tensor");
}

}  // namespace
}  // namespace tenon
