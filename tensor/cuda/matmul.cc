// Matrix products through cuBLASLt, with as much of what follows them in the same kernel as
// matmul_epilogue.h says and the library has on the device.
#include <string>

#include "tensor/cuda/fallback.h"
#include "tensor/cuda/kernels.h"
#include "tensor/cuda/matmul_plan.h"

namespace tenon::cuda {
namespace {

/// x or a copy that the library takes.
Tensor as_plain(const Tensor& x) { return blas::is_plain(x) ? x : x.contiguous(); }

/// Whether what the activation is applied to goes elsewhere first.
const Tensor& result_of(const MatmulArgs& args, const Epilogue& done, const Tensor& out) {
  return args.inner && !done.inner ? *args.inner : out;
}

/// The product with what the epilogue does; false, for `reason`, where the library cannot.
bool multiply(const MatmulArgs& args, const Epilogue& epilogue, const Tensor& out,
              std::string* reason) {
  const Tensor a = as_plain(args.a), b = as_plain(args.b);
  const Tensor bias = epilogue.bias ? args.bias->to(out.dtype()).contiguous() : Tensor();
  const Tensor& vector = epilogue.row_sums ? *args.row_sums : bias;
  const Tensor* second = epilogue.slope ? args.slope_at : epilogue.inner ? args.inner : nullptr;
  const blas::Problem problem{.left = blas::matrix(b),
                              .right = blas::matrix(a),
                              .out = blas::matrix(result_of(args, epilogue, out)),
                              .batch = out.shape()[0],
                              .epilogue = epilogue,
                              .vector = vector.defined() ? vector.raw_data() : nullptr,
                              .second = second ? second->raw_data() : nullptr,
                              .accumulate = args.accumulate,
                              .numerics = numerics()};
  return blas::multiply(problem, reason);
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
         (epilogue.slope ? " and GELU's derivative" : "") +
         (epilogue.row_sums ? " and a bias's gradient" : "");
}

/// What the kernel did. Without a kernel for all that is asked for, the plain product serves.
Epilogue multiply_as_fused_as_possible(const MatmulArgs& args, const Tensor& out) {
  const Epilogue wanted = epilogue_of(args, out, numerics());
  std::string reason;
  if (multiply(args, wanted, out, &reason)) return wanted;
  report_fallback({.op = "matmul", .problem = describe(args, wanted), .reason = reason});
  multiply(args, {}, out, &reason);
  return {};
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
