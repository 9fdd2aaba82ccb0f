// Checks that everything over a list of parameters shares.
#ifndef TENON_OPTIM_INTERNAL_CHECK_H_
#define TENON_OPTIM_INTERNAL_CHECK_H_

#include <span>
#include <string_view>

#include "autograd/variable.h"

namespace tenon::optim::internal {

/// Throws ValueError `[<owner>] expected <what>, got <value>` unless `ok`.
void require(bool ok, std::string_view owner, std::string_view what, double value);

/// Whether a rate or another factor is finite and at least 0.
bool is_rate(double value);
/// In [0, 1): what decays.
bool is_beta(double value);

/// Throws ValueError unless betas are in [0, 1), eps and weight_decay finite and at least 0.
void check_moments(std::string_view owner, double beta1, double beta2, double eps,
                   double weight_decay);

/// What brings gradients of that norm down to `max_norm`; 1 for smaller ones.
double clip_factor(double norm, double max_norm);
/// The same for a number [] of f64 that the host does not know.
Tensor clip_factor(const Tensor& norm, double max_norm);

/// Throws ValueError for no parameters, an undefined or duplicate one, one that requires no
/// gradient or is no leaf.
void check_parameters(std::string_view owner, std::span<const autograd::Variable> parameters);

}  // namespace tenon::optim::internal

#endif  // TENON_OPTIM_INTERNAL_CHECK_H_
