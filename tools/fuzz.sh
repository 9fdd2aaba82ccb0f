#!/bin/bash
# fuzz.sh [SECONDS [LABEL...]]: builds the fuzz targets with Clang, libFuzzer, AddressSanitizer and
# UndefinedBehaviorSanitizer, and runs each for so long (60), from its seeds. Prints a line per
# target; exits 1 when one failed, and says where the input is that did it.
set -u
cd "$(dirname "${BASH_SOURCE[0]}")/.."

seconds=${1:-60}
shift $(($# > 0 ? 1 : 0))
targets=("$@")
if [ ${#targets[@]} -eq 0 ]; then
  mapfile -t targets < <(./bazelw query 'attr(tags, "\bfuzz\b", //...)' 2>/dev/null)
fi
[ ${#targets[@]} -gt 0 ] || { echo "fuzz.sh: no targets" >&2; exit 1; }

./bazelw build --config=fuzz "${targets[@]}" || exit 1
found=$(mktemp -d)
status=0
for target in "${targets[@]}"; do
  name=${target#//}
  program=bazel-bin/${name/://}
  corpus=$found/${name//[:\/]/_}
  mkdir -p "$corpus"
  ./bazelw query "labels(srcs, ${target}_seeds)" 2>/dev/null | sed 's#^//##; s#:#/#' |
    while read -r seed; do cp "$seed" "$corpus/"; done
  if "$program" -max_total_time="$seconds" -max_len=65536 -timeout=10 -rss_limit_mb=2048 \
    -artifact_prefix="$corpus-" "$corpus" >"$corpus.log" 2>&1; then
    echo "ok $target: $(ls "$corpus" | wc -l) inputs, $(sed -n 's/^Done \([0-9]*\) runs in .*/\1/p' "$corpus.log") runs"
  else
    status=1
    echo "FAILED $target: $(ls "$corpus"-* 2>/dev/null | paste -sd' ')"
    tail -40 "$corpus.log"
  fi
done
[ $status -ne 0 ] || rm -rf "$found"
exit $status
