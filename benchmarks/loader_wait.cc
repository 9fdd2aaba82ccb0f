// How long the training step waits for its data: LeNet on CIFAR-sized images, augmented by a
// loader's workers. Prints the share of an epoch's time spent between the body of the loop and the
// next batch. Where the step itself keeps every processor busy, as here, a worker gains nothing
// over making the batch in the loop.
//
//   ./bazelw run //benchmarks:loader_wait
#include <chrono>
#include <cstdio>

#include "autograd/variable.h"
#include "data/data_loader.h"
#include "data/image/compose.h"
#include "data/image/pixels.h"
#include "data/image/random_geometry.h"
#include "data/tensor_dataset.h"
#include "layers/layers.h"
#include "models/lenet.h"
#include "optim/sgd.h"
#include "tensor/random.h"

namespace tenon::benchmarks {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::int64_t kImages = 50000;

double seconds(Clock::duration duration) { return std::chrono::duration<double>(duration).count(); }

data::TensorDataset random_cifar() {
  Generator generator(1);
  return data::TensorDataset(
      randint(0, 256, {kImages, 3, 32, 32}, generator, {.dtype = DType::kU8}),
      randint(0, 10, {kImages}, generator));
}

void run(const data::TensorDataset& set, int workers) {
  const data::Compose augment{
      data::RandomCrop{.height = 32, .width = 32, .padding = 4}, data::RandomHorizontalFlip{},
      data::Normalize{{.mean = tensor({0.49, 0.48, 0.45}), .stddev = tensor({0.25, 0.24, 0.26})}}};
  data::DataLoader loader(set, {.batch_size = 128,
                                .shuffle = true,
                                .drop_last = true,
                                .workers = workers,
                                .transform = data::on_inputs(augment)});
  models::LeNet net({.classes = 10});
  optim::SGD optimizer(net.parameters(), {.lr = 0.01});
  Clock::duration waited{};
  const auto start = Clock::now();
  auto asked = start;
  for (const data::Batch& batch : loader) {
    waited += Clock::now() - asked;
    optimizer.zero_grad();
    layers::cross_entropy(net(batch.inputs), batch.targets).backward();
    optimizer.step();
    asked = Clock::now();
  }
  const double total = seconds(Clock::now() - start);
  const auto steps = static_cast<double>(loader.num_batches());
  std::printf("workers %d  step %.3f ms  wait %.3f ms  %.2f %%\n", workers, 1e3 * total / steps,
              1e3 * seconds(waited) / steps, 100 * seconds(waited) / total);
}

int main() {
  const data::TensorDataset set = random_cifar();
  for (const int workers : {1, 0, 1, 2}) run(set, workers);  // the first epoch warms up
  return 0;
}

}  // namespace
}  // namespace tenon::benchmarks

int main() { return tenon::benchmarks::main(); }
