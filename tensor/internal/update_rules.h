// What each rule of tensor/ops/optimizer.h computes for one element, for the kernels of all
// devices.
//
// A functor is built from the numbers of a step for one compute type C, does the arithmetic of
// scalars in f64 there, and then maps (p, g, states) to the new p, changing the states. Compile its
// callers without contraction to fused multiply-adds: the bits of a step must not depend on where
// a compiler sees one.
//
// Bit k of kNonNegative says that states[k] never is negative: 8 bits need not hold its sign.
#ifndef TENON_TENSOR_INTERNAL_UPDATE_RULES_H_
#define TENON_TENSOR_INTERNAL_UPDATE_RULES_H_

#include <cmath>

#include "tensor/internal/host_device.h"
#include "tensor/ops/optimizer.h"

namespace tenon::internal {

/// Weight decay of either kind; the one that is not asked for multiplies by 1 or adds 0.
template <class C>
struct Decay {
  C l2, shrink;

  Decay(double lr, double weight_decay, bool decoupled)
      : l2(static_cast<C>(decoupled ? 0 : weight_decay)),
        shrink(static_cast<C>(decoupled ? 1 - lr * weight_decay : 1)) {}
  TENON_HOST_DEVICE C grad(C p, C g) const { return g + l2 * p; }
  TENON_HOST_DEVICE C parameter(C p) const { return shrink * p; }
};

/// x = beta x + (1 - beta) value.
template <class C>
struct Average {
  C beta, rest;

  explicit Average(double beta) : beta(static_cast<C>(beta)), rest(static_cast<C>(1 - beta)) {}
  TENON_HOST_DEVICE C operator()(C x, C value) const { return beta * x + rest * value; }
  TENON_HOST_DEVICE C square(C x, C value) const { return beta * x + rest * (value * value); }
};

/// 1 - beta^t, by which the running means of Adam's kin fall short.
inline double bias_correction(double beta, std::int64_t step) {
  return 1 - std::pow(beta, static_cast<double>(step));
}

template <class C, bool kMomentum>
struct Sgd {
  static constexpr int kStates = kMomentum ? 1 : 0;
  static constexpr unsigned kNonNegative = 0;
  Decay<C> decay;
  C lr, keep, take, ahead;
  bool nesterov;

  explicit Sgd(const SgdStep& s)
      : decay(s.lr, s.weight_decay, s.decoupled),
        lr(static_cast<C>(s.lr)),
        keep(static_cast<C>(s.first ? 0 : s.momentum)),
        take(static_cast<C>(s.first ? 1 : 1 - s.dampening)),
        ahead(static_cast<C>(s.momentum)),
        nesterov(s.nesterov) {}
  TENON_HOST_DEVICE C operator()(C p, C g, C* state) const {
    C d = decay.grad(p, g);
    if constexpr (kMomentum) {
      state[0] = keep * state[0] + take * d;
      d = nesterov ? d + ahead * state[0] : state[0];
    }
    return decay.parameter(p) - lr * d;
  }
};

template <class C>
struct Adagrad {
  static constexpr int kStates = 1;
  static constexpr unsigned kNonNegative = 0b1;
  Decay<C> decay;
  C rate, eps;

  explicit Adagrad(const AdagradStep& s)
      : decay(s.lr, s.weight_decay, false),
        rate(static_cast<C>(s.lr / (1 + static_cast<double>(s.step - 1) * s.lr_decay))),
        eps(static_cast<C>(s.eps)) {}
  TENON_HOST_DEVICE C operator()(C p, C g, C* state) const {
    const C d = decay.grad(p, g);
    state[0] += d * d;
    return p - rate * (d / (std::sqrt(state[0]) + eps));
  }
};

template <class C>
struct Adadelta {
  static constexpr int kStates = 2;
  static constexpr unsigned kNonNegative = 0b11;
  Decay<C> decay;
  Average<C> average;
  C lr, eps;

  explicit Adadelta(const AdadeltaStep& s)
      : decay(s.lr, s.weight_decay, false),
        average(s.rho),
        lr(static_cast<C>(s.lr)),
        eps(static_cast<C>(s.eps)) {}
  TENON_HOST_DEVICE C operator()(C p, C g, C* state) const {
    const C d = decay.grad(p, g);
    state[0] = average.square(state[0], d);
    const C delta = std::sqrt(state[1] + eps) / std::sqrt(state[0] + eps) * d;
    state[1] = average.square(state[1], delta);
    return p - lr * delta;
  }
};

template <class C, bool kCentered, bool kMomentum>
struct Rmsprop {
  static constexpr int kStates = 1 + kCentered + kMomentum;
  static constexpr unsigned kNonNegative = 0b1;
  Decay<C> decay;
  Average<C> average;
  C lr, eps, momentum;

