#!/bin/sh
. "$PWD/examples/common/experiment.sh"

quick_run small_nets:vanishing
holds "$(value_of sigmoid_ratio) < 1e-4"
holds "$(value_of test_accuracy) > 0.8"
has_picture vanishing/vanishing
rejects digits.csv.gz --data_dir=. --out_dir=unused
echo "PASSED"
