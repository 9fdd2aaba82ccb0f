#!/bin/sh
# check_includes.sh ROOT: whoever includes an outside library's header names the library's repository
# in the BUILD file that owns it. The compiler cannot tell: Debian keeps all headers in /usr/include.
# Prints a line per violation; exits 1 when there is one.
set -eu
cd "$1"

# files PATTERN...: those of the tree that are named so.
files() {
  find . \( -name .git -o -name 'bazel-*' \) -prune -o -type f -regex ".*/\($1\)" -print
}

{
  files 'BUILD' | sed 's/^/build /'
  files 'BUILD' | xargs -r grep -HoE '"@[a-z0-9_-]+[/"]' | sed 's#^\(.*\):"@\(.*\)["/]$#depends \1 \2#'
  files '.*\.\(h\|cc\|cu\|cuh\)' | xargs -r grep -HoE '^[[:space:]]*#[[:space:]]*include[[:space:]]*[<"][^>"]*' |
    sed 's#^\([^:]*\):.*[<"]#include \1 #' | sort -u
} | awk '
  # The repository that an included path belongs to, or nothing.
  function repository_of(header) {
    if (header ~ /^absl\//) return "abseil-cpp"
    if (header ~ /^archive(_entry)?\.h$/) return "libarchive"
    if (header ~ /^benchmark\//) return "google_benchmark"
    if (header ~ /^CLI\//) return "cli11"
    if (header ~ /^(cublas|cuda\.h$|cuda_)/) return "cuda"
    if (header ~ /^cudnn/) return "cudnn"
    if (header ~ /^curl\//) return "curl"
    if (header ~ /^(dnnl|oneapi\/dnnl\/)/) return "onednn"
    if (header ~ /^(unsupported\/)?Eigen\//) return "eigen"
    if (header ~ /^glog\//) return "glog"
    if (header ~ /^(gmock|gtest)\//) return "googletest"
    if (header ~ /^nlohmann\//) return "nlohmann_json"
    if (header ~ /^(jerror|jpeglib)\.h$/) return "libjpeg_turbo"
    if (header == "png.h") return "libpng"
    if (header == "zlib.h") return "zlib"
    return ""
  }
  # The BUILD file of the folder of a file, or of the nearest one above it.
  function build_file_of(file) {
    while (sub(/\/[^\/]*$/, "", file)) if ((file "/BUILD") in builds) return file "/BUILD"
    return "./BUILD"
  }
  $1 == "build" { builds[$2] }
  $1 == "depends" { depends[$2, $3] }
  $1 == "include" && (repository = repository_of($3)) != "" {
    build = build_file_of($2)
    if ((build, repository) in depends) next
    print substr($2, 3) ": includes " $3 ", and " substr(build, 3) " does not depend on @" repository
    bad = 1
  }
  END { exit bad }
'
