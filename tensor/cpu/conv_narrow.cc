#include "tensor/cpu/conv_narrow.h"

#include "tensor/cpu/conv_narrow_image.h"
#include "tensor/cpu/conv_narrow_interleave.h"
#include "tensor/cpu/conv_narrow_kernel.h"
#include "tensor/cpu/kernels.h"

#ifdef TENON_FLOAT_LANES

#include <array>
#include <utility>
#include <vector>

#include "tensor/cpu/parallel.h"

namespace tenon::cpu {
namespace {

using narrow::Interleave;
using narrow::kScalars;
using narrow::kVectors;
using narrow::Offsets;
using narrow::PaddedImage;
using narrow::Sizes;
using narrow::Terms;

std::int64_t registers(std::int64_t count) { return (count + kLanes - 1) / kLanes; }

/// Share of the lanes that count when `count` elements lie side by side.
double filled(std::int64_t count) {
  return static_cast<double>(count) / static_cast<double>(registers(count) * kLanes);
}

/// Splits `count` images into `groups` runs and calls fn(group, begin, end) for each, in parallel.
template <class F>
void for_each_group(std::int64_t count, std::int64_t groups, std::int64_t work_per_image,
                    const F& fn) {
  parallel_items(groups, work_per_image * count / groups,
                 [&](std::int64_t begin, std::int64_t end) {
                   for (std::int64_t g = begin; g < end; ++g) {
                     fn(g, count * g / groups, count * (g + 1) / groups);
                   }
                 });
}

/// weight [K,C,R,S] as [taps,K].
std::vector<float> transposed(const Tensor& weight, const Sizes& sizes) {
  const Tensor dense = weight.contiguous();
  const float* from = dense.data<float>();
  std::vector<float> to(static_cast<std::size_t>(sizes.taps() * sizes.k));
  for (std::int64_t k = 0; k < sizes.k; ++k) {
    for (std::int64_t i = 0; i < sizes.taps(); ++i) {
      to[static_cast<std::size_t>(i * sizes.k + k)] = from[k * sizes.taps() + i];
    }
  }
  return to;
}

using VectorsTimesScalars = void (*)(const float* const*, const Terms&, float*, std::int64_t);

/// The kernel for 1 to kVectors registers and 1 to kScalars filters.
VectorsTimesScalars vectors_times_scalars(std::int64_t vectors, std::int64_t scalars) {
  static constexpr auto kAll = []<int... i>(std::integer_sequence<int, i...>) {
    return std::array<VectorsTimesScalars, sizeof...(i)>{
        narrow::add_vectors_times_scalars<i / kScalars + 1, i % kScalars + 1>...};
  }
  (std::make_integer_sequence<int, kVectors * kScalars>{});
  return kAll[static_cast<std::size_t>((vectors - 1) * kScalars + scalars - 1)];
}

/// Calls fn(begin, size) for runs of at most `most` that cover `count`, as even as they can be.
template <class F>
void for_each_run(std::int64_t count, std::int64_t most, const F& fn) {
  const std::int64_t runs = (count + most - 1) / most;
  for (std::int64_t i = 0; i < runs; ++i) {
    fn(count * i / runs, count * (i + 1) / runs - count * i / runs);
  }
}

/// sums[k][v] += the registers at places[v] times the factors of filter k.
void add_products(const float* const* places, std::int64_t count, const Terms& terms,
                  std::int64_t filters, float* sums) {
  for_each_run(filters, kScalars, [&](std::int64_t k, std::int64_t scalars) {
    for_each_run(count, kVectors, [&](std::int64_t v, std::int64_t vectors) {
      Terms some = terms;
      some.factors += k;
      vectors_times_scalars(vectors, scalars)(places + v, some, sums + (k * count + v) * kLanes,
                                              count * kLanes);
    });
  });
}

void relu_in_place(float* x, std::int64_t count) {
  for (std::int64_t i = 0; i < count; ++i) x[i] = x[i] < 0 ? 0 : x[i];
}

/// The result of one image after another: kLanes neighbouring pixels of a row in a register.
class Forward {
 public:
  Forward(const Sizes& sizes, const Tensor& weight, const Tensor& bias)
      : sizes_(sizes),
        layout_(sizes, /*planes=*/true),
        interleave_(sizes.k),
        taps_(layout_.taps()),
        factors_(transposed(weight, sizes)),
        bias_(static_cast<std::size_t>(sizes.k)) {
    if (bias.defined()) bias_ = bias.to_vector<float>();
  }

