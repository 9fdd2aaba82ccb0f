// Images with a class each: what the readers of image data sets return.
#ifndef TENON_DATA_LABELED_IMAGES_H_
#define TENON_DATA_LABELED_IMAGES_H_

#include "tensor/tensor.h"

namespace tenon::data {

struct LabeledImages {
  Tensor images;  ///< [N,C,H,W] u8
  Tensor labels;  ///< [N] i64
};

}  // namespace tenon::data

#endif  // TENON_DATA_LABELED_IMAGES_H_
