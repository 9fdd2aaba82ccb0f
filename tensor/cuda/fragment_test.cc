// The positions beside the PTX ISA's own words for them, and beside its figures.
#include "tensor/cuda/fragment.h"

#include <gtest/gtest.h>

#include <set>
#include <utility>

namespace tenon::cuda {
namespace {

// "groupID = %laneid >> 2, threadID_in_group = %laneid % 4;
//  row = groupID for ai where 0 <= i < 2 || 4 <= i < 6, groupID + 8 otherwise;
//  col = (threadID_in_group * 2) + (i & 0x1) for ai where i < 4, that + 8 for ai where i >= 4"
TEST(FragmentTest, OfA) {
  for (int lane = 0; lane < 32; ++lane) {
    for (int i = 0; i < 8; ++i) {
      const bool upper = (0 <= i && i < 2) || (4 <= i && i < 6);
      EXPECT_EQ(position_in_a(lane, i).row, upper ? lane >> 2 : (lane >> 2) + 8);
      EXPECT_EQ(position_in_a(lane, i).column, (lane % 4) * 2 + (i & 1) + (i >= 4 ? 8 : 0));
    }
  }
}

// "row = (threadID_in_group * 2) + (i & 0x1) for bi where i < 2, that + 8 for bi where i >= 2;
//  col = groupID"
TEST(FragmentTest, OfB) {
  for (int lane = 0; lane < 32; ++lane) {
    for (int i = 0; i < 4; ++i) {
      EXPECT_EQ(position_in_b(lane, i).row, (lane % 4) * 2 + (i & 1) + (i >= 2 ? 8 : 0));
      EXPECT_EQ(position_in_b(lane, i).column, lane >> 2);
    }
  }
}

// "row = groupID for ci where i < 2, groupID + 8 for ci where i >= 2;
//  col = (threadID_in_group * 2) + (i & 0x1)"
TEST(FragmentTest, OfD) {
  for (int lane = 0; lane < 32; ++lane) {
    for (int i = 0; i < 4; ++i) {
      EXPECT_EQ(position_in_d(lane, i).row, (lane >> 2) + (i >= 2 ? 8 : 0));
      EXPECT_EQ(position_in_d(lane, i).column, (lane % 4) * 2 + (i & 1));
    }
  }
}

// Corners of the figures: T0 has the first elements, T3 the end of the first row, T31 the last.
TEST(FragmentTest, Figures) {
  const auto is = [](Position p, int row, int column) {
    return p.row == row && p.column == column;
  };
  EXPECT_TRUE(is(position_in_a(0, 0), 0, 0) && is(position_in_a(0, 4), 0, 8));
  EXPECT_TRUE(is(position_in_a(3, 1), 0, 7) && is(position_in_a(3, 5), 0, 15));
  EXPECT_TRUE(is(position_in_a(28, 2), 15, 0) && is(position_in_a(31, 7), 15, 15));
  EXPECT_TRUE(is(position_in_b(0, 0), 0, 0) && is(position_in_b(3, 3), 15, 0));
  EXPECT_TRUE(is(position_in_b(28, 0), 0, 7) && is(position_in_b(31, 3), 15, 7));
  EXPECT_TRUE(is(position_in_d(0, 0), 0, 0) && is(position_in_d(31, 3), 15, 7));
}

TEST(FragmentTest, EveryElementHasOneLane) {
  std::set<std::pair<int, int>> a, b, d;
  for (int lane = 0; lane < 32; ++lane) {
    for (int i = 0; i < 8; ++i)
      a.insert({position_in_a(lane, i).row, position_in_a(lane, i).column});
    for (int i = 0; i < 4; ++i)
      b.insert({position_in_b(lane, i).row, position_in_b(lane, i).column});
    for (int i = 0; i < 4; ++i)
      d.insert({position_in_d(lane, i).row, position_in_d(lane, i).column});
  }
  EXPECT_EQ(a.size(), 256u);
  EXPECT_EQ(b.size(), 128u);
  EXPECT_EQ(d.size(), 128u);
}

}  // namespace
}  // namespace tenon::cuda
