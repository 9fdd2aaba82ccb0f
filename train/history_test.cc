#include "train/history.h"

#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>
#include <fstream>
#include <limits>
#include <sstream>

namespace tenon::train {
namespace {

std::string temporary(const std::string& name) { return testing::TempDir() + "/" + name; }

void write(const std::string& path, const std::string& text) { std::ofstream(path) << text; }

std::string read(const std::string& path) {
  std::stringstream text;
  text << std::ifstream(path).rdbuf();
  return text.str();
}

History two_epochs() {
  return {{.epoch = 1, .values = {{"train_loss", 0.5}, {"val_loss", 1e-20}}},
          {.epoch = 2, .values = {{"train_loss", 0.1}, {"lr", -3}}}};
}

TEST(History, FindsValuesByName) {
  const History history = two_epochs();
  EXPECT_EQ(names(history), (std::vector<std::string>{"train_loss", "val_loss", "lr"}));
  EXPECT_EQ(column(history, "train_loss"), (std::vector<double>{0.5, 0.1}));
  EXPECT_TRUE(std::isnan(column(history, "lr")[0]));
  EXPECT_TRUE(std::isnan(history[0].value("nothing")));
}

TEST(History, WritesCsv) {
  EXPECT_EQ(to_csv(two_epochs()),
            "epoch,train_loss,val_loss,lr\n"
            "1,0.5,1e-20,\n"
            "2,0.1,,-3\n");
  EXPECT_EQ(to_csv({}), "epoch\n");
}

TEST(History, CsvReadsBackExactly) {
  constexpr double kInf = std::numeric_limits<double>::infinity();
  History history = two_epochs();
  history.push_back(
      {.epoch = 3, .values = {{"train_loss", 1.0 / 3}, {"val_loss", kInf}, {"lr", -kInf}}});
  const std::string path = temporary("exact.csv");
  ASSERT_TRUE(write_csv(history, path).ok());
  const auto back = read_csv(path);
  ASSERT_TRUE(back.ok()) << back.status();
  EXPECT_EQ(*back, history);

  history = {{.epoch = 1, .values = {{"loss", std::nan("")}}}};
  ASSERT_TRUE(write_csv(history, path).ok());
  EXPECT_TRUE(std::isnan(read_csv(path).value().at(0).value("loss")));
  ASSERT_EQ(read_csv(path)->at(0).values.size(), 1u);
}

TEST(History, BadCsvNamesFileAndLine) {
  const std::string path = temporary("bad.csv");
  const std::pair<const char*, const char*> cases[] = {
      {"", "line 1"},
      {"loss,epoch\n", "line 1"},
      {"epoch,loss\n1,2\n2\n", "line 3"},
      {"epoch,loss\n1,2,3\n", "line 2"},
      {"epoch,loss\n1,0.5x\n", "line 2"},
      {"epoch,loss\none,0.5\n", "line 2"},
      {"epoch,loss\n1,0.5\n99999999999999999999,1\n", "line 3"},
  };
  for (const auto& [text, where] : cases) {
    write(path, text);
    const auto history = read_csv(path);
    ASSERT_FALSE(history.ok()) << text;
    const std::string message(history.status().message());
    EXPECT_NE(message.find(path), message.npos) << message;
    EXPECT_NE(message.find(where), message.npos) << message;
  }
  EXPECT_TRUE(absl::IsNotFound(read_csv(temporary("missing.csv")).status()));
}

TEST(History, FailedWriteLeavesTheEarlierFile) {
  const std::string folder = temporary("history_folder");
  std::filesystem::create_directories(folder);
  EXPECT_FALSE(write_csv(two_epochs(), folder).ok());
  EXPECT_FALSE(write_csv(two_epochs(), folder + "/none/metrics.csv").ok());
  const std::string path = folder + "/metrics.csv";
  ASSERT_TRUE(write_csv(two_epochs(), path).ok());
  EXPECT_EQ(read(path), to_csv(two_epochs()));
}

}  // namespace
}  // namespace tenon::train
