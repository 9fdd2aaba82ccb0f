// The checks that all initializers share.
#ifndef TENON_INIT_INTERNAL_CHECK_H_
#define TENON_INIT_INTERNAL_CHECK_H_

#include "tensor/tensor.h"

namespace tenon::init::internal {

/// Throws ValueError for an undefined tensor, DTypeError for one that is not floating.
void check_floating(const Tensor& tensor, const char* op);

}  // namespace tenon::init::internal

#endif  // TENON_INIT_INTERNAL_CHECK_H_
