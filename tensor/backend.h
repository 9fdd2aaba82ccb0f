// What a device must be able to do. Adding a device is implementing this one class.
//
// The functions of tensor/ops.h check arguments, promote dtypes, infer shapes and allocate results;
// a backend only computes. It may rely on this: every tensor lies on the backend's device, inputs
// of one call share a dtype unless said otherwise, elementwise inputs are already expanded to the
// result's shape (stride 0 where broadcast), and results are dense and do not overlap the inputs
// (an in-place update excepted, where result and input are the same elements). Sizes may be 0.
// What a backend cannot do it refuses with a DeviceError that names the operation and the dtype.
#ifndef TENON_TENSOR_BACKEND_H_
#define TENON_TENSOR_BACKEND_H_

#include <cstdint>
#include <span>

#include "tensor/allocator.h"
#include "tensor/device.h"
#include "tensor/ops.h"
#include "tensor/tensor.h"

namespace tenon {

class AsyncDevice;

enum class UnaryOp : std::uint8_t {
  kNeg,
  kAbs,
  kSign,
  kSquare,
  kSqrt,
  kRsqrt,
  kReciprocal,
  kExp,
  kExpm1,
  kLog,
  kLog1p,
  kSin,
  kCos,
  kTan,
  kAsin,
  kAcos,
  kAtan,
  kSinh,
  kCosh,
  kTanh,
  kErf,
  kSigmoid,
  kRelu,
  kFloor,
  kCeil,
  kRound,
  kTrunc,
};
/// Of integers, kFmod, kRemainder and kFloorDivide get no divisor that is 0. The last three take
/// (gradient, y): the derivatives of relu, sigmoid and tanh from their results.
enum class BinaryOp : std::uint8_t {
  kAdd,
  kSub,
  kMul,
  kDiv,
  kPow,
  kMaximum,
  kMinimum,
  kAtan2,
  kFmod,
  kRemainder,
  kFloorDivide,
  kReluGrad,
  kSigmoidGrad,
  kTanhGrad,
};
/// The last three ask of each operand whether it differs from 0.
enum class CompareOp : std::uint8_t {
  kEq,
  kNe,
  kLt,
  kLe,
  kGt,
  kGe,
  kAnd,
  kOr,
  kXor,
};
/// Of kAny and kAll the result is bool, of the others it has x's dtype.
enum class ReduceOp : std::uint8_t {
  kSum,
  kMean,
  kMax,
  kMin,
  kProd,
  kAny,
  kAll,
  kNorm,
  kVar,
  kStd,
  kLogSumExp,
};
enum class Distribution : std::uint8_t { kUniform, kNormal, kBernoulli, kRandint };

/// Bit d of `dims` says that dimension d is reduced.
struct ReduceArgs {
  ReduceOp op;
  std::uint64_t dims = 0;
  double parameter = 0;  ///< kNorm: the power; kVar, kStd: the correction
};

/// The numbers a random kernel is made of: element i is a function of (seed, offset, i).
struct RandomArgs {
  Distribution distribution = Distribution::kUniform;
  std::uint64_t seed = 0;
  std::uint64_t offset = 0;
  double a = 0;  ///< low, mean, probability
  double b = 1;  ///< high, deviation
};

/// out[b] = activation(a[b] x b[b] + bias): a [B,M,K], b [B,K,N], any strides; bias [N]; out
/// [B,M,N] with dense rows. Of 16-bit arguments out may be f32, without what follows the bias.
struct MatmulArgs {
  const Tensor& a;
  const Tensor& b;
  const Tensor* bias = nullptr;
  Activation activation = Activation::kNone;
  bool accumulate = false;  ///< adds the product to out; without the others
  /// [B,M,N], dense: also written, with what the activation is applied to.
  const Tensor* inner = nullptr;
  /// [B,M,N], dense: out = (a x b) activation'(slope_at) instead; without bias.
  const Tensor* slope_at = nullptr;
  /// Of kRelu: receives what the kernel has written for the derivative, or stays undefined; beside
  /// slope_at, the result of kRelu, what was received with it and may be read in its place. Nobody
  /// but the backend that made it knows what it holds.
  Tensor* relu_mask = nullptr;
  /// [M], of out's dtype: also written, with the sums of a's rows; B is 1, and there is no bias.
  const Tensor* row_sums = nullptr;
};

/// logits [N,C], labels [N] i64, weight [C] f32 (f64 for f64), all dense.
struct CrossEntropyArgs {
  const Tensor& logits;
  const Tensor& labels;
  const Tensor* weight = nullptr;
  double smoothing = 0;
  std::int64_t ignore_index = -100;
};

/// q [B,H,T,D], k [B,G,S,D], v [B,G,S,E], any strides; mask [B,H,T,S], expanded: bool, or of q's
/// dtype.
struct AttentionArgs {
  const Tensor& q;
  const Tensor& k;
  const Tensor& v;
  const Tensor* mask = nullptr;
  AttentionParams params;  ///< with the scale filled in
};

/// What one row (column) of a pooled plane reads: positions begin, begin + step, … below end. The
/// divisors of its row and its column, multiplied, are what a mean is divided by.
struct PoolWindow {
  std::int64_t begin, end, step;
  double divisor;
};
/// A window for each row and each column of the result.
struct PoolArgs {
  std::span<const PoolWindow> rows;
  std::span<const PoolWindow> columns;
};

/// out = (x - center) scale + shift (+ grad grad_scale), the numbers one per channel of x [A,C,B].
struct ChannelAffineArgs {
  const Tensor& x;
  const Tensor& center;
  const Tensor& scale;
  const Tensor& shift;
  const Tensor* grad = nullptr;
  const Tensor* grad_scale = nullptr;
};

/// Batch normalization of x [A,C,B] while training, and a ReLU where `activation` is kRelu; else it
/// is kNone. weight, bias and running statistics [C] have the dtype of x's statistics; null where
/// there are none.
struct BatchNormArgs {
  const Tensor& x;
  const Tensor* weight = nullptr;
  const Tensor* bias = nullptr;
  const Tensor* running_mean = nullptr;
  const Tensor* running_var = nullptr;
  double momentum = 0;
  double eps = 0;
  Activation activation = Activation::kNone;
};
/// What its derivative is made of: mean, rstd [C]; `active` is what a ReLU made of it, or null.
struct BatchNormGradArgs {
  const Tensor& x;
  const Tensor* weight = nullptr;
  const Tensor& mean;
  const Tensor& rstd;
  const Tensor* active = nullptr;
};

/// rows [N,numbers+K], columns dense, and a table [V,D] for each of the last K columns.
struct EmbedColumnsArgs {
  const Tensor& rows;
  std::int64_t numbers;
  std::span<const Tensor> tables;
};

/// x [R,D] normalized along its rows; mean, rstd [R]; weight [D]. `rms`: the mean stays out of it.
struct RowNormArgs {
  const Tensor& x;
  const Tensor* weight = nullptr;
  const Tensor* mean = nullptr;  ///< undefined in rms
  const Tensor& rstd;
  bool rms = false;
};

class Backend {
 public:
  virtual ~Backend() = default;
  virtual Allocator& allocator() = 0;
  /// Streams, events, recordings (tensor/async_device.h); null where every call returns when its
  /// work is done.
  virtual AsyncDevice* async() { return nullptr; }

