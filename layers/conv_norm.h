// A convolution and the batch normalization behind it, as one where that is the same.
//
//   Variable h = conv_norm(conv1, bn1, x, Activation::kRelu);     // relu(bn1(conv1(x)))
//
// In evaluation mode a batch normalization multiplies each channel by one number and adds another;
// both go into the convolution's weight and bias, [K,C,R,S] numbers instead of two passes over
// [N,K,P,Q]. They are folded at each call, from parameters that stay what they were.
#ifndef TENON_LAYERS_CONV_NORM_H_
#define TENON_LAYERS_CONV_NORM_H_

#include "layers/batch_norm.h"
#include "layers/conv2d.h"

namespace tenon::layers {

/// activation(norm(conv(x))), to rounding. Folded where the norm is in evaluation mode, no
/// derivative is asked for (NoGrad, or nothing that requires one), neither module has forward hooks
/// and both are of one dtype outside autocast. Throws as the modules do.
Variable conv_norm(Conv2d& conv, BatchNorm2d& norm, const Variable& x,
                   Activation activation = Activation::kNone);

}  // namespace tenon::layers

#endif  // TENON_LAYERS_CONV_NORM_H_
