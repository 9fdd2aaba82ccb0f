// Checks of arguments that the operations share, and the messages they throw.
#ifndef TENON_TENSOR_INTERNAL_CHECK_H_
#define TENON_TENSOR_INTERNAL_CHECK_H_

#include <string>

#include "tensor/tensor.h"

namespace tenon::internal {

/// "f32 [2,3]".
std::string describe(const Tensor& x);

void check_defined(const char* op, const char* argument, const Tensor& x);
void check_floating(const char* op, const char* argument, const Tensor& x);
/// Any dtype but bool.
void check_numeric(const char* op, const char* argument, const Tensor& x);
void check_dtype(const char* op, const char* argument, const Tensor& x, DType wanted);
void check_ndim(const char* op, const char* argument, const Tensor& x, int wanted);
void check_shape(const char* op, const char* argument, const Tensor& x, const Shape& wanted);
/// Same device and dtype; both names go into the message.
void check_match(const char* op, const char* name_a, const Tensor& a, const char* name_b,
                 const Tensor& b);
void check_same_device(const char* op, const Tensor& a, const Tensor& b);

}  // namespace tenon::internal

#endif  // TENON_TENSOR_INTERNAL_CHECK_H_
