#include "tensor/cuda/cudnn_plan.h"

#include <algorithm>
#include <array>
#include <mutex>

#include "tensor/cuda/reduce.h"
#include "tensor/cuda/runtime.h"
#include "tensor/cuda/submit.h"

namespace tenon::cuda::cudnn {
namespace {

/// Engines that want more memory beside their operands are passed over.
constexpr std::int64_t kMostWorkspace = std::int64_t{1} << 30;

/// The library's recommendations, best first.
std::vector<Descriptor> recommended(const Graph& graph, const Target& target,
                                    cudnnBackendHeurMode_t mode) {
  Descriptor heuristic(graph.op(), CUDNN_BACKEND_ENGINEHEUR_DESCRIPTOR);
  heuristic.set(CUDNN_ATTR_ENGINEHEUR_OPERATION_GRAPH, graph.descriptor());
  heuristic.set(CUDNN_ATTR_ENGINEHEUR_MODE, CUDNN_TYPE_HEUR_MODE, 1, &mode);
  if (target.properties()) heuristic.set(CUDNN_ATTR_ENGINEHEUR_DEVICEPROP, *target.properties());
  std::vector<Descriptor> found;
  if (heuristic.try_finalize() != CUDNN_STATUS_SUCCESS) return found;
  const std::int64_t count =
      heuristic.read(CUDNN_ATTR_ENGINEHEUR_RESULTS, CUDNN_TYPE_BACKEND_DESCRIPTOR, 0, nullptr);
  std::vector<cudnnBackendDescriptor_t> raw;
  for (std::int64_t i = 0; i < count; ++i) {
    found.emplace_back(graph.op(), CUDNN_BACKEND_ENGINECFG_DESCRIPTOR);
    raw.push_back(found.back().get());
  }
  const std::int64_t filled = heuristic.read(CUDNN_ATTR_ENGINEHEUR_RESULTS,
                                             CUDNN_TYPE_BACKEND_DESCRIPTOR, count, raw.data());
  found.erase(found.begin() + filled, found.end());
  return found;
}

/// What the library says of an engine's numbers.
class Notes {
 public:
  Notes(const char* op, const Descriptor& configuration) {
    const Descriptor engine(op, CUDNN_BACKEND_ENGINE_DESCRIPTOR);
    cudnnBackendDescriptor_t raw = engine.get();
    configuration.read(CUDNN_ATTR_ENGINECFG_ENGINE, CUDNN_TYPE_BACKEND_DESCRIPTOR, 1, &raw);
    count_ = engine.read(CUDNN_ATTR_ENGINE_NUMERICAL_NOTE, CUDNN_TYPE_NUMERICAL_NOTE,
                         CUDNN_NUMERICAL_NOTE_TYPE_COUNT, notes_.data());
  }

  bool have(cudnnBackendNumericalNote_t note) const {
    const auto end = notes_.begin() + std::min<std::int64_t>(count_, notes_.size());
    return std::find(notes_.begin(), end, note) != end;
  }

