#include "optim/muon.h"

#include <algorithm>
#include <cmath>

#include "optim/internal/check.h"
#include "tensor/ops.h"

namespace tenon::optim {
namespace {

// Of the quintic whose slope at 0 is largest (see the paper).
constexpr double kLinear = 3.4445, kCubic = -4.7750, kQuintic = 2.0315;

Shape as_matrix(const Shape& shape) {
  return {shape[0], numel(shape) / std::max<std::int64_t>(shape[0], 1)};
}

double ratio(MuonScale scale, const Shape& matrix) {
  const auto rows = static_cast<double>(matrix[0]), columns = static_cast<double>(matrix[1]);
  if (scale == MuonScale::kMatchAdamW) return 0.2 * std::sqrt(std::max(rows, columns));
  return std::sqrt(std::max(1.0, rows / columns));
}

/// x scaled to the norm `norm`; its own norm only the device knows where it works by itself.
Tensor normalized(const Tensor& x, double eps, double norm = 1) {
  if (x.device().is_cpu()) return x * (norm / std::max(total_norm({&x, 1}), eps));
  const Tensor factor = norm * reciprocal(maximum(total_norm_tensor({&x, 1}), eps));
  return x.dtype() == DType::kF64 ? x * factor : x.to(DType::kF32) * factor.to(DType::kF32);
}

}  // namespace

Tensor newton_schulz(const Tensor& matrix, int iterations, double eps, DType dtype) {
  const bool tall = matrix.size(0) > matrix.size(1);  // the smaller Gram matrix does
  Tensor x = tall ? matrix.t() : matrix;
  x = normalized(x, eps).to(dtype);
  for (int i = 0; i < iterations; ++i) {
    const Tensor gram = matmul(x, x.t());
    x = kLinear * x + matmul(kCubic * gram + kQuintic * matmul(gram, gram), x);
  }
  return tall ? x.t() : x;
}

Muon::Muon(std::vector<Variable> parameters, const MuonOptions& options)
    : GroupedOptimizer("Muon", &MuonOptions::momentum) {
  add_group(std::move(parameters), options);
}

void Muon::check(const MuonOptions& options) const {
  using internal::is_rate;
  require(internal::is_beta(options.momentum), "momentum in [0,1)", options.momentum);
  require(is_rate(options.weight_decay), "a finite weight_decay of at least 0",
          options.weight_decay);
  require(is_rate(options.eps), "a finite eps of at least 0", options.eps);
  require(options.iterations >= 0 && options.iterations < 100, "iterations in [0,100)",
          options.iterations);
  if (!is_floating(options.compute_dtype)) {
    throw DTypeError("[Muon] expected a floating compute_dtype, got " +
                     std::string(tenon::name(options.compute_dtype)));
  }
}

std::vector<FusedOptimizer::Slot> Muon::slots(const MuonOptions&) const {
  return {{"momentum_buffer"}};
}

void Muon::check_parameter(std::size_t index, const Tensor& value) const {
  if (value.ndim() >= 2) return;
  throw ShapeError("[Muon] expected parameter " + std::to_string(index) +
                   " with at least 2 dimensions, got " + to_string(value.shape()));
}

void Muon::update(const Update& update) {
  const MuonOptions o = options(update.group);
  const UpdateLists& lists = update.lists;
  const std::vector<Tensor>& buffers = lists.states[0];
  optimizer_update_({.parameters = buffers,
                     .grads = lists.grads,
                     .grad_scale = lists.grad_scale,
                     .grad_factor = lists.grad_factor},
                    AverageStep{.decay = o.momentum});
  for (std::size_t i = 0; i < buffers.size(); ++i) {
    const Tensor &parameter = lists.parameters[i], &buffer = buffers[i];
    if (parameter.numel() == 0) continue;
    Tensor grad = lists.grad_scale * lists.grads[i].to(buffer.dtype());
    if (lists.grad_factor.defined()) grad = grad * lists.grad_factor.to(grad.dtype());
    const Tensor direction = o.nesterov ? grad + o.momentum * (buffer - grad) : buffer;
    const Shape shape = as_matrix(parameter.shape());
    const Tensor step =
        newton_schulz(direction.reshape(shape), o.iterations, o.eps, o.compute_dtype)
            .to(parameter.dtype())
            .reshape(parameter.shape());
    if (o.normalize) {
      parameter.copy_(normalized(parameter, o.eps, std::sqrt(static_cast<double>(shape[0]))));
    }
    const double factor = ratio(o.scale, shape);
    optimizer_update_({.parameters = lists.parameters.subspan(i, 1),
                       .grads = {&step, 1},
                       .copies = lists.copies.empty() ? lists.copies : lists.copies.subspan(i, 1)},
                      SgdStep{.lr = o.lr * factor,
                              .weight_decay = o.weight_decay / factor,  // of lr alone
                              .decoupled = true});
  }
}

}  // namespace tenon::optim
