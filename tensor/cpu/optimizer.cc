// Optimizer updates: one pass over memory for all tensors of a group, shared by the threads without
// regard to where one tensor ends. Limit: bytes moved, 16 (SGD: 20 with momentum, Adam: 28) per f32
// parameter over the memory bandwidth.
#include <cmath>
#include <vector>

#include "tensor/cpu/chunk.h"
#include "tensor/cpu/kernels.h"
#include "tensor/cpu/parallel.h"
#include "tensor/error.h"

namespace tenon::cpu {
namespace {

/// Tensors updated together, in the memory order of the first (the parameter).
template <int N>
struct Group {
  std::array<Tensor, N> tensors;
  std::int64_t numel;
};

/// Gradients may come in another memory order; everything else is written and must not.
Tensor in_order_of(const Tensor& parameter, const Tensor& grad) {
  if (grad.strides() == parameter.strides()) return grad;
  Tensor ordered = empty_like(parameter);
  copy(grad, ordered);
  return ordered;
}

void check_dense(const char* op, const Tensor& parameter, const Tensor& state) {
  const bool dense =
      parameter.is_contiguous() || parameter.is_contiguous(Layout::kChannelsLast);
  if (!dense || state.strides() != parameter.strides()) {
    throw ShapeError("[" + std::string(op) +
                     "] expected dense parameters and states in the same memory order, got strides " +
                     to_string(parameter.strides()) + " and " + to_string(state.strides()));
  }
}

/// Calls update(pointers, count) over chunks; pointers[0] and, from 2 on, states are written back.
template <class C, int N, class F>
void update_range(const Group<N>& group, std::int64_t begin, std::int64_t end, const F& update) {
  alignas(kBufferAlignment) C buffers[N][kChunk];
  for (std::int64_t i = begin; i < end;) {
    std::array<Run, N> runs;
    bool direct = true;
    for (int k = 0; k < N; ++k) {
      runs[k] = at(Run{static_cast<std::byte*>(group.tensors[k].raw_data()), 1,
                       group.tensors[k].dtype()},
                   i);
      direct = direct && runs[k].dtype == dtype_of<C>;
    }
    const std::int64_t n = direct ? end - i : std::min(kChunk, end - i);
    std::array<C*, N> pointers;
    for (int k = 0; k < N; ++k) {
      pointers[k] = direct ? reinterpret_cast<C*>(runs[k].data) : buffers[k];
      if (!direct) gather(runs[k], n, buffers[k]);
    }
    update(pointers, n);
    for (int k = 0; !direct && k < N; ++k) {
      if (k != 1) scatter(buffers[k], n, runs[k]);
    }
    i += n;
  }
}

template <int N, class F>
void update_all(const std::vector<Group<N>>& groups, const F& make_update) {
  std::int64_t total = 0;
  for (const Group<N>& group : groups) total += group.numel;
  parallel_for(total, kGrain, [&](std::int64_t begin, std::int64_t end) {
    std::int64_t first = 0;
    for (const Group<N>& group : groups) {
      const std::int64_t from = std::max(begin - first, std::int64_t{0});
      const std::int64_t to = std::min(end - first, group.numel);
      first += group.numel;
      if (from >= to) continue;
      dispatch_compute(group.tensors[0].dtype(), [&]<class C>() {
        if constexpr (std::is_floating_point_v<C>) {
          update_range<C, N>(group, from, to, make_update.template operator()<C>());
        }
      });
    }
  });
}

}  // namespace

void sgd(std::span<const Tensor> parameters, std::span<const Tensor> grads,
         std::span<const Tensor> buffers, const SgdStep& step) {
  if (step.momentum == 0) {
    std::vector<Group<2>> groups;
    for (std::size_t i = 0; i < parameters.size(); ++i) {
      check_dense("sgd_", parameters[i], parameters[i]);
      groups.push_back(
          {{parameters[i], in_order_of(parameters[i], grads[i])}, parameters[i].numel()});
    }
    update_all(groups, [&]<class C>() {
      const C lr = static_cast<C>(step.lr), decay = static_cast<C>(step.weight_decay);
      return [=](const std::array<C*, 2>& x, std::int64_t count) {
        for (std::int64_t i = 0; i < count; ++i) x[0][i] -= lr * (x[1][i] + decay * x[0][i]);
      };
    });
    return;
  }
  std::vector<Group<3>> groups;
  for (std::size_t i = 0; i < parameters.size(); ++i) {
    check_dense("sgd_", parameters[i], buffers[i]);
    groups.push_back(
        {{parameters[i], in_order_of(parameters[i], grads[i]), buffers[i]}, parameters[i].numel()});
  }
  update_all(groups, [&]<class C>() {
    const C lr = static_cast<C>(step.lr), decay = static_cast<C>(step.weight_decay);
    const C momentum = static_cast<C>(step.momentum);
    const C keep = step.first ? C{0} : momentum;
    const C take = step.first ? C{1} : static_cast<C>(1 - step.dampening);
    const C look_ahead = step.nesterov ? momentum : C{0};
    const C direct = step.nesterov ? C{1} : C{0};
    return [=](const std::array<C*, 3>& x, std::int64_t count) {
      C* parameter = x[0];
      const C* grad = x[1];
      C* velocity = x[2];
      for (std::int64_t i = 0; i < count; ++i) {
        const C d = grad[i] + decay * parameter[i];
        const C v = keep * velocity[i] + take * d;
        velocity[i] = v;
        parameter[i] -= lr * (direct != C{0} ? d + look_ahead * v : v);
      }
    };
  });
}

void adam(std::span<const Tensor> parameters, std::span<const Tensor> grads,
          std::span<const Tensor> first_moments, std::span<const Tensor> second_moments,
          const AdamStep& step) {
  std::vector<Group<4>> groups;
  for (std::size_t i = 0; i < parameters.size(); ++i) {
    check_dense("adam_", parameters[i], first_moments[i]);
    check_dense("adam_", parameters[i], second_moments[i]);
    groups.push_back({{parameters[i], in_order_of(parameters[i], grads[i]), first_moments[i],
                       second_moments[i]},
                      parameters[i].numel()});
  }
  const double correction1 = 1 - std::pow(step.beta1, static_cast<double>(step.step));
  const double correction2 = 1 - std::pow(step.beta2, static_cast<double>(step.step));
  update_all(groups, [&]<class C>() {
    const C rate = static_cast<C>(step.lr / correction1);
    const C root = static_cast<C>(1 / std::sqrt(correction2));
    const C beta1 = static_cast<C>(step.beta1), beta2 = static_cast<C>(step.beta2);
    const C rest1 = static_cast<C>(1 - step.beta1), rest2 = static_cast<C>(1 - step.beta2);
    const C eps = static_cast<C>(step.eps);
    const C l2 = static_cast<C>(step.decoupled ? 0 : step.weight_decay);
    const C shrink = static_cast<C>(step.decoupled ? 1 - step.lr * step.weight_decay : 1);
    return [=](const std::array<C*, 4>& x, std::int64_t count) {
      C* parameter = x[0];
      const C* grad = x[1];
      C* first = x[2];
      C* second = x[3];
      for (std::int64_t i = 0; i < count; ++i) {
        const C g = grad[i] + l2 * parameter[i];
        const C m = beta1 * first[i] + rest1 * g;
        const C v = beta2 * second[i] + rest2 * g * g;
        first[i] = m;
        second[i] = v;
        parameter[i] = shrink * parameter[i] - rate * m / (std::sqrt(v) * root + eps);
      }
    };
  });
}

}  // namespace tenon::cpu
