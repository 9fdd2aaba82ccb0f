// All of //regularize.
#ifndef TENON_REGULARIZE_REGULARIZE_H_
#define TENON_REGULARIZE_REGULARIZE_H_

#include "regularize/distillation.h"
#include "regularize/gradient_noise.h"
#include "regularize/lottery.h"
#include "regularize/masks.h"
#include "regularize/max_norm.h"
#include "regularize/norms.h"
#include "regularize/penalty.h"
#include "regularize/pruning.h"
#include "regularize/soft_targets.h"
#include "regularize/stochastic_depth.h"
#include "regularize/weight_average.h"
#include "regularize/weight_decay.h"

#endif  // TENON_REGULARIZE_REGULARIZE_H_
