// Pooling over channels-last images: each window position handles all channels side by side.
#include <algorithm>
#include <atomic>
#include <limits>

#include "tensor/cpu/chunk.h"
#include "tensor/cpu/float_lanes.h"
#include "tensor/cpu/kernels.h"
#include "tensor/cpu/parallel.h"

namespace tenon::cpu {
namespace {

std::int64_t count(const PoolWindow& window) {
  return window.end <= window.begin ? 0 : (window.end - window.begin - 1) / window.step + 1;
}

/// Positions that all windows read together, for each channel: what splitting the work counts.
std::int64_t window_positions(const PoolArgs& args) {
  std::int64_t rows = 0, columns = 0;
  for (const PoolWindow& window : args.rows) rows += count(window);
  for (const PoolWindow& window : args.columns) columns += count(window);
  return rows * columns;
}

/// Calls fn(h * width + w) for every position of a window.
template <class F>
void for_each_place(const PoolWindow& rows, const PoolWindow& columns, std::int64_t width,
                    const F& fn) {
  for (std::int64_t h = rows.begin; h < rows.end; h += rows.step) {
    for (std::int64_t w = columns.begin; w < columns.end; w += columns.step) fn(h * width + w);
  }
}

/// One window of max pooling: the largest element of each channel, and its place.
template <class T>
struct Largest {
  T* values;
  std::int32_t* places;
};

template <class T>
void largest_of(const T* image, const PoolWindow& rows, const PoolWindow& columns,
                std::int64_t width, std::int64_t channels, const Largest<T>& largest) {
  std::fill_n(largest.values, channels, -std::numeric_limits<T>::infinity());
  std::fill_n(largest.places, channels,
              static_cast<std::int32_t>(rows.begin * width + columns.begin));
  for_each_place(rows, columns, width, [&](std::int64_t at) {
    const T* x = image + at * channels;
    for (std::int64_t c = 0; c < channels; ++c) {
      const T best = largest.values[c];
      const bool better = x[c] > best || (is_nan(x[c]) && !is_nan(best));
      largest.values[c] = better ? x[c] : best;
      largest.places[c] = better ? static_cast<std::int32_t>(at) : largest.places[c];
    }
  });
}

#ifdef TENON_FLOAT_LANES
/// The same, a register of channels at a time and one of their places. Left to the compiler,
/// channels that do not fill a register go one by one through branches: ten times as long for six
/// channels.
void largest_of(const float* image, const PoolWindow& rows, const PoolWindow& columns,
                std::int64_t width, std::int64_t channels, const Largest<float>& largest) {
  for (std::int64_t c = 0; c < channels; c += kLanes) {
    const std::int64_t used = std::min(channels - c, kLanes);
    FloatLanes best(-std::numeric_limits<float>::infinity());
    // The bits of integers: they are moved only.
    FloatLanes place(math::float_of(static_cast<int>(rows.begin * width + columns.begin)));
    for_each_place(rows, columns, width, [&](std::int64_t at) {
      const float* from = image + at * channels + c;
      const FloatLanes x = used == kLanes ? FloatLanes::load(from) : FloatLanes::load(from, used);
      const LaneMask better = without(best == best, x <= best);
      best = select(better, x, best);
      place = select(better, FloatLanes(math::float_of(static_cast<int>(at))), place);
    });
    best.store(largest.values + c, used);
    place.store(reinterpret_cast<float*>(largest.places + c), used);
  }
}
#endif

template <class T>
void max_pool2d_as(const Tensor& x, const PoolArgs& args, const Tensor& out,
                   const Tensor& indices) {
  const std::int64_t channels = x.shape()[1], height = x.shape()[2], width = x.shape()[3];
  const std::int64_t rows = out.shape()[2], columns = out.shape()[3];
  const T* from = x.data<T>();
  T* to = out.data<T>();
  auto* index = indices.data<std::int32_t>();
  const std::int64_t work = window_positions(args) / rows * channels;
  parallel_items(out.shape()[0] * rows, work, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t row = begin; row < end; ++row) {
      const T* image = from + row / rows * height * width * channels;
      const PoolWindow& down = args.rows[static_cast<std::size_t>(row % rows)];
      for (std::int64_t q = 0; q < columns; ++q) {
        const PoolWindow& across = args.columns[static_cast<std::size_t>(q)];
        const std::int64_t first = (row * columns + q) * channels;
        largest_of(image, down, across, width, channels, Largest<T>{to + first, index + first});
      }
    }
  });
}

template <class T>
void avg_pool2d_as(const Tensor& x, const PoolArgs& args, const Tensor& out) {
  const std::int64_t channels = x.shape()[1], height = x.shape()[2], width = x.shape()[3];
  const std::int64_t rows = out.shape()[2], columns = out.shape()[3];
  const T* from = x.data<T>();
  T* to = out.data<T>();
  const std::int64_t work = window_positions(args) / rows * channels;
  parallel_items(out.shape()[0] * rows, work, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t row = begin; row < end; ++row) {
      const T* image = from + row / rows * height * width * channels;
      const PoolWindow& down = args.rows[static_cast<std::size_t>(row % rows)];
      for (std::int64_t q = 0; q < columns; ++q) {
        const PoolWindow& across = args.columns[static_cast<std::size_t>(q)];
        T* sum = to + (row * columns + q) * channels;
        std::fill_n(sum, channels, T{0});
        for_each_place(down, across, width, [&](std::int64_t at) {
          const T* added = image + at * channels;
          for (std::int64_t c = 0; c < channels; ++c) sum[c] += added[c];
        });
        const T divisor = static_cast<T>(down.divisor * across.divisor);
        for (std::int64_t c = 0; c < channels; ++c) sum[c] /= divisor;
      }
    }
  });
}

