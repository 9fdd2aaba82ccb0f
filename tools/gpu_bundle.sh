#!/bin/bash
# gpu_bundle.sh [--native] FOLDER: packs the tests and benchmarks that need a GPU, with the libraries
# that they need beside the C library and CUDA's, for a machine that has a GPU but no toolchain. There:
#   FOLDER/run.sh                # the tests
#   FOLDER/run.sh --list         # what there is, without running it
#   FOLDER/run.sh --benchmarks   # the tests, then the benchmarks, and PyTorch's where it is there
#   FOLDER/run.sh --sanitize     # every operation under compute-sanitizer, where that is there
# Built for any x86-64 processor with AVX2; with --native for one like this machine's, which is
# quicker where everything is built so already.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

readonly MOST_MEGABYTES=45
readonly TESTS=(
  //tensor/cuda:device_count_test
  //tensor/cuda:attention_test
  //tensor/cuda:backend_test
  //tensor/cuda:captured_step_test
  //tensor/cuda:kernel_fault_test
  //tensor/cuda:quant_test
  //finetune:quantized_cuda_test
  //data:device_loader_test
  //models:captured_training_test
  //models/lm:lm_cuda_test
  //autograd/testing:op_cuda_test
  //autograd/testing:relu_mask_cuda_test
  //benchmarks:workloads_cuda_test
  //examples/airbench:recipe_cuda_test
)
readonly BENCHMARKS=(//benchmarks:steps //benchmarks:kernel_limits //examples/airbench:airbench)
# Of PyTorch: the CUDA scripts, and the table of networks that one reads, where that is there.
readonly PEERS=(benchmarks/peers/torch_{airbench,cuda,large}.py ../shared/peers/torch_cpu.py)

# A test is one file there, as any program is.
flags=(--dynamic_mode=off)
if [ "${1:-}" = --native ]; then shift; flags+=(--config=gpus); else flags+=(--config=portable); fi
if [ $# -ne 1 ]; then sed -n '2,/^set /{/^set /d;s/^# \{0,1\}//;p}' "$0" >&2; exit 2; fi
mkdir -p "$1"
folder=$(cd "$1" && pwd)
programs=$(mktemp -d)
trap 'rm -rf "$programs"' EXIT
mkdir "$programs"/{tests,benchmarks,libraries}

./bazelw build "${flags[@]}" "${TESTS[@]}" "${BENCHMARKS[@]}"
# pack FOLDER LABEL...: programs as Bazel left them.
pack() {
  local to=$1 label path
  shift
  for label in "$@"; do
    path=${label#//}
    install -m 755 "bazel-bin/${path/://}" "$programs/$to/"
  done
}
pack tests "${TESTS[@]}"
pack benchmarks "${BENCHMARKS[@]}"
strip "$programs"/{tests,benchmarks}/*

# The C library's parts have to be the other machine's own.
ldd "$programs"/{tests,benchmarks}/* | awk '$3 ~ /^\// {print $3}' | sort -u |
  grep -vE '/(libc|libm|libdl|librt|libpthread|ld-linux[^/]*)\.so' |
  while read -r library; do install -m 644 "$library" "$programs/libraries/"; done
for script in "${PEERS[@]}"; do
  if [ -f "$script" ]; then install -m 644 "$script" "$programs/benchmarks/"; fi
done
strip --strip-unneeded "$programs"/libraries/*
# oneDNN alone is 40 MB, and every program has the same 4 MB of kernels, which xz finds again.
tar -C "$programs" -c . | xz --lzma2=preset=6,dict=128MiB >"$folder/programs.tar.xz"

cat >"$folder/run.sh" <<'RUN'
#!/bin/bash
# Runs every test of this folder on the machine's GPU; arguments go to each (--gtest_filter=…,
# …). First among them, --benchmarks has the benchmarks run afterwards; --list names tests and
# benchmarks instead; --sanitize has the kernels' tests run under memcheck and racecheck instead. Finds
# CUDA's libraries where the toolkit, a Python environment or the system has them. Ends with
# "N passed, N failed", and "N skipped" before that; exits 1 when anything failed.
set -u
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
programs=$(mktemp -d)
trap 'rm -rf "$programs"' EXIT
# Without xz, Python's will do.
tar -C "$programs" -xJf "$here/programs.tar.xz" 2>/dev/null ||
  python3 -c 'import sys, tarfile; tarfile.open(sys.argv[1]).extractall(sys.argv[2])' \
    "$here/programs.tar.xz" "$programs" || exit 1

# Folders that hold cuBLAS or cuDNN.
cuda_folders() {
  local python
  for python in python3 python; do
    command -v "$python" >/dev/null &&
      "$python" -c 'import sys; print("\n".join(p for p in sys.path if p))' 2>/dev/null
  done | sort -u | while read -r place; do ls -d "$place"/nvidia/*/lib 2>/dev/null; done
  ls -d "${CUDA_PATH:-/usr/local/cuda}"/lib64 /usr/local/cuda/lib64 2>/dev/null
}
LD_LIBRARY_PATH="$programs/libraries:$(cuda_folders | paste -sd:):${LD_LIBRARY_PATH:-}"
export LD_LIBRARY_PATH

if [ "${1:-}" = --list ]; then
  for test in "$programs"/tests/*; do
    echo "test $(basename "$test")"
    "$test" --gtest_list_tests | grep -v '^Running main()' || exit 1
  done
  for benchmark in "$programs"/benchmarks/*; do echo "benchmark $(basename "$benchmark")"; done
  exit
fi

if [ "${1:-}" = --sanitize ]; then
  shift
  sanitizer=$(PATH=$PATH:${CUDA_PATH:-/usr/local/cuda}/bin command -v compute-sanitizer) ||
    { echo "compute-sanitizer: expected it on the PATH or in the toolkit" >&2; exit 1; }
  passed=0 failed=0
  for tool in memcheck racecheck; do
    for test in op_cuda_test quant_test attention_test backend_test; do
      echo "== $tool $test"
      if "$sanitizer" --tool "$tool" --error-exitcode 1 "$programs/tests/$test" "$@"; then
        passed=$((passed + 1))
      else
        failed=$((failed + 1))
      fi
    done
  done
  echo "$passed passed, $failed failed"
  [ "$failed" -eq 0 ]
  exit
fi

benchmarks=
if [ "${1:-}" = --benchmarks ]; then benchmarks=1; shift; fi

passed=0 failed=0 skipped=0
for test in "$programs"/tests/*; do
  echo "== $(basename "$test")"
  output=$("$test" "$@" 2>&1)
  status=$?
  echo "$output"
  # count WORD: the number in googletest's summary line of that word.
  count() { sed -nE "s/^\[  $1 +\] ([0-9]+) tests?.*/\1/p" <<<"$output" | tail -n 1 | grep . || echo 0; }
  bad=$(count FAILED)
  if [ "$status" -ne 0 ] && [ "$bad" -eq 0 ]; then bad=1; fi  # it crashed, or did not start
  passed=$((passed + $(count PASSED)))
  skipped=$((skipped + $(count SKIPPED)))
  failed=$((failed + bad))
done

# measure PROGRAM ARGUMENTS...
measure() {
  echo "== $*"
  "$programs/benchmarks/$1" "${@:2}" || failed=$((failed + 1))
}
# peer SCRIPT ARGUMENTS...: PyTorch's figures, where it and a GPU are there.
peer() {
  python3 -c 'import sys, torch; sys.exit(not torch.cuda.is_available())' 2>/dev/null || return
  echo "== $*"
  python3 "$programs/benchmarks/$1" "${@:2}"
}

if [ -n "$benchmarks" ]; then
  measure kernel_limits
  for flags in "" --tf32 --bf16; do
    measure steps --device=cuda $flags
    measure steps --device=cuda --capture $flags
    peer torch_cuda.py $flags
  done
  measure steps --device=cuda --capture --large --bf16
  peer torch_large.py
  # CIFAR-10 is too large to be packed too.
  if [ ! -e /dev/nvidia0 ]; then
    echo "skipped: no CUDA device"
  elif [ -d "${TENON_DATA:-.}/cifar10" ]; then
    export TENON_DATA=${TENON_DATA:-.}
    for precision in bf16 f16; do
      measure airbench --device=cuda --precision=$precision --seeds=10 --save_data \
        --out_dir="$programs/airbench" --overwrite --quiet
      peer torch_airbench.py --device=cuda --precision=$precision --seeds=10 \
        --modes=eager,compile,max-autotune --data_dir="$programs/airbench"
    done
  else
    echo "skipped: airbench, for want of \$TENON_DATA/cifar10"
  fi
fi

[ "$skipped" -eq 0 ] || echo "$skipped skipped"
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
RUN
chmod +x "$folder/run.sh"

megabytes=$(du -sm "$folder" | cut -f1)
echo "$folder: $megabytes MB"
[ "$megabytes" -le "$MOST_MEGABYTES" ] || { echo "more than $MOST_MEGABYTES MB" >&2; exit 1; }
