#include "data/mnist.h"

#include <unistd.h>

#include <algorithm>
#include <cstdint>

#include "data/idx.h"

namespace tenon::data {
namespace {

constexpr std::int64_t kSide = 28;
constexpr std::uint8_t kMaxLabel = 9;

bool exists(const std::string& path) { return access(path.c_str(), F_OK) == 0; }

absl::StatusOr<std::string> find_file(const std::string& folder, const std::string& name) {
  const std::string plain = folder + "/" + name;
  if (exists(plain)) return plain;
  if (exists(plain + ".gz")) return plain + ".gz";
  return absl::NotFoundError("expected " + plain + " or " + plain + ".gz, found neither");
}

absl::StatusOr<Tensor> read_images(const std::string& path, std::int64_t most) {
  const auto images = read_idx(path, most);
  if (!images.ok()) return images.status();
  const Shape& shape = images->shape();
  if (images->dtype() != DType::kU8 || shape != Shape({shape[0], kSide, kSide})) {
    return absl::InvalidArgumentError(path + ": expected images u8 [N,28,28], got " +
                                      std::string(name(images->dtype())) + " " + to_string(shape));
  }
  return images->view({shape[0], 1, kSide, kSide});
}

absl::StatusOr<Tensor> read_labels(const std::string& path, std::int64_t count, std::int64_t most) {
  const auto labels = read_idx(path, most);
  if (!labels.ok()) return labels.status();
  if (labels->dtype() != DType::kU8 || labels->shape() != Shape({count})) {
    return absl::InvalidArgumentError(
        path + ": expected labels u8 [" + std::to_string(count) + "], one for each image, got " +
        std::string(name(labels->dtype())) + " " + to_string(labels->shape()));
  }
  const auto* values = labels->data<std::uint8_t>();
  const auto* bad = std::find_if(values, values + count, [](auto v) { return v > kMaxLabel; });
  if (bad != values + count) {
    return absl::InvalidArgumentError(path + ": expected labels from 0 to 9, got " +
                                      std::to_string(*bad) + " for image " +
                                      std::to_string(bad - values));
  }
  return labels->to(DType::kI64);
}

absl::StatusOr<LabeledImages> load_part(const std::string& folder, const std::string& part,
                                        std::int64_t most) {
  const auto images_path = find_file(folder, part + "-images-idx3-ubyte");
  if (!images_path.ok()) return images_path.status();
  const auto labels_path = find_file(folder, part + "-labels-idx1-ubyte");
  if (!labels_path.ok()) return labels_path.status();
  const auto images = read_images(*images_path, most);
  if (!images.ok()) return images.status();
  const auto labels = read_labels(*labels_path, images->size(0), most);
  if (!labels.ok()) return labels.status();
  return LabeledImages{*images, *labels};
}

}  // namespace

absl::StatusOr<Mnist> load_mnist(const std::string& folder, const MnistOptions& options) {
  auto train = load_part(folder, "train", options.train);
  if (!train.ok()) return train.status();
  auto test = load_part(folder, "t10k", options.test);
  if (!test.ok()) return test.status();
  return Mnist{*std::move(train), *std::move(test)};
}

const std::vector<std::string>& fashion_mnist_class_names() {
  static const std::vector<std::string> names{"T-shirt/top", "Trouser",   "Pullover", "Dress",
                                              "Coat",        "Sandal",    "Shirt",    "Sneaker",
                                              "Bag",         "Ankle boot"};
  return names;
}

}  // namespace tenon::data