  /// The image, and sums of one kernel call.
  std::int64_t scratch() const { return layout_.floats() + sizes_.k * kVectors * kLanes; }

  void operator()(const Tensor& x, std::int64_t n, float* image, float* out) const {
    layout_.copy(x, n, image);
    const std::int64_t per_row = registers(sizes_.q);
    for_each_run(per_row * sizes_.p, kVectors, [&](std::int64_t first, std::int64_t count) {
      float* sums = image + layout_.floats();
      const float* places[kVectors];
      for (std::int64_t v = 0; v < count; ++v) {
        places[v] = image + layout_.window((first + v) / per_row, (first + v) % per_row * kLanes);
      }
      for (std::int64_t k = 0; k < sizes_.k; ++k) {
        std::fill_n(sums + k * count * kLanes, count * kLanes, bias_[static_cast<std::size_t>(k)]);
      }
      const Terms terms{taps_.data(), sizes_.taps(), factors_.data(), sizes_.k};
      add_products(places, count, terms, sizes_.k, sums);
      for (std::int64_t v = 0; v < count; ++v) {
        const std::int64_t p = (first + v) / per_row, q = (first + v) % per_row * kLanes;
        interleave_(sums + v * kLanes, count * kLanes, std::min(sizes_.q - q, kLanes),
                    out + (p * sizes_.q + q) * sizes_.k);
      }
    });
  }

 private:
  Sizes sizes_;
  PaddedImage layout_;
  Interleave interleave_;
  Offsets taps_;
  std::vector<float> factors_;  // [taps,K]
  std::vector<float> bias_;     // [K]
};

/// Sums over one image after another: of a window's row, kLanes neighbouring elements in a
/// register.
class WeightGrad {
 public:
  explicit WeightGrad(const Sizes& sizes)
      : sizes_(sizes), layout_(sizes, /*planes=*/false), windows_(layout_.windows()) {
    for (std::int64_t r = 0; r < sizes.r; ++r) {
      for (std::int64_t i = 0; i < sizes.s * sizes.c; i += kLanes) {
        vectors_.push_back(layout_.tap(0, r, 0) + i);
      }
    }
  }

  std::int64_t image_floats() const { return layout_.floats(); }
  /// [K, R, S C and a rest].
  std::int64_t sum_floats() const { return sizes_.k * count() * kLanes; }

  void add(const Tensor& x, const Tensor& grad, std::int64_t n, float* image, float* sums) const {
    layout_.copy(x, n, image);
    std::vector<const float*> places;
    for (const std::int64_t vector : vectors_) places.push_back(image + vector);
    const Terms terms{windows_.data(), sizes_.pixels(),
                      grad.data<float>() + n * sizes_.pixels() * sizes_.k, sizes_.k};
    add_products(places.data(), count(), terms, sizes_.k, sums);
  }

  /// Where a weight's element is in the sums.
  std::int64_t place(std::int64_t k, std::int64_t c, std::int64_t r, std::int64_t s) const {
    return (k * count() + r * registers(sizes_.s * sizes_.c)) * kLanes + s * sizes_.c + c;
  }

 private:
  std::int64_t count() const { return static_cast<std::int64_t>(vectors_.size()); }

