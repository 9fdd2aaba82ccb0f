#!/bin/sh
# Runs a check on the source tree, which it finds behind the runfiles' symbolic link.
set -eu
exec "$1" "$(dirname "$(readlink -f MODULE.bazel)")"
