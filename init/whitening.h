// Filters that whiten patches of images: a first layer whose outputs are uncorrelated and of one
// size from the start, and which need not be trained.
//
//   layers::Conv2d first({.in_channels = 3, .out_channels = 24, .kernel = 2});
//   init::whitening_(first.weight().value(), images);     // [24,3,2,2] from images [5000,3,32,32]
#ifndef TENON_INIT_WHITENING_H_
#define TENON_INIT_WHITENING_H_

#include "tensor/tensor.h"

namespace tenon::init {

struct WhiteningOptions {
  /// Added to the variances, so that what hardly differs from patch to patch is not blown up.
  double eps = 5e-4;
};
/// Fills a convolution's weight [D,C,R,S] or [2 D,C,R,S], D = C R S, from all patches of C x R x S
/// values in images [N,C,H,W]: filter i is the eigenvector of the patches' covariance with the i-th
/// largest variance, over sqrt(variance + eps), its entry of largest magnitude positive. Of 2 D
/// filters the second half is the first one's negative, for a function behind them that is not odd.
/// With eps = 0 the covariance of the first D outputs over the images is the identity. Summed in
/// f64 on the images' device. Throws ShapeError for other shapes, images smaller than a patch, and
/// no images; DTypeError; ValueError for a negative eps. (Page 2018, "How to train your ResNet",
/// part 8; in this form: Jordan 2024, "94% on CIFAR-10 in 3.29 seconds on a single GPU", §3.2)
void whitening_(const Tensor& weight, const Tensor& images, const WhiteningOptions& options = {});

}  // namespace tenon::init

#endif  // TENON_INIT_WHITENING_H_
