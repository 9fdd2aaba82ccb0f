// Convolutions through cuDNN, over channels-last images (f64: row-major, which is all that cuDNN
// has for it). What the library's heuristic chooses for a shape is kept; of its algorithms only
// those that give the same bits every time are taken, and f32 is computed in f32, without TF32,
// unless the program has chosen otherwise (tensor/numerics.h).
#include <cudnn.h>

#include <array>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "tensor/cuda/dynamic_library.h"
#include "tensor/cuda/kernels.h"
#include "tensor/cuda/reduce.h"
#include "tensor/cuda/submit.h"
#include "tensor/numerics.h"

namespace tenon::cuda {
namespace {

/// Algorithms that want more memory beside their operands are passed over.
constexpr std::size_t kMostWorkspace = std::size_t{1} << 30;
constexpr int kMostAlgorithms = 8;

// The functions of the library that are used here.
#define TENON_CUDNN_FUNCTIONS(F)                   \
  F(cudnnConvolutionBackwardData)                  \
  F(cudnnConvolutionBackwardFilter)                \
  F(cudnnConvolutionForward)                       \
  F(cudnnCreate)                                   \
  F(cudnnCreateConvolutionDescriptor)              \
  F(cudnnCreateFilterDescriptor)                   \
  F(cudnnCreateTensorDescriptor)                   \
  F(cudnnDestroyConvolutionDescriptor)             \
  F(cudnnDestroyFilterDescriptor)                  \
  F(cudnnDestroyTensorDescriptor)                  \
  F(cudnnGetConvolutionBackwardDataAlgorithm_v7)   \
  F(cudnnGetConvolutionBackwardFilterAlgorithm_v7) \
  F(cudnnGetConvolutionForwardAlgorithm_v7)        \
  F(cudnnGetErrorString)                           \
  F(cudnnSetConvolution2dDescriptor)               \
  F(cudnnSetConvolutionGroupCount)                 \
  F(cudnnSetConvolutionMathType)                   \
  F(cudnnSetFilter4dDescriptor)                    \
  F(cudnnSetStream)                                \
  F(cudnnSetTensor4dDescriptor)
struct Cudnn {
#define TENON_DECLARE(name) decltype(&::name) name;
  TENON_CUDNN_FUNCTIONS(TENON_DECLARE)
#undef TENON_DECLARE
};

const Cudnn& dnn() {
  static const DynamicLibrary library("conv2d", "libcudnn.so." + std::to_string(CUDNN_MAJOR));
  static const Cudnn functions{
#define TENON_RESOLVE(name) library.function<decltype(&::name)>(#name),
      TENON_CUDNN_FUNCTIONS(TENON_RESOLVE)
#undef TENON_RESOLVE
  };
  return functions;
}
#undef TENON_CUDNN_FUNCTIONS

void check(const char* what, cudnnStatus_t status) {
  if (status == CUDNN_STATUS_SUCCESS) return;
  throw DeviceError("[conv2d] expected cuDNN to " + std::string(what) + ", got " +
                    dnn().cudnnGetErrorString(status));
}

/// The library on the current device and stream.
cudnnHandle_t library() {
  static auto* handles = new std::map<int, cudnnHandle_t>;
  cudnnHandle_t& handle = (*handles)[current_device()];
  if (!handle) check("start", dnn().cudnnCreate(&handle));
  check("take the stream", dnn().cudnnSetStream(handle, current_stream()));
  return handle;
}

cudnnDataType_t data_type(DType dtype) {
  switch (dtype) {
    case DType::kF64:
      return CUDNN_DATA_DOUBLE;
    case DType::kBF16:
      return CUDNN_DATA_BFLOAT16;
    case DType::kF16:
      return CUDNN_DATA_HALF;
    default:
      return CUDNN_DATA_FLOAT;
  }
}

Layout layout_of(DType dtype) {
  return dtype == DType::kF64 ? Layout::kRowMajor : Layout::kChannelsLast;
}
cudnnTensorFormat_t format_of(DType dtype) {
  return dtype == DType::kF64 ? CUDNN_TENSOR_NCHW : CUDNN_TENSOR_NHWC;
}

template <class T>
using Handle = std::unique_ptr<std::remove_pointer_t<T>, cudnnStatus_t (*)(T)>;

/// A descriptor that `create` makes and `destroy` unmakes.
template <class T>
Handle<T> make(cudnnStatus_t (*create)(T*), cudnnStatus_t (*destroy)(T)) {
  T made = nullptr;
  check("describe", create(&made));
  return Handle<T>(made, destroy);
}

int narrow(std::int64_t value) {
  if (value <= INT32_MAX) return static_cast<int>(value);
  throw DeviceError("[conv2d] expected sizes below 2^31 on a GPU, got " + std::to_string(value));
}

enum class Direction : std::int64_t { kForward, kInput, kWeight };

/// Shapes of one convolution: x [N,C,H,W], weight [K,C/g,R,S], y [N,K,P,Q].
struct Problem {
  Direction direction;
  DType dtype;
  const Shape& x;
  const Shape& weight;
  const Shape& y;
  const Conv2dParams& params;
  Numerics numerics = tenon::numerics();

