#!/bin/sh
# Wrong flags, and folders of pictures that are not as they should be: one clear line each, exit
# code 2.
set -u
program=$PWD/$1
. "$PWD/examples/common/bad_input.sh"
cd "$TEST_TMPDIR" || exit 1

rejects_bad_flags
rejects --seeds --seeds=0
rejects --quick --quick=maybe

damaged() { # WHAT IT SAYS
  rejects "$1" --data_dir=tiny --out_dir=unused
  [ ! -e unused ] || fail "an output folder was made for nothing"
}
mkdir -p tiny/afhq_like
damaged "afhq_like"  # no folders of classes
mkdir -p tiny/afhq_like/train/cat tiny/afhq_like/val/cat
damaged "expected .jpg, .jpeg or .png files"
echo "no picture" >tiny/afhq_like/train/cat/1.jpg
cp tiny/afhq_like/train/cat/1.jpg tiny/afhq_like/val/cat/1.jpg
damaged "1.jpg"
rm -r tiny/afhq_like
echo "no archive" >tiny/afhq.zip
damaged "afhq.zip"
echo "PASSED"
