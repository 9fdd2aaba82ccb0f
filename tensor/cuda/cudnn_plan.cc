#include "tensor/cuda/cudnn_plan.h"

#include <algorithm>
#include <array>

#include "tensor/cuda/submit.h"

namespace tenon::cuda::cudnn {
namespace {

/// Why engines were passed over: each reason once.
class Reasons {
 public:
  void add(const std::string& reason) {
    if (all_.find(reason) != std::string::npos) return;
    all_ += (all_.empty() ? "" : "; ") + reason;
  }
  const std::string& all() const { return all_; }

 private:
  std::string all_;
};

/// The library's recommendations, best first.
std::vector<Descriptor> recommended(const Graph& graph, const Target& target,
                                    cudnnBackendHeurMode_t mode, Reasons& reasons) {
  Descriptor heuristic(graph.op(), CUDNN_BACKEND_ENGINEHEUR_DESCRIPTOR);
  heuristic.set(CUDNN_ATTR_ENGINEHEUR_OPERATION_GRAPH, graph.descriptor());
  heuristic.set(CUDNN_ATTR_ENGINEHEUR_MODE, CUDNN_TYPE_HEUR_MODE, 1, &mode);
  if (target.properties()) heuristic.set(CUDNN_ATTR_ENGINEHEUR_DEVICEPROP, *target.properties());
  std::vector<Descriptor> found;
  if (const cudnnStatus_t status = heuristic.try_finalize(); status != CUDNN_STATUS_SUCCESS) {
    reasons.add(reason_of(status));
    return found;
  }
  const std::int64_t count =
      heuristic.read(CUDNN_ATTR_ENGINEHEUR_RESULTS, CUDNN_TYPE_BACKEND_DESCRIPTOR, 0, nullptr);
  std::vector<cudnnBackendDescriptor_t> raw;
  for (std::int64_t i = 0; i < count; ++i) {
    found.emplace_back(graph.op(), CUDNN_BACKEND_ENGINECFG_DESCRIPTOR);
    raw.push_back(found.back().get());
  }
  const std::int64_t filled = heuristic.read(CUDNN_ATTR_ENGINEHEUR_RESULTS,
                                             CUDNN_TYPE_BACKEND_DESCRIPTOR, count, raw.data());
  found.erase(found.begin() + std::min(filled, count), found.end());
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

/// None, for a reason, where the library cannot.
std::optional<Descriptor> plan_of(const Graph& graph, const Target& target,
                                  const Descriptor& configuration, Reasons& reasons) {
  Descriptor plan(graph.op(), CUDNN_BACKEND_EXECUTION_PLAN_DESCRIPTOR);
  plan.set(CUDNN_ATTR_EXECUTION_PLAN_ENGINE_CONFIG, configuration);
  if (target.handle()) plan.set(CUDNN_ATTR_EXECUTION_PLAN_HANDLE, target.handle());
  if (target.properties()) plan.set(CUDNN_ATTR_EXECUTION_PLAN_DEVICEPROP, *target.properties());
  if (const cudnnStatus_t status = plan.try_finalize(); status != CUDNN_STATUS_SUCCESS) {
    reasons.add(reason_of(status));
    return std::nullopt;
  }
  return plan;
}

}  // namespace

std::optional<Plan> make_plan(const Graph& graph, const Target& target, const EngineRules& rules,
                              std::string* reason) {
  Reasons reasons;
  for (const auto mode : {CUDNN_HEUR_MODE_A, CUDNN_HEUR_MODE_FALLBACK}) {
    for (const Descriptor& configuration : recommended(graph, target, mode, reasons)) {
      if (!allowed(Notes(graph.op(), configuration), rules)) {
        reasons.add("an engine that the program's numerics refuse");
        continue;
      }
      std::optional<Descriptor> plan = plan_of(graph, target, configuration, reasons);
      if (!plan) continue;
      std::int64_t workspace = 0;
      plan->read(CUDNN_ATTR_EXECUTION_PLAN_WORKSPACE_SIZE, CUDNN_TYPE_INT64, 1, &workspace);
      if (workspace <= kMostWorkspace) return Plan(graph.op(), std::move(*plan), workspace);
      reasons.add("an engine that wants " + std::to_string(workspace) +
                  " bytes of workspace, of which " + std::to_string(kMostWorkspace) +
                  " are allowed");
    }
  }
  *reason = reasons.all().empty() ? "no engine at all" : reasons.all();
  return std::nullopt;
}

void Plan::run(const Target& target, std::span<const Address> addresses) const {
  std::vector<std::int64_t> ids;
  std::vector<const void*> data;
  for (const Address& each : addresses) {
    ids.push_back(each.id);
    data.push_back(each.data);
  }
  const Tensor room = workspace_ > 0 ? call_workspace(workspace_) : Tensor();
  const void* workspace = workspace_ > 0 ? room.raw_data() : nullptr;
  const auto count = static_cast<std::int64_t>(ids.size());
  Descriptor pack(op_, CUDNN_BACKEND_VARIANT_PACK_DESCRIPTOR);
  pack.set(CUDNN_ATTR_VARIANT_PACK_UNIQUE_IDS, ids);
  pack.set(CUDNN_ATTR_VARIANT_PACK_DATA_POINTERS, CUDNN_TYPE_VOID_PTR, count, data.data());
  pack.set(CUDNN_ATTR_VARIANT_PACK_WORKSPACE, CUDNN_TYPE_VOID_PTR, 1, &workspace);
  pack.finalize("take addresses");
  check(op_, "run a plan", library().cudnnBackendExecute(target.handle(), plan_.get(), pack.get()));
}

EngineRules engine_rules(DType dtype, const Numerics& numerics) {
  return {.deterministic = numerics.deterministic,
          .tensor_cores = size_of(dtype) == 2 || (dtype == DType::kF32 && numerics.tf32)};
}

bool PlanCache::run(std::vector<std::int64_t> key, DType dtype,
                    const std::function<Graph()>& make_graph,
                    std::span<const Plan::Address> addresses, std::string* reason) {
  const EngineRules rules = engine_rules(dtype, numerics());
  key.insert(key.end(), {rules.deterministic, rules.tensor_cores});
  const Target target = Target::here(op_);
  auto& entries = entries_.here();
  auto found = entries.find(key);
  if (found == entries.end()) {
    Graph graph = make_graph();
    graph.finish(target);
    Entry entry;
    entry.plan = make_plan(graph, target, rules, &entry.reason);
    found = entries.emplace(std::move(key), std::move(entry)).first;
  }
  if (!found->second.plan) {
    *reason = found->second.reason;
    return false;
  }
  if (begin_call()) found->second.plan->run(target, addresses);
  return true;
}

}  // namespace tenon::cuda::cudnn
