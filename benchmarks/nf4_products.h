// Products with NF4 weights in each way that there is.
#ifndef TENON_BENCHMARKS_NF4_PRODUCTS_H_
#define TENON_BENCHMARKS_NF4_PRODUCTS_H_

#include "tensor/device.h"
#include "tensor/shape.h"

namespace tenon::benchmarks {

/// Prints a line for 1, 2, 4, … 1024 rows of bf16 times a weight of `shape` [O,I], and for their
/// gradients: microseconds of the product that reads codes (by threads' sums up to
/// quant::kMultiplyRows, by tensor cores beyond it; "-" where the device has none) and of the one
/// with weights written out first. Where the second is less is what quant::kTensorCoreRows should
/// be.
void print_nf4_products(const Shape& shape, double budget, Device device);

}  // namespace tenon::benchmarks

#endif  // TENON_BENCHMARKS_NF4_PRODUCTS_H_
