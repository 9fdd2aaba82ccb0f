#include "data/cifar.h"

#include <cstdint>
#include <cstring>
#include <string_view>
#include <utility>

#include "data/cifar_files.h"

namespace tenon::data {
namespace {

constexpr std::size_t kPixels = 3 * 32 * 32;

// A record is a byte for each label, the superclass first where there are two, and the pixels.
struct Format {
  int classes;
  int coarse_classes;  // 0 where there are none

  std::size_t label_bytes() const { return coarse_classes > 0 ? 2 : 1; }
  std::size_t record_bytes() const { return label_bytes() + kPixels; }
};
constexpr Format kCifar10{10, 0};
constexpr Format kCifar100{100, 20};

absl::Status invalid(const std::string& where, const std::string& what) {
  return absl::InvalidArgumentError(where + ": " + what);
}

// Number of records, once it is sure that they are whole.
absl::StatusOr<std::int64_t> count_records(const Format& format, const std::string& where,
                                           std::string_view bytes) {
  const std::size_t record = format.record_bytes();
  if (bytes.empty()) return invalid(where, "expected CIFAR records, got an empty file");
  if (bytes.size() % record != 0) {
    return absl::DataLossError(where + ": expected records of " + std::to_string(record) +
                               " bytes, the one at byte " +
                               std::to_string(bytes.size() / record * record) + " has " +
                               std::to_string(bytes.size() % record));
  }
  return static_cast<std::int64_t>(bytes.size() / record);
}

Cifar100Images allocate(std::int64_t count) {
  const TensorOptions i64{.dtype = DType::kI64};
  return {.images = empty({count, 3, 32, 32}, {.dtype = DType::kU8}),
          .labels = empty({count}, i64),
          .coarse_labels = empty({count}, i64)};
}

// Copies the records to the rows from `first` on, which are there.
absl::Status copy_records(const Format& format, const std::string& where, std::string_view bytes,
                          std::int64_t first, const Cifar100Images& out) {
  const auto* record = reinterpret_cast<const std::uint8_t*>(bytes.data());
  const auto* const end = record + bytes.size();
  auto* pixels = out.images.data<std::uint8_t>() + first * static_cast<std::int64_t>(kPixels);
  std::int64_t* label = out.labels.data<std::int64_t>() + first;
  std::int64_t* coarse = out.coarse_labels.data<std::int64_t>() + first;
  const std::size_t label_bytes = format.label_bytes();
  for (std::size_t at = 0; record != end; record += format.record_bytes()) {
    const int wanted[] = {format.coarse_classes, format.classes};
    for (std::size_t k = 0; k < label_bytes; ++k) {
      const int classes = wanted[k + 2 - label_bytes];
      if (record[k] < classes) continue;
      return invalid(where, "expected a label from 0 to " + std::to_string(classes - 1) +
                                " at byte " + std::to_string(at + k) + ", got " +
                                std::to_string(record[k]));
    }
    *coarse++ = label_bytes == 2 ? record[0] : 0;
    *label++ = record[label_bytes - 1];
    std::memcpy(pixels, record + label_bytes, kPixels);
    pixels += kPixels;
    at += format.record_bytes();
  }
  return absl::OkStatus();
}

// One name a line, blank lines apart.
absl::StatusOr<std::vector<std::string>> parse_names(const std::string& where,
                                                     std::string_view text, int count) {
  std::vector<std::string> names;
  while (!text.empty()) {
    std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(text.size(), line.size() + 1));
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (!line.empty()) names.emplace_back(line);
  }
  if (names.size() == static_cast<std::size_t>(count)) return names;
  return invalid(where, "expected " + std::to_string(count) + " names, one a line, got " +
                            std::to_string(names.size()));
}

// A part of the data set that comes in one or several files of equal length.
class Part {
 public:
  Part(const Format& format, std::int64_t files) : format_(format), files_(files) {}

  absl::Status add(std::int64_t file, const std::string& where, std::string_view bytes) {
    const auto count = count_records(format_, where, bytes);
    if (!count.ok()) return count.status();
    // The other files are as long as the first to come, whose bytes are here: nothing is taken for
    // a mere claim, and all lie in one tensor from the start.
    if (!images_.images.defined()) {
      records_ = *count;
      images_ = allocate(records_ * files_);
    }
    if (*count != records_) {
      return invalid(where, "expected " + std::to_string(records_) +
                                " records as in the files before, got " + std::to_string(*count));
    }
    return copy_records(format_, where, bytes, file * records_, images_);
  }
  const Cifar100Images& images() const { return images_; }

 private:
  const Format& format_;
  std::int64_t files_;
  std::int64_t records_ = 0;
  Cifar100Images images_;
};

absl::StatusOr<Cifar100Images> read_single(const Format& format, const std::string& path) {
  Part part(format, 1);
  const absl::Status status =
      take_file(path, [&](std::size_t, const std::string& where, std::string_view bytes) {
        return part.add(0, where, bytes);
      });
  if (!status.ok()) return status;
  return part.images();
}

LabeledImages without_coarse(const Cifar100Images& images) {
  return {.images = images.images, .labels = images.labels};
}

}  // namespace

absl::StatusOr<LabeledImages> read_cifar10_file(const std::string& path) {
  auto images = read_single(kCifar10, path);
  if (!images.ok()) return images.status();
  return without_coarse(*images);
}

absl::StatusOr<Cifar100Images> read_cifar100_file(const std::string& path) {
  return read_single(kCifar100, path);
}

absl::StatusOr<Cifar10> load_cifar10(const std::string& path) {
  constexpr std::size_t kTrainFiles = 5;
  Part train(kCifar10, kTrainFiles), test(kCifar10, 1);
  Cifar10 result;
  const absl::Status status = for_each_file(
      path,
      {.archive = "cifar-10-binary.tar.gz",
       .folder = "cifar-10-batches-bin",
       .names = {"data_batch_1.bin", "data_batch_2.bin", "data_batch_3.bin", "data_batch_4.bin",
                 "data_batch_5.bin", "test_batch.bin", "batches.meta.txt"}},
      [&](std::size_t index, const std::string& where, std::string_view bytes) -> absl::Status {
        if (index < kTrainFiles) return train.add(static_cast<std::int64_t>(index), where, bytes);
        if (index == kTrainFiles) return test.add(0, where, bytes);
        auto names = parse_names(where, bytes, kCifar10.classes);
        if (names.ok()) result.class_names = *std::move(names);
        return names.status();
      });
  if (!status.ok()) return status;
  result.train = without_coarse(train.images());
  result.test = without_coarse(test.images());
  return result;
}

absl::StatusOr<Cifar100> load_cifar100(const std::string& path) {
  Part train(kCifar100, 1), test(kCifar100, 1);
  Cifar100 result;
  const absl::Status status = for_each_file(
      path,
      {.archive = "cifar-100-binary.tar.gz",
       .folder = "cifar-100-binary",
       .names = {"train.bin", "test.bin", "fine_label_names.txt", "coarse_label_names.txt"}},
      [&](std::size_t index, const std::string& where, std::string_view bytes) -> absl::Status {
        if (index < 2) return (index == 0 ? train : test).add(0, where, bytes);
        const bool fine = index == 2;
        auto names = parse_names(where, bytes, fine ? kCifar100.classes : kCifar100.coarse_classes);
        if (names.ok()) (fine ? result.class_names : result.coarse_class_names) = *std::move(names);
        return names.status();
      });
  if (!status.ok()) return status;
  result.train = train.images();
  result.test = test.images();
  return result;
}

}  // namespace tenon::data
