// The same values in other memory layouts.
#ifndef TENON_AUTOGRAD_TESTING_LAYOUTS_H_
#define TENON_AUTOGRAD_TESTING_LAYOUTS_H_

#include <optional>
#include <span>

#include "tensor/tensor.h"

namespace tenon::autograd::testing {

enum class Variant {
  kContiguous,
  kTransposed,    ///< first and last dimension swapped in memory
  kSliced,        ///< every second element of a larger tensor, which holds something else between
  kExpanded,      ///< the first row repeated with stride 0: other values
  kChannelsLast,  ///< 4-d only
};

inline constexpr Variant kVariants[] = {Variant::kContiguous, Variant::kTransposed,
                                        Variant::kSliced, Variant::kExpanded,
                                        Variant::kChannelsLast};

const char* name(Variant variant);

/// `x` in that layout; nothing where a tensor of its shape has none such.
std::optional<Tensor> in_layout(const Tensor& x, Variant variant);

}  // namespace tenon::autograd::testing

#endif  // TENON_AUTOGRAD_TESTING_LAYOUTS_H_
