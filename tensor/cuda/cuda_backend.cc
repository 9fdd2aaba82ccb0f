// The Backend of NVIDIA GPUs: makes the device current and forwards each family to its kernels.
#include "tensor/cuda/cuda_backend.h"

#include <array>
#include <memory>
#include <mutex>
#include <string>

#include "tensor/cuda/allocator.h"
#include "tensor/cuda/async.h"
#include "tensor/cuda/kernels.h"
#include "tensor/cuda/peer_copy.h"
#include "tensor/cuda/submit.h"

namespace tenon::cuda {
namespace {

[[noreturn]] void throw_no_form(const char* op) {
  throw DeviceError("[" + std::string(op) +
                    "] expected tensors on the cpu: there is no form of it for a GPU");
}

class CudaBackend final : public Backend {
 public:
  explicit CudaBackend(int device)
      : device_(device), allocator_(device), async_(make_async_device(device, allocator_)) {}

  Allocator& allocator() override { return allocator_; }
  AsyncDevice* async() override { return async_.get(); }

  void fill(double value, const Tensor& out) override { run(cuda::fill, value, out); }
  void copy(const Tensor& from, const Tensor& out) override { run(cuda::copy, from, out); }
  void copy_to_host(const Tensor& from, void* out) override {
    const DeviceScope on(device_);
    leave_recording("a copy to the host");
    copy_bytes(out, from.raw_data(), from.bytes(), CopyKind::kToHost);
    synchronize("copy to the host");
  }
  void copy_from_host(const void* from, const Tensor& out) override {
    const DeviceScope on(device_);
    leave_recording("a copy from the host");
    copy_bytes(out.raw_data(), from, out.bytes(), CopyKind::kToDevice);
  }

  void copy_from_peer(const Tensor& from, const Tensor& out) override {
    cuda::copy_from_peer(from, out);
  }

  void unary(UnaryOp op, const Tensor& x, const Tensor& out) override {
    run(cuda::unary, op, x, out);
  }
  void binary(BinaryOp op, const Tensor& a, const Tensor& b, const Tensor& out) override {
    run(cuda::binary, op, a, b, out);
  }
  void binary_number(BinaryOp op, const Tensor& x, double number, bool reversed,
                     const Tensor& out) override {
    run(cuda::binary_number, op, x, number, reversed, out);
  }
  void activation(const ActivationArgs& args, const Tensor& x, const Tensor& out) override {
    run(cuda::activation, args, x, out);
  }
  void activation_grad(const ActivationArgs& args, const Tensor& grad, const Tensor& x,
                       const Tensor& out) override {
    run(cuda::activation_grad, args, grad, x, out);
  }
  void compare(CompareOp op, const Tensor& a, const Tensor& b, const Tensor& out) override {
    run(cuda::compare, op, a, b, out);
  }
  void where(const Tensor& condition, const Tensor& a, const Tensor& b,
             const Tensor& out) override {
    run(cuda::where, condition, a, b, out);
  }

  void reduce(const ReduceArgs& args, const Tensor& x, const Tensor& out) override {
    run(cuda::reduce, args, x, out);
  }
  void arg_reduce(bool largest, const Tensor& x, int dim, const Tensor& out) override {
    run(cuda::arg_reduce, largest, x, dim, out);
  }
  bool all_finite(const Tensor& x) override { return run(cuda::all_finite, x); }
  void cumsum(const Tensor& x, bool reverse, const Tensor& out) override {
    run(cuda::cumsum, x, reverse, out);
  }
  void sort(const Tensor& x, bool descending, const Tensor& values,
            const Tensor& indices) override {
    run(cuda::sort, x, descending, values, indices);
  }

  void matmul(const MatmulArgs& args, const Tensor& out) override { run(cuda::matmul, args, out); }
  bool svd(const Tensor&, const Tensor&, const Tensor&, const Tensor&) override {
    throw_no_form("svd");
  }
  bool eigh(const Tensor&, const Tensor&, const Tensor&) override { throw_no_form("eigh"); }

  void conv2d(const Tensor& x, const Tensor& weight, const Tensor& bias, const Conv2dParams& params,
              Activation activation, const Tensor& out) override {
    run(cuda::conv2d, x, weight, bias, params, activation, out);
  }
  void conv2d_input_grad(const Tensor& grad, const Tensor& weight, const Conv2dParams& params,
                         const Tensor& out) override {
    run(cuda::conv2d_input_grad, grad, weight, params, out);
  }
  void conv2d_weight_grad(const Tensor& grad, const Tensor& x, const Conv2dParams& params,
                          const Tensor& out) override {
    run(cuda::conv2d_weight_grad, grad, x, params, out);
  }
  void max_pool2d(const Tensor& x, const PoolArgs& args, const Tensor& out,
                  const Tensor& indices) override {
    run(cuda::max_pool2d, x, args, out, indices);
  }
  void avg_pool2d(const Tensor& x, const PoolArgs& args, const Tensor& out) override {
    run(cuda::avg_pool2d, x, args, out);
  }
  void avg_pool2d_grad(const Tensor& grad, const PoolArgs& args, const Tensor& out) override {
    run(cuda::avg_pool2d_grad, grad, args, out);
  }
  bool max_pool2d_scatter(const Tensor& grad, const Tensor& indices, const Tensor& out) override {
    return run(cuda::max_pool2d_scatter, grad, indices, out);
  }
  bool max_pool2d_gather(const Tensor& x, const Tensor& indices, const Tensor& out) override {
    return run(cuda::max_pool2d_gather, x, indices, out);
  }

