#!/bin/sh
. "$PWD/examples/common/experiment.sh"
rejects --precision --precision=f64 --out_dir=unused
rejects "f16 is for GPUs" --precision=f16 --out_dir=unused
rejects --target --target=1.5 --out_dir=unused
rejects cifar10 --data_dir=. --out_dir=unused
CUDA_VISIBLE_DEVICES='' rejects --device --device=cuda --out_dir=unused
needs_data cifar10

quick_run airbench --save_data --target=0.15
# Chance is 0.1.
holds "$(value_of test_accuracy) > 0.2"
holds "$(value_of seconds_to_target) <= $(value_of seconds)"
holds "$(value_of seconds_to_target) > 0"
[ "$(value_of captured)" = no ] || fail "a step was recorded on the CPU"
[ "$(wc -l <airbench/history.csv)" = 4 ] || fail "history.csv: $(cat airbench/history.csv)"
[ "$(wc -c <airbench/train_images.npy)" = $((128 + 200 * 3072)) ] || fail "train_images.npy"
has_picture airbench/curves

# What is not reached is said; no --epochs are no training.
"$program" --quick --epochs=1 --target=1 --out_dir=one --quiet >one_output || fail "one epoch"
grep -q ' epochs=1 .* seconds_to_target=not_reached ' one_output || fail "$(cat one_output)"
echo "PASSED"