  explicit Rmsprop(const RmspropStep& s)
      : decay(s.lr, s.weight_decay, false),
        average(s.alpha),
        lr(static_cast<C>(s.lr)),
        eps(static_cast<C>(s.eps)),
        momentum(static_cast<C>(s.momentum)) {}
  TENON_HOST_DEVICE C operator()(C p, C g, C* state) const {
    const C d = decay.grad(p, g);
    state[0] = average.square(state[0], d);
    C variance = state[0];
    if constexpr (kCentered) {
      state[1] = average(state[1], d);
      variance = state[0] - state[1] * state[1];
      variance = variance < C{0} ? C{0} : variance;  // rounding; NaN stays
    }
    const C scaled = d / (std::sqrt(variance) + eps);
    if constexpr (!kMomentum) return p - lr * scaled;
    C& velocity = state[kStates - 1];
    velocity = momentum * velocity + scaled;
    return p - lr * velocity;
  }
};

template <class C, bool kAmsgrad>
struct Adam {
  static constexpr int kStates = kAmsgrad ? 3 : 2;
  static constexpr unsigned kNonNegative = 0b110;
  Decay<C> decay;
  Average<C> first, second;
  C rate, root, eps;

  explicit Adam(const AdamStep& s)
      : decay(s.lr, s.weight_decay, s.decoupled),
        first(s.beta1),
        second(s.beta2),
        rate(static_cast<C>(s.lr / bias_correction(s.beta1, s.step))),
        root(static_cast<C>(1 / std::sqrt(bias_correction(s.beta2, s.step)))),
        eps(static_cast<C>(s.eps)) {}
  TENON_HOST_DEVICE C operator()(C p, C g, C* state) const {
    const C d = decay.grad(p, g);
    state[0] = first(state[0], d);
    state[1] = second.square(state[1], d);
    C largest = state[1];
    if constexpr (kAmsgrad) {
      state[2] = largest <= state[2] ? state[2] : largest;  // NaN is taken over
      largest = state[2];
    }
    return decay.parameter(p) - rate * state[0] / (std::sqrt(largest) * root + eps);
  }
};

template <class C>
struct Adamax {
  static constexpr int kStates = 2;
  static constexpr unsigned kNonNegative = 0b10;
  Decay<C> decay;
  Average<C> first;
  C rate, beta2, eps;

  explicit Adamax(const AdamaxStep& s)
      : decay(s.lr, s.weight_decay, false),
        first(s.beta1),
        rate(static_cast<C>(s.lr / bias_correction(s.beta1, s.step))),
        beta2(static_cast<C>(s.beta2)),
        eps(static_cast<C>(s.eps)) {}
  TENON_HOST_DEVICE C operator()(C p, C g, C* state) const {
    const C d = decay.grad(p, g);
    state[0] = first(state[0], d);
    const C old = beta2 * state[1], now = (d < C{0} ? -d : d) + eps;
    state[1] = now <= old ? old : now;
    return p - rate * (state[0] / state[1]);
  }
};

template <class C>
struct Nadam {
  static constexpr int kStates = 2;
  static constexpr unsigned kNonNegative = 0b10;
  Decay<C> decay;
  Average<C> first, second;
  C grad_rate, moment_rate, root, eps;

  explicit Nadam(const NadamStep& s)
      : decay(s.lr, s.weight_decay, s.decoupled),
        first(s.beta1),
        second(s.beta2),
        grad_rate(static_cast<C>(s.grad_rate)),
        moment_rate(static_cast<C>(s.moment_rate)),
        root(static_cast<C>(1 / std::sqrt(bias_correction(s.beta2, s.step)))),
        eps(static_cast<C>(s.eps)) {}
  TENON_HOST_DEVICE C operator()(C p, C g, C* state) const {
    const C d = decay.grad(p, g);
    state[0] = first(state[0], d);
    state[1] = second.square(state[1], d);
    const C step = grad_rate * d + moment_rate * state[0];
    return decay.parameter(p) - step / (std::sqrt(state[1]) * root + eps);
  }
};

template <class C, bool kRectified>
struct Radam {
  static constexpr int kStates = 2;
  static constexpr unsigned kNonNegative = 0b10;
  Decay<C> decay;
  Average<C> first, second;
  C rate, eps;

  /// The length of the simple moving average that v stands for (§3.3 there).
  static double length(const RadamStep& s) {
    const auto t = static_cast<double>(s.step);
    return limit(s) - 2 * t * std::pow(s.beta2, t) / bias_correction(s.beta2, s.step);
  }
  static double limit(const RadamStep& s) { return 2 / (1 - s.beta2) - 1; }
  static double rectification(const RadamStep& s) {
    const double rho = length(s), end = limit(s);
    const double r = (rho - 4) * (rho - 2) * end / ((end - 4) * (end - 2) * rho);
    return std::sqrt(r) * std::sqrt(bias_correction(s.beta2, s.step));
  }

