#include "init/whitening.h"

#include <algorithm>
#include <string>
#include <tuple>
#include <vector>

#include "init/internal/check.h"
#include "tensor/ops.h"

namespace tenon::init {
namespace {

/// Images whose patches are laid out at a time: those of 32x32 make 12 x 120,000 numbers, 12 MB.
constexpr std::int64_t kChunk = 128;

void check(const Tensor& weight, const Tensor& images, const WhiteningOptions& options) {
  internal::check_floating(weight, "whitening_");
  internal::check_floating(images, "whitening_");
  if (!(options.eps >= 0)) {
    throw ValueError("[whitening_] expected an eps of at least 0, got " +
                     std::to_string(options.eps));
  }
  const auto fits = [&] {
    if (weight.ndim() != 4 || images.ndim() != 4 || images.numel() == 0) return false;
    const std::int64_t size = weight.size(1) * weight.size(2) * weight.size(3);
    return (weight.size(0) == size || weight.size(0) == 2 * size) && size > 0 &&
           images.size(1) == weight.size(1) && images.size(2) >= weight.size(2) &&
           images.size(3) >= weight.size(3);
  };
  if (fits()) return;
  throw ShapeError(
      "[whitening_] expected a weight [C R S or 2 C R S,C,R,S] and images [N,C,H,W] of at least " +
      std::string("that size, got ") + to_string(weight.shape()) + " and " +
      to_string(images.shape()));
}

/// The patches of images [N,C,H,W] as columns [C R S,patches], f64.
Tensor patches_of(const Tensor& images, std::int64_t height, std::int64_t width) {
  const std::int64_t rows = images.size(2) - height + 1, columns = images.size(3) - width + 1;
  std::vector<Tensor> lines;
  for (std::int64_t c = 0; c < images.size(1); ++c) {
    for (std::int64_t r = 0; r < height; ++r) {
      for (std::int64_t s = 0; s < width; ++s) {
        const Tensor window = images.select(1, c).narrow(1, r, rows).narrow(2, s, columns);
        lines.push_back(window.reshape({1, -1}));
      }
    }
  }
  return cat(lines, 0).to(DType::kF64);
}

/// Their covariance [C R S,C R S], on the CPU.
Tensor patch_covariance(const Tensor& images, std::int64_t height, std::int64_t width) {
  Tensor sums, products;
  std::int64_t count = 0;
  for (std::int64_t begin = 0; begin < images.size(0); begin += kChunk) {
    const Tensor patches = patches_of(
        images.narrow(0, begin, std::min(kChunk, images.size(0) - begin)), height, width);
    const Tensor chunk_sums = sum(patches, {1}), product = matmul(patches, patches.t());
    sums = sums.defined() ? sums + chunk_sums : chunk_sums;
    products = products.defined() ? products + product : product;
    count += patches.size(1);
  }
  const Tensor mean = sums.to(kCpu) / static_cast<double>(count);
  return products.to(kCpu) / static_cast<double>(count) - outer(mean, mean);
}

}  // namespace

void whitening_(const Tensor& weight, const Tensor& images, const WhiteningOptions& options) {
  check(weight, images, options);
  const auto [variances, vectors] =
      eigh(patch_covariance(images, weight.size(2), weight.size(3)));  // rising
  const Tensor filters = flip((vectors * rsqrt(variances + options.eps)).t(), {0});
  const bool both = weight.size(0) == 2 * filters.size(0);
  const Tensor all = both ? cat(std::vector<Tensor>{filters, -filters}, 0) : filters;
  weight.copy_(all.reshape(weight.shape()).to(weight.device()));
}

}  // namespace tenon::init
