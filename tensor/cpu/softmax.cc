// Softmax and cross entropy. The exponentials of many rows are taken in one vectorized pass: rows
// of ten classes are shorter than one AVX-512 register of f32, and would run as scalars.
#include <Eigen/Core>
#include <algorithm>
#include <cmath>
#include <memory>
#include <type_traits>

#include "tensor/cpu/chunk.h"
#include "tensor/cpu/fold_block.h"
#include "tensor/cpu/kernels.h"
#include "tensor/cpu/parallel.h"
#include "tensor/cpu/short_rows.h"
#include "tensor/cpu/vectorize.h"
#include "tensor/internal/scalar_math.h"

namespace tenon::cpu {
namespace {

Run run_at(const Tensor& x, std::int64_t offset, std::int64_t stride) {
  return {static_cast<std::byte*>(x.raw_data()) +
              offset * static_cast<std::int64_t>(size_of(x.dtype())),
          stride, x.dtype()};
}

/// Some rows of [.., size] and what softmax needs of them.
template <class C>
struct RowBlock {
  std::int64_t first;  // number of the first row
  std::int64_t rows;
  const C* x;        // [rows, size]
  C* exponentials;   // [rows, size]: exp(x - largest of the row)
  const C* largest;  // [rows]
  C* sums;           // [rows]: of the exponentials
};

/// The sums become their logarithms.
template <class C>
void take_logarithms(const RowBlock<C>& block) {
  apply(
      block.rows, block.sums, [](auto v) { return math::log(v); }, block.sums);
}

/// x[i] = e^x[i]
void exponentiate(float* x, std::int64_t count) {
  apply(
      count, x, [](auto v) { return math::exp(v); }, x);
}
void exponentiate(double* x, std::int64_t count) {
  Eigen::Map<Eigen::ArrayXd> all(x, count);
  all = all.exp();
}

#ifdef TENON_FLOAT_LANES

/// exponentials() of rows of up to ShortRows::kSize.
void short_exponentials(const float* x, std::int64_t rows, std::int64_t size, float* out,
                        float* largest, float* sums) {
  for (std::int64_t first = 0; first < rows; first += kLanes) {
    const std::int64_t count = std::min(kLanes, rows - first);
    ShortRows values(x + first * size, count, size);
    const FloatLanes most = values.fold<Max<float>>();
    values.map([=]<class V>(V v) { return math::exp(v - V(most)); });
    most.store(largest + first, count);
    values.fold<Add<float>>().store(sums + first, count);
    values.store(out + first * size);
  }
}

#endif

/// exp(x - max) and its sum for each row. A row that holds NaN, or -infinity alone, gives NaN.
template <class C>
void exponentials(const C* x, std::int64_t rows, std::int64_t size, C* out, C* largest, C* sums) {
#ifdef TENON_FLOAT_LANES
  if constexpr (std::is_same_v<C, float>) {
    if (size <= ShortRows::kSize) return short_exponentials(x, rows, size, out, largest, sums);
  }
#endif
  const auto same = [](auto v) { return v; };
  fold_each_row<Max<C>>(x, size, size, rows, same, largest);
  for (std::int64_t r = 0; r < rows; ++r) {
    const C most = largest[r];
    apply(
        size, out + r * size, [=]<class V>(V v) { return v - V(most); }, x + r * size);
  }
  exponentiate(out, rows * size);
  fold_each_row<Add<C>>(out, size, size, rows, same, sums);
}

constexpr std::int64_t kBlockElements =
    1024;  // three buffers of them stay in the first-level cache

/// Calls fn(block) for blocks of the rows of x [outer, size, inner]; row o * inner + i holds
/// x[o, :, i].
template <class C, class F>
void for_each_row_block(const Tensor& x, const F& fn) {
  const std::int64_t size = x.shape()[1], inner = x.shape()[2];
  const std::int64_t block_rows = std::max<std::int64_t>(kBlockElements / size, 1);
  const bool direct = inner == 1 && x.dtype() == dtype_of<C>;
  parallel_items(x.shape()[0] * inner, size * 8, [&](std::int64_t begin, std::int64_t end) {
    // Room to begin the exponentials at an aligned address.
    constexpr std::size_t kSpare = kBufferAlignment / sizeof(C);
    const std::size_t elements = static_cast<std::size_t>(2 * block_rows * (size + 1)) + kSpare;
    const auto buffer = std::make_unique_for_overwrite<C[]>(elements);
    void* aligned = buffer.get();
    std::size_t room = elements * sizeof(C);
    C* exps = static_cast<C*>(std::align(kBufferAlignment, sizeof(C), aligned, room));
    C* gathered = exps + block_rows * size;
    C* largest = gathered + block_rows * size;
    C* sums = largest + block_rows;
    for (std::int64_t first = begin; first < end; first += block_rows) {
      const std::int64_t rows = std::min(block_rows, end - first);
      const C* values = gathered;
      if (direct) {
        values = reinterpret_cast<const C*>(run_at(x, first * size, 1).data);
        prefetch(values + rows * size, std::min(block_rows, end - first - rows) * size);
      } else {
        for (std::int64_t r = 0; r < rows; ++r) {
          const std::int64_t at = (first + r) / inner * size * inner + (first + r) % inner;
          gather(run_at(x, at, inner), size, gathered + r * size);
        }
      }
      exponentials(values, rows, size, exps, largest, sums);
      fn(RowBlock<C>{first, rows, values, exps, largest, sums});
    }
  });
}

/// [N,C] as for_each_row_block takes it.
Tensor as_rows(const Tensor& logits) {
  return logits.reshape({logits.shape()[0], logits.shape()[1], 1});
}

}  // namespace

#ifdef TENON_FLOAT_LANES

namespace {

/// softmax() of rows of up to ShortRows::kSize, without a block of exponentials in between.
void softmax_of_short_rows(bool log, const float* x, std::int64_t rows, std::int64_t size,
                           float* out) {
  parallel_items(rows, size * 8, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t first = begin; first < end; first += kLanes) {
      ShortRows values(x + first * size, std::min(kLanes, end - first), size);
      prefetch(x + first * size + kBlockElements, kLanes * size);
      const FloatLanes most = values.fold<Max<float>>();
      ShortRows exponentials = values;
      exponentials.map([=]<class V>(V v) { return math::exp(v - V(most)); });
      const FloatLanes sum = exponentials.fold<Add<float>>();
      if (log) {
        const FloatLanes rest = math::log(sum);
        values.map([=]<class V>(V v) { return (v - V(most)) - V(rest); });
        values.store(out + first * size);
      } else {
        const FloatLanes factor = FloatLanes(1) / sum;
        exponentials.map([=]<class V>(V v) { return v * V(factor); });
        exponentials.store(out + first * size);
      }
    }
  });
}

}  // namespace

