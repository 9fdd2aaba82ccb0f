// Splits a data set at random, for instance into training and validation examples.
//
//   auto parts = stratified_split(labels, {0.8, 0.2}, /*seed=*/1);
//   Subset train(all, parts[0]), validation(all, parts[1]);
#ifndef TENON_DATA_SPLIT_H_
#define TENON_DATA_SPLIT_H_

#include <cstdint>
#include <initializer_list>
#include <vector>

#include "tensor/tensor.h"

namespace tenon::data {

/// The indices 0 … size-1 dealt at random into one part per fraction, each part in ascending order.
/// Part k ends at round(size * (fractions[0] + … + fractions[k])), so every index is in exactly
/// one. Throws ValueError where a fraction is not in (0, 1], they do not add up to 1, or size < 0.
std::vector<std::vector<std::int64_t>> random_split(std::int64_t size,
                                                    std::initializer_list<double> fractions,
                                                    std::uint64_t seed);

/// As random_split, applied to the examples of each class by themselves: every part has each class
/// in the proportions of the whole, up to one example. labels [N] i64.
/// Throws also DTypeError and ShapeError.
std::vector<std::vector<std::int64_t>> stratified_split(const Tensor& labels,
                                                        std::initializer_list<double> fractions,
                                                        std::uint64_t seed);

}  // namespace tenon::data

#endif  // TENON_DATA_SPLIT_H_
