#include "tensor/backend.h"
#include "tensor/internal/check.h"
#include "tensor/ops.h"

namespace tenon {
namespace {

/// [outer, size of dim, inner].
Tensor around(const Tensor& x, int dim) {
  Shape shape{1, x.ndim() == 0 ? 1 : x.shape()[dim], 1};
  for (int i = 0; i < x.ndim(); ++i) {
    if (i != dim) shape[i < dim ? 0 : 2] *= x.shape()[i];
  }
  return x.reshape(shape);
}

Tensor softmax(const char* op, bool log, const Tensor& x, int dim) {
  internal::check_floating(op, "x", x);
  dim = normalize_dim(dim, x.ndim(), op);
  const Tensor source = x.contiguous();
  Tensor out = empty(x.shape(), x.options());
  if (x.numel() > 0) {
    backend(x.device()).softmax(log, around(source, dim), around(out, dim));
  }
  return out;
}

void check_classification(const char* op, const Tensor& logits, const Tensor& labels) {
  internal::check_floating(op, "logits", logits);
  internal::check_ndim(op, "logits", logits, 2);
  internal::check_dtype(op, "labels", labels, DType::kI64);
  internal::check_shape(op, "labels", labels, {logits.size(0)});
  internal::check_same_device(op, logits, labels);
}

}  // namespace

Tensor softmax(const Tensor& x, int dim) { return softmax("softmax", false, x, dim); }
Tensor log_softmax(const Tensor& x, int dim) { return softmax("log_softmax", true, x, dim); }

Tensor cross_entropy(const Tensor& logits, const Tensor& labels, Reduction reduction) {
  check_classification("cross_entropy", logits, labels);
  Tensor losses = empty({logits.size(0)}, logits.options());
  const std::int64_t bad = backend(logits.device())
                               .cross_entropy(logits.contiguous(), labels.contiguous(), losses);
  if (bad >= 0) {
    throw IndexError("[cross_entropy] expected labels in [0, " + std::to_string(logits.size(1)) +
                     "), got " + std::to_string(labels.item<std::int64_t>({bad})) + " in row " +
                     std::to_string(bad));
  }
  switch (reduction) {
    case Reduction::kMean:
      return mean(losses);
    case Reduction::kSum:
      return sum(losses);
    case Reduction::kNone:
      break;
  }
  return losses;
}

Tensor cross_entropy_grad(const Tensor& grad, const Tensor& logits, const Tensor& labels,
                          Reduction reduction) {
  check_classification("cross_entropy_grad", logits, labels);
  internal::check_match("cross_entropy_grad", "logits", logits, "grad", grad);
  const std::int64_t rows = logits.size(0);
  internal::check_shape("cross_entropy_grad", "grad", grad,
                        reduction == Reduction::kNone ? Shape{rows} : Shape{});
  Tensor out = empty(logits.shape(), logits.options());
  const double scale = reduction == Reduction::kMean ? 1.0 / static_cast<double>(rows) : 1.0;
  backend(logits.device())
      .cross_entropy_grad(grad.contiguous(), scale, logits.contiguous(), labels.contiguous(), out);
  return out;
}

}  // namespace tenon
