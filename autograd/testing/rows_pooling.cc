#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "autograd/ops.h"
#include "autograd/testing/reference.h"
#include "autograd/testing/rows.h"

namespace tenon::autograd::testing::rows {
namespace {

/// What the element p of one dimension of the result reads.
struct Taps {
  std::vector<std::int64_t> places;
  double divisor;
};
using Axis = std::vector<Taps>;

struct Geometry {
  std::pair<int, int> kernel{2, 2}, stride{2, 2}, padding{0, 0}, dilation{1, 1};
  bool ceil_mode = false;
  bool count_padding = true;
};

/// Written as PyTorch's documentation puts it.
Axis axis_of(std::int64_t size, int kernel, int stride, int padding, int dilation,
             const Geometry& g) {
  const double exact =
      static_cast<double>(size + 2 * padding - dilation * (kernel - 1) - 1) / stride;
  auto count = static_cast<std::int64_t>(g.ceil_mode ? std::ceil(exact) : std::floor(exact)) + 1;
  if (g.ceil_mode && (count - 1) * stride >= size + padding) --count;
  Axis axis;
  for (std::int64_t p = 0; p < count; ++p) {
    Taps taps{{}, 0};
    for (int k = 0; k < kernel; ++k) {
      const std::int64_t at = p * stride - padding + k * dilation;
      if (at >= 0 && at < size) taps.places.push_back(at);
      if (g.count_padding ? at < size + padding : at >= 0 && at < size) ++taps.divisor;
    }
    axis.push_back(taps);
  }
  return axis;
}

Axis even_axis(std::int64_t size, int count) {
  Axis axis;
  for (int p = 0; p < count; ++p) {
    const auto begin = static_cast<std::int64_t>(std::floor(1.0 * p * size / count));
    const auto end = static_cast<std::int64_t>(std::ceil((p + 1.0) * size / count));
    Taps taps{{}, static_cast<double>(end - begin)};
    for (std::int64_t at = begin; at < end; ++at) taps.places.push_back(at);
    axis.push_back(taps);
  }
  return axis;
}

enum class Kind { kMax, kMean };

Tensor pool_reference(const Tensor& x, const Axis& rows, const Axis& columns, Kind kind) {
  const Array from(x);
  Array y({x.size(0), x.size(1), static_cast<std::int64_t>(rows.size()),
           static_cast<std::int64_t>(columns.size())});
  for_each_index(y.shape, [&](const Dims& i) {
    const Taps& down = rows[static_cast<std::size_t>(i[2])];
    const Taps& across = columns[static_cast<std::size_t>(i[3])];
    double best = -std::numeric_limits<double>::infinity(), sum = 0;
    for (const std::int64_t h : down.places) {
      for (const std::int64_t w : across.places) {
        best = std::max(best, from.at({i[0], i[1], h, w}));
        sum += from.at({i[0], i[1], h, w});
      }
    }
    y.at(i) = kind == Kind::kMax ? best : sum / (down.divisor * across.divisor);
  });
  return y.tensor();
}

Sample windows(Kind kind, std::string name, const Shape& shape, const Geometry& g) {
  const Axis rows =
      axis_of(shape[2], g.kernel.first, g.stride.first, g.padding.first, g.dilation.first, g);
  const Axis columns =
      axis_of(shape[3], g.kernel.second, g.stride.second, g.padding.second, g.dilation.second, g);
  const auto call = [kind, g](Inputs x) {
    if (kind == Kind::kMax) {
      return autograd::max_pool2d(x[0], {g.kernel, g.stride, g.padding, g.dilation, g.ceil_mode});
    }
    return autograd::avg_pool2d(x[0],
                                {g.kernel, g.stride, g.padding, g.ceil_mode, g.count_padding});
  };
  return {
      .name = std::move(name), .inputs = {values(shape)}, .call = call, .reference = [=](Values x) {
        return pool_reference(x[0], rows, columns, kind);
      }};
}

Sample even_windows(Kind kind, std::string name, const Shape& shape, std::pair<int, int> size) {
  const Axis rows = even_axis(shape[2], size.first), columns = even_axis(shape[3], size.second);
  return {.name = std::move(name),
          .inputs = {values(shape)},
          .call =
              [kind, size](Inputs x) {
                return kind == Kind::kMax ? autograd::adaptive_max_pool2d(x[0], size)
                                          : autograd::adaptive_avg_pool2d(x[0], size);
              },
          .reference = [=](Values x) { return pool_reference(x[0], rows, columns, kind); }};
}

Sample not_differentiable(Sample sample) {
  sample.differentiable = false;
  return sample;
}

std::vector<Sample> samples_of(Kind kind) {
  const auto sample = [kind](const char* name, const Shape& shape, const Geometry& g) {
    return windows(kind, name, shape, g);
  };
  std::vector<Sample> samples{
      sample("2x2", {2, 3, 4, 6}, {}),
      sample("odd size", {1, 2, 5, 5}, {}),
      sample("overlapping", {1, 2, 5, 5}, {.kernel = {3, 3}, .stride = {1, 1}}),
      sample("padding", {1, 2, 5, 4}, {.kernel = {3, 3}, .padding = {1, 1}}),
      sample("ceil mode", {1, 2, 5, 6}, {.kernel = {2, 3}, .stride = {2, 2}, .ceil_mode = true}),
      sample("ceil mode, padding", {1, 1, 6, 5},
             {.kernel = {3, 2}, .stride = {2, 3}, .padding = {1, 1}, .ceil_mode = true}),
      sample("no images", {0, 2, 4, 4}, {}),
      not_differentiable(sample("large", {3, 19, 20, 22}, {}))};
  if (kind == Kind::kMax) {
    samples.push_back(
        sample("dilation", {1, 2, 7, 6},
               {.kernel = {3, 2}, .stride = {1, 2}, .padding = {1, 1}, .dilation = {2, 3}}));
  } else {
    samples.push_back(
        sample("padding not counted", {1, 2, 5, 4},
               {.kernel = {3, 3}, .padding = {1, 1}, .ceil_mode = true, .count_padding = false}));
  }
  return samples;
}

std::vector<Sample> even_samples(Kind kind) {
  return {even_windows(kind, "one", {2, 3, 4, 5}, {1, 1}),
          even_windows(kind, "divides", {1, 2, 4, 6}, {2, 3}),
          even_windows(kind, "overlaps", {1, 2, 5, 7}, {3, 4}),
          even_windows(kind, "more than there are", {1, 2, 2, 3}, {3, 5}),
          even_windows(kind, "no images", {0, 2, 4, 4}, {2, 2}),
          not_differentiable(even_windows(kind, "large", {3, 19, 20, 22}, {7, 1}))};
}

/// What every pooling refuses; `pool` takes x alone.
template <class Pool>
std::vector<BadInput> refused(const Pool& pool) {
  const auto call = [pool](const Shape& shape, DType dtype) {
    return [=] { pool(zeros(shape, {.dtype = dtype})); };
  };
  return {{.name = "3-d input",
           .call = call({3, 8, 8}, DType::kF32),
           .error = Throws::kShapeError,
           .message = {"[3,8,8]"}},
          {.name = "integers",
           .call = call({1, 1, 8, 8}, DType::kI64),
           .error = Throws::kDTypeError,
           .message = {"i64"}}};
}

/// The same for windows with options.
template <class Params>
std::vector<BadInput> refused_windows(Variable (*pool)(const Variable&, const Params&)) {
  std::vector<BadInput> bad = refused([pool](const Variable& x) { pool(x, Params{}); });
  const auto call = [pool](const Shape& shape, const Params& params) {
    return [=] { pool(zeros(shape), params); };
  };
  bad.push_back({.name = "input smaller than the kernel",
                 .call = call({1, 1, 1, 8}, {}),
                 .error = Throws::kShapeError,
                 .message = {"[1,1,1,8]", "{2,2}"}});
  bad.push_back({.name = "padding",
                 .call = call({1, 1, 8, 8}, {.padding = {2, 0}}),
                 .error = Throws::kValueError,
                 .message = {"padding", "{2,0}"}});
  bad.push_back({.name = "stride 0",
                 .call = call({1, 1, 8, 8}, {.stride = {2, 0}}),
                 .error = Throws::kValueError,
                 .message = {"stride", "{2,0}"}});
  return bad;
}

template <class Pool>
std::vector<BadInput> refused_sizes(const Pool& pool) {
  std::vector<BadInput> bad = refused([pool](const Variable& x) {
    pool(x, std::pair<int, int>{1, 1});
  });
  bad.push_back({.name = "size 0",
                 .call =
                     [pool] {
                       pool(zeros({1, 1, 8, 8}), std::pair<int, int>{2, 0});
                     },
                 .error = Throws::kValueError,
                 .message = {"size", "{2,0}"}});
  bad.push_back({.name = "empty planes",
                 .call =
                     [pool] {
                       pool(zeros({1, 1, 0, 8}), std::pair<int, int>{1, 1});
                     },
                 .error = Throws::kShapeError,
                 .message = {"[1,1,0,8]"}});
  return bad;
}

}  // namespace

OpRow max_pool2d() {
  return {.name = {},
          .dtypes = floating(),
          .samples = samples_of(Kind::kMax),
          .bad = refused_windows<Pool2dParams>(autograd::max_pool2d)};
}

OpRow avg_pool2d() {
  return {.name = {},
          .dtypes = floating(),
          .samples = samples_of(Kind::kMean),
          .bad = refused_windows<AvgPool2dParams>(autograd::avg_pool2d),
          .tolerance = 4};
}

OpRow adaptive_max_pool2d() {
  return {.name = {},
          .dtypes = floating(),
          .samples = even_samples(Kind::kMax),
          .bad = refused_sizes(autograd::adaptive_max_pool2d)};
}

OpRow adaptive_avg_pool2d() {
  return {.name = {},
          .dtypes = floating(),
          .samples = even_samples(Kind::kMean),
          .bad = refused_sizes(autograd::adaptive_avg_pool2d),
          .tolerance = 4};
}

}  // namespace tenon::autograd::testing::rows
