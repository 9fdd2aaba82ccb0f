#include "tensor/cpu/attention_tile.h"

#include <Eigen/Core>
#include <limits>

#include "tensor/cpu/kernels.h"

namespace tenon::cpu {
namespace {

template <class C>
void add_mask(const Tensor& mask, const Tile& tile, std::int64_t row, C* scores) {
  const Strides& strides = mask.strides();
  const std::int64_t first = tile.b * strides[0] + tile.h * strides[1] +
                             (tile.q_begin + row) * strides[2] + tile.k_begin * strides[3];
  if (mask.dtype() == DType::kBool) {
    const bool* seen = mask.data<bool>() + first;
    for (std::int64_t i = 0; i < tile.keys(); ++i) {
      scores[i] = seen[i * strides[3]] ? scores[i] : -std::numeric_limits<C>::infinity();
    }
    return;
  }
  C added[kKeysPerTile];
  const Run run{static_cast<std::byte*>(mask.raw_data()) +
                    first * static_cast<std::int64_t>(size_of(mask.dtype())),
                strides[3], mask.dtype()};
  gather(run, tile.keys(), added);
  for (std::int64_t i = 0; i < tile.keys(); ++i) scores[i] += added[i];
}

}  // namespace

Tensor head_rows(const Tensor& x, std::int64_t b, std::int64_t head, std::int64_t begin,
                 std::int64_t end) {
  const Strides& strides = x.strides();
  const std::int64_t offset = x.offset() + b * strides[0] + head * strides[1] + begin * strides[2];
  return Tensor(x.storage(), {1, end - begin, x.shape()[3]}, {0, strides[2], strides[3]}, offset,
                x.dtype());
}

Tensor as_matrix(const Tensor& buffer, std::int64_t rows, std::int64_t columns) {
  return Tensor(buffer.storage(), {1, rows, columns}, {0, columns, 1}, buffer.offset(),
                buffer.dtype());
}

template <class C>
void masked_scores(const AttentionArgs& args, const Tile& tile, const Tensor& scores) {
  const Tensor queries = head_rows(args.q, tile.b, tile.h, tile.q_begin, tile.q_end);
  const Tensor keys = head_rows(args.k, tile.b, tile.g, tile.k_begin, tile.k_end);
  matmul({.a = queries, .b = keys.transpose(1, 2)}, scores);
  C* values = scores.data<C>();
  Eigen::Map<Eigen::Array<C, Eigen::Dynamic, 1>>(values, scores.numel()) *=
      static_cast<C>(args.params.scale);
  if (!args.mask && !args.params.causal) return;
  for (std::int64_t row = 0; row < tile.queries(); ++row) {
    C* own = values + row * tile.keys();
    if (args.mask) add_mask(*args.mask, tile, row, own);
    if (!args.params.causal) continue;
    const std::int64_t seen = visible_keys(args, tile.q_begin + row + 1) - tile.k_begin;
    for (std::int64_t i = std::max<std::int64_t>(seen, 0); i < tile.keys(); ++i) {
      own[i] = -std::numeric_limits<C>::infinity();
    }
  }
}

template void masked_scores<float>(const AttentionArgs&, const Tile&, const Tensor&);
template void masked_scores<double>(const AttentionArgs&, const Tile&, const Tensor&);

}  // namespace tenon::cpu
