#!/bin/sh
# Runs the quickstart as a newcomer would, and looks at what it says and writes.
set -u
export OMP_NUM_THREADS="${OMP_NUM_THREADS:-1}"  # tests run beside each other
quickstart=$PWD/$1
cd "$TEST_TMPDIR" || exit 1

fail() { echo "FAILED: $*"; exit 1; }

"$quickstart" >output 2>errors || fail "exit code $?: $(cat errors)"
cat output errors

# The result: the last line, with the keys that all examples share.
result=$(tail -n 1 output)
value_of() { echo "$result" | tr ' ' '\n' | sed -n "s/^$1=//p"; }
case $result in
  "RESULT experiment=quickstart seed=1 epochs="*" device=cpu "*) ;;
  *) fail "the last line is no result: $result" ;;
esac
for key in train_accuracy test_accuracy test_loss params peak_bytes seconds items_per_second; do
  value_of $key | grep -Eq '^[0-9][0-9.e+-]*$' || fail "$key is no number in: $result"
done
awk "BEGIN { exit !($(value_of test_accuracy) >= 0.98) }" || fail "less than 98 % right: $result"

# What else it says.
grep -q "predicted" output || fail "no confusion matrix"
grep -q "agree to the bit" output || fail "no comparison with the saved model"
[ "$(grep -c '^epoch ' errors)" = "$(value_of epochs)" ] || fail "not one plain line per epoch"
if grep -q "$(printf '\033')" output errors; then fail "terminal codes in a file"; fi

# What it writes.
cd tenon_out/quickstart || fail "no output folder"
for picture in mistakes.png curves.png; do
  if [ $picture = curves.png ] && ! command -v gnuplot >/dev/null; then continue; fi
  [ "$(head -c 8 $picture | od -An -tx1 | tr -d ' \n')" = 89504e470d0a1a0a ] || fail "$picture: no PNG"
  tail -c 8 $picture | head -c 4 | grep -q IEND || fail "$picture: ends early"
done
[ "$(wc -l <metrics.csv)" = "$(($(value_of epochs 2>/dev/null || echo 0) + 1))" ] || fail "metrics.csv: lines"
head -n 1 metrics.csv | grep -q '^epoch,train_loss,train_accuracy,val_loss,val_accuracy' || fail "metrics.csv: header"
[ -s model.safetensors ] && [ -s checkpoint.safetensors ] || fail "no model or checkpoint"
for part in "learning rate" "what it got wrong" "data:image/png;base64," predicted; do
  grep -q "$part" report.html || fail "report.html: no $part"
done
ls tensorboard/events.out.tfevents.* >/dev/null || fail "no event file"
if find . -name '*.tmp*' | grep .; then fail "temporary files left"; fi

# The same seed gives the same model.
for run in one other; do
  "$quickstart" --epochs=2 --out_dir=$run --quiet >quiet 2>&1 || fail "a short run: $(cat quiet)"
done
cmp one/model.safetensors other/model.safetensors || fail "two runs differ"
[ "$(grep -cv '^RESULT ' quiet)" -le 1 ] || fail "not quiet: $(cat quiet)"
echo "PASSED"
