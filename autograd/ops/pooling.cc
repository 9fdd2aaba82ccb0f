#include "autograd/ops/pooling.h"

#include <utility>

#include "autograd/record.h"
#include "tensor/ops.h"

// A mean over windows is linear, and so is reading the places of the largest elements: each has its
// adjoint, and the two are each other's derivatives.

namespace tenon::autograd {
namespace {

Variable pool_gather(const Variable& x, const Tensor& indices);

Variable pool_scatter(const Variable& grad, const Tensor& indices, const Shape& x_shape) {
  Tensor y = tenon::max_pool2d_scatter(grad.value(), indices, x_shape);
  if (!recording(grad)) return y;
  return record(
      "max_pool2d_scatter", std::move(y),
      [indices](Gradients& g) { g.set(0, pool_gather(g.output(), indices)); }, grad);
}

Variable pool_gather(const Variable& x, const Tensor& indices) {
  Tensor y = tenon::max_pool2d_gather(x.value(), indices);
  if (!recording(x)) return y;
  return record(
      "max_pool2d_gather", std::move(y),
      [indices](Gradients& g) { g.set(0, pool_scatter(g.output(), indices, g.shape(0))); }, x);
}

/// `result`: the largest elements and their places.
Variable largest(const char* name, const Variable& x, std::pair<Tensor, Tensor> result) {
  if (!recording(x)) return std::move(result.first);
  return record(
      name, std::move(result.first),
      [indices = std::move(result.second)](Gradients& g) {
        g.set(0, pool_scatter(g.output(), indices, g.shape(0)));
      },
      x);
}

/// avg_pool2d, or the adaptive one; its adjoint's derivative.
template <class Pool>
Variable shared_out(const Pool& pool, const Variable& grad, const Shape& x_shape) {
  Tensor y = pool.grad(grad.value(), x_shape);
  if (!recording(grad)) return y;
  return record(
      pool.kGradName, std::move(y), [pool](Gradients& g) { g.set(0, average(pool, g.output())); },
      grad);
}

template <class Pool>
Variable average(const Pool& pool, const Variable& x) {
  Tensor y = pool.mean(x.value());
  if (!recording(x)) return y;
  return record(
      pool.kName, std::move(y),
      [pool](Gradients& g) { g.set(0, shared_out(pool, g.output(), g.shape(0))); }, x);
}

struct Windows {
  static constexpr const char* kName = "avg_pool2d";
  static constexpr const char* kGradName = "avg_pool2d_grad";
  AvgPool2dParams params;
  Tensor mean(const Tensor& x) const { return tenon::avg_pool2d(x, params); }
  Tensor grad(const Tensor& grad, const Shape& x_shape) const {
    return tenon::avg_pool2d_grad(grad, x_shape, params);
  }
};

struct EvenWindows {
  static constexpr const char* kName = "adaptive_avg_pool2d";
  static constexpr const char* kGradName = "adaptive_avg_pool2d_grad";
  std::pair<int, int> size;
  Tensor mean(const Tensor& x) const { return tenon::adaptive_avg_pool2d(x, size); }
  Tensor grad(const Tensor& grad, const Shape& x_shape) const {
    return tenon::adaptive_avg_pool2d_grad(grad, x_shape);
  }
};

}  // namespace

Variable max_pool2d(const Variable& x, const Pool2dParams& params) {
  return largest("max_pool2d", x, tenon::max_pool2d(x.value(), params));
}

Variable adaptive_max_pool2d(const Variable& x, std::pair<int, int> size) {
  return largest("adaptive_max_pool2d", x, tenon::adaptive_max_pool2d(x.value(), size));
}

Variable avg_pool2d(const Variable& x, const AvgPool2dParams& params) {
  return average(Windows{params}, x);
}

Variable adaptive_avg_pool2d(const Variable& x, std::pair<int, int> size) {
  return average(EvenWindows{size}, x);
}

}  // namespace tenon::autograd
