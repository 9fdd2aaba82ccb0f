#include "tensor/quant/device_kernels.h"

#include <array>

namespace tenon::quant {
namespace {

std::array<DeviceKernels, kNumDeviceTypes>& table() {
  static auto* table = new std::array<DeviceKernels, kNumDeviceTypes>{};
  return *table;
}

}  // namespace

bool register_kernels(DeviceType type, const DeviceKernels& kernels) {
  table()[static_cast<std::size_t>(type)] = kernels;
  return true;
}

const DeviceKernels& kernels_of(Device device) {
  const DeviceKernels& kernels = table()[static_cast<std::size_t>(device.type)];
  if (!kernels.quantize) {
    throw DeviceError("[quant] expected a device with quantized tensors, got " + to_string(device));
  }
  return kernels;
}

}  // namespace tenon::quant
