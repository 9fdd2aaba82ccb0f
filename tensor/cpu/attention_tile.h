// What both directions of attention share: tiles of queries x keys, and the scores within one.
#ifndef TENON_TENSOR_CPU_ATTENTION_TILE_H_
#define TENON_TENSOR_CPU_ATTENTION_TILE_H_

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <vector>

#include "tensor/backend.h"
#include "tensor/cpu/chunk.h"
#include "tensor/cpu/parallel.h"

namespace tenon::cpu {

/// A tile of scores takes 128 KiB in f32, and with its weights, keys and values stays in a
/// second-level cache of 512 KiB. Products of this size reach most of oneDNN's speed.
inline constexpr std::int64_t kQueriesPerTile = 128;
inline constexpr std::int64_t kKeysPerTile = 256;

/// Queries and keys of one tile: of item b, query head h and key head g.
struct Tile {
  std::int64_t b, h, g;
  std::int64_t q_begin, q_end;
  std::int64_t k_begin, k_end;

  std::int64_t queries() const { return q_end - q_begin; }
  std::int64_t keys() const { return k_end - k_begin; }
};

/// Keys that the queries below `q_end` see at most.
inline std::int64_t visible_keys(const AttentionArgs& args, std::int64_t q_end) {
  const std::int64_t keys = args.k.shape()[2];
  return args.params.causal ? std::min(keys, q_end + args.params.offset) : keys;
}

/// Rows [begin, end) of one head of x [B,H,T,D] as a matrix [1,n,D].
Tensor head_rows(const Tensor& x, std::int64_t b, std::int64_t head, std::int64_t begin,
                 std::int64_t end);

/// The beginning of a buffer as a dense matrix [1,rows,columns].
Tensor as_matrix(const Tensor& buffer, std::int64_t rows, std::int64_t columns);

/// Writes scale q k^T + mask to `scores` [1,queries,keys], -infinity where a query does not see a
/// key.
template <class C>
void masked_scores(const AttentionArgs& args, const Tile& tile, const Tensor& scores);

/// The dtype that sums are kept in.
inline DType wide_dtype(DType dtype) { return dtype == DType::kF64 ? DType::kF64 : DType::kF32; }

/// Buffers for the threads of a loop, allocated before it, where running out of memory may throw.
template <class Workspace>
class Workspaces {
 public:
  template <class Make>
  explicit Workspaces(const Make& make) {
    for (int i = 0; i < max_threads(); ++i) all_.push_back(make());
  }
  /// One that nobody else has; each range of a parallel loop takes one.
  Workspace& take() { return all_[next_.fetch_add(1)]; }

 private:
  std::vector<Workspace> all_;
  std::atomic<std::size_t> next_{0};
};

}  // namespace tenon::cpu

#endif  // TENON_TENSOR_CPU_ATTENTION_TILE_H_
