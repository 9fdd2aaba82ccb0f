#!/bin/bash
# first_program_test.sh PROGRAM SOURCE README DIGITS
set -u
program=$1 source=$2 readme=$3 digits=$4

output=$("$program" "$digits") || { echo "FAIL: exit code $?"; exit 1; }
echo "$output"
[ "$(echo "$output" | wc -l)" = 5 ] || { echo "FAIL: expected 5 lines"; exit 1; }
last=$(echo "$output" | awk 'END { print $4 }')
awk -v loss="$last" 'BEGIN { exit !(loss < 0.2) }' || { echo "FAIL: loss $last after 100 steps"; exit 1; }

# The only C++ block of the README that has a main function.
shown=$(awk '/^```cpp$/ { block = ""; inside = 1; next }
             /^```$/ && inside { if (block ~ /int main/) printf "%s", block; inside = 0 }
             inside { block = block $0 "\n" }' "$readme")
diff <(echo "$shown") "$source" || { echo "FAIL: README.md and $source differ"; exit 1; }
