#!/bin/sh
# The quick runs on the real rows.
set -u
baseline=$PWD/$1
best=$PWD/$2
deep_cross=$PWD/$3
wide_deep=$PWD/$4
. "$PWD/examples/common/quick_run.sh"
needs_data covertype

quick_run baseline 1 "$baseline" --save_split
[ -s baseline/split.safetensors ] || fail "no split.safetensors"
expect "$(value baseline baseline params) == 248 + 18*32 + 32 + 32*32 + 32 + 4*32 + 32*7 + 7" "parameters"
expect "$(value baseline baseline test_accuracy) > 0.45" "the plain network"
quick_run wide_deep 1 "$wide_deep"
quick_run deep_cross 1 "$deep_cross"
quick_run best 1 "$best"
expect "$(value best best test_accuracy) > $(value baseline baseline test_accuracy)" "the large network"

rejects_flag "$baseline" --batch_size=0
rejects_flag "$best" --quick=maybe
mkdir -p damaged/covertype
echo "1,2,3" | gzip >damaged/covertype/covtype.data.gz
data=damaged
"$baseline" --quick --data_dir=damaged --out_dir=bad >stdout 2>stderr && fail "damaged rows are taken"
grep -q "covtype.data.gz" stderr || fail "the file is not named in: $(cat stderr)"
echo "PASSED"
