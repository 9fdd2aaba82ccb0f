// Attention, forward: for each block of queries, tiles of keys in turn, with the softmax corrected
// as larger scores come (Dao et al. 2022, "FlashAttention", algorithm 1).
#include <Eigen/Core>
#include <cmath>
#include <limits>

#include "tensor/cpu/attention_tile.h"
#include "tensor/cpu/kernels.h"
#include "tensor/cpu/onednn.h"

namespace tenon::cpu {
namespace {

template <class C>
using Row = Eigen::Map<Eigen::Array<C, Eigen::Dynamic, 1>>;

template <class C>
struct Workspace {
  Tensor scores;           // [queries, keys], then the weights
  Tensor weights;          // the same in the dtype of v, where that is another
  Tensor sums;             // [queries, E]: of weights times values so far
  std::vector<C> largest;  // score of each query so far
  std::vector<C> total;    // of its exponentials
};

template <class C>
Workspace<C> make_workspace(const AttentionArgs& args) {
  const std::int64_t tile = kQueriesPerTile * kKeysPerTile;
  Workspace<C> work;
  work.scores = empty({tile}, {.dtype = dtype_of<C>});
  const bool narrow = args.v.dtype() != dtype_of<C>;
  work.weights = narrow ? empty({tile}, {.dtype = args.v.dtype()}) : work.scores;
  work.sums = empty({kQueriesPerTile * args.v.shape()[3]}, {.dtype = dtype_of<C>});
  work.largest.resize(kQueriesPerTile);
  work.total.resize(kQueriesPerTile);
  return work;
}

/// Turns one query's scores into weights relative to the largest so far, and returns what the sums
/// so far must be multiplied by. A query that has seen no key has the largest score -infinity.
template <class C>
C update_row(C* scores, std::int64_t keys, C& largest, C& total) {
  Row<C> row(scores, keys);
  const C best = row.template maxCoeff<Eigen::PropagateNaN>();
  const C before = largest;
  largest = best > before || is_nan(best) ? best : before;
  constexpr C kNone = -std::numeric_limits<C>::infinity();
  if (largest == kNone) {
    row = C{0};
    return 1;
  }
  row = (row - largest).exp();
  const C factor = before == kNone ? C{0} : std::exp(before - largest);
  total = total * factor + row.sum();
  return factor;
}

template <class C>
void add_tile(const AttentionArgs& args, const Tile& tile, Workspace<C>& work) {
  const std::int64_t queries = tile.queries(), keys = tile.keys(), width = args.v.shape()[3];
  const Tensor scores = as_matrix(work.scores, queries, keys);
  masked_scores<C>(args, tile, scores);
  C* values = scores.data<C>();
  C* sums = work.sums.template data<C>();
  for (std::int64_t i = 0; i < queries; ++i) {
    const auto at = static_cast<std::size_t>(i);
    const C factor = update_row(values + i * keys, keys, work.largest[at], work.total[at]);
    if (tile.k_begin > 0 && factor != 1) Row<C>(sums + i * width, width) *= factor;
  }
  const Tensor weights = as_matrix(work.weights, queries, keys);
  if (weights.dtype() != dtype_of<C>) copy(scores, weights);
  matmul({.a = weights,
          .b = head_rows(args.v, tile.b, tile.g, tile.k_begin, tile.k_end),
          .accumulate = tile.k_begin > 0},
         as_matrix(work.sums, queries, width));
}

/// Divides the sums by the totals and writes both results.
template <class C>
void finish(const Tile& tile, const Workspace<C>& work, const Tensor& out,
            const Tensor& logsumexp) {
  const std::int64_t width = out.shape()[3], queries = out.shape()[2];
  C* sums = work.sums.template data<C>();
  C* logs = logsumexp.data<C>() + (tile.b * out.shape()[1] + tile.h) * queries + tile.q_begin;
  for (std::int64_t i = 0; i < tile.queries(); ++i) {
    const auto at = static_cast<std::size_t>(i);
    const bool blind = work.largest[at] == -std::numeric_limits<C>::infinity();
    Row<C>(sums + i * width, width) *= blind ? C{0} : 1 / work.total[at];
    logs[i] = work.largest[at] + (blind ? C{0} : std::log(work.total[at]));
  }
  copy(as_matrix(work.sums, tile.queries(), width),
       head_rows(out, tile.b, tile.h, tile.q_begin, tile.q_end));
}

template <class C>
void attend(const AttentionArgs& args, Tile tile, const Tensor& out, const Tensor& logsumexp,
            Workspace<C>& work) {
  std::fill(work.largest.begin(), work.largest.end(), -std::numeric_limits<C>::infinity());
  std::fill(work.total.begin(), work.total.end(), C{0});
  const std::int64_t keys = visible_keys(args, tile.q_end);
  if (keys <= 0) fill(0, work.sums);
  for (tile.k_begin = 0; tile.k_begin < keys; tile.k_begin = tile.k_end) {
    tile.k_end = std::min(tile.k_begin + kKeysPerTile, keys);
    add_tile(args, tile, work);
  }
  finish(tile, work, out, logsumexp);
}

template <class C>
void attention_as(const AttentionArgs& args, const Tensor& out, const Tensor& logsumexp) {
  const std::int64_t heads = args.q.shape()[1], queries = args.q.shape()[2];
  const std::int64_t heads_per_key = heads / args.k.shape()[1];
  const std::int64_t blocks = (queries + kQueriesPerTile - 1) / kQueriesPerTile;
  const std::int64_t work_per_block = std::min(queries, kQueriesPerTile) * args.k.shape()[2] *
                                      (args.q.shape()[3] + args.v.shape()[3]);
  Workspaces<Workspace<C>> workspaces([&] { return make_workspace<C>(args); });
  parallel_items(
      args.q.shape()[0] * heads * blocks, work_per_block / 4,
      [&](std::int64_t begin, std::int64_t end) {
        const SerialScope alone(true);
        Workspace<C>& work = workspaces.take();
        for (std::int64_t i = begin; i < end; ++i) {
          const std::int64_t b = i / blocks / heads, h = i / blocks % heads;
          const std::int64_t first = i % blocks * kQueriesPerTile;
          const std::int64_t last = std::min(first + kQueriesPerTile, queries);
          attend<C>(args, {b, h, h / heads_per_key, first, last, 0, 0}, out, logsumexp, work);
        }
      });
}

}  // namespace

void attention(const AttentionArgs& args, const Tensor& out, const Tensor& logsumexp) {
  if (args.q.dtype() == DType::kF64) return attention_as<double>(args, out, logsumexp);
  if (onednn::supports(args.q.dtype())) return attention_as<float>(args, out, logsumexp);
  const Tensor wide = empty(out.shape(), {.dtype = DType::kF32});
  const bool added = args.mask && args.mask->dtype() != DType::kBool;
  const Tensor mask = added ? args.mask->to(DType::kF32) : Tensor();
  attention({.q = args.q.to(DType::kF32),
             .k = args.k.to(DType::kF32),
             .v = args.v.to(DType::kF32),
             .mask = added ? &mask : args.mask,
             .params = args.params},
            wide, logsumexp);
  copy(wide, out);
}

}  // namespace tenon::cpu
