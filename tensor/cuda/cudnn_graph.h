// A few operations over tensors, described to cuDNN as one graph, so that it can run them as one
// kernel (cudnn_plan.h).
//
//   Graph graph("conv2d");
//   const Graph::Value x = graph.memory(kX, {DType::kBF16, image.shape(), image.strides()});
//   …
//   const Graph::Value sums = graph.intermediate(result.shape());
//   graph.convolve(settings, x, weight, sums);
//   graph.pointwise(CUDNN_POINTWISE_ADD, {.x = sums, .b = bias}, y);
//   graph.finish(Target::here("conv2d"));
//
// A graph needs no GPU: Target may be a device that is only described.
#ifndef TENON_TENSOR_CUDA_CUDNN_GRAPH_H_
#define TENON_TENSOR_CUDA_CUDNN_GRAPH_H_

#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "tensor/cuda/cudnn_descriptor.h"
#include "tensor/dtype.h"
#include "tensor/shape.h"

namespace tenon::cuda::cudnn {

/// Throws DTypeError for one that is not floating.
cudnnDataType_t data_type(DType dtype);

/// What addresses of a graph's tensors must be divisible by.
inline constexpr std::int64_t kAlignment = 16;

/// Where a graph is to run: the library on the current device and stream, or a device of which only
/// the properties are known.
class Target {
 public:
  /// Throws DeviceError where the library does not start. It serves one thread at a time on each
  /// device: another one waits here for as long as the target lives.
  static Target here(const char* op);
  /// Properties as the library writes them (CUDNN_ATTR_DEVICEPROP_JSON_REPRESENTATION).
  static Target described(const std::string& json);

  /// Null where the device is only described.
  cudnnHandle_t handle() const { return handle_; }
  /// Null where it is the one in use.
  const Descriptor* properties() const { return properties_ ? &*properties_ : nullptr; }

 private:
  std::unique_lock<std::mutex> lock_;
  cudnnHandle_t handle_ = nullptr;
  std::optional<Descriptor> properties_;
};

/// A tensor of a graph as it lies in memory.
struct TensorSpec {
  DType dtype;
  Shape shape;
  Strides strides;
};

/// Pairs are {height, width}; padding is the same on both sides.
struct ConvolutionSettings {
  std::pair<int, int> stride{1, 1}, padding{0, 0}, dilation{1, 1};
  cudnnDataType_t precision = CUDNN_DATA_FLOAT;  ///< of the sums
};

class Graph {
 public:
  /// A tensor, by its place among those of the graph.
  using Value = int;

  /// Errors name `op`, which lives as long as the graph.
  explicit Graph(const char* op) : op_(op), graph_(op, CUDNN_BACKEND_OPERATIONGRAPH_DESCRIPTOR) {}

  /// A tensor in the device's memory, that goes by `id` (below 1000).
  Value memory(std::int64_t id, const TensorSpec& spec);
  /// One number, of four dimensions, in the host's memory: read when a run begins.
  Value number(std::int64_t id, cudnnDataType_t type);
  /// What only lives between two operations; row-major unless said otherwise.
  Value intermediate(const Shape& shape, cudnnDataType_t type = CUDNN_DATA_FLOAT);
  Value intermediate(const Shape& shape, const Strides& strides, cudnnDataType_t type);

  /// y = x * weight: x [N,C,H,W], weight [K,C/g,R,S], y [N,K,P,Q], in any strides.
  void convolve(const ConvolutionSettings& settings, Value x, Value weight, Value y);
  /// The same map's derivatives: x from weight and y, weight from x and y.
  void convolve_input_grad(const ConvolutionSettings& settings, Value weight, Value y, Value x);
  void convolve_weight_grad(const ConvolutionSettings& settings, Value x, Value y, Value weight);

  struct PointwiseArgs {
    Value x;
    Value b = -1;
    Value t = -1;
    std::int64_t axis = -1;  ///< of CUDNN_POINTWISE_GEN_INDEX
    cudnnDataType_t precision = CUDNN_DATA_FLOAT;
  };
  /// y = mode(x), mode(x, b), or t ? x : b; sizes of 1 repeat.
  void pointwise(cudnnPointwiseMode_t mode, const PointwiseArgs& args, Value y);
  /// y [..,M,N] = a [..,M,K] b [..,K,N], summed in f32.
  void matmul(Value a, Value b, Value y);
  /// Over the dimensions in which y has size 1 and x has not, in f32.
  void reduce(cudnnReduceTensorOp_t op, Value x, Value y);
  /// y is x's memory with y's shape and strides.
  void reshape(Value x, Value y);

  /// After the last operation. Throws DeviceError where the library refuses the whole.
  void finish(const Target& target);

  const char* op() const { return op_; }
  const Descriptor& descriptor() const { return graph_; }

 private:
  enum class Kind { kMemory, kNumber, kIntermediate };
  /// Attributes of one direction of a convolution.
  struct ConvolutionNames {
    cudnnBackendDescriptorType_t type;
    cudnnBackendAttributeName_t alpha, beta, settings, x, weight, y;
  };

  Value add(std::int64_t id, const Shape& shape, const Strides& strides, cudnnDataType_t type,
            Kind kind);
  void convolution(const ConvolutionNames& names, const ConvolutionSettings& settings, Value x,
                   Value weight, Value y);
  void operation(Descriptor made);
  const Descriptor& at(Value value) const { return tensors_[static_cast<std::size_t>(value)]; }

  const char* op_;
  std::vector<Descriptor> tensors_, operations_;
  Descriptor graph_;
};

}  // namespace tenon::cuda::cudnn

#endif  // TENON_TENSOR_CUDA_CUDNN_GRAPH_H_
