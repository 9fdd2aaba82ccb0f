// cuDNN's choice of an engine for a graph: made once, run many times.
//
//   std::string reason;
//   const auto plan = make_plan(graph, target, {.deterministic = true}, &reason);
//   if (!plan) throw DeviceError("[conv2d] expected cuDNN to have an engine, got " + reason);
//   const Plan::Address addresses[] = {{kX, x.raw_data()}, {kY, y.raw_data()}};
//   plan->run(target, addresses);
//
// Most plans can be made for a device that is only described, which tells whether the library
// supports a graph there. Running one takes the device.
#ifndef TENON_TENSOR_CUDA_CUDNN_PLAN_H_
#define TENON_TENSOR_CUDA_CUDNN_PLAN_H_

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "tensor/cuda/cudnn_graph.h"
#include "tensor/cuda/per_device.h"
#include "tensor/numerics.h"

namespace tenon::cuda::cudnn {

/// Which engines may be chosen. None whose sums are narrower than f32 ever is.
struct EngineRules {
  /// Two runs give the same bits.
  bool deterministic = true;
  /// Products on tensor cores; of f32 they keep 10 of the factors' 23 bits (TF32).
  bool tensor_cores = true;
};

/// Everything about a run but the addresses.
class Plan {
 public:
  /// Bytes that a run takes beside its tensors.
  std::int64_t workspace() const { return workspace_; }

  /// What an id of the graph stands for: device memory, or of a number the host's.
  struct Address {
    std::int64_t id;
    const void* data;
  };
  /// On the device that it was made for, which must not be one that is only described.
  void run(const Target& target, std::span<const Address> addresses) const;

 private:
  friend std::optional<Plan> make_plan(const Graph&, const Target&, const EngineRules&,
                                       std::string*);
  Plan(const char* op, Descriptor plan, std::int64_t workspace)
      : op_(op), plan_(std::move(plan)), workspace_(workspace) {}

  const char* op_;
  Descriptor plan_;
  std::int64_t workspace_;
};

/// Engines that want more bytes of workspace are passed over: a derivative of attention without
/// atomics is one for B H T S of 2^29 or more.
inline constexpr std::int64_t kMostWorkspace = std::int64_t{1} << 30;

/// The first engine that the library recommends for a finished graph and that the rules allow;
/// none, for `reason`, which has one of each kind, where there is no such engine.
std::optional<Plan> make_plan(const Graph& graph, const Target& target, const EngineRules& rules,
                              std::string* reason);

/// The rules that the program's numerics make for tensors of a dtype.
EngineRules engine_rules(DType dtype, const Numerics& numerics);

/// Plans by device and by what they were made for, a failure to make one included.
class PlanCache {
 public:
  /// Errors name `op`.
  explicit PlanCache(const char* op) : op_(op) {}

  /// Runs the plan for `key` under the program's numerics on the current device and stream, first
  /// making it from `graph()`, not yet finished. False, having done nothing, for `reason`, where
  /// there is no plan.
  bool run(std::vector<std::int64_t> key, DType dtype, const std::function<Graph()>& graph,
           std::span<const Plan::Address> addresses, std::string* reason);

 private:
  struct Entry {
    std::optional<Plan> plan;
    std::string reason;
  };
  const char* op_;
  PerDevice<std::map<std::vector<std::int64_t>, Entry>> entries_;  // under the targets' locks
};

}  // namespace tenon::cuda::cudnn

#endif  // TENON_TENSOR_CUDA_CUDNN_PLAN_H_
