#include "examples/common/flags.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <stdexcept>

#include "examples/common/paths.h"
#include "tensor/error.h"

namespace tenon::examples {
namespace {

namespace fs = std::filesystem;

// Runs an example whose body is `body`, and keeps what it said on standard error.
struct Outcome {
  int code = 0;
  std::string errors;
};

class FlagsTest : public testing::Test {
 protected:
  FlagsTest() : folder_(testing::TempDir() + "flags") {
    fs::remove_all(folder_);
    options_.out_dir = folder_ + "/a/b";
  }

  Outcome run(std::vector<std::string> arguments) {
    Flags flags("sample", "Does nothing.");
    flags.add(options_);
    flags.add_choice("init", init_, {"he", "zero"}, "first weights");
    flags.add_number("momentum", momentum_, 0, 1, "of sgd");
    std::vector<char*> argv{const_cast<char*>("sample")};
    for (std::string& argument : arguments) argv.push_back(argument.data());
    testing::internal::CaptureStderr();
    Outcome outcome;
    outcome.code = flags.run(static_cast<int>(argv.size()), argv.data(), body_);
    outcome.errors = testing::internal::GetCapturedStderr();
    return outcome;
  }

  std::string folder_;
  CommonOptions options_{.epochs = 3, .batch_size = 10, .lr = 0.5};
  std::string init_ = "he";
  double momentum_ = 0.9;
  std::function<absl::Status()> body_ = [] { return absl::OkStatus(); };
};

TEST_F(FlagsTest, DefaultsStay) {
  EXPECT_EQ(run({}).code, 0);
  EXPECT_EQ(options_.epochs, 3);
  EXPECT_EQ(options_.batch_size, 10);
  EXPECT_EQ(options_.lr, 0.5);
  EXPECT_EQ(init_, "he");
  EXPECT_FALSE(options_.resume);
}

TEST_F(FlagsTest, ReadsEveryFlagInBothForms) {
  EXPECT_EQ(run({"--seed=18446744073709551615", "--epochs", "7", "--batch_size=64", "--lr=1e-3",
                 "--device=cpu", "--data_dir=/data", "--resume", "--quiet", "--download", "--init",
                 "zero", "--momentum=0"})
                .code,
            0);
  EXPECT_EQ(options_.seed, 18446744073709551615u);
  EXPECT_EQ(options_.epochs, 7);
  EXPECT_EQ(options_.batch_size, 64);
  EXPECT_EQ(options_.lr, 1e-3);
  EXPECT_EQ(options_.data_dir, "/data");
  EXPECT_TRUE(options_.resume && options_.quiet && options_.download);
  EXPECT_EQ(init_, "zero");
  EXPECT_EQ(momentum_, 0);
}

TEST_F(FlagsTest, ATableBecomesAPage) {
  const std::string page = folder_ + "/a/b/report.html";
  EXPECT_EQ(run({}).code, 0);
  EXPECT_FALSE(fs::exists(page));
  body_ = [this] {
    std::ofstream(options_.output("table.csv")) << "row,test %\nhe,97.8\n";
    return absl::OkStatus();
  };
  EXPECT_EQ(run({"--momentum=0.5", "--data_dir=/data"}).code, 0);
  std::ifstream file(page);
  const std::string html((std::istreambuf_iterator<char>(file)), {});
  for (const char* part : {"<h1>sample: Does nothing.</h1>", "<td>he</td><td>97.8</td>",
                           "<td>momentum</td><td>0.5</td>", "<td>epochs</td><td>3</td>",
                           "<td>init</td><td>he</td>", "<td>resume</td><td>no</td>"}) {
    EXPECT_NE(html.find(part), std::string::npos) << part << "\n" << html;
  }
  EXPECT_EQ(html.find("/data<"), std::string::npos);
  body_ = [this] {
    std::ofstream(options_.output("table.csv")) << "row,test %\nhe\n";
    return absl::OkStatus();
  };
  const Outcome damaged = run({"--overwrite"});
  EXPECT_EQ(damaged.code, 2);
  EXPECT_NE(damaged.errors.find("table.csv: row 2"), std::string::npos) << damaged.errors;
}

TEST_F(FlagsTest, TheLastOfTwoCounts) {
  EXPECT_EQ(run({"--epochs=5", "--epochs=6"}).code, 0);
  EXPECT_EQ(options_.epochs, 6);
}

TEST_F(FlagsTest, WhatIsNotOfferedIsRefused) {
  for (const char* argument : {"--batch_size=1", "--lr=1", "--resume"}) {
    CommonOptions options;
    Flags flags("example", "Offers little.");
    flags.add(options, {.batch_size = false, .lr = false, .resume = false});
    const char* arguments[] = {"example", argument};
    testing::internal::CaptureStderr();
    EXPECT_EQ(flags.run(2, const_cast<char**>(arguments), [] { return absl::OkStatus(); }), 2);
    const std::string said = testing::internal::GetCapturedStderr();
    EXPECT_NE(said.find(std::string(argument).substr(0, 4)), said.npos) << said;
  }
}

TEST_F(FlagsTest, BadFlagsAreOneLineThatNamesThem) {
  bool ran = false;
  body_ = [&] {
    ran = true;
    return absl::OkStatus();
  };
  const std::pair<const char*, const char*> cases[] = {
      {"--epochs=-1", "--epochs"},
      {"--epochs=0", "--epochs"},
      {"--epochs=2x", "--epochs"},
      {"--epochs=2147483648", "--epochs"},
      {"--epochs=", "--epochs"},
      {"--batch_size=0", "--batch_size"},
      {"--lr=-1", "--lr"},
      {"--lr=inf", "--lr"},
      {"--lr=0", "--lr"},
      {"--init=magic", "--init"},
      {"--momentum=1.5", "--momentum"},
      {"--device=tpu", "--device"},
      {"--device=cuda:99", "--device"},
      {"--nonsense", "--nonsense"},
      {"word", "word"},
      {"--seed=-1", "--seed"},
  };
  for (const auto& [argument, name] : cases) {
    const Outcome outcome = run({argument});
    EXPECT_EQ(outcome.code, 2) << argument;
    EXPECT_NE(outcome.errors.find(name), std::string::npos) << outcome.errors;
    EXPECT_EQ(outcome.errors.find('\n'), outcome.errors.size() - 1) << outcome.errors;
  }
  EXPECT_FALSE(ran);
  EXPECT_FALSE(fs::exists(folder_)) << "nothing is made before the flags are right";
}

TEST_F(FlagsTest, ChoicesAreListed) {
  EXPECT_NE(run({"--init=magic"}).errors.find("he, zero"), std::string::npos);
}

TEST_F(FlagsTest, StatusesEndWithTwoAndExceptionsWithOne) {
  body_ = [] { return absl::DataLossError("file.gz: offset 7: cut off"); };
  EXPECT_EQ(run({}).code, 2);
  EXPECT_EQ(run({}).errors, "sample: file.gz: offset 7: cut off\n");
  body_ = []() -> absl::Status { throw ShapeError("[matmul] two\nlines"); };
  EXPECT_EQ(run({}).code, 1);
  EXPECT_EQ(run({}).errors, "sample: [matmul] two lines\n");
}

TEST_F(FlagsTest, EmptyFoldersGoAgainAndUsedOnesStay) {
  EXPECT_EQ(run({}).code, 0);
  EXPECT_FALSE(fs::exists(folder_));
  body_ = [&] {
    std::ofstream(options_.output("file")) << "x";
    return absl::OkStatus();
  };
  EXPECT_EQ(run({}).code, 0);
  EXPECT_TRUE(fs::exists(folder_ + "/a/b/file"));
  fs::remove(folder_ + "/a/b/file");
  body_ = [] { return absl::OkStatus(); };
  EXPECT_EQ(run({}).code, 0);
  EXPECT_TRUE(fs::exists(folder_ + "/a/b")) << "it was there before";
}

TEST_F(FlagsTest, UnwritableFolderIsNamed) {
  fs::create_directories(folder_);
  std::ofstream(folder_ + "/file") << "x";
  for (const std::string below : {"/file", "/file/below"}) {
    options_.out_dir = folder_ + below;
    const Outcome outcome = run({});
    EXPECT_EQ(outcome.code, 2);
    EXPECT_NE(outcome.errors.find("--out_dir"), std::string::npos) << outcome.errors;
    EXPECT_NE(outcome.errors.find(folder_ + "/file"), std::string::npos) << outcome.errors;
  }
}

TEST(UserPath, IsRelativeToWhereBazelRunWasCalled) {
  unsetenv("BUILD_WORKING_DIRECTORY");
  EXPECT_EQ(user_path("x/y"), (fs::current_path() / "x/y").string());
  EXPECT_EQ(user_path("/x/../y"), "/y");
  setenv("BUILD_WORKING_DIRECTORY", "/home/user", 1);
  EXPECT_EQ(user_path("x/../y"), "/home/user/y");
  EXPECT_EQ(user_path("/x"), "/x");
  unsetenv("BUILD_WORKING_DIRECTORY");
}

TEST(Runfile, MissingOnesSayWhereTheyWereLookedFor) {
  const absl::Status status = runfile("no/such/file").status();
  EXPECT_TRUE(absl::IsNotFound(status));
  EXPECT_NE(status.message().find("no/such/file"), std::string::npos) << status;
}

}  // namespace
}  // namespace tenon::examples
