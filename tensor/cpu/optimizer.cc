// Optimizer updates: one pass over memory for all tensors of a group, shared by the threads without
// regard to where one tensor ends. Limit: bytes moved (Adam in f32: 28 a parameter, 16 with states
// in 8 bits) over the memory bandwidth.
#include <algorithm>
#include <array>
#include <cmath>
#include <vector>

#include "tensor/cpu/chunk.h"
#include "tensor/cpu/kernels.h"
#include "tensor/cpu/parallel.h"
#include "tensor/cpu/state_block.h"
#include "tensor/internal/update_rules.h"

namespace tenon::cpu {
namespace {

static_assert(kChunk % kStateBlock == 0);

Run run_of(const Tensor& x) { return {static_cast<std::byte*>(x.raw_data()), 1, x.dtype()}; }

/// Tensors of one entry of the lists: the states lie between the gradient and the copy.
template <int kStates>
struct Entry {
  std::int64_t numel;
  Run parameter, grad, copy;
  std::array<Run, kStates> states;
  std::array<CodedState, kStates> coded;
};

/// Calls fn(entry, begin, count) for the chunks of all entries. Chunks are counted from the start
/// of each tensor, so that neither the number of threads nor the company of other tensors decides
/// which elements the vector loops take and which their tails.
template <class E, class F>
void for_each_chunk(const std::vector<E>& entries, const F& fn) {
  std::int64_t total = 0;
  for (const E& entry : entries) total += entry.numel;
  parallel_for(total, kGrain, [&](std::int64_t begin, std::int64_t end) {
    std::int64_t first = 0;  // of the entry's elements, in the count of all
    for (const E& entry : entries) {
      if (first >= end) return;
      const std::int64_t from = std::max<std::int64_t>(begin - first, 0);
      std::int64_t at = (from + kChunk - 1) / kChunk * kChunk;
      for (; at < std::min(end - first, entry.numel); at += kChunk) {
        fn(entry, at, std::min(kChunk, entry.numel - at));
      }
      first += entry.numel;
    }
  });
}

/// The numbers of a chunk of coded states, and back. (Those of f64 parameters are never coded.)
inline void decode_chunk(const CodedState& state, std::int64_t begin, std::int64_t count,
                         float* out) {
  for (std::int64_t i = 0; i < count; i += kStateBlock) {
    decode(state, begin + i, std::min(kStateBlock, count - i), out + i);
  }
}
inline void decode_chunk(const CodedState&, std::int64_t, std::int64_t, double*) {}

inline void encode_chunk(const float* values, std::int64_t begin, std::int64_t count,
                         const CodedState& state) {
  for (std::int64_t i = 0; i < count; i += kStateBlock) {
    encode(values + i, begin + i, std::min(kStateBlock, count - i), state);
  }
}
inline void encode_chunk(const double*, std::int64_t, std::int64_t, const CodedState&) {}

template <class C, class Update>
void update_chunk(const Update& update, C grad_scale, const Entry<Update::kStates>& entry,
                  std::int64_t begin, std::int64_t count) {
  constexpr int kStates = Update::kStates;
  alignas(kBufferAlignment) C buffers[2 + kStates][kChunk];
  const auto use = [&](const Run& run, int buffer) {
    return const_cast<C*>(contiguous_run(at(run, begin), count, buffers[buffer]));
  };
  const auto put_back = [&](const Run& run, const C* values) {
    const Run to = at(run, begin);
    if (to.data != reinterpret_cast<const std::byte*>(values)) scatter(values, count, to);
  };
  C* const parameter = use(entry.parameter, 0);
  const C* const grad = entry.grad.data ? use(entry.grad, 1) : parameter;
  std::array<C*, kStates + 1> states{};
  for (int k = 0; k < kStates; ++k) {
    const bool coded = entry.coded[k].codes != nullptr;
    if (coded) decode_chunk(entry.coded[k], begin, count, buffers[2 + k]);
    states[k] = coded ? buffers[2 + k] : use(entry.states[k], 2 + k);
  }
  // Elements do not depend on each other. Found out at run time, that would be one comparison too
  // many for GCC where there are three states (Adam with amsgrad: 30 instead of 75 GB/s).
#if defined(__clang__)
#pragma clang loop vectorize(assume_safety)
#else
#pragma GCC ivdep
#endif
  for (std::int64_t i = 0; i < count; ++i) {
    C state[kStates + 1];
    for (int k = 0; k < kStates; ++k) state[k] = states[k][i];
    parameter[i] = update(parameter[i], grad_scale * grad[i], state);
    for (int k = 0; k < kStates; ++k) states[k][i] = state[k];
  }
  put_back(entry.parameter, parameter);
  for (int k = 0; k < kStates; ++k) {
    if (entry.coded[k].codes) {
      encode_chunk(states[k], begin, count, entry.coded[k]);
    } else {
      put_back(entry.states[k], states[k]);
    }
  }
  if (entry.copy.data) scatter(parameter, count, at(entry.copy, begin));
}

template <class Update>
CodedState coded_state(int k, const Tensor& codes, const Tensor& scales) {
  using Map = internal::DynamicMap;
  const bool has_sign = (Update::kNonNegative >> k & 1) == 0;
  return {codes.data<std::uint8_t>(), scales.data<float>(),
          has_sign ? &Map::with_signs() : &Map::without_signs()};
}

/// All parameters that compute in C.
template <class C>
void update_all(const UpdateRule& rule, const UpdateLists& lists) {
  internal::with_update<C>(rule, [&]<class Update>(const Update& update) {
    std::vector<Entry<Update::kStates>> entries;
    entries.reserve(lists.parameters.size());
    for (std::size_t i = 0; i < lists.parameters.size(); ++i) {
      const Tensor& parameter = lists.parameters[i];
      if ((parameter.dtype() == DType::kF64) != std::is_same_v<C, double>) continue;
      auto& entry = entries.emplace_back();
      entry.numel = parameter.numel();
      entry.parameter = run_of(parameter);
      if (!lists.grads.empty()) entry.grad = run_of(lists.grads[i]);
      if (!lists.copies.empty()) entry.copy = run_of(lists.copies[i]);
      for (int k = 0; k < Update::kStates; ++k) {
        const Tensor& state = lists.states[static_cast<std::size_t>(k)][i];
        entry.states[k] = run_of(state);
        if (lists.scales.empty()) continue;
        const Tensor& scales = lists.scales[static_cast<std::size_t>(k)][i];
        if (scales.defined()) entry.coded[k] = coded_state<Update>(k, state, scales);
      }
    }
    for_each_chunk(entries, [&](const auto& entry, std::int64_t begin, std::int64_t count) {
      update_chunk<C>(update, static_cast<C>(lists.grad_scale), entry, begin, count);
    });
  });
}

/// |x| or x² of one element, and how two of those, or of their sums, go together.
template <Norm kNorm>
struct Magnitude {
  static double of(double x) { return kNorm == Norm::kL2 ? x * x : std::abs(x); }
  static double join(double a, double b) {
    if constexpr (kNorm != Norm::kMax) return a + b;
    return b > a || b != b ? b : a;  // NaN stays
  }
};

/// One chunk's share of the norm, in eight lanes, for vectors' sake.
template <class M, class C>
double fold(const C* x, std::int64_t count) {
  constexpr std::int64_t kLanes = 8;
  double lanes[kLanes] = {};
  std::int64_t i = 0;
  for (; i + kLanes <= count; i += kLanes) {
    for (std::int64_t k = 0; k < kLanes; ++k) {
      lanes[k] = M::join(lanes[k], M::of(static_cast<double>(x[i + k])));
    }
  }
  for (; i < count; ++i) lanes[0] = M::join(lanes[0], M::of(static_cast<double>(x[i])));
  for (std::int64_t k = 1; k < kLanes; ++k) lanes[0] = M::join(lanes[0], lanes[k]);
  return lanes[0];
}

struct NormEntry {
  std::int64_t numel;
  Run run;
  std::int64_t first_chunk;
};

/// The chunks' shares are put down side by side and joined in their order.
template <Norm kNorm>
double norm_of(const std::vector<NormEntry>& entries, std::int64_t chunks) {
  using M = Magnitude<kNorm>;
  std::vector<double> shares(static_cast<std::size_t>(chunks));
  for_each_chunk(entries, [&](const NormEntry& entry, std::int64_t begin, std::int64_t count) {
    dispatch_compute(entry.run.dtype, [&]<class C>() {
      alignas(kBufferAlignment) C buffer[kChunk];
      shares[static_cast<std::size_t>(entry.first_chunk + begin / kChunk)] =
          fold<M>(contiguous_run(at(entry.run, begin), count, buffer), count);
    });
  });
  double total = 0;
  for (const double share : shares) total = M::join(total, share);
  return kNorm == Norm::kL2 ? std::sqrt(total) : total;
}

}  // namespace

void optimizer_update(const UpdateRule& rule, const UpdateLists& lists) {
  update_all<float>(rule, lists);
  update_all<double>(rule, lists);
}

double total_norm(Norm norm, std::span<const Tensor> tensors) {
  std::vector<NormEntry> entries;
  std::int64_t chunks = 0;
  for (const Tensor& tensor : tensors) {
    entries.push_back({tensor.numel(), run_of(tensor), chunks});
    chunks += (tensor.numel() + kChunk - 1) / kChunk;
  }
  switch (norm) {
    case Norm::kL1:
      return norm_of<Norm::kL1>(entries, chunks);
    case Norm::kL2:
      return norm_of<Norm::kL2>(entries, chunks);
    default:
      return norm_of<Norm::kMax>(entries, chunks);
  }
}

}  // namespace tenon::cpu
