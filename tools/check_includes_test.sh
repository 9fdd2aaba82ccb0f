#!/bin/sh
# check_includes.sh passes a good tree and names each planted violation.
set -eu
check=$PWD/tools/check_includes.sh
tree=$TEST_TMPDIR/tree
mkdir -p "$tree/joint/internal"

expect() {
  output=$("$check" "$tree") || true
  [ "$output" = "$2" ] && return
  echo "FAIL: $1: expected '$2', got '$output'"
  exit 1
}

cat >"$tree/joint/BUILD" <<'EOF'
cc_library(name = "joint", deps = ["@abseil-cpp//absl/status", "@zlib"])
EOF
cat >"$tree/joint/joint.cc" <<'EOF'
#include <vector>
#include <zlib.h>
#include "absl/status/status.h"
#include "joint/joint.h"
// #include "dnnl.hpp"
EOF
expect "good tree" ""

echo '#include "dnnl.hpp"' >"$tree/joint/internal/kernel.h"
expect "header without a dependency" \
  "joint/internal/kernel.h: includes dnnl.hpp, and joint/BUILD does not depend on @onednn"

echo 'cc_library(name = "kernel", deps = ["@onednn//:onednn"])' >"$tree/joint/internal/BUILD"
expect "dependency in the nearest BUILD file" ""

echo '#  include <Eigen/Core>' >"$tree/joint/other.cc"
expect "unusual spacing" "joint/other.cc: includes Eigen/Core, and joint/BUILD does not depend on @eigen"
