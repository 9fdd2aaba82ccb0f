#!/bin/sh
. "$PWD/examples/common/experiment.sh"
rejects --model --model=mlp,rnn --out_dir=unused
rejects cifar10 --data_dir=. --out_dir=unused
needs_data cifar10

quick_run intro:cifar10
holds "$(value_of rows) == 2"
holds "$(value_of test_accuracy) > 0.2"
grep -q '^mlp,1707274,53.5' cifar10/table.csv || fail "mlp: $(cat cifar10/table.csv)"
grep -q '^cnn,113738,70.2' cifar10/table.csv || fail "cnn: $(cat cifar10/table.csv)"
has_picture cifar10/curves
echo "PASSED"
