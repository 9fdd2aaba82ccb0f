# For tests of experiments. Sourced in the runfiles' folder, with the program's path as $1.
set -u
program=$PWD/$1
export TENON_DATA="${TENON_DATA:-$PWD/../shared/data}"
. "$PWD/examples/common/bad_input.sh"
cd "$TEST_TMPDIR" || exit 1

# needs_data NAME: ends the test where there is no such data set.
needs_data() {
  [ -d "$TENON_DATA/$1" ] && return
  echo "SKIPPED: no folder $TENON_DATA/$1; set TENON_DATA"
  exit 0
}

# quick_run FOLDER:EXPERIMENT ARGUMENT…: runs it with --quick into a folder EXPERIMENT, and reads its
# last line for value_of.
quick_run() {
  experiment=$1
  out=${1#*:}
  shift
  "$program" --quick --out_dir="$out" "$@" >output 2>errors ||
    fail "$experiment: exit code $?: $(cat errors)"
  cat output errors
  result=$(tail -n 1 output)
  case $result in
    "RESULT experiment=$experiment seed=1 epochs="*) ;;
    *) fail "the last line is no result: $result" ;;
  esac
  [ -s "$out/table.csv" ] && [ -s "$out/table.md" ] || fail "no table"
  grep -q '<h2>Results</h2>' "$out/report.html" || fail "no table in report.html"
  for picture in "$out"/*.svg; do
    [ ! -e "$picture" ] || grep -qF 'src="data:image/' "$out/report.html" || fail "no picture in report.html"
  done
  if find . -name '*.tmp*' | grep .; then fail "temporary files left"; fi
}

# row_value ROW KEY: the same of one row.
row_value() { grep "^ROW .*name=$1 " output | tr ' ' '\n' | sed -n "s/^$2=//p"; }

# has_rows N: so many rows, also in the table.
has_rows() {
  [ "$(grep -c '^ROW ' output)" = "$1" ] || fail "expected $1 rows"
  [ "$(wc -l <"$experiment/table.csv")" = $(($1 + 1)) ] || fail "expected $1 rows in table.csv"
}

value_of() { echo "$result" | tr ' ' '\n' | sed -n "s/^$1=//p"; }

# holds 'EXPRESSION': arithmetic that is true, such as "$(value_of test_accuracy) >= 0.98".
holds() { awk "BEGIN { exit !($1) }" || fail "not so: $1 in: $result"; }

# has_picture FILE: a plot, where there is gnuplot.
has_picture() {
  command -v gnuplot >/dev/null || return 0
  [ "$(head -c 8 "$1.png" | od -An -tx1 | tr -d ' \n')" = 89504e470d0a1a0a ] || fail "$1.png: no PNG"
  grep -q '</svg>' "$1.svg" || fail "$1.svg: no SVG"
}
