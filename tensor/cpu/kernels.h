// The CPU kernels by family; CpuBackend (cpu_backend.cc) only forwards to them.
#ifndef TENON_TENSOR_CPU_KERNELS_H_
#define TENON_TENSOR_CPU_KERNELS_H_

#include "tensor/backend.h"

namespace tenon::cpu {

// copy.cc
void fill(double value, const Tensor& out);
void copy(const Tensor& from, const Tensor& out);

// unary.cc, activation.cc, binary.cc, compare.cc
void unary(UnaryOp op, const Tensor& x, const Tensor& out);
void activation(const ActivationArgs& args, const Tensor& x, const Tensor& out);
void activation_grad(const ActivationArgs& args, const Tensor& grad, const Tensor& x,
                     const Tensor& out);
void binary(BinaryOp op, const Tensor& a, const Tensor& b, const Tensor& out);
void binary_number(BinaryOp op, const Tensor& x, double number, bool reversed, const Tensor& out);
void compare(CompareOp op, const Tensor& a, const Tensor& b, const Tensor& out);
void where(const Tensor& condition, const Tensor& a, const Tensor& b, const Tensor& out);

// reduce.cc, which hands kVar and kStd, kLogSumExp on to reduce_moments.cc, reduce_logsumexp.cc
void reduce(const ReduceArgs& args, const Tensor& x, const Tensor& out);
void reduce_moments(const ReduceArgs& args, const Tensor& x, const Tensor& out);
void reduce_logsumexp(const ReduceArgs& args, const Tensor& x, const Tensor& out);

// arg_reduce.cc, cumsum.cc, sort.cc
void arg_reduce(bool largest, const Tensor& x, int dim, const Tensor& out);
bool all_finite(const Tensor& x);
void cumsum(const Tensor& x, bool reverse, const Tensor& out);
void sort(const Tensor& x, bool descending, const Tensor& values, const Tensor& indices);

// matmul.cc: oneDNN, or Eigen where oneDNN does not take the dtype.
void matmul(const MatmulArgs& args, const Tensor& out);

// matvec.cc: a single row times a matrix with dense columns, f32 or bf16.
bool is_matvec(const MatmulArgs& args, const Tensor& out);
void matvec(const MatmulArgs& args, const Tensor& out);

// decompose.cc: Eigen.
bool svd(const Tensor& x, const Tensor& u, const Tensor& s, const Tensor& vh);
bool eigh(const Tensor& x, const Tensor& values, const Tensor& vectors);

// conv.cc: oneDNN; conv_plain.cc: f64 by loops.
void conv2d(const Tensor& x, const Tensor& weight, const Tensor& bias, const Conv2dParams& params,
            Activation activation, const Tensor& out);
void conv2d_input_grad(const Tensor& grad, const Tensor& weight, const Conv2dParams& params,
                       const Tensor& out);
void conv2d_weight_grad(const Tensor& grad, const Tensor& x, const Conv2dParams& params,
                        const Tensor& out);

// pool.cc
void max_pool2d(const Tensor& x, const PoolArgs& args, const Tensor& out, const Tensor& indices);
void avg_pool2d(const Tensor& x, const PoolArgs& args, const Tensor& out);
void avg_pool2d_grad(const Tensor& grad, const PoolArgs& args, const Tensor& out);
bool max_pool2d_scatter(const Tensor& grad, const Tensor& indices, const Tensor& out);
bool max_pool2d_gather(const Tensor& x, const Tensor& indices, const Tensor& out);

// softmax.cc
void softmax(bool log, const Tensor& x, const Tensor& out);
std::int64_t cross_entropy(const CrossEntropyArgs& args, const Tensor& out);
void cross_entropy_grad(const Tensor& grad, double scale, const CrossEntropyArgs& args,
                        const Tensor& out);
double cross_entropy_weight(const CrossEntropyArgs& args);

// attention.cc, attention_grad.cc
void attention(const AttentionArgs& args, const Tensor& out, const Tensor& logsumexp);
void attention_grad(const Tensor& grad, const AttentionArgs& args, const Tensor& out,
                    const Tensor& logsumexp, const Tensor& q_grad, const Tensor& k_grad,
                    const Tensor& v_grad);

// norm_channel.cc
void channel_moments(const Tensor& x, const Tensor& mean, const Tensor& variance);
void channel_sums(const Tensor& grad, const Tensor& x, const Tensor& center, const Tensor& sums,
                  const Tensor& products);
void channel_affine(const ChannelAffineArgs& args, const Tensor& out);

// batch_norm.cc, for small f32 matrices
bool batch_norm(const BatchNormArgs& args, const Tensor& out, const Tensor& mean,
                const Tensor& rstd);
bool batch_norm_grad(const Tensor& grad, const BatchNormGradArgs& args, const Tensor& x_grad,
                     const Tensor& weight_grad, const Tensor& bias_grad);

// norm_row.cc
void row_norm(const RowNormArgs& args, double eps, const Tensor& bias, const Tensor& out);
void row_norm_grad(const Tensor& grad, const RowNormArgs& args, const Tensor& x_grad,
                   const Tensor& weight_grad, const Tensor& bias_grad);

// indexing.cc
std::int64_t index_select(const Tensor& x, const Tensor& indices, const Tensor& out);
std::int64_t index_add(const Tensor& indices, const Tensor& values, const Tensor& out);
std::int64_t embedding_grad(const Tensor& indices, const Tensor& grad, std::int64_t padding_index,
                            const Tensor& out);
std::int64_t gather_elements(const Tensor& x, int dim, const Tensor& index, const Tensor& out);
std::int64_t scatter_add(int dim, const Tensor& index, const Tensor& values, const Tensor& out);
std::int64_t scatter_elements(int dim, const Tensor& index, const Tensor& values,
                              const Tensor& out);
void nonzero(const Tensor& x, const Tensor& out);

// embed_columns.cc, for f32
bool embed_columns(const EmbedColumnsArgs& args, const Tensor& out);
bool embed_columns_grad(const Tensor& grad, const EmbedColumnsArgs& args);

// random.cc
void random(const RandomArgs& args, const Tensor& out);
void dropout(const Tensor& x, double p, std::uint64_t seed, std::uint64_t offset, const Tensor& out,
             const Tensor& mask);

// optimizer.cc
void optimizer_update(const UpdateRule& rule, const UpdateLists& lists);
double total_norm(Norm norm, std::span<const Tensor> tensors);

}  // namespace tenon::cpu

#endif  // TENON_TENSOR_CPU_KERNELS_H_
