// Softmax and cross entropy. The exponentials of many rows are taken in one vectorized pass: rows of
// ten classes are shorter than one AVX-512 register of f32, and would run as scalars.
#include <Eigen/Core>
#include <cmath>
#include <memory>
#include <vector>

#include "tensor/cpu/chunk.h"
#include "tensor/cpu/kernels.h"
#include "tensor/cpu/parallel.h"

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
  std::int64_t first;      // number of the first row
  std::int64_t rows;
  const C* x;              // [rows, size]
  C* exponentials;         // [rows, size]: exp(x - largest of the row)
  const C* largest;        // [rows]
  const C* sums;           // [rows]: of the exponentials
};

/// exp(x - max) and its sum for each row. A row that holds NaN, or -infinity alone, gives NaN.
template <class C>
void exponentials(const C* x, std::int64_t rows, std::int64_t size, C* out, C* largest, C* sums) {
  for (std::int64_t r = 0; r < rows; ++r) {
    const C* row = x + r * size;
    C best = row[0];
    for (std::int64_t i = 1; i < size; ++i) best = row[i] > best ? row[i] : best;
    for (std::int64_t i = 0; i < size; ++i) out[r * size + i] = row[i] - best;
    largest[r] = best;
  }
  Eigen::Map<Eigen::Array<C, Eigen::Dynamic, 1>> all(out, rows * size);
  all = all.exp();
  for (std::int64_t r = 0; r < rows; ++r) {
    sums[r] = Eigen::Map<const Eigen::Array<C, Eigen::Dynamic, 1>>(out + r * size, size).sum();
  }
}

constexpr std::int64_t kBlockElements = 1024;  // three buffers of them stay in the first-level cache

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
    std::vector<C> buffer(static_cast<std::size_t>(2 * block_rows * (size + 1)) + kSpare);
    void* aligned = buffer.data();
    std::size_t room = buffer.size() * sizeof(C);
    C* exps = static_cast<C*>(std::align(kBufferAlignment, sizeof(C), aligned, room));
    C* gathered = exps + block_rows * size;
    C* largest = gathered + block_rows * size;
    C* sums = largest + block_rows;
    for (std::int64_t first = begin; first < end; first += block_rows) {
      const std::int64_t rows = std::min(block_rows, end - first);
      const C* values = gathered;
      if (direct) {
        values = reinterpret_cast<const C*>(run_at(x, first * size, 1).data);
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

template <class F>
void dispatch_floating(DType dtype, const F& fn) {
  dispatch_compute(dtype, [&]<class C>() {
    if constexpr (std::is_floating_point_v<C>) fn.template operator()<C>();
  });
}

}  // namespace

void softmax(bool log, const Tensor& x, const Tensor& out) {
  const std::int64_t size = x.shape()[1], inner = x.shape()[2];
  dispatch_floating(x.dtype(), [&]<class C>() {
    for_each_row_block<C>(x, [&](const RowBlock<C>& block) {
      for (std::int64_t r = 0; r < block.rows; ++r) {
        C* row = block.exponentials + r * size;
        if (log) {
          const C rest = std::log(block.sums[r]);  // subtracted last: large logits cancel exactly
          for (std::int64_t i = 0; i < size; ++i) {
            row[i] = (block.x[r * size + i] - block.largest[r]) - rest;
          }
        } else {
          for (std::int64_t i = 0; i < size; ++i) row[i] /= block.sums[r];
        }
        const std::int64_t number = block.first + r;
        scatter(row, size, run_at(out, number / inner * size * inner + number % inner, inner));
      }
    });
  });
}

std::int64_t cross_entropy(const Tensor& logits, const Tensor& labels, const Tensor& out) {
  const std::int64_t rows = logits.shape()[0], classes = logits.shape()[1];
  const auto* label = labels.data<std::int64_t>();
  for (std::int64_t i = 0; i < rows; ++i) {
    if (label[i] < 0 || label[i] >= classes) return i;
  }
  if (rows == 0) return -1;
  dispatch_floating(logits.dtype(), [&]<class C>() {
    for_each_row_block<C>(as_rows(logits), [&](const RowBlock<C>& block) {
      for (std::int64_t r = 0; r < block.rows; ++r) {
        const std::int64_t i = block.first + r;
        const C loss =
            std::log(block.sums[r]) + (block.largest[r] - block.x[r * classes + label[i]]);
        scatter(&loss, 1, run_at(out, i, 1));
      }
    });
  });
  return -1;
}

void cross_entropy_grad(const Tensor& grad, double scale, const Tensor& logits,
                        const Tensor& labels, const Tensor& out) {
  const std::int64_t classes = logits.shape()[1];
  if (out.numel() == 0) return;
  const auto* label = labels.data<std::int64_t>();
  const std::int64_t grad_stride = grad.ndim() == 0 ? 0 : 1;
  dispatch_floating(logits.dtype(), [&]<class C>() {
    for_each_row_block<C>(as_rows(logits), [&](const RowBlock<C>& block) {
      for (std::int64_t r = 0; r < block.rows; ++r) {
        const std::int64_t i = block.first + r;
        C incoming;
        gather(run_at(grad, i * grad_stride, 1), 1, &incoming);
        incoming *= static_cast<C>(scale);
        C* row = block.exponentials + r * classes;
        const C factor = incoming / block.sums[r];
        for (std::int64_t c = 0; c < classes; ++c) row[c] *= factor;
        if (label[i] >= 0 && label[i] < classes) row[label[i]] -= incoming;
      }
      scatter(block.exponentials, block.rows * classes, run_at(out, block.first * classes, 1));
    });
  });
}

}  // namespace tenon::cpu