#endif

void softmax(bool log, const Tensor& x, const Tensor& out) {
  const std::int64_t size = x.shape()[1], inner = x.shape()[2];
#ifdef TENON_FLOAT_LANES
  const bool are_floats = x.dtype() == DType::kF32 && out.dtype() == DType::kF32;
  if (are_floats && inner == 1 && 0 < size && size <= ShortRows::kSize) {
    const float* const from = x.data<float>();
    return softmax_of_short_rows(log, from, x.shape()[0], size, out.data<float>());
  }
#endif
  dispatch_floating(x.dtype(), [&]<class C>() {
    const bool direct = inner == 1 && out.dtype() == dtype_of<C>;
    C* const begin = direct ? out.data<C>() : nullptr;
    for_each_row_block<C>(x, [&](const RowBlock<C>& block) {
      if (log) take_logarithms(block);
      for (std::int64_t r = 0; r < block.rows; ++r) {
        const std::int64_t number = block.first + r;
        C* const row = block.exponentials + r * size;
        C* const result = direct ? begin + number * size : row;
        if (log) {
          const C largest = block.largest[r], rest = block.sums[r];
          apply(  // the logarithm last: large logits cancel exactly
              size, result, [=]<class V>(V v) { return (v - V(largest)) - V(rest); },
              block.x + r * size);
        } else {
          const C factor = 1 / block.sums[r];
          apply(
              size, result, [=]<class V>(V v) { return v * V(factor); }, row);
        }
        if (direct) continue;
        scatter(row, size, run_at(out, number / inner * size * inner + number % inner, inner));
      }
    });
  });
}

namespace {

/// Factors of the classes as numbers; all 1 where there are none.
template <class C>
struct ClassWeights {
  explicit ClassWeights(const CrossEntropyArgs& args)
      : values(args.weight ? args.weight->data<C>() : nullptr) {}
  C of(std::int64_t c) const { return values ? values[c] : C{1}; }
  const C* values;
};

/// Sum over the classes of weight (log(sum) - (x - largest)): what smoothing adds, times C.
template <class C>
C sum_of_losses(const C* x, C largest, C log_sum, std::int64_t classes,
                const ClassWeights<C>& weights) {
  C total = 0;
  for (std::int64_t c = 0; c < classes; ++c) total += weights.of(c) * (log_sum + (largest - x[c]));
  return total;
}

}  // namespace

