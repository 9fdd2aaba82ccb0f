#include "benchmarks/workloads.h"

#include <memory>
#include <utility>

#include "autograd/autocast.h"
#include "benchmarks/lm_workloads.h"
#include "layers/layers.h"
#include "models/models.h"
#include "optim/adam.h"
#include "optim/sgd.h"
#include "tensor/random.h"

namespace tenon::benchmarks {
namespace {

struct Classification {
  std::unique_ptr<layers::Module> model;
  std::unique_ptr<optim::Optimizer> optimizer;
  Tensor inputs;
  Tensor labels;
  Setup setup;

  layers::Variable loss() const {
    if (setup.compute == Compute::kF32) return layers::cross_entropy((*model)(inputs), labels);
    const autograd::Autocast scope(DType::kBF16);
    return layers::cross_entropy((*model)(inputs), labels);
  }

  void step() const {
    optimizer->zero_grad();
    setup.entering(Phase::kForward);
    const layers::Variable value = loss();
    setup.entering(Phase::kBackward);
    value.backward();
    optimizer->step();
  }
};

std::function<void()> steps_of(Classification task) {
  auto shared = std::make_shared<Classification>(std::move(task));
  return [shared] { shared->step(); };
}

std::unique_ptr<optim::Optimizer> sgd(const layers::Module& model) {
  return std::make_unique<optim::SGD>(model.parameters(),
                                      optim::SGDOptions{.lr = 0.01, .momentum = 0.9});
}

std::unique_ptr<optim::Optimizer> adam(const layers::Module& model) {
  return std::make_unique<optim::Adam>(model.parameters(), optim::AdamOptions{.lr = 1e-3});
}

/// Three convolutions, each followed by ReLU and pooling, and a classifier.
struct ThreeConvolutions : layers::Module {
  struct Options {};
  explicit ThreeConvolutions(const Options&) {}

  layers::Variable forward(const layers::Variable& images) override {
    layers::Variable x = images;
    for (layers::Conv2d* conv : {&conv1, &conv2, &conv3}) {
      x = pool(conv->forward(x, Activation::kRelu));
    }
    return fc(autograd::flatten(x, 1));
  }