  explicit Radam(const RadamStep& s)
      : decay(s.lr, s.weight_decay, s.decoupled),
        first(s.beta1),
        second(s.beta2),
        rate(static_cast<C>(s.lr / bias_correction(s.beta1, s.step) *
                            (kRectified ? rectification(s) : 1))),
        eps(static_cast<C>(s.eps)) {}
  TENON_HOST_DEVICE C operator()(C p, C g, C* state) const {
    const C d = decay.grad(p, g);
    state[0] = first(state[0], d);
    state[1] = second.square(state[1], d);
    const C step = rate * state[0];
    return decay.parameter(p) - (kRectified ? step / (std::sqrt(state[1]) + eps) : step);
  }
};

template <class C>
struct Lion {
  static constexpr int kStates = 1;
  static constexpr unsigned kNonNegative = 0;
  Decay<C> decay;
  Average<C> now, later;
  C lr;

  explicit Lion(const LionStep& s)
      : decay(s.lr, s.weight_decay, true), now(s.beta1), later(s.beta2), lr(static_cast<C>(s.lr)) {}
  TENON_HOST_DEVICE C operator()(C p, C g, C* state) const {
    const C c = now(state[0], g);
    state[0] = later(state[0], g);
    const C signed_lr = c > C{0} ? lr : c < C{0} ? -lr : lr * c;  // 0, or NaN
    return decay.parameter(p) - signed_lr;
  }
};

template <class C>
struct RunningAverage {
  static constexpr int kStates = 0;
  static constexpr unsigned kNonNegative = 0;
  Average<C> average;

  explicit RunningAverage(const AverageStep& s) : average(s.decay) {}
  TENON_HOST_DEVICE C operator()(C p, C g, C*) const { return average(p, g); }
};

template <class C>
struct Scale {
  static constexpr int kStates = 0;
  static constexpr unsigned kNonNegative = 0;
  C factor;

  explicit Scale(const ScaleStep& s) : factor(static_cast<C>(s.factor)) {}
  TENON_HOST_DEVICE C operator()(C p, C, C*) const { return factor * p; }
};

template <class C>
struct Clamp {
  static constexpr int kStates = 0;
  static constexpr unsigned kNonNegative = 0;
  C limit;

  explicit Clamp(const ClampStep& s) : limit(static_cast<C>(s.limit)) {}
  TENON_HOST_DEVICE C operator()(C p, C, C*) const {
    return p > limit ? limit : p < -limit ? -limit : p;
  }
};

/// Calls fn(functor) with the functor of the step, built for compute type C.
template <class C, class F>
void with_update(const UpdateRule& rule, const F& fn) {
  struct Visitor {
    const F& fn;
    void operator()(const SgdStep& s) const {
      s.momentum == 0 ? fn(Sgd<C, false>(s)) : fn(Sgd<C, true>(s));
    }
    void operator()(const AdagradStep& s) const { fn(Adagrad<C>(s)); }
    void operator()(const AdadeltaStep& s) const { fn(Adadelta<C>(s)); }
    void operator()(const RmspropStep& s) const {
      if (s.centered) {
        s.momentum == 0 ? fn(Rmsprop<C, true, false>(s)) : fn(Rmsprop<C, true, true>(s));
      } else {
        s.momentum == 0 ? fn(Rmsprop<C, false, false>(s)) : fn(Rmsprop<C, false, true>(s));
      }
    }
    void operator()(const AdamStep& s) const {
      s.amsgrad ? fn(Adam<C, true>(s)) : fn(Adam<C, false>(s));
    }
    void operator()(const AdamaxStep& s) const { fn(Adamax<C>(s)); }
    void operator()(const NadamStep& s) const { fn(Nadam<C>(s)); }
    void operator()(const RadamStep& s) const {
      Radam<C, true>::length(s) > 5 ? fn(Radam<C, true>(s)) : fn(Radam<C, false>(s));
    }
    void operator()(const LionStep& s) const { fn(Lion<C>(s)); }
    void operator()(const AverageStep& s) const { fn(RunningAverage<C>(s)); }
    void operator()(const ScaleStep& s) const { fn(Scale<C>(s)); }
    void operator()(const ClampStep& s) const { fn(Clamp<C>(s)); }
  };
  std::visit(Visitor{fn}, rule);
}

}  // namespace tenon::internal

#endif  // TENON_TENSOR_INTERNAL_UPDATE_RULES_H_
