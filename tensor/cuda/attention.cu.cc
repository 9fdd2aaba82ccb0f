// Attention by products and a softmax over whole rows of scores: memory grows as T times S. For any
// dtype, mask and strides; what cuDNN's fused kernels do not take.
#include <limits>

#include "tensor/cuda/fallback.h"
#include "tensor/cuda/kernels.h"
#include "tensor/cuda/reduce_methods.h"
#include "tensor/cuda/rows.h"

namespace tenon::cuda {
namespace {

/// Scores [B,H,T,S], and who sees whom.
template <class C>
struct Scores {
  Elements scores;
  std::int64_t queries, keys;
  C scale;
  bool causal;
  std::int64_t offset;
  Elements mask;         // null data: none
  IndexMap<2> mask_map;  // of the scores' elements -> in the scores, in the mask

  TENON_HOST_DEVICE C at(std::int64_t row, std::int64_t key) const {
    if (causal && key > row % queries + offset) return lowest<C>();
    const std::int64_t i = row * keys + key;
    const C score = load<C>(scores, i) * scale;
    if (!mask.data) return score;
    const std::int64_t place = mask_map.offsets(i).of[1];
    if (mask.dtype == DType::kBool) return *mask.at<const bool>(place) ? score : lowest<C>();
    return score + load<C>(mask, place);
  }
};

/// exp(score - logsumexp), 0 in a row that sees no key; `logsumexp` is made or read.
template <class C>
struct AttentionWeights {
  static constexpr const char* kName = "attention";
  Scores<C> in;
  C* logsumexp;
  bool made;
  Elements out;

  template <class Team>
  TENON_HOST_DEVICE void operator()(const Team& team) const {
    const std::int64_t row = team.index();
    const C all = made ? logsumexp[row] : total(team, row);
    team.for_each(in.keys, [&](std::int64_t key) {
      const C weight = all == lowest<C>() ? C{0} : math::exp(in.at(row, key) - all);
      store<C>(out, row * in.keys + key, weight);
    });
    if (!made) team.once([&] { logsumexp[row] = all; });
  }

 private:
  template <class Team>
  TENON_HOST_DEVICE C total(const Team& team, std::int64_t row) const {
    const C largest = team.reduce(
        in.keys, lowest<C>(),
        [&](C& best, std::int64_t key) { best = Max<C>::combine(best, in.at(row, key)); },
        [](C a, C b) { return Max<C>::combine(a, b); });
    if (largest == lowest<C>()) return largest;
    const C sum = team.reduce(
        in.keys, C{0}, [&](C& s, std::int64_t key) { s += math::exp(in.at(row, key) - largest); },
        [](C a, C b) { return a + b; });
    return largest + math::log(sum);
  }
};

/// slopes = weights (slopes - products of the row) scale, in place.
template <class C>
struct AttentionSlopes {
  static constexpr const char* kName = "attention_grad";
  Elements weights, slopes;
  const C* products;
  std::int64_t keys;
  C scale;

  TENON_HOST_DEVICE void operator()(std::int64_t i) const {
    const C along = load<C>(slopes, i) - products[i / keys];
    store<C>(slopes, i, load<C>(weights, i) * along * scale);
  }
};

/// Sum over the last dimension of grad times y, each [rows, width].
template <class C>
struct RowProducts {
  using Partial = C;
  Elements grad, y;
  C* out;