  cudnnMathType_t mathematics() const {
    if (size_of(dtype) == 2) return CUDNN_TENSOR_OP_MATH;
    return numerics.tf32 && dtype == DType::kF32 ? CUDNN_DEFAULT_MATH : CUDNN_FMA_MATH;
  }

  std::vector<std::int64_t> key() const {
    std::vector<std::int64_t> key{current_device(),
                                  numerics.tf32,
                                  numerics.deterministic,
                                  static_cast<std::int64_t>(direction),
                                  static_cast<std::int64_t>(dtype),
                                  params.stride.first,
                                  params.stride.second,
                                  params.padding.first,
                                  params.padding.second,
                                  params.dilation.first,
                                  params.dilation.second,
                                  params.groups};
    for (const Shape* shape : {&x, &weight, &y})
      key.insert(key.end(), shape->begin(), shape->end());
    return key;
  }
};

/// The first algorithm that the library recommends and is able to run, and that gives the same bits
/// every time where the program wants that.
template <class Perf>
const Perf& first_fitting(const std::array<Perf, kMostAlgorithms>& all, int count,
                          bool deterministic) {
  for (int i = 0; i < count; ++i) {
    const Perf& one = all[static_cast<std::size_t>(i)];
    const bool repeats = one.determinism == CUDNN_DETERMINISTIC;
    if (one.status == CUDNN_STATUS_SUCCESS && (repeats || !deterministic) &&
        one.memory <= kMostWorkspace) {
      return one;
    }
  }
  throw DeviceError("[conv2d] expected cuDNN to have " +
                    std::string(deterministic ? "a deterministic algorithm" : "an algorithm") +
                    ", got none");
}

/// A convolution that was prepared: everything but the addresses.
class Plan {
 public:
  explicit Plan(const Problem& p)
      : x_(make(dnn().cudnnCreateTensorDescriptor, dnn().cudnnDestroyTensorDescriptor)),
        y_(make(dnn().cudnnCreateTensorDescriptor, dnn().cudnnDestroyTensorDescriptor)),
        weight_(make(dnn().cudnnCreateFilterDescriptor, dnn().cudnnDestroyFilterDescriptor)),
        convolution_(
            make(dnn().cudnnCreateConvolutionDescriptor, dnn().cudnnDestroyConvolutionDescriptor)),
        direction_(p.direction),
        wide_(p.dtype == DType::kF64),
        deterministic_(p.numerics.deterministic) {
    describe(x_.get(), p.x, p.dtype);
    describe(y_.get(), p.y, p.dtype);
    check("describe a filter",
          dnn().cudnnSetFilter4dDescriptor(weight_.get(), data_type(p.dtype), format_of(p.dtype),
                                           narrow(p.weight[0]), narrow(p.weight[1]),
                                           narrow(p.weight[2]), narrow(p.weight[3])));
    check("describe a convolution",
          dnn().cudnnSetConvolution2dDescriptor(convolution_.get(), p.params.padding.first,
                                                p.params.padding.second, p.params.stride.first,
                                                p.params.stride.second, p.params.dilation.first,
                                                p.params.dilation.second, CUDNN_CROSS_CORRELATION,
                                                wide_ ? CUDNN_DATA_DOUBLE : CUDNN_DATA_FLOAT));
    check("take groups", dnn().cudnnSetConvolutionGroupCount(convolution_.get(), p.params.groups));
    check("take a kind of mathematics",
          dnn().cudnnSetConvolutionMathType(convolution_.get(), p.mathematics()));
    choose();
  }

