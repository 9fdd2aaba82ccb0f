// What the options of convolutional layers have in common.
#ifndef TENON_LAYERS_INTERNAL_CONV_OPTIONS_H_
#define TENON_LAYERS_INTERNAL_CONV_OPTIONS_H_

#include <cstdint>
#include <string>

#include "layers/size2d.h"

namespace tenon::layers::internal {

struct ConvSizes {
  std::int64_t in_channels;
  std::int64_t out_channels;
  Size2d kernel;
  Size2d stride;
  Size2d padding;
  Size2d dilation;
  int groups;
};

/// Throws ValueError, its message begun with `where`, for sizes that make no sense.
void check_conv_sizes(const ConvSizes& sizes, const std::string& where);

/// "16 -> 32, kernel 3x3, stride 2x2, groups 4": what differs from the defaults.
std::string describe_conv_sizes(const ConvSizes& sizes);

}  // namespace tenon::layers::internal

#endif  // TENON_LAYERS_INTERNAL_CONV_OPTIONS_H_