  Sizes sizes_;
  PaddedImage layout_;
  Offsets windows_;
  Offsets vectors_;
};

/// Images are summed in so many groups, each in order, whatever the number of threads: the same
/// bits on all of them.
constexpr std::int64_t kGroups = 16;

/// An image of 128 KiB and its result stay in the second-level cache.
constexpr std::int64_t kMostFloats = 32768;

/// Of bf16, images of at most so many channels: oneDNN's own kernels win from 8 on.
constexpr std::int64_t kMostChannelsOfBf16 = 3;

bool takes(DType dtype, std::int64_t channels) {
  return dtype == DType::kF32 || (dtype == DType::kBF16 && channels <= kMostChannelsOfBf16);
}

/// Whether these loops take it at all.
bool is_narrow(const Tensor& x, const Sizes& sizes) {
  return takes(x.dtype(), sizes.c) && sizes.params.groups == 1 && sizes.k < kLanes &&
         sizes.padded_height() * sizes.padded_width() * sizes.c <= kMostFloats;
}

/// Multiply-adds of registers per image.
std::int64_t work(const Sizes& sizes) { return sizes.pixels() * sizes.taps() * sizes.k / kLanes; }

}  // namespace

bool conv2d_narrow(const Tensor& x, const Tensor& weight, const Tensor& bias,
                   const Conv2dParams& params, Activation activation, const Tensor& out) {
  const Sizes sizes(x.shape(), weight.shape(), out.shape(), params);
  if (!is_narrow(x, sizes) || params.stride.second != 1 || filled(sizes.q) <= filled(sizes.k)) {
    return false;
  }
  if (x.dtype() == DType::kBF16) {
    const Tensor wide = empty_like(out, DType::kF32);
    conv2d_narrow(x.to(DType::kF32), weight.to(DType::kF32),
                  bias.defined() ? bias.to(DType::kF32) : bias, params, activation, wide);
    copy(wide, out);
    return true;
  }
  const Forward forward(sizes, weight, bias);
  const std::int64_t groups = std::min<std::int64_t>(sizes.n, max_threads());
  const Tensor scratch = zeros({groups, forward.scratch()});
  for_each_group(sizes.n, groups, work(sizes),
                 [&](std::int64_t group, std::int64_t begin, std::int64_t end) {
                   float* image = scratch.data<float>() + group * forward.scratch();
                   for (std::int64_t n = begin; n < end; ++n) {
                     const std::int64_t size = sizes.pixels() * sizes.k;
                     float* result = out.data<float>() + n * size;
                     forward(x, n, image, result);
                     if (activation == Activation::kRelu) relu_in_place(result, size);
                   }
                 });
  return true;
}

bool conv2d_weight_grad_narrow(const Tensor& grad, const Tensor& x, const Conv2dParams& params,
                               const Tensor& out) {
  const Sizes sizes(x.shape(), out.shape(), grad.shape(), params);
  if (!is_narrow(x, sizes) || params.dilation.second != 1 ||
      filled(sizes.s * sizes.c) <= filled(sizes.k)) {
    return false;
  }
  if (x.dtype() == DType::kBF16) {
    const Tensor wide = empty_like(out, DType::kF32);
    conv2d_weight_grad_narrow(grad.to(DType::kF32), x.to(DType::kF32), params, wide);
    copy(wide, out);
    return true;
  }
  const WeightGrad weight_grad(sizes);
  const Tensor incoming = grad.contiguous(Layout::kChannelsLast);
  const std::int64_t groups = std::min(sizes.n, kGroups);
  const std::int64_t image_floats = weight_grad.image_floats(), floats = weight_grad.sum_floats();
  const Tensor images = zeros({groups, image_floats}), sums = zeros({groups, floats});
  const float* from = sums.data<float>();
  for_each_group(sizes.n, groups, work(sizes),
                 [&](std::int64_t group, std::int64_t begin, std::int64_t end) {
                   for (std::int64_t n = begin; n < end; ++n) {
                     weight_grad.add(x, incoming, n, images.data<float>() + group * image_floats,
                                     sums.data<float>() + group * floats);
                   }
                 });
  float* to = out.data<float>();
  const std::int64_t last = sizes.taps() * sizes.k;
  for (std::int64_t i = 0; i < last; ++i) {
    const std::int64_t s = i % sizes.s, r = i / sizes.s % sizes.r;
    const std::int64_t at =
        weight_grad.place(i / sizes.taps(), i / (sizes.r * sizes.s) % sizes.c, r, s);
    to[i] = 0;
    for (std::int64_t g = 0; g < groups; ++g) to[i] += from[g * floats + at];
  }
  return true;
}

}  // namespace tenon::cpu

#else

namespace tenon::cpu {

bool conv2d_narrow(const Tensor&, const Tensor&, const Tensor&, const Conv2dParams&, Activation,
                   const Tensor&) {
  return false;
}
bool conv2d_weight_grad_narrow(const Tensor&, const Tensor&, const Conv2dParams&, const Tensor&) {
  return false;
}

}  // namespace tenon::cpu

#endif  // TENON_FLOAT_LANES
