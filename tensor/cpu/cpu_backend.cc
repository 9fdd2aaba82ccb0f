// The Backend of the host processor: forwards each family to its kernels.
#include <cstring>

#include "tensor/backend.h"
#include "tensor/cpu/allocator.h"
#include "tensor/cpu/kernels.h"

namespace tenon::cpu {
namespace {

class CpuBackend final : public Backend {
 public:
  Allocator& allocator() override { return host_allocator(); }

  void fill(double value, const Tensor& out) override { cpu::fill(value, out); }
  void copy(const Tensor& from, const Tensor& out) override { cpu::copy(from, out); }
  void copy_to_host(const Tensor& from, void* out) override {
    std::memcpy(out, from.raw_data(), from.bytes());
  }
  void copy_from_host(const void* from, const Tensor& out) override {
    std::memcpy(out.raw_data(), from, out.bytes());
  }

  void unary(UnaryOp op, const Tensor& x, const Tensor& out) override { cpu::unary(op, x, out); }
  void binary(BinaryOp op, const Tensor& a, const Tensor& b, const Tensor& out) override {
    cpu::binary(op, a, b, out);
  }
  void binary_number(BinaryOp op, const Tensor& x, double number, bool reversed,
                     const Tensor& out) override {
    cpu::binary_number(op, x, number, reversed, out);
  }
  void activation(const ActivationArgs& args, const Tensor& x, const Tensor& out) override {
    cpu::activation(args, x, out);
  }
  void activation_grad(const ActivationArgs& args, const Tensor& grad, const Tensor& x,
                       const Tensor& out) override {
    cpu::activation_grad(args, grad, x, out);
  }
  void compare(CompareOp op, const Tensor& a, const Tensor& b, const Tensor& out) override {
    cpu::compare(op, a, b, out);
  }
  void where(const Tensor& condition, const Tensor& a, const Tensor& b,
             const Tensor& out) override {
    cpu::where(condition, a, b, out);
  }

  void reduce(const ReduceArgs& args, const Tensor& x, const Tensor& out) override {
    cpu::reduce(args, x, out);
  }
  void arg_reduce(bool largest, const Tensor& x, int dim, const Tensor& out) override {
    cpu::arg_reduce(largest, x, dim, out);
  }
  bool all_finite(const Tensor& x) override { return cpu::all_finite(x); }
  void cumsum(const Tensor& x, bool reverse, const Tensor& out) override {
    cpu::cumsum(x, reverse, out);
  }
  void sort(const Tensor& x, bool descending, const Tensor& values,
            const Tensor& indices) override {
    cpu::sort(x, descending, values, indices);
  }

  void matmul(const MatmulArgs& args, const Tensor& out) override { cpu::matmul(args, out); }
  bool svd(const Tensor& x, const Tensor& u, const Tensor& s, const Tensor& vh) override {
    return cpu::svd(x, u, s, vh);
  }
  bool eigh(const Tensor& x, const Tensor& values, const Tensor& vectors) override {
    return cpu::eigh(x, values, vectors);
  }

  void conv2d(const Tensor& x, const Tensor& weight, const Tensor& bias, const Conv2dParams& params,
              Activation activation, const Tensor& out) override {
    cpu::conv2d(x, weight, bias, params, activation, out);
  }
  void conv2d_input_grad(const Tensor& grad, const Tensor& weight, const Conv2dParams& params,
                         const Tensor& out) override {
    cpu::conv2d_input_grad(grad, weight, params, out);
  }
  void conv2d_weight_grad(const Tensor& grad, const Tensor& x, const Conv2dParams& params,
                          const Tensor& out) override {
    cpu::conv2d_weight_grad(grad, x, params, out);
  }
  void max_pool2d(const Tensor& x, const PoolArgs& args, const Tensor& out,
                  const Tensor& indices) override {
    cpu::max_pool2d(x, args, out, indices);
  }
  void avg_pool2d(const Tensor& x, const PoolArgs& args, const Tensor& out) override {
    cpu::avg_pool2d(x, args, out);
  }
  void avg_pool2d_grad(const Tensor& grad, const PoolArgs& args, const Tensor& out) override {
    cpu::avg_pool2d_grad(grad, args, out);
  }
  bool max_pool2d_scatter(const Tensor& grad, const Tensor& indices, const Tensor& out) override {
    return cpu::max_pool2d_scatter(grad, indices, out);
  }
  bool max_pool2d_gather(const Tensor& x, const Tensor& indices, const Tensor& out) override {
    return cpu::max_pool2d_gather(x, indices, out);
  }