  virtual void fill(double value, const Tensor& out) = 0;
  /// Converts dtypes where they differ. `from` is expanded, and may have negative strides; `out`
  /// may be strided.
  virtual void copy(const Tensor& from, const Tensor& out) = 0;
  virtual void copy_to_host(const Tensor& from, void* out) = 0;
  virtual void copy_from_host(const void* from, const Tensor& out) = 0;
  /// Both dense; `from` lies on another device of the same type. On the CPU there is none.
  virtual void copy_from_peer(const Tensor& from, const Tensor& out);

  virtual void unary(UnaryOp op, const Tensor& x, const Tensor& out) = 0;
  virtual void binary(BinaryOp op, const Tensor& a, const Tensor& b, const Tensor& out) = 0;
  /// op(x, number), or op(number, x) where reversed.
  virtual void binary_number(BinaryOp op, const Tensor& x, double number, bool reversed,
                             const Tensor& out) = 0;
  virtual void activation(const ActivationArgs& args, const Tensor& x, const Tensor& out) = 0;
  /// out = grad f'(x).
  virtual void activation_grad(const ActivationArgs& args, const Tensor& grad, const Tensor& x,
                               const Tensor& out) = 0;
  /// `out` is bool.
  virtual void compare(CompareOp op, const Tensor& a, const Tensor& b, const Tensor& out) = 0;
  virtual void where(const Tensor& condition, const Tensor& a, const Tensor& b,
                     const Tensor& out) = 0;

