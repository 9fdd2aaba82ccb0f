// A small network that learns from a large one.
//
//   auto history = fit(student, loader, optimizer,
//                      {.epochs = 10, .forward = distill(teacher_of(net), {.temperature = 4})});
//
// or in a loop of one's own:
//
//   Variable loss = distillation_loss(student(x), teacher(x), labels, {.temperature = 4});
#ifndef TENON_REGULARIZE_DISTILLATION_H_
#define TENON_REGULARIZE_DISTILLATION_H_

#include <functional>

#include "autograd/variable.h"
#include "layers/module.h"
#include "train/fit.h"

namespace tenon::regularize {

using autograd::Variable;

struct DistillationOptions {
  double temperature = 4;  ///< > 0; higher shows more of what the teacher thinks of wrong classes
  double alpha = 0.9;      ///< weight of the teacher's probabilities; 1 - alpha that of the labels
};

/// alpha T² KL(softmax(teacher / T) ‖ softmax(student / T)) + (1 - alpha) CE(student, labels),
/// means over the batch; logits [N,C], labels [N] i64 -> []. T² keeps the first term's gradients
/// the same size for any T. No gradient flows to the teacher. Throws ShapeError where the teacher's
/// logits have another shape, ValueError for options outside their domain. (Hinton, Vinyals & Dean
/// 2015, "Distilling the knowledge in a neural network", §2 and §2.1)
Variable distillation_loss(const Variable& student, const Tensor& teacher, const Tensor& labels,
                           const DistillationOptions& options = {});

/// Logits [N,C] for the inputs of a batch: a network, an ensemble, a table of what was computed
/// before.
using Teacher = std::function<Tensor(const Tensor& inputs)>;

/// A module as it is in evaluation mode, without recording. It must outlive what is returned.
Teacher teacher_of(layers::Module& module);

/// What fit() should compute for each batch to train with distillation_loss. Evaluation is as ever:
/// the student alone, against the labels.
train::Forward distill(Teacher teacher, const DistillationOptions& options = {});

}  // namespace tenon::regularize

#endif  // TENON_REGULARIZE_DISTILLATION_H_
