#!/bin/sh
# The quick runs on the real MNIST.
set -u
optimizers=$PWD/$1
regularization=$PWD/$2
. "$PWD/examples/common/experiment.sh"

program=$optimizers
rejects --activations --activations=tanh
rejects --seeds --seeds=0
program=$regularization
rejects --dropout --dropout=1

needs_data mnist
program=$optimizers
quick_run mnist_ffnn_optimizers
has_rows 24
# 784-512-1024-128-10 and two trained activations.
holds "$(row_value he_normal/adam params) == 1059724"
holds "$(row_value he_normal/adam test_accuracy) > 0.8"
holds "$(row_value normal/momentum test_accuracy) < 0.3"
has_picture mnist_ffnn_optimizers/curves

program=$regularization
quick_run mnist_ffnn_regularization
has_rows 4
holds "$(row_value baseline test_accuracy) < 0.8"
echo "PASSED"
