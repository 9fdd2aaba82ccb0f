#!/bin/sh
. "$PWD/examples/common/experiment.sh"
rejects --points --points=0
rejects digits.csv.gz --data_dir=. --out_dir=unused
needs_data mnist

quick_run features:embed
[ "$(wc -l <embed/table.csv)" = 9 ] || fail "not eight rows"
holds "$(value_of tsne_accuracy) > 0.7"
has_picture embed/digits
has_picture embed/mnist
echo "PASSED"
