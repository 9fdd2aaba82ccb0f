#include <Eigen/Core>
#include <cmath>
#include <vector>

#include "tensor/cpu/chunk.h"
#include "tensor/cpu/kernels.h"
#include "tensor/cpu/parallel.h"

namespace tenon::cpu {
namespace {

template <class C>
using Row = Eigen::Map<Eigen::Array<C, Eigen::Dynamic, 1>>;
template <class C>
using ConstRow = Eigen::Map<const Eigen::Array<C, Eigen::Dynamic, 1>>;

Run run_at(const Tensor& x, std::int64_t offset, std::int64_t stride) {
  return {static_cast<std::byte*>(x.raw_data()) +
              offset * static_cast<std::int64_t>(size_of(x.dtype())),
          stride, x.dtype()};
}

/// exp(x - max) of a row, and the sum of it. A row of -infinity alone gives NaN, as in PyTorch.
template <class C>
C exponentials(const ConstRow<C>& x, Row<C> out) {
  out = (x - x.maxCoeff()).exp();
  return out.sum();
}

template <class C>
void softmax_row(bool log, const ConstRow<C>& x, Row<C> out) {
  const C sum = exponentials<C>(x, out);
  if (log) {
    out = x - (x.maxCoeff() + std::log(sum));
  } else {
    out *= C{1} / sum;
  }
}

}  // namespace

void softmax(bool log, const Tensor& x, const Tensor& out) {
  const std::int64_t size = x.shape()[1], inner = x.shape()[2];
  dispatch_compute(x.dtype(), [&]<class C>() {
    if constexpr (std::is_floating_point_v<C>) {
      parallel_items(x.shape()[0] * inner, size * 8, [&](std::int64_t begin, std::int64_t end) {
        std::vector<C> buffer(static_cast<std::size_t>(2 * size));
        C* result = buffer.data() + size;
        for (std::int64_t i = begin; i < end; ++i) {
          const std::int64_t offset = i / inner * size * inner + i % inner;
          const C* row = contiguous_run(run_at(x, offset, inner), size, buffer.data());
          softmax_row<C>(log, ConstRow<C>(row, size), Row<C>(result, size));
          scatter(result, size, run_at(out, offset, inner));
        }
      });
    }
  });
}

std::int64_t cross_entropy(const Tensor& logits, const Tensor& labels, const Tensor& out) {
  const std::int64_t rows = logits.shape()[0], classes = logits.shape()[1];
  const auto* label = labels.data<std::int64_t>();
  for (std::int64_t i = 0; i < rows; ++i) {
    if (label[i] < 0 || label[i] >= classes) return i;
  }
  dispatch_compute(logits.dtype(), [&]<class C>() {
    if constexpr (std::is_floating_point_v<C>) {
      parallel_items(rows, classes * 8, [&](std::int64_t begin, std::int64_t end) {
        std::vector<C> buffer(static_cast<std::size_t>(2 * classes));
        for (std::int64_t i = begin; i < end; ++i) {
          const ConstRow<C> row(
              contiguous_run(run_at(logits, i * classes, 1), classes, buffer.data()), classes);
          const C sum = exponentials<C>(row, Row<C>(buffer.data() + classes, classes));
          const C loss = std::log(sum) + row.maxCoeff() - row[label[i]];
          scatter(&loss, 1, run_at(out, i, 1));
        }
      });
    }
  });
  return -1;
}

void cross_entropy_grad(const Tensor& grad, double scale, const Tensor& logits,
                        const Tensor& labels, const Tensor& out) {
  const std::int64_t rows = logits.shape()[0], classes = logits.shape()[1];
  const auto* label = labels.data<std::int64_t>();
  const std::int64_t grad_stride = grad.ndim() == 0 ? 0 : 1;
  dispatch_compute(logits.dtype(), [&]<class C>() {
    if constexpr (std::is_floating_point_v<C>) {
      parallel_items(rows, classes * 8, [&](std::int64_t begin, std::int64_t end) {
        std::vector<C> buffer(static_cast<std::size_t>(2 * classes));
        Row<C> result(buffer.data() + classes, classes);
        for (std::int64_t i = begin; i < end; ++i) {
          const ConstRow<C> row(
              contiguous_run(run_at(logits, i * classes, 1), classes, buffer.data()), classes);
          C incoming;
          gather(run_at(grad, i * grad_stride, 1), 1, &incoming);
          incoming *= static_cast<C>(scale);
          result *= incoming / exponentials<C>(row, result);
          if (label[i] >= 0 && label[i] < classes) result[label[i]] -= incoming;
          scatter(result.data(), classes, run_at(out, i * classes, 1));
        }
      });
    }
  });
}

}  // namespace tenon::cpu
