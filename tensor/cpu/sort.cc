// Sorting by keys: unsigned numbers in the order of the values, with the
// position behind them, so that no two are equal and any method of sorting is
// stable.
#include <algorithm>
#include <array>
#include <bit>
#include <numeric>
#include <type_traits>
#include <vector>

#include "tensor/cpu/chunk.h"
#include "tensor/cpu/kernels.h"
#include "tensor/cpu/parallel.h"

namespace tenon::cpu {
namespace {

/// Floating: flips the sign bit of what is positive and every bit of what is
/// negative. -0 counts as 0, any NaN as the largest.
template <class Bits, class T>
Bits key_of_floating(T value) {
  constexpr Bits kSign = Bits{1} << (8 * sizeof(Bits) - 1);
  if (is_nan(value)) return ~Bits{0};
  const Bits bits = std::bit_cast<Bits>(value == 0 ? T{0} : value);
  return bits & kSign ? ~bits : bits | kSign;
}

std::uint32_t key_of(float value) { return key_of_floating<std::uint32_t>(value); }
std::uint64_t key_of(double value) { return key_of_floating<std::uint64_t>(value); }
std::uint64_t key_of(std::int64_t value) {
  return static_cast<std::uint64_t>(value) ^ std::uint64_t{1} << 63;
}

template <class Key>
struct Entry {
  Key key;
  std::int64_t position;
  bool operator<(const Entry &other) const {
    return key != other.key ? key < other.key : position < other.position;
  }
};

/// By the upper half, a byte at a time from the lowest; the lower halves are in
/// order already. Eight passes over memory, where comparing takes log2(size) of
/// them.
void radix_sort(std::vector<std::uint64_t> &entries) {
  std::vector<std::uint64_t> sorted(entries.size());
  for (int shift = 32; shift < 64; shift += 8) {
    std::array<std::size_t, 257> begin{};
    for (const std::uint64_t entry : entries) ++begin[(entry >> shift & 0xff) + 1];
    std::partial_sum(begin.begin(), begin.end(), begin.begin());
    for (const std::uint64_t entry : entries) sorted[begin[entry >> shift & 0xff]++] = entry;
    entries.swap(sorted);
  }
}

/// The first k in order.
template <class T>
void order(std::vector<T> &entries, std::int64_t k) {
  if constexpr (std::is_same_v<T, std::uint64_t>) {
    constexpr std::size_t kWorthIt =
        1024;  // below it, counting the bytes costs more than comparing
    if (k == static_cast<std::int64_t>(entries.size()) && entries.size() >= kWorthIt) {
      return radix_sort(entries);
    }
  }
  if (k < static_cast<std::int64_t>(entries.size())) {
    std::nth_element(entries.begin(), entries.begin() + k, entries.end());
  }
  std::sort(entries.begin(), entries.begin() + k);
}

/// Positions of the first k of `size` values; of 32-bit keys both fit one
/// 64-bit number.
template <class C>
void positions(const C *values, std::int64_t size, bool descending, std::int64_t k,
               std::int64_t *out) {
  const auto key = [&](std::int64_t i) {
    const auto ascending = key_of(values[i]);
    return descending ? ~ascending : ascending;
  };
  if (sizeof(key_of(C{})) == 4 && size <= INT64_C(1) << 32) {
    std::vector<std::uint64_t> entries(static_cast<std::size_t>(size));
    for (std::int64_t i = 0; i < size; ++i) {
      entries[static_cast<std::size_t>(i)] =
          std::uint64_t{key(i)} << 32 | static_cast<std::uint64_t>(i);
    }
    order(entries, k);
    for (std::int64_t i = 0; i < k; ++i) {
      out[i] = static_cast<std::int64_t>(entries[static_cast<std::size_t>(i)] & 0xffffffffu);
    }
    return;
  }
  std::vector<Entry<decltype(key_of(C{}))>> entries(static_cast<std::size_t>(size));
  for (std::int64_t i = 0; i < size; ++i) entries[static_cast<std::size_t>(i)] = {key(i), i};
  order(entries, k);
  for (std::int64_t i = 0; i < k; ++i) out[i] = entries[static_cast<std::size_t>(i)].position;
}

}  // namespace

void sort(const Tensor &x, bool descending, const Tensor &values, const Tensor &indices) {
  const std::int64_t size = x.size(1), k = values.size(1);
  if (k == 0) return;
  const auto log_size = static_cast<std::int64_t>(std::bit_width(static_cast<std::uint64_t>(size)));
  dispatch_element(x.dtype(), [&]<class T>() {
    using C = std::conditional_t<std::is_integral_v<T>, std::int64_t,
                                 std::conditional_t<std::is_same_v<T, double>, double, float>>;
    const T *from = static_cast<const T *>(x.raw_data());
    T *to = static_cast<T *>(values.raw_data());
    auto *places = static_cast<std::int64_t *>(indices.raw_data());
    parallel_items(x.size(0), size * log_size, [&](std::int64_t begin, std::int64_t end) {
      std::vector<C> row(static_cast<std::size_t>(size));
      for (std::int64_t r = begin; r < end; ++r) {
        const T *source = from + r * size;
        std::transform(source, source + size, row.begin(), [](T v) { return convert<C>(v); });
        positions(row.data(), size, descending, k, places + r * k);
        for (std::int64_t i = 0; i < k; ++i) to[r * k + i] = source[places[r * k + i]];
      }
    });
  });
}

}  // namespace tenon::cpu
