// All of //models.
#ifndef TENON_MODELS_MODELS_H_
#define TENON_MODELS_MODELS_H_

#include "models/lenet.h"
#include "models/mlp.h"
#include "models/resnet.h"
#include "models/small_cnn.h"

#endif  // TENON_MODELS_MODELS_H_
