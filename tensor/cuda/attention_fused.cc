// Attention by cuDNN's fused kernels, which keep the scores on the chip. None of it has run on a
// GPU yet. That the library has engines for these graphs, and makes their kernels, is tested
// without one (attention_graph_test.cc).
#include <cuda_runtime.h>

#include <limits>
#include <optional>
#include <string>

#include "tensor/cuda/attention_graph.h"
#include "tensor/cuda/cudnn_plan.h"
#include "tensor/cuda/kernels.h"
#include "tensor/cuda/runtime.h"
#include "tensor/numerics.h"

namespace tenon::cuda {
namespace {

/// Dense rows, and addresses that the kernels read 16 bytes at a time.
bool fits(const Tensor& x) {
  constexpr std::int64_t kStep = cudnn::kAlignment / 2;  // elements of 16 bits
  if (reinterpret_cast<std::uintptr_t>(x.raw_data()) % cudnn::kAlignment != 0) return false;
  for (int d = 0; d < 3; ++d) {
    if (x.size(d) > 1 && (x.strides()[d] <= 0 || x.strides()[d] % kStep != 0)) return false;
  }
  return x.strides()[3] == 1;
}

Tensor fitting(const Tensor& x) { return fits(x) ? x : x.contiguous().clone(); }

/// Keeps arguments from the fused kernels, for a reason.
bool refuse(const char* why, std::string* reason) {
  *reason = why;
  return false;
}

/// None where the library has no such mask.
std::optional<AttentionMask> mask_of(const AttentionArgs& args) {
  const std::int64_t queries = args.q.size(2), keys = args.k.size(2);
  if (args.mask) return std::nullopt;
  if (!args.params.causal || args.params.offset >= keys - 1) return AttentionMask::kNone;
  if (args.params.offset == 0) return AttentionMask::kCausal;
  if (args.params.offset == keys - queries) return AttentionMask::kCausalFromEnd;
  return std::nullopt;
}

/// Of arguments with a mask that the library has.
AttentionProblem problem_of(const AttentionArgs& args, const Tensor& q, const Tensor& k,
                            const Tensor& v, const Tensor& y) {
  return {.dtype = q.dtype(),
          .mask = *mask_of(args),
          .q = q.shape(),
          .k = k.shape(),
          .v = v.shape(),
          .q_strides = q.strides(),
          .k_strides = k.strides(),
          .v_strides = v.strides(),
          .y_strides = y.strides()};
}

bool is_for_fused(const AttentionArgs& args, std::string* reason) {
  if (args.q.numel() == 0 || args.k.numel() == 0 || args.v.numel() == 0) {
    return refuse("no elements", reason);
  }
  if (args.q.size(3) % 8 != 0 || args.v.size(3) % 8 != 0) {
    return refuse("a head's width that is no multiple of 8", reason);
  }
  return mask_of(args) ||
         refuse("a mask that is not causal from the first or the last key", reason);
}

/// Whether the derivative's kernels without atomics repeat on the current device: from Blackwell on
/// that depends on the engine, and the library does not tell which do.
bool repeats_here() {
  int major = 0;
  const cudaError_t status =
      cudaDeviceGetAttribute(&major, cudaDevAttrComputeCapabilityMajor, current_device());
  return status == cudaSuccess && major < 10;
}

/// The numbers that a graph reads from the host.
struct Numbers {
  explicit Numbers(const AttentionArgs& args)
      : scale(static_cast<float>(args.params.scale)),
        queries(static_cast<std::int32_t>(args.q.size(2))),
        keys(static_cast<std::int32_t>(args.k.size(2))) {}
  float scale;
  float hidden = -std::numeric_limits<float>::infinity();
  float one = 1;
  std::int32_t queries, keys;

