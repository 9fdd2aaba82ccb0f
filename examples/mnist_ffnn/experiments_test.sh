#!/bin/sh
# The quick runs on the real MNIST.
set -u
optimizers=$PWD/$1
regularization=$PWD/$2
lottery=$PWD/$3
. "$PWD/examples/common/experiment.sh"

program=$optimizers
rejects --activations --activations=tanh
rejects --seeds --seeds=0
program=$regularization
rejects --dropout --dropout=1

needs_data mnist
program=$optimizers
quick_run mnist_ffnn_optimizers
has_rows 24
# 784-512-1024-128-10 and two trained activations.
holds "$(row_value he_normal/adam params) == 1059724"
holds "$(row_value normal/momentum test_accuracy) < 0.3"
has_picture mnist_ffnn_optimizers/curves
# A single row sees more images.
quick_run mnist_ffnn_optimizers --init=he_normal --optimizer=adam --overwrite
has_rows 1
holds "$(row_value he_normal/adam test_accuracy) > 0.8"

program=$regularization
quick_run mnist_ffnn_regularization
has_rows 4
holds "$(row_value baseline test_accuracy) < 0.8"

program=$lottery
rejects --rounds --rounds=-1
quick_run mnist_ffnn:lottery
[ "$(wc -l <lottery/table.csv)" = 3 ] || fail "not two rounds"
# A fifth of 784*300 and 300*100 weights is gone, and a tenth of 1,000.
grep -q '^80.0,' lottery/table.csv || fail "not pruned: $(cat lottery/table.csv)"
holds "$(value_of test_accuracy) > 0.5"
has_picture lottery/lottery
echo "PASSED"
