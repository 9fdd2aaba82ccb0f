// Attention's derivatives: the weights of each tile are made again from the scores and the saved
// logarithms (Dao et al. 2022, "FlashAttention", algorithm 4). One thread does all query heads of a
// key head, tile after tile, so that sums have one order; more threads than B G find no work.
#include <Eigen/Core>
#include <limits>

#include "tensor/cpu/attention_tile.h"
#include "tensor/cpu/kernels.h"
#include "tensor/cpu/onednn.h"

namespace tenon::cpu {
namespace {

template <class C>
using Row = Eigen::Map<Eigen::Array<C, Eigen::Dynamic, 1>>;

/// Everything that a tile reads and adds to.
struct Problem {
  const Tensor& grad;
  const AttentionArgs& args;
  const Tensor& logsumexp;  // [B,H,T]
  const Tensor& products;   // [B,H,T]: grad y, summed over E
  const Tensor& q_grad;     // in the wide dtype
  const Tensor& k_grad;
  const Tensor& v_grad;
};

struct Workspace {
  Tensor weights;         // [queries, keys]
  Tensor slopes;          // [queries, keys]: derivatives with respect to the scores
  Tensor narrow_weights;  // the same in the dtype of q, where that is another
  Tensor narrow_slopes;
  Tensor k_sums;  // [keys, D]
  Tensor v_sums;  // [keys, E]
};

Workspace make_workspace(const AttentionArgs& args) {
  const DType dtype = args.q.dtype(), wide = wide_dtype(dtype);
  const std::int64_t tile = kQueriesPerTile * kKeysPerTile;
  Workspace work;
  work.weights = empty({tile}, {.dtype = wide});
  work.slopes = empty({tile}, {.dtype = wide});
  work.narrow_weights = dtype == wide ? work.weights : empty({tile}, {.dtype = dtype});
  work.narrow_slopes = dtype == wide ? work.slopes : empty({tile}, {.dtype = dtype});
  work.k_sums = empty({kKeysPerTile * args.k.shape()[3]}, {.dtype = wide});
  work.v_sums = empty({kKeysPerTile * args.v.shape()[3]}, {.dtype = wide});
  return work;
}

/// In place, row by row: the weights from the scores, and the slopes from grad v^T.
template <class C>
void weights_and_slopes(const Problem& problem, const Tile& tile, C* weights, C* slopes) {
  const Shape& shape = problem.args.q.shape();
  const std::int64_t first = (tile.b * shape[1] + tile.h) * shape[2] + tile.q_begin;
  const C* logs = problem.logsumexp.data<C>() + first;
  const C* products = problem.products.data<C>() + first;
  const C scale = static_cast<C>(problem.args.params.scale);
  for (std::int64_t i = 0; i < tile.queries(); ++i) {
    Row<C> weight(weights + i * tile.keys(), tile.keys());
    Row<C> slope(slopes + i * tile.keys(), tile.keys());
    if (logs[i] == -std::numeric_limits<C>::infinity()) {  // it sees no key
      weight = C{0};
      slope = C{0};
      continue;
    }
    weight = (weight - logs[i]).exp();
    slope = weight * (slope - products[i]) * scale;
  }
}

template <class C>
void add_tile(const Problem& problem, const Tile& tile, const Workspace& work) {
  const AttentionArgs& args = problem.args;
  const std::int64_t queries = tile.queries(), keys = tile.keys();
  const Tensor weights = as_matrix(work.weights, queries, keys);
  const Tensor slopes = as_matrix(work.slopes, queries, keys);
  const Tensor q = head_rows(args.q, tile.b, tile.h, tile.q_begin, tile.q_end);
  const Tensor k = head_rows(args.k, tile.b, tile.g, tile.k_begin, tile.k_end);
  const Tensor v = head_rows(args.v, tile.b, tile.g, tile.k_begin, tile.k_end);
  const Tensor grad = head_rows(problem.grad, tile.b, tile.h, tile.q_begin, tile.q_end);
  masked_scores<C>(args, tile, weights);
  matmul({.a = grad, .b = v.transpose(1, 2)}, slopes);
  weights_and_slopes<C>(problem, tile, weights.data<C>(), slopes.data<C>());
  const Tensor weights_for_product = as_matrix(work.narrow_weights, queries, keys);
  const Tensor slopes_for_product = as_matrix(work.narrow_slopes, queries, keys);
  if (args.q.dtype() != dtype_of<C>) {
    copy(weights, weights_for_product);
    copy(slopes, slopes_for_product);
  }
  matmul({.a = weights_for_product.transpose(1, 2), .b = grad, .accumulate = true},
         as_matrix(work.v_sums, keys, args.v.shape()[3]));
  matmul({.a = slopes_for_product.transpose(1, 2), .b = q, .accumulate = true},
         as_matrix(work.k_sums, keys, args.k.shape()[3]));
  matmul({.a = slopes_for_product, .b = k, .accumulate = true},
         head_rows(problem.q_grad, tile.b, tile.h, tile.q_begin, tile.q_end));
}

/// All tiles of the keys of one head: the query heads that it serves, and their queries.
template <class C>
void add_keys(const Problem& problem, Tile tile, const Workspace& work) {
  const AttentionArgs& args = problem.args;
  const std::int64_t served = args.q.shape()[1] / args.k.shape()[1], queries = args.q.shape()[2];
  fill(0, work.k_sums);
  fill(0, work.v_sums);
  // The first query that sees the first of these keys begins the first tile.
  const std::int64_t unseeing = args.params.causal ? tile.k_begin - args.params.offset : 0;
  const std::int64_t first = std::max<std::int64_t>(unseeing, 0) / kQueriesPerTile;
  for (tile.h = tile.g * served; tile.h < (tile.g + 1) * served; ++tile.h) {
    for (tile.q_begin = first * kQueriesPerTile; tile.q_begin < queries;
         tile.q_begin = tile.q_end) {
      tile.q_end = std::min(tile.q_begin + kQueriesPerTile, queries);
      add_tile<C>(problem, tile, work);
    }
  }
  copy(as_matrix(work.k_sums, tile.keys(), args.k.shape()[3]),
       head_rows(problem.k_grad, tile.b, tile.g, tile.k_begin, tile.k_end));
  copy(as_matrix(work.v_sums, tile.keys(), args.v.shape()[3]),
       head_rows(problem.v_grad, tile.b, tile.g, tile.k_begin, tile.k_end));
}

template <class C>
void attention_grad_as(const Problem& problem) {
  const AttentionArgs& args = problem.args;
  const std::int64_t heads = args.k.shape()[1], keys = args.k.shape()[2];
  Workspaces<Workspace> workspaces([&] { return make_workspace(args); });
  const std::int64_t work_per_head = args.q.numel() / args.q.shape()[0] / heads * keys;
  parallel_items(args.k.shape()[0] * heads, work_per_head,
                 [&](std::int64_t begin, std::int64_t end) {
                   const SerialScope alone(true);
                   const Workspace& work = workspaces.take();
                   for (std::int64_t i = begin; i < end; ++i) {
                     for (std::int64_t k = 0; k < keys; k += kKeysPerTile) {
                       const std::int64_t last = std::min(k + kKeysPerTile, keys);
                       add_keys<C>(problem, {i / heads, 0, i % heads, 0, 0, k, last}, work);
                     }
                   }
                 });
}

/// grad y summed over the last dimension: [B,H,T].
Tensor row_products(const Tensor& grad, const Tensor& y, DType wide) {
  const Tensor product = empty(grad.shape(), {.dtype = wide});
  binary(BinaryOp::kMul, grad.to(wide), y.to(wide), product);
  Shape shape = grad.shape();
  shape[3] = 1;
  const Tensor sums = empty(shape, {.dtype = wide});
  reduce({ReduceOp::kSum, 8}, product, sums);
  return sums;
}

}  // namespace

void attention_grad(const Tensor& grad, const AttentionArgs& args, const Tensor& out,
                    const Tensor& logsumexp, const Tensor& q_grad, const Tensor& k_grad,
                    const Tensor& v_grad) {
  const DType dtype = args.q.dtype(), wide = wide_dtype(dtype);
  if (dtype != wide && !onednn::supports(dtype)) {
    const bool added = args.mask && args.mask->dtype() != DType::kBool;
    const Tensor mask = added ? args.mask->to(wide) : Tensor();
    return attention_grad(grad.to(wide),
                          {.q = args.q.to(wide),
                           .k = args.k.to(wide),
                           .v = args.v.to(wide),
                           .mask = added ? &mask : args.mask,
                           .params = args.params},
                          out.to(wide), logsumexp, q_grad, k_grad, v_grad);
  }
  const bool same = q_grad.dtype() == wide;
  const Tensor q_sums = same ? q_grad : empty(q_grad.shape(), {.dtype = wide});
  fill(0, q_sums);
  const Tensor products = row_products(grad, out, wide);
  const Problem problem{grad, args, logsumexp, products, q_sums, k_grad, v_grad};
  if (wide == DType::kF64) {
    attention_grad_as<double>(problem);
  } else {
    attention_grad_as<float>(problem);
  }
  if (!same) copy(q_sums, q_grad);
}

}  // namespace tenon::cpu
