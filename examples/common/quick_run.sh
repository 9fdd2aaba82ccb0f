# For tests of experiments: their quick runs on real data, and a flag that is not as it should be.

fail() { echo "FAILED: $*"; exit 1; }

# needs_data SET: goes to a folder of its own, or ends the test where the data set is not there.
needs_data() {
  data=${TENON_DATA:-../shared/data}
  case $data in /*) ;; *) data=$PWD/$data ;; esac
  if [ ! -d "$data/$1" ]; then
    echo "SKIPPED: no folder $data/$1; set TENON_DATA"
    exit 0
  fi
  cd "$TEST_TMPDIR" || exit 1
}

# quick_run NAME ROWS PROGRAM ARGUMENT…: the quick run of an experiment has so many rows, and leaves
# its table and what it printed in NAME/ and NAME.log.
quick_run() {
  name=$1
  rows=$2
  program=$3
  shift 3
  "$program" --quick --data_dir="$data" --out_dir="$name" "$@" >"$name.log" 2>&1 ||
    fail "$name: exit code $?: $(cat "$name.log")"
  cat "$name.log"
  tail -n 1 "$name.log" | grep -q "^RESULT experiment=.* test_accuracy=" || fail "$name: no RESULT line"
  [ "$(grep -c "^ROW experiment=" "$name.log")" = "$rows" ] || fail "$name: expected $rows rows"
  [ "$(wc -l <"$name/table.csv")" = $((rows + 1)) ] || fail "$name: expected $rows rows in table.csv"
  [ -s "$name/table.md" ] || fail "$name: no table.md"
}

# value NAME ROW KEY: what a row of that run's output says.
value() {
  grep "^ROW experiment=.* name=$2 " "$1.log" | tr ' ' '\n' | sed -n "s/^$3=//p"
}

# expect EXPRESSION WHAT: of numbers, as awk reads it.
expect() {
  awk "BEGIN { exit !($1) }" || fail "$2: $1"
}

# rejects_flag PROGRAM FLAG: code 2 and one line that names the flag.
rejects_flag() {
  code=0
  "$1" "$2" --out_dir=rejected >stdout 2>stderr || code=$?
  [ $code = 2 ] || fail "$2: exit code $code, expected 2"
  [ "$(wc -l <stderr)" = 1 ] || fail "$2: expected one line, got: $(cat stderr)"
  grep -qF -e "${2%%=*}" stderr || fail "$2: not named in: $(cat stderr)"
}
