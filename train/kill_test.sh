#!/bin/bash
# Kills a training run at random moments, most of them while it writes a checkpoint or a record, and starts
# it again: the newest complete checkpoint always loads, no step is lost that was written, and the end is
# that of a run which was left alone, bit for bit.
#
#   ./bazelw test //train:kill_test --test_arg=500      # 500 kills instead of 20
set -u
target=$PWD/$1
kills=${2:-20}
cd "$TEST_TMPDIR" || exit 1

fail() { echo "FAILED: $*"; exit 1; }

mkdir killed whole
last=-1
done=0
RANDOM=7
while [ $done -lt "$kills" ]; do
  rm -f out
  "$target" killed 1000000 >out 2>err &
  process=$!
  # 5 to 64 ms after it has loaded, which begins some 10 ms after its start.
  for _ in $(seq 500); do
    [ -s out ] && break
    sleep 0.01
    kill -0 $process 2>/dev/null || break
  done
  sleep "0.0$(printf '%02d' $((RANDOM % 60 + 5)))"
  kill -9 $process 2>/dev/null
  wait $process 2>/dev/null
  code=$?
  [ $code = 137 ] || fail "exit code $code after $done kills: $(cat err)"
  read -r _ step _ <out || fail "not resumed after $done kills"
  [ "$step" -ge "$last" ] || fail "resumed at step $step after step $last"
  last=$step
  done=$((done + 1))
done
[ "$last" -gt 0 ] || fail "no checkpoint in $kills kills"

# One more start, to see where it is, and then to the end of an epoch.
"$target" killed 0 >out 2>err || fail "last start: $(cat err)"
read -r _ step epoch <out
epochs=$((epoch + 2))
"$target" killed $epochs >out 2>err || fail "to the end: $(cat err)"
tail -n +2 out >a
"$target" whole $epochs --whole 2>err | tail -n +2 >b
cmp a b || fail "the weights differ after $kills kills"
[ "$(wc -l <killed/metrics.csv)" = $((epochs + 1)) ] || fail "metrics.csv has $(wc -l <killed/metrics.csv) lines"
find killed -name '*.tmp.*' | grep . && fail "leftovers"
echo "PASSED: $kills kills, $step steps, $epochs epochs, equal to the bit"
