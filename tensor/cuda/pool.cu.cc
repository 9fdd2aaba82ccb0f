// Pooling over channels-last images: neighbouring threads take neighbouring channels. Derivatives
// gather what an element gets instead of adding to it, so that no atomics are needed and the sums
// have the CPU's order.
#include <cstring>
#include <limits>
#include <map>
#include <mutex>
#include <vector>

#include "tensor/cuda/element.h"
#include "tensor/cuda/grid.h"
#include "tensor/cuda/kernels.h"
#include "tensor/cuda/reduce_methods.h"
#include "tensor/cuda/rows.h"

namespace tenon::cuda {
namespace {

/// A pooling: images [N,C,H,W] on one side, windows [N,C,P,Q] on the other.
struct Planes {
  std::int64_t channels, height, width;
  std::int64_t rows, columns;
  const PoolWindow *down, *across;  // [rows], [columns]
};

/// Element i of a channels-last tensor with planes of `height` x `width`.
struct Coordinates {
  std::int64_t n, c, h, w;
};
TENON_SCALAR Coordinates coordinates(std::int64_t i, std::int64_t channels, std::int64_t height,
                                     std::int64_t width) {
  const std::int64_t pixel = i / channels, row = pixel / width;
  return {row / height, i % channels, row % height, pixel % width};
}

template <class C>
struct MaxPool {
  static constexpr const char* kName = "max_pool2d";
  Planes planes;
  Elements x, out;
  std::int32_t* indices;

  TENON_HOST_DEVICE void operator()(std::int64_t i) const {
    const Coordinates at = coordinates(i, planes.channels, planes.rows, planes.columns);
    const PoolWindow down = planes.down[at.h], across = planes.across[at.w];
    const std::int64_t image = at.n * planes.height * planes.width;
    C best = lowest<C>();
    std::int64_t place = down.begin * planes.width + across.begin;
    for (std::int64_t h = down.begin; h < down.end; h += down.step) {
      for (std::int64_t w = across.begin; w < across.end; w += across.step) {
        const std::int64_t here = h * planes.width + w;
        const C value = load<C>(x, (image + here) * planes.channels + at.c);
        const bool better = value > best || (is_nan(value) && !is_nan(best));
        best = better ? value : best;
        place = better ? here : place;
      }
    }
    store<C>(out, i, best);
    indices[i] = static_cast<std::int32_t>(place);
  }
};

template <class C>
struct AvgPool {
  static constexpr const char* kName = "avg_pool2d";
  Planes planes;
  Elements x, out;

  TENON_HOST_DEVICE void operator()(std::int64_t i) const {
    const Coordinates at = coordinates(i, planes.channels, planes.rows, planes.columns);
    const PoolWindow down = planes.down[at.h], across = planes.across[at.w];
    const std::int64_t image = at.n * planes.height * planes.width;
    C sum = 0;
    for (std::int64_t h = down.begin; h < down.end; h += down.step) {
      for (std::int64_t w = across.begin; w < across.end; w += across.step) {
        sum += load<C>(x, (image + h * planes.width + w) * planes.channels + at.c);
      }
    }
    store<C>(out, i, sum / static_cast<C>(down.divisor * across.divisor));
  }
};

TENON_SCALAR bool reads(const PoolWindow& window, std::int64_t at) {
  return at >= window.begin && at < window.end && (at - window.begin) % window.step == 0;
}

/// One element of the image: the shares of all windows that read it.
template <class C>
struct AvgPoolGrad {
  static constexpr const char* kName = "avg_pool2d_grad";
  Planes planes;
  Elements grad, out;

  TENON_HOST_DEVICE void operator()(std::int64_t i) const {
    const Coordinates at = coordinates(i, planes.channels, planes.height, planes.width);
    C sum = 0;
    for (std::int64_t p = 0; p < planes.rows; ++p) {
      if (!reads(planes.down[p], at.h)) continue;
      for (std::int64_t q = 0; q < planes.columns; ++q) {
        if (!reads(planes.across[q], at.w)) continue;
        const std::int64_t from = (at.n * planes.rows + p) * planes.columns + q;
        const C share = static_cast<C>(1 / (planes.down[p].divisor * planes.across[q].divisor));
        sum += load<C>(grad, from * planes.channels + at.c) * share;
      }
    }
    store<C>(out, i, sum);
  }
};

/// One channel of one image, window after window: several may have chosen one element.
template <class C>
struct MaxPoolScatter {
  static constexpr const char* kName = "max_pool2d_scatter";
  std::int64_t channels, plane, windows;
  Elements grad, out;  // out: zeros, of C
  const std::int32_t* indices;

