// An optimizer without layers: a line through points, by gradient descent on two numbers.
#include <cmath>
#include <iostream>

#include "autograd/ops.h"
#include "optim/sgd.h"

using tenon::autograd::Variable;

int main() {
  const tenon::Tensor x = tenon::linspace(-1, 1, 21);
  const tenon::Tensor y = 3.0 * x + 0.5;
  const Variable slope(tenon::zeros({}), /*requires_grad=*/true);
  const Variable height(tenon::zeros({}), /*requires_grad=*/true);

  tenon::optim::SGD optimizer({slope, height}, {.lr = 0.1, .momentum = 0.9});
  for (int step = 0; step < 200; ++step) {
    optimizer.zero_grad();
    mean(square(slope * x + height - y)).backward();
    optimizer.step();
  }
  std::cout << "y = " << slope.item<double>() << " x + " << height.item<double>() << "\n";
  const double error = std::abs(slope.item<double>() - 3) + std::abs(height.item<double>() - 0.5);
  return error < 1e-3 ? 0 : 1;
}
