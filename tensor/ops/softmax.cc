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

DType weight_dtype(const Tensor& logits) {
  return logits.dtype() == DType::kF64 ? DType::kF64 : DType::kF32;
}

void check_classification(const char* op, const Tensor& logits, const Tensor& labels,
                          const CrossEntropyParams& params) {
  internal::check_floating(op, "logits", logits);
  internal::check_ndim(op, "logits", logits, 2);
  internal::check_dtype(op, "labels", labels, DType::kI64);
  internal::check_shape(op, "labels", labels, {logits.size(0)});
  internal::check_same_device(op, logits, labels);
  if (!(params.label_smoothing >= 0 && params.label_smoothing <= 1)) {
    throw ValueError("[" + std::string(op) + "] expected label_smoothing in [0,1], got " +
                     std::to_string(params.label_smoothing));
  }
  if (!params.weight.defined()) return;
  internal::check_floating(op, "weight", params.weight);
  internal::check_shape(op, "weight", params.weight, {logits.size(1)});
  internal::check_same_device(op, logits, params.weight);
}

/// Cross entropy's arguments as a backend takes them.
class Arguments {
 public:
  Arguments(const Tensor& logits, const Tensor& labels, const CrossEntropyParams& params)
      : logits_(logits.contiguous()), labels_(labels.contiguous()), params_(params) {
    if (params.weight.defined()) weight_ = params.weight.to(weight_dtype(logits)).contiguous();
  }

  CrossEntropyArgs args() const {
    return {.logits = logits_,
            .labels = labels_,
            .weight = weight_.defined() ? &weight_ : nullptr,
            .smoothing = params_.label_smoothing,
            .ignore_index = params_.ignore_index};
  }
  /// Sum of the weights of the labels that count, f64 [].
  Tensor total_weight() const {
    const Tensor out = empty({}, {.dtype = DType::kF64, .device = logits_.device()});
    backend(logits_.device()).cross_entropy_weight(args(), out);
    return out;
  }

 private:
  Tensor logits_;
  Tensor labels_;
  Tensor weight_;
  const CrossEntropyParams& params_;
};

/// A device that works by itself knows the number when its turn comes, the CPU at once.
Tensor weighted_mean(const Tensor& losses, const Tensor& weight) {
  if (!losses.device().is_cpu()) {
    return div(sum(losses).to(DType::kF64), weight).to(losses.dtype());
  }
  const auto total = weight.item<double>();
  return total == static_cast<double>(losses.numel()) ? mean(losses) : div(sum(losses), total);
}

}  // namespace

Tensor softmax(const Tensor& x, int dim) { return softmax("softmax", false, x, dim); }
Tensor log_softmax(const Tensor& x, int dim) { return softmax("log_softmax", true, x, dim); }

Tensor cross_entropy(const Tensor& logits, const Tensor& labels, const CrossEntropyParams& params) {
  check_classification("cross_entropy", logits, labels, params);
  const Arguments arguments(logits, labels, params);
  Backend& device = backend(logits.device());
  Tensor losses = empty({logits.size(0)}, logits.options());
  const std::int64_t bad = device.cross_entropy(arguments.args(), losses);
  if (bad >= 0) {
    throw IndexError("[cross_entropy] expected labels in [0, " + std::to_string(logits.size(1)) +
                     "), got " + std::to_string(labels.item<std::int64_t>({bad})) + " in row " +
                     std::to_string(bad));
  }
  if (params.reduction == Reduction::kNone) return losses;
  if (params.reduction == Reduction::kSum) return sum(losses);
  return weighted_mean(losses, arguments.total_weight());
}

Tensor cross_entropy_grad(const Tensor& grad, const Tensor& logits, const Tensor& labels,
                          const CrossEntropyParams& params) {
  check_classification("cross_entropy_grad", logits, labels, params);
  internal::check_match("cross_entropy_grad", "logits", logits, "grad", grad);
  internal::check_shape("cross_entropy_grad", "grad", grad,
                        params.reduction == Reduction::kNone ? Shape{logits.size(0)} : Shape{});
  const Arguments arguments(logits, labels, params);
  const bool mean = params.reduction == Reduction::kMean;
  const Tensor divisor = mean ? arguments.total_weight() : Tensor();
  Tensor out = empty(logits.shape(), logits.options());
  backend(logits.device())
      .cross_entropy_grad(grad.contiguous(), mean ? &divisor : nullptr, arguments.args(), out);
  return out;
}

Tensor cross_entropy_target(const Tensor& logits, const Tensor& labels,
                            const CrossEntropyParams& params) {
  check_classification("cross_entropy_target", logits, labels, params);
  const Arguments arguments(logits, labels, params);
  const std::int64_t classes = logits.size(1);
  const Tensor counted = ne(labels, static_cast<double>(params.ignore_index));
  const Tensor safe = where(counted, labels, zeros_like(labels));
  Tensor target = classes == 0 ? zeros_like(logits) : one_hot(safe, classes, logits.dtype());
  target =
      target * (1 - params.label_smoothing) + params.label_smoothing / static_cast<double>(classes);
  if (params.weight.defined()) target = target * params.weight.to(logits.dtype());
  Tensor factors = counted.to(DType::kF64);
  if (params.reduction == Reduction::kMean) factors = div(factors, arguments.total_weight());
  return target * factors.to(logits.dtype()).unsqueeze(1);
}

}  // namespace tenon
