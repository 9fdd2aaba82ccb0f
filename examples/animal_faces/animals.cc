#include "examples/animal_faces/animals.h"

#include <filesystem>
#include <utility>

#include "absl/status/status.h"
#include "data/image/image_folder.h"
#include "data/transforms.h"
#include "examples/common/data_folder.h"
#include "tensor/ops.h"
#include "tensor/random.h"

namespace tenon::examples {
namespace {

namespace fs = std::filesystem;

bool is_there(const fs::path& path) {
  std::error_code error;
  return fs::exists(path, error);
}

Examples to_examples(const data::ImageTree& tree) {
  return {.inputs = data::to_unit(tree.images) * 2.0 + -1.0, .labels = tree.labels};
}

constexpr data::ImageFolderOptions kSmall{.height = 32, .width = 32};

data::ImageFolderOptions few_if(bool quick) {
  data::ImageFolderOptions options = kSmall;
  if (quick) options.most_per_class = 500;
  return options;
}

// The published .zip has a folder afhq around its parts, an unpacked one may not have it.
absl::StatusOr<data::ImageTree> read_part(const std::string& path, const std::string& part,
                                          data::ImageFolderOptions options) {
  options.below = part;
  absl::StatusOr<data::ImageTree> tree = data::load_image_tree(path, options);
  if (!absl::IsNotFound(tree.status())) return tree;
  options.below = "afhq/" + part;
  absl::StatusOr<data::ImageTree> inner = data::load_image_tree(path, options);
  return absl::IsNotFound(inner.status()) ? tree : inner;
}

absl::StatusOr<Animals> read_animals(const std::string& path, const std::string& name,
                                     const data::ImageFolderOptions& options) {
  const auto train = read_part(path, "train", options);
  if (!train.ok()) return train.status();
  const auto test = read_part(path, "val", options);
  if (!test.ok()) return test.status();
  if (train->class_names != test->class_names || train->class_names.size() != 3) {
    return absl::InvalidArgumentError(path + ": expected the same three classes in train and val");
  }
  return Animals{to_examples(*train), to_examples(*test), train->class_names, name};
}

// What --download leaves is the .zip within the folder.
std::string packed_or_not(const std::string& folder) {
  const std::string packed = folder + "/afhq.zip";
  return is_there(packed) && !is_there(folder + "/train") ? packed : folder;
}

}  // namespace

absl::StatusOr<Animals> load_animals(const ExperimentOptions& options) {
  const data::ImageFolderOptions images = few_if(options.quick);
  const auto published = data_folder(options, "afhq");
  if (published.ok()) return read_animals(packed_or_not(*published), "afhq", images);
  if (options.download || !absl::IsNotFound(published.status())) return published.status();
  if (const auto packed = data_folder(options, "afhq.zip"); packed.ok()) {
    return read_animals(*packed, "afhq", images);
  }
  const auto stand_in = data_folder(options, "afhq_like");
  if (stand_in.ok()) return read_animals(*stand_in, "afhq_like", images);
  return published.status();
}

absl::StatusOr<Examples> load_sample(const CommonOptions& options) {
  CommonOptions local = options;
  local.download = false;
  const auto folder = data_folder(local, "afhq_sample");
  if (!folder.ok()) return folder.status();
  const auto tree = data::load_image_tree(*folder, kSmall);
  if (!tree.ok()) return tree.status();
  return to_examples(*tree);
}

absl::StatusOr<Parts> deal(const Animals& animals, const Deal& counts, std::uint64_t seed) {
  const std::int64_t wanted = counts.train + counts.validation;
  if (wanted > animals.train.size()) {
    return absl::InvalidArgumentError(animals.name + ": expected at least " +
                                      std::to_string(wanted) + " training pictures, got " +
                                      std::to_string(animals.train.size()));
  }
  Generator generator(seed);
  const auto order = randperm(animals.train.size(), generator).to_vector<std::int64_t>();
  const auto middle = order.begin() + counts.train;
  return Parts{.train = rows(animals.train, {order.begin(), middle}),
               .validation = rows(animals.train, {middle, middle + counts.validation}),
               .test = animals.test};
}

}  // namespace tenon::examples
