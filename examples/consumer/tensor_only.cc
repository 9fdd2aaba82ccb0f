// Arrays and nothing else: the stationary distribution of a Markov chain, by repeated squaring.
#include <cmath>
#include <iostream>

#include "tensor/ops.h"
#include "tensor/tensor.h"

int main() {
  tenon::Tensor weather = tenon::tensor({{0.9f, 0.1f}, {0.5f, 0.5f}});  // sunny, rainy
  for (int doubling = 0; doubling < 5; ++doubling) weather = matmul(weather, weather);
  std::cout << "after 32 days:\n" << to_string(weather) << "\n";
  const double sunny = weather.item<double>({1, 0});
  return std::abs(sunny - 5.0 / 6.0) < 1e-5 ? 0 : 1;
}
