# For tests: how a program must meet bad input. Sourced with `program` set.

export OMP_NUM_THREADS="${OMP_NUM_THREADS:-1}"  # tests run beside each other

fail() { echo "FAILED: $*"; exit 1; }

# rejects WHAT ARGUMENT…: the program ends with code 2 and one line on standard error that contains
# WHAT, says nothing else, and leaves no temporary file.
rejects() {
  what=$1
  shift
  code=0
  "$program" "$@" >stdout 2>stderr || code=$?
  [ $code = 2 ] || fail "$*: exit code $code, expected 2: $(cat stderr)"
  [ "$(wc -l <stderr)" = 1 ] || fail "$*: expected one line, got: $(cat stderr)"
  grep -qF -e "$what" stderr || fail "$*: expected '$what' in: $(cat stderr)"
  [ ! -s stdout ] || fail "$*: unexpected output: $(cat stdout)"
  if find . -name '*.tmp*' | grep .; then fail "$*: temporary files left"; fi
  echo "$(cat stderr)"
}

# The flags that all examples share.
rejects_bad_flags() {
  rejects --epoch --epoch=3
  rejects frobnicate frobnicate
  rejects --epochs --epochs=-1
  rejects --epochs --epochs=0
  rejects --epochs --epochs=many
  rejects --epochs --epochs=3.5
  rejects --epochs --epochs=99999999999
  rejects --epochs --epochs
  rejects --seed --seed=-1
  rejects --seed --seed=18446744073709551616
  rejects --batch_size --batch_size=0
  rejects --lr --lr=-0.1
  rejects --lr --lr=nan
  rejects --lr --lr=0.1x
  rejects --device --device=tpu
  rejects --device --device=cuda:77
  rejects --resume --resume=maybe
  echo "in the way" >file
  rejects --out_dir --out_dir=file
  rejects --out_dir --out_dir=file/below
  rejects --out_dir --out_dir=/proc/tenon
  rejects --out_dir --out_dir=
  rejects no_such_folder --data_dir=no_such_folder --out_dir=unused
  [ ! -e unused ] || fail "an output folder was made for nothing"
}
