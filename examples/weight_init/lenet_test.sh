#!/bin/sh
# The quick run on the real CIFAR.
set -u
. "$PWD/examples/common/experiment.sh"
rejects --lr --lr=0
rejects --epochs --epochs=-3

needs_data cifar10
quick_run weight_init_lenet
has_rows 12
for rule in sgd momentum; do
  holds "$(row_value zero/$rule test_accuracy) < 0.13"
done
holds "$(row_value he_normal/momentum test_accuracy) > 0.2"
grep -A1 "^normal/" output | grep -q "stopped: .* epoch 1" || fail "a divergence is not said"
echo "PASSED"
