#include <algorithm>
#include <limits>
#include <utility>

#include "autograd/ops.h"
#include "autograd/testing/reference.h"
#include "autograd/testing/rows.h"

namespace tenon::autograd::testing::rows {
namespace {

/// One multiplication of a convolution: y[n,k,p,q] += x[n,c,h,w] * weight[k,c % (C/groups),r,s].
struct Term {
  Dims y, x, weight;
};

/// Calls visit(term) for every term that does not fall on padding.
template <class Visit>
void for_each_term(const Shape& y, const Shape& x, const Shape& weight, const Conv2dParams& params,
                   Visit visit) {
  const std::int64_t filters = weight[0] / params.groups;
  for_each_index(y, [&](const Dims& at) {
    for_each_index({weight[1], weight[2], weight[3]}, [&](const Dims& tap) {
      const std::int64_t h =
          at[2] * params.stride.first - params.padding.first + tap[1] * params.dilation.first;
      const std::int64_t w =
          at[3] * params.stride.second - params.padding.second + tap[2] * params.dilation.second;
      if (h < 0 || h >= x[2] || w < 0 || w >= x[3]) return;
      const std::int64_t c = at[1] / filters * weight[1] + tap[0];
      visit(Term{at, {at[0], c, h, w}, {at[1], tap[0], tap[1], tap[2]}});
    });
  });
}

Shape result_shape(const Shape& x, const Shape& weight, const Conv2dParams& p) {
  const auto positions = [](std::int64_t size, std::int64_t taps, int stride, int padding,
                            int dilation) {
    return (size + 2 * padding - dilation * (taps - 1) - 1) / stride + 1;
  };
  return {x[0], weight[0],
          positions(x[2], weight[2], p.stride.first, p.padding.first, p.dilation.first),
          positions(x[3], weight[3], p.stride.second, p.padding.second, p.dilation.second)};
}

Tensor conv2d_reference(Values in, const Conv2dParams& params, bool relu) {
  const Array x(in[0]), weight(in[1]);
  Array y(result_shape(x.shape, weight.shape, params));
  for_each_term(y.shape, x.shape, weight.shape, params,
                [&](const Term& t) { y.at(t.y) += x(t.x) * weight(t.weight); });
  for_each_index(y.shape, [&](const Dims& i) {
    if (in.size() > 2) y.at(i) += Array(in[2])({i[1]});
    if (relu) y.at(i) = std::max(y(i), 0.0);
  });
  return y.tensor();
}

/// The geometries that all three convolutions are tried with.
struct Geometry {
  const char* name;
  Shape x, weight;
  Conv2dParams params;
};

std::vector<Geometry> geometries() {
  return {{"3x3", {2, 2, 5, 4}, {3, 2, 3, 3}, {}},
          {"padding", {1, 2, 4, 4}, {3, 2, 3, 3}, {.padding = {1, 1}}},
          {"stride", {1, 2, 6, 5}, {2, 2, 3, 2}, {.stride = {2, 1}}},
          {"stride that leaves a rest", {1, 1, 6, 6}, {2, 1, 3, 3}, {.stride = {2, 2}}},
          {"dilation", {1, 1, 6, 7}, {2, 1, 3, 3}, {.padding = {1, 2}, .dilation = {2, 2}}},
          {"groups", {2, 4, 4, 4}, {6, 2, 3, 3}, {.padding = {1, 1}, .groups = 2}},
          {"depthwise", {1, 3, 4, 4}, {3, 1, 3, 3}, {.padding = {1, 1}, .groups = 3}},
          {"1x1", {2, 3, 3, 2}, {4, 3, 1, 1}, {}},
          {"whole plane", {2, 2, 3, 3}, {2, 2, 3, 3}, {}},
          {"no images", {0, 2, 4, 4}, {3, 2, 3, 3}, {}}};
}

std::vector<DType> convolution_dtypes() { return {DType::kF32, DType::kF64, DType::kBF16}; }

BadInput refused(std::string name, std::function<void()> call, Throws error,
                 std::vector<std::string> message) {
  return {.name = std::move(name),
          .call = std::move(call),
          .error = error,
          .message = std::move(message)};
}

Sample convolution(const Geometry& geometry, bool bias, bool relu) {
  Sample sample{.name = geometry.name + std::string(bias ? " bias" : "") + (relu ? " relu" : ""),
                .inputs = {values(geometry.x, -1, 1, 1), values(geometry.weight, -1, 1, 2)},
                .call =
                    [params = geometry.params, relu](Inputs x) {
                      return autograd::conv2d(x[0], x[1], x.size() > 2 ? x[2] : Variable(), params,
                                              relu ? Activation::kRelu : Activation::kNone);
                    },
                .reference = [params = geometry.params,
                              relu](Values x) { return conv2d_reference(x, params, relu); }};
  if (bias) sample.inputs.push_back(values({geometry.weight[0]}, -1, 1, 3));
  return sample;
}

}  // namespace

OpRow conv2d() {
  std::vector<Sample> samples;
  for (const Geometry& geometry : geometries())
    samples.push_back(convolution(geometry, false, false));
  const Geometry plain = geometries()[1];
  samples.push_back(convolution(plain, true, false));
  samples.push_back(convolution(plain, true, true));
  samples.push_back(convolution(plain, false, true));
  samples.push_back(
      convolution({"large", {3, 17, 13, 11}, {33, 17, 3, 3}, {.padding = {1, 1}}}, true, true));
  samples.back().differentiable = false;
  return {
      .name = {},
      .dtypes = convolution_dtypes(),
      .samples = std::move(samples),
      .bad =
          {refused("channels",
                   [] {
                     autograd::conv2d(zeros({2, 3, 8, 8}), zeros({4, 16, 3, 3}), {});
                   },
                   Throws::kShapeError, {"16", "[4,16,3,3]", "3", "[2,3,8,8]"}),
           refused("3-d input",
                   [] {
                     autograd::conv2d(zeros({3, 8, 8}), zeros({4, 3, 3, 3}), {});
                   },
                   Throws::kShapeError, {"[3,8,8]"}),
           refused("bias",
                   [] {
                     autograd::conv2d(zeros({2, 3, 8, 8}), zeros({4, 3, 3, 3}), zeros({3}));
                   },
                   Throws::kShapeError, {"bias", "[4]", "[3]"}),
           refused("input smaller than the filter",
                   [] {
                     autograd::conv2d(zeros({2, 3, 2, 8}), zeros({4, 3, 3, 3}), {});
                   },
                   Throws::kShapeError, {"[2,3,2,8]", "[4,3,3,3]"}),
           refused(
               "stride 0",
               [] {
                 autograd::conv2d(zeros({2, 3, 8, 8}), zeros({4, 3, 3, 3}), {}, {.stride = {0, 1}});
               },
               Throws::kValueError, {"stride", "{0,1}"}),
           refused("negative padding",
                   [] {
                     autograd::conv2d(zeros({2, 3, 8, 8}), zeros({4, 3, 3, 3}), {},
                                      {.padding = {-1, 0}});
                   },
                   Throws::kValueError, {"padding", "{-1,0}"}),
           refused("groups",
                   [] {
                     autograd::conv2d(zeros({2, 4, 8, 8}), zeros({4, 2, 3, 3}), {}, {.groups = 3});
                   },
                   Throws::kValueError, {"groups", "3"}),
           refused("dtypes",
                   [] {
                     autograd::conv2d(zeros({2, 3, 8, 8}),
                                      zeros({4, 3, 3, 3}, {.dtype = DType::kF64}), {});
                   },
                   Throws::kDTypeError, {"f32", "f64"})},
      .tolerance = 8};
}

OpRow conv2d_input_grad() {
  std::vector<Sample> samples;
  for (const Geometry& g : geometries()) {
    samples.push_back(
        {.name = g.name,
         .inputs = {values(result_shape(g.x, g.weight, g.params), -1, 1, 1),
                    values(g.weight, -1, 1, 2)},
         .call = [g](Inputs x) { return autograd::conv2d_input_grad(x[0], x[1], g.x, g.params); },
         .reference =
             [g](Values in) {
               const Array grad(in[0]), weight(in[1]);
               Array result(g.x);
               for_each_term(grad.shape, g.x, g.weight, g.params, [&](const Term& t) {
                 result.at(t.x) += grad(t.y) * weight(t.weight);
               });
               return result.tensor();
             }});
  }
  return {.name = {},
          .dtypes = convolution_dtypes(),
          .samples = std::move(samples),
          .bad = {refused("gradient of another shape",
                          [] {
                            autograd::conv2d_input_grad(zeros({2, 4, 5, 6}), zeros({4, 3, 3, 3}),
                                                        {2, 3, 8, 8}, {});
                          },
                          Throws::kShapeError, {"[2,4,6,6]", "[2,4,5,6]"}),
                  refused("3-d input shape",
                          [] {
                            autograd::conv2d_input_grad(zeros({2, 4, 6, 6}), zeros({4, 3, 3, 3}),
                                                        {3, 8, 8}, {});
                          },
                          Throws::kShapeError, {"[3,8,8]"})},
          .tolerance = 8};
}

OpRow conv2d_weight_grad() {
  std::vector<Sample> samples;
  for (const Geometry& g : geometries()) {
    samples.push_back(
        {.name = g.name,
         .inputs = {values(result_shape(g.x, g.weight, g.params), -1, 1, 1), values(g.x, -1, 1, 2)},
         .call =
             [g](Inputs x) { return autograd::conv2d_weight_grad(x[0], x[1], g.weight, g.params); },
         .reference =
             [g](Values in) {
               const Array grad(in[0]), x(in[1]);
               Array result(g.weight);
               for_each_term(grad.shape, g.x, g.weight, g.params,
                             [&](const Term& t) { result.at(t.weight) += grad(t.y) * x(t.x); });
               return result.tensor();
             }});
  }
  return {.name = {},
          .dtypes = convolution_dtypes(),
          .samples = std::move(samples),
          .bad = {refused("gradient of another shape",
                          [] {
                            autograd::conv2d_weight_grad(zeros({2, 4, 5, 6}), zeros({2, 3, 8, 8}),
                                                         {4, 3, 3, 3}, {});
                          },
                          Throws::kShapeError, {"[2,4,6,6]", "[2,4,5,6]"}),
                  refused("3-d weight shape",
                          [] {
                            autograd::conv2d_weight_grad(zeros({2, 4, 6, 6}), zeros({2, 3, 8, 8}),
                                                         {3, 3, 3}, {});
                          },
                          Throws::kShapeError, {"[3,3,3]"})},
          .tolerance = 8};
}

OpRow max_pool2d() {
  const auto sample = [](std::string name, const Shape& shape, const Pool2dParams& p) -> Sample {
    return {
        .name = std::move(name),
        .inputs = {values(shape)},
        .call = [p](Inputs x) { return autograd::max_pool2d(x[0], p); },
        .reference =
            [p](Values in) {
              const Array x(in[0]);
              const auto positions = [](std::int64_t size, int kernel, int stride, int padding) {
                return (size + 2 * padding - kernel) / stride + 1;
              };
              Array y({x.shape[0], x.shape[1],
                       positions(x.shape[2], p.kernel.first, p.stride.first, p.padding.first),
                       positions(x.shape[3], p.kernel.second, p.stride.second, p.padding.second)});
              for_each_index(y.shape, [&](const Dims& i) {
                double best = -std::numeric_limits<double>::infinity();
                for_each_index({p.kernel.first, p.kernel.second}, [&](const Dims& tap) {
                  const std::int64_t h = i[2] * p.stride.first - p.padding.first + tap[0];
                  const std::int64_t w = i[3] * p.stride.second - p.padding.second + tap[1];
                  if (h < 0 || h >= x.shape[2] || w < 0 || w >= x.shape[3]) return;
                  best = std::max(best, x({i[0], i[1], h, w}));
                });
                y.at(i) = best;
              });
              return y.tensor();
            }};
  };
  Sample large = sample("large", {3, 19, 20, 22}, {});
  large.differentiable = false;
  return {.name = {},
          .dtypes = floating(),
          .samples = {sample("2x2", {2, 3, 4, 6}, {}), sample("odd size", {1, 2, 5, 5}, {}),
                      sample("overlapping", {1, 2, 5, 5}, {.kernel = {3, 3}, .stride = {1, 1}}),
                      sample("padding", {1, 2, 5, 4},
                             {.kernel = {3, 3}, .stride = {2, 2}, .padding = {1, 1}}),
                      sample("no images", {0, 2, 4, 4}, {}), std::move(large)},
          .bad = {refused("3-d input",
                          [] {
                            autograd::max_pool2d(zeros({3, 8, 8}));
                          },
                          Throws::kShapeError, {"[3,8,8]"}),
                  refused("input smaller than the kernel",
                          [] {
                            autograd::max_pool2d(zeros({1, 1, 1, 8}));
                          },
                          Throws::kShapeError, {"[1,1,1,8]", "{2,2}"}),
                  refused("padding",
                          [] {
                            autograd::max_pool2d(zeros({1, 1, 8, 8}), {.padding = {2, 0}});
                          },
                          Throws::kValueError, {"padding", "{2,0}"}),
                  refused("integers",
                          [] {
                            autograd::max_pool2d(zeros({1, 1, 8, 8}, {.dtype = DType::kI64}));
                          },
                          Throws::kDTypeError, {"i64"})},
          .tolerance = 1};
}

}  // namespace tenon::autograd::testing::rows
