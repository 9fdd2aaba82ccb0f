#!/bin/sh
# Wrong flags, texts and models: one clear line each, exit code 2.
set -u
program=$PWD/$1
. "$PWD/examples/common/bad_input.sh"
model=$PWD/models/lm/testdata/opt
cd "$TEST_TMPDIR" || exit 1

rejects_bad_flags
rejects --method --method=magic
rejects --rank --rank=0
rejects --dropout --dropout=1
rejects --alpha --alpha=-1
rejects none.txt --train_text=none.txt --eval_text=none.txt --out_dir=unused

printf 'a few words\n' >text
printf '' >empty
printf '\377\376\n' >noise
texts="--train_text=text --eval_text=text --out_dir=unused"
rejects empty --train_text=empty --eval_text=text --out_dir=unused
rejects noise --train_text=noise --eval_text=text --out_dir=unused
rejects no_model --model_dir=no_model $texts
rejects token --model_dir="$model" $texts  # a model without a tokenizer
[ ! -e unused ] || fail "an output folder was made for nothing"
echo "PASSED"
