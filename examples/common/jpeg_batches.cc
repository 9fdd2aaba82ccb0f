#include "examples/common/jpeg_batches.h"

#include <cstdint>
#include <filesystem>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_split.h"
#include "data/archive.h"
#include "data/image/decode.h"
#include "tensor/ops.h"

namespace tenon::examples {
namespace {

constexpr data::DecodeOptions kSize{.height = 32, .width = 32};
constexpr std::size_t kImageBytes = 3 * 32 * 32;

// Pixels and labels under way.
struct Growing {
  std::vector<std::uint8_t> pixels;
  std::vector<std::int64_t> labels;

  data::LabeledImages images() const {
    const auto count = static_cast<std::int64_t>(labels.size());
    return {.images = from_vector(pixels).reshape({count, 3, 32, 32}),
            .labels = from_vector(labels)};
  }
};

std::vector<std::string> lines(const std::string& text) {
  return absl::StrSplit(text, absl::ByAnyChar("\r\n"), absl::SkipEmpty());
}

// "data_batch_1/0000_6.jpg" -> 6; -1 where the name says no label.
std::int64_t label_of(const std::filesystem::path& file) {
  const std::string stem = file.stem().string();
  if (stem.size() < 2 || stem[stem.size() - 2] != '_') return -1;
  const char digit = stem.back();
  return digit >= '0' && digit <= '9' ? digit - '0' : -1;
}

absl::Status add(const std::string& archive, const std::filesystem::path& file,
                 const std::string& bytes, Growing& images) {
  const std::string name = archive + "(" + file.string() + ")";
  const std::int64_t label = label_of(file);
  if (label < 0) return absl::InvalidArgumentError(name + ": expected a name <number>_<label>.jpg");
  images.pixels.resize(images.pixels.size() + kImageBytes);
  images.labels.push_back(label);
  return data::decode_image_into(bytes, name, kSize,
                                 images.pixels.data() + images.pixels.size() - kImageBytes);
}

}  // namespace

absl::StatusOr<data::Cifar10> read_jpeg_batches(const std::string& archive, const Taken& taken) {
  auto reader = data::ArchiveReader::open(archive);
  if (!reader.ok()) return reader.status();
  Growing train, test;
  std::vector<std::string> classes;
  for (;;) {
    const auto more = reader->next();
    if (!more.ok()) return more.status();
    if (!*more) break;
    const std::filesystem::path file(reader->name());
    const bool names = file.filename() == "batches.meta.txt";
    if (!names && file.extension() != ".jpg") continue;
    const bool is_test = file.parent_path().filename() == "test_batch";
    Growing& images = is_test ? test : train;
    if (!names && std::ssize(images.labels) >= (is_test ? taken.test : taken.train)) continue;
    const auto bytes = reader->read();
    if (!bytes.ok()) return bytes.status();
    if (names) {
      classes = lines(*bytes);
      continue;
    }
    if (absl::Status status = add(archive, file, *bytes, images); !status.ok()) return status;
  }
  if (train.labels.empty() || test.labels.empty()) {
    return absl::InvalidArgumentError(
        archive + ": expected JPEG files for training and in test_batch, got " +
        std::to_string(train.labels.size()) + " and " + std::to_string(test.labels.size()));
  }
  return data::Cifar10{
      .train = train.images(), .test = test.images(), .class_names = std::move(classes)};
}

}  // namespace tenon::examples
