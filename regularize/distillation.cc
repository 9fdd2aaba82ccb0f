#include "regularize/distillation.h"

#include <utility>

#include "autograd/ops.h"
#include "regularize/internal/check.h"
#include "tensor/ops.h"

namespace tenon::regularize {
namespace {

void check(const DistillationOptions& options) {
  internal::require("distillation_loss",
                    std::isfinite(options.temperature) && options.temperature > 0,
                    "a finite temperature above 0", options.temperature);
  internal::require_share("distillation_loss", "alpha", options.alpha);
}

// KL(softmax(teacher / T) ‖ softmax(student / T)), the mean over rows.
Variable divergence(const Variable& student, const Tensor& teacher, double temperature) {
  const Tensor log_p = log_softmax(teacher.to(student.dtype()) / temperature, 1);
  const Tensor p = exp(log_p);
  const Variable log_q = autograd::log_softmax(student / temperature, 1);
  const Variable terms = Variable(p) * (Variable(log_p) - log_q);
  return autograd::sum(terms) / static_cast<double>(student.size(0));
}

}  // namespace

Variable distillation_loss(const Variable& student, const Tensor& teacher, const Tensor& labels,
                           const DistillationOptions& options) {
  check(options);
  if (student.ndim() != 2 || teacher.shape() != student.shape()) {
    throw ShapeError(
        "[distillation_loss] expected the teacher's logits to have the student's shape " +
        to_string(student.shape()) + ", got " + to_string(teacher.shape()));
  }
  const double t = options.temperature;
  const Variable soft = divergence(student, teacher, t) * (options.alpha * t * t);
  if (options.alpha == 1) return soft;
  return soft + autograd::cross_entropy(student, labels) * (1 - options.alpha);
}

Teacher teacher_of(layers::Module& module) {
  return [&module](const Tensor& inputs) {
    const autograd::NoGrad no_grad;
    const bool training = module.training();
    module.eval();
    const Tensor logits = module(inputs).value();
    module.train(training);
    return logits;
  };
}

train::Forward distill(Teacher teacher, const DistillationOptions& options) {
  check(options);
  return
      [teacher = std::move(teacher), options](layers::Module& student, const data::Batch& batch) {
        const Variable output = student(batch.inputs);
        return train::ForwardResult{
            .output = output,
            .loss = distillation_loss(output, teacher(batch.inputs), batch.targets, options)};
      };
}

}  // namespace tenon::regularize
