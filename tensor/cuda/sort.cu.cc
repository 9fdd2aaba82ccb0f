// Sorting by keys, unsigned numbers in the order of the values, with positions: a bitonic network
// (Batcher 1968) over each row, padded to a power of two. log2(n)^2 / 2 launches, each of which
// reads and writes all keys once; no two entries are equal, so that the network is stable.
#include <bit>

#include "tensor/cuda/element.h"
#include "tensor/cuda/grid.h"
#include "tensor/cuda/kernels.h"

namespace tenon::cuda {
namespace {

/// Floating: flips the sign bit of what is positive and every bit of what is negative. -0 counts as
/// 0, any NaN as the largest.
TENON_SCALAR std::uint64_t key_of(float value) {
  if (value != value) return 0xffffffffu;
  const auto bits = static_cast<std::uint32_t>(math::bits_of(value == 0 ? 0.0f : value));
  return bits & 0x80000000u ? ~bits : bits | 0x80000000u;
}
TENON_SCALAR std::uint64_t key_of(double value) {
  constexpr std::uint64_t kSign = std::uint64_t{1} << 63;
  if (value != value) return ~std::uint64_t{0};
  const auto bits = __builtin_bit_cast(std::uint64_t, value == 0 ? 0.0 : value);
  return bits & kSign ? ~bits : bits | kSign;
}
TENON_SCALAR std::uint64_t key_of(std::int64_t value) {
  return static_cast<std::uint64_t>(value) ^ std::uint64_t{1} << 63;
}

/// Rows of `padded` keys and positions.
struct Entries {
  std::uint64_t* keys;
  std::int64_t* positions;
  std::int64_t padded;
};

template <class C>
struct MakeEntries {
  static constexpr const char* kName = "sort";
  Elements x;
  std::int64_t size;
  bool descending;
  Entries to;

  TENON_HOST_DEVICE void operator()(std::int64_t i) const {
    const std::int64_t row = i / to.padded, at = i % to.padded;
    std::uint64_t key = ~std::uint64_t{0};  // what pads a row comes after all: its place is higher
    if (at < size) {
      const std::uint64_t ascending = key_of(load<C>(x, row * size + at));
      key = descending ? ~ascending : ascending;
    }
    to.keys[i] = key;
    to.positions[i] = at;
  }
};

/// Puts two entries, `distance` apart, in the order that their part of the network wants.
struct CompareExchange {
  static constexpr const char* kName = "sort";
  Entries entries;
  std::int64_t run, distance;

  TENON_HOST_DEVICE void operator()(std::int64_t pair) const {
    const std::int64_t low = pair / distance * 2 * distance + pair % distance;
    const std::int64_t high = low + distance;
    const bool ascending = (low % entries.padded & run) == 0;
    const std::uint64_t a = entries.keys[low], b = entries.keys[high];
    const std::int64_t i = entries.positions[low], j = entries.positions[high];
    const bool in_order = a != b ? a < b : i < j;
    if (in_order == ascending) return;
    entries.keys[low] = b;
    entries.keys[high] = a;
    entries.positions[low] = j;
    entries.positions[high] = i;
  }
};

template <class C>
struct TakeSorted {
  static constexpr const char* kName = "sort";
  Elements x;
  std::int64_t size, k;
  Entries from;
  Elements values;  // null data: positions only
  std::int64_t* indices;

  TENON_HOST_DEVICE void operator()(std::int64_t i) const {
    const std::int64_t row = i / k;
    const std::int64_t position = from.positions[row * from.padded + i % k];
    indices[i] = position;
    if (values.data) store<C>(values, i, load<C>(x, row * size + position));
  }
};

/// The first k of each row.
void sort_rows(const Tensor& x, std::int64_t rows, std::int64_t size, bool descending,
               std::int64_t k, const Elements& values, const Tensor& indices) {
  const auto padded = static_cast<std::int64_t>(std::bit_ceil(static_cast<std::uint64_t>(size)));
  const TensorOptions options{.dtype = DType::kI64, .device = x.device()};
  const Tensor keys = empty({rows, padded}, options), positions = empty({rows, padded}, options);
  const Entries entries{static_cast<std::uint64_t*>(keys.raw_data()),
                        static_cast<std::int64_t*>(positions.raw_data()), padded};
  dispatch_compute(x.dtype(), [&]<class C>() {
    const Elements from{x.raw_data(), x.dtype()};
    launch_items(rows * padded, MakeEntries<C>{from, size, descending, entries});
    for (std::int64_t run = 2; run <= padded; run *= 2) {
      for (std::int64_t distance = run / 2; distance > 0; distance /= 2) {
        launch_items(rows * padded / 2, CompareExchange{entries, run, distance});
      }
    }
    launch_items(rows * k, TakeSorted<C>{from, size, k, entries, values,
                                         static_cast<std::int64_t*>(indices.raw_data())});
  });
}

}  // namespace

void sort(const Tensor& x, bool descending, const Tensor& values, const Tensor& indices) {
  if (values.numel() == 0) return;
  sort_rows(x, x.shape()[0], x.shape()[1], descending, values.shape()[1],
            {values.raw_data(), values.dtype()}, indices);
}

Tensor sorted_positions(const Tensor& indices) {
  const Tensor order = empty_like(indices);
  if (indices.numel() > 0) {
    sort_rows(indices, 1, indices.numel(), false, indices.numel(), {}, order);
  }
  return order;
}

}  // namespace tenon::cuda
