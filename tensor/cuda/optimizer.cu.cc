// Optimizer updates: one launch for dozens of tensors, whose addresses travel with the launch
// itself. Limit: bytes moved over the memory bandwidth. Compiled without contraction to fused
// multiply-adds, so that a step has the CPU's bits.
#include <array>
#include <vector>

#include "tensor/cuda/element.h"
#include "tensor/cuda/grid.h"
#include "tensor/cuda/kernels.h"
#include "tensor/internal/update_rules.h"

namespace tenon::cuda {
namespace {

/// Tensors of one launch: their table stays below the 4 KiB that every GPU takes as arguments.
constexpr int kTensorsPerLaunch = 32;
/// Elements of one team, in vectors of four.
constexpr std::int64_t kChunk = 4096;

template <int kStates>
struct Entry {
  std::int64_t numel = 0;
  void *parameter = nullptr, *grad = nullptr, *copy = nullptr;
  void* states[kStates > 0 ? kStates : 1] = {};
  std::int32_t first_chunk = 0;
  DType parameter_dtype, grad_dtype, copy_dtype;
  DType state_dtypes[kStates > 0 ? kStates : 1];
  bool vectors = false;  // every address is aligned for four elements
};

template <class C, class Rule>
struct Update {
  static constexpr const char* kName = "optimizer_update";
  static constexpr int kStates = Rule::kStates;

  Rule rule;
  double grad_scale;
  const double* grad_factor;  // null: 1
  std::int32_t count = 0;
  Entry<kStates> entries[kTensorsPerLaunch];

  template <class Team>
  TENON_HOST_DEVICE void operator()(const Team& team) const {
    int k = count - 1;
    while (k > 0 && team.index() < entries[k].first_chunk) --k;
    const Entry<kStates>& entry = entries[k];
    const std::int64_t begin = (team.index() - entry.first_chunk) * kChunk;
    const std::int64_t rest = entry.numel - begin, size = rest < kChunk ? rest : kChunk;
    const std::int64_t vectors = entry.vectors ? size / 4 : 0;
    const C scale = static_cast<C>(grad_factor ? grad_scale * *grad_factor : grad_scale);
    team.for_each(vectors, [&](std::int64_t i) { lanes<4>(entry, begin + 4 * i, scale); });
    team.for_each(size - 4 * vectors,
                  [&](std::int64_t i) { lanes<1>(entry, begin + 4 * vectors + i, scale); });
  }

 private:
  template <int N>
  TENON_HOST_DEVICE void lanes(const Entry<kStates>& entry, std::int64_t at, C scale) const {
    C parameter[N], grad[N], states[kStates > 0 ? kStates : 1][N];
    const Elements to{entry.parameter, entry.parameter_dtype};
    load<C, N>(to, at, parameter);
    if (entry.grad) {
      load<C, N>({entry.grad, entry.grad_dtype}, at, grad);
    } else {
      for (int i = 0; i < N; ++i) grad[i] = parameter[i];
    }
    for (int s = 0; s < kStates; ++s) {
      load<C, N>({entry.states[s], entry.state_dtypes[s]}, at, states[s]);
    }
    for (int i = 0; i < N; ++i) {
      C state[kStates + 1] = {};
      for (int s = 0; s < kStates; ++s) state[s] = states[s][i];
      parameter[i] = rule(parameter[i], scale * grad[i], state);
      for (int s = 0; s < kStates; ++s) states[s][i] = state[s];
    }
    store<C, N>(to, at, parameter);
    for (int s = 0; s < kStates; ++s) {
      store<C, N>({entry.states[s], entry.state_dtypes[s]}, at, states[s]);
    }
    if (entry.copy) store<C, N, Dtypes::kAny>({entry.copy, entry.copy_dtype}, at, parameter);
  }
};

bool is_aligned(const Tensor& x) {
  return reinterpret_cast<std::uintptr_t>(x.raw_data()) % pack_alignment(x.dtype(), 4) == 0;
}

template <int kStates>
Entry<kStates> entry_of(const UpdateLists& lists, std::size_t i) {
  const Tensor& parameter = lists.parameters[i];
  Entry<kStates> entry;
  entry.numel = parameter.numel();
  entry.vectors = is_aligned(parameter);
  const auto use = [&](const Tensor& x, void** data, DType* dtype) {
    *data = x.raw_data();
    *dtype = x.dtype();
    entry.vectors = entry.vectors && is_aligned(x);
  };
  use(parameter, &entry.parameter, &entry.parameter_dtype);
  if (!lists.grads.empty()) use(lists.grads[i], &entry.grad, &entry.grad_dtype);
  if (!lists.copies.empty()) use(lists.copies[i], &entry.copy, &entry.copy_dtype);
  for (int s = 0; s < kStates; ++s) {
    use(lists.states[static_cast<std::size_t>(s)][i], &entry.states[s], &entry.state_dtypes[s]);
  }
  return entry;
}

/// All parameters that compute in C.
template <class C, class Rule>
void update_all(const Rule& rule, const UpdateLists& lists) {
  const double* factor = lists.grad_factor.defined()
                             ? static_cast<const double*>(lists.grad_factor.raw_data())
                             : nullptr;
  Update<C, Rule> program{rule, lists.grad_scale, factor, 0, {}};
  static_assert(sizeof(program) < 4000);
  std::int64_t chunks = 0;
  const auto flush = [&] {
    launch_teams<kBlockThreads>(chunks, program);
    chunks = 0;
    program.count = 0;
  };
  for (std::size_t i = 0; i < lists.parameters.size(); ++i) {
    const Tensor& parameter = lists.parameters[i];
    const std::int64_t own = (parameter.numel() + kChunk - 1) / kChunk;
    if ((parameter.dtype() == DType::kF64) != std::is_same_v<C, double> || own == 0) continue;
    if (program.count == kTensorsPerLaunch || chunks + own > INT32_MAX) flush();
    Entry<Rule::kStates> entry = entry_of<Rule::kStates>(lists, i);
    entry.first_chunk = static_cast<std::int32_t>(chunks);
    program.entries[program.count++] = entry;
    chunks += own;
  }
  flush();
}

}  // namespace

void optimizer_update(const UpdateRule& rule, const UpdateLists& lists) {
  internal::with_update<float>(rule, [&](const auto& update) { update_all<float>(update, lists); });
  internal::with_update<double>(rule,
                                [&](const auto& update) { update_all<double>(update, lists); });
}

}  // namespace tenon::cuda
