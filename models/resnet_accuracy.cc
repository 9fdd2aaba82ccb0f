// The share of a CIFAR-10 file that each trained ResNet classifies right, and how fast.
//
//   ./bazelw run //models:resnet_accuracy -- WEIGHTS_FOLDER test_batch.bin
//
// `test_batch.bin` of the JPEG-approximated data set is what cifar10/make_cifar10_bin.py writes.

#include <chrono>
#include <cstdio>

#include "models/cifar_accuracy.h"

int main(int argc, char** argv) {
  namespace internal = tenon::models::internal;
  if (argc != 3) {
    std::fprintf(stderr, "usage: %s WEIGHTS_FOLDER BATCH.bin[.gz]\n", argv[0]);
    return 2;
  }
  const auto batch = internal::read_cifar_batch(argv[2]);
  if (!batch.ok()) {
    std::fprintf(stderr, "%s\n", batch.status().ToString().c_str());
    return 1;
  }
  const std::int64_t count = batch->labels.numel();
  std::printf("%-10s %9s %9s %9s\n", "network", "correct", "percent", "images/s");
  for (const int depth : {20, 32, 44, 56}) {
    tenon::models::ResNet net({.depth = depth});
    if (const auto status = internal::load_trained(argv[1], depth, net); !status.ok()) {
      std::fprintf(stderr, "%s\n", status.ToString().c_str());
      return 1;
    }
    const auto start = std::chrono::steady_clock::now();
    const std::int64_t correct = internal::count_correct(net, *batch);
    const std::chrono::duration<double> taken = std::chrono::steady_clock::now() - start;
    std::printf("resnet%-4d %9lld %9.2f %9.0f\n", depth, static_cast<long long>(correct),
                100.0 * static_cast<double>(correct) / static_cast<double>(count),
                static_cast<double>(count) / taken.count());
  }
  return 0;
}
