#!/bin/bash
# gpu_bundle.sh [--native] FOLDER: packs the tests and benchmarks that need a GPU, with the libraries
# that they need beside the C library and CUDA's, for a machine that has a GPU but no toolchain. There:
#   FOLDER/run.sh                # the tests
#   FOLDER/run.sh --benchmarks   # the tests, then training steps, and PyTorch's where it is there
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
  //tensor/cuda:quant_test
  //finetune:quantized_cuda_test
  //data:device_loader_test
  //models:captured_training_test
  //models/lm:lm_cuda_test
  //autograd/testing:op_cuda_test
)
readonly STEPS=//benchmarks:steps
# Of PyTorch: the CUDA script, and the table of networks that it reads, where that is there.
readonly PEERS=(benchmarks/peers/torch_cuda.py ../shared/peers/torch_cpu.py)

flags=(--config=portable)
if [ "${1:-}" = --native ]; then flags=(); shift; fi
if [ $# -ne 1 ]; then sed -n '2,/^set /{/^set /d;s/^# \{0,1\}//;p}' "$0" >&2; exit 2; fi
mkdir -p "$1"
folder=$(cd "$1" && pwd)
programs=$(mktemp -d)
trap 'rm -rf "$programs"' EXIT
mkdir "$programs"/{tests,benchmarks,libraries}

./bazelw build "${flags[@]}" "${TESTS[@]}" "$STEPS"
install -m 755 bazel-bin/benchmarks/steps "$programs/benchmarks/"
for script in "${PEERS[@]}"; do
  if [ -f "$script" ]; then install -m 644 "$script" "$programs/benchmarks/"; fi
done
for label in "${TESTS[@]}"; do
  path=${label#//}
  install -m 755 "bazel-bin/${path/://}" "$programs/tests/"
done
strip "$programs"/tests/* "$programs/benchmarks/steps"

# The C library's parts have to be the other machine's own.
ldd "$programs"/tests/* "$programs/benchmarks/steps" | awk '$3 ~ /^\// {print $3}' | sort -u |
  grep -vE '/(libc|libm|libdl|librt|libpthread|ld-linux[^/]*)\.so' |
  while read -r library; do install -m 644 "$library" "$programs/libraries/"; done
strip --strip-unneeded "$programs"/libraries/*
# oneDNN alone is 40 MB, and every program has the same 4 MB of kernels, which xz finds again.
tar -C "$programs" -c . | xz --lzma2=preset=6,dict=128MiB >"$folder/programs.tar.xz"

cat >"$folder/run.sh" <<'RUN'
#!/bin/bash
# Runs every test of this folder on the machine's GPU; arguments go to each (--gtest_filter=…,
# --gtest_list_tests). After --benchmarks, the first, come timings of training steps. Finds CUDA's
# libraries where the toolkit, a Python environment or the system has them. Ends with
# "N passed, N failed"; exits 1 when anything failed.
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

# Steps as they are and captured, in f32 and bf16, and PyTorch's beside them.
if [ -n "$benchmarks" ]; then
  steps=$programs/benchmarks/steps
  for flags in "" "--bf16"; do
    echo "== steps --device=cuda $flags"; "$steps" --device=cuda $flags || failed=$((failed + 1))
    echo "== steps --device=cuda --capture $flags"
    "$steps" --device=cuda --capture $flags || failed=$((failed + 1))
    if python3 -c 'import torch' 2>/dev/null; then
      echo "== torch_cuda.py $flags"; python3 "$programs/benchmarks/torch_cuda.py" $flags
    fi
  done
fi

[ "$skipped" -eq 0 ] || echo "$skipped skipped"
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
RUN
chmod +x "$folder/run.sh"

megabytes=$(du -sm "$folder" | cut -f1)
echo "$folder: $megabytes MB"
[ "$megabytes" -le "$MOST_MEGABYTES" ] || { echo "more than $MOST_MEGABYTES MB" >&2; exit 1; }
