// All of //models.
#ifndef TENON_MODELS_MODELS_H_
#define TENON_MODELS_MODELS_H_

#include "models/airbench_net.h"
#include "models/alexnet.h"
#include "models/features.h"
#include "models/ffnn.h"
#include "models/image_resnet.h"
#include "models/lenet.h"
#include "models/mlp.h"
#include "models/residual_mlp.h"
#include "models/resnet.h"
#include "models/small_cnn.h"
#include "models/tabular.h"

#endif  // TENON_MODELS_MODELS_H_
