// Cleans up after writers that were killed.
#ifndef TENON_TRAIN_INTERNAL_LEFTOVERS_H_
#define TENON_TRAIN_INTERNAL_LEFTOVERS_H_

#include <string>

namespace tenon::train::internal {

/// Removes the temporary files `<path>.tmp.<process>.<count>` (tensor/io/atomic_file.h) of processes
/// that live no more. Quietly does what it can: a leftover costs space and nothing else.
void remove_leftovers(const std::string& path) noexcept;

}  // namespace tenon::train::internal

#endif  // TENON_TRAIN_INTERNAL_LEFTOVERS_H_
