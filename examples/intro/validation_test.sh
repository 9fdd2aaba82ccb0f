#!/bin/sh
. "$PWD/examples/common/experiment.sh"
rejects --trials --trials=0
rejects cifar10 --data_dir=. --out_dir=unused
needs_data cifar10

quick_run intro:validation
holds "$(value_of train_examples) + $(value_of val_examples) == 2000"
holds "$(value_of train_examples) > 8.9 * $(value_of val_examples)"
[ "$(grep -c '^"lr ' validation/table.csv)" = 3 ] || fail "not three trials"
holds "$(value_of test_accuracy) > 0.2"
has_picture validation/validation
echo "PASSED"
