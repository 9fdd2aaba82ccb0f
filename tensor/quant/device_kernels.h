// What a device other than the CPU does for quantized tensors. Its library makes it known when the
// program starts (as tensor/backend.h has it for everything else).
#ifndef TENON_TENSOR_QUANT_DEVICE_KERNELS_H_
#define TENON_TENSOR_QUANT_DEVICE_KERNELS_H_

#include "tensor/quant/quantized_tensor.h"

namespace tenon::quant {

/// Arguments have been checked, lie on one device of the type, and are dense.
struct DeviceKernels {
  /// Codes and f32 scales of x, into q.codes and q.scales. q is not nested.
  void (*quantize)(const Tensor& x, const QuantizedTensor& q) = nullptr;
  /// Replaces the f32 scales by codes, and fills in what they need (quantized_tensor.h).
  void (*nest_scales)(QuantizedTensor& q) = nullptr;
  /// Elements from `first` on, as many as `out` has; of int8, whole rows.
  void (*dequantize)(const QuantizedTensor& q, std::int64_t first, const Tensor& out) = nullptr;
  /// out [M,O] = x [M,I] W^T, as multiply().
  void (*multiply)(const Tensor& x, const QuantizedTensor& q, const Tensor& out) = nullptr;
  /// out [M,I] = y [M,O] W, as multiply_transposed().
  void (*multiply_transposed)(const Tensor& y, const QuantizedTensor& q,
                              const Tensor& out) = nullptr;
};

/// Called from a static initializer of the device's library.
bool register_kernels(DeviceType type, const DeviceKernels& kernels);
/// Throws DeviceError where the device has none.
const DeviceKernels& kernels_of(Device device);

}  // namespace tenon::quant

#endif  // TENON_TENSOR_QUANT_DEVICE_KERNELS_H_
