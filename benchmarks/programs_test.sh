#!/bin/sh
# What the benchmarks for a GPU do on a machine without one: --help, the skip that ends well, bad
# flags, and their tiny forms on the CPU.
set -u
steps=$1 kernel_limits=$2

fail() {
  echo "FAILED: $*" >&2
  exit 1
}

for program in "$steps" "$kernel_limits"; do
  "$program" --help | grep -q -e --device || fail "$program --help"
  "$program" --no_such_flag >/dev/null 2>&1
  [ $? -eq 2 ] || fail "$program: a bad flag's exit code"
  CUDA_VISIBLE_DEVICES= "$program" --device=cuda >out 2>&1 || fail "$program: skipping failed"
  grep -qx "skipped: no CUDA device" out || fail "$program does not say that it skips"
done

"$steps" no_such_workload 2>&1 | grep -q "no workload 'no_such_workload'" || fail "a wrong name"
"$steps" --large --quick --seconds=0.01 --bf16 >out 2>err || fail "steps --large --quick"
[ "$(grep -c ' ms$' out)" -eq 6 ] || fail "steps --large has other lines: $(cat out)"
grep -q "model FLOPs utilisation" err || fail "no utilisation"
grep -q "of the copy bandwidth in reading weights" err || fail "no share of the bandwidth"

"$kernel_limits" --device=cpu --quick --seconds=0.001 >out || fail "kernel_limits --quick"
[ "$(grep -c "% of a copy's" out)" -eq 29 ] || fail "kernel_limits has other lines: $(cat out)"
[ "$(grep -c '^NF4.* written out: [0-9.]* us$' out)" -eq 22 ] || fail "no ways to multiply NF4: $(cat out)"
