// Batch normalization of a small f32 matrix and its derivative, each in one call: sums of columns
// stay in registers, and what is computed per channel is not worth a pass of its own. 265 x 32
// numbers lie in the second-level cache; each loop over them reads them once.
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>

#include "tensor/cpu/float_lanes.h"
#include "tensor/cpu/kernels.h"
#include "tensor/cpu/parallel.h"

namespace tenon::cpu {

#ifdef TENON_FLOAT_LANES

namespace {

/// Above this the kernels of norm_channel.cc share the work between threads.
constexpr std::int64_t kMostNumbers = 2 * kGrain;
/// Registers of columns that a loop takes at once: two sums of each, and what their terms need.
constexpr int kMostVectors = 4;

/// Some neighbouring columns of matrices of one shape: kVectors registers, the last one filled up
/// to `rest`, which is all of it if kWhole.
template <int kVectors, bool kWhole>
struct Columns {
  std::int64_t rows, row;  // floats from one row to the next
  std::int64_t rest;

  FloatLanes read(const float* from, int v) const {
    const float* const at = from + v * kLanes;
    return kWhole || v + 1 < kVectors ? FloatLanes::load(at) : FloatLanes::load(at, rest);
  }
  void write(float* to, int v, FloatLanes x) const {
    float* const at = to + v * kLanes;
    if (kWhole || v + 1 < kVectors) {
      x.store(at);
    } else {
      x.store(at, rest);
    }
  }

  /// Calls fn(index of the row's first number, v) for every register.
  template <class F>
  void each(const F& fn) const {
    for (std::int64_t r = 0, at = 0; r < rows; ++r, at += row) {
      unrolled<kVectors>([&](int v) __attribute__((always_inline)) { fn(at, v); });
    }
  }
};

/// Sums of term(at, v) over the rows. Odd and even rows are summed apart: an addition takes three
/// or four cycles.
template <int kVectors, bool kWhole, class Term>
void column_sums(const Columns<kVectors, kWhole>& columns, const Term& term,
                 FloatLanes (&sums)[kVectors]) {
  FloatLanes even[kVectors], odd[kVectors];
  for (int v = 0; v < kVectors; ++v) even[v] = odd[v] = FloatLanes(0);
  std::int64_t at = 0;
  for (std::int64_t r = 0; r + 2 <= columns.rows; r += 2, at += 2 * columns.row) {
    unrolled<kVectors>([&](int v) __attribute__((always_inline)) {
      even[v] = even[v] + term(at, v);
      odd[v] = odd[v] + term(at + columns.row, v);
    });
  }
  for (int v = 0; v < kVectors; ++v) {
    if (columns.rows % 2 != 0) even[v] = even[v] + term(at, v);
    sums[v] = even[v] + odd[v];
  }
}

const float* data_of(const Tensor* x) { return x ? x->data<float>() : nullptr; }
float* begin_of(const Tensor& x, std::int64_t first) { return x.data<float>() + first; }

/// new = (1 - momentum) old + momentum value
void update(const Tensor* running, std::int64_t first, std::int64_t count, double momentum,
            const float* values, float factor) {
  if (!running) return;
  const auto kept = static_cast<float>(1 - momentum), taken = static_cast<float>(momentum) * factor;
  float* const to = begin_of(*running, first);
  for (std::int64_t i = 0; i < count; ++i) to[i] = to[i] * kept + values[i] * taken;
}

/// A call for the columns from `first` on.
struct Forward {
  const BatchNormArgs& args;
  const Tensor &out, &mean, &rstd;
  std::int64_t first;

  template <int kVectors, bool kWhole>
  void operator()(const Columns<kVectors, kWhole>& columns) const {
    const float* const x = begin_of(args.x, first);
    const auto n = static_cast<float>(columns.rows);
    FloatLanes sums[kVectors], center[kVectors], scale[kVectors], shift[kVectors];
    column_sums(
        columns, [&](std::int64_t at, int v) { return columns.read(x + at, v); }, sums);
    for (int v = 0; v < kVectors; ++v) center[v] = sums[v] / FloatLanes(n);
    // What rounding has left of the mean comes to light in the differences, whose sum would be 0
    // (Chan et al. 1983, "Algorithms for computing the sample variance", equation 1.7).
    FloatLanes rest[kVectors];
    for (int v = 0; v < kVectors; ++v) sums[v] = rest[v] = FloatLanes(0);
    columns.each([&](std::int64_t at, int v) {
      const FloatLanes d = columns.read(x + at, v) - center[v];
      rest[v] = rest[v] + d;
      sums[v] = fma(d, d, sums[v]);
    });
    for (int v = 0; v < kVectors; ++v) {
      const FloatLanes left = rest[v] / FloatLanes(n);
      center[v] = center[v] + left;
      sums[v] = at_least(sums[v] - rest[v] * left, FloatLanes(0));
    }
    const float *weight = data_of(args.weight), *bias = data_of(args.bias);
    alignas(64) float means[kVectors * kLanes], variances[kVectors * kLanes];
    for (int v = 0; v < kVectors; ++v) {
      const FloatLanes variance = sums[v] / FloatLanes(n);
      const FloatLanes deviation =
          FloatLanes(1) / sqrt(variance + FloatLanes(static_cast<float>(args.eps)));
      columns.write(begin_of(mean, first), v, center[v]);
      columns.write(begin_of(rstd, first), v, deviation);
      scale[v] = weight ? deviation * columns.read(weight + first, v) : deviation;
      shift[v] = bias ? columns.read(bias + first, v) : FloatLanes(0);
      center[v].store(means + v * kLanes);
      variance.store(variances + v * kLanes);
    }
    const std::int64_t count = (kVectors - 1) * kLanes + columns.rest;
    update(args.running_mean, first, count, args.momentum, means, 1);
    update(args.running_var, first, count, args.momentum, variances, n / (n - 1));
    float* const y = begin_of(out, first);
    const FloatLanes least(args.activation == Activation::kRelu
                               ? 0
                               : -std::numeric_limits<float>::infinity());  // NaN stays in both
    columns.each([&](std::int64_t at, int v) {
      const FloatLanes normal = (columns.read(x + at, v) - center[v]) * scale[v] + shift[v];
      columns.write(y + at, v, at_least(normal, least));
    });
  }
};

struct Backward {
  const Tensor& grad;
  const BatchNormGradArgs& args;
  const Tensor &x_grad, &weight_grad, &bias_grad;
  std::int64_t first;

