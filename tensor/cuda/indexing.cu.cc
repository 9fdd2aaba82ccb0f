// Reading and adding at indices, without atomics: rows that go to one place are added in ascending
// order of their positions, as on the CPU, so that the bits are the same from run to run. An index
// out of range is reported later (check_indices): here it reads zeros and writes nothing.
#include "tensor/cuda/element.h"
#include "tensor/cuda/grid.h"
#include "tensor/cuda/index_map.h"
#include "tensor/cuda/kernels.h"

namespace tenon::cuda {
namespace {

const std::int64_t* indices_of(const Tensor& indices) {
  return static_cast<const std::int64_t*>(indices.raw_data());
}

struct alignas(16) Bytes16 {
  std::uint64_t half[2];
};

/// Moves rows in units of as many bytes as divide a row.
template <class Unit>
struct SelectRows {
  static constexpr const char* kName = "index_select";
  const Unit* from;
  Unit* to;
  const std::int64_t* indices;
  std::int64_t count, size, units;  // rows taken and rows there of each outer item; units of a row

  TENON_HOST_DEVICE void operator()(std::int64_t i) const {
    const std::int64_t row = i / units, outer = row / count, index = indices[row % count];
    const bool inside = index >= 0 && index < size;
    to[i] = inside ? from[(outer * size + index) * units + i % units] : Unit{};
  }
};

template <class Unit>
bool select_in_units(const Tensor& x, const Tensor& indices, const Tensor& out,
                     std::int64_t row_bytes) {
  constexpr auto kBytes = static_cast<std::int64_t>(sizeof(Unit));
  const auto address = reinterpret_cast<std::uintptr_t>(x.raw_data()) |
                       reinterpret_cast<std::uintptr_t>(out.raw_data());
  if (row_bytes % kBytes != 0 || address % sizeof(Unit) != 0) return false;
  const std::int64_t units = row_bytes / kBytes;
  launch_items(
      x.shape()[0] * indices.numel() * units,
      SelectRows<Unit>{static_cast<const Unit*>(x.raw_data()), static_cast<Unit*>(out.raw_data()),
                       indices_of(indices), indices.numel(), x.shape()[1], units});
  return true;
}

/// out [outer, size, inner] += values [outer, K, inner] at sorted positions: the thread of the
/// first of equal indices adds all of them, for one column.
template <class C>
struct AddGroups {
  static constexpr const char* kName = "index_add";
  const std::int64_t *indices, *order;
  std::int64_t count, size, inner;
  bool has_padding;
  std::int64_t padding;
  Elements values, out;

  TENON_HOST_DEVICE void operator()(std::int64_t i) const {
    const std::int64_t column = i % inner, slot = i / inner % count, outer = i / inner / count;
    const std::int64_t index = indices[order[slot]];
    if (slot > 0 && indices[order[slot - 1]] == index) return;
    if (index < 0 || index >= size || (has_padding && index == padding)) return;
    const std::int64_t to = (outer * size + index) * inner + column;
    C sum = load<C>(out, to);
    for (std::int64_t k = slot; k < count && indices[order[k]] == index; ++k) {
      sum += load<C>(values, (outer * count + order[k]) * inner + column);
    }
    store<C>(out, to, sum);
  }
};

void add_groups(const Tensor& indices, const Tensor& values, const Tensor& out,
                std::optional<std::int64_t> padding) {
  const Tensor order = sorted_positions(indices);
  dispatch_compute(out.dtype(), [&]<class C>() {
    launch_items(out.shape()[0] * indices.numel() * out.shape()[2],
                 AddGroups<C>{indices_of(indices),
                              indices_of(order),
                              indices.numel(),
                              out.shape()[1],
                              out.shape()[2],
                              padding.has_value(),
                              padding.value_or(0),
                              {values.raw_data(), values.dtype()},
                              {out.raw_data(), out.dtype()}});
  });
}

/// Operands 0 and 1 of the map: the dense index tensor, and the tensor whose coordinate along the
/// index's dimension comes from the index instead.
struct GatherElements {
  static constexpr const char* kName = "gather";
  IndexMap<2> map;
  const std::int64_t* index;
  std::int64_t size, step;  // of that dimension
  Elements x, out;

  TENON_HOST_DEVICE void operator()(std::int64_t i) const {
    const bool inside = index[i] >= 0 && index[i] < size;
    const std::int64_t from = map.offsets(i).of[1] + index[i] * step;
    with_element(x.dtype, [&](auto type) {
      using T = decltype(type);
      *out.at<T>(i) = inside ? *x.at<const T>(from) : T{};
    });
  }
};

enum class Put { kAdd, kReplace };

/// All elements of `index` along `dim`, one after another, by one thread: those of other lines go
/// to other places.
template <class C, Put kPut>
struct ScatterLines {
  static constexpr const char* kName = "scatter";
  IndexMap<2> map;  // of a line -> in `index`, in out
  const std::int64_t* index;
  std::int64_t count, index_step;  // of the line
  std::int64_t size, out_step;     // of the dimension it goes to
  Elements values, out;

