#include "examples/common/mistakes.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>

#include "data/image/png.h"
#include "data/tensor_dataset.h"
#include "layers/layers.h"
#include "tensor/ops.h"

namespace tenon::examples {
namespace {

// Says class 1 where the only pixel is above 0.
struct Sign : layers::Module {
  layers::Variable forward(const layers::Variable& images) override {
    const layers::Variable x = flatten(images, 1);
    return autograd::cat(std::vector{x * 0.0, x}, 1);
  }
};

// 600 images of one pixel, -1 and 1 in turn.
data::TensorDataset pixels(const std::vector<std::int64_t>& wrong) {
  std::vector<float> values;
  std::vector<std::int64_t> labels;
  for (int i = 0; i < 600; ++i) {
    values.push_back(i % 2 == 0 ? -1.0F : 1.0F);
    labels.push_back(i % 2);
  }
  for (const std::int64_t i : wrong) {
    labels[static_cast<std::size_t>(i)] = 1 - labels[static_cast<std::size_t>(i)];
  }
  return {from_vector(values).reshape({600, 1, 1, 1}), from_vector(labels)};
}

TEST(MistakesTest, FindsThem) {
  Sign net;
  const Mistakes all = find_mistakes(net, pixels({3, 4, 500}));
  ASSERT_EQ(all.labels.size(), 3u);
  EXPECT_EQ(std::count(all.labels.begin(), all.labels.end(), 1), 2);  // 4 and 500
  const std::vector<float> images = all.images.flatten().to_vector<float>();
  for (std::size_t i = 0; i < 3; ++i) {
    EXPECT_EQ(all.predicted[i], 1 - all.labels[i]);
    EXPECT_EQ(images[i], all.predicted[i] == 1 ? 1 : -1);
  }
  EXPECT_TRUE(net.training());
  EXPECT_EQ(find_mistakes(net, pixels({3, 4, 500}), 2).labels.size(), 2u);
}

TEST(MistakesTest, NoImagesNoMistakes) {
  Sign net;
  EXPECT_FALSE(find_mistakes(net, pixels({})).images.defined());
  const data::TensorDataset rows(zeros({5, 4}), zeros({5}, {.dtype = DType::kI64}));
  EXPECT_FALSE(find_mistakes(net, rows).images.defined());
}

TEST(MistakesTest, DrawsThem) {
  Sign net;
  const std::string path = testing::TempDir() + "mistakes.png";
  std::filesystem::remove(path);
  ASSERT_TRUE(draw_mistakes({}, {}, path).ok());
  EXPECT_FALSE(std::filesystem::exists(path));
  ASSERT_TRUE(draw_mistakes(find_mistakes(net, pixels({3})), {"low", "high"}, path).ok());
  const auto png = data::read_png(path);
  ASSERT_TRUE(png.ok()) << png.status();
  ASSERT_TRUE(draw_mistakes(find_mistakes(net, pixels({3, 4, 5, 6, 7, 8})), {}, path).ok());
  EXPECT_GT(data::read_png(path)->numel(), png->numel());
}

}  // namespace
}  // namespace tenon::examples
