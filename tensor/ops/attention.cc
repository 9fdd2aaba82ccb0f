#include "tensor/ops/attention.h"

#include <cmath>
#include <string>

#include "tensor/backend.h"
#include "tensor/internal/check.h"

namespace tenon {
namespace {

using internal::describe;

[[noreturn]] void throw_misfit(const char* op, const char* expected, const Tensor& q,
                               const Tensor& k, const Tensor& v) {
  throw ShapeError("[" + std::string(op) + "] expected " + expected + ", got q " + describe(q) +
                   ", k " + describe(k) + ", v " + describe(v));
}

void check_attention(const char* op, const Tensor& q, const Tensor& k, const Tensor& v,
                     const AttentionParams& params) {
  internal::check_floating(op, "q", q);
  internal::check_match(op, "q", q, "k", k);
  internal::check_match(op, "q", q, "v", v);
  internal::check_ndim(op, "q", q, 4);
  internal::check_ndim(op, "k", k, 4);
  internal::check_ndim(op, "v", v, 4);
  if (q.size(0) != k.size(0) || q.size(0) != v.size(0)) {
    throw_misfit(op, "q, k and v of one batch size", q, k, v);
  }
  if (k.size(1) != v.size(1) || k.size(2) != v.size(2)) {
    throw_misfit(op, "k and v of as many heads and positions", q, k, v);
  }
  if (k.size(1) == 0 ? q.size(1) != 0 : q.size(1) % k.size(1) != 0) {
    throw_misfit(op, "heads of q that are a multiple of those of k", q, k, v);
  }
  if (q.size(3) != k.size(3)) throw_misfit(op, "q and k of one width", q, k, v);
  if (params.offset < 0 || !(params.scale >= 0)) {
    throw ValueError("[" + std::string(op) +
                     "] expected an offset and a scale of at least 0, got " +
                     std::to_string(params.offset) + " and " + std::to_string(params.scale));
  }
}

/// The mask as [B,H,T,S] without copying it; undefined where there is none.
Tensor expanded_mask(const char* op, const Tensor& mask, const Tensor& q, const Tensor& k) {
  if (!mask.defined()) return mask;
  internal::check_same_device(op, q, mask);
  if (mask.dtype() != DType::kBool) internal::check_match(op, "q", q, "mask", mask);
  const Shape shape{q.size(0), q.size(1), q.size(2), k.size(2)};
  bool fits = mask.ndim() <= 4;
  for (int i = 1; fits && i <= mask.ndim(); ++i) {
    fits = mask.size(-i) == 1 || mask.size(-i) == shape[4 - i];
  }
  if (!fits) {
    throw ShapeError("[" + std::string(op) + "] expected a mask that broadcasts to " +
                     to_string(shape) + ", got " + describe(mask));
  }
  return mask.expand(shape);
}

AttentionParams with_scale(AttentionParams params, const Tensor& q) {
  const std::int64_t width = q.size(3);
  if (params.scale == 0) {
    params.scale = width == 0 ? 1 : 1 / std::sqrt(static_cast<double>(width));
  }
  return params;
}

/// Elements with the last dimension dense, as products read them.
Tensor readable(const Tensor& x) {
  return x.size(3) <= 1 || x.strides()[3] == 1 ? x : x.contiguous();
}

/// [B,H,T,E] whose memory is [B,T,H,E].
Tensor by_position(const Tensor& like, std::int64_t width) {
  return empty({like.size(0), like.size(2), like.size(1), width}, like.options()).transpose(1, 2);
}

}  // namespace

Attention scaled_dot_product_attention(const Tensor& q, const Tensor& k, const Tensor& v,
                                       const Tensor& mask, const AttentionParams& params) {
  constexpr const char* kOp = "scaled_dot_product_attention";
  check_attention(kOp, q, k, v, params);
  const Tensor shown = expanded_mask(kOp, mask, q, k);
  Attention result{
      by_position(q, v.size(3)),
      empty({q.size(0), q.size(1), q.size(2)},
            {.dtype = q.dtype() == DType::kF64 ? DType::kF64 : DType::kF32, .device = q.device()})};
  if (q.size(0) * q.size(1) * q.size(2) == 0) return result;
  backend(q.device())
      .attention({.q = readable(q),
                  .k = readable(k),
                  .v = readable(v),
                  .mask = shown.defined() ? &shown : nullptr,
                  .params = with_scale(params, q)},
                 result.y, result.logsumexp);
  return result;
}

AttentionGrads scaled_dot_product_attention_grad(const Tensor& grad, const Tensor& q,
                                                 const Tensor& k, const Tensor& v,
                                                 const Tensor& mask, const AttentionParams& params,
                                                 const Attention& forward) {
  constexpr const char* kOp = "scaled_dot_product_attention_grad";
  check_attention(kOp, q, k, v, params);
  internal::check_match(kOp, "q", q, "grad", grad);
  const Shape shape{q.size(0), q.size(1), q.size(2), v.size(3)};
  internal::check_shape(kOp, "grad", grad, shape);
  internal::check_match(kOp, "q", q, "forward.y", forward.y);
  internal::check_shape(kOp, "forward.y", forward.y, shape);
  internal::check_dtype(kOp, "forward.logsumexp", forward.logsumexp,
                        q.dtype() == DType::kF64 ? DType::kF64 : DType::kF32);
  internal::check_shape(kOp, "forward.logsumexp", forward.logsumexp,
                        {shape[0], shape[1], shape[2]});
  const Tensor shown = expanded_mask(kOp, mask, q, k);
  AttentionGrads grads{by_position(q, q.size(3)), by_position(k, k.size(3)),
                       by_position(v, v.size(3))};
  if (grad.numel() == 0 || k.size(2) == 0) {
    grads.q.fill_(0), grads.k.fill_(0), grads.v.fill_(0);
    return grads;
  }
  backend(q.device())
      .attention_grad(readable(grad),
                      {.q = readable(q),
                       .k = readable(k),
                       .v = readable(v),
                       .mask = shown.defined() ? &shown : nullptr,
                       .params = with_scale(params, q)},
                      readable(forward.y), forward.logsumexp.contiguous(), grads.q, grads.k,
                      grads.v);
  return grads;
}

}  // namespace tenon
