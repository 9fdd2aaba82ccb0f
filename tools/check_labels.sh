#!/bin/sh
# check_labels.sh ROOT: holds WORKSPACE's third_party/repositories.bzl and MODULE.bazel to the same
# repositories, every label in a BUILD or .bzl file to one of them, and every cc_*, sh_* and
# cuda_library rule to an explicit load (Bazel 9 has no native ones).
# Prints a line per violation; exits 1 when there is one.
set -eu
cd "$1"

# Bazel brings these along, or loads them by itself.
bazel_own=" bazel_tools remote_coverage_tools rules_java tenon "

build_files() {
  find . \( -name '.git' -o -name 'bazel-*' \) -prune -o \
    \( -name BUILD -o -name BUILD.bazel -o -name '*.BUILD' -o -name '*.bzl' \) -print | sed 's#^\./##' | sort
}

code() { sed 's/[[:space:]]*#.*$//' "$1"; }

# Every string between double quotes that follows `key =`, or comes first in a call of `function`.
quoted() { grep -o '"[^"]*"' | tr -d '"'; }

workspace_repositories() {
  code third_party/repositories.bzl | grep -oE '\bname = "[^"]*"' | quoted
}

# bazel_dep's repo_name wins over its name; module() declares no repository.
module_repositories() {
  code MODULE.bazel | tr '\n' ' ' | sed 's/)/)\n/g' | while read -r call; do
    case $call in
      "module("*) ;;
      *repo_name\ =*) echo "$call" | grep -oE 'repo_name = "[^"]*"' | quoted ;;
      *"use_repo("*) echo "$call" | sed 's/.*use_repo([^,]*,//' | quoted ;;
      *use_extension* | *use_repo_rule*) ;;
      *) echo "$call" | grep -oE '\bname = "[^"]*"' | quoted || true ;;
    esac
  done | sort -u
}

has() { case " $(echo $1) " in *" $2 "*) ;; *) return 1 ;; esac; }

workspace=$(workspace_repositories)
module=$(module_repositories)

check_worlds() {
  for name in $workspace; do
    has "$module$bazel_own" "$name" || echo "MODULE.bazel: does not declare @$name, third_party/repositories.bzl does"
  done
  for name in $module; do
    has "$workspace" "$name" || echo "third_party/repositories.bzl: does not declare @$name, MODULE.bazel does"
  done
}

check_labels() {
  for name in $(code "$1" | grep -oE '"@[A-Za-z0-9_.~-]+("|//)' | sed 's#^"@##; s#["/]*$##' | sort -u); do
    has "$bazel_own" "$name" && continue
    has "$workspace" "$name" || echo "$1: @$name is not declared in third_party/repositories.bzl"
    has "$module" "$name" || echo "$1: @$name is not declared in MODULE.bazel"
  done
}

# The names that `file` loads from a label that starts with $2.
loaded() {
  code "$1" | tr '\n' ' ' | grep -oE "load\( *\"$2[^)]*\)" | quoted | grep -v '^@' || true
}

check_rule() {
  code "$1" | grep -qE "^[[:space:]]*$2\(" || return 0
  has "$(loaded "$1" "$3")" "$2" || echo "$1: $2 is not loaded from $3"
}

check_rules() {
  for rule in cc_binary cc_import cc_library cc_shared_library cc_test; do
    check_rule "$1" $rule "@rules_cc//cc:defs.bzl"
  done
  for rule in sh_binary sh_library sh_test; do
    check_rule "$1" $rule "@rules_shell//shell:$rule.bzl"
  done
  check_rule "$1" cuda_library "@rules_cuda//cuda:defs.bzl"
  case $1 in third_party/shims/*) return ;; esac
  code "$1" | grep -oE '\bnative\.(cc|sh|py|java)_[a-z_]+' | sort -u | sed "s#^#$1: uses #"
}

problems=$(
  check_worlds
  build_files | while read -r file; do
    check_labels "$file"
    check_rules "$file"
  done
)
[ -z "$problems" ] && exit 0
echo "$problems"
exit 1
