#!/bin/sh
. "$PWD/examples/common/experiment.sh"

quick_run small_nets:schedules
holds "$(value_of schedules) == 20"
holds "$(value_of test_accuracy) > 0.9"
has_picture schedules/schedules
rejects digits.csv.gz --data_dir=. --out_dir=unused
echo "PASSED"
