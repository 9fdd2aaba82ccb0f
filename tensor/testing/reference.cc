#include "tensor/testing/reference.h"

#include <algorithm>
#include <cmath>

namespace tenon::testing {

Array::Array(const Tensor& x) : Array(x.shape()) {
  const Tensor wide = x.to(DType::kF64);
  const double* first = wide.numel() > 0 ? wide.data<double>() : nullptr;
  for_each_index(shape, [&](const Dims& index) {
    std::int64_t offset = 0;
    for (int d = 0; d < shape.size(); ++d) offset += index[d] * wide.strides()[d];
    at(index) = first[offset];
  });
}

Array map_reference(const Array& x, Function1 f) {
  Array out = x;
  std::transform(x.values.begin(), x.values.end(), out.values.begin(), f);
  return out;
}

Array zip_reference(const Array& a, const Array& b, Function2 f) {
  Array out(broadcast_shapes(a.shape, b.shape, "zip_reference"));
  for_each_index(out.shape, [&](const Dims& i) { out.at(i) = f(a.at(i), b.at(i)); });
  return out;
}

Array fold_reference(const Array& x, const std::vector<int>& dims, double initial, Function2 f) {
  Shape shape = x.shape;
  for (const int d : dims) shape[d < 0 ? d + shape.size() : d] = 1;
  Array out(shape, initial);
  for_each_index(x.shape, [&](const Dims& i) { out.at(i) = f(out.at(i), x.at(i)); });
  return out;
}

Array transpose_reference(const Array& x) {
  const int n = x.shape.size();
  Shape shape = x.shape;
  std::swap(shape[n - 1], shape[n - 2]);
  Array out(shape);
  for_each_index(x.shape, [&](const Dims& i) {
    Dims mirrored = i;
    std::swap(mirrored[n - 1], mirrored[n - 2]);
    out.at(mirrored) = x.at(i);
  });
  return out;
}

Array matmul_reference(const Array& a, const Array& b) {
  const int rows = a.shape.size() - 2, columns = b.shape.size() - 1;
  const Shape lead_a(std::span<const std::int64_t>(a.shape).first(rows));
  const Shape lead_b(std::span<const std::int64_t>(b.shape).first(columns - 1));
  Shape shape = broadcast_shapes(lead_a, lead_b, "matmul_reference");
  shape.push_back(a.shape[rows]);
  shape.push_back(b.shape[columns]);
  Array out(shape);
  for_each_index(shape, [&](const Dims& i) {
    Dims left = i, right = i;
    for (std::int64_t k = 0; k < a.shape.back(); ++k) {
      left[i.size() - 1] = right[i.size() - 2] = k;
      out.at(i) += a.at(left) * b.at(right);
    }
  });
  return out;
}

namespace {

/// Places in the values of y, x and the weight.
struct Tap {
  std::size_t y, x, weight;
};

std::size_t place(const Shape& shape, std::int64_t i, std::int64_t j, std::int64_t k,
                  std::int64_t l) {
  return static_cast<std::size_t>(((i * shape[1] + j) * shape[2] + k) * shape[3] + l);
}

/// Calls fn(tap) for every product that convolution adds up.
template <class F>
void for_each_tap(const Shape& x, const Shape& weight, const Shape& y, const Conv2dParams& params,
                  const F& fn) {
  const std::int64_t channels = weight[1], filters = weight[0] / params.groups;  // of a group
  for_each_index(y, [&](const Dims& at) {
    for (std::int64_t c = 0; c < channels; ++c) {
      for (std::int64_t r = 0; r < weight[2]; ++r) {
        for (std::int64_t s = 0; s < weight[3]; ++s) {
          const std::int64_t h =
              at[2] * params.stride.first - params.padding.first + r * params.dilation.first;
          const std::int64_t w =
              at[3] * params.stride.second - params.padding.second + s * params.dilation.second;
          if (h < 0 || h >= x[2] || w < 0 || w >= x[3]) continue;
          fn(Tap{.y = place(y, at[0], at[1], at[2], at[3]),
                 .x = place(x, at[0], at[1] / filters * channels + c, h, w),
                 .weight = place(weight, at[1], c, r, s)});
        }
      }
    }
  });
}

std::int64_t positions(std::int64_t size, std::int64_t window, int stride, int padding,
                       int dilation) {
  std::int64_t count = 0;
  const std::int64_t reach = dilation * (window - 1);
  for (std::int64_t i = -padding; i + reach < size + padding; i += stride) ++count;
  return count;
}

}  // namespace

Array conv2d_reference(const Array& x, const Array& weight, const Array* bias,
                       const Conv2dParams& params) {
  Array y({x.shape[0], weight.shape[0],
           positions(x.shape[2], weight.shape[2], params.stride.first, params.padding.first,
                     params.dilation.first),
           positions(x.shape[3], weight.shape[3], params.stride.second, params.padding.second,
                     params.dilation.second)});
  if (bias) for_each_index(y.shape, [&](const Dims& i) { y.at(i) = bias->at({i[1]}); });
  for_each_tap(x.shape, weight.shape, y.shape, params,
               [&](const Tap& at) { y.values[at.y] += x.values[at.x] * weight.values[at.weight]; });
  return y;
}

Array conv2d_input_grad_reference(const Array& grad, const Array& weight, const Shape& x_shape,
                                  const Conv2dParams& params) {
  Array out(x_shape);
  for_each_tap(x_shape, weight.shape, grad.shape, params, [&](const Tap& at) {
    out.values[at.x] += grad.values[at.y] * weight.values[at.weight];
  });
  return out;
}

Array conv2d_weight_grad_reference(const Array& grad, const Array& x, const Shape& weight_shape,
                                   const Conv2dParams& params) {
  Array out(weight_shape);
  for_each_tap(x.shape, weight_shape, grad.shape, params,
               [&](const Tap& at) { out.values[at.weight] += grad.values[at.y] * x.values[at.x]; });
  return out;
}

std::pair<Array, Array> max_pool2d_reference(const Array& x, const Pool2dParams& params) {
  const Shape shape{x.shape[0], x.shape[1],
                    positions(x.shape[2], params.kernel.first, params.stride.first,
                              params.padding.first, params.dilation.first),
                    positions(x.shape[3], params.kernel.second, params.stride.second,
                              params.padding.second, params.dilation.second)};
  Array values(shape, -INFINITY), places(shape, -1);
  for_each_index(shape, [&](const Dims& at) {
    for_each_index({params.kernel.first, params.kernel.second}, [&](const Dims& tap) {
      const std::int64_t h =
          at[2] * params.stride.first - params.padding.first + tap[0] * params.dilation.first;
      const std::int64_t w =
          at[3] * params.stride.second - params.padding.second + tap[1] * params.dilation.second;
      if (h < 0 || h >= x.shape[2] || w < 0 || w >= x.shape[3]) return;
      const double found = x.at({at[0], at[1], h, w}), best = values.at(at);
      if (std::isnan(best)) return;
      if (places.at(at) < 0 || found > best || std::isnan(found)) {
        values.at(at) = found;
        places.at(at) = static_cast<double>(h * x.shape[3] + w);
      }
    });
  });
  return {values, places};
}

Array log_softmax_reference(const Array& x, int dim) {
  const Array largest = fold_reference(
      x, {dim}, -INFINITY, [](double a, double b) { return std::isnan(a) || a > b ? a : b; });
  const Array shifted = zip_reference(x, largest, [](double a, double b) { return a - b; });
  const Array sums = fold_reference(map_reference(shifted, [](double v) { return std::exp(v); }),
                                    {dim}, 0, [](double a, double b) { return a + b; });
  return zip_reference(shifted, sums, [](double a, double b) { return a - std::log(b); });
}

Array softmax_reference(const Array& x, int dim) {
  return map_reference(log_softmax_reference(x, dim), [](double v) { return std::exp(v); });
}

}  // namespace tenon::testing
