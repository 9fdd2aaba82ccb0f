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

/// None where the library has no such mask.
std::optional<AttentionMask> mask_of(const AttentionArgs& args) {
  const std::int64_t queries = args.q.size(2), keys = args.k.size(2);
  if (args.mask) return std::nullopt;
  if (!args.params.causal || args.params.offset >= keys - 1) return AttentionMask::kNone;
  if (args.params.offset == 0) return AttentionMask::kCausal;
  if (args.params.offset == keys - queries) return AttentionMask::kCausalFromEnd;
  return std::nullopt;
}

/// None where the fused kernels do not take the arguments.
std::optional<AttentionProblem> problem_of(const AttentionArgs& args, const Tensor& q,
                                           const Tensor& k, const Tensor& v, const Tensor& y) {
  const auto mask = mask_of(args);
  if (!mask) return std::nullopt;
  return AttentionProblem{.dtype = q.dtype(),
                          .mask = *mask,
                          .q = q.shape(),
                          .k = k.shape(),
                          .v = v.shape(),
                          .q_strides = q.strides(),
                          .k_strides = k.strides(),
                          .v_strides = v.strides(),
                          .y_strides = y.strides()};
}

bool is_for_fused(const AttentionArgs& args) {
  return size_of(args.q.dtype()) == 2 && args.q.size(3) % 8 == 0 && args.v.size(3) % 8 == 0 &&
         args.q.numel() > 0 && args.k.numel() > 0 && args.v.numel() > 0;
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

bool fused_attention(const AttentionArgs& args, const Tensor& out, const Tensor& logsumexp) {
  if (!is_for_fused(args) || !fits(out)) return false;
  const Tensor q = fitting(args.q), k = fitting(args.k), v = fitting(args.v);
  const auto problem = problem_of(args, q, k, v, out);
  if (!problem) return false;
  const Numbers numbers(args);
  std::vector<cudnn::Plan::Address> addresses{{kAttentionQ, q.raw_data()},
                                              {kAttentionK, k.raw_data()},
                                              {kAttentionV, v.raw_data()},
                                              {kAttentionY, out.raw_data()},
                                              {kAttentionLogsumexp, logsumexp.raw_data()}};
  numbers.add_to(addresses, problem->mask);
  static auto* plans = new cudnn::PlanCache("attention");
  std::string reason;
  return plans->run(
      problem->key(), problem->dtype, [&] { return attention_graph(*problem); }, addresses,
      &reason);
}

bool fused_attention_grad(const Tensor& grad, const AttentionArgs& args, const Tensor& out,
                          const Tensor& logsumexp, const Tensor& q_grad, const Tensor& k_grad,
                          const Tensor& v_grad) {
  if (!is_for_fused(args) || !fits(q_grad) || !fits(k_grad) || !fits(v_grad)) return false;
  if (args.q.size(2) == 1 && args.k.size(2) == 1) return false;  // which the library excludes
  const bool deterministic = numerics().deterministic;
  if (deterministic && !repeats_here()) return false;
  const Tensor q = fitting(args.q), k = fitting(args.k), v = fitting(args.v);
  const Tensor y = fitting(out), incoming = fitting(grad);
  auto problem = problem_of(args, q, k, v, y);
  if (!problem) return false;
  problem->deterministic = deterministic;
  problem->grad_strides = incoming.strides();
  problem->q_grad_strides = q_grad.strides();
  problem->k_grad_strides = k_grad.strides();
  problem->v_grad_strides = v_grad.strides();
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
  numbers.add_to(addresses, problem->mask);
  static auto* plans = new cudnn::PlanCache("attention_grad");
  std::string reason;
  return plans->run(
      problem->key(), problem->dtype, [&] { return attention_grad_graph(*problem); }, addresses,
      &reason);
}

}  // namespace tenon::cuda
