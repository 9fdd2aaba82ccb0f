// All of //train.
#ifndef TENON_TRAIN_TRAIN_H_
#define TENON_TRAIN_TRAIN_H_

#include "train/callback.h"
#include "train/checkpoint.h"
#include "train/csv_log.h"
#include "train/fit.h"
#include "train/history.h"
#include "train/loss_mean.h"
#include "train/metrics.h"
#include "train/plot.h"
#include "train/progress_bar.h"

#endif  // TENON_TRAIN_TRAIN_H_
