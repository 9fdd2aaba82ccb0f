#include "tensor/cpu/conv_plain.h"

#include "tensor/cpu/kernels.h"

namespace tenon::cpu {
namespace {

/// A 4-d f64 tensor with any strides.
struct View {
  explicit View(const Tensor& x) : data(x.data<double>()), strides(x.strides()) {}
  double& at(std::int64_t a, std::int64_t b, std::int64_t c, std::int64_t d) const {
    return data[a * strides[0] + b * strides[1] + c * strides[2] + d * strides[3]];
  }
  double* data;
  Strides strides;
};

/// Where the filter's tap (r, s) meets the image for the result at (p, q).
struct Tap {
  std::int64_t n, k, p, q;     // in y
  std::int64_t c, h, w;        // in x, c over all channels
  std::int64_t c_group, r, s;  // in the weight
};

/// Calls fn for every pair of an image element and a filter tap: y[n,k,p,q] gets
/// x[n,c,h,w] * weight[k,c_group,r,s]. Derivatives run over the same pairs.
template <class F>
void for_each_tap(const Shape& x, const Shape& weight, const Shape& y, const Conv2dParams& params,
                  const F& fn) {
  const std::int64_t filters_per_group = weight[0] / params.groups;
  Tap t;
  for (t.n = 0; t.n < y[0]; ++t.n) {
    for (t.k = 0; t.k < y[1]; ++t.k) {
      for (t.p = 0; t.p < y[2]; ++t.p) {
        for (t.q = 0; t.q < y[3]; ++t.q) {
          for (t.c_group = 0; t.c_group < weight[1]; ++t.c_group) {
            t.c = t.k / filters_per_group * weight[1] + t.c_group;
            for (t.r = 0; t.r < weight[2]; ++t.r) {
              t.h = t.p * params.stride.first - params.padding.first + t.r * params.dilation.first;
              if (t.h < 0 || t.h >= x[2]) continue;
              for (t.s = 0; t.s < weight[3]; ++t.s) {
                t.w = t.q * params.stride.second - params.padding.second +
                      t.s * params.dilation.second;
                if (t.w >= 0 && t.w < x[3]) fn(t);
              }
            }
          }
        }
      }
    }
  }
}

}  // namespace

void conv2d_plain(const Tensor& x, const Tensor& weight, const Tensor& bias,
                  const Conv2dParams& params, Activation activation, const Tensor& out) {
  if (bias.defined()) {
    copy(bias.reshape({1, -1, 1, 1}).expand(out.shape()), out);
  } else {
    fill(0, out);
  }
  const View from(x), filter(weight), to(out);
  for_each_tap(x.shape(), weight.shape(), out.shape(), params, [&](const Tap& t) {
    to.at(t.n, t.k, t.p, t.q) += from.at(t.n, t.c, t.h, t.w) * filter.at(t.k, t.c_group, t.r, t.s);
  });
  if (activation == Activation::kRelu) unary(UnaryOp::kRelu, out, out);
}

void conv2d_input_grad_plain(const Tensor& grad, const Tensor& weight, const Conv2dParams& params,
                             const Tensor& out) {
  fill(0, out);
  const View incoming(grad), filter(weight), to(out);
  for_each_tap(out.shape(), weight.shape(), grad.shape(), params, [&](const Tap& t) {
    to.at(t.n, t.c, t.h, t.w) +=
        incoming.at(t.n, t.k, t.p, t.q) * filter.at(t.k, t.c_group, t.r, t.s);
  });
}

void conv2d_weight_grad_plain(const Tensor& grad, const Tensor& x, const Conv2dParams& params,
                              const Tensor& out) {
  fill(0, out);
  const View incoming(grad), from(x), to(out);
  for_each_tap(x.shape(), out.shape(), grad.shape(), params, [&](const Tap& t) {
    to.at(t.k, t.c_group, t.r, t.s) +=
        incoming.at(t.n, t.k, t.p, t.q) * from.at(t.n, t.c, t.h, t.w);
  });
}

}  // namespace tenon::cpu