std::int64_t cross_entropy(const CrossEntropyArgs& args, const Tensor& out) {
  const std::int64_t rows = args.logits.shape()[0], classes = args.logits.shape()[1];
  const auto* label = args.labels.data<std::int64_t>();
  for (std::int64_t i = 0; i < rows; ++i) {
    if ((label[i] < 0 || label[i] >= classes) && label[i] != args.ignore_index) return i;
  }
  if (out.numel() == 0) return -1;
  if (classes == 0) return fill(0, out), -1;  // every label is ignored
  dispatch_floating(args.logits.dtype(), [&]<class C>() {
    const ClassWeights<C> weights(args);
    const C smoothing = static_cast<C>(args.smoothing);
    for_each_row_block<C>(as_rows(args.logits), [&](const RowBlock<C>& block) {
      take_logarithms(block);
      for (std::int64_t r = 0; r < block.rows; ++r) {
        const std::int64_t i = block.first + r;
        const C* x = block.x + r * classes;
        const C log_sum = block.sums[r], largest = block.largest[r];
        C loss = 0;
        if (label[i] != args.ignore_index) {
          loss = weights.of(label[i]) * (log_sum + (largest - x[label[i]]));
          if (smoothing != 0) {
            const C spread = sum_of_losses(x, largest, log_sum, classes, weights);
            loss = (1 - smoothing) * loss + smoothing / static_cast<C>(classes) * spread;
          }
        }
        block.exponentials[r] = loss;  // no row needs its own any more
      }
      scatter(block.exponentials, block.rows, run_at(out, block.first, 1));
    });
  });
  return -1;
}

void cross_entropy_grad(const Tensor& grad, double scale, const CrossEntropyArgs& args,
                        const Tensor& out) {
  const std::int64_t classes = args.logits.shape()[1];
  if (out.numel() == 0) return;
  const auto* label = args.labels.data<std::int64_t>();
  const std::int64_t grad_stride = grad.ndim() == 0 ? 0 : 1;
  dispatch_floating(args.logits.dtype(), [&]<class C>() {
    const ClassWeights<C> weights(args);
    const C spread = static_cast<C>(args.smoothing) / static_cast<C>(classes);
    C all_weights = 0;
    for (std::int64_t c = 0; c < classes; ++c) all_weights += weights.of(c);
    for_each_row_block<C>(as_rows(args.logits), [&](const RowBlock<C>& block) {
      C grads[kBlockElements];
      gather(run_at(grad, block.first * grad_stride, grad_stride), block.rows, grads);
      for (std::int64_t r = 0; r < block.rows; ++r) {
        const std::int64_t i = block.first + r;
        C* row = block.exponentials + r * classes;
        const bool known = label[i] >= 0 && label[i] < classes;
        if (label[i] == args.ignore_index || !known) {
          std::fill_n(row, classes, C{0});
          continue;
        }
        const C incoming = grads[r] * static_cast<C>(scale);
        const C own = incoming * (1 - static_cast<C>(args.smoothing)) * weights.of(label[i]);
        // The target sums up to this much, which softmax then shares out.
        const C target = spread == 0 ? own : own + incoming * spread * all_weights;
        const C factor = target / block.sums[r];
        for (std::int64_t c = 0; c < classes; ++c) row[c] *= factor;
        row[label[i]] -= own;
        if (spread == 0) continue;
        for (std::int64_t c = 0; c < classes; ++c) row[c] -= incoming * spread * weights.of(c);
      }
      scatter(block.exponentials, block.rows * classes, run_at(out, block.first * classes, 1));
    });
  });
}

double cross_entropy_weight(const CrossEntropyArgs& args) {
  const auto* label = args.labels.data<std::int64_t>();
  const std::int64_t rows = args.labels.numel();
  if (!args.weight) {
    return static_cast<double>(rows - std::count(label, label + rows, args.ignore_index));
  }
  double total = 0;
  dispatch_floating(args.logits.dtype(), [&]<class C>() {
    const ClassWeights<C> weights(args);
    for (std::int64_t i = 0; i < rows; ++i) {
      if (label[i] != args.ignore_index) total += static_cast<double>(weights.of(label[i]));
    }
  });
  return total;
}

}  // namespace tenon::cpu
