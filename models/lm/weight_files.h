// The tensors of a model's folder by name, whichever files they are in.
#ifndef TENON_MODELS_LM_WEIGHT_FILES_H_
#define TENON_MODELS_LM_WEIGHT_FILES_H_

#include <map>
#include <string>

#include "absl/status/statusor.h"
#include "tensor/tensor.h"

namespace tenon::models {

using WeightMap = std::map<std::string, Tensor>;

struct WeightFiles {
  std::string path;  ///< the file, or the index, for messages
  WeightMap tensors;
};

/// See load_causal_lm.
absl::StatusOr<WeightFiles> read_weight_files(const std::string& folder);

}  // namespace tenon::models

#endif  // TENON_MODELS_LM_WEIGHT_FILES_H_
