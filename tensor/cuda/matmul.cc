// Matrix products through cuBLASLt, with as much of what follows them in the same kernel as
// matmul_epilogue.h says and the library has on the device.
#include <string>

#include "tensor/cuda/fallback.h"
#include "tensor/cuda/kernels.h"
#include "tensor/cuda/matmul_plan.h"
#include "tensor/cuda/relu_mask.h"

namespace tenon::cuda {
namespace {

/// x or a copy that the library takes.
Tensor as_plain(const Tensor& x) { return blas::is_plain(x) ? x : x.contiguous(); }

/// Whether what the activation is applied to goes elsewhere first.
const Tensor& result_of(const MatmulArgs& args, const Epilogue& done, const Tensor& out) {
  return args.inner && !done.inner ? *args.inner : out;
}

/// What the epilogue reads or writes beside the result; undefined for none.
Tensor second_of(const MatmulArgs& args, const Epilogue& epilogue, const Tensor& out) {
  if (epilogue.slope && epilogue.mask) {
    check_relu_mask(*args.relu_mask, out);
    return *args.relu_mask;
  }
  if (epilogue.slope) return *args.slope_at;
  if (!epilogue.mask) return epilogue.inner ? *args.inner : Tensor();
  return empty(relu_mask_shape(out), {.dtype = DType::kU8, .device = out.device()});
}

/// The product with what the epilogue does; false, for `reason`, where the library cannot.
bool multiply(const MatmulArgs& args, const Epilogue& epilogue, const Tensor& out,
              std::string* reason) {
  const Tensor a = as_plain(args.a), b = as_plain(args.b);
  const Tensor bias = epilogue.bias ? args.bias->to(out.dtype()).contiguous() : Tensor();
  const Tensor& vector = epilogue.row_sums ? *args.row_sums : bias;
  const Tensor second = second_of(args, epilogue, out);
  const blas::Problem problem{.left = blas::matrix(b),
                              .right = blas::matrix(a),
                              .out = blas::matrix(result_of(args, epilogue, out)),
                              .batch = out.shape()[0],
                              .epilogue = epilogue,
                              .vector = vector.defined() ? vector.raw_data() : nullptr,
                              .second = second.defined() ? second.raw_data() : nullptr,
                              .accumulate = args.accumulate,
                              .numerics = numerics()};
  if (!blas::multiply(problem, reason)) return false;
  if (epilogue.mask && epilogue.relu) *args.relu_mask = second;
  return true;
}

void add_up_rows(const MatmulArgs& args) {
  reduce({.op = ReduceOp::kSum, .dims = 1u << 2}, args.a, args.row_sums->reshape({1, -1, 1}));
}

/// What the epilogue has not done.
void finish(const MatmulArgs& args, const Epilogue& done, const Tensor& out) {
  if (args.row_sums && !done.row_sums) add_up_rows(args);
  if (args.slope_at) {
    if (!done.slope) multiply_by_slope(args.activation, *args.slope_at, out);
    return;
  }
  const Tensor& result = result_of(args, done, out);
  if (args.bias && !done.bias) {
    binary(BinaryOp::kAdd, result, args.bias->expand(result.shape()), result);
  }
  const bool activated = done.relu || done.gelu;
  if (!activated && (args.inner || args.activation != Activation::kNone)) {
    activate(args.activation, result, out);
  }
}

std::string describe(const MatmulArgs& args, const Epilogue& epilogue) {
  return std::string(name(args.a.dtype())) + " " + to_string(args.a.shape()) + " x " +
         to_string(args.b.shape()) + (epilogue.bias ? " and bias" : "") +
         (epilogue.relu ? " and ReLU" : "") + (epilogue.gelu ? " and GELU" : "") +
         (epilogue.mask && epilogue.relu ? " and its mask" : "") +
         (epilogue.slope ? epilogue.mask ? " and ReLU's derivative" : " and GELU's derivative"
                         : "") +
         (epilogue.row_sums ? " and a bias's gradient" : "");
}

/// What the kernel did. Without a kernel for all that is asked for, the one without the mask that
/// ReLU writes serves, for a result is worth more than its derivative; then the plain product.
Epilogue multiply_as_fused_as_possible(const MatmulArgs& args, const Tensor& out) {
  Epilogue wanted = epilogue_of(args, out, numerics());
  std::string reason;
  while (!multiply(args, wanted, out, &reason)) {
    report_fallback({.op = "matmul", .problem = describe(args, wanted), .reason = reason});
    if (wanted.mask && wanted.relu) {
      wanted.mask = false;
    } else {
      wanted = {};
    }
  }
  return wanted;
}

}  // namespace

void matmul(const MatmulArgs& args, const Tensor& out) {
  if (out.numel() == 0) {
    if (args.row_sums) add_up_rows(args);
    return;
  }
  Epilogue done;
  if (args.a.shape()[2] > 0) {
    done = multiply_as_fused_as_possible(args, out);
  } else {  // no inner dimension: the product is zero
    if (args.accumulate) return;
    fill(0, result_of(args, done, out));
  }
  finish(args, done, out);
}

}  // namespace tenon::cuda
