// All of //optim.
#ifndef TENON_OPTIM_OPTIM_H_
#define TENON_OPTIM_OPTIM_H_

#include "optim/adadelta.h"
#include "optim/adagrad.h"
#include "optim/adam.h"
#include "optim/adamax.h"
#include "optim/clip.h"
#include "optim/fused_optimizer.h"
#include "optim/lbfgs.h"
#include "optim/lion.h"
#include "optim/loss_scaler.h"
#include "optim/moving_average.h"
#include "optim/muon.h"
#include "optim/nadam.h"
#include "optim/optimizer.h"
#include "optim/radam.h"
#include "optim/reduce_lr_on_plateau.h"
#include "optim/rmsprop.h"
#include "optim/schedule.h"
#include "optim/scheduler.h"
#include "optim/sgd.h"

#endif  // TENON_OPTIM_OPTIM_H_
