#!/bin/sh
# check_labels.sh passes a good tree and names each planted violation.
set -eu
check=$PWD/tools/check_labels.sh
failures=0

# A tree of two packages in which nothing is wrong.
good_tree() {
  tree=$(mktemp -d "$TEST_TMPDIR/tree.XXXXXX")
  mkdir -p "$tree/third_party" "$tree/joint"
  cat >"$tree/third_party/repositories.bzl" <<'EOF'
def dependencies():
    maybe(
        system_repository,
        name = "zlib",
    )
    maybe(file_repository, name = "rules_cc")
    maybe(file_repository, name = "abseil-cpp")
    maybe(bazel_repository, name = "rules_java")
EOF
  cat >"$tree/MODULE.bazel" <<'EOF'
module(name = "sample", version = "1")
bazel_dep(name = "zlib", version = "1")
bazel_dep(
    name = "com_absl",
    version = "2",
    repo_name = "abseil-cpp",
)
bazel_dep(name = "rules_cc", version = "3")  # not "@commented//out"
EOF
  cat >"$tree/joint/BUILD" <<'EOF'
load(
    "@rules_cc//cc:defs.bzl",
    "cc_library",
    "cc_test",
)

cc_library(
    name = "joint",
    deps = [
        "//third_party/gomp",
        "@abseil-cpp//absl/status",
        "@zlib",
    ],
)

cc_test(name = "joint_test")
EOF
}

expect_pass() {
  if ! output=$("$check" "$tree"); then
    echo "FAIL: $1: expected no violation, got: $output"
    failures=$((failures + 1))
  fi
}

# expect_violation WHAT TEXT: exactly one line, and it contains TEXT.
expect_violation() {
  if output=$("$check" "$tree"); then
    echo "FAIL: $1: not noticed"
    failures=$((failures + 1))
  elif [ "$output" != "$2" ]; then
    echo "FAIL: $1: expected '$2', got '$output'"
    failures=$((failures + 1))
  fi
}

good_tree
expect_pass "good tree"

good_tree
sed -i '/"zlib"/d' "$tree/MODULE.bazel"
sed -i '/@zlib/d' "$tree/joint/BUILD"
expect_violation "repository missing from MODULE.bazel" \
  "MODULE.bazel: does not declare @zlib, third_party/repositories.bzl does"

good_tree
echo 'bazel_dep(name = "fmt", version = "1")' >>"$tree/MODULE.bazel"
expect_violation "repository missing from WORKSPACE" \
  "third_party/repositories.bzl: does not declare @fmt, MODULE.bazel does"

good_tree
sed -i 's/repo_name = "abseil-cpp"/repo_name = "absl"/' "$tree/MODULE.bazel"
sed -i 's/name = "abseil-cpp"/name = "absl"/' "$tree/third_party/repositories.bzl"
expect_violation "undeclared label" \
  "joint/BUILD: @abseil-cpp is not declared in MODULE.bazel
joint/BUILD: @abseil-cpp is not declared in third_party/repositories.bzl"

good_tree
sed -i '/"cc_test",/d' "$tree/joint/BUILD"
expect_violation "rule that is not loaded" "joint/BUILD: cc_test is not loaded from @rules_cc//cc:defs.bzl"

good_tree
sed -i 's#@rules_cc//cc:defs.bzl#@rules_cc//cc:cc_library.bzl#' "$tree/joint/BUILD"
expect_violation "rules loaded from elsewhere" \
  "joint/BUILD: cc_library is not loaded from @rules_cc//cc:defs.bzl
joint/BUILD: cc_test is not loaded from @rules_cc//cc:defs.bzl"

good_tree
echo 'sh_test(name = "t")' >>"$tree/joint/BUILD"
expect_violation "native sh_test" "joint/BUILD: sh_test is not loaded from @rules_shell//shell:sh_test.bzl"

good_tree
printf 'def joint():\n    native.cc_library(name = "j")\n' >"$tree/joint/joint.bzl"
expect_violation "native rule in a macro" "joint/joint.bzl: uses native.cc_library"

exit $((failures > 0))
