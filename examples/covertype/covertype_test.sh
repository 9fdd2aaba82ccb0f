#!/bin/sh
# The quick runs on the real rows.
set -u
runfiles=$PWD
. "$PWD/examples/common/experiment.sh"
folder=$runfiles/examples/covertype

program=$folder/baseline
rejects --batch_size --batch_size=0
rejects --quick --quick=maybe
mkdir -p damaged/covertype
echo "1,2,3" | gzip >damaged/covertype/covtype.data.gz
rejects covtype.data.gz --data_dir=damaged --out_dir=unused

needs_data covertype
quick_run covertype_baseline --save_split
has_rows 1
[ -s covertype_baseline/split.safetensors ] || fail "no split.safetensors"
# The categories' vectors, two layers of 32 with their normalization, the head.
holds "$(row_value baseline params) == 248 + 18*32 + 32 + 32*32 + 32 + 4*32 + 32*7 + 7"
plain=$(row_value baseline test_accuracy)
holds "$plain > 0.45"

for name in wide_deep deep_cross best; do
  program=$folder/$name
  quick_run covertype_$name
  has_rows 1
done
holds "$(row_value best test_accuracy) > $plain"
echo "PASSED"
