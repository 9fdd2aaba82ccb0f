#include "data/cifar.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "data/data_dir.h"
#include "data/gzip.h"
#include "data/scratch_archive.h"
#include "data/scratch_gzip.h"
#include "tensor/io/scratch_file.h"
#include "tensor/ops.h"

namespace tenon::data {
namespace {

using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

// A record whose red plane is `red`, green and blue planes 0 and 255.
std::string record(const std::string& labels, int red) {
  return labels + std::string(1024, static_cast<char>(red)) + std::string(1024, '\0') +
         std::string(1024, '\xff');
}

std::string label(int value) { return std::string(1, static_cast<char>(value)); }

const std::string kNames10 = "a\nb\nc\nd\ne\nf\ng\nh\ni\nj\n\n";

// Batch k holds two records with the labels k and k + 1, and red 10 k and 10 k + 1.
std::vector<ScratchEntry> cifar10_files() {
  std::vector<ScratchEntry> files;
  for (int k = 1; k <= 5; ++k) {
    files.push_back({"data_batch_" + std::to_string(k) + ".bin",
                     record(label(k), 10 * k) + record(label(k + 1), 10 * k + 1)});
  }
  files.push_back({"test_batch.bin", record(label(9), 99)});
  files.push_back({"batches.meta.txt", kNames10});
  files.push_back({"readme.html", "<html>"});
  return files;
}

void put_all(const ScratchFolder& folder, const std::vector<ScratchEntry>& files,
             const std::string& below = "") {
  std::filesystem::create_directories(folder.path(below));
  for (const ScratchEntry& file : files) folder.put(below + "/" + file.name, file.bytes);
}

std::string archive_of(std::vector<ScratchEntry> files, const std::string& below,
                       ScratchFormat format = ScratchFormat::kTarGz) {
  for (ScratchEntry& file : files) file.name = below + "/" + file.name;
  std::swap(files.front(), files.back());  // an order of its own
  return archived(files, format);
}

void expect_small_cifar10(const absl::StatusOr<Cifar10>& cifar) {
  ASSERT_TRUE(cifar.ok()) << cifar.status();
  EXPECT_EQ(cifar->train.images.shape(), Shape({10, 3, 32, 32}));
  EXPECT_THAT(cifar->train.labels.to_vector<std::int64_t>(),
              ElementsAre(1, 2, 2, 3, 3, 4, 4, 5, 5, 6));
  EXPECT_EQ(cifar->train.images.item<int>({7, 0, 31, 31}), 41);
  EXPECT_EQ(cifar->train.images.item<int>({7, 1, 0, 0}), 0);
  EXPECT_EQ(cifar->train.images.item<int>({7, 2, 0, 0}), 255);
  EXPECT_THAT(cifar->test.labels.to_vector<std::int64_t>(), ElementsAre(9));
  EXPECT_EQ(cifar->class_names.size(), 10u);
  EXPECT_EQ(cifar->class_names[9], "j");
}

TEST(LoadCifar10, ReadsFoldersAndArchives) {
  const ScratchFolder folder;
  put_all(folder, cifar10_files(), "up/cifar-10-batches-bin");
  expect_small_cifar10(load_cifar10(folder.path("up/cifar-10-batches-bin")));
  expect_small_cifar10(load_cifar10(folder.path("up")));
  for (const ScratchFormat format :
       {ScratchFormat::kTarGz, ScratchFormat::kTar, ScratchFormat::kZip}) {
    expect_small_cifar10(
        load_cifar10(folder.put("x", archive_of(cifar10_files(), "cifar-10-batches-bin", format))));
  }
}

TEST(LoadCifar10, FindsTheArchiveInItsFolder) {
  const ScratchFolder folder;
  folder.put("cifar-10-binary.tar.gz", archive_of(cifar10_files(), "cifar-10-batches-bin"));
  expect_small_cifar10(load_cifar10(folder.path()));
  folder.put("cifar-10-binary.tar.gz", "damaged");
  EXPECT_THAT(message(load_cifar10(folder.path()).status()), HasSubstr("cifar-10-binary.tar.gz"));
  put_all(folder, cifar10_files(), "cifar-10-batches-bin");  // comes first
  expect_small_cifar10(load_cifar10(folder.path()));
}

TEST(LoadCifar10, ReadsGzippedFiles) {
  const ScratchFolder folder;
  auto files = cifar10_files();
  files[2] = {files[2].name + ".gz", gzipped(files[2].bytes)};
  put_all(folder, files);
  expect_small_cifar10(load_cifar10(folder.path()));
}

TEST(LoadCifar10, NamesWhatIsWrong) {
  const ScratchFolder folder;
  const auto expect = [&](std::size_t file, const std::string& bytes, const std::string& what) {
    auto files = cifar10_files();
    files[file].bytes = bytes;
    put_all(folder, files);
    const auto status = load_cifar10(folder.path()).status();
    EXPECT_THAT(message(status), HasSubstr("/" + files[file].name + ": " + what));
    if (file == 1) return;  // which file is wrong depends on the archive's order
    const auto packed = load_cifar10(folder.put("x.tgz", archive_of(files, "c"))).status();
    EXPECT_THAT(message(packed), HasSubstr("x.tgz(c/" + files[file].name + "): " + what));
  };
  expect(5, record(label(10), 0), "expected a label from 0 to 9 at byte 0, got 10");
  expect(5, record(label(1), 0) + record(label(255), 0),
         "expected a label from 0 to 9 at byte 3073, got 255");
  expect(5, "", "expected CIFAR records, got an empty file");
  expect(5, record(label(1), 0) + "ab",
         "expected records of 3073 bytes, the one at byte 3073 has 2");
  expect(1, record(label(1), 0), "expected 2 records as in the files before, got 1");
  expect(6, "one\ntwo\n", "expected 10 names, one a line, got 2");
}

TEST(LoadCifar10, NamesAFileThatIsMissing) {
  const ScratchFolder folder;
  auto files = cifar10_files();
  files.erase(files.begin() + 3);
  put_all(folder, files, "c");
  auto status = load_cifar10(folder.path("c")).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kNotFound);
  EXPECT_THAT(message(status), HasSubstr("expected a file data_batch_4.bin"));
  status = load_cifar10(folder.put("x", archive_of(files, "c"))).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kNotFound);
  EXPECT_THAT(message(status), HasSubstr("expected a file data_batch_4.bin"));
  EXPECT_FALSE(load_cifar10("nowhere").ok());
  EXPECT_THAT(message(load_cifar10(folder.put("y", "no archive")).status()),
              HasSubstr("expected a tar or zip archive"));
}