  /// The two arguments and the result, in the order x, weight, y without the one that is made.
  void run(const void* first, const void* second, void* result) const {
    const double wide[2] = {1, 0};
    const float narrow[2] = {1, 0};
    const void* one = wide_ ? static_cast<const void*>(&wide[0]) : &narrow[0];
    const void* zero = wide_ ? static_cast<const void*>(&wide[1]) : &narrow[1];
    const Tensor room =
        workspace_ > 0 ? reduce_workspace(static_cast<std::int64_t>(workspace_)) : Tensor();
    void* workspace = workspace_ > 0 ? room.raw_data() : nullptr;
    switch (direction_) {
      case Direction::kForward:
        return check("convolve",
                     dnn().cudnnConvolutionForward(library(), one, x_.get(), first, weight_.get(),
                                                   second, convolution_.get(), forward_, workspace,
                                                   workspace_, zero, y_.get(), result));
      case Direction::kInput:
        return check("derive for the input",
                     dnn().cudnnConvolutionBackwardData(
                         library(), one, weight_.get(), first, y_.get(), second, convolution_.get(),
                         input_, workspace, workspace_, zero, x_.get(), result));
      default:
        return check("derive for the weight",
                     dnn().cudnnConvolutionBackwardFilter(
                         library(), one, x_.get(), first, y_.get(), second, convolution_.get(),
                         filter_, workspace, workspace_, zero, weight_.get(), result));
    }
  }

 private:
  static void describe(cudnnTensorDescriptor_t to, const Shape& shape, DType dtype) {
    check("describe an image",
          dnn().cudnnSetTensor4dDescriptor(to, format_of(dtype), data_type(dtype), narrow(shape[0]),
                                           narrow(shape[1]), narrow(shape[2]), narrow(shape[3])));
  }

  void choose() {
    int count = 0;
    if (direction_ == Direction::kForward) {
      std::array<cudnnConvolutionFwdAlgoPerf_t, kMostAlgorithms> all{};
      check("choose an algorithm", dnn().cudnnGetConvolutionForwardAlgorithm_v7(
                                       library(), x_.get(), weight_.get(), convolution_.get(),
                                       y_.get(), kMostAlgorithms, &count, all.data()));
      const auto& best = first_fitting(all, count, deterministic_);
      forward_ = best.algo;
      take(best.memory, best.mathType);
    } else if (direction_ == Direction::kInput) {
      std::array<cudnnConvolutionBwdDataAlgoPerf_t, kMostAlgorithms> all{};
      check("choose an algorithm", dnn().cudnnGetConvolutionBackwardDataAlgorithm_v7(
                                       library(), weight_.get(), y_.get(), convolution_.get(),
                                       x_.get(), kMostAlgorithms, &count, all.data()));
      const auto& best = first_fitting(all, count, deterministic_);
      input_ = best.algo;
      take(best.memory, best.mathType);
    } else {
      std::array<cudnnConvolutionBwdFilterAlgoPerf_t, kMostAlgorithms> all{};
      check("choose an algorithm", dnn().cudnnGetConvolutionBackwardFilterAlgorithm_v7(
                                       library(), x_.get(), y_.get(), convolution_.get(),
                                       weight_.get(), kMostAlgorithms, &count, all.data()));
      const auto& best = first_fitting(all, count, deterministic_);
      filter_ = best.algo;
      take(best.memory, best.mathType);
    }
  }

