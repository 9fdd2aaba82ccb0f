// Sizes that cannot be: every operation that makes larger tensors refuses them before it allocates,
// and memory that the system does not have is an error and not the end of the process.
#include <gtest/gtest.h>

#include <cstdint>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "tensor/allocator.h"
#include "tensor/ops.h"
#include "tensor/random.h"
#include "tensor/testing/check.h"

namespace tenon {
namespace {

constexpr std::int64_t kHuge = std::int64_t{1} << 40;

/// 2^40 elements that take four bytes.
Tensor huge() { return ones({1}).expand({kHuge}); }

TEST(Overflow, IsCaughtBeforeAllocation) {
  const Tensor row = huge(), column = huge().unsqueeze(1);
  const std::vector<std::pair<const char*, std::function<void()>>> calls = {
      {"zeros",
       [&] {
         zeros({kHuge, kHuge});
       }},
      {"elements that fit, bytes that do not",
       [&] {
         zeros({kHuge, 1 << 22});
       }},
      {"eye", [&] { eye(INT64_MAX); }},
      {"rand",
       [&] {
         rand({kHuge, kHuge});
       }},
      {"randint",
       [&] {
         randint(0, 2, {kHuge, kHuge});
       }},
      {"expand",
       [&] {
         column.expand({kHuge, kHuge});
       }},
      {"add", [&] { add(row, column); }},
      {"eq", [&] { eq(row, column); }},
      {"where", [&] { where(zeros({1}, {.dtype = DType::kBool}), row, column); }},
      {"outer", [&] { outer(row, row); }},
      {"matmul", [&] { matmul(column, row.unsqueeze(0)); }},
      {"addmm", [&] { addmm(scalar(0), column, row.unsqueeze(0)); }},
      {"linear", [&] { linear(column, column); }},
      {"repeat", [&] { repeat(ones({2}), {INT64_MAX}); }},
      {"cat",
       [&] {
         const Tensor most = ones({1}).expand({INT64_MAX / 2 + 1});
         cat(std::vector{most, most});
       }},
      {"stack", [&] { stack(std::vector<Tensor>(8, ones({1}).expand({INT64_MAX / 4}))); }},
      {"one_hot", [&] { one_hot(zeros({3}, {.dtype = DType::kI64}), INT64_MAX); }},
      {"masked_fill",
       [&] {
         masked_fill(row, zeros({1, 1}, {.dtype = DType::kBool}).expand({kHuge, 1}), 0);
       }},
      {"tensor of a span",
       [&] {
         from_vector(std::vector<float>(3), Shape{kHuge, kHuge});
       }},
  };
  for (const auto& [name, call] : calls) {
    SCOPED_TRACE(name);
    const std::int64_t before = allocator().stats().peak_bytes;
    testing::expect_error<ShapeError>(call, {"expected"});
    EXPECT_LT(allocator().stats().peak_bytes - before, 1 << 20);
  }
}

TEST(Overflow, EmptyTensorsOfHugeSizesAreEmpty) {
  const Tensor x = zeros({0, kHuge, kHuge});
  EXPECT_EQ(x.numel(), 0);
  EXPECT_EQ(sum(x).item<float>(), 0);
  testing::expect_error<ShapeError>([&] { x.flatten(1); }, {"2^63 - 1"});
  EXPECT_EQ(index_select(x, 0, zeros({0}, {.dtype = DType::kI64})).shape(), x.shape());
}

TEST(OutOfMemory, IsATypedErrorThatNamesTheBytes) {
  const std::int64_t before = allocator().stats().live_bytes;
  testing::expect_error<OutOfMemoryError>([] { zeros({std::int64_t{1} << 50}); },
                                          {"[allocate]", "4503599627370496 bytes"});
  testing::expect_error<OutOfMemoryError>(
      [] {
        huge().reshape({1 << 20, 1 << 20}) + 1;
      },
      {"[allocate]"});
  testing::expect_error<OutOfMemoryError>([] { randperm(std::int64_t{1} << 50); }, {"[allocate]"});
  EXPECT_EQ(allocator().stats().live_bytes, before);
  EXPECT_EQ(sum(ones({4})).item<float>(), 4) << "and the next allocation works";
}

}  // namespace
}  // namespace tenon
