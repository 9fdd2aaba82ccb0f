// The example of README.md, compiled and run, and the proof that it is the same.
#include "tensor/testing/readme.h"

#include <gtest/gtest.h>

#include <iostream>
#include <sstream>
#include <string>
#include <vector>

#include "tensor/ops.h"

using namespace tenon;

TEST(Readme, ExampleGivesWhatItSays) {
  std::ostringstream errors;
  std::streambuf* const before = std::cerr.rdbuf(errors.rdbuf());

  Tensor x = tensor({{1, 2, 3}, {4, 5, 6}});       // f32 [2,3]
  Tensor column = x.select(1, 0);                  // a view: [1, 4], no bytes move
  Tensor centered = x - mean(x, {0});              // broadcasts as NumPy does
  Tensor y = relu(matmul(x, centered.t()) + 0.5);  // [2,2]
  double total = sum(y).item<double>();

  column.fill_(0);  // x is now {{0, 2, 3}, {0, 5, 6}}

  Generator generator(42);  // the same numbers on any machine
  Tensor noise = randn({2, 3}, generator, {.dtype = DType::kBF16});

  try {
    matmul(x, x);
  } catch (const ShapeError& error) {
    std::cerr << error.what() << '\n';  // [matmul] expected b with 3 rows (a f32 [2,3]), …
  }

  std::cerr.rdbuf(before);
  // Rows of centered are -1.5 and 1.5, rows of x add up to 6 and 15: products -9, 9, -22.5, 22.5.
  EXPECT_EQ(total, 9.5 + 23);
  EXPECT_EQ(x.to_vector<float>(), std::vector<float>({0, 2, 3, 0, 5, 6}));
  EXPECT_EQ(noise.dtype(), DType::kBF16);
  EXPECT_EQ(errors.str(), "[matmul] expected b with 3 rows (a f32 [2,3]), got b f32 [2,3]\n");
}

TEST(Readme, ExampleIsTheOneAbove) {
  tenon::testing::expect_examples_shown("tensor/README.md", "tensor/readme_test.cc");
}
