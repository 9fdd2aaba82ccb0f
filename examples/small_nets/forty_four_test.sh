#!/bin/sh
. "$PWD/examples/common/experiment.sh"
rejects covertype --data_dir=. --out_dir=unused
needs_data covertype

quick_run small_nets:forty_four
holds "$(value_of params) == 44"
[ "$(grep -c ',44,' forty_four/table.csv)" = 24 ] || fail "not 24 rows of 44 parameters"
holds "$(value_of best_error) < 0.7 * $(value_of blind_error)"
has_picture forty_four/forty_four
echo "PASSED"
