#include "autograd/internal/views.h"

#include <cstdint>

#include "autograd/ops.h"
#include "autograd/record.h"

namespace tenon::autograd {
namespace {

/// How the elements of a view lie among those of its base.
struct Places {
  Shape base_shape;
  Strides base_strides;
  Shape shape;
  Strides strides;
  std::int64_t offset;  // from the base's first element

  Places(const Tensor& base, const Tensor& view)
      : base_shape(base.shape()),
        base_strides(base.strides()),
        shape(view.shape()),
        strides(view.strides()),
        offset(view.offset() - base.offset()) {}

  /// Zeros with the base's shape, laid out in memory as it is.
  Tensor zeros_like_base(const TensorOptions& options) const {
    std::int64_t span = tenon::numel(base_shape) > 0 ? 1 : 0;
    for (int d = 0; span > 0 && d < base_shape.size(); ++d) {
      span += (base_shape[d] - 1) * base_strides[d];
    }
    return Tensor(zeros({span}, options).storage(), base_shape, base_strides, 0, options.dtype);
  }
  /// Where the view looks in what is laid out as the base.
  Tensor in(const Tensor& laid_out) const {
    return Tensor(laid_out.storage(), shape, strides, laid_out.offset() + offset, laid_out.dtype());
  }
};

Variable write(const Variable& x, const Places& places);

/// The elements of x, which has the base's shape, that the view sees.
Variable read(const Variable& x, const Places& places) {
  Tensor laid_out = x.value();
  if (laid_out.strides() != places.base_strides) {
    laid_out = places.zeros_like_base(laid_out.options()).copy_(laid_out);
  }
  Tensor y = places.in(laid_out);
  if (!recording(x)) return y;
  return record(
      "view", std::move(y), [places](Gradients& g) { g.set(0, write(g.output(), places)); }, x);
}

/// Zeros with the base's shape and x where the view looks: read's adjoint. What the view sees
/// several times is summed.
Variable write(const Variable& x, const Places& places) {
  Places once = places;
  for (int d = 0; d < once.shape.size(); ++d) {
    if (once.strides[d] == 0) once.shape[d] = std::min<std::int64_t>(once.shape[d], 1);
  }
  Tensor y = places.zeros_like_base(x.value().options());
  once.in(y).copy_(sum_to(x.value(), once.shape));
  if (!recording(x)) return y;
  return record(
      "view_adjoint", std::move(y), [places](Gradients& g) { g.set(0, read(g.output(), places)); },
      x);
}

/// x with zeros where the view looks.
Variable without(const Variable& x, const Places& places) {
  Tensor y = places.zeros_like_base(x.value().options()).copy_(x.value());
  places.in(y).fill_(0);
  if (!recording(x)) return y;
  return record(
      "without_view", std::move(y),
      [places](Gradients& g) { g.set(0, without(g.output(), places)); }, x);
}

}  // namespace

void refresh_history(VariableImpl& view) {
  const VariableImpl& base = *view.base;
  view.rewrites = base.rewrites;
  auto rule = [places = Places(base.value, view.value)](Gradients& g) {
    g.set(0, write(g.output(), places));
  };
  tenon::internal::IntrusivePtr<Node> node(new RuleNode<decltype(rule)>("view", std::move(rule)));
  node->add_input(Variable(view.base));
  Node::adopt_output(std::move(node), view);
}

void rebase(VariableImpl& view) {
  VariableImpl& base = *view.base;
  auto rule = [places = Places(base.value, view.value)](Gradients& g) {
    if (g.needs(0)) g.set(0, without(g.output(), places));
    if (g.needs(1)) g.set(1, read(g.output(), places));
  };
  tenon::internal::IntrusivePtr<Node> node(
      new RuleNode<decltype(rule)>("write_view", std::move(rule)));
  node->add_input(Variable(view.base));
  node->add_input(Variable(tenon::internal::IntrusivePtr<VariableImpl>(&view)));
  Node::adopt_output(std::move(node), base);
  ++base.rewrites;
}

}  // namespace tenon::autograd
