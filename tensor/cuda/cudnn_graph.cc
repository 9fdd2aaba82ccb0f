#include "tensor/cuda/cudnn_graph.h"

#include <array>

#include "tensor/cuda/per_device.h"
#include "tensor/cuda/runtime.h"
#include "tensor/error.h"

namespace tenon::cuda::cudnn {
namespace {

/// Intermediates are numbered from here, where no caller's numbers are.
constexpr std::int64_t kFirstIntermediate = 1000;

std::array<std::int64_t, 2> as_array(const std::pair<int, int>& pair) {
  return {pair.first, pair.second};
}

struct OnDevice {
  std::mutex mutex;
  cudnnHandle_t handle = nullptr;
};

}  // namespace

Target Target::here(const char* op) {
  static auto* all = new PerDevice<OnDevice>;
  OnDevice& here = all->here();
  Target target;
  target.lock_ = std::unique_lock(here.mutex);
  if (!here.handle) check(op, "start", library().cudnnCreate(&here.handle));
  check(op, "take the stream", library().cudnnSetStream(here.handle, current_stream()));
  target.handle_ = here.handle;
  return target;
}

Target Target::described(const std::string& json) {
  Descriptor properties("cudnn", CUDNN_BACKEND_DEVICEPROP_DESCRIPTOR);
  properties.set(CUDNN_ATTR_DEVICEPROP_JSON_REPRESENTATION, CUDNN_TYPE_CHAR,
                 static_cast<std::int64_t>(json.size()), json.data());
  properties.finalize("take a device's properties");
  Target target;
  target.properties_ = std::move(properties);
  return target;
}

cudnnDataType_t data_type(DType dtype) {
  switch (dtype) {
    case DType::kF64:
      return CUDNN_DATA_DOUBLE;
    case DType::kBF16:
      return CUDNN_DATA_BFLOAT16;
    case DType::kF16:
      return CUDNN_DATA_HALF;
    case DType::kF32:
      return CUDNN_DATA_FLOAT;
    default:
      throw DTypeError("[cudnn] expected a floating dtype, got " + std::string(name(dtype)));
  }
}

Graph::Value Graph::add(std::int64_t id, const Shape& shape, const Strides& strides,
                        cudnnDataType_t type, Kind kind) {
  Descriptor made(op_, CUDNN_BACKEND_TENSOR_DESCRIPTOR);
  made.set(CUDNN_ATTR_TENSOR_UNIQUE_ID, id);
  made.set(CUDNN_ATTR_TENSOR_DATA_TYPE, type);
  made.set(CUDNN_ATTR_TENSOR_DIMENSIONS, std::span<const std::int64_t>(shape));
  made.set(CUDNN_ATTR_TENSOR_STRIDES, std::span<const std::int64_t>(strides));
  made.set(CUDNN_ATTR_TENSOR_BYTE_ALIGNMENT, kAlignment);
  made.set(CUDNN_ATTR_TENSOR_IS_VIRTUAL, kind == Kind::kIntermediate);
  made.set(CUDNN_ATTR_TENSOR_IS_BY_VALUE, kind == Kind::kNumber);
  made.finalize("describe a tensor");
  tensors_.push_back(std::move(made));
  return static_cast<Value>(tensors_.size()) - 1;
}

Graph::Value Graph::memory(std::int64_t id, const TensorSpec& spec) {
  return add(id, spec.shape, spec.strides, data_type(spec.dtype), Kind::kMemory);
}

Graph::Value Graph::number(std::int64_t id, cudnnDataType_t type) {
  const Dims ones{1, 1, 1, 1};
  return add(id, ones, ones, type, Kind::kNumber);
}

Graph::Value Graph::intermediate(const Shape& shape, cudnnDataType_t type) {
  return intermediate(shape, row_major_strides(shape), type);
}

Graph::Value Graph::intermediate(const Shape& shape, const Strides& strides, cudnnDataType_t type) {
  const std::int64_t id = kFirstIntermediate + static_cast<std::int64_t>(tensors_.size());
  return add(id, shape, strides, type, Kind::kIntermediate);
}

void Graph::operation(Descriptor made) {
  made.finalize("take an operation");
  operations_.push_back(std::move(made));
}

void Graph::convolution(const ConvolutionNames& names, const ConvolutionSettings& settings, Value x,
                        Value weight, Value y) {
  Descriptor how(op_, CUDNN_BACKEND_CONVOLUTION_DESCRIPTOR);
  const cudnnConvolutionMode_t mode = CUDNN_CROSS_CORRELATION;
  how.set(CUDNN_ATTR_CONVOLUTION_SPATIAL_DIMS, std::int64_t{2});
  how.set(CUDNN_ATTR_CONVOLUTION_COMP_TYPE, settings.precision);
  how.set(CUDNN_ATTR_CONVOLUTION_CONV_MODE, CUDNN_TYPE_CONVOLUTION_MODE, 1, &mode);
  how.set(CUDNN_ATTR_CONVOLUTION_FILTER_STRIDES, as_array(settings.stride));
  how.set(CUDNN_ATTR_CONVOLUTION_DILATIONS, as_array(settings.dilation));
  how.set(CUDNN_ATTR_CONVOLUTION_PRE_PADDINGS, as_array(settings.padding));
  how.set(CUDNN_ATTR_CONVOLUTION_POST_PADDINGS, as_array(settings.padding));
  how.finalize("describe a convolution");

  const double one = 1, zero = 0;
  Descriptor made(op_, names.type);
  made.set(names.alpha, CUDNN_TYPE_DOUBLE, 1, &one);
  made.set(names.beta, CUDNN_TYPE_DOUBLE, 1, &zero);
  made.set(names.settings, how);
  made.set(names.x, at(x));
  made.set(names.weight, at(weight));
  made.set(names.y, at(y));
  operation(std::move(made));
}

void Graph::convolve(const ConvolutionSettings& settings, Value x, Value weight, Value y) {
  convolution({.type = CUDNN_BACKEND_OPERATION_CONVOLUTION_FORWARD_DESCRIPTOR,
               .alpha = CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_ALPHA,
               .beta = CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_BETA,
               .settings = CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_CONV_DESC,
               .x = CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_X,
               .weight = CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_W,
               .y = CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_Y},
              settings, x, weight, y);
}

void Graph::convolve_input_grad(const ConvolutionSettings& settings, Value weight, Value y,
                                Value x) {
  convolution({.type = CUDNN_BACKEND_OPERATION_CONVOLUTION_BACKWARD_DATA_DESCRIPTOR,
               .alpha = CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_ALPHA,
               .beta = CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_BETA,
               .settings = CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_CONV_DESC,
               .x = CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_DX,
               .weight = CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_W,
               .y = CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_DY},
              settings, x, weight, y);
}

void Graph::convolve_weight_grad(const ConvolutionSettings& settings, Value x, Value y,
                                 Value weight) {
  convolution({.type = CUDNN_BACKEND_OPERATION_CONVOLUTION_BACKWARD_FILTER_DESCRIPTOR,
               .alpha = CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_FILTER_ALPHA,
               .beta = CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_FILTER_BETA,
               .settings = CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_FILTER_CONV_DESC,
               .x = CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_FILTER_X,
               .weight = CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_FILTER_DW,
               .y = CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_FILTER_DY},
              settings, x, weight, y);
}

void Graph::pointwise(cudnnPointwiseMode_t mode, const PointwiseArgs& args, Value y) {
  Descriptor how(op_, CUDNN_BACKEND_POINTWISE_DESCRIPTOR);
  how.set(CUDNN_ATTR_POINTWISE_MODE, CUDNN_TYPE_POINTWISE_MODE, 1, &mode);
  how.set(CUDNN_ATTR_POINTWISE_MATH_PREC, args.precision);
  if (args.axis >= 0) how.set(CUDNN_ATTR_POINTWISE_AXIS, args.axis);
  how.finalize("describe a pointwise operation");

  Descriptor made(op_, CUDNN_BACKEND_OPERATION_POINTWISE_DESCRIPTOR);
  made.set(CUDNN_ATTR_OPERATION_POINTWISE_PW_DESCRIPTOR, how);
  made.set(CUDNN_ATTR_OPERATION_POINTWISE_XDESC, at(args.x));
  if (args.b >= 0) made.set(CUDNN_ATTR_OPERATION_POINTWISE_BDESC, at(args.b));
  if (args.t >= 0) made.set(CUDNN_ATTR_OPERATION_POINTWISE_TDESC, at(args.t));
  made.set(CUDNN_ATTR_OPERATION_POINTWISE_YDESC, at(y));
  operation(std::move(made));
}

void Graph::matmul(Value a, Value b, Value y) {
  Descriptor how(op_, CUDNN_BACKEND_MATMUL_DESCRIPTOR);
  how.set(CUDNN_ATTR_MATMUL_COMP_TYPE, CUDNN_DATA_FLOAT);
  how.finalize("describe a product");

  Descriptor made(op_, CUDNN_BACKEND_OPERATION_MATMUL_DESCRIPTOR);
  made.set(CUDNN_ATTR_OPERATION_MATMUL_DESC, how);
  made.set(CUDNN_ATTR_OPERATION_MATMUL_ADESC, at(a));
  made.set(CUDNN_ATTR_OPERATION_MATMUL_BDESC, at(b));
  made.set(CUDNN_ATTR_OPERATION_MATMUL_CDESC, at(y));
  operation(std::move(made));
}

void Graph::reduce(cudnnReduceTensorOp_t op, Value x, Value y) {
  Descriptor how(op_, CUDNN_BACKEND_REDUCTION_DESCRIPTOR);
  how.set(CUDNN_ATTR_REDUCTION_OPERATOR, CUDNN_TYPE_REDUCTION_OPERATOR_TYPE, 1, &op);
  how.set(CUDNN_ATTR_REDUCTION_COMP_TYPE, CUDNN_DATA_FLOAT);
  how.finalize("describe a reduction");

  Descriptor made(op_, CUDNN_BACKEND_OPERATION_REDUCTION_DESCRIPTOR);
  made.set(CUDNN_ATTR_OPERATION_REDUCTION_DESC, how);
  made.set(CUDNN_ATTR_OPERATION_REDUCTION_XDESC, at(x));
  made.set(CUDNN_ATTR_OPERATION_REDUCTION_YDESC, at(y));
  operation(std::move(made));
}

void Graph::reshape(Value x, Value y) {
  Descriptor made(op_, CUDNN_BACKEND_OPERATION_RESHAPE_DESCRIPTOR);
  made.set(CUDNN_ATTR_OPERATION_RESHAPE_XDESC, at(x));
  made.set(CUDNN_ATTR_OPERATION_RESHAPE_YDESC, at(y));
  operation(std::move(made));
}

void Graph::finish(const Target& target) {
  std::vector<cudnnBackendDescriptor_t> all;
  for (const Descriptor& each : operations_) all.push_back(each.get());
  graph_.set(CUDNN_ATTR_OPERATIONGRAPH_OPS, CUDNN_TYPE_BACKEND_DESCRIPTOR,
             static_cast<std::int64_t>(all.size()), all.data());
  if (target.handle()) graph_.set(CUDNN_ATTR_OPERATIONGRAPH_HANDLE, target.handle());
  graph_.finalize("take a graph");
}

}  // namespace tenon::cuda::cudnn