  layers::Conv2d conv1{
      this, "conv1", {.in_channels = 3, .out_channels = 32, .kernel = 3, .padding = 1}};
  layers::Conv2d conv2{
      this, "conv2", {.in_channels = 32, .out_channels = 64, .kernel = 3, .padding = 1}};
  layers::Conv2d conv3{
      this, "conv3", {.in_channels = 64, .out_channels = 128, .kernel = 3, .padding = 1}};
  layers::MaxPool2d pool{this, "pool"};
  layers::Linear fc{this, "fc", {.in_features = 2048, .out_features = 10}};
};

using MakeOptimizer = std::unique_ptr<optim::Optimizer> (*)(const layers::Module&);

using Sizes = std::vector<std::int64_t>;

using MakeModel = std::function<std::unique_ptr<layers::Module>()>;
using MakeInputs = std::function<Tensor(Generator&)>;

/// A classifier of `count` examples, with labels below `classes`.
Workload classifier(const std::string& name, double flop, std::int64_t count, std::int64_t classes,
                    MakeOptimizer make_optimizer, const MakeModel& make_model,
                    const MakeInputs& make_inputs) {
  return {.name = name, .flop = flop, .prepare = [=](const Setup& setup) {
            Generator& random = default_generator();
            Classification task;
            task.setup = setup;
            task.model = make_model();
            task.model->to(setup.device);
            task.optimizer = make_optimizer(*task.model);
            task.inputs = make_inputs(random).to(setup.device);
            task.labels = randint(0, classes, {count}, random).to(setup.device);
            return steps_of(std::move(task));
          }};
}

template <class Model>
MakeModel maker(const typename Model::Options& options = {}) {
  return [options] { return std::make_unique<Model>(options); };
}

Workload images(const std::string& name, double flop, const Shape& shape, std::int64_t classes,
                MakeOptimizer make_optimizer, const MakeModel& make_model) {
  return classifier(name, flop, shape[0], classes, make_optimizer, make_model,
                    [shape](Generator& random) { return randn(shape, random); });
}

/// Three products for each linear layer, two for the first, whose input needs no gradient.
double mlp_flop(std::int64_t batch, const Sizes& sizes) {
  double flop = 0;
  for (std::size_t i = 0; i + 1 < sizes.size(); ++i) {
    flop += 2.0 * (i == 0 ? 2 : 3) * static_cast<double>(batch * sizes[i] * sizes[i + 1]);
  }
  return flop;
}

Workload mlp(const std::string& name, const Shape& shape, const Sizes& sizes,
             MakeOptimizer make_optimizer) {
  return images(name, mlp_flop(shape[0], sizes), shape, sizes.back(), make_optimizer,
                maker<models::Mlp>({.sizes = sizes}));
}

/// Rows like Covertype's: ten numbers and two categories.
Workload covertype(const std::string& name, double flop, const MakeModel& make_model) {
  constexpr std::int64_t kRows = 265;
  return classifier(name, flop, kRows, 7, adam, make_model, [](Generator& random) {
    const Tensor soil = randint(0, 40, {kRows, 1}, random).to(DType::kF32);
    const Tensor wilderness = randint(0, 4, {kRows, 1}, random).to(DType::kF32);
    return cat(std::vector<Tensor>{randn({kRows, 10}, random), soil, wilderness}, 1);
  });
}

}  // namespace

std::vector<Workload> workloads() {
  const models::TabularOptions table{
      .numbers = 10, .categories = {{.values = 40, .width = 6}, {.values = 4, .width = 2}}};
  const Shape mnist{64, 1, 28, 28}, cifar{128, 3, 32, 32};
  return {
      mlp("mlp_mnist_b64", mnist, {784, 128, 10}, sgd),
      mlp("ffnn_mnist_b100", {100, 1, 28, 28}, {784, 512, 1024, 128, 10}, adam),
      images("resmlp_mnist_b64", 0.079e9, mnist, 10, adam,
             maker<models::ResidualMlp>({.sizes = {784, 128, 64, 10}})),
      mlp("animal_b128", cifar, {3072, 124, 64, 3}, sgd),
      images("lenet_cifar100_b128", 0.416e9, cifar, 100, sgd,
             maker<models::LeNet>({.classes = 100})),
      images("cnn_cifar10_b128", 7.72e9, cifar, 10, adam, maker<ThreeConvolutions>()),
      covertype("cover_base_b265", 0.003e9, maker<models::TabularMlp>(table)),
      covertype("cover_wide_b265", 0.003e9, maker<models::WideDeep>(table)),
      covertype("cover_cross_b265", 0.004e9, maker<models::DeepCross>(table)),
      images("resnet18_cifar10_b64", 213e9, {64, 3, 32, 32}, 10, sgd,
             maker<models::ImageResNet>({.classes = 10, .thumbnails = true})),
      images("alexnet_b16", 66.3e9, {16, 3, 224, 224}, 1000, sgd, maker<models::AlexNet>()),
      lm_training("opt125m_lora_b2x128", opt_125m(), Trained::kAdapters, 2, 128),
      lm_training("opt125m_qlora_b2x128", opt_125m(), Trained::kQuantized, 2, 128),
  };
}

std::vector<Workload> large_workloads(bool tiny) {
  const models::LmConfig small = tiny ? opt_tiny() : opt_125m();
  const models::LmConfig large = tiny ? opt_tiny() : opt_1_3b();
  const std::int64_t batch = tiny ? 2 : 32, length = tiny ? 32 : 1024;
  const std::int64_t few = tiny ? 1 : 4, half = length / 2;
  return {
      lm_training("opt125m_full_b32x1024", small, Trained::kAll, batch, length),
      lm_training("opt125m_full_bf16_b32x1024", small, Trained::kAllBF16, batch, length),
      lm_training("opt1.3b_lora_b4x512", large, Trained::kAdapters, few, half),
      lm_training("opt1.3b_qlora_b4x512", large, Trained::kQuantized, few, half),
      lm_decoding("opt1.3b_decode_bf16", large, /*nf4=*/false),
      lm_decoding("opt1.3b_decode_nf4", large, /*nf4=*/true),
  };
}

}  // namespace tenon::benchmarks