 private:
  std::array<cudnnBackendNumericalNote_t, CUDNN_NUMERICAL_NOTE_TYPE_COUNT> notes_{};
  std::int64_t count_ = 0;
};

bool allowed(const Notes& notes, const EngineRules& rules) {
  if (rules.deterministic && notes.have(CUDNN_NUMERICAL_NOTE_NONDETERMINISTIC)) return false;
  if (notes.have(CUDNN_NUMERICAL_NOTE_REDUCED_PRECISION_REDUCTION)) return false;
  return rules.tensor_cores || (!notes.have(CUDNN_NUMERICAL_NOTE_TENSOR_CORE) &&
                                !notes.have(CUDNN_NUMERICAL_NOTE_DOWN_CONVERT_INPUTS));
}

}  // namespace

std::optional<Plan> make_plan(const Graph& graph, const Target& target, const EngineRules& rules,
                              std::string* reason) {
  *reason = "no engine that the program's numerics allow";
  for (const auto mode : {CUDNN_HEUR_MODE_A, CUDNN_HEUR_MODE_FALLBACK}) {
    for (const Descriptor& configuration : recommended(graph, target, mode)) {
      if (!allowed(Notes(graph.op(), configuration), rules)) continue;
      Descriptor plan(graph.op(), CUDNN_BACKEND_EXECUTION_PLAN_DESCRIPTOR);
      plan.set(CUDNN_ATTR_EXECUTION_PLAN_ENGINE_CONFIG, configuration);
      if (target.handle()) plan.set(CUDNN_ATTR_EXECUTION_PLAN_HANDLE, target.handle());
      if (target.properties()) {
        plan.set(CUDNN_ATTR_EXECUTION_PLAN_DEVICEPROP, *target.properties());
      }
      if (const cudnnStatus_t status = plan.try_finalize(); status != CUDNN_STATUS_SUCCESS) {
        *reason = reason_of(status);
        continue;
      }
      std::int64_t workspace = 0;
      plan.read(CUDNN_ATTR_EXECUTION_PLAN_WORKSPACE_SIZE, CUDNN_TYPE_INT64, 1, &workspace);
      if (workspace <= kMostWorkspace) return Plan(graph.op(), std::move(plan), workspace);
      *reason = "engines that want " + std::to_string(workspace) + " bytes of workspace";
    }
  }
  return std::nullopt;
}

void Plan::run(std::span<const Address> addresses) const {
  std::vector<std::int64_t> ids;
  std::vector<const void*> data;
  for (const Address& each : addresses) {
    ids.push_back(each.id);
    data.push_back(each.data);
  }
  const Tensor room = workspace_ > 0 ? reduce_workspace(workspace_) : Tensor();
  const void* workspace = workspace_ > 0 ? room.raw_data() : nullptr;
  const auto count = static_cast<std::int64_t>(ids.size());
  Descriptor pack(op_, CUDNN_BACKEND_VARIANT_PACK_DESCRIPTOR);
  pack.set(CUDNN_ATTR_VARIANT_PACK_UNIQUE_IDS, ids);
  pack.set(CUDNN_ATTR_VARIANT_PACK_DATA_POINTERS, CUDNN_TYPE_VOID_PTR, count, data.data());
  pack.set(CUDNN_ATTR_VARIANT_PACK_WORKSPACE, CUDNN_TYPE_VOID_PTR, 1, &workspace);
  pack.finalize("take addresses");
  check(op_, "run a plan",
        library().cudnnBackendExecute(Target::here(op_).handle(), plan_.get(), pack.get()));
}

EngineRules engine_rules(DType dtype, const Numerics& numerics) {
  return {.deterministic = numerics.deterministic,
          .tensor_cores = size_of(dtype) == 2 || (dtype == DType::kF32 && numerics.tf32)};
}

bool PlanCache::run(std::vector<std::int64_t> key, DType dtype,
                    const std::function<Graph()>& make_graph,
                    std::span<const Plan::Address> addresses, std::string* reason) {
  const EngineRules rules = engine_rules(dtype, numerics());
  key.insert(key.end(), {current_device(), rules.deterministic, rules.tensor_cores});
  static auto* mutex = new std::mutex;
  const std::lock_guard lock(*mutex);
  auto found = entries_.find(key);
  if (found == entries_.end()) {
    const Target target = Target::here(op_);
    Graph graph = make_graph();
    graph.finish(target);
    Entry entry;
    entry.plan = make_plan(graph, target, rules, &entry.reason);
    found = entries_.emplace(std::move(key), std::move(entry)).first;
  }
  if (!found->second.plan) {
    *reason = found->second.reason;
    return false;
  }
  if (begin_call()) found->second.plan->run(addresses);
  return true;
}

}  // namespace tenon::cuda::cudnn
