#include <cstdio>

#include "data/digits.h"
#include "layers/layers.h"
#include "models/mlp.h"
#include "optim/adam.h"

int main(int, char** argv) {
  const auto digits = tenon::data::load_digits(argv[1]).value();  // 1,797 images of 8x8 pixels
  const tenon::Tensor images = digits.images.to(tenon::DType::kF32) / 16.0;
  tenon::models::Mlp net({.sizes = {64, 128, 10}});
  tenon::optim::Adam optimizer(net.parameters(), {.lr = 1e-2});
  for (int step = 1; step <= 100; ++step) {
    optimizer.zero_grad();
    const auto loss = tenon::layers::cross_entropy(net(images), digits.labels);
    loss.backward();
    optimizer.step();
    if (step % 20 == 0) std::printf("step %3d  loss %.4f\n", step, loss.item<double>());
  }
}
