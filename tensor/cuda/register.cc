// Linking this makes GPUs known to the program.
#include "tensor/cuda/cuda_backend.h"
#include "tensor/cuda/quant.h"

namespace tenon::cuda {
namespace {

[[maybe_unused]] const bool registered =
    register_backend(DeviceType::kCuda, {.find = find_backend}) &&
    quant::register_kernels(DeviceType::kCuda,
                            {.quantize = quantize,
                             .nest_scales = nest_scales,
                             .dequantize = dequantize,
                             .multiply = quantized_multiply,
                             .multiply_transposed = quantized_matmul_transposed});

}  // namespace
}  // namespace tenon::cuda