  TENON_HOST_DEVICE C identity() const { return 0; }
  TENON_HOST_DEVICE C combine(C a, C b) const { return a + b; }
  TENON_HOST_DEVICE void add(C& partial, const Place& place) const {
    partial += load<C>(grad, place.offset) * load<C>(y, place.offset);
  }
  TENON_HOST_DEVICE void finish(const Place& place, C value) const { out[place.offset] = value; }
};

DType wide_dtype(DType dtype) { return dtype == DType::kF64 ? DType::kF64 : DType::kF32; }

/// x [B,H,T,D] dense, as matrices [B H,T,D].
Tensor matrices(const Tensor& x) {
  return x.contiguous().reshape({x.size(0) * x.size(1), x.size(2), x.size(3)});
}

/// k or v [B,G,S,D] with each head repeated for the H / G query heads that share it.
Tensor repeated(const Tensor& x, std::int64_t heads) {
  const std::int64_t b = x.size(0), g = x.size(1), s = x.size(2), d = x.size(3);
  return x.unsqueeze(2).expand({b, g, heads / g, s, d}).contiguous().reshape({b * heads, s, d});
}

/// What both directions make first: all tensors as matrices, and the raw scores in the wide dtype.
struct Problem {
  explicit Problem(const AttentionArgs& args)
      : args(args),
        heads(args.q.size(1)),
        q(matrices(args.q)),
        k(repeated(args.k, heads)),
        v(repeated(args.v, heads)),
        scores(empty({q.size(0), q.size(1), k.size(1)},
                     {.dtype = wide_dtype(args.q.dtype()), .device = args.q.device()})) {
    matmul({.a = q, .b = k.transpose(1, 2)}, scores);
  }
  const AttentionArgs& args;
  std::int64_t heads;
  Tensor q, k, v;
  Tensor scores;
};

template <class C>
Scores<C> scores_of(const Problem& problem) {
  const AttentionArgs& args = problem.args;
  Scores<C> in{{problem.scores.raw_data(), problem.scores.dtype()},
               problem.q.size(1),
               problem.k.size(1),
               static_cast<C>(args.params.scale),
               args.params.causal,
               args.params.offset,
               {},
               {}};
  if (args.mask) {
    const Tensor shaped = problem.scores.reshape(args.mask->shape());
    in.mask = {args.mask->raw_data(), args.mask->dtype()};
    in.mask_map = index_map<2>("attention", {&shaped, args.mask});
  }
  return in;
}

/// Weights in the dtype of q.
Tensor weights_of(const Problem& problem, const Tensor& logsumexp, bool made) {
  const Tensor weights = empty(problem.scores.shape(), problem.q.options());
  const std::int64_t rows = problem.q.size(0) * problem.q.size(1);
  dispatch_floating(problem.scores.dtype(), [&]<class C>() {
    const AttentionWeights<C> program{scores_of<C>(problem),
                                      static_cast<C*>(logsumexp.raw_data()),
                                      made,
                                      {weights.raw_data(), weights.dtype()}};
    launch_rows(rows, problem.k.size(1), program);
  });
  return weights;
}

/// A gradient [B H,S,D] of repeated heads, summed over those that share a head, written to `out`.
void sum_repeated(const Tensor& grad, std::int64_t heads, const Tensor& out) {
  const std::int64_t b = out.size(0), g = out.size(1), s = out.size(2), d = out.size(3);
  const Tensor each = grad.reshape({b, g, heads / g, s, d});
  if (heads == g) return copy(each.squeeze(2), out);
  const Tensor sum = empty({b, g, 1, s, d}, grad.options());
  reduce({.op = ReduceOp::kSum, .dims = 1u << 2}, each, sum);
  copy(sum.squeeze(2), out);
}

std::string describe(const AttentionArgs& args) {
  const std::string mask = args.mask ? ", a mask"
                           : args.params.causal
                               ? ", causal from " + std::to_string(args.params.offset)
                               : "";
  return std::string(name(args.q.dtype())) + " q " + to_string(args.q.shape()) + ", k " +
         to_string(args.k.shape()) + ", v " + to_string(args.v.shape()) + mask;
}

/// Whether `fused(&reason)`, the kernels for 16 bits, has done it; reports it where not.
template <class Fused>
bool try_fused(const char* op, const AttentionArgs& args, const Fused& fused) {
  if (size_of(args.q.dtype()) != 2) return false;
  std::string reason;
  if (fused(&reason)) return true;
  report_fallback({.op = op, .problem = describe(args), .reason = reason});
  return false;
}

}  // namespace

void attention(const AttentionArgs& args, const Tensor& out, const Tensor& logsumexp) {
  if (out.numel() == 0 && logsumexp.numel() == 0) return;
  if (try_fused("attention", args, [&](std::string* reason) {
        return fused_attention(args, out, logsumexp, reason);
      })) {
    return;
  }
  const Problem problem(args);
  const Tensor weights = weights_of(problem, logsumexp, false);
  const Tensor y =
      empty({problem.q.size(0), problem.q.size(1), problem.v.size(2)}, problem.q.options());
  matmul({.a = weights, .b = problem.v}, y);
  copy(y.reshape(out.shape()), out);
}

void attention_grad(const Tensor& grad, const AttentionArgs& args, const Tensor& out,
                    const Tensor& logsumexp, const Tensor& q_grad, const Tensor& k_grad,
                    const Tensor& v_grad) {
  if (try_fused("attention_grad", args, [&](std::string* reason) {
        return fused_attention_grad(grad, args, out, logsumexp, q_grad, k_grad, v_grad, reason);
      })) {
    return;
  }
  const Problem problem(args);
  const Tensor incoming = matrices(grad), y = matrices(out);
  const Tensor weights = weights_of(problem, logsumexp, true);
  const TensorOptions wide = problem.scores.options();
  const auto product = [&](const Tensor& a, const Tensor& b) {
    const Tensor result = empty({a.size(0), a.size(1), b.size(2)}, wide);
    matmul({.a = a, .b = b}, result);
    return result;
  };
  sum_repeated(product(weights.transpose(1, 2), incoming), problem.heads, v_grad);
  Tensor slopes = product(incoming, problem.v.transpose(1, 2));
  dispatch_floating(wide.dtype, [&]<class C>() {
    const Tensor products = empty({y.size(0), y.size(1), 1}, wide);
    reduce_with(RowProducts<C>{{incoming.raw_data(), incoming.dtype()},
                               {y.raw_data(), y.dtype()},
                               static_cast<C*>(products.raw_data())},
                reduce_map("attention_grad", y, 1u << 2, products));
    launch_items(slopes.numel(), AttentionSlopes<C>{{weights.raw_data(), weights.dtype()},
                                                    {slopes.raw_data(), slopes.dtype()},
                                                    static_cast<const C*>(products.raw_data()),
                                                    slopes.size(2),
                                                    static_cast<C>(args.params.scale)});
  });
  slopes = slopes.to(problem.q.dtype());
  copy(product(slopes, problem.k).reshape(q_grad.shape()), q_grad);
  sum_repeated(product(slopes.transpose(1, 2), problem.q), problem.heads, k_grad);
}

}  // namespace tenon::cuda