  TENON_HOST_DEVICE void operator()(std::int64_t i) const {
    const std::int64_t n = i / channels, c = i % channels;
    for (std::int64_t k = 0; k < windows; ++k) {
      const std::int64_t from = (n * windows + k) * channels + c;
      if (indices[from] < 0 || indices[from] >= plane) continue;
      C* to = out.at<C>((n * plane + indices[from]) * channels + c);
      *to += load<C>(grad, from);
    }
  }
};

struct MaxPoolGather {
  static constexpr const char* kName = "max_pool2d_gather";
  std::int64_t channels, plane, windows;
  Elements x, out;
  const std::int32_t* indices;

  TENON_HOST_DEVICE void operator()(std::int64_t i) const {
    const std::int64_t n = i / channels / windows, index = indices[i];
    const bool inside = index >= 0 && index < plane;
    const std::int64_t from = (n * plane + index) * channels + i % channels;
    with_element(x.dtype, [&](auto type) {
      using T = decltype(type);
      *out.at<T>(i) = inside ? *x.at<const T>(from) : T{};
    });
  }
};

/// Channels-last indices in the order that they lie in.
bool all_inside(const Tensor& indices, std::int64_t size) {
  const Tensor flat = indices.permute({0, 2, 3, 1}).reshape({-1});
  return check_indices({.op = "max_unpool2d", .indices = flat, .size = size}) < 0;
}

/// The windows of a pooling in the device's memory. A network pools in a handful of ways: each
/// table is copied once and stays, so that a captured step may read it again.
const PoolWindow* on_device(std::span<const PoolWindow> windows) {
  using Key = std::pair<int, std::vector<double>>;
  static auto* tables = new std::map<Key, Tensor>;
  static auto* mutex = new std::mutex;
  Key key{current_device(), {}};
  for (const PoolWindow& w : windows) {
    for (const std::int64_t value : {w.begin, w.end, w.step}) {
      key.second.push_back(static_cast<double>(value));
    }
    key.second.push_back(w.divisor);
  }
  const std::lock_guard lock(*mutex);
  Tensor& table = (*tables)[key];
  if (!table.defined()) {
    leave_recording("a pooling that is new to the device");
    table = reduce_workspace(static_cast<std::int64_t>(windows.size_bytes()));
    copy_bytes(table.raw_data(), windows.data(), windows.size_bytes(), CopyKind::kToDevice);
    synchronize("a new pooling");  // other streams may read the table
  }
  return static_cast<const PoolWindow*>(table.raw_data());
}

Planes planes(const Tensor& images, const PoolArgs& args) {
  return {images.shape()[1],
          images.shape()[2],
          images.shape()[3],
          static_cast<std::int64_t>(args.rows.size()),
          static_cast<std::int64_t>(args.columns.size()),
          on_device(args.rows),
          on_device(args.columns)};
}

std::int64_t plane_of(const Tensor& x) { return x.shape()[2] * x.shape()[3]; }
const std::int32_t* data(const Tensor& indices) {
  return static_cast<const std::int32_t*>(indices.raw_data());
}

}  // namespace

void max_pool2d(const Tensor& x, const PoolArgs& args, const Tensor& out, const Tensor& indices) {
  if (out.numel() == 0) return;
  dispatch_floating(x.dtype(), [&]<class C>() {
    launch_items(out.numel(), MaxPool<C>{planes(x, args), elements(x), elements(out),
                                         static_cast<std::int32_t*>(indices.raw_data())});
  });
}

void avg_pool2d(const Tensor& x, const PoolArgs& args, const Tensor& out) {
  if (out.numel() == 0) return;
  dispatch_floating(x.dtype(), [&]<class C>() {
    launch_items(out.numel(), AvgPool<C>{planes(x, args), elements(x), elements(out)});
  });
}

void avg_pool2d_grad(const Tensor& grad, const PoolArgs& args, const Tensor& out) {
  if (out.numel() == 0) return;
  dispatch_floating(grad.dtype(), [&]<class C>() {
    launch_items(out.numel(), AvgPoolGrad<C>{planes(out, args), elements(grad), elements(out)});
  });
}

bool max_pool2d_scatter(const Tensor& grad, const Tensor& indices, const Tensor& out) {
  if (!all_inside(indices, plane_of(out))) return false;
  dispatch_floating(grad.dtype(), [&]<class C>() {
    const bool wide = size_of(out.dtype()) == sizeof(C);
    const Tensor sums = wide ? out : empty_like(out, DType::kF32);
    fill(0, sums);
    launch_items(grad.shape()[0] * grad.shape()[1],
                 MaxPoolScatter<C>{grad.shape()[1], plane_of(out), plane_of(grad), elements(grad),
                                   elements(sums), data(indices)});
    if (!wide) copy(sums, out);
  });
  return true;
}

bool max_pool2d_gather(const Tensor& x, const Tensor& indices, const Tensor& out) {
  if (!all_inside(indices, plane_of(x))) return false;
  launch_items(out.numel(), MaxPoolGather{x.shape()[1], plane_of(x), plane_of(out), elements(x),
                                          elements(out), data(indices)});
  return true;
}

}  // namespace tenon::cuda