/// Windows may overlap, so that one thread does a whole image.
template <class T>
void avg_pool2d_grad_as(const Tensor& grad, const PoolArgs& args, const Tensor& out) {
  const std::int64_t channels = out.shape()[1], height = out.shape()[2], width = out.shape()[3];
  const std::int64_t rows = grad.shape()[2], columns = grad.shape()[3];
  const T* from = grad.data<T>();
  T* to = out.data<T>();
  const std::int64_t work = window_positions(args) * channels;
  parallel_items(out.shape()[0], work, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t i = begin * rows * columns; i < end * rows * columns; ++i) {
      T* image = to + i / (rows * columns) * height * width * channels;
      const PoolWindow& down = args.rows[static_cast<std::size_t>(i / columns % rows)];
      const PoolWindow& across = args.columns[static_cast<std::size_t>(i % columns)];
      const T* shared = from + i * channels;
      const T share = static_cast<T>(1 / (down.divisor * across.divisor));
      for_each_place(down, across, width, [&](std::int64_t at) {
        T* sum = image + at * channels;
        for (std::int64_t c = 0; c < channels; ++c) sum[c] += shared[c] * share;
      });
    }
  });
}

/// Calls begin_image(n) and then, for every element of the image, fn(at, element): `at` is the
/// place that its index names and `element` its own place. False where an index lies outside.
template <class Begin, class F>
bool for_each_index(const Tensor& indices, std::int64_t plane, const Begin& begin_image,
                    const F& fn) {
  const std::int64_t channels = indices.shape()[1];
  const std::int64_t per_image = indices.shape()[2] * indices.shape()[3] * channels;
  const auto* index = indices.data<std::int32_t>();
  std::atomic<bool> inside{true};
  parallel_items(indices.shape()[0], per_image, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t n = begin; n < end; ++n) {
      begin_image(n);
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

/// fn(x, out) in f32 for 16-bit tensors, as they are for others.
template <class F>
auto widened(const Tensor& x, const Tensor& out, const F& fn) {
  if (!is_16_bit(x)) return fn(x, out);
  const Tensor wide = empty_like(out, DType::kF32);
  if constexpr (std::is_void_v<decltype(fn(x, out))>) {
    fn(x.to(DType::kF32), wide);
    copy(wide, out);
  } else {
    const auto result = fn(x.to(DType::kF32), wide);
    copy(wide, out);
    return result;
  }
}

}  // namespace

void max_pool2d(const Tensor& x, const PoolArgs& args, const Tensor& out, const Tensor& indices) {
  widened(x, out, [&](const Tensor& from, const Tensor& to) {
    dispatch_f32_f64(from.dtype(), [&]<class T>() { max_pool2d_as<T>(from, args, to, indices); });
  });
}

void avg_pool2d(const Tensor& x, const PoolArgs& args, const Tensor& out) {
  widened(x, out, [&](const Tensor& from, const Tensor& to) {
    dispatch_f32_f64(from.dtype(), [&]<class T>() { avg_pool2d_as<T>(from, args, to); });
  });
}

void avg_pool2d_grad(const Tensor& grad, const PoolArgs& args, const Tensor& out) {
  widened(grad, out, [&](const Tensor& from, const Tensor& to) {
    fill(0, to);
    dispatch_f32_f64(from.dtype(), [&]<class T>() { avg_pool2d_grad_as<T>(from, args, to); });
  });
}

bool max_pool2d_scatter(const Tensor& grad, const Tensor& indices, const Tensor& out) {
  return widened(grad, out, [&](const Tensor& from, const Tensor& to) {
    bool inside = true;
    const std::int64_t plane = to.shape()[2] * to.shape()[3], image = plane * to.shape()[1];
    dispatch_f32_f64(from.dtype(), [&]<class T>() {
      const T* values = from.data<T>();
      T* sums = to.data<T>();
      inside = for_each_index(
          indices, plane,
          [&](std::int64_t n) { std::fill_n(sums + n * image, image, T{0}); },  // while in cache
          [&](std::int64_t at, std::int64_t i) { sums[at] += values[i]; });
    });
    return inside;
  });
}

bool max_pool2d_gather(const Tensor& x, const Tensor& indices, const Tensor& out) {
  return widened(x, out, [&](const Tensor& from, const Tensor& to) {
    bool inside = true;
    dispatch_f32_f64(from.dtype(), [&]<class T>() {
      const T* values = from.data<T>();
      T* read = to.data<T>();
      inside = for_each_index(
          indices, from.shape()[2] * from.shape()[3], [](std::int64_t) {},
          [&](std::int64_t at, std::int64_t i) { read[i] = values[at]; });
    });
    return inside;
  });
}

}  // namespace tenon::cpu