  /// out has x's shape with the reduced dimensions at size 1.
  virtual void reduce(const ReduceArgs& args, const Tensor& x, const Tensor& out) = 0;
  /// Index of the first largest (smallest) along `dim`; out is i64 with that dimension at size 1.
  virtual void arg_reduce(bool largest, const Tensor& x, int dim, const Tensor& out) = 0;
  virtual bool all_finite(const Tensor& x) = 0;
  /// Running sums along the middle of x [outer, size, inner], from its end where `reverse`; dense.
  virtual void cumsum(const Tensor& x, bool reverse, const Tensor& out) = 0;
  /// The first K of each row of x [R,N] in order, equals by position and NaN as the largest, and
  /// where they stood: values [R,K], indices [R,K] i64; all dense.
  virtual void sort(const Tensor& x, bool descending, const Tensor& values,
                    const Tensor& indices) = 0;

  virtual void matmul(const MatmulArgs& args, const Tensor& out) = 0;
  /// x [B,M,N] dense, f32 or f64 -> u [B,M,K], s [B,K], vh [B,K,N]; false where it does not
  /// converge.
  virtual bool svd(const Tensor& x, const Tensor& u, const Tensor& s, const Tensor& vh) = 0;
  /// x [B,N,N] dense, of which the lower triangle counts -> values [B,N], vectors [B,N,N].
  virtual bool eigh(const Tensor& x, const Tensor& values, const Tensor& vectors) = 0;

  /// activation: kNone or kRelu.
  virtual void conv2d(const Tensor& x, const Tensor& weight, const Tensor& bias,
                      const Conv2dParams& params, Activation activation, const Tensor& out) = 0;
  virtual void conv2d_input_grad(const Tensor& grad, const Tensor& weight,
                                 const Conv2dParams& params, const Tensor& out) = 0;
  virtual void conv2d_weight_grad(const Tensor& grad, const Tensor& x, const Conv2dParams& params,
                                  const Tensor& out) = 0;
  // Pooling: images are channels-last.
  virtual void max_pool2d(const Tensor& x, const PoolArgs& args, const Tensor& out,
                          const Tensor& indices) = 0;
  virtual void avg_pool2d(const Tensor& x, const PoolArgs& args, const Tensor& out) = 0;
  virtual void avg_pool2d_grad(const Tensor& grad, const PoolArgs& args, const Tensor& out) = 0;
  /// These two return false, having done part of it, where an index lies outside its plane.
  virtual bool max_pool2d_scatter(const Tensor& grad, const Tensor& indices, const Tensor& out) = 0;
  virtual bool max_pool2d_gather(const Tensor& x, const Tensor& indices, const Tensor& out) = 0;

  /// x and out are [outer, size, inner], dense; softmax over the middle.
  virtual void softmax(bool log, const Tensor& x, const Tensor& out) = 0;
  /// out [N]; returns the row of the first label outside [0,C) that is not ignored, or -1.
  virtual std::int64_t cross_entropy(const CrossEntropyArgs& args, const Tensor& out) = 0;
  /// grad is [] or [N], divided by the f64 [] `divisor` where it is not null.
  virtual void cross_entropy_grad(const Tensor& grad, const Tensor* divisor,
                                  const CrossEntropyArgs& args, const Tensor& out) = 0;
  /// Sum of the weights of all labels that are not ignored, f64 [].
  virtual void cross_entropy_weight(const CrossEntropyArgs& args, const Tensor& out) = 0;

  /// out [B,H,T,E] may have any strides; logsumexp [B,H,T] is dense, f64 for f64, else f32.
  virtual void attention(const AttentionArgs& args, const Tensor& out, const Tensor& logsumexp) = 0;
  /// grad and out as q, with the last dimension of v; the results may have any strides.
  virtual void attention_grad(const Tensor& grad, const AttentionArgs& args, const Tensor& out,
                              const Tensor& logsumexp, const Tensor& q_grad, const Tensor& k_grad,
                              const Tensor& v_grad) = 0;

