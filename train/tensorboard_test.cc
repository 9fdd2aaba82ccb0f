// Event files read back by a reader of the format written here from its description, and checksums
// against RFC 3720. `testdata/read_events.py` reads them with TensorBoard itself.

#include "train/tensorboard.h"

#include <cstring>
#include <filesystem>
#include <fstream>
#include <map>
#include <string>
#include <vector>

#include "data/data_loader.h"
#include "gtest/gtest.h"
#include "optim/sgd.h"
#include "train/checkpoint.h"
#include "train/fit.h"
#include "train/internal/crc32c.h"
#include "train/testing.h"

namespace tenon::train {
namespace {

using testing::files_in;
using testing::fresh_folder;
using testing::half_planes;
using testing::Net;
using testing::read_bytes;

// RFC 3720, B.4: examples.
TEST(Crc32cTest, KnownValues) {
  EXPECT_EQ(internal::crc32c(std::string(32, '\0')), 0x8a9136aau);
  EXPECT_EQ(internal::crc32c(std::string(32, '\xff')), 0x62a8ab43u);
  std::string rising;
  for (char c = 0; c < 32; ++c) rising += c;
  EXPECT_EQ(internal::crc32c(rising), 0x46dd794eu);
  EXPECT_EQ(internal::crc32c("123456789"), 0xe3069283u);
  EXPECT_EQ(internal::crc32c(""), 0u);
}

std::uint32_t u32_at(const std::string& bytes, std::size_t at) {
  std::uint32_t value;
  std::memcpy(&value, bytes.data() + at, 4);
  return value;
}

std::uint32_t unmasked(std::uint32_t masked) {
  const std::uint32_t rotated = masked - 0xa282ead8u;
  return rotated >> 17 | rotated << 15;
}

// The records of a TFRecord file; checks both sums of each.
std::vector<std::string> records_of(const std::string& bytes) {
  std::vector<std::string> records;
  for (std::size_t at = 0; at < bytes.size();) {
    std::uint64_t size;
    std::memcpy(&size, bytes.data() + at, 8);
    EXPECT_EQ(unmasked(u32_at(bytes, at + 8)), internal::crc32c(bytes.substr(at, 8)));
    records.push_back(bytes.substr(at + 12, size));
    EXPECT_EQ(unmasked(u32_at(bytes, at + 12 + size)), internal::crc32c(records.back()));
    at += 16 + size;
  }
  return records;
}

std::uint64_t read_varint(const std::string& bytes, std::size_t& at) {
  std::uint64_t value = 0;
  for (int shift = 0;; shift += 7) {
    const auto byte = static_cast<std::uint8_t>(bytes.at(at++));
    value |= static_cast<std::uint64_t>(byte & 0x7f) << shift;
    if (byte < 0x80) return value;
  }
}

// The fields of a message: numbers as their bytes.
std::map<int, std::string> fields_of(const std::string& message) {
  std::map<int, std::string> fields;
  for (std::size_t at = 0; at < message.size();) {
    const std::uint64_t tag = read_varint(message, at);
    const int wire = static_cast<int>(tag & 7);
    std::size_t size = wire == 1 ? 8 : 4;
    if (wire == 0) {
      fields[static_cast<int>(tag >> 3)] = std::to_string(read_varint(message, at));
      continue;
    }
    if (wire == 2) size = read_varint(message, at);
    fields[static_cast<int>(tag >> 3)] = message.substr(at, size);
    at += size;
  }
  return fields;
}

float float_of(const std::string& bytes) {
  float value;
  std::memcpy(&value, bytes.data(), 4);
  return value;
}

// "tag@step" -> value, over all files of a folder.
std::map<std::string, float> scalars_in(const std::string& folder) {
  std::map<std::string, float> scalars;
  for (const std::string& file : files_in(folder)) {
    for (const std::string& record : records_of(read_bytes(folder + "/" + file))) {
      auto event = fields_of(record);
      if (!event.contains(5)) continue;
      auto value = fields_of(fields_of(event[5])[1]);
      scalars[value[1] + "@" + event[2]] = float_of(value[2]);
    }
  }
  return scalars;
}

TEST(EventFileTest, RecordsAreAsDescribed) {
  const std::string folder = fresh_folder(::testing::TempDir() + "/events");
  auto file = EventFile::create(folder);
  ASSERT_TRUE(file.ok()) << file.status();
  ASSERT_TRUE(file->scalar("loss", 0.25, 300).ok());
  ASSERT_TRUE(file->image("wrong", "PNG bytes", 7, 5, 2).ok());
  ASSERT_TRUE(file->text("settings", "| lr | 0.1 |", 0).ok());
  ASSERT_TRUE(file->restart(9).ok());
  const auto records = records_of(read_bytes(file->path()));
  ASSERT_EQ(records.size(), 5u);
  EXPECT_EQ(fields_of(records[0])[3], "brain.Event:2");
  auto value = fields_of(fields_of(fields_of(records[1])[5])[1]);
  EXPECT_EQ(fields_of(records[1])[2], "300");
  EXPECT_EQ(value[1], "loss");
  EXPECT_EQ(float_of(value[2]), 0.25f);
  auto image = fields_of(fields_of(fields_of(fields_of(records[2])[5])[1])[4]);
  EXPECT_EQ(image[1], "5");
  EXPECT_EQ(image[2], "7");
  EXPECT_EQ(image[4], "PNG bytes");
  auto text = fields_of(fields_of(fields_of(records[3])[5])[1]);
  EXPECT_EQ(fields_of(text[8])[8], "| lr | 0.1 |");
  EXPECT_EQ(fields_of(records[4])[2], "9");
  EXPECT_EQ(fields_of(fields_of(records[4])[7])[1], "1");
}

TEST(EventFileTest, FilesOfOneMomentDoNotMeet) {
  const std::string folder = fresh_folder(::testing::TempDir() + "/events_twice");
  ASSERT_TRUE(EventFile::create(folder).ok());
  ASSERT_TRUE(EventFile::create(folder).ok());
  EXPECT_EQ(files_in(folder).size(), 2u);
}

TEST(EventFileTest, SaysWhereItCannotWrite) {
  const std::string folder = fresh_folder(::testing::TempDir() + "/events_bad");
  testing::write_bytes(folder + "/file", "");
  const auto file = EventFile::create(folder + "/file");
  ASSERT_FALSE(file.ok());
  EXPECT_NE(std::string(file.status().message()).find(folder + "/file"), std::string::npos);
}

TEST(TensorBoardLogTest, HoldsTheRecordsAlsoAfterAResume) {
  const std::string folder = fresh_folder(::testing::TempDir() + "/board");
  const data::TensorDataset set = half_planes(32);
  History history;
  for (const int epochs : {2, 3}) {
    Net net;
    data::DataLoader loader(set, {.batch_size = 8});
    optim::SGD optimizer(net.parameters());
    Checkpoint checkpoint({.path = folder + ".safetensors", .resume = epochs == 3});
    TensorBoardLog log(folder);
    const auto result =
        fit(net, loader, optimizer,
            {.epochs = epochs, .validation = &loader, .callbacks = {&checkpoint, &log}});
    ASSERT_TRUE(result.ok()) << result.status();
    history = *result;
  }
  EXPECT_EQ(files_in(folder).size(), 2u);
  const auto scalars = scalars_in(folder);
  for (const EpochRecord& record : history) {
    const std::string step = "@" + std::to_string(record.epoch);
    EXPECT_EQ(scalars.at("loss/train" + step), static_cast<float>(record.value("train_loss")));
    EXPECT_EQ(scalars.at("loss/val" + step), static_cast<float>(record.value("val_loss")));
    EXPECT_EQ(scalars.at("lr" + step), static_cast<float>(record.value("lr")));
  }
}

}  // namespace
}  // namespace tenon::train
