#!/bin/sh
# The quick run on the real CIFAR.
set -u
lenet=$PWD/$1
. "$PWD/examples/common/quick_run.sh"
needs_data cifar10

quick_run lenet 8 "$lenet"
for rule in sgd momentum; do
  expect "$(value lenet zero/$rule test_accuracy) < 0.13" "zero weights stay at chance"
done
expect "$(value lenet he/momentum test_accuracy) > 0.2" "He's weights learn"
grep -A1 "^normal/" lenet.log | grep -q "stopped: .*epoch 1" || fail "the divergence of N(0,1) weights is not said"

rejects_flag "$lenet" --lr=0
rejects_flag "$lenet" --epochs=-3
echo "PASSED"
