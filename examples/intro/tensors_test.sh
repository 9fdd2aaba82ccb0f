#!/bin/sh
. "$PWD/examples/common/experiment.sh"

quick_run intro:tensors
holds "$(value_of expressions) == $(wc -l <"$OLDPWD/examples/intro/testdata/tensors_torch.txt")"
holds "$(value_of equal) == $(value_of expressions)"
# says EXPRESSION VALUE: both computed it.
says() {
  [ "$(grep -A 2 -F -x "$1" output | grep -c " $2\$")" = 2 ] || fail "$1 is not $2"
}
says 'df/dx' -2
says 'df/dy' -2
says 'df/dz' 2
says 'cross_entropy, label 0' 2.0404
grep -q 'label="mul' tensors/graph.dot || fail "no graph"

"$program" --out_dir=tensors --overwrite --quiet >/dev/null || fail "--overwrite: exit code $?"
rejects frobnicate frobnicate
rejects --epochs --epochs=0
rejects "overwrite it" --out_dir=tensors
echo "PASSED"
