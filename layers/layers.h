// All of //layers.
#ifndef TENON_LAYERS_LAYERS_H_
#define TENON_LAYERS_LAYERS_H_

#include "layers/activation.h"
#include "layers/batch_norm.h"
#include "layers/bilinear.h"
#include "layers/container.h"
#include "layers/conv1d.h"
#include "layers/conv2d.h"
#include "layers/conv_norm.h"
#include "layers/conv_transpose2d.h"
#include "layers/drop_connect.h"
#include "layers/dropout.h"
#include "layers/dropout_variants.h"
#include "layers/embedding.h"
#include "layers/flatten.h"
#include "layers/freeze.h"
#include "layers/initialize.h"
#include "layers/linear.h"
#include "layers/loss.h"
#include "layers/module.h"
#include "layers/multihead_attention.h"
#include "layers/normalization.h"
#include "layers/pooling.h"
#include "layers/pooling1d.h"
#include "layers/sequential.h"
#include "layers/transformer.h"

#endif  // TENON_LAYERS_LAYERS_H_