  void softmax(bool log, const Tensor& x, const Tensor& out) override {
    run(cuda::softmax, log, x, out);
  }
  std::int64_t cross_entropy(const CrossEntropyArgs& args, const Tensor& out) override {
    return run(cuda::cross_entropy, args, out);
  }
  void cross_entropy_grad(const Tensor& grad, const Tensor* divisor, const CrossEntropyArgs& args,
                          const Tensor& out) override {
    run(cuda::cross_entropy_grad, grad, divisor, args, out);
  }
  void cross_entropy_weight(const CrossEntropyArgs& args, const Tensor& out) override {
    run(cuda::cross_entropy_weight, args, out);
  }

  void attention(const AttentionArgs& args, const Tensor& out, const Tensor& logsumexp) override {
    run(cuda::attention, args, out, logsumexp);
  }
  void attention_grad(const Tensor& grad, const AttentionArgs& args, const Tensor& out,
                      const Tensor& logsumexp, const Tensor& q_grad, const Tensor& k_grad,
                      const Tensor& v_grad) override {
    run(cuda::attention_grad, grad, args, out, logsumexp, q_grad, k_grad, v_grad);
  }

  void channel_moments(const Tensor& x, const Tensor& mean, const Tensor& variance) override {
    run(cuda::channel_moments, x, mean, variance);
  }
  void channel_sums(const Tensor& grad, const Tensor& x, const Tensor& center, const Tensor& sums,
                    const Tensor& products) override {
    run(cuda::channel_sums, grad, x, center, sums, products);
  }
  void channel_affine(const ChannelAffineArgs& args, const Tensor& out) override {
    run(cuda::channel_affine, args, out);
  }
  void row_norm(const RowNormArgs& args, double eps, const Tensor& bias,
                const Tensor& out) override {
    run(cuda::row_norm, args, eps, bias, out);
  }
  void row_norm_grad(const Tensor& grad, const RowNormArgs& args, const Tensor& x_grad,
                     const Tensor& weight_grad, const Tensor& bias_grad) override {
    run(cuda::row_norm_grad, grad, args, x_grad, weight_grad, bias_grad);
  }

  std::int64_t index_select(const Tensor& x, const Tensor& indices, const Tensor& out) override {
    return run(cuda::index_select, x, indices, out);
  }
  std::int64_t index_add(const Tensor& indices, const Tensor& values, const Tensor& out) override {
    return run(cuda::index_add, indices, values, out);
  }
  std::int64_t embedding_grad(const Tensor& indices, const Tensor& grad, std::int64_t padding_index,
                              const Tensor& out) override {
    return run(cuda::embedding_grad, indices, grad, padding_index, out);
  }
  std::int64_t gather(const Tensor& x, int dim, const Tensor& index, const Tensor& out) override {
    return run(cuda::gather, x, dim, index, out);
  }
  std::int64_t scatter_add(int dim, const Tensor& index, const Tensor& values,
                           const Tensor& out) override {
    return run(cuda::scatter_add, dim, index, values, out);
  }
  std::int64_t scatter(int dim, const Tensor& index, const Tensor& values,
                       const Tensor& out) override {
    return run(cuda::scatter, dim, index, values, out);
  }
  void nonzero(const Tensor& x, const Tensor& out) override { run(cuda::nonzero, x, out); }

  void random(const RandomArgs& args, const Tensor& out) override { run(cuda::random, args, out); }
  void dropout(const Tensor& x, double p, std::uint64_t seed, std::uint64_t offset,
               const Tensor& out, const Tensor& mask) override {
    run(cuda::dropout, x, p, seed, offset, out, mask);
  }

  void optimizer_update(const UpdateRule& rule, const UpdateLists& lists) override {
    run(cuda::optimizer_update, rule, lists);
  }
  void total_norm(Norm norm, std::span<const Tensor> tensors, const Tensor& out) override {
    run(cuda::total_norm, norm, tensors, out);
  }

 private:
  template <class Result, class... Parameters, class... Args>
  Result run(Result (*kernel)(Parameters...), Args&&... args) const {
    const DeviceScope on(device_);
    return kernel(std::forward<Args>(args)...);
  }

  int device_;
  CachingAllocator allocator_;
  std::unique_ptr<AsyncDevice> async_;
};

}  // namespace

Backend* find_backend(int index, const char** reason) {
  static auto* mutex = new std::mutex;
  thread_local std::string why;  // what `reason` points at
  static auto* backends = new std::array<CudaBackend*, 256>{};
  const std::lock_guard lock(*mutex);
  CudaBackend*& backend = (*backends)[static_cast<std::size_t>(index)];
  if (backend) return backend;
  const int count = usable_devices(&why);
  if (index < count) return backend = new CudaBackend(index);
  if (count > 0) {
    why = "this machine has " + std::to_string(count) + (count == 1 ? " device" : " devices") +
          ", counted from 0";
  }
  *reason = why.c_str();
  return nullptr;
}

}  // namespace tenon::cuda
