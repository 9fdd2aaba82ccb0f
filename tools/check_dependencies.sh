#!/bin/bash
# Holds the README's table of packages to the build graph. A row
#   | `//optim` | what it does | `tensor` `autograd` | `abseil-cpp` |
# must name in its third column every other package that the label pulls in, and in its fourth every
# outside library; a package without a row is a mistake too.
# Prints "ok LABEL" or "WRONG LABEL: why" for each; exits 1 when one is wrong.
set -u
cd "$(dirname "${BASH_SOURCE[0]}")/.."

wrong=0

# report LABEL WHY: ok when there is no why.
report() {
  if [ -z "$2" ]; then echo "ok $1"; else echo "WRONG $1: $2"; wrong=1; fi
}

packages_below() {
  ./bazelw query --noimplicit_deps --notool_deps --output=package "deps($1)" 2>/dev/null </dev/null
}

# What `//a/b:c` pulls in, as one word a line: packages of Tenon (their top folder), and @repositories.
# Repositories of build rules and of the compiler are no code, nor are the settings that a select asks for.
pulled_in() {
  local own=${1#//}
  own=${own%%:*}
  packages_below "$1" |
    grep -vE '^@(bazel_tools|bazel_skylib|platforms|local_config_[a-z]*|rules_[a-z]*)//' |
    grep -vE "^$own(/|\$)|^(third_party/cuda|tools)\$" |
    sed -E 's#^(@[^/]*)//.*#\1#; s#^third_party/(.*)#@\1#; s#^([^@/][^/]*)/.*#\1#' |
    sort -u
}

words() { tr ' ' '\n' <<<"$1" | grep . | sort -u; }

# column N ROW: the words between backticks in that column.
column() { awk -F'|' -v n="$1" '{print $(n + 1)}' <<<"$2" | grep -o '`[^`]*`' | tr -d '`'; }

# compare WHAT WRITTEN REAL: one clause for each difference.
compare() {
  local missing extra
  missing=$(comm -13 <(words "$2") <(words "$3") | paste -sd' ')
  extra=$(comm -23 <(words "$2") <(words "$3") | paste -sd' ')
  [ -z "$missing" ] || echo -n "$1 not in the table: $missing; "
  [ -z "$extra" ] || echo -n "$1 only in the table: $extra; "
}

check_row() {
  local label all
  label=$(column 1 "$1")
  if ! packages_below "$label" >/dev/null; then
    report "$label" "bazel query 'deps($label)' fails"
    return
  fi
  all=$(pulled_in "$label")
  report "$label" "$(
    compare packages "$(column 3 "$1")" "$(grep -v '^@' <<<"$all")"
    compare libraries "$(column 4 "$1")" "$(grep '^@' <<<"$all" | tr -d @)"
  )"
}

rows=$(grep -E '^\| `//' README.md)
while read -r row; do check_row "$row"; done <<<"$rows"

for build in */BUILD; do
  package=${build%/BUILD}
  case $package in bazel-* | third_party | tools | benchmarks | docs | examples) continue ;; esac
  [[ $rows == *"\`//$package\`"* ]] || report "//$package" "has no row in the README"
done

# Arrays alone: no array files, no GPU.
if floor=$(packages_below //tensor); then
  above=$(grep -E '^tensor/(io|cuda)$|^third_party/cuda$|^@(cuda|cudnn)//' <<<"$floor" | paste -sd' ')
  report "//tensor alone" "${above:+pulls in $above}"
fi

exit $wrong