  void add_to(std::vector<cudnn::Plan::Address>& addresses, AttentionMask mask) const {
    addresses.push_back({kAttentionScale, &scale});
    if (mask != AttentionMask::kNone) addresses.push_back({kAttentionHidden, &hidden});
    if (mask != AttentionMask::kCausalFromEnd) return;
    addresses.push_back({kAttentionQueries, &queries});
    addresses.push_back({kAttentionKeys, &keys});
  }
};

}  // namespace

bool fused_attention(const AttentionArgs& args, const Tensor& out, const Tensor& logsumexp,
                     std::string* reason) {
  if (!is_for_fused(args, reason)) return false;
  if (!fits(out)) return refuse("a result that does not lie 16 bytes by 16 bytes", reason);
  const Tensor q = fitting(args.q), k = fitting(args.k), v = fitting(args.v);
  const AttentionProblem problem = problem_of(args, q, k, v, out);
  const Numbers numbers(args);
  std::vector<cudnn::Plan::Address> addresses{{kAttentionQ, q.raw_data()},
                                              {kAttentionK, k.raw_data()},
                                              {kAttentionV, v.raw_data()},
                                              {kAttentionY, out.raw_data()},
                                              {kAttentionLogsumexp, logsumexp.raw_data()}};
  numbers.add_to(addresses, problem.mask);
  static auto* plans = new cudnn::PlanCache("attention");
  return plans->run(
      problem.key(), problem.dtype, [&] { return attention_graph(problem); }, addresses, reason);
}

bool fused_attention_grad(const Tensor& grad, const AttentionArgs& args, const Tensor& out,
                          const Tensor& logsumexp, const Tensor& q_grad, const Tensor& k_grad,
                          const Tensor& v_grad, std::string* reason) {
  if (!is_for_fused(args, reason)) return false;
  if (!fits(q_grad) || !fits(k_grad) || !fits(v_grad)) {
    return refuse("a gradient that does not lie 16 bytes by 16 bytes", reason);
  }
  if (args.q.size(2) == 1 && args.k.size(2) == 1) {
    return refuse("one query and one key, which the library excludes", reason);
  }
  const bool deterministic = numerics().deterministic;
  if (deterministic && !repeats_here()) {
    return refuse("a GPU on which the library does not say what repeats", reason);
  }
  const Tensor q = fitting(args.q), k = fitting(args.k), v = fitting(args.v);
  const Tensor y = fitting(out), incoming = fitting(grad);
  AttentionProblem problem = problem_of(args, q, k, v, y);
  problem.deterministic = deterministic;
  problem.grad_strides = incoming.strides();
  problem.q_grad_strides = q_grad.strides();
  problem.k_grad_strides = k_grad.strides();
  problem.v_grad_strides = v_grad.strides();
  const TensorOptions wide = logsumexp.options();
  const Tensor rows = empty(logsumexp.shape(), wide);
  const Tensor sums = deterministic ? Tensor() : empty(q.shape(), wide);
  const Numbers numbers(args);
  std::vector<cudnn::Plan::Address> addresses{{kAttentionQ, q.raw_data()},
                                              {kAttentionK, k.raw_data()},
                                              {kAttentionV, v.raw_data()},
                                              {kAttentionY, y.raw_data()},
                                              {kAttentionLogsumexp, logsumexp.raw_data()},
                                              {kAttentionGrad, incoming.raw_data()},
                                              {kAttentionQGrad, q_grad.raw_data()},
                                              {kAttentionKGrad, k_grad.raw_data()},
                                              {kAttentionVGrad, v_grad.raw_data()},
                                              {kAttentionRows, rows.raw_data()},
                                              {kAttentionOne, &numbers.one}};
  if (sums.defined()) addresses.push_back({kAttentionSums, sums.raw_data()});
  numbers.add_to(addresses, problem.mask);
  static auto* plans = new cudnn::PlanCache("attention_grad");
  return plans->run(
      problem.key(), problem.dtype, [&] { return attention_grad_graph(problem); }, addresses,
      reason);
}

}  // namespace tenon::cuda
