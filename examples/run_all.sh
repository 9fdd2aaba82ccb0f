#!/bin/bash
# Runs every experiment in full, one after another, each into a folder of its own below OUT_DIR:
#
#   examples/run_all.sh OUT_DIR [FLAG...] [-- TARGET...]     # FLAGs go to each: --quick, --device=cuda
#
# and writes OUT_DIR/summary.md: each target, its seconds, its result. An experiment that is there
# already is kept, so that a run that was stopped goes on; one that fails is said, and the others run.
set -u
usage() { sed -n '2,7s/^# \{0,1\}//p' "$0"; exit 2; }
[ $# -gt 0 ] && [ "${1#-}" = "$1" ] || usage
out=$1
shift
flags=()
while [ $# -gt 0 ] && [ "$1" != -- ]; do flags+=("$1"); shift; done
[ $# -gt 0 ] && shift
targets=("$@")
[ ${#targets[@]} -gt 0 ] || targets=(
  intro:tensors intro:cifar10 intro:alexnet intro:validation intro:transfer
  weight_init:lenet
  mnist_ffnn:optimizers mnist_ffnn:regularization
  covertype:baseline covertype:wide_deep covertype:deep_cross covertype:best
  optimization:batch_size optimization:batch_norm optimization:optimizers optimization:annealing optimization:resnet
  animal_faces:memorization animal_faces:early_stopping animal_faces:penalties animal_faces:dropout
  animal_faces:augmentation animal_faces:batch_size animal_faces:pruning animal_faces:lottery animal_faces:distillation
  small_nets:forty_four small_nets:losses small_nets:vanishing small_nets:schedules
  features:embed
  airbench:airbench)

mkdir -p "$out" && out=$(cd "$out" && pwd) || exit 1
cd "$(dirname "$0")/.." || exit 1
./bazelw build "${targets[@]/#/\/\/examples\/}" || exit 1

# Wall and processor seconds of a command.
TIMEFORMAT='%R %U %S'
failed=0
for target in "${targets[@]}"; do
  folder=$out/${target/:/_}
  [ -s "$folder/seconds" ] && continue
  echo "== $target"
  { time "bazel-bin/examples/${target/://}" --out_dir="$folder" --overwrite "${flags[@]}" >"$folder.log" 2>&1; } 2>"$folder.time"
  if grep -q '^RESULT ' "$folder.log"; then
    mv "$folder.time" "$folder/seconds"
    mv "$folder.log" "$folder/log"
    tail -n 1 "$folder/log"
  else
    failed=$((failed + 1))
    echo "FAILED: $(tail -n 1 "$folder.log")"
  fi
done

{
  echo '| target | seconds | of a processor | result |'
  echo '|---|---:|---:|---|'
  for target in "${targets[@]}"; do
    folder=$out/${target/:/_}
    [ -s "$folder/seconds" ] || { echo "| \`$target\` | - | - | failed |"; continue; }
    read -r wall user system <"$folder/seconds"
    result=$(tail -n 1 "$folder/log" | cut -d ' ' -f 6-)
    echo "$target $wall $user $system" | awk '{ printf "| `%s` | %.0f | %.0f |", $1, $2, $3 + $4 }'
    echo " $result |"
  done
} >"$out/summary.md"
awk -F '|' '{ wall += $3; cpu += $4 } END { printf "| in all | %.0f | %.0f | |\n", wall, cpu }' "$out/summary.md" >>"$out/summary.md"
cat "$out/summary.md"
[ $failed = 0 ]