  void softmax(bool log, const Tensor& x, const Tensor& out) override { cpu::softmax(log, x, out); }
  std::int64_t cross_entropy(const CrossEntropyArgs& args, const Tensor& out) override {
    return cpu::cross_entropy(args, out);
  }
  void cross_entropy_grad(const Tensor& grad, const Tensor* divisor, const CrossEntropyArgs& args,
                          const Tensor& out) override {
    cpu::cross_entropy_grad(grad, divisor ? 1 / *divisor->data<double>() : 1, args, out);
  }
  void cross_entropy_weight(const CrossEntropyArgs& args, const Tensor& out) override {
    *out.data<double>() = cpu::cross_entropy_weight(args);
  }

  void attention(const AttentionArgs& args, const Tensor& out, const Tensor& logsumexp) override {
    cpu::attention(args, out, logsumexp);
  }
  void attention_grad(const Tensor& grad, const AttentionArgs& args, const Tensor& out,
                      const Tensor& logsumexp, const Tensor& q_grad, const Tensor& k_grad,
                      const Tensor& v_grad) override {
    cpu::attention_grad(grad, args, out, logsumexp, q_grad, k_grad, v_grad);
  }

  void channel_moments(const Tensor& x, const Tensor& mean, const Tensor& variance) override {
    cpu::channel_moments(x, mean, variance);
  }
  void channel_sums(const Tensor& grad, const Tensor& x, const Tensor& center, const Tensor& sums,
                    const Tensor& products) override {
    cpu::channel_sums(grad, x, center, sums, products);
  }
  void channel_affine(const ChannelAffineArgs& args, const Tensor& out) override {
    cpu::channel_affine(args, out);
  }
  bool batch_norm(const BatchNormArgs& args, const Tensor& out, const Tensor& mean,
                  const Tensor& rstd) override {
    return cpu::batch_norm(args, out, mean, rstd);
  }
  bool batch_norm_grad(const Tensor& grad, const BatchNormGradArgs& args, const Tensor& x_grad,
                       const Tensor& weight_grad, const Tensor& bias_grad) override {
    return cpu::batch_norm_grad(grad, args, x_grad, weight_grad, bias_grad);
  }
  void row_norm(const RowNormArgs& args, double eps, const Tensor& bias,
                const Tensor& out) override {
    cpu::row_norm(args, eps, bias, out);
  }
  void row_norm_grad(const Tensor& grad, const RowNormArgs& args, const Tensor& x_grad,
                     const Tensor& weight_grad, const Tensor& bias_grad) override {
    cpu::row_norm_grad(grad, args, x_grad, weight_grad, bias_grad);
  }

  std::int64_t index_select(const Tensor& x, const Tensor& indices, const Tensor& out) override {
    return cpu::index_select(x, indices, out);
  }
  std::int64_t index_add(const Tensor& indices, const Tensor& values, const Tensor& out) override {
    return cpu::index_add(indices, values, out);
  }
  std::int64_t embedding_grad(const Tensor& indices, const Tensor& grad, std::int64_t padding_index,
                              const Tensor& out) override {
    return cpu::embedding_grad(indices, grad, padding_index, out);
  }
  bool embed_columns(const EmbedColumnsArgs& args, const Tensor& out) override {
    return cpu::embed_columns(args, out);
  }
  bool embed_columns_grad(const Tensor& grad, const EmbedColumnsArgs& args) override {
    return cpu::embed_columns_grad(grad, args);
  }
  std::int64_t gather(const Tensor& x, int dim, const Tensor& index, const Tensor& out) override {
    return cpu::gather_elements(x, dim, index, out);
  }
  std::int64_t scatter_add(int dim, const Tensor& index, const Tensor& values,
                           const Tensor& out) override {
    return cpu::scatter_add(dim, index, values, out);
  }
  std::int64_t scatter(int dim, const Tensor& index, const Tensor& values,
                       const Tensor& out) override {
    return cpu::scatter_elements(dim, index, values, out);
  }
  void nonzero(const Tensor& x, const Tensor& out) override { cpu::nonzero(x, out); }

  void random(const RandomArgs& args, const Tensor& out) override { cpu::random(args, out); }
  void dropout(const Tensor& x, double p, std::uint64_t seed, std::uint64_t offset,
               const Tensor& out, const Tensor& mask) override {
    cpu::dropout(x, p, seed, offset, out, mask);
  }

  void optimizer_update(const UpdateRule& rule, const UpdateLists& lists) override {
    cpu::optimizer_update(rule, lists);
  }
  void total_norm(Norm norm, std::span<const Tensor> tensors, const Tensor& out) override {
    *out.data<double>() = cpu::total_norm(norm, tensors);
  }
};

Backend* find(int index, const char** reason) {
  static auto* backend = new CpuBackend;
  if (index == 0) return backend;
  *reason = "there is one cpu device, number 0";
  return nullptr;
}

[[maybe_unused]] const bool registered = register_backend(DeviceType::kCpu, {.find = find});

}  // namespace
}  // namespace tenon::cpu
