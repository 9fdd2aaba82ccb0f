#!/bin/sh
# Runs check_labels.sh on the source tree, which it finds behind the runfiles' symbolic link.
set -eu
exec tools/check_labels.sh "$(dirname "$(readlink -f MODULE.bazel)")"
