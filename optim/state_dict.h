// The state of optimizers, schedules, averages and scalers: what a checkpoint keeps of them.
#ifndef TENON_OPTIM_STATE_DICT_H_
#define TENON_OPTIM_STATE_DICT_H_

#include <string>
#include <utility>
#include <vector>

#include "tensor/tensor.h"

namespace tenon::optim {

/// Named tensors in a fixed order. Goes into a safetensors file as it is (tensor/io/safetensors.h).
using StateDict = std::vector<std::pair<std::string, Tensor>>;

}  // namespace tenon::optim

#endif  // TENON_OPTIM_STATE_DICT_H_
