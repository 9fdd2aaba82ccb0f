// All of //train.
#ifndef TENON_TRAIN_TRAIN_H_
#define TENON_TRAIN_TRAIN_H_

#include "train/callback.h"
#include "train/checkpoint.h"
#include "train/class_metrics.h"
#include "train/comparison.h"
#include "train/csv_log.h"
#include "train/early_stopping.h"
#include "train/ema.h"
#include "train/figure.h"
#include "train/fit.h"
#include "train/history.h"
#include "train/loss_mean.h"
#include "train/memory_log.h"
#include "train/metrics.h"
#include "train/plot.h"
#include "train/progress_bar.h"
#include "train/report.h"
#include "train/run_folder.h"
#include "train/schedules.h"
#include "train/tensorboard.h"

#endif  // TENON_TRAIN_TRAIN_H_
