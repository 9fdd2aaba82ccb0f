// One training of one network, and what several of them say together.
//
//   absl::StatusOr<Trial> trial = run_trial(*net, parts, {.epochs = 200, .seed = seed});
//   if (!trial.ok()) return trial.status();
//   tally.add(*trial);
#ifndef TENON_EXAMPLES_ANIMAL_FACES_TRIAL_H_
#define TENON_EXAMPLES_ANIMAL_FACES_TRIAL_H_

#include <cstdint>
#include <functional>
#include <vector>

#include "absl/status/statusor.h"
#include "data/data_loader.h"
#include "examples/animal_faces/animals.h"
#include "examples/common/experiment.h"
#include "examples/common/mistakes.h"
#include "layers/module.h"
#include "optim/sgd.h"
#include "train/fit.h"
#include "train/history.h"

namespace tenon::examples {

struct TrialOptions {
  int epochs = 200;
  std::int64_t batch_size = 128;
  optim::SGDOptions sgd = {.lr = 5e-3, .momentum = 0.9};
  std::uint64_t seed = 1;  ///< of the order of the pictures
  Device device = kCpu;
  train::Loss loss = {};
  train::Forward forward = {};
  std::vector<train::Callback*> callbacks = {};
  std::function<void(data::Batch&, const data::BatchKey&)> transform = {};  ///< of training
};

/// The experiment's epochs, batch size, rate and device.
TrialOptions training(const ExperimentOptions& options, std::uint64_t seed, double momentum = 0.9);

struct Trial {
  train::History history;
  double train_accuracy = 0;  ///< of the network as it is in the end, 0 to 1
  double validation_accuracy = 0;
  double test_accuracy = 0;
  double norm = 0;     ///< of all parameters in the end
  double seconds = 0;  ///< of training alone
  Mistakes mistakes = {};  ///< on test pictures
};

/// Trains with SGD on the device, looking at the validation pictures after each epoch, judges the
/// result there, and moves the network to the CPU.
absl::StatusOr<Trial> run_trial(layers::Module& net, const Parts& parts,
                                const TrialOptions& options);

/// The share of right answers, in evaluation mode.
double accuracy(layers::Module& net, const Examples& examples);

/// The results of a row over its seeds.
struct Tally {
  std::vector<double> train = {}, validation = {}, test = {}, norm = {}, seconds = {};

  void add(const Trial& trial);
};

}  // namespace tenon::examples

#endif  // TENON_EXAMPLES_ANIMAL_FACES_TRIAL_H_
