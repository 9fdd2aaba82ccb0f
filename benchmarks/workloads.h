// The training steps that Tenon is measured by: one fixed random batch, forward, loss, backward,
// optimizer; no data loading. Names, shapes and hyper-parameters are those of the PyTorch script
// they are compared with.
#ifndef TENON_BENCHMARKS_WORKLOADS_H_
#define TENON_BENCHMARKS_WORKLOADS_H_

#include <functional>
#include <string>
#include <vector>

#include "tensor/device.h"

namespace tenon::benchmarks {

/// What products are computed in; parameters and optimizers are f32.
enum class Compute { kF32, kBF16 };

/// Of a training step: what comes next.
enum class Phase { kForward, kBackward };

struct Setup {
  Compute compute = Compute::kF32;
  Device device = kCpu;
  /// Called as each phase begins: kForward when the last step's gradients are gone, kBackward when
  /// everything is there that gradients are computed from.
  std::function<void(Phase)> entering = [](Phase) {};
};

struct Workload {
  std::string name;
  double flop;       ///< of matrix products in one step, the first layer's input gradient left out
  double bytes = 0;  ///< of weights that a step reads, where that and not `flop` is its limit
  /// Builds model, optimizer and batch; each call of what it returns is one training step. Throws
  /// DeviceError where the device has no form of it.
  std::function<std::function<void()>(const Setup&)> prepare;
};

std::vector<Workload> workloads();
/// Training and decoding of language models as large as a GPU is for; `tiny` ones under the same
/// names are for tests.
std::vector<Workload> large_workloads(bool tiny);

}  // namespace tenon::benchmarks

#endif  // TENON_BENCHMARKS_WORKLOADS_H_