  TENON_HOST_DEVICE void operator()(std::int64_t line) const {
    const auto at = map.offsets(line);
    for (std::int64_t k = 0; k < count; ++k) {
      const std::int64_t from = at.of[0] + k * index_step;
      if (index[from] < 0 || index[from] >= size) continue;
      const std::int64_t to = at.of[1] + index[from] * out_step;
      const C value = load<C>(values, from);
      store<C>(out, to, kPut == Put::kAdd ? load<C>(out, to) + value : value);
    }
  }
};

/// Dimensions of `index` and of `x`, but for `dim` where `lines`, and with step 0 in x along it
/// else.
IndexMap<2> gather_map(const char* op, const Tensor& index, const Tensor& x, int dim, bool lines) {
  std::vector<MapDim<2>> dims;
  for (int d = 0; d < index.ndim(); ++d) {
    if (d == dim && lines) continue;
    dims.push_back({index.shape()[d], {index.strides()[d], d == dim ? 0 : x.strides()[d]}});
  }
  return IndexMap<2>(op, merged<2>(std::move(dims)));
}

template <Put kPut>
std::int64_t scatter_lines(const char* op, int dim, const Tensor& index, const Tensor& values,
                           const Tensor& out) {
  const std::int64_t bad = check_indices({op, index, out.shape()[dim]});
  if (bad >= 0 || index.numel() == 0) return bad;
  const std::int64_t count = index.shape()[dim];
  dispatch_compute(out.dtype(), [&]<class C>() {
    launch_items(index.numel() / count, ScatterLines<C, kPut>{gather_map(op, index, out, dim, true),
                                                              indices_of(index),
                                                              count,
                                                              index.strides()[dim],
                                                              out.shape()[dim],
                                                              out.strides()[dim],
                                                              {values.raw_data(), values.dtype()},
                                                              {out.raw_data(), out.dtype()}});
  });
  return -1;
}

}  // namespace

std::int64_t index_select(const Tensor& x, const Tensor& indices, const Tensor& out) {
  const std::int64_t bad = check_indices({"index_select", indices, x.shape()[1]});
  if (bad >= 0 || out.numel() == 0) return bad;
  const std::int64_t row = x.shape()[2] * static_cast<std::int64_t>(size_of(x.dtype()));
  select_in_units<Bytes16>(x, indices, out, row) ||
      select_in_units<std::uint64_t>(x, indices, out, row) ||
      select_in_units<std::uint32_t>(x, indices, out, row) ||
      select_in_units<std::uint16_t>(x, indices, out, row) ||
      select_in_units<std::uint8_t>(x, indices, out, row);
  return -1;
}

std::int64_t index_add(const Tensor& indices, const Tensor& values, const Tensor& out) {
  const std::int64_t bad = check_indices({"index_add", indices, out.shape()[1]});
  if (bad < 0 && out.numel() > 0) add_groups(indices, values, out, std::nullopt);
  return bad;
}

std::int64_t embedding_grad(const Tensor& indices, const Tensor& grad, std::int64_t padding_index,
                            const Tensor& out) {
  const std::int64_t bad = check_indices({"embedding_grad", indices, out.shape()[0]});
  if (bad >= 0) return bad;
  fill(0, out);
  if (out.numel() > 0) add_groups(indices, grad, out.unsqueeze(0), padding_index);
  return -1;
}

std::int64_t gather(const Tensor& x, int dim, const Tensor& index, const Tensor& out) {
  const std::int64_t bad = check_indices({"gather", index, x.shape()[dim]});
  if (bad >= 0) return bad;
  launch_items(index.numel(), GatherElements{gather_map("gather", index, x, dim, false),
                                             indices_of(index),
                                             x.shape()[dim],
                                             x.strides()[dim],
                                             {x.raw_data(), x.dtype()},
                                             {out.raw_data(), out.dtype()}});
  return -1;
}

std::int64_t scatter_add(int dim, const Tensor& index, const Tensor& values, const Tensor& out) {
  return scatter_lines<Put::kAdd>("scatter_add", dim, index, values, out);
}

std::int64_t scatter(int dim, const Tensor& index, const Tensor& values, const Tensor& out) {
  return scatter_lines<Put::kReplace>("scatter", dim, index, values, out);
}

}  // namespace tenon::cuda
