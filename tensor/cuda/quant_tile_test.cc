#include "tensor/cuda/quant_tile.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <utility>
#include <vector>

namespace tenon::cuda {
namespace {

constexpr int kLanes = 32, kBanks = 32;

/// How many accesses `bytes` of each lane at these byte addresses are more than they have to be:
/// shared memory gives each of 32 banks one word of 4 bytes at a time, to all that want that word.
/// Lanes that read 8 or 16 bytes are served by halves or quarters of a warp. (NVIDIA, CUDA C++
/// Programming Guide, "Shared memory" of compute capability 5.x and later)
int conflicts(const std::vector<int>& addresses, int bytes) {
  const int together = kLanes * 4 / std::max(bytes, 4);
  int worst = 0;
  for (int first = 0; first < kLanes; first += together) {
    std::vector<std::set<int>> words(kBanks);
    for (int lane = first; lane < first + together; ++lane) {
      for (int byte = 0; byte < bytes; byte += 4) {
        const int word = (addresses[static_cast<std::size_t>(lane)] + byte) / 4;
        words[static_cast<std::size_t>(word % kBanks)].insert(word);
      }
    }
    for (const auto& bank : words) worst = std::max(worst, static_cast<int>(bank.size()) - 1);
  }
  return worst;
}

template <class F>
std::vector<int> of_lanes(const F& address) {
  std::vector<int> all;
  for (int lane = 0; lane < kLanes; ++lane) all.push_back(address(lane));
  return all;
}

TEST(QuantTileTest, ConflictsAreCounted) {
  EXPECT_EQ(conflicts(of_lanes([](int lane) { return 4 * lane; }), 4), 0);
  EXPECT_EQ(conflicts(of_lanes([](int) { return 64; }), 4), 0);
  EXPECT_EQ(conflicts(of_lanes([](int lane) { return 8 * lane; }), 4), 1);
  EXPECT_EQ(conflicts(of_lanes([](int lane) { return 16 * lane; }), 16), 0);
  EXPECT_EQ(conflicts(of_lanes([](int lane) { return 128 * lane; }), 16), 7);
}

TEST(QuantTileTest, PlacesOfXAreAPermutation) {
  std::set<int> places;
  for (int row = 0; row < 64; ++row) {
    for (int vector = 0; vector < 16; ++vector) places.insert(x_place(row, vector));
  }
  EXPECT_EQ(places.size(), 64u * 16u);
  EXPECT_EQ(*places.begin(), 0);
  EXPECT_EQ(*places.rbegin(), 64 * 16 - 1);
}

template <Along kAlong>
void expect_permutation_of_codes() {
  std::set<int> places, scales;
  for (int row = 0; row < kTileRows<kAlong>; ++row) {
    for (int vector = 0; vector < kRowVectors<kAlong>; ++vector) {
      places.insert(code_place<kAlong>(row, vector));
      scales.insert(scale_place<kAlong>(row, vector));
    }
  }
  for (const auto& all : {places, scales}) {
    EXPECT_EQ(all.size(), static_cast<std::size_t>(kTileVectors));
    EXPECT_EQ(*all.begin(), 0);
    EXPECT_EQ(*all.rbegin(), kTileVectors - 1);
  }
}

TEST(QuantTileTest, PlacesOfCodesAreAPermutation) {
  expect_permutation_of_codes<Along::kColumns>();
  expect_permutation_of_codes<Along::kRows>();
}

/// Each of a warp's weights belongs to one lane, A, half, step and e.
template <Along kAlong>
void expect_every_weight_once() {
  std::set<std::pair<int, int>> seen;
  for (int lane = 0; lane < kLanes; ++lane) {
    for (int a = 0; a < 2; ++a) {
      for (int half = 0; half < 2; ++half) {
        for (int step = 0; step < kSteps; ++step) {
          for (int e = 0; e < 4; ++e) {
            seen.insert({output_of<kAlong>(lane, a, half), term_of(lane, step, e)});
          }
        }
      }
    }
  }
  EXPECT_EQ(seen.size(), static_cast<std::size_t>(kWarpOutputs * kWarpTerms));
  EXPECT_EQ(seen.begin()->first, 0);
  EXPECT_EQ(seen.rbegin()->first, kWarpOutputs - 1);
}

TEST(QuantTileTest, EveryWeightHasOneLane) {
  expect_every_weight_once<Along::kColumns>();
  expect_every_weight_once<Along::kRows>();
}

// Column j of A and row j of B have to be the same term, and lanes of one group the same outputs.
TEST(QuantTileTest, BothSidesHaveTheSameTerms) {
  constexpr int kOfA[8] = {0, 1, 0, 1, 2, 3, 2, 3};  // e of element i
  for (int step = 0; step < kSteps; ++step) {
    std::vector<int> terms(16, -1);
    for (int lane = 0; lane < kLanes; ++lane) {
      for (int i = 0; i < 4; ++i) {
        int& term = terms[static_cast<std::size_t>(position_in_b(lane, i).row)];
        EXPECT_TRUE(term == -1 || term == term_of(lane, step, i));
        term = term_of(lane, step, i);
      }
    }
    for (int lane = 0; lane < kLanes; ++lane) {
      for (int i = 0; i < 8; ++i) {
        EXPECT_EQ(terms[static_cast<std::size_t>(position_in_a(lane, i).column)],
                  term_of(lane, step, kOfA[i]));
      }
    }
  }
}

TEST(QuantTileTest, LanesReadXWithoutConflicts) {
  for (int warp = 0; warp < kTileWarps; ++warp) {
    for (int step = 0; step < kSteps; step += 2) {
      for (int group = 0; group < 8; ++group) {
        EXPECT_EQ(conflicts(of_lanes([&](int lane) {
                              const int term = first_term(warp) + term_of(lane, step, 0);
                              return 16 * x_place(8 * group + lane_group(lane), term / 8);
                            }),
                            16),
                  0);
      }
    }
  }
}

TEST(QuantTileTest, LanesReadCodesWithoutConflicts) {
  for (int warp = 0; warp < kTileWarps; ++warp) {
    for (int a = 0; a < 2; ++a) {
      for (int half = 0; half < 2; ++half) {
        EXPECT_EQ(conflicts(of_lanes([&](int lane) {
                              const int row =
                                  first_output(warp) + output_of<Along::kColumns>(lane, a, half);
                              const int column = first_term(warp) + term_of(lane, 0, 0);
                              return 16 * code_place<Along::kColumns>(row, column / 32) +
                                     column % 32 / 16 * 8;
                            }),
                            8),
                  0);
      }
    }
    for (int step = 0; step < kSteps; ++step) {
      for (int e = 0; e < 4; ++e) {
        EXPECT_EQ(conflicts(of_lanes([&](int lane) {
                              const int row = first_term(warp) + term_of(lane, step, e);
                              const int column =
                                  first_output(warp) + output_of<Along::kRows>(lane, 0, 0);
                              return 16 * code_place<Along::kRows>(row, column / 32) +
                                     column % 32 / 4 * 2;
                            }),
                            2),
                  0);
      }
    }
  }
}

TEST(QuantTileTest, LanesReadScalesWithoutConflicts) {
  for (int warp = 0; warp < kTileWarps; ++warp) {
    for (int i = 0; i < 4; ++i) {
      EXPECT_EQ(conflicts(of_lanes([&](int lane) {
                            const int row =
                                first_output(warp) + output_of<Along::kColumns>(lane, i / 2, i % 2);
                            const int column = first_term(warp) + term_of(lane, 0, 0);
                            return 4 * scale_place<Along::kColumns>(row, column / 32);
                          }),
                          4),
                0);
    }
    for (int step = 0; step < kSteps; ++step) {
      for (int e = 0; e < 4; ++e) {
        EXPECT_EQ(conflicts(of_lanes([&](int lane) {
                              const int row = first_term(warp) + term_of(lane, step, e);
                              return 4 * scale_place<Along::kRows>(row, first_output(warp) / 32);
                            }),
                            4),
                  0);
      }
    }
  }
}

}  // namespace
}  // namespace tenon::cuda
