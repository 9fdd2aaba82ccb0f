#include "train/checkpoint.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <optional>

#include "optim/adam.h"
#include "optim/sgd.h"
#include "tensor/error.h"
#include "tensor/io/safetensors.h"
#include "train/fit.h"
#include "train/testing.h"

namespace tenon::train {
namespace {

using testing::files_in;
using testing::half_planes;
using testing::Net;
using testing::read_bytes;
using testing::weights;
using testing::write_bytes;

constexpr int kEpochs = 4;
constexpr std::int64_t kStepsPerEpoch = 5;  // 75 examples in batches of 16

// Ends a run with an error after some steps, as a kill would.
class Killer : public Callback {
 public:
  explicit Killer(std::int64_t step) : step_(step) {}
  absl::Status on_step_end(Run& run, const data::Batch&) override {
    return run.step == step_ ? absl::CancelledError("killed") : absl::OkStatus();
  }

 private:
  std::int64_t step_;
};

// Everything a run is made of, new from the ground up, as in a new process.
struct Process {
  explicit Process(std::uint64_t seed = 1) {
    manual_seed(seed);
    net.emplace();
    optimizer.emplace(net->parameters(), optim::AdamOptions{.lr = 0.01});
  }

  absl::StatusOr<History> run(CheckpointOptions options, std::int64_t killed_at = -1) {
    Checkpoint checkpoint(std::move(options));
    Killer killer(killed_at);
    return fit(*net, loader, *optimizer,
               {.epochs = kEpochs,
                .metrics = {&accuracy},
                .validation = &validation,
                .callbacks = {&checkpoint, &killer}});
  }

  data::TensorDataset set = half_planes(75);
  data::DataLoader loader{set, {.batch_size = 16, .shuffle = true, .seed = 9}};
  data::DataLoader validation{set, {.batch_size = 32}};
  Accuracy accuracy;
  std::optional<Net> net;
  std::optional<optim::Adam> optimizer;
};

// Records without the times, which differ from run to run.
History untimed(History history) {
  for (EpochRecord& record : history) {
    std::erase_if(record.values, [](const NamedValue& v) {
      return v.name == "seconds" || v.name == "items_per_second";
    });
  }
  return history;
}

// While one lives, a write meets the end of this many bytes as it would a full disk.
class FileSizeLimit {
 public:
  explicit FileSizeLimit(rlim_t bytes) {
    signal(SIGXFSZ, SIG_IGN);
    getrlimit(RLIMIT_FSIZE, &before_);
    const rlimit limit{bytes, before_.rlim_max};
    setrlimit(RLIMIT_FSIZE, &limit);
  }
  ~FileSizeLimit() { setrlimit(RLIMIT_FSIZE, &before_); }

 private:
  rlimit before_{};
};

class CheckpointTest : public ::testing::Test {
 protected:
  CheckpointTest() : folder_(testing::fresh_folder(::testing::TempDir() + "/checkpoint")) {}

  std::string path() const { return folder_ + "/c.safetensors"; }

