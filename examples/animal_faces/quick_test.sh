#!/bin/sh
# An experiment with --quick on real pictures: its last line, its files, and what has to hold.
# Arguments: the program, then `key=value` pairs that the RESULT line must have.
. "$PWD/examples/common/experiment.sh"
shift
needs_data afhq_like

quick_run "$(basename "$program")"
for pair in "$@"; do
  echo "$result" | tr ' ' '\n' | grep -qxF -e "$pair" || fail "no $pair"
done
has_rows "$(grep -c '^ROW ' output)"
if command -v gnuplot >/dev/null; then
  [ -s "$experiment/curves.svg" ] || [ -s "$experiment/figure.svg" ] || fail "no picture"
fi
rejects "$experiment" --quick --quiet --out_dir="$experiment"  # a finished run is kept
echo "PASSED"