  template <int kVectors, bool kWhole>
  void operator()(const Columns<kVectors, kWhole>& columns) const {
    args.active ? run<true>(columns) : run<false>(columns);
  }

  template <bool kActive, int kVectors, bool kWhole>
  void run(const Columns<kVectors, kWhole>& columns) const {
    const float *x = begin_of(args.x, first), *g = begin_of(grad, first);
    const float* active = kActive ? begin_of(*args.active, first) : nullptr;
    const auto n = static_cast<float>(columns.rows);
    FloatLanes center[kVectors], sums[kVectors], products[kVectors];
    for (int v = 0; v < kVectors; ++v) {
      center[v] = columns.read(begin_of(args.mean, first), v);
      sums[v] = products[v] = FloatLanes(0);
    }
    const auto incoming = [&](std::int64_t at, int v) {
      const FloatLanes all = columns.read(g + at, v);
      if constexpr (!kActive) return all;
      return select(columns.read(active + at, v) > FloatLanes(0), all, FloatLanes(0));
    };
    columns.each([&](std::int64_t at, int v) {
      const FloatLanes slope = incoming(at, v);
      sums[v] = sums[v] + slope;
      products[v] = fma(slope, columns.read(x + at, v) - center[v], products[v]);
    });
    // weight rstd (grad - mean(grad) - normal mean(grad normal)), with normal = (x - mean) rstd.
    const float* const weight = data_of(args.weight);
    FloatLanes slope[kVectors], scale[kVectors], shift[kVectors];
    for (int v = 0; v < kVectors; ++v) {
      const FloatLanes deviation = columns.read(begin_of(args.rstd, first), v);
      columns.write(begin_of(weight_grad, first), v, products[v] * deviation);
      columns.write(begin_of(bias_grad, first), v, sums[v]);
      slope[v] = weight ? deviation * columns.read(weight + first, v) : deviation;
      const FloatLanes part = slope[v] / FloatLanes(-n);
      scale[v] = part * deviation * deviation * products[v];
      shift[v] = part * sums[v];
    }
    float* const out = begin_of(x_grad, first);
    columns.each([&](std::int64_t at, int v) {
      const FloatLanes along = fma(columns.read(x + at, v) - center[v], scale[v], shift[v]);
      columns.write(out + at, v, fma(incoming(at, v), slope[v], along));
    });
  }
};

template <int kVectors, class Call>
void run_columns(std::int64_t rows, std::int64_t row, std::int64_t rest, const Call& call) {
  if (rest == kLanes) {
    call(Columns<kVectors, true>{rows, row, rest});
  } else {
    call(Columns<kVectors, false>{rows, row, rest});
  }
}

/// call_for(first)(columns) for groups of columns of x [rows, channels].
template <class CallFor>
void for_column_groups(const Tensor& x, const CallFor& call_for) {
  const std::int64_t rows = x.shape()[0], channels = x.shape()[1];
  for (std::int64_t first = 0; first < channels; first += kMostVectors * kLanes) {
    const std::int64_t count = std::min(channels - first, kMostVectors * kLanes);
    const std::int64_t vectors = (count + kLanes - 1) / kLanes;
    const std::int64_t rest = count - (vectors - 1) * kLanes;
    const auto call = call_for(first);
    if (vectors == 1) run_columns<1>(rows, channels, rest, call);
    if (vectors == 2) run_columns<2>(rows, channels, rest, call);
    if (vectors == 3) run_columns<3>(rows, channels, rest, call);
    if (vectors == 4) run_columns<4>(rows, channels, rest, call);
  }
}

/// Whether x [A,C,B] is a matrix that these loops take.
bool takes(const Tensor& x) {
  return x.dtype() == DType::kF32 && x.shape()[2] == 1 && x.numel() <= kMostNumbers;
}

}  // namespace

bool batch_norm(const BatchNormArgs& args, const Tensor& out, const Tensor& mean,
                const Tensor& rstd) {
  if (!takes(args.x)) return false;
  for_column_groups(args.x, [&](std::int64_t first) {
    return Forward{args, out, mean, rstd, first};
  });
  return true;
}

bool batch_norm_grad(const Tensor& grad, const BatchNormGradArgs& args, const Tensor& x_grad,
                     const Tensor& weight_grad, const Tensor& bias_grad) {
  if (!takes(args.x)) return false;
  for_column_groups(args.x, [&](std::int64_t first) {
    return Backward{grad, args, x_grad, weight_grad, bias_grad, first};
  });
  return true;
}

#else

bool batch_norm(const BatchNormArgs&, const Tensor&, const Tensor&, const Tensor&) { return false; }
bool batch_norm_grad(const Tensor&, const BatchNormGradArgs&, const Tensor&, const Tensor&,
                     const Tensor&) {
  return false;
}

#endif

}  // namespace tenon::cpu
