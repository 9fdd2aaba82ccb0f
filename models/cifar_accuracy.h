// What the ResNets that Y. Idelbayev trained on CIFAR-10 say of images in the data set's format.
#ifndef TENON_MODELS_CIFAR_ACCURACY_H_
#define TENON_MODELS_CIFAR_ACCURACY_H_

#include <string>

#include "absl/status/statusor.h"
#include "models/resnet.h"
#include "tensor/tensor.h"

namespace tenon::models::internal {

/// Records of CIFAR-10's binary version: a label byte and 3,072 of red, green and blue planes.
struct CifarBatch {
  Tensor images;  ///< [N,3,32,32] f32, normalized as the networks expect
  Tensor labels;  ///< [N] i64
};
/// At most 10,000 records of a file that may be gzipped.
absl::StatusOr<CifarBatch> read_cifar_batch(const std::string& path);

/// The network of that depth with the weights in "<folder>/resnet<depth>.safetensors" put in, in
/// evaluation mode.
absl::Status load_trained(const std::string& folder, int depth, ResNet& net);

/// Images whose largest logit is at the label.
std::int64_t count_correct(ResNet& net, const CifarBatch& batch);

}  // namespace tenon::models::internal

#endif  // TENON_MODELS_CIFAR_ACCURACY_H_
