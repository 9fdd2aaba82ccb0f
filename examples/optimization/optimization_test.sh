#!/bin/sh
# The quick runs on the real MNIST.
set -u
runfiles=$PWD
. "$PWD/examples/common/experiment.sh"
folder=$runfiles/examples/optimization

rejects --epochs --epochs=0
program=$folder/batch_size
rejects --lr --lr=-1
program=$folder/resnet
rejects --seeds --seeds=none

needs_data mnist
program=$folder/batch_size
quick_run optimization_batch_size
has_rows 8
holds "$(row_value batch_8 test_accuracy) > $(row_value batch_1024 test_accuracy)"

program=$folder/batch_norm
quick_run optimization_batch_norm
has_rows 4
holds "$(row_value shallow params) == 785 * 256 + 2570"
holds "$(row_value shallow_bn params) == 785 * 256 + 2 * 256 + 2570"
holds "$(row_value deep_bn test_accuracy) > $(row_value deep test_accuracy)"

program=$folder/optimizers
quick_run optimization_optimizers
has_rows 5
holds "$(row_value adam test_accuracy) > 0.7"

program=$folder/annealing
quick_run optimization_annealing
has_rows 4

program=$folder/resnet
quick_run optimization_resnet
has_rows 4
holds "$(row_value adam test_accuracy) > 0.7"
has_picture optimization_resnet/curves
echo "PASSED"
