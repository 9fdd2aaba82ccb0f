#!/bin/sh
# Wrong flags and damaged IDX files: one clear line each, exit code 2, nothing half written.
set -u
program=$PWD/$1
. "$PWD/examples/common/bad_input.sh"
cd "$TEST_TMPDIR" || exit 1

rejects_bad_flags
rejects --init --init=magic
rejects --optimizer --optimizer=
rejects --momentum --momentum=1.5

# 3 training and 2 test images, black with one white pixel each.
word() { printf "\\000\\000\\00$1\\$2"; }  # a big-endian 32-bit number below 2048, in octal bytes
images() { # COUNT
  printf '\000\000\010\003'; word 0 "00$1"; word 0 034; word 0 034
  head -c $((784 * $1)) /dev/zero
}
labels() { # COUNT
  printf '\000\000\010\001'; word 0 "00$1"
  printf '\001\002\003' | head -c "$1"
}
make_data() {
  rm -rf tiny
  mkdir -p tiny/mnist
  images 3 >tiny/mnist/train-images-idx3-ubyte
  labels 3 >tiny/mnist/train-labels-idx1-ubyte
  images 2 >tiny/mnist/t10k-images-idx3-ubyte
  labels 2 >tiny/mnist/t10k-labels-idx1-ubyte
}
run="--data_dir=tiny --epochs=1 --quiet"
make_data
"$program" $run --out_dir=good >/dev/null || fail "good data are rejected"

damaged() { # WHAT IT SAYS
  rejects "$1" $run --out_dir=unused
  [ ! -e unused ] || fail "an output folder was made for nothing"
  make_data
}
for file in train-images-idx3-ubyte train-labels-idx1-ubyte t10k-images-idx3-ubyte t10k-labels-idx1-ubyte; do
  path=tiny/mnist/$file
  rm $path
  damaged $file
  : >$path
  damaged $file
  head -c 9 "$path" >cut && mv cut $path
  damaged $file
  truncate -s -1 $path
  damaged $file
  printf x >>$path
  damaged $file
  mv $path raw && { gzip -c raw | head -c 30 >$path.gz; }
  damaged $file
  rm $path && echo 'neither gzip nor IDX' >$path.gz
  damaged $file
done
images=tiny/mnist/train-images-idx3-ubyte
{ printf '\000\000\010\003\177\377\377\377'; tail -c +9 $images; } >huge && mv huge $images
damaged train-images-idx3-ubyte  # claims 2^31 - 1 images
{ printf '\000\000\010\003\200\000\000\000'; tail -c +9 $images; } >huge && mv huge $images
damaged train-images-idx3-ubyte  # 2^31
labels 2 >tiny/mnist/train-labels-idx1-ubyte
damaged train-labels-idx1-ubyte  # fewer labels than images
printf '\000\000\010\001\000\000\000\003\001\012\003' >tiny/mnist/train-labels-idx1-ubyte
damaged train-labels-idx1-ubyte  # a label of 10
echo "PASSED"
