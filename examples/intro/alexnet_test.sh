#!/bin/sh
. "$PWD/examples/common/experiment.sh"
rejects afhq_sample --data_dir=. --out_dir=unused
needs_data afhq_sample

quick_run intro:alexnet
holds "$(value_of params) == 61100840"
holds "$(value_of dropout_share) > 0.45 && $(value_of dropout_share) < 0.55"
holds "$(value_of last_loss) < $(value_of first_loss)"
grep -q 'two passes in training,differ,differ' alexnet/table.csv || fail "dropout in training"
grep -q 'two passes in evaluation,agree,agree' alexnet/table.csv || fail "dropout in evaluation"
echo "PASSED"
