#include <algorithm>
#include <optional>
#include <utility>

#include "autograd/ops.h"
#include "autograd/testing/reference.h"
#include "autograd/testing/rows.h"

namespace tenon::autograd::testing::rows {
namespace {

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
  std::optional<Array> bias;
  if (in.size() > 2) bias.emplace(in[2]);
  const Array y =
      tenon::testing::conv2d_reference(Array(in[0]), Array(in[1]), bias ? &*bias : nullptr, params);
  return (relu ? map_reference(y, [](double v) { return std::max(v, 0.0); }) : y).tensor();
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
               return conv2d_input_grad_reference(Array(in[0]), Array(in[1]), g.x, g.params)
                   .tensor();
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
               return conv2d_weight_grad_reference(Array(in[0]), Array(in[1]), g.weight, g.params)
                   .tensor();
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

OpRow conv1d() {
  const auto sample = [](std::string name, const Shape& x, const Shape& weight,
                         const Conv1dParams& params, bool bias, bool relu) -> Sample {
    Sample sample{.name = std::move(name),
                  .inputs = {values(x, -1, 1, 1), values(weight, -1, 1, 2)},
                  .call =
                      [params, relu](Inputs in) {
                        return autograd::conv1d(in[0], in[1], in.size() > 2 ? in[2] : Variable(),
                                                params,
                                                relu ? Activation::kRelu : Activation::kNone);
                      },
                  .reference =
                      [params, relu](Values in) {
                        std::vector<Tensor> planes(in.begin(), in.end());
                        for (int i = 0; i < 2; ++i) planes[i] = planes[i].unsqueeze(2);
                        return conv2d_reference(planes, convolution_of(params), relu).squeeze(2);
                      }};
    if (bias) sample.inputs.push_back(values({weight[0]}, -1, 1, 3));
    return sample;
  };
  return {.name = {},
          .dtypes = convolution_dtypes(),
          .samples = {sample("plain", {2, 2, 6}, {3, 2, 3}, {}, false, false),
                      sample("bias, relu", {2, 2, 6}, {3, 2, 3}, {.padding = 1}, true, true),
                      sample("all options", {1, 4, 9}, {6, 2, 3},
                             {.stride = 2, .padding = 2, .dilation = 2, .groups = 2}, true, false),
                      sample("no sequences", {0, 2, 5}, {3, 2, 3}, {}, true, false)},
          .bad = {refused("channels",
                          [] {
                            autograd::conv1d(zeros({2, 3, 8}), zeros({4, 16, 3}));
                          },
                          Throws::kShapeError, {"16", "3"}),
                  refused("images",
                          [] {
                            autograd::conv1d(zeros({2, 3, 8, 8}), zeros({4, 3, 3}));
                          },
                          Throws::kShapeError, {"3 dimensions", "[2,3,8,8]"}),
                  refused("4-d weight",
                          [] {
                            autograd::conv1d(zeros({2, 3, 8}), zeros({4, 3, 3, 3}));
                          },
                          Throws::kShapeError, {"weight", "[4,3,3,3]"}),
                  refused("bias",
                          [] {
                            autograd::conv1d(zeros({2, 3, 8}), zeros({4, 3, 3}), zeros({3}));
                          },
                          Throws::kShapeError, {"bias", "[4]", "[3]"}),
                  refused("stride 0",
                          [] {
                            autograd::conv1d(zeros({2, 3, 8}), zeros({4, 3, 3}), {}, {.stride = 0});
                          },
                          Throws::kValueError, {"stride", "{1,0}"})},
          .tolerance = 8};
}

namespace {

/// Each element of x adds the filters, scaled, to the result.
Tensor conv_transpose2d_reference(Values in, const ConvTranspose2dParams& p) {
  const Array x(in[0]), weight(in[1]);
  const std::int64_t per_group = weight.shape[1], inputs = weight.shape[0] / p.groups;
  const auto size = [](std::int64_t n, std::int64_t taps, int stride, int padding, int dilation,
                       int more) {
    return (n - 1) * stride - 2 * padding + dilation * (taps - 1) + more + 1;
  };
  Array y({x.shape[0], per_group * p.groups,
           size(x.shape[2], weight.shape[2], p.stride.first, p.padding.first, p.dilation.first,
                p.output_padding.first),
           size(x.shape[3], weight.shape[3], p.stride.second, p.padding.second, p.dilation.second,
                p.output_padding.second)});
  for_each_index(x.shape, [&](const Dims& i) {
    for_each_index({weight.shape[1], weight.shape[2], weight.shape[3]}, [&](const Dims& tap) {
      const std::int64_t h = i[2] * p.stride.first - p.padding.first + tap[1] * p.dilation.first;
      const std::int64_t w = i[3] * p.stride.second - p.padding.second + tap[2] * p.dilation.second;
      if (h < 0 || h >= y.shape[2] || w < 0 || w >= y.shape[3]) return;
      const std::int64_t k = i[1] / inputs * per_group + tap[0];
      y.at({i[0], k, h, w}) += x.at(i) * weight.at({i[1], tap[0], tap[1], tap[2]});
    });
  });
  if (in.size() > 2) {
    const Array bias(in[2]);
    for_each_index(y.shape, [&](const Dims& i) { y.at(i) += bias.at({i[1]}); });
  }
  return y.tensor();
}

Sample transposed(std::string name, const Shape& x, const Shape& weight,
                  const ConvTranspose2dParams& params, bool bias) {
  Sample sample{
      .name = std::move(name),
      .inputs = {values(x, -1, 1, 1), values(weight, -1, 1, 2)},
      .call =
          [params](Inputs in) {
            return autograd::conv_transpose2d(in[0], in[1], in.size() > 2 ? in[2] : Variable(),
                                              params);
          },
      .reference = [params](Values in) { return conv_transpose2d_reference(in, params); }};
  if (bias) {  // values that do not cancel: it is added to products that were rounded
    sample.inputs = {values(x, 0, 1, 1), values(weight, 0, 1, 2),
                     values({weight[1] * params.groups}, 0, 1, 3)};
  }
  return sample;
}

}  // namespace

OpRow conv_transpose2d() {
  Sample large = transposed("large", {3, 17, 7, 6}, {17, 33, 3, 3},
                            {.stride = {2, 2}, .padding = {1, 1}, .output_padding = {1, 1}}, true);
  large.differentiable = false;
  return {
      .name = {},
      .dtypes = convolution_dtypes(),
      .samples = {transposed("plain", {2, 3, 3, 4}, {3, 2, 3, 2}, {}, false),
                  transposed("bias", {1, 2, 3, 3}, {2, 3, 2, 2}, {}, true),
                  transposed("stride", {1, 2, 3, 2}, {2, 2, 3, 3},
                             {.stride = {2, 3}, .padding = {1, 0}, .output_padding = {1, 2}}, true),
                  transposed("dilation", {1, 1, 3, 3}, {1, 2, 2, 3},
                             {.padding = {1, 1}, .dilation = {2, 2}}, false),
                  transposed("groups", {2, 4, 2, 3}, {4, 3, 2, 2}, {.groups = 2}, true),
                  transposed("no images", {0, 2, 3, 3}, {2, 3, 2, 2}, {}, true), std::move(large)},
      .bad =
          {refused("channels",
                   [] {
                     autograd::conv_transpose2d(zeros({2, 3, 8, 8}), zeros({4, 16, 3, 3}));
                   },
                   Throws::kShapeError, {"4", "[4,16,3,3]", "3", "[2,3,8,8]"}),
           refused("output_padding",
                   [] {
                     autograd::conv_transpose2d(zeros({2, 3, 8, 8}), zeros({3, 4, 3, 3}), {},
                                                {.stride = {2, 2}, .output_padding = {2, 0}});
                   },
                   Throws::kValueError, {"output_padding", "{2,2}", "{2,0}"}),
           refused("nothing left",
                   [] {
                     autograd::conv_transpose2d(zeros({2, 3, 1, 1}), zeros({3, 4, 1, 1}), {},
                                                {.padding = {1, 1}});
                   },
                   Throws::kShapeError, {"[2,4,-1,-1]"}),
           refused("groups",
                   [] {
                     autograd::conv_transpose2d(zeros({2, 3, 8, 8}), zeros({3, 4, 3, 3}), {},
                                                {.groups = 2});
                   },
                   Throws::kValueError, {"groups", "3", "2"}),
           refused(
               "bias",
               [] {
                 autograd::conv_transpose2d(zeros({2, 3, 8, 8}), zeros({3, 4, 3, 3}), zeros({3}));
               },
               Throws::kShapeError, {"bias", "[4]", "[3]"}),
           refused("3-d input",
                   [] {
                     autograd::conv_transpose2d(zeros({3, 8, 8}), zeros({3, 4, 3, 3}));
                   },
                   Throws::kShapeError, {"[3,8,8]"})},
      .tolerance = 8};
}

}  // namespace tenon::autograd::testing::rows
