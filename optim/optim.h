// All of //optim.
#ifndef TENON_OPTIM_OPTIM_H_
#define TENON_OPTIM_OPTIM_H_

#include "optim/adam.h"
#include "optim/sgd.h"

#endif  // TENON_OPTIM_OPTIM_H_
