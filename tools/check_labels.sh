#!/bin/sh
# check_labels.sh ROOT: holds third_party/repositories.bzl (WORKSPACE's side) and MODULE.bazel to the
# same repositories, every label in a BUILD or .bzl file to one of them, and every cc_*, sh_* and
# cuda_library rule to an explicit load (Bazel 9 has no native ones).
# Prints a line per violation; exits 1 when there is one.
set -eu
cd "$1"

files=$(find . \( -name .git -o -name 'bazel-*' \) -prune -o \
  \( -name BUILD -o -name BUILD.bazel -o -name '*.BUILD' -o -name '*.bzl' \) -print | sed 's#^\./##' | sort)

# shellcheck disable=SC2086
problems=$(awk '
  # Appends `line`, without its comment, to the text of its file.
  function add(line) {
    sub(/[ \t]*#.*$/, "", line)
    text[FILENAME] = text[FILENAME] " " line "\n"
  }

  # Takes the next match of `pattern` off the front of `rest`, into `found`.
  function take(pattern) {
    if (!match(rest, pattern)) return 0
    found = substr(rest, RSTART, RLENGTH)
    rest = substr(rest, RSTART + RLENGTH)
    return 1
  }

  function unquoted(s) { sub(/^[^"]*"/, "", s); sub(/".*$/, "", s); return s }

  function workspace_repositories() {
    rest = text["third_party/repositories.bzl"]
    while (take("[( \n]name = \"[^\"]*\"")) in_workspace[unquoted(found)]
  }

  # A bazel_dep declares its repo_name, or else its name; use_repo all but its first argument; any
  # other call that has a name declares that.
  function module_repositories(    count, calls, i, call) {
    count = split(text["MODULE.bazel"], calls, ")")
    for (i = 1; i <= count; i++) {
      call = calls[i]
      if (call ~ /[ \n]module\(|use_extension|use_repo_rule/) continue
      rest = call
      if (call ~ /use_repo\(/) { while (take("\"[^\"]*\"")) in_module[unquoted(found)] }
      else if (take("repo_name = \"[^\"]*\"")) in_module[unquoted(found)]
      else if (take("[( \n]name = \"[^\"]*\"")) in_module[unquoted(found)]
    }
  }

  function check_worlds(    name) {
    for (name in in_workspace)
      if (!(name in in_module) && !(name in bazel_own))
        print "MODULE.bazel: does not declare @" name ", third_party/repositories.bzl does"
    for (name in in_module)
      if (!(name in in_workspace))
        print "third_party/repositories.bzl: does not declare @" name ", MODULE.bazel does"
  }

  function check_labels(file,    name, seen) {
    split("", seen)
    rest = text[file]
    while (take("\"@[A-Za-z0-9_.~-]+(\"|//)")) {
      name = found
      gsub(/["@\/]/, "", name)
      if (name in seen || name in bazel_own) continue
      seen[name]
      if (!(name in in_workspace)) print file ": @" name " is not declared in third_party/repositories.bzl"
      if (!(name in in_module)) print file ": @" name " is not declared in MODULE.bazel"
    }
  }

  function check_rules(file,    rule, call, loaded) {
    split("", loaded)
    rest = text[file]
    while (take("[ \n]load\\([^)]*\\)")) {
      call = found
      for (rule in home) if (index(call, "\"" home[rule] "\"") && index(call, "\"" rule "\"")) loaded[rule]
    }
    for (rule in home)
      if (!(rule in loaded) && text[file] ~ "\n *" rule "\\(") print file ": " rule " is not loaded from " home[rule]
    if (file ~ /^third_party\/shims\//) return
    rest = text[file]
    while (take("native\\.(cc|sh|py|java)_[a-z_]+")) print file ": uses " found
  }

  BEGIN {
    # Bazel brings these along, or loads them by itself.
    split("bazel_tools remote_coverage_tools rules_java tenon", own, " ")
    for (i in own) bazel_own[own[i]]
    split("binary import library shared_library test", cc, " ")
    for (i in cc) home["cc_" cc[i]] = "@rules_cc//cc:defs.bzl"
    split("binary library test", sh, " ")
    for (i in sh) home["sh_" sh[i]] = "@rules_shell//shell:sh_" sh[i] ".bzl"
    home["cuda_library"] = "@rules_cuda//cuda:defs.bzl"
  }
  FNR == 1 { if (FILENAME != "MODULE.bazel") files[++file_count] = FILENAME; text[FILENAME] = "\n" }
  { add($0) }
  END {
    workspace_repositories()
    module_repositories()
    check_worlds()
    for (i = 1; i <= file_count; i++) {
      check_labels(files[i])
      check_rules(files[i])
    }
  }
' MODULE.bazel $files | sort)
[ -z "$problems" ] && exit 0
echo "$problems"
exit 1