  // Normalization. x, grad, out are dense and floating; numbers per channel, row or column are f64
  // where x is, else f32. No size is 0.
  /// Mean and (biased) variance [C] of x [A,C,B].
  virtual void channel_moments(const Tensor& x, const Tensor& mean, const Tensor& variance) = 0;
  /// sums [C] of grad, products [C] of grad (x - center); all [A,C,B], center [C].
  virtual void channel_sums(const Tensor& grad, const Tensor& x, const Tensor& center,
                            const Tensor& sums, const Tensor& products) = 0;
  virtual void channel_affine(const ChannelAffineArgs& args, const Tensor& out) = 0;
  /// Batch normalization at once, for a device that has a kernel for it; where these return false
  /// nothing was done, and it is composed of the three above. Write mean and rstd [C]; the
  /// derivatives of x, weight and bias.
  virtual bool batch_norm(const BatchNormArgs& args, const Tensor& out, const Tensor& mean,
                          const Tensor& rstd);
  virtual bool batch_norm_grad(const Tensor& grad, const BatchNormGradArgs& args,
                               const Tensor& x_grad, const Tensor& weight_grad,
                               const Tensor& bias_grad);
  /// out = (x - mean) rstd weight + bias; writes mean and rstd. bias [D] or undefined.
  virtual void row_norm(const RowNormArgs& args, double eps, const Tensor& bias,
                        const Tensor& out) = 0;
  /// All three derivatives: x_grad [R,D], weight_grad and bias_grad [D].
  virtual void row_norm_grad(const Tensor& grad, const RowNormArgs& args, const Tensor& x_grad,
                             const Tensor& weight_grad, const Tensor& bias_grad) = 0;

  // Indexing. Each returns the position of the first index out of range, or -1 (then all is done).
  // A device that works by itself returns -1, reads nothing and writes nothing there, and throws
  // the IndexError when the host next waits for it.
  // x is [outer, size, inner], dense; indices [K].
  virtual std::int64_t index_select(const Tensor& x, const Tensor& indices, const Tensor& out) = 0;
  virtual std::int64_t index_add(const Tensor& indices, const Tensor& values,
                                 const Tensor& out) = 0;
  /// out [V,D] = sums of the rows of grad [K,D]; indices equal to `padding_index` are left out.
  virtual std::int64_t embedding_grad(const Tensor& indices, const Tensor& grad,
                                      std::int64_t padding_index, const Tensor& out) = 0;
  /// For a device that has kernels for them, and where every category is in its table; where these
  /// return false, embeddings are composed, and the results may hold anything. The second writes
  /// the gradients of the tables into args.tables; grad is dense.
  virtual bool embed_columns(const EmbedColumnsArgs& args, const Tensor& out);
  virtual bool embed_columns_grad(const Tensor& grad, const EmbedColumnsArgs& args);
  virtual std::int64_t gather(const Tensor& x, int dim, const Tensor& index, const Tensor& out) = 0;
  virtual std::int64_t scatter_add(int dim, const Tensor& index, const Tensor& values,
                                   const Tensor& out) = 0;
  virtual std::int64_t scatter(int dim, const Tensor& index, const Tensor& values,
                               const Tensor& out) = 0;
  /// x is bool and dense; out [K, dimensions of x], where K elements of x are true.
  virtual void nonzero(const Tensor& x, const Tensor& out) = 0;

  virtual void random(const RandomArgs& args, const Tensor& out) = 0;
  /// mask = 0 or 1/(1-p), out = x * mask.
  virtual void dropout(const Tensor& x, double p, std::uint64_t seed, std::uint64_t offset,
                       const Tensor& out, const Tensor& mask) = 0;

  // Optimizers. Lists are of the lengths that the rule asks for; all tensors of one entry lie dense
  // in one memory order. On the CPU there is no grad_factor.
  virtual void optimizer_update(const UpdateRule& rule, const UpdateLists& lists) = 0;
  /// Tensors are dense; out is f64 [].
  virtual void total_norm(Norm norm, std::span<const Tensor> tensors, const Tensor& out) = 0;
};

/// The backend of a device. Throws DeviceError that says what is missing: the backend in this
/// binary, or the device in this machine.
Backend& backend(Device device);

/// What fills a backend's kernels out where they lack an activation: out = activation(x), and grad
/// times activation'(at), in place, where `at` may be the result of kRelu too.
void activate(Activation activation, const Tensor& x, const Tensor& out);
void multiply_by_slope(Activation activation, const Tensor& at, const Tensor& grad);

/// How a backend makes itself known, at the start of the program. `find` returns the backend of the
/// device with an index, or null and the reason.
struct BackendEntry {
  Backend* (*find)(int index, const char** reason) = nullptr;
};
/// Called from a static initializer of the backend's library.
bool register_backend(DeviceType type, BackendEntry entry);

}  // namespace tenon

#endif  // TENON_TENSOR_BACKEND_H_
