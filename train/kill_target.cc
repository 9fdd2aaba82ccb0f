// A training run that kill_test.sh kills again and again.
//
//   kill_target FOLDER EPOCHS [--whole]
//
// Goes on from FOLDER/checkpoint.safetensors until EPOCHS are finished, with a checkpoint after
// every step, and writes everything that runs write. `--whole` starts anew and writes nothing until
// the end. Prints "resumed STEP EPOCH" first, and in the end the parameters.

#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include "data/data_loader.h"
#include "optim/adam.h"
#include "tensor/random.h"
#include "train/testing.h"
#include "train/train.h"

namespace tenon::train {
namespace {

// Says where a run begins.
struct Announce : Callback {
  absl::Status on_fit_begin(Run& run) override {
    std::printf("resumed %lld %d\n", static_cast<long long>(run.step), run.epoch);
    std::fflush(stdout);
    return absl::OkStatus();
  }
};

int run(const std::string& folder, int epochs, bool whole) {
  manual_seed(1);
  const data::TensorDataset set = testing::half_planes(64);
  data::DataLoader loader(set, {.batch_size = 16, .shuffle = true, .seed = 3});
  testing::Net net;
  optim::Adam optimizer(net.parameters(), {.lr = 1e-3});
  Ema ema({.decay = 0.9});
  Checkpoint checkpoint({.path = folder + "/checkpoint.safetensors",
                         .resume = !whole,
                         .every_epochs = whole ? 0 : 1,
                         .every_steps = whole ? 0 : 1,
                         .best_path = folder + "/best.safetensors",
                         .monitor = "train_loss",
                         .keep_last = whole ? 0 : 2});
  Announce announce;
  CsvLog csv(folder + "/metrics.csv");
  TensorBoardLog board(folder + "/tensorboard");
  const auto history =
      fit(net, loader, optimizer,
          {.epochs = epochs, .callbacks = {&ema, &checkpoint, &announce, &csv, &board}});
  if (!history.ok()) {
    std::fprintf(stderr, "%s\n", history.status().ToString().c_str());
    return 3;
  }
  for (const float weight : testing::weights(net)) std::printf("%a\n", weight);
  return 0;
}

}  // namespace
}  // namespace tenon::train

int main(int argc, char** argv) {
  if (argc < 3) return 2;
  return tenon::train::run(argv[1], std::atoi(argv[2]), argc > 3);
}
