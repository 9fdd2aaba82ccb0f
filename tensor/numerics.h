// How exactly products are computed: choices of the whole program, stated rather than found out.
//
//   set_numerics({.tf32 = true});                    // faster products of f32, three digits each
//   const NumericsScope exact({.winograd = false});  // but not here, and only direct sums
//
// They concern matrix products and convolutions. Tenon's other kernels compute f32 in f32 and add
// in a fixed order, without atomics, whatever is chosen.
#ifndef TENON_TENSOR_NUMERICS_H_
#define TENON_TENSOR_NUMERICS_H_

namespace tenon {

struct Numerics {
  /// On GPUs factors of f32 keep 10 bits of their 23 (TF32, on tensor cores); sums stay f32. bf16
  /// and f16 are not concerned.
  bool tf32 = false;
  /// On GPUs algorithms whose sums depend on which thread comes first (atomics) are refused: two
  /// runs give the same bits. Where a library has no other, it is a DeviceError. The CPU's
  /// algorithms always repeat.
  bool deterministic = true;
  /// On the CPU 3x3 and 5x5 convolutions and their gradients may take Winograd's algorithm, whose
  /// sums, in f32, round two to four times as much as direct ones (tensor/cpu/winograd.h). On GPUs
  /// cuDNN chooses.
  bool winograd = true;
  /// On GPUs ReLU may be part of the kernel of the product or convolution before it (tensor/cuda/
  /// matmul_epilogue.h, conv.cc), where the libraries' max(x, 0) may turn NaN into 0 and hide that
  /// a training has diverged. Between two products its derivative may be part of a kernel too, and
  /// is the library's where ReLU is applied to exactly 0. Otherwise both are kernels of their own,
  /// one more pass over the result.
  /// GELU keeps NaN: its tanh form always is part of products in 16 bits, and with `tf32` of f32.
  bool fused_relu = false;

  bool operator==(const Numerics&) const = default;
};

/// Of all threads. A step that was captured keeps what was chosen then.
Numerics numerics();
void set_numerics(const Numerics& numerics);

/// A choice for as long as it lives; then the one before.
class NumericsScope {
 public:
  explicit NumericsScope(const Numerics& chosen) : before_(numerics()) { set_numerics(chosen); }
  ~NumericsScope() { set_numerics(before_); }
  NumericsScope(const NumericsScope&) = delete;
  NumericsScope& operator=(const NumericsScope&) = delete;

 private:
  Numerics before_;
};

}  // namespace tenon

#endif  // TENON_TENSOR_NUMERICS_H_
