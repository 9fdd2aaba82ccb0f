#!/bin/sh
# check_includes.sh ROOT: whoever includes an outside library's header names the library's repository
# in the BUILD file that owns it. The compiler cannot tell: Debian keeps all headers in /usr/include.
# Prints a line per violation; exits 1 when there is one.
set -eu
cd "$1"

# The repository that an included path belongs to, or nothing.
repository_of() {
  case $1 in
    absl/*) echo abseil-cpp ;;
    archive.h | archive_entry.h) echo libarchive ;;
    benchmark/*) echo google_benchmark ;;
    CLI/*) echo cli11 ;;
    cublas* | cuda.h | cuda_*) echo cuda ;;
    cudnn*) echo cudnn ;;
    curl/*) echo curl ;;
    dnnl* | oneapi/dnnl/*) echo onednn ;;
    Eigen/* | unsupported/Eigen/*) echo eigen ;;
    glog/*) echo glog ;;
    gmock/* | gtest/*) echo googletest ;;
    nlohmann/*) echo nlohmann_json ;;
    jerror.h | jpeglib.h) echo libjpeg_turbo ;;
    png.h) echo libpng ;;
    zlib.h) echo zlib ;;
  esac
}

# The BUILD file of the folder $1 or of the nearest one above it.
build_file_of() {
  folder=$1
  while [ ! -f "$folder/BUILD" ] && [ "$folder" != . ]; do folder=$(dirname "$folder"); done
  echo "$folder/BUILD"
}

problems=$(
  find . \( -name .git -o -name 'bazel-*' \) -prune -o \
    \( -name '*.h' -o -name '*.cc' -o -name '*.cu' -o -name '*.cuh' \) -print |
    xargs -r grep -HoE '^[[:space:]]*#[[:space:]]*include[[:space:]]*[<"][^>"]*' |
    sed 's#^\./##; s/:.*[<"]/ /' | sort -u |
    while read -r file header; do
      repository=$(repository_of "$header")
      [ -n "$repository" ] || continue
      build=$(build_file_of "$(dirname "$file")")
      grep -q "\"@$repository[/\"]" "$build" 2>/dev/null ||
        echo "$file: includes $header, and $build does not depend on @$repository"
    done
)
[ -z "$problems" ] && exit 0
echo "$problems"
exit 1
