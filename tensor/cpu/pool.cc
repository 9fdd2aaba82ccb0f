// Max pooling over channels-last images: each window position handles all channels side by side.
#include <atomic>
#include <limits>

#include "tensor/cpu/chunk.h"
#include "tensor/cpu/kernels.h"
#include "tensor/cpu/parallel.h"

namespace tenon::cpu {
namespace {

struct Window {
  std::int64_t h_begin, h_end, w_begin, w_end;
};

Window window_at(std::int64_t p, std::int64_t q, std::int64_t height, std::int64_t width,
                 const Pool2dParams& params) {
  const std::int64_t h = p * params.stride.first - params.padding.first;
  const std::int64_t w = q * params.stride.second - params.padding.second;
  return {std::max<std::int64_t>(h, 0), std::min(h + params.kernel.first, height),
          std::max<std::int64_t>(w, 0), std::min(w + params.kernel.second, width)};
}

/// Keeps, per channel, the larger of what was found and `x`, and where it was found.
template <class T>
void keep_larger(const T* x, std::int32_t place, std::int64_t channels, T* best,
                 std::int32_t* index) {
  for (std::int64_t c = 0; c < channels; ++c) {
    const bool better = x[c] > best[c] || (is_nan(x[c]) && !is_nan(best[c]));
    best[c] = better ? x[c] : best[c];
    index[c] = better ? place : index[c];
  }
}

template <class T>
void max_pool2d_as(const Tensor& x, const Pool2dParams& params, const Tensor& out,
                   const Tensor& indices) {
  const std::int64_t channels = x.shape()[1], height = x.shape()[2], width = x.shape()[3];
  const std::int64_t rows = out.shape()[2], columns = out.shape()[3];
  const T* from = x.data<T>();
  T* to = out.data<T>();
  auto* index = indices.data<std::int32_t>();
  const std::int64_t work = columns * channels * params.kernel.first * params.kernel.second;
  parallel_items(out.shape()[0] * rows, work, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t row = begin; row < end; ++row) {
      const T* image = from + row / rows * height * width * channels;
      for (std::int64_t q = 0; q < columns; ++q) {
        const Window window = window_at(row % rows, q, height, width, params);
        T* best = to + (row * columns + q) * channels;
        std::int32_t* place = index + (row * columns + q) * channels;
        std::fill_n(best, channels, -std::numeric_limits<T>::infinity());
        std::fill_n(place, channels,
                    static_cast<std::int32_t>(window.h_begin * width + window.w_begin));
        for (std::int64_t h = window.h_begin; h < window.h_end; ++h) {
          for (std::int64_t w = window.w_begin; w < window.w_end; ++w) {
            keep_larger(image + (h * width + w) * channels,
                        static_cast<std::int32_t>(h * width + w), channels, best, place);
          }
        }
      }
    }
  });
}

/// Calls fn(at, element) for every element: `at` is the place in the image that its index names and
/// `element` its own place. False where an index lies outside.
template <class F>
bool for_each_index(const Tensor& indices, std::int64_t plane, const F& fn) {
  const std::int64_t channels = indices.shape()[1];
  const std::int64_t per_image = indices.shape()[2] * indices.shape()[3] * channels;
  const auto* index = indices.data<std::int32_t>();
  std::atomic<bool> inside{true};
  parallel_items(indices.shape()[0], per_image, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t n = begin; n < end; ++n) {
      for (std::int64_t i = n * per_image; i < (n + 1) * per_image; i += channels) {
        for (std::int64_t c = 0; c < channels; ++c) {
          if (static_cast<std::uint32_t>(index[i + c]) >= static_cast<std::uint64_t>(plane)) {
            inside.store(false, std::memory_order_relaxed);
            return;
          }
          fn((n * plane + index[i + c]) * channels + c, i + c);
        }
      }
    }
  });
  return inside.load();
}

/// f32 and f64 run as they are; 16-bit types through f32.
template <class F>
void dispatch_f32_f64(DType dtype, const F& fn) {
  if (dtype == DType::kF64) {
    fn.template operator()<double>();
  } else {
    fn.template operator()<float>();
  }
}

bool is_16_bit(const Tensor& x) { return size_of(x.dtype()) == 2; }

}  // namespace

void max_pool2d(const Tensor& x, const Pool2dParams& params, const Tensor& out,
                const Tensor& indices) {
  if (is_16_bit(x)) {
    const Tensor wide = empty_like(out, DType::kF32);
    max_pool2d(x.to(DType::kF32), params, wide, indices);
    return copy(wide, out);
  }
  dispatch_f32_f64(x.dtype(), [&]<class T>() { max_pool2d_as<T>(x, params, out, indices); });
}

bool max_pool2d_scatter(const Tensor& grad, const Tensor& indices, const Tensor& out) {
  if (is_16_bit(grad)) {
    const Tensor wide = empty_like(out, DType::kF32);
    const bool inside = max_pool2d_scatter(grad.to(DType::kF32), indices, wide);
    copy(wide, out);
    return inside;
  }
  fill(0, out);
  bool inside = true;
  dispatch_f32_f64(grad.dtype(), [&]<class T>() {
    const T* from = grad.data<T>();
    T* to = out.data<T>();
    inside = for_each_index(indices, out.shape()[2] * out.shape()[3],
                            [&](std::int64_t at, std::int64_t i) { to[at] += from[i]; });
  });
  return inside;
}

bool max_pool2d_gather(const Tensor& x, const Tensor& indices, const Tensor& out) {
  if (is_16_bit(x)) {
    const Tensor wide = empty_like(out, DType::kF32);
    const bool inside = max_pool2d_gather(x.to(DType::kF32), indices, wide);
    copy(wide, out);
    return inside;
  }
  bool inside = true;
  dispatch_f32_f64(x.dtype(), [&]<class T>() {
    const T* from = x.data<T>();
    T* to = out.data<T>();
    inside = for_each_index(indices, x.shape()[2] * x.shape()[3],
                            [&](std::int64_t at, std::int64_t i) { to[i] = from[at]; });
  });
  return inside;
}

}  // namespace tenon::cpu
