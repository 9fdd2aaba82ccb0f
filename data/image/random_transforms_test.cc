// The random links of a chain: what they draw, and that an image's changes are its own.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "data/data_loader.h"
#include "data/image/color.h"
#include "data/image/compose.h"
#include "data/image/erase.h"
#include "data/image/pixels.h"
#include "data/image/rand_augment.h"
#include "data/image/random_geometry.h"
#include "data/image/warp.h"
#include "data/tensor_dataset.h"
#include "tensor/error.h"
#include "tensor/ops.h"

namespace tenon::data {
namespace {

using ::testing::Each;
using ::testing::HasSubstr;

std::vector<Generator> generators(std::size_t count, std::uint64_t seed = 1) {
  std::vector<Generator> all;
  for (std::size_t i = 0; i < count; ++i) all.emplace_back(seed * 1000 + i);
  return all;
}

Tensor run(const ImageTransform& transform, const Tensor& images, std::uint64_t seed = 1) {
  auto own = generators(images.ndim() == 3 ? 1 : static_cast<std::size_t>(images.size(0)), seed);
  return transform(images, own);
}

Tensor random_bytes(const Shape& shape) {
  Generator generator(5);
  return randint(0, 256, shape, generator, {.dtype = DType::kU8});
}

std::vector<std::pair<std::string, ImageTransform>> all_links() {
  return {{"random_crop", RandomCrop{.height = 12, .width = 12, .padding = 2}},
          {"random_resized_crop", RandomResizedCrop{.height = 10, .width = 9}},
          {"random_horizontal_flip", RandomHorizontalFlip{}},
          {"random_vertical_flip", RandomVerticalFlip{}},
          {"random_rotation", RandomRotation{}},
          {"random_affine", RandomAffine{.degrees = 10, .translate = 0.1, .shear = 5}},
          {"color_jitter",
           ColorJitter{.brightness = 0.4, .contrast = 0.4, .saturation = 0.4, .hue = 0.1}},
          {"random_grayscale", RandomGrayscale{.probability = 0.5}},
          {"random_erasing", RandomErasing{}},
          {"cutout", Cutout{.size = 5}},
          {"rand_augment", RandAugment{}},
          {"random_apply", RandomApply{RandomRotation{}}}};
}

// What the loader's promise rests on: image i draws from its own generator only.
TEST(Links, ChangeAnImageTheSameAloneAndInABatch) {
  const Tensor images = random_bytes({6, 3, 14, 12});
  for (const auto& [name, link] : all_links()) {
    const Tensor batch = run(link, images);
    EXPECT_EQ(batch.size(0), 6) << name;
    for (std::int64_t i = 0; i < 6; ++i) {
      auto own = generators(6);
      const Tensor alone =
          link(images.select(0, i), std::span(own).subspan(static_cast<std::size_t>(i), 1));
      EXPECT_EQ(alone.shape(), batch.select(0, i).shape()) << name;
      EXPECT_EQ(alone.to_vector<std::uint8_t>(), batch.select(0, i).to_vector<std::uint8_t>())
          << name << " " << i;
    }
    EXPECT_NE(run(link, images, 2).to_vector<std::uint8_t>(), batch.to_vector<std::uint8_t>())
        << name;
  }
}

TEST(Links, TakeABatchOfNoneAndNameWhatDoesNotFit) {
  for (const auto& [name, link] : all_links()) {
    std::vector<Generator> none;
    EXPECT_EQ(link(zeros({0, 3, 14, 12}, {.dtype = DType::kU8}), none).size(0), 0) << name;
    EXPECT_THROW(link(random_bytes({2, 3, 14, 12}), none), ValueError) << name;
    EXPECT_THROW(run(link, zeros({4})), ShapeError) << name;
    EXPECT_THROW(run(link, zeros({1, 3, 14, 12}, {.dtype = DType::kI64})), DTypeError) << name;
  }
}

// An image whose pixel (y, x) is 16 y + x shows where each crop came from.
TEST(RandomCrop, TakesEveryPlaceEquallyOften) {
  const Tensor image = arange(0, 256).view({1, 1, 16, 16}).to(DType::kU8);
  const std::int64_t n = 9000;
  const Tensor crops = run(RandomCrop{.height = 14, .width = 14}, image.expand({n, 1, 16, 16}));
  std::map<int, int> corners;
  for (std::int64_t i = 0; i < n; ++i) ++corners[crops.item<int>({i, 0, 0, 0})];
  EXPECT_EQ(corners.size(), 9u);
  for (const auto& [corner, count] : corners)
    EXPECT_NEAR(count, 1000, 5 * std::sqrt(1000.0)) << corner;
}

TEST(RandomCrop, PadsWithTheValue) {
  const Tensor image = full({50, 1, 2, 2}, 7, {.dtype = DType::kU8});
  const Tensor crops = run(RandomCrop{.height = 2, .width = 2, .padding = 2, .value = 9}, image);
  std::set<std::uint8_t> seen;
  for (const std::uint8_t value : crops.to_vector<std::uint8_t>()) seen.insert(value);
  EXPECT_EQ(seen, (std::set<std::uint8_t>{7, 9}));
}

TEST(RandomCrop, ThrowsForABoxThatIsTooLarge) {
  const Tensor image = random_bytes({1, 1, 4, 4});
  EXPECT_THROW(run(RandomCrop{.height = 5, .width = 4}, image), ValueError);
  EXPECT_THROW(run(RandomCrop{.height = 4, .width = 4, .padding = -1}, image), ValueError);
  EXPECT_THROW(run(RandomCrop{}, image), ValueError);
}

TEST(RandomFlip, FlipsAsOftenAsItSays) {
  const Tensor image = from_vector(std::vector<std::uint8_t>{1, 2}, Shape{1, 1, 1, 2});
  const std::int64_t n = 4000;
  const Tensor flipped = run(RandomHorizontalFlip{.probability = 0.25}, image.expand({n, 1, 1, 2}));
  const double share = sum(flipped.select(-1, 0).to(DType::kF32)).item<double>() / n - 1;
  EXPECT_NEAR(share, 0.25, 5 * std::sqrt(0.25 * 0.75 / n));
  EXPECT_EQ(
      run(RandomVerticalFlip{.probability = 1}, image.view({1, 1, 2, 1})).item<int>({0, 0, 0, 0}),
      2);
  EXPECT_THROW(run(RandomHorizontalFlip{.probability = 1.5}, image), ValueError);
}

TEST(RandomErasing, HidesAShareOfTheArea) {
  const std::int64_t n = 500;
  const Tensor white = ones({n, 2, 20, 30});
  const RandomErasing erasing{.probability = 1, .min_area = 0.1, .max_area = 0.3};
  const auto shares = mean(1 - run(erasing, white), {1, 2, 3}).to_vector<float>();
  double total = 0;
  for (const float share : shares) {
    EXPECT_GE(share, 0.08f);
    EXPECT_LE(share, 0.33f);
    total += share;
  }
  EXPECT_NEAR(total / n, 0.2, 5 * 0.06 / std::sqrt(n));
  EXPECT_THAT(run(RandomErasing{.probability = 0}, white).to_vector<float>(), Each(1));
  EXPECT_THROW(run(RandomErasing{.min_area = 0}, white), ValueError);
}

TEST(Cutout, HidesASquareOrThePartThatIsInside) {
  const Tensor white = ones({400, 1, 8, 8});
  std::set<float> hidden;
  for (const float share : mean(1 - run(Cutout{.size = 4}, white), {1, 2, 3}).to_vector<float>()) {
    hidden.insert(share * 64);
  }
  EXPECT_EQ(*hidden.begin(), 4);  // a corner of 2x2
  EXPECT_EQ(*hidden.rbegin(), 16);
}

TEST(Erase, CutsBoxesOff) {
  const std::vector<Box> boxes{{.top = -1, .left = 1, .height = 2, .width = 9}, {}};
  const Tensor erased = erase(ones({2, 1, 2, 3}), boxes, 5);
  EXPECT_EQ(erased.to_vector<float>(), (std::vector<float>{1, 5, 5, 1, 1, 1, 1, 1, 1, 1, 1, 1}));
  EXPECT_THROW(erase(ones({3, 1, 2, 3}), boxes), ValueError);
}

TEST(RandomRotation, StaysInItsRange) {
  const Tensor image = random_bytes({3, 1, 9, 9});
  EXPECT_EQ(run(RandomRotation{.degrees = 0}, image).to_vector<std::uint8_t>(),
            image.to_vector<std::uint8_t>());
  EXPECT_THROW(run(RandomAffine{.min_scale = 0}, image), ValueError);
}

TEST(Normalize, OfBytesIsNormalizeOfFloats) {
  const Tensor images = random_bytes({2, 3, 5, 7});
  const Normalize link{{.mean = tensor({0.4, 0.5, 0.6}), .stddev = tensor({0.2, 0.25, 0.3})}};
  const auto bytes = run(link, images).to_vector<float>();
  const auto floats = run(link, to_unit(images)).to_vector<float>();
  const auto plain = normalize(to_unit(images), link.stats).to_vector<float>();
  EXPECT_EQ(floats, plain);
  for (std::size_t i = 0; i < bytes.size(); ++i) EXPECT_NEAR(bytes[i], plain[i], 1e-6);
  EXPECT_EQ(run(link, images.select(0, 1)).to_vector<float>(),
            run(link, images).select(0, 1).to_vector<float>());
  EXPECT_THROW(run(link, random_bytes({1, 1, 5, 7})), ShapeError);
}

TEST(GaussianNoise, HasItsDeviation) {
  const Tensor noise = run(GaussianNoise{.deviation = 0.5}, zeros({10, 1, 40, 40}));
  EXPECT_NEAR(mean(noise).item<double>(), 0, 5 * 0.5 / std::sqrt(16000));
  EXPECT_NEAR(mean(noise * noise).item<double>(), 0.25, 5 * 0.25 * std::sqrt(2.0 / 16000));
  EXPECT_THROW(run(GaussianNoise{}, random_bytes({1, 1, 2, 2})), DTypeError);
}

TEST(RandAugment, DoesNothingWithoutOperations) {
  const Tensor images = random_bytes({4, 3, 8, 8});
  EXPECT_EQ(run(RandAugment{.operations = 0}, images).to_vector<std::uint8_t>(),
            images.to_vector<std::uint8_t>());
  for (const int magnitude : {0, 15, 30}) {
    EXPECT_EQ(run(RandAugment{.operations = 20, .magnitude = magnitude}, images).shape(),
              images.shape());
  }
  EXPECT_THROW(run(RandAugment{.magnitude = 31}, images), ValueError);
  EXPECT_THROW(run(RandAugment{}, to_unit(images)), DTypeError);
}

TEST(Compose, GivesTheSameBitsForAnyNumberOfWorkers) {
  const Tensor images = random_bytes({40, 3, 12, 12});
  const TensorDataset set(images, arange(0, 40));
  const Compose augment{RandomCrop{.height = 12, .width = 12, .padding = 2},
                        RandAugment{},
                        ColorJitter{.brightness = 0.3},
                        RandomHorizontalFlip{},
                        ToFloat{},
                        RandomErasing{},
                        GaussianNoise{}};
  const auto epoch = [&](int workers, std::int64_t batch_size) {
    DataLoader loader(
        set,
        {.batch_size = batch_size, .seed = 4, .workers = workers, .transform = on_inputs(augment)});
    std::vector<float> all;
    for (const Batch& batch : loader) {
      const auto values = batch.inputs.to_vector<float>();
      all.insert(all.end(), values.begin(), values.end());
    }
    return all;
  };
  const auto expected = epoch(0, 8);
  EXPECT_EQ(epoch(1, 8), expected);
  EXPECT_EQ(epoch(3, 7), expected);
}

TEST(Geometry, NamesWhatDoesNotFit) {
  const Tensor image = random_bytes({2, 1, 4, 6});
  EXPECT_THROW(crop(image, {.top = 1, .left = 0, .height = 4, .width = 1}), IndexError);
  EXPECT_THROW(crop(image, {.top = 0, .left = -1, .height = 1, .width = 1}), IndexError);
  EXPECT_THROW(pad(image, {.left = -1}), ValueError);
  EXPECT_THROW(pad(image, {.top = 4, .border = Border::kReflect}), ValueError);
  EXPECT_THROW(center_crop(image, 0, 2), ValueError);
  EXPECT_THROW(resize(image, 0, 2), ValueError);
  EXPECT_THROW(resize(zeros({1, 3, 0, 4}), 2, 2), ShapeError);
  EXPECT_THROW(flip_horizontal(image, std::vector<double>{1, 0, 1}), ValueError);
  EXPECT_THROW(adjust_hue(zeros({3, 4, 4}), 0.6), ValueError);
  EXPECT_THROW(adjust_contrast(zeros({3, 4, 4}), -1), ValueError);
  EXPECT_THROW(adjust_contrast(zeros({2, 4, 4}), 1), ShapeError);
  EXPECT_THROW(affine(image, {.scale = 0}), ValueError);
  const std::vector<Box> outside(2, Box{.top = 0, .left = 0, .height = 5, .width = 1});
  EXPECT_THROW(resize_boxes(image, outside, 2, 2), IndexError);
  try {
    crop(zeros({2, 2}), {});
    ADD_FAILURE();
  } catch (const ShapeError& error) {
    EXPECT_THAT(error.what(), HasSubstr("[crop] expected images [N,C,H,W] or an image [C,H,W]"));
  }
}

// Every place of a box of the image's own width, also wholly outside, against pixel by pixel.
TEST(Geometry, CropEachKeepsOrChangesTheWidth) {
  const Tensor image = random_bytes({1, 2, 4, 5});
  for (const std::int64_t width : {5, 4, 6}) {
    for (std::int64_t top = -6; top <= 6; ++top) {
      for (std::int64_t left = -7; left <= 7; ++left) {
        const Tensor part = crop_each(image, 3, width, static_cast<double>(top),
                                      static_cast<double>(left), Border::kConstant, 9);
        for (std::int64_t c = 0; c < 2; ++c) {
          for (std::int64_t y = 0; y < 3; ++y) {
            for (std::int64_t x = 0; x < width; ++x) {
              const std::int64_t from_y = y + top, from_x = x + left;
              const bool inside = from_y >= 0 && from_y < 4 && from_x >= 0 && from_x < 5;
              const int expected = inside ? image.item<int>({0, c, from_y, from_x}) : 9;
              ASSERT_EQ(part.item<int>({0, c, y, x}), expected) << top << " " << left;
            }
          }
        }
      }
    }
  }
}

TEST(Geometry, CropIsAView) {
  const Tensor image = random_bytes({1, 4, 6});
  const Tensor part = crop(image, {.top = 1, .left = 2, .height = 2, .width = 3});
  EXPECT_EQ(part.item<int>({0, 0, 0}), image.item<int>({0, 1, 2}));
  EXPECT_EQ(part.storage().get(), image.storage().get());
}

}  // namespace
}  // namespace tenon::data
