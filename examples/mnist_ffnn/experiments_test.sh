#!/bin/sh
# The quick runs on the real MNIST.
set -u
optimizers=$PWD/$1
regularization=$PWD/$2
. "$PWD/examples/common/quick_run.sh"
needs_data mnist

quick_run optimizers 24 "$optimizers" --epochs=1
[ "$(value optimizers he_normal/adam params)" = 1059724 ] || fail "not 784-512-1024-128-10 and two trained activations"
expect "$(value optimizers he_normal/adam test_accuracy) > 0.8" "He's weights and Adam"
expect "$(value optimizers normal/momentum test_accuracy) < 0.3" "N(0,1) weights and momentum"

quick_run regularization 4 "$regularization"
expect "$(value regularization baseline test_accuracy) < 0.8" "N(0,1) weights after 30 steps"

rejects_flag "$regularization" --dropout=1
rejects_flag "$optimizers" --activations=tanh
rejects_flag "$optimizers" --seeds=0
echo "PASSED"
