// Linking this makes GPUs known to the program.
#include "tensor/cuda/cuda_backend.h"

namespace tenon::cuda {
namespace {

[[maybe_unused]] const bool registered =
    register_backend(DeviceType::kCuda, {.find = find_backend});

}  // namespace
}  // namespace tenon::cuda
