#include "tensor/internal/dynamic_map.h"

#include <bit>
#include <cmath>
#include <cstdint>
#include <vector>

#include "gtest/gtest.h"

namespace tenon::internal {
namespace {

/// Looks at all numbers.
int nearest(const DynamicMap& map, float value) {
  int code = 0;
  while (code < 255) {
    const auto i = static_cast<std::size_t>(code);
    if (value <= (map.numbers()[i] + map.numbers()[i + 1]) / 2) break;
    ++code;
  }
  return code;
}

/// Numbers, midpoints, and both ends of each run of floats with the same 10 leading bits of
/// fraction, with their neighbours.
std::vector<float> values_of(const DynamicMap& map) {
  std::vector<float> values;
  const auto add = [&](float value) {
    for (const float x : {std::nextafter(value, -2.0f), value, std::nextafter(value, 2.0f)}) {
      if (std::abs(x) <= 1) values.push_back(x);
    }
  };
  for (std::size_t i = 0; i < 255; ++i) {
    add(map.numbers()[i]);
    add((map.numbers()[i] + map.numbers()[i + 1]) / 2);
  }
  for (std::uint32_t bits = 90u << 23; bits <= 127u << 23; bits += 1u << 13) {
    add(std::bit_cast<float>(bits));
    if (map.numbers()[0] < 0) add(-std::bit_cast<float>(bits));
  }
  return values;
}

TEST(DynamicMapTest, RoundsToTheNearestNumber) {
  for (const DynamicMap* map : {&DynamicMap::with_signs(), &DynamicMap::without_signs()}) {
    for (const float value : values_of(*map)) ASSERT_EQ(map->code(value), nearest(*map, value));
    EXPECT_EQ(map->code(std::nextafter(1.0f, 2.0f)), 255);
  }
}

// Each of seven decades has the middles of equal parts of [0.1, 1]: one, two, four … 64 with signs,
// two … 128 without.
TEST(DynamicMapTest, NumbersAreThoseOfTheScheme) {
  const auto& with = DynamicMap::with_signs().numbers();
  const auto& without = DynamicMap::without_signs().numbers();
  EXPECT_EQ(with[127], 0);
  EXPECT_EQ(with[255], 1);
  EXPECT_EQ(without[0], 0);
  EXPECT_EQ(without[255], 1);
  EXPECT_FLOAT_EQ(with[128], 0.55e-6f);
  EXPECT_FLOAT_EQ(with[254], 1 - 0.45f / 64);
  EXPECT_FLOAT_EQ(with[0], -with[254]);
  EXPECT_FLOAT_EQ(without[1], 0.325e-6f);
  EXPECT_FLOAT_EQ(without[2], 0.775e-6f);
  EXPECT_FLOAT_EQ(without[254], 1 - 0.45f / 128);
}

}  // namespace
}  // namespace tenon::internal
