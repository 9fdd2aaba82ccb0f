#!/bin/sh
. "$PWD/examples/common/experiment.sh"
rejects cifar10_resnet --data_dir=. --out_dir=unused
rejects --epochs --epochs=3
needs_data cifar10_resnet
[ -d "$TENON_DATA/fashion_mnist" ] || [ -d /usr/share/datasets/fashion-mnist ] || {
  echo "SKIPPED: no Fashion-MNIST; install dataset-fashion-mnist"
  exit 0
}

quick_run intro:transfer
[ "$(wc -l <transfer/table.csv)" = 5 ] || fail "not four methods"
holds "$(value_of test_accuracy) > 0.25 && $(value_of test_accuracy) > $(value_of scratch_accuracy)"
has_picture transfer/transfer
echo "PASSED"
