#!/bin/sh
# Kills a training run again and again at random moments, resumes it each time, and compares the
# model it ends with, byte for byte, with that of a run that was left alone.
set -u
export OMP_NUM_THREADS="${OMP_NUM_THREADS:-1}"  # tests run beside each other
quickstart=$PWD/$1
cd "$TEST_TMPDIR" || exit 1

fail() { echo "FAILED: $*"; exit 1; }

settings="--epochs=4 --seed=7 --quiet"

before=$(date +%s.%N)
"$quickstart" $settings --out_dir=whole >/dev/null || fail "uninterrupted run: exit code $?"
after=$(date +%s.%N)

kills=0
attempts=0
while [ $attempts -lt 20 ]; do
  attempts=$((attempts + 1))
  "$quickstart" $settings --out_dir=killed --resume >log 2>&1 &
  process=$!
  # At any moment of the first half of the time that the whole run took.
  sleep "$(awk "BEGIN { srand($$ * 100 + $attempts); printf \"%.3f\", ($after - $before) / 2 * rand() }")"
  kill -9 $process 2>/dev/null
  code=0
  wait $process 2>/dev/null || code=$?
  case $code in
    0) break ;;
    137) kills=$((kills + 1)) ;;
    *) fail "exit code $code after $kills kills: $(cat log)" ;;
  esac
done
[ $kills -gt 0 ] || fail "the run was never killed"
"$quickstart" $settings --out_dir=killed --resume >log 2>&1 || fail "last run: $(cat log)"
cmp whole/model.safetensors killed/model.safetensors || fail "models differ after $kills kills"
[ "$(wc -l <killed/metrics.csv)" = 5 ] || fail "metrics.csv: $(cat killed/metrics.csv)"
cut -d, -f1-6 whole/metrics.csv >a
cut -d, -f1-6 killed/metrics.csv >b
cmp a b || fail "records differ"
if find killed -name 'checkpoint*.tmp*' -o -name 'metrics*.tmp*' | grep .; then fail "leftovers"; fi
echo "PASSED: $kills kills, equal to the byte"
