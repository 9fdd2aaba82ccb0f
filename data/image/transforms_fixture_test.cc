// Every image function beside what torchvision and Pillow made (testdata/make_transforms.py).
#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <string>
#include <vector>

#include "data/image/color.h"
#include "data/image/geometry.h"
#include "data/image/resize.h"
#include "data/image/tones.h"
#include "data/image/warp.h"
#include "tensor/io/safetensors.h"
#include "tensor/ops.h"

namespace tenon::data {
namespace {

using Change = std::function<Tensor(const Tensor&)>;

const SafetensorsFile& fixture() {
  static const SafetensorsFile file =
      read_safetensors("data/image/testdata/transforms.safetensors").value();
  return file;
}

Tensor stored(const std::string& name) {
  const Tensor* tensor = fixture().find(name);
  EXPECT_NE(tensor, nullptr) << name;
  return tensor ? *tensor : zeros({0});
}

// Bytes as floats 0..1, divided in f32 as PyTorch divides them.
Tensor as_floats(const Tensor& bytes) { return bytes.to(DType::kF32) / 255; }

void expect_near(const Tensor& actual, const Tensor& expected, double tolerance,
                 const std::string& name) {
  ASSERT_EQ(actual.shape(), expected.shape()) << name;
  ASSERT_EQ(actual.dtype(), expected.dtype()) << name;
  const auto a = actual.to(DType::kF32).to_vector<float>();
  const auto e = expected.to(DType::kF32).to_vector<float>();
  for (std::size_t i = 0; i < a.size(); ++i) {
    ASSERT_LE(std::abs(a[i] - e[i]), tolerance)
        << name << " at " << i << ": " << a[i] << " for " << e[i];
  }
}

// As a batch, as channels-last, and image by image. Where torchvision rounds a byte down, one unit
// in the last place of a float is a whole step: `steps` of them are allowed.
void check(const std::string& name, const Change& change, int steps = 0, double tolerance = 1e-6) {
  for (const std::string prefix : {"u8.", "f32."}) {
    const Tensor* expected = fixture().find(prefix + name);
    if (!expected) continue;
    const bool bytes = prefix == "u8.";
    const Tensor images = bytes ? stored("images") : as_floats(stored("images"));
    const double allowed = bytes ? steps : tolerance;
    expect_near(change(images), *expected, allowed, prefix + name);
    expect_near(change(images.contiguous(Layout::kChannelsLast)), *expected, allowed,
                prefix + name);
    expect_near(change(images.select(0, 1)), expected->select(0, 1), allowed, prefix + name);
  }
}

std::string text(double number) {
  std::string digits = std::to_string(number);
  digits.erase(digits.find_last_not_of('0') + 1);
  if (digits.back() == '.') digits.pop_back();
  return digits;
}

// To the bit for bytes, which is Pillow.
TEST(Fixtures, Resize) {
  const std::pair<int, int> sizes[] = {{5, 6}, {9, 4}, {21, 11}, {16, 13}, {1, 1}};
  for (const auto& [h, w] : sizes) {
    const std::string size = std::to_string(h) + " " + std::to_string(w);
    const auto resized = [&, h = h, w = w](const ResizeOptions& options) {
      return [=](const Tensor& x) { return resize(x, h, w, options); };
    };
    check("resize " + size, resized({}));
    check("resize plain " + size, resized({.antialias = false}));
    check("resize nearest " + size, resized({.interpolation = Interpolation::kNearest}));
  }
}

TEST(Fixtures, ResizedCrop) {
  const Box box{.top = 2, .left = 3, .height = 6, .width = 7};
  check("resized_crop", [&](const Tensor& x) {
    const std::vector<Box> boxes(x.ndim() == 3 ? 1 : 2, box);
    return resize_boxes(x, boxes, 8, 8);
  });
}

TEST(Fixtures, Geometry) {
  check("center_crop 8 5", [](const Tensor& x) { return center_crop(x, 8, 5); });
  check("center_crop 14 7", [](const Tensor& x) { return center_crop(x, 14, 7); });
  Padding padding{.left = 1, .top = 2, .right = 3, .bottom = 4, .value = 1};
  check("pad constant", [&](const Tensor& x) { return pad(x, padding); });
  padding.border = Border::kEdge;
  check("pad edge", [&](const Tensor& x) { return pad(x, padding); });
  padding.border = Border::kReflect;
  check("pad reflect", [&](const Tensor& x) { return pad(x, padding); });
  check("hflip", [](const Tensor& x) { return flip_horizontal(x); });
  check("vflip", [](const Tensor& x) { return flip_vertical(x); });
}

// torchvision computes its positions in f32, which moves them by some 1e-6 pixels.
TEST(Fixtures, Warps) {
  check(
      "rotate 30", [](const Tensor& x) { return rotate(x, 30); }, 1, 1e-5);
  const WarpOptions nearest{.interpolation = Interpolation::kNearest};
  check("rotate -77.5 nearest", [&](const Tensor& x) { return rotate(x, -77.5, nearest); });
  const Affine map{.degrees = 20,
                   .translate_x = 2,
                   .translate_y = -1,
                   .scale = 1.2,
                   .shear_x = 10,
                   .shear_y = -5};
  check(
      "affine", [&](const Tensor& x) { return affine(x, map); }, 1, 1e-5);
  const Affine smaller{.degrees = -40, .translate_y = 3, .scale = 0.7};
  check(
      "affine fill", [&](const Tensor& x) { return affine(x, smaller, {.fill = 0.5}); }, 1, 1e-5);
}

TEST(Fixtures, Colors) {
  for (const double factor : {0.0, 0.4, 1.0, 1.7}) {
    const std::string f = text(factor);
    check("brightness " + f, [&](const Tensor& x) { return adjust_brightness(x, factor); });
    check(
        "contrast " + f, [&](const Tensor& x) { return adjust_contrast(x, factor); }, 1);
    check(
        "saturation " + f, [&](const Tensor& x) { return adjust_saturation(x, factor); }, 1);
    check(
        "sharpness " + f, [&](const Tensor& x) { return adjust_sharpness(x, factor); }, 1);
  }
  for (const double turn : {-0.5, -0.1, 0.0, 0.3}) {
    check(
        "hue " + text(turn), [&](const Tensor& x) { return adjust_hue(x, turn); }, 1, 1e-5);
  }
  check(
      "grayscale 1", [](const Tensor& x) { return to_grayscale(x); }, 1);
  check(
      "grayscale 3", [](const Tensor& x) { return to_grayscale(x, 3); }, 1);
}

TEST(Fixtures, Tones) {
  check("posterize 3", [](const Tensor& x) { return posterize(x, 3); });
  check("solarize",
        [](const Tensor& x) { return solarize(x, x.dtype() == DType::kU8 ? 100 : 100.0 / 255); });
  check("autocontrast", autocontrast, 1);
  check("equalize", equalize);
  expect_near(equalize(stored("large")), stored("large.equalize"), 0, "large");
}

}  // namespace
}  // namespace tenon::data
