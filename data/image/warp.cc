#include "data/image/warp.h"

#include <cmath>
#include <numbers>
#include <string>
#include <type_traits>
#include <vector>

#include "data/image/compose.h"
#include "data/random_key.h"
#include "tensor/error.h"

namespace tenon::data {
namespace {

// From a pixel of the result to its source, both counted from the image's middle.
struct Inverse {
  double xx, xy, x0;  // source x = xx * x + xy * y + x0
  double yx, yy, y0;
};

double radians(double degrees) { return degrees * std::numbers::pi / 180; }

// The map is translate * rotate * shear * scale, all about the middle. With shears a and b,
// rotate * shear is [cos(r - b) / cos b, -cos(r - b) tan a / cos b - sin r; sin(r - b) / cos b,
// -sin(r - b) tan a / cos b + cos r], whose determinant is 1.
Inverse invert(const Affine& map) {
  const double r = radians(map.degrees), a = radians(map.shear_x), b = radians(map.shear_y);
  const double m00 = std::cos(r - b) / std::cos(b);
  const double m01 = -std::cos(r - b) * std::tan(a) / std::cos(b) - std::sin(r);
  const double m10 = std::sin(r - b) / std::cos(b);
  const double m11 = -std::sin(r - b) * std::tan(a) / std::cos(b) + std::cos(r);
  Inverse inverse{m11 / map.scale, -m01 / map.scale, 0, -m10 / map.scale, m00 / map.scale, 0};
  inverse.x0 = -(inverse.xx * map.translate_x + inverse.xy * map.translate_y);
  inverse.y0 = -(inverse.yx * map.translate_x + inverse.yy * map.translate_y);
  return inverse;
}

// One row of the result: the four source pixels of each, and their weights. A pixel outside has
// its weight given to `fill`.
struct RowSource {
  explicit RowSource(std::int64_t width)
      : offset(4 * static_cast<std::size_t>(width)),
        weight(4 * static_cast<std::size_t>(width)),
        outside(static_cast<std::size_t>(width)) {}

