#!/bin/sh
# One epoch on a part of the real MNIST: far better than chance, and every file is there.
set -u
export OMP_NUM_THREADS="${OMP_NUM_THREADS:-1}"  # tests run beside each other
mnist_ffnn=$PWD/$1
data=${TENON_DATA:-../shared/data}
if [ ! -d "$data/mnist" ]; then
  echo "SKIPPED: no folder $data/mnist; set TENON_DATA"
  exit 0
fi
cd "$TEST_TMPDIR" || exit 1

fail() { echo "FAILED: $*"; exit 1; }

"$mnist_ffnn" --quick --data_dir="$data" --out_dir=out >output 2>&1 || fail "exit code $?: $(cat output)"
cat output
accuracy=$(tail -n 1 output | tr ' ' '\n' | sed -n 's/^test_accuracy=//p')
awk "BEGIN { exit !($accuracy >= 0.85) }" || fail "test accuracy $accuracy after one epoch"
for file in model.safetensors checkpoint.safetensors metrics.csv; do
  [ -s out/$file ] || fail "no $file"
done
echo "PASSED"
