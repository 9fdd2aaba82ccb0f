#!/bin/sh
# The quick runs on the real MNIST.
set -u
annealing=$PWD/$1
batch_norm=$PWD/$2
batch_size=$PWD/$3
optimizers=$PWD/$4
resnet=$PWD/$5
. "$PWD/examples/common/quick_run.sh"
needs_data mnist

quick_run batch_size 8 "$batch_size"
expect "$(value batch_size batch_8 test_accuracy) > $(value batch_size batch_1024 test_accuracy)" "small batches"
quick_run batch_norm 4 "$batch_norm"
expect "$(value batch_norm shallow params) == 784 * 128 + 128 + 1290" "parameters"
expect "$(value batch_norm shallow_bn params) == 784 * 128 + 3 * 128 + 1290" "parameters with normalization"
expect "$(value batch_norm deep_bn test_accuracy) > $(value batch_norm deep test_accuracy)" "a deep network's normalization"
quick_run optimizers 5 "$optimizers"
expect "$(value optimizers adam test_accuracy) > 0.8" "Adam"
quick_run annealing 4 "$annealing"
quick_run resnet 4 "$resnet"
expect "$(value resnet adam test_accuracy) > 0.8" "a residual network"

rejects_flag "$annealing" --epochs=0
rejects_flag "$batch_size" --lr=-1
rejects_flag "$resnet" --seeds=none
echo "PASSED"
