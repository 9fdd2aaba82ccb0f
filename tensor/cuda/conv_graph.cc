#include "tensor/cuda/conv_graph.h"

namespace tenon::cuda {
namespace {

/// [N,C,H,W] in the order of memory that the library takes for the dtype.
Strides strides_of(const Shape& shape, DType dtype) {
  if (convolution_layout(dtype) == Layout::kRowMajor) return row_major_strides(shape);
  return {shape[1] * shape[2] * shape[3], 1, shape[1] * shape[3], shape[1]};
}

void forward(const Convolution& c, const cudnn::ConvolutionSettings& settings,
             cudnn::Graph::Value x, cudnn::Graph::Value weight, cudnn::Graph::Value y,
             cudnn::Graph& graph) {
  if (!c.bias) return graph.convolve(settings, x, weight, y);
  const Shape channels{1, c.y[1], 1, 1};
  const auto bias = graph.memory(kConvBias, {c.dtype, channels, strides_of(channels, c.dtype)});
  const auto between = [&] {
    return graph.intermediate(c.y, strides_of(c.y, c.dtype), settings.precision);
  };
  const auto products = between();
  graph.convolve(settings, x, weight, products);
  const auto sums = c.relu ? between() : y;
  graph.pointwise(CUDNN_POINTWISE_ADD, {.x = products, .b = bias, .precision = settings.precision},
                  sums);
  if (!c.relu) return;
  graph.pointwise(CUDNN_POINTWISE_RELU_FWD, {.x = sums, .precision = settings.precision}, y);
}

}  // namespace

std::vector<std::int64_t> Convolution::key() const {
  std::vector<std::int64_t> key{static_cast<std::int64_t>(direction),
                                static_cast<std::int64_t>(dtype),
                                bias,
                                relu,
                                params.stride.first,
                                params.stride.second,
                                params.padding.first,
                                params.padding.second,
                                params.dilation.first,
                                params.dilation.second};
  for (const Shape* shape : {&x, &weight, &y}) key.insert(key.end(), shape->begin(), shape->end());
  return key;
}

Layout convolution_layout(DType dtype) {
  return dtype == DType::kF64 ? Layout::kRowMajor : Layout::kChannelsLast;
}

cudnn::Graph convolution_graph(const Convolution& c) {
  cudnn::Graph graph("conv2d");
  const auto tensor = [&](std::int64_t id, const Shape& shape) {
    return graph.memory(id, {c.dtype, shape, strides_of(shape, c.dtype)});
  };
  const auto x = tensor(kConvX, c.x), weight = tensor(kConvWeight, c.weight);
  const auto y = tensor(kConvY, c.y);
  const cudnn::ConvolutionSettings settings{
      .stride = c.params.stride,
      .padding = c.params.padding,
      .dilation = c.params.dilation,
      .precision = c.dtype == DType::kF64 ? CUDNN_DATA_DOUBLE : CUDNN_DATA_FLOAT};
  switch (c.direction) {
    case Convolution::Direction::kForward:
      forward(c, settings, x, weight, y, graph);
      break;
    case Convolution::Direction::kInputGrad:
      graph.convolve_input_grad(settings, weight, y, x);
      break;
    case Convolution::Direction::kWeightGrad:
      graph.convolve_weight_grad(settings, x, y, weight);
      break;
  }
  return graph;
}

}  // namespace tenon::cuda
