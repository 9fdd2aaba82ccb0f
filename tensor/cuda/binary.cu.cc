#include "tensor/cuda/elementwise.h"
#include "tensor/cuda/kernels.h"
#include "tensor/cuda/scalar_ops.h"

namespace tenon::cuda {

void binary(BinaryOp op, const Tensor& a, const Tensor& b, const Tensor& out) {
  dispatch_compute(out.dtype(), [&]<class C>() {
    map<C, 2>("binary", Binary{{}, op}, {&a, &b}, out);
  });
}

void binary_number(BinaryOp op, const Tensor& x, double number, bool reversed, const Tensor& out) {
  dispatch_compute(out.dtype(), [&]<class C>() {
    C operand{};
    if constexpr (std::is_floating_point_v<C>) {
      operand = static_cast<C>(number);  // 16-bit tensors meet it in f32: rounded once
    } else {
      with_element(out.dtype(),
                   [&](auto type) { operand = convert<C>(convert<decltype(type)>(number)); });
    }
    map<C, 1>("binary", BinaryNumber<C>{{}, Binary{{}, op}, operand, reversed}, {&x}, out);
  });
}

void compare(CompareOp op, const Tensor& a, const Tensor& b, const Tensor& out) {
  dispatch_compute(a.dtype(), [&]<class C>() {
    map<C, 2>("compare", Compare{{}, op}, {&a, &b}, out);
  });
}

}  // namespace tenon::cuda
