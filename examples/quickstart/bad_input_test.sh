#!/bin/sh
# Wrong flags and damaged data: one clear line each, exit code 2, nothing half written.
set -u
program=$PWD/$1
digits=$PWD/data/testdata/digits.csv.gz
. "$PWD/examples/common/bad_input.sh"
cd "$TEST_TMPDIR" || exit 1

"$program" --help >help || fail "--help: exit code $?"
for flag in --help --seed --epochs --device --data_dir --download --out_dir --resume --overwrite --quiet \
  --batch_size --lr; do
  grep -q -e "$flag" help || fail "--help does not mention $flag"
done
rejects_bad_flags

# Damaged digits. Each is checked in place of the real file.
mkdir -p damaged/digits
csv=damaged/digits/digits.csv.gz
damaged() {
  rejects "$1" --data_dir=damaged --out_dir=unused
  [ ! -e unused ] || fail "an output folder was made for nothing"
}
damaged digits.csv.gz  # missing
: >$csv
damaged digits.csv.gz  # empty
head -c 30000 "$digits" >$csv
damaged digits.csv.gz  # truncated
{ head -c 30000 "$digits"; head -c 1000 /dev/zero; tail -c +31001 "$digits"; } >$csv
damaged digits.csv.gz  # overwritten in the middle
zcat "$digits" | sed '7s/,[0-9]*$/,10/' | gzip >$csv
damaged 7  # a label out of range
zcat "$digits" | sed '9s/^[0-9]*,/17,/' | gzip >$csv
damaged 9  # a pixel out of range
zcat "$digits" | sed '5s/,/,,/' | gzip >$csv
damaged 5  # a column too many
mkdir -p folder/digits/digits.csv.gz
rejects digits.csv.gz --data_dir=folder --out_dir=unused

# A disk that is full: the model is there whole or not at all, and an earlier checkpoint survives.
"$program" --epochs=1 --out_dir=full --quiet >/dev/null || fail "exit code $?"
cp full/checkpoint.safetensors before
rejects "holds a run already" --out_dir=full --quiet
(
  trap '' XFSZ
  ulimit -f 64 # blocks of 512 bytes: less than any of the models
  rejects checkpoint.safetensors --epochs=2 --out_dir=full --quiet --resume
) || exit 1
cmp before full/checkpoint.safetensors || fail "the earlier checkpoint is damaged"

# A checkpoint of another run, and a damaged one.
rejects batch_size --epochs=2 --out_dir=full --quiet --resume --batch_size=33
head -c 1000 before >full/checkpoint.safetensors
rejects checkpoint.safetensors --epochs=2 --out_dir=full --quiet --resume
"$program" --epochs=1 --out_dir=full --quiet --overwrite >/dev/null || fail "--overwrite: exit code $?"
mkdir mine && echo "not a run's" >mine/notes.txt
rejects notes.txt --out_dir=mine --overwrite
echo "PASSED"