  void take(std::size_t workspace, cudnnMathType_t mathematics) {
    workspace_ = workspace;
    check("take a kind of mathematics",
          dnn().cudnnSetConvolutionMathType(convolution_.get(), mathematics));
  }

  Handle<cudnnTensorDescriptor_t> x_, y_;
  Handle<cudnnFilterDescriptor_t> weight_;
  Handle<cudnnConvolutionDescriptor_t> convolution_;
  Direction direction_;
  bool wide_;
  bool deterministic_;
  cudnnConvolutionFwdAlgo_t forward_{};
  cudnnConvolutionBwdDataAlgo_t input_{};
  cudnnConvolutionBwdFilterAlgo_t filter_{};
  std::size_t workspace_ = 0;
};

void run(const Problem& problem, const Tensor& first, const Tensor& second, const Tensor& result) {
  if (!begin_call()) return;
  static auto* plans = new std::map<std::vector<std::int64_t>, Plan>;
  static auto* mutex = new std::mutex;
  const std::lock_guard lock(*mutex);  // a handle of the library serves one thread at a time
  const auto key = problem.key();
  auto found = plans->find(key);
  if (found == plans->end()) found = plans->try_emplace(key, problem).first;
  found->second.run(first.raw_data(), second.raw_data(), result.raw_data());
}

/// `fill(to)` with a result in the library's order: `out` itself, or a copy that goes there.
template <class Fill>
void into(const Tensor& out, const Fill& fill) {
  const Layout layout = layout_of(out.dtype());
  if (out.is_contiguous(layout)) return fill(out);
  const Tensor made =
      empty(out.shape(), {.dtype = out.dtype(), .device = out.device(), .layout = layout});
  fill(made);
  copy(made, out);
}

}  // namespace

void conv2d(const Tensor& x, const Tensor& weight, const Tensor& bias, const Conv2dParams& params,
            Activation activation, const Tensor& out) {
  if (out.numel() == 0) return;
  const Layout layout = layout_of(x.dtype());
  const Tensor image = x.contiguous(layout), filter = weight.contiguous(layout);
  into(out, [&](const Tensor& to) {
    run({Direction::kForward, x.dtype(), x.shape(), weight.shape(), out.shape(), params}, image,
        filter, to);
  });
  if (bias.defined()) {
    binary(BinaryOp::kAdd, out, bias.reshape({1, -1, 1, 1}).expand(out.shape()), out);
  }
  if (activation == Activation::kRelu) unary(UnaryOp::kRelu, out, out);
}

void conv2d_input_grad(const Tensor& grad, const Tensor& weight, const Conv2dParams& params,
                       const Tensor& out) {
  if (grad.numel() == 0) return fill(0, out);
  const Layout layout = layout_of(grad.dtype());
  const Tensor filter = weight.contiguous(layout), incoming = grad.contiguous(layout);
  into(out, [&](const Tensor& to) {
    run({Direction::kInput, grad.dtype(), out.shape(), weight.shape(), grad.shape(), params},
        filter, incoming, to);
  });
}

void conv2d_weight_grad(const Tensor& grad, const Tensor& x, const Conv2dParams& params,
                        const Tensor& out) {
  if (grad.numel() == 0) return fill(0, out);
  const Layout layout = layout_of(grad.dtype());
  const Tensor image = x.contiguous(layout), incoming = grad.contiguous(layout);
  into(out, [&](const Tensor& to) {
    run({Direction::kWeight, grad.dtype(), x.shape(), out.shape(), grad.shape(), params}, image,
        incoming, to);
  });
}

}  // namespace tenon::cuda