  std::vector<std::int32_t> offset;  // [4][width]
  std::vector<float> weight;         // [4][width]
  std::vector<float> outside;        // [width] sum of the weights outside
};

void locate(const ImageDims& dims, const Inverse& map, std::int64_t row, bool nearest,
            RowSource& source) {
  const double middle_x = static_cast<double>(dims.w - 1) / 2;
  const double middle_y = static_cast<double>(dims.h - 1) / 2;
  const double y = static_cast<double>(row) - middle_y;
  for (std::int64_t i = 0; i < dims.w; ++i) {
    const double x = static_cast<double>(i) - middle_x;
    double from_x = map.xx * x + map.xy * y + map.x0 + middle_x;
    double from_y = map.yx * x + map.yy * y + map.y0 + middle_y;
    // Far outside is outside: keeps what follows within the range of integers.
    from_x = std::min(std::max(from_x, -2.0), static_cast<double>(dims.w) + 1);
    from_y = std::min(std::max(from_y, -2.0), static_cast<double>(dims.h) + 1);
    if (nearest) {
      from_x = std::nearbyint(from_x);
      from_y = std::nearbyint(from_y);
    }
    const double left = std::floor(from_x), top = std::floor(from_y);
    const auto wx = static_cast<float>(from_x - left), wy = static_cast<float>(from_y - top);
    const float weights[] = {(1 - wx) * (1 - wy), wx * (1 - wy), (1 - wx) * wy, wx * wy};
    float outside = 0;
    for (int corner = 0; corner < 4; ++corner) {
      const auto px = static_cast<std::int32_t>(left) + (corner & 1);
      const auto py = static_cast<std::int32_t>(top) + (corner >> 1);
      const bool inside = px >= 0 && px < dims.w && py >= 0 && py < dims.h;
      const auto at = static_cast<std::size_t>(corner * dims.w + i);
      source.offset[at] = inside ? py * static_cast<std::int32_t>(dims.w) + px : 0;
      source.weight[at] = inside ? weights[corner] : 0;
      outside += inside ? 0 : weights[corner];
    }
    source.outside[static_cast<std::size_t>(i)] = outside;
  }
}

template <class T>
void gather_row(const T* plane, const RowSource& source, std::int64_t width, float fill, T* out) {
  const std::int32_t* at = source.offset.data();
  const float* weight = source.weight.data();
  for (std::int64_t i = 0; i < width; ++i) {
    float sum = source.outside[static_cast<std::size_t>(i)] * fill;
    for (std::int64_t k = i; k < 4 * width; k += width) {
      sum += weight[k] * static_cast<float>(plane[at[k]]);
    }
    store(sum, out + i);
  }
}

void check_maps(const ImageDims& dims, std::span<const Affine> maps) {
  if (maps.size() != 1 && static_cast<std::int64_t>(maps.size()) != dims.n) {
    throw ValueError("[affine] expected one map, or one for each of " + std::to_string(dims.n) +
                     " images, got " + std::to_string(maps.size()));
  }
  for (const Affine& map : maps) {
    if (map.scale > 0) continue;
    throw ValueError("[affine] expected a scale above 0, got " + std::to_string(map.scale));
  }
  if (dims.pixels() > INT32_MAX) {
    throw ShapeError("[affine] expected at most 2^31 - 1 pixels, got " + to_string(dims.shape()));
  }
}

}  // namespace

Tensor affine(const Tensor& images, std::span<const Affine> maps, const WarpOptions& options) {
  const ImageDims dims = image_dims(images, "affine");
  check_maps(dims, maps);
  const bool nearest = options.interpolation == Interpolation::kNearest;
  const auto fill = static_cast<float>(options.fill);
  return map_images(images, dims, dims.h, dims.w, [&](std::int64_t i, const auto* in, auto* out) {
    const Inverse map = invert(maps[maps.size() == 1 ? 0 : static_cast<std::size_t>(i)]);
    RowSource source(dims.w);
    for (std::int64_t y = 0; y < dims.h; ++y) {
      locate(dims, map, y, nearest, source);
      for (std::int64_t c = 0; c < dims.c; ++c) {
        gather_row(in + c * dims.pixels(), source, dims.w, fill,
                   out + c * dims.pixels() + y * dims.w);
      }
    }
  });
}

Tensor affine(const Tensor& images, const Affine& map, const WarpOptions& options) {
  return affine(images, std::span<const Affine>(&map, 1), options);
}

Tensor rotate(const Tensor& images, const PerImage& degrees, const WarpOptions& options) {
  const ImageDims dims = image_dims(images, "rotate");
  degrees.check(dims.n, "rotate");
  std::vector<Affine> maps;
  for (std::int64_t i = 0; i < dims.n; ++i) maps.push_back({.degrees = -degrees[i]});
  return affine(images, maps, options);
}

Tensor RandomRotation::operator()(const Tensor& images, std::span<Generator> generators) const {
  check_generators(images, generators, "random_rotation");
  std::vector<double> angles;
  for (Generator& generator : generators) {
    angles.push_back(next_uniform(generator, -degrees, degrees));
  }
  return rotate(images, std::move(angles), options);
}

Tensor RandomAffine::operator()(const Tensor& images, std::span<Generator> generators) const {
  check_generators(images, generators, "random_affine");
  if (!(min_scale > 0 && min_scale <= max_scale && degrees >= 0 && translate >= 0 && shear >= 0)) {
    throw ValueError("[random_affine] expected ranges from 0, and 0 < min_scale <= max_scale");
  }
  const ImageDims dims = image_dims(images, "random_affine");
  const double far_x = translate * static_cast<double>(dims.w);
  const double far_y = translate * static_cast<double>(dims.h);
  std::vector<Affine> maps;
  for (Generator& g : generators) {
    Affine map;
    map.degrees = next_uniform(g, -degrees, degrees);
    map.translate_x = std::nearbyint(next_uniform(g, -far_x, far_x));
    map.translate_y = std::nearbyint(next_uniform(g, -far_y, far_y));
    map.scale = next_uniform(g, min_scale, max_scale);
    map.shear_x = next_uniform(g, -shear, shear);
    maps.push_back(map);
  }
  return affine(images, maps, options);
}

}  // namespace tenon::data
