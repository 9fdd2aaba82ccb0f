#!/bin/sh
. "$PWD/examples/common/experiment.sh"
rejects --seeds --seeds=0
needs_data covertype

quick_run small_nets:losses
holds "$(value_of l1_error) < $(value_of mse_error)"
[ "$(wc -l <losses/table.csv)" = 5 ] || fail "not four losses"
has_picture losses/losses
echo "PASSED"
