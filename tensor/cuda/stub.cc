// Stands in for the backend where this was built without CUDA: no device, and the reason.
#include "tensor/backend.h"
#include "tensor/cuda/device_count.h"

namespace tenon {
namespace {

constexpr const char* kReason = "built without CUDA: no toolkit was found when this was compiled";

Backend* find(int, const char** reason) {
  *reason = kReason;
  return nullptr;
}

[[maybe_unused]] const bool registered = register_backend(DeviceType::kCuda, {.find = find});

}  // namespace

int cuda_device_count() { return 0; }

std::string cuda_status() { return kReason; }

}  // namespace tenon
