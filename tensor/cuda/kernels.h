// The kernels by family; CudaBackend (cuda_backend.cc) only forwards to them. All run on the
// current device and stream (runtime.h).
#ifndef TENON_TENSOR_CUDA_KERNELS_H_
#define TENON_TENSOR_CUDA_KERNELS_H_

#include <optional>
#include <string>

#include "tensor/backend.h"

namespace tenon::cuda {

// elementwise.cu.cc, binary.cu.cc, activation.cu.cc
void fill(double value, const Tensor& out);
void copy(const Tensor& from, const Tensor& out);
void unary(UnaryOp op, const Tensor& x, const Tensor& out);
void where(const Tensor& condition, const Tensor& a, const Tensor& b, const Tensor& out);
void channel_affine(const ChannelAffineArgs& args, const Tensor& out);
void binary(BinaryOp op, const Tensor& a, const Tensor& b, const Tensor& out);
void binary_number(BinaryOp op, const Tensor& x, double number, bool reversed, const Tensor& out);
void compare(CompareOp op, const Tensor& a, const Tensor& b, const Tensor& out);
void activation(const ActivationArgs& args, const Tensor& x, const Tensor& out);
void activation_grad(const ActivationArgs& args, const Tensor& grad, const Tensor& x,
                     const Tensor& out);

// reduce.cu.cc, search.cu.cc
void reduce(const ReduceArgs& args, const Tensor& x, const Tensor& out);
void arg_reduce(bool largest, const Tensor& x, int dim, const Tensor& out);
bool all_finite(const Tensor& x);
/// Has the dense `indices` [..] of i64 or i32 looked at for one outside [0, size), an exception
/// aside: the host hears of it when it next waits (runtime.h), and kernels have to leave such an
/// index alone until then. With checks_at_once() it waits now, and returns the position of the
/// first; else -1.
struct IndexCheck {
  const char* op;
  const Tensor& indices;
  std::int64_t size;
  std::optional<std::int64_t> exception = std::nullopt;
  const char* what = "indices";
};
std::int64_t check_indices(const IndexCheck& check);

// softmax.cu.cc
void softmax(bool log, const Tensor& x, const Tensor& out);
std::int64_t cross_entropy(const CrossEntropyArgs& args, const Tensor& out);
void cross_entropy_grad(const Tensor& grad, const Tensor* divisor, const CrossEntropyArgs& args,
                        const Tensor& out);
void cross_entropy_weight(const CrossEntropyArgs& args, const Tensor& out);

// norm.cu.cc
void channel_moments(const Tensor& x, const Tensor& mean, const Tensor& variance);
void channel_sums(const Tensor& grad, const Tensor& x, const Tensor& center, const Tensor& sums,
                  const Tensor& products);
void row_norm(const RowNormArgs& args, double eps, const Tensor& bias, const Tensor& out);
void row_norm_grad(const Tensor& grad, const RowNormArgs& args, const Tensor& x_grad,
                   const Tensor& weight_grad, const Tensor& bias_grad);

// sort.cu.cc, scan.cu.cc
void sort(const Tensor& x, bool descending, const Tensor& values, const Tensor& indices);
/// Positions of the dense `indices` [K] in the order of what they hold, equals by position.
Tensor sorted_positions(const Tensor& indices);
void cumsum(const Tensor& x, bool reverse, const Tensor& out);
void nonzero(const Tensor& x, const Tensor& out);

// indexing.cu.cc
std::int64_t index_select(const Tensor& x, const Tensor& indices, const Tensor& out);
std::int64_t index_add(const Tensor& indices, const Tensor& values, const Tensor& out);
std::int64_t embedding_grad(const Tensor& indices, const Tensor& grad, std::int64_t padding_index,
                            const Tensor& out);
std::int64_t gather(const Tensor& x, int dim, const Tensor& index, const Tensor& out);
std::int64_t scatter_add(int dim, const Tensor& index, const Tensor& values, const Tensor& out);
std::int64_t scatter(int dim, const Tensor& index, const Tensor& values, const Tensor& out);

// pool.cu.cc
void max_pool2d(const Tensor& x, const PoolArgs& args, const Tensor& out, const Tensor& indices);
void avg_pool2d(const Tensor& x, const PoolArgs& args, const Tensor& out);
void avg_pool2d_grad(const Tensor& grad, const PoolArgs& args, const Tensor& out);
bool max_pool2d_scatter(const Tensor& grad, const Tensor& indices, const Tensor& out);
bool max_pool2d_gather(const Tensor& x, const Tensor& indices, const Tensor& out);

// attention.cu.cc
void attention(const AttentionArgs& args, const Tensor& out, const Tensor& logsumexp);
void attention_grad(const Tensor& grad, const AttentionArgs& args, const Tensor& out,
                    const Tensor& logsumexp, const Tensor& q_grad, const Tensor& k_grad,
                    const Tensor& v_grad);

// attention_fused.cc: cuDNN, for bf16 and f16. These two return false, having done nothing, for
// `reason`, where its kernels do not take the arguments: masks but causal ones, widths that are no
// multiple of 8, too much workspace.
bool fused_attention(const AttentionArgs& args, const Tensor& out, const Tensor& logsumexp,
                     std::string* reason);
bool fused_attention_grad(const Tensor& grad, const AttentionArgs& args, const Tensor& out,
                          const Tensor& logsumexp, const Tensor& q_grad, const Tensor& k_grad,
                          const Tensor& v_grad, std::string* reason);

// random.cu.cc
void random(const RandomArgs& args, const Tensor& out);
void dropout(const Tensor& x, double p, std::uint64_t seed, std::uint64_t offset, const Tensor& out,
             const Tensor& mask);

// optimizer.cu.cc, total_norm.cu.cc
void optimizer_update(const UpdateRule& rule, const UpdateLists& lists);
void total_norm(Norm norm, std::span<const Tensor> tensors, const Tensor& out);

// matmul.cc: cuBLASLt.
void matmul(const MatmulArgs& args, const Tensor& out);

// conv.cc: cuDNN.
void conv2d(const Tensor& x, const Tensor& weight, const Tensor& bias, const Conv2dParams& params,
            Activation activation, const Tensor& out);
void conv2d_input_grad(const Tensor& grad, const Tensor& weight, const Conv2dParams& params,
                       const Tensor& out);
void conv2d_weight_grad(const Tensor& grad, const Tensor& x, const Conv2dParams& params,
                        const Tensor& out);

}  // namespace tenon::cuda

#endif  // TENON_TENSOR_CUDA_KERNELS_H_
