#!/bin/sh
# The quick run on the real texts: LoRA and QLoRA learn, and the adapters repeat their perplexities.
set -u
export OMP_NUM_THREADS="${OMP_NUM_THREADS:-1}"  # tests run beside each other
program=$PWD/$1
data=${TENON_DATA:-../shared/data}
if [ ! -d "$data/wikitext2" ] || [ ! -d "$data/tiny_shakespeare" ]; then
  echo "SKIPPED: no folders wikitext2 and tiny_shakespeare in $data; set TENON_DATA"
  exit 0
fi
cd "$TEST_TMPDIR" || exit 1

fail() { echo "FAILED: $*"; exit 1; }

"$program" --quick --context=32 --data_dir="$data" --out_dir=out >output 2>&1 ||
  fail "exit code $?: $(cat output)"
cat output
[ "$(grep -c 'same perplexity to the bit' output)" = 2 ] || fail "adapters do not repeat themselves"
for method in full head lora qlora; do
  row=$(grep "^ROW method=$method " output | head -n 1)
  before=$(echo "$row" | tr ' ' '\n' | sed -n 's/^perplexity_before=//p')
  after=$(echo "$row" | tr ' ' '\n' | sed -n 's/^perplexity_after=//p')
  awk "BEGIN { exit !($after < $before) }" || fail "$method: perplexity $before -> $after"
done
for file in base/config.json base/tokenizer.json adapter_lora/adapter_config.json \
  adapter_qlora/adapter_model.safetensors; do
  [ -s out/$file ] || fail "no $file"
done
for method in lora qlora; do
  "$program" --model_dir=out/base --method=$method --quick --context=32 --bf16 --states_8bit \
    --data_dir="$data" --out_dir=again_$method >output 2>&1 ||
    fail "with a folder: exit code $?: $(cat output)"
  grep -q "^RESULT experiment=finetune_lm .* method=$method" output || fail "no result: $(cat output)"
  grep -q 'same perplexity to the bit' output || fail "$method in bf16 does not repeat itself"
done
echo "PASSED"
