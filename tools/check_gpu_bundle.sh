#!/bin/bash
# Packs the GPU bundle, which gpu_bundle.sh holds to its size, and has it start here: --list names
# every test and benchmark that was to be packed, no test fails, and without a GPU tests and
# benchmarks skip and say so. Packs what is built for this machine, so that nothing is compiled
# twice. Without a CUDA toolkit there is nothing to pack.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

fail() {
  echo "gpu bundle: $*" >&2
  exit 1
}

toolkit=${CUDA_PATH:-/usr/local/cuda}
if [ ! -x "$toolkit/bin/nvcc" ] && ! command -v nvcc >/dev/null; then
  echo "gpu bundle: no CUDA toolkit, nothing to pack"
  exit 0
fi

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
tools/gpu_bundle.sh --native "$folder/bundle"

"$folder/bundle/run.sh" --list >"$folder/list"
# labels KIND: the names of one of the script's arrays.
labels() { sed -n "/^readonly $1=(/,/)\$/p" tools/gpu_bundle.sh | grep -oE '//[a-z_/]+:[a-z_]+' | sed 's/.*://'; }
for test in $(labels TESTS); do
  grep -A1 -x "test $test" "$folder/list" | grep -q '\.$' || fail "--list has no cases of $test"
done
for benchmark in $(labels BENCHMARKS); do
  grep -qx "benchmark $benchmark" "$folder/list" || fail "--list has no $benchmark"
done

# The benchmarks of a machine that has a GPU would take an hour.
flags=()
if [ ! -e /dev/nvidia0 ]; then flags=(--benchmarks); fi
env -u TENON_DATA "$folder/bundle/run.sh" "${flags[@]}" >"$folder/output" 2>&1 ||
  fail "run.sh: $(tail -n 40 "$folder/output")"
tail -n 1 "$folder/output" | grep -qxE '[0-9]+ passed, 0 failed' || fail "no last line: $(tail -n 5 "$folder/output")"
if [ ! -e /dev/nvidia0 ]; then
  tail -n 2 "$folder/output" | grep -qxE '[1-9][0-9]* skipped' || fail "nothing was skipped"
  grep -qx 'skipped: no CUDA device' "$folder/output" || fail "the benchmarks did not skip"
fi
tail -n 2 "$folder/output"