  std::string folder_;
};

TEST_F(CheckpointTest, HoldsEverything) {
  Process one;
  ASSERT_TRUE(one.run({.path = path()}).ok());
  const Generator generator(12345678901234567890u, 18446744073709551615u);
  default_generator() = generator;
  const RunState state{.epoch = 3,
                       .step = 1234567890123,
                       .loader = {.epoch = 3, .batch = 2},
                       .history = {{.epoch = 1, .values = {{"x", 1.0 / 3}, {"y", -INFINITY}}}},
                       .best = INFINITY,
                       .settings = {{"lr", "0.1"}, {"q", "\"\n\xc3\xa9"}},
                       .sums = {{0.1, 1e300, -0.0}, {}}};
  ASSERT_TRUE(save_checkpoint(path(), *one.net, *one.optimizer, state).ok());

  Process other(2);
  const auto back = load_checkpoint(path(), *other.net, *other.optimizer);
  ASSERT_TRUE(back.ok()) << back.status();
  EXPECT_EQ(back->epoch, state.epoch);
  EXPECT_EQ(back->step, state.step);
  EXPECT_EQ(back->loader, state.loader);
  EXPECT_EQ(back->history, state.history);
  EXPECT_EQ(back->best, state.best);
  EXPECT_EQ(back->settings, state.settings);
  EXPECT_EQ(back->sums, state.sums);
  EXPECT_EQ(default_generator().seed(), generator.seed());
  EXPECT_EQ(default_generator().offset(), generator.offset());
  EXPECT_EQ(weights(*other.net), weights(*one.net));
  const auto a = one.optimizer->state_dict(), b = other.optimizer->state_dict();
  ASSERT_EQ(a.size(), b.size());
  for (std::size_t i = 0; i < a.size(); ++i) {
    EXPECT_EQ(a[i].first, b[i].first);
    EXPECT_EQ(sum(ne(a[i].second, b[i].second)).item<int>(), 0) << a[i].first;
  }
}

TEST_F(CheckpointTest, ResumesBitForBitFromAnyStep) {
  Process whole;
  const auto expected = whole.run({.path = path()});
  ASSERT_TRUE(expected.ok()) << expected.status();
  const std::string expected_file = folder_ + "/expected.safetensors";
  const RunState none;
  ASSERT_TRUE(save_checkpoint(expected_file, *whole.net, *whole.optimizer, none).ok());

  for (const std::int64_t every_steps : {0, 1, 3}) {
    for (std::int64_t kill = 1; kill <= kEpochs * kStepsPerEpoch; ++kill) {
      std::filesystem::remove(path());
      const CheckpointOptions options{.path = path(), .resume = true, .every_steps = every_steps};
      EXPECT_FALSE(Process().run(options, kill).ok());
      // A new process; what it draws at first is overwritten where there is a checkpoint.
      Process again(std::filesystem::exists(path()) ? 99 : 1);
      const auto history = again.run(options);
      ASSERT_TRUE(history.ok()) << history.status();
      EXPECT_EQ(untimed(*history), untimed(*expected)) << kill << " " << every_steps;
      const std::string file = folder_ + "/resumed.safetensors";
      ASSERT_TRUE(save_checkpoint(file, *again.net, *again.optimizer, none).ok());
      ASSERT_TRUE(read_bytes(file) == read_bytes(expected_file)) << kill << " " << every_steps;
    }
  }
}

TEST_F(CheckpointTest, FinishedRunHasNothingLeftToDo) {
  Process one;
  const auto history = one.run({.path = path()});
  const std::string bytes = read_bytes(path());
  Process again(2);
  EXPECT_EQ(again.run({.path = path(), .resume = true}).value(), *history);
  EXPECT_EQ(weights(*again.net), weights(*one.net));
  EXPECT_TRUE(read_bytes(path()) == bytes);
}

TEST_F(CheckpointTest, WithoutResumeStartsAfresh) {
  ASSERT_TRUE(Process().run({.path = path()}).ok());
  Process one;
  ASSERT_TRUE(one.run({.path = path()}).ok());
  Process other;  // only now: making it restarts the random numbers
  ASSERT_TRUE(other.run({.path = path()}).ok());
  EXPECT_EQ(weights(*one.net), weights(*other.net));
}

TEST_F(CheckpointTest, KeepsTheBest) {
  const std::string best = folder_ + "/best.safetensors";
  Process one;
  const auto history = one.run({.path = path(), .best_path = best});
  ASSERT_TRUE(history.ok()) << history.status();
  const std::vector<double> losses = column(*history, "val_loss");
  const auto least = std::min_element(losses.begin(), losses.end());
  Process other(2);
  const auto state = load_checkpoint(best, *other.net, *other.optimizer);
  ASSERT_TRUE(state.ok()) << state.status();
  EXPECT_EQ(state->best, *least);
  EXPECT_EQ(state->epoch, least - losses.begin() + 1);
  EXPECT_DOUBLE_EQ(evaluate(*other.net, other.validation).loss, *least);
  EXPECT_EQ(load_checkpoint(path(), *other.net, *other.optimizer)->epoch, kEpochs);
}

TEST_F(CheckpointTest, OtherSettingsAreNamed) {
  ASSERT_TRUE(Process().run({.path = path(), .settings = {{"init", "he"}}}).ok());
  Process other;
  const absl::Status status =
      other.run({.path = path(), .resume = true, .settings = {{"init", "zero"}}}).status();
  EXPECT_TRUE(absl::IsFailedPrecondition(status)) << status;
  for (const std::string& part : {path(), std::string("init=he"), std::string("init=zero")}) {
    EXPECT_NE(status.message().find(part), std::string::npos) << status;
  }
  Process batch;
  data::DataLoader smaller(batch.set, {.batch_size = 15, .shuffle = true, .seed = 9});
  Checkpoint checkpoint({.path = path(), .resume = true, .settings = {{"init", "he"}}});
  const absl::Status size =
      fit(*batch.net, smaller, *batch.optimizer, {.callbacks = {&checkpoint}}).status();
  EXPECT_NE(size.message().find("batch_size=16"), std::string::npos) << size;
}

TEST_F(CheckpointTest, OtherModelsAndOptimizersChangeNothing) {
  ASSERT_TRUE(Process().run({.path = path()}).ok());
  Process p(2);
  const std::vector<float> before = weights(*p.net);
  optim::SGD sgd(p.net->parameters(), {.momentum = 0.9});
  const absl::Status other_optimizer = load_checkpoint(path(), *p.net, sgd).status();
  EXPECT_TRUE(absl::IsInvalidArgument(other_optimizer)) << other_optimizer;
  EXPECT_NE(other_optimizer.message().find(path()), std::string::npos);
  EXPECT_EQ(weights(*p.net), before);

  layers::Linear linear({.in_features = 2, .out_features = 2});
  optim::Adam adam(linear.parameters());
  const absl::Status other_model = load_checkpoint(path(), linear, adam).status();
  EXPECT_TRUE(absl::IsInvalidArgument(other_model)) << other_model;
  EXPECT_NE(other_model.message().find("fc1.weight"), std::string::npos) << other_model;
}

TEST_F(CheckpointTest, DamagedFilesAreNamedAndChangeNothing) {
  Process one;
  ASSERT_TRUE(one.run({.path = path()}).ok());
  const std::string bytes = read_bytes(path());
  Process p(2);
  const std::vector<float> before = weights(*p.net);
  const std::uint64_t offset = default_generator().offset();
  const auto expect_error = [&](const std::string& damaged, const std::string& what) {
    write_bytes(path(), damaged);
    const absl::Status status = load_checkpoint(path(), *p.net, *p.optimizer).status();
    ASSERT_FALSE(status.ok()) << what;
    EXPECT_NE(status.message().find(path()), std::string::npos) << what << ": " << status;
    EXPECT_EQ(weights(*p.net), before) << what;
    EXPECT_EQ(default_generator().offset(), offset) << what;
  };
  for (std::size_t size = 0; size < bytes.size(); size += 97) {
    expect_error(bytes.substr(0, size), "cut to " + std::to_string(size));
  }
  expect_error(bytes.substr(0, bytes.size() - 1), "one byte short");
  const auto replaced = [&](const std::string& from, const std::string& to) {
    std::string copy = bytes;
    const std::size_t at = copy.find(from);
    EXPECT_NE(at, copy.npos) << from;
    return copy.replace(at, from.size(), to);
  };
  // As long as what they replace, for the file's other lengths to hold.
  expect_error(replaced("tenon.checkpoint.1", "tenon.checkpoint.9"), "another version");
  expect_error(replaced("\\\"epoch\\\":4", "\\\"epoch\\\":x"), "no JSON");
  expect_error(replaced("\\\"step\\\":20", "\\\"step\\\":-1"), "a negative step");
  expect_error(replaced("\\\"step\\\":20", "\\\"stop\\\":20"), "no step");
  expect_error(replaced("\\\"batch\\\":0", "\\\"batch\\\":[]"), "JSON of another length");
}

TEST_F(CheckpointTest, PlainModelFilesAreNoCheckpoints) {
  Process p;
  ASSERT_TRUE(write_safetensors(path(), {.tensors = p.net->state_dict(), .metadata = {}}).ok());
  const absl::Status status = load_checkpoint(path(), *p.net, *p.optimizer).status();
  EXPECT_TRUE(absl::IsInvalidArgument(status)) << status;
  EXPECT_TRUE(absl::IsNotFound(load_checkpoint(folder_ + "/none", *p.net, *p.optimizer).status()));
}

TEST_F(CheckpointTest, LoaderPositionOutOfRangeIsAnError) {
  Process p;
  const Settings settings = {{"examples", "75"},
                             {"batch_size", "16"},
                             {"drop_last", "0"},
                             {"shuffle", "1"},
                             {"loader_seed", "9"}};
  for (const RunState& state :
       {RunState{
            .loader = {.epoch = 0, .batch = 6}, .settings = settings, .sums = {{0, 0, 0}, {0, 0}}},
        RunState{.settings = settings, .sums = {{0, 0}, {0, 0}}},
        RunState{.settings = settings, .sums = {{0, 0, 0}, {}}},
        RunState{.settings = settings, .sums = {{0, 0, 0}}}}) {
    ASSERT_TRUE(save_checkpoint(path(), *p.net, *p.optimizer, state).ok());
    const absl::Status status = p.run({.path = path(), .resume = true}).status();
    ASSERT_FALSE(status.ok());
    EXPECT_NE(status.message().find(path()), std::string::npos) << status;
  }
}

TEST_F(CheckpointTest, FullDiskLeavesTheEarlierOne) {
  ASSERT_TRUE(Process().run({.path = path()}).ok());
  const std::string bytes = read_bytes(path());
  {
    const FileSizeLimit limit(1024);
    const absl::Status status = Process(2).run({.path = path()}).status();
    ASSERT_FALSE(status.ok());
    EXPECT_NE(status.message().find(path()), std::string::npos) << status;
  }
  EXPECT_TRUE(read_bytes(path()) == bytes);
  EXPECT_EQ(files_in(folder_), std::vector<std::string>{"c.safetensors"});
}

TEST_F(CheckpointTest, CleansUpAfterTheKilledOnly) {
  const pid_t child = fork();
  if (child == 0) _exit(0);
  waitpid(child, nullptr, 0);
  const std::string dead = path() + ".tmp." + std::to_string(child) + ".0";
  const std::string alive = path() + ".tmp." + std::to_string(getpid()) + ".0";
  const std::string others[] = {path() + ".tmp.notes", path() + ".tmp.1x.2", path() + ".tmp.-1.0",
                                folder_ + "/d.safetensors.tmp." + std::to_string(child) + ".0"};
  write_bytes(dead, "");
  write_bytes(alive, "");
  for (const std::string& other : others) write_bytes(other, "");
  ASSERT_TRUE(Process().run({.path = path()}).ok());
  EXPECT_FALSE(std::filesystem::exists(dead));
  EXPECT_TRUE(std::filesystem::exists(alive));
  for (const std::string& other : others) EXPECT_TRUE(std::filesystem::exists(other)) << other;
}

TEST_F(CheckpointTest, RejectsOptionsWithoutSense) {
  EXPECT_THROW(Checkpoint({}), ValueError);
  EXPECT_THROW(Checkpoint({.path = "x", .every_epochs = -1}), ValueError);
  EXPECT_THROW(Checkpoint({.path = "x", .every_steps = -1}), ValueError);
}

}  // namespace
}  // namespace tenon::train