TEST(LoadCifar10, RefusesTwoFilesOfOneName) {
  const ScratchFolder folder;
  auto files = cifar10_files();
  files.push_back(files[0]);
  EXPECT_THAT(message(load_cifar10(folder.put("x", archive_of(files, "c"))).status()),
              HasSubstr("data_batch_1.bin): expected one such file, got two"));
}

TEST(LoadCifar10, EveryTruncationOfTheArchiveIsAnError) {
  const ScratchFolder folder;
  const std::string whole = archive_of(cifar10_files(), "c");
  for (std::size_t size = 0; size < whole.size(); ++size) {
    EXPECT_FALSE(load_cifar10(folder.put("x", whole.substr(0, size))).ok()) << size;
  }
}

TEST(ReadCifar10File, EveryTruncationIsAnError) {
  const ScratchFolder folder;
  const std::string whole = record(label(1), 0);
  for (std::size_t size = 0; size < whole.size(); ++size) {
    const auto status = read_cifar10_file(folder.put("x", whole.substr(0, size))).status();
    EXPECT_THAT(message(status), HasSubstr(folder.path("x") + ": expected")) << size;
  }
  EXPECT_TRUE(read_cifar10_file(folder.put("x", whole)).ok());
}

std::vector<ScratchEntry> cifar100_files() {
  std::string fine, coarse;
  for (int i = 0; i < 100; ++i) fine += "f" + std::to_string(i) + "\r\n";
  for (int i = 0; i < 20; ++i) coarse += "c" + std::to_string(i) + "\n";
  return {{"train.bin", record(label(19) + label(99), 1) + record(label(0) + label(5), 2)},
          {"test.bin", record(label(3) + label(4), 3)},
          {"fine_label_names.txt", fine},
          {"coarse_label_names.txt", coarse}};
}

TEST(LoadCifar100, ReadsFoldersAndArchives) {
  const ScratchFolder folder;
  put_all(folder, cifar100_files(), "up/cifar-100-binary");
  for (const std::string& path : {folder.path("up"), folder.path("up/cifar-100-binary"),
                                  folder.put("x", archive_of(cifar100_files(), "c"))}) {
    const auto cifar = load_cifar100(path);
    ASSERT_TRUE(cifar.ok()) << cifar.status();
    EXPECT_EQ(cifar->train.images.shape(), Shape({2, 3, 32, 32}));
    EXPECT_EQ(cifar->train.images.item<int>({1, 0, 0, 0}), 2);
    EXPECT_THAT(cifar->train.labels.to_vector<std::int64_t>(), ElementsAre(99, 5));
    EXPECT_THAT(cifar->train.coarse_labels.to_vector<std::int64_t>(), ElementsAre(19, 0));
    EXPECT_THAT(cifar->test.labels.to_vector<std::int64_t>(), ElementsAre(4));
    EXPECT_EQ(cifar->class_names[99], "f99");
    EXPECT_EQ(cifar->coarse_class_names[19], "c19");
  }
}

