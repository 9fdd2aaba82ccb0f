#include "finetune/quantized_operator.h"

#include <algorithm>

#include "autograd/autocast.h"
#include "autograd/ops.h"
#include "autograd/record.h"
#include "tensor/ops.h"

namespace tenon::finetune {
namespace {

namespace ag = autograd;
using quant::QuantizedTensor;

/// Numbers of a tile on the CPU: 2 MiB in bf16, which stays in the last-level cache between its
/// making and its use. Fewer, and the products are too small to be fast.
constexpr std::int64_t kCpuTile = std::int64_t{1} << 20;
/// On a GPU: 32 MiB in bf16, the largest layer of a model of 1.3 billion weights in one product,
/// which fills the multiprocessors and needs no copy behind it. It fits the second-level cache of
/// an A100 and of later ones (40 and 50 MiB). Tiles follow each other on one stream, in one buffer.
constexpr std::int64_t kGpuTile = std::int64_t{1} << 24;

/// Calls fn(begin, tile) for runs of rows of W that together are all of it.
template <class F>
void for_each_tile(const QuantizedTensor& w, DType dtype, const F& fn) {
  const std::int64_t rows = w.shape[0], columns = w.shape[1];
  const std::int64_t numbers = w.codes.device().is_cpu() ? kCpuTile : kGpuTile;
  const std::int64_t step = std::min(rows, std::max<std::int64_t>(numbers / columns / 64 * 64, 64));
  const Tensor buffer = empty({step, columns}, {.dtype = dtype, .device = w.codes.device()});
  for (std::int64_t begin = 0; begin < rows; begin += step) {
    const std::int64_t end = std::min(rows, begin + step);
    const Tensor tile = buffer.narrow(0, 0, end - begin);
    quant::dequantize_rows(w, begin, end, tile);
    fn(begin, tile);
  }
}

/// x [M,I] -> x W^T [M,O].
Tensor product(const Tensor& x, const QuantizedTensor& w) {
  if (x.size(0) >= 1 && x.size(0) <= quant::multiply_rows(w, x.dtype())) {
    return quant::multiply(x.contiguous(), w);
  }
  Tensor out;
  for_each_tile(w, x.dtype(), [&](std::int64_t begin, const Tensor& tile) {
    if (tile.size(0) == w.shape[0]) {
      out = tenon::matmul(x, tile.t());
      return;
    }
    if (!out.defined()) {
      out = empty({x.size(0), w.shape[0]}, {.dtype = x.dtype(), .device = x.device()});
    }
    out.narrow(1, begin, tile.size(0)).copy_(tenon::matmul(x, tile.t()));
  });
  return out;
}

/// y [M,O] -> y W [M,I]. Sums of tiles are f32.
Tensor transposed_product(const Tensor& y, const QuantizedTensor& w) {
  if (y.size(0) >= 1 && y.size(0) <= quant::multiply_transposed_rows(w, y.dtype())) {
    return quant::multiply_transposed(y.contiguous(), w);
  }
  Tensor out;
  for_each_tile(w, y.dtype(), [&](std::int64_t begin, const Tensor& tile) {
    const Tensor part = tenon::matmul(y.narrow(1, begin, tile.size(0)), tile);
    const bool alone = tile.size(0) == w.shape[0];
    if (alone) {
      out = part;
    } else if (!out.defined()) {
      out = part.to(DType::kF32);
    } else {
      out = out + part;
    }
  });
  return out.to(y.dtype());
}

Tensor as_rows(const Tensor& x) { return x.contiguous().reshape({-1, x.size(-1)}); }

Shape with_last(const Shape& shape, std::int64_t size) {
  Shape changed = shape;
  changed[changed.size() - 1] = size;
  return changed;
}

Variable times_transposed(const Variable& x, const QuantizedTensor& w);

/// y [..,O] -> y W [..,I].
Variable times(const Variable& y, const QuantizedTensor& w) {
  Tensor out = transposed_product(as_rows(y.value()), w).reshape(with_last(y.shape(), w.shape[1]));
  return ag::record(
      "quantized_linear_grad", std::move(out),
      [w](ag::Gradients& g) { g.set(0, times_transposed(g.output(), w)); }, y);
}

/// x [..,I] -> x W^T [..,O].
Variable times_transposed(const Variable& x, const QuantizedTensor& w) {
  Tensor out = product(as_rows(x.value()), w).reshape(with_last(x.shape(), w.shape[0]));
  return ag::record(
      "quantized_linear", std::move(out), [w](ag::Gradients& g) { g.set(0, times(g.output(), w)); },
      x);
}

}  // namespace

QuantizedOperator::QuantizedOperator(QuantizedTensor weight) : weight_(std::move(weight)) {
  if (weight_.shape.size() != 2) {
    throw ShapeError("[QuantizedOperator] expected a weight [O,I], got " +
                     to_string(weight_.shape));
  }
  for (auto& [name, tensor] : quantized_state(weight_)) buffers_.emplace_back(name, tensor);
  weight_.codes = weight_.scales = weight_.nested_scales = Tensor();
}

QuantizedTensor QuantizedOperator::weight() const {
  QuantizedTensor weight = weight_;
  for (const auto& [name, buffer] : buffers_) {
    if (name == "weight") weight.codes = buffer.value();
    if (name == "weight.absmax" || name == "SCB") weight.scales = buffer.value();
    if (name == "weight.nested_absmax") weight.nested_scales = buffer.value();
  }
  return weight;
}

Variable quantized_linear(const Variable& x, const QuantizedTensor& weight, const Variable& bias) {
  if (x.device() != weight.codes.device()) {
    throw DeviceError("[quantized_linear] expected x on " + to_string(weight.codes.device()) +
                      ", got one on " + to_string(x.device()));
  }
  if (!is_floating(x.dtype()) || x.dtype() == DType::kF64) {
    throw DTypeError("[quantized_linear] expected x of f32, bf16 or f16, got " +
                     std::string(tenon::name(x.dtype())));
  }
  if (x.ndim() < 1 || x.size(-1) != weight.shape[1]) {
    throw ShapeError("[quantized_linear] expected x [..," + std::to_string(weight.shape[1]) +
                     "], got " + to_string(x.shape()));
  }
  if (ag::autocasting()) {
    return ag::autocast(
        ag::Precision::kLow,
        [&](const Variable& low_x, const Variable& low_bias) {
          return quantized_linear(low_x, weight, low_bias);
        },
        x, bias);
  }
  const Variable y = times_transposed(x, weight);
  return bias.defined() ? y + ag::to(bias, y.dtype()) : y;
}

Variable QuantizedOperator::apply(const Variable& x, const layers::LinearCall& call) {
  for (const auto& [name, buffer] : buffers_) {
    const DType dtype = buffer.dtype();
    if (dtype != DType::kU8 && dtype != DType::kF32) {
      throw DTypeError("[QuantizedOperator] expected '" + name + "' as it was made, got " +
                       std::string(tenon::name(dtype)) +
                       ": a quantized module cannot be converted");
    }
  }
  return layers::activate(quantized_linear(x, weight(), call.bias), call.activation);
}

}  // namespace tenon::finetune
