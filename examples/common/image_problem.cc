#include "examples/common/image_problem.h"

#include <cstring>
#include <filesystem>

#include "data/digits.h"
#include "data/mnist.h"
#include "data/split.h"
#include "data/transforms.h"
#include "examples/common/data_folder.h"
#include "examples/common/jpeg_batches.h"
#include "examples/common/paths.h"
#include "tensor/ops.h"

namespace tenon::examples {
namespace {

namespace fs = std::filesystem;

constexpr const char* kDebianFashionMnist = "/usr/share/datasets/fashion-mnist";
constexpr const char* kCifar10Jpegs = "cifar10-jpeg.tar.xz";

// The first `count` images, or all where there are fewer: views.
data::LabeledImages first(const data::LabeledImages& images, std::int64_t count) {
  const std::int64_t taken = std::min(count, images.labels.size(0));
  return {.images = images.images.slice(0, 0, taken), .labels = images.labels.slice(0, 0, taken)};
}

Examples to_examples(const data::LabeledImages& images) {
  return {.inputs = data::to_unit(images.images), .labels = images.labels};
}

ImageProblem to_problem(const data::LabeledImages& train, const data::LabeledImages& test,
                        const std::vector<std::string>& classes, const Taken& taken) {
  return {to_examples(first(train, taken.train)), to_examples(first(test, taken.test)), classes};
}

absl::StatusOr<ImageProblem> idx_problem(const std::string& folder,
                                         const std::vector<std::string>& classes,
                                         const Taken& taken) {
  const auto images = data::load_mnist(folder, {.train = taken.train, .test = taken.test});
  if (!images.ok()) return images.status();
  return to_problem(images->train, images->test, classes, taken);
}

bool is_there(const fs::path& path) {
  std::error_code error;
  return fs::exists(path, error);
}

// What is there, the exact pixels first.
absl::StatusOr<data::Cifar10> read_cifar10(const fs::path& folder, const Taken& taken) {
  absl::StatusOr<data::Cifar10> binary = data::load_cifar10(folder);
  if (!absl::IsNotFound(binary.status()) || !is_there(folder / kCifar10Jpegs)) return binary;
  return read_jpeg_batches(folder / kCifar10Jpegs, taken);
}

std::vector<std::string> digit_names() {
  return {"0", "1", "2", "3", "4", "5", "6", "7", "8", "9"};
}

}  // namespace

absl::StatusOr<ImageProblem> load_digits_problem(const CommonOptions& options) {
  const auto file = options.data_dir.empty()
                        ? runfile("data/testdata/digits.csv.gz")
                        : absl::StatusOr<std::string>(options.data_dir + "/digits/digits.csv.gz");
  if (!file.ok()) return file.status();
  const auto digits = data::load_digits(*file);
  if (!digits.ok()) return digits.status();
  const Examples all{.inputs = digits->images.to(DType::kF32) / 16.0, .labels = digits->labels};
  const auto parts = data::stratified_split(all.labels, {0.8, 0.2}, /*seed=*/1);
  return ImageProblem{rows(all, parts[0]), rows(all, parts[1]), digit_names()};
}

absl::StatusOr<ImageProblem> load_mnist_problem(const CommonOptions& options, const Taken& taken) {
  const auto folder = data_folder(options, "mnist");
  if (!folder.ok()) return folder.status();
  return idx_problem(*folder, digit_names(), taken);
}

absl::StatusOr<ImageProblem> load_fashion_mnist_problem(const CommonOptions& options,
                                                        const Taken& taken) {
  const auto folder = data_folder(options, "fashion_mnist");
  if (folder.ok()) return idx_problem(*folder, data::fashion_mnist_class_names(), taken);
  if (!absl::IsNotFound(folder.status()) || !is_there(kDebianFashionMnist)) return folder.status();
  return idx_problem(kDebianFashionMnist, data::fashion_mnist_class_names(), taken);
}

absl::StatusOr<ImageProblem> load_cifar10_problem(const CommonOptions& options,
                                                  const Taken& taken) {
  const auto cifar = load_cifar10_pixels(options, taken);
  if (!cifar.ok()) return cifar.status();
  return to_problem(cifar->train, cifar->test, cifar->class_names, taken);
}

absl::StatusOr<data::Cifar10> load_cifar10_pixels(const CommonOptions& options,
                                                  const Taken& taken) {
  const auto folder = data_folder(options, "cifar10");
  if (!folder.ok()) return folder.status();
  auto cifar = read_cifar10(*folder, taken);
  if (!cifar.ok()) return cifar;
  cifar->train = first(cifar->train, taken.train);
  cifar->test = first(cifar->test, taken.test);
  return cifar;
}

absl::StatusOr<ImageProblem> load_cifar100_problem(const CommonOptions& options,
                                                   const Taken& taken) {
  const auto folder = data_folder(options, "cifar100");
  if (!folder.ok()) return folder.status();
  const auto cifar = data::load_cifar100(*folder);
  if (!cifar.ok()) return cifar.status();
  const auto images = [](const data::Cifar100Images& part) -> data::LabeledImages {
    return {.images = part.images, .labels = part.labels};
  };
  return to_problem(images(cifar->train), images(cifar->test), cifar->class_names, taken);
}

Examples head(const Examples& examples, std::int64_t count) {
  const std::int64_t taken = std::min(count, examples.size());
  return {.inputs = examples.inputs.slice(0, 0, taken),
          .labels = examples.labels.slice(0, 0, taken)};
}

Examples rows(const Examples& examples, const std::vector<std::int64_t>& indices) {
  const Tensor index = from_vector(indices);
  return {.inputs = index_select(examples.inputs, 0, index),
          .labels = index_select(examples.labels, 0, index)};
}

data::TensorDataset dataset(const Examples& examples) {
  return data::TensorDataset(examples.inputs, examples.labels);
}

}  // namespace tenon::examples