TEST(LoadCifar100, NamesALabelOutOfRange) {
  const ScratchFolder folder;
  auto files = cifar100_files();
  files[1].bytes = record(label(20) + label(4), 0);
  put_all(folder, files);
  EXPECT_THAT(message(load_cifar100(folder.path()).status()),
              HasSubstr("test.bin: expected a label from 0 to 19 at byte 0, got 20"));
  files[1].bytes = record(label(2) + label(100), 0);
  put_all(folder, files);
  EXPECT_THAT(message(load_cifar100(folder.path()).status()),
              HasSubstr("test.bin: expected a label from 0 to 99 at byte 1, got 100"));
}

// The labels as every tutorial prints them (frog, truck, truck, deer, automobile; cat, ship, ship,
// airplane, frog), and the first test image's first pixel, (158, 112, 49).
TEST(ReadCifarFiles, ReadTheRealRecords) {
  const auto folder = data_dir();
  if (!folder.ok()) GTEST_SKIP() << folder.status();
  const auto train = read_cifar10_file(*folder + "/cifar10/data_batch_1_first4000_exact.bin.gz");
  if (train.status().code() == absl::StatusCode::kNotFound) GTEST_SKIP() << train.status();
  ASSERT_TRUE(train.ok()) << train.status();
  EXPECT_EQ(train->images.shape(), Shape({4000, 3, 32, 32}));
  EXPECT_THAT(train->labels.slice(0, 0, 5).to_vector<std::int64_t>(), ElementsAre(6, 9, 9, 4, 1));
  const auto test = read_cifar10_file(*folder + "/cifar10/test_batch_first20_exact.bin");
  ASSERT_TRUE(test.ok()) << test.status();
  EXPECT_THAT(test->labels.slice(0, 0, 5).to_vector<std::int64_t>(), ElementsAre(3, 8, 8, 0, 6));
  EXPECT_EQ(test->images.item<int>({0, 0, 0, 0}), 158);
  EXPECT_EQ(test->images.item<int>({0, 1, 0, 0}), 112);
  EXPECT_EQ(test->images.item<int>({0, 2, 0, 0}), 49);
  const auto hundred = read_cifar100_file(*folder + "/cifar100/test_first20.bin");
  ASSERT_TRUE(hundred.ok()) << hundred.status();
  EXPECT_THAT(hundred->labels.slice(0, 0, 5).to_vector<std::int64_t>(),
              ElementsAre(49, 33, 72, 51, 71));
  EXPECT_THAT(hundred->coarse_labels.slice(0, 0, 5).to_vector<std::int64_t>(),
              ElementsAre(10, 10, 0, 4, 10));
}

void expect_count_of_each_class(const Tensor& labels, std::int64_t count) {
  std::vector<std::int64_t> counts(10);
  for (const std::int64_t label : labels.to_vector<std::int64_t>()) {
    ++counts[static_cast<std::size_t>(label)];
  }
  EXPECT_THAT(counts, Each(count));
}

// 5,000 and 1,000 images of each class (Krizhevsky 2009, §3.1); and the channels' means, which the
// approximation by JPEG changes by less than 0.001.
TEST(LoadCifar10, ReadsTheWholeSet) {
  const auto folder = data_dir();
  if (!folder.ok()) GTEST_SKIP() << folder.status();
  const auto cifar = load_cifar10(*folder + "/cifar10");
  if (cifar.status().code() == absl::StatusCode::kNotFound) GTEST_SKIP() << cifar.status();
  ASSERT_TRUE(cifar.ok()) << cifar.status();
  EXPECT_EQ(cifar->train.images.shape(), Shape({50'000, 3, 32, 32}));
  EXPECT_EQ(cifar->test.images.shape(), Shape({10'000, 3, 32, 32}));
  expect_count_of_each_class(cifar->train.labels, 5000);
  expect_count_of_each_class(cifar->test.labels, 1000);
  EXPECT_EQ(cifar->class_names.front(), "airplane");
  EXPECT_EQ(cifar->class_names.back(), "truck");
  const double published[] = {0.4914, 0.4822, 0.4465};
  for (int channel = 0; channel < 3; ++channel) {
    const Tensor plane = cifar->train.images.select(1, channel);
    EXPECT_NEAR(tenon::mean(plane.to(DType::kF32)).item<double>() / 255, published[channel], 1e-3);
  }
}

}  // namespace
}  // namespace tenon::data
