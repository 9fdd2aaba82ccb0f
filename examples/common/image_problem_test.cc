#include "examples/common/image_problem.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "data/cifar.h"
#include "data/data_dir.h"
#include "data/scratch_archive.h"
#include "examples/common/jpeg_batches.h"
#include "tensor/error.h"
#include "tensor/ops.h"

namespace tenon::examples {
namespace {

namespace fs = std::filesystem;

CommonOptions real_data() {
  const auto folder = data::data_dir();
  return folder.ok() ? CommonOptions{.data_dir = *folder} : CommonOptions{};
}

TEST(ImageProblem, HeadAndRows) {
  const Examples examples{.inputs = arange(0, 6, 1, {.dtype = DType::kF32}).reshape({3, 1, 1, 2}),
                          .labels = from_vector<std::int64_t>({7, 8, 9})};
  EXPECT_EQ(head(examples, 2).labels.to_vector<std::int64_t>(), (std::vector<std::int64_t>{7, 8}));
  EXPECT_EQ(head(examples, 5).size(), 3);
  const Examples picked = rows(examples, {2, 0});
  EXPECT_EQ(picked.labels.to_vector<std::int64_t>(), (std::vector<std::int64_t>{9, 7}));
  EXPECT_EQ(picked.inputs.to_vector<float>(), (std::vector<float>{4, 5, 0, 1}));
  EXPECT_THROW((void)rows(examples, {3}), IndexError);
  EXPECT_EQ(dataset(examples).size(), 3);
}

TEST(ImageProblem, DigitsComeWithTheProgram) {
  const auto digits = load_digits_problem({});
  ASSERT_TRUE(digits.ok()) << digits.status();
  EXPECT_EQ(digits->train.inputs.shape(), Shape({1438, 1, 8, 8}));
  EXPECT_EQ(digits->test.size(), 359);
  EXPECT_EQ(max(digits->train.inputs).item<float>(), 1);
  EXPECT_FALSE(load_digits_problem({.data_dir = testing::TempDir() + "/nowhere"}).ok());
}

TEST(ImageProblem, MnistFromZeroToOne) {
  const auto mnist = load_mnist_problem(real_data(), {.test = 1'000});
  if (!mnist.ok()) GTEST_SKIP() << mnist.status();
  EXPECT_EQ(mnist->train.inputs.shape(), Shape({60000, 1, 28, 28}));
  EXPECT_EQ(mnist->test.inputs.shape(), Shape({1000, 1, 28, 28}));
  EXPECT_EQ(max(mnist->test.inputs).item<float>(), 1);
  EXPECT_EQ(min(mnist->test.inputs).item<float>(), 0);
}

TEST(ImageProblem, TheFirstOnesOfCifar10) {
  const auto cifar = load_cifar10_problem(real_data(), {.train = 10'000, .test = 5});
  if (!cifar.ok()) GTEST_SKIP() << cifar.status();
  EXPECT_EQ(cifar->train.inputs.shape(), Shape({10000, 3, 32, 32}));
  EXPECT_EQ(cifar->test.inputs.shape(), Shape({5, 3, 32, 32}));
  EXPECT_EQ(cifar->classes[6], "frog");
  // The published order: frog, truck, truck; cat, ship.
  EXPECT_EQ(head(cifar->train, 3).labels.to_vector<std::int64_t>(),
            (std::vector<std::int64_t>{6, 9, 9}));
  EXPECT_EQ(head(cifar->test, 2).labels.to_vector<std::int64_t>(),
            (std::vector<std::int64_t>{3, 8}));
  // The means that all images are published with. Those of one have a deviation of about 0.12, and
  // the pixels need not be exact.
  const std::vector<float> means = mean(cifar->train.inputs, {0, 2, 3}).to_vector<float>();
  constexpr double kFourDeviations = 4 * 0.12 / 100;
  EXPECT_NEAR(means[0], 0.4914, kFourDeviations);
  EXPECT_NEAR(means[1], 0.4822, kFourDeviations);
  EXPECT_NEAR(means[2], 0.4465, kFourDeviations);
}

// What the reader of JPEG files says of an archive with these files.
std::string complaint(const std::vector<data::ScratchEntry>& entries) {
  const std::string path = testing::TempDir() + "/jpegs.tar";
  std::ofstream(path, std::ios::binary) << data::archived(entries, data::ScratchFormat::kTarXz);
  const auto read = read_jpeg_batches(path);
  const std::string message(read.status().message());
  EXPECT_EQ(message.rfind(path, 0), 0u) << message;
  return message.substr(std::min(path.size(), message.size()));
}

TEST(JpegBatches, SaysWhichFileIsNotAsItShouldBe) {
  EXPECT_EQ(complaint({{"a/train/frog.jpg", "x"}}),
            "(a/train/frog.jpg): expected a name <number>_<label>.jpg");
  EXPECT_EQ(complaint({{"a/train/0_x.jpg", "x"}}),
            "(a/train/0_x.jpg): expected a name <number>_<label>.jpg");
  EXPECT_EQ(complaint({{"a/train/0_1.jpg", "no image"}}).rfind("(a/train/0_1.jpg)", 0), 0u);
  EXPECT_EQ(complaint({{"readme.txt", "x"}}),
            ": expected JPEG files for training and in test_batch, got 0 and 0");
}

TEST(ImageProblem, SaysWhatIsMissing) {
  const CommonOptions nowhere{.data_dir = testing::TempDir() + "/nowhere"};
  EXPECT_FALSE(load_mnist_problem(nowhere).ok());
  const auto cifar = load_cifar10_problem(nowhere);
  EXPECT_NE(cifar.status().message().find("nowhere/cifar10"), std::string::npos) << cifar.status();
  EXPECT_TRUE(absl::IsNotFound(load_cifar100_problem(nowhere).status()));
}

// A hundred labels and twenty coarse ones, and two images in each part.
TEST(ImageProblem, Cifar100) {
  const fs::path folder = fs::path(testing::TempDir()) / "cifar100";
  fs::create_directories(folder);
  const auto write = [&](const std::string& name, const std::string& text) {
    std::ofstream(folder / name, std::ios::binary) << text;
  };
  const auto names = [](int count) {
    std::string text;
    for (int i = 0; i < count; ++i) text += "class" + std::to_string(i) + "\n";
    return text;
  };
  const std::string record = std::string("\x03\x2a", 2) + std::string(3072, '\xff');
  for (const char* part : {"train.bin", "test.bin"}) write(part, record + record);
  write("fine_label_names.txt", names(100));
  write("coarse_label_names.txt", names(20));
  const auto cifar = load_cifar100_problem({.data_dir = testing::TempDir()});
  ASSERT_TRUE(cifar.ok()) << cifar.status();
  EXPECT_EQ(cifar->train.labels.to_vector<std::int64_t>(), (std::vector<std::int64_t>{42, 42}));
  EXPECT_EQ(min(cifar->test.inputs).item<float>(), 1);
  EXPECT_EQ(cifar->classes.size(), 100u);
}

}  // namespace
}  // namespace tenon::examples
