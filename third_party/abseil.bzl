"""@abseil-cpp out of Debian's libabsl-dev, under the registry's target names."""

load(":system_repository.bzl", "library_folder", "require")

# Folder -> targets. All are one library underneath: the static archives are linked as a group, and
# the linker takes from an archive only the members that are used.
_TARGETS = {
    "algorithm": ["algorithm", "container"],
    "base": ["base", "config", "core_headers", "endian", "log_severity"],
    "cleanup": ["cleanup"],
    "container": [
        "btree",
        "fixed_array",
        "flat_hash_map",
        "flat_hash_set",
        "inlined_vector",
        "node_hash_map",
        "node_hash_set",
    ],
    "functional": ["any_invocable", "bind_front", "function_ref"],
    "hash": ["hash"],
    "memory": ["memory"],
    "meta": ["type_traits"],
    "numeric": ["bits", "int128"],
    "status": ["status", "statusor"],
    "strings": ["cord", "str_format", "strings"],
    "synchronization": ["synchronization"],
    "time": ["time"],
    "types": ["any", "optional", "span", "variant"],
    "utility": ["utility"],
}

_ROOT = """\
load("@rules_cc//cc:defs.bzl", "cc_library")

cc_library(
    name = "abseil",
    hdrs = glob(["include/absl/**"]),
    includes = ["include"],
    linkopts = ["-Wl,--start-group"] + {archives} + ["-Wl,--end-group", "-pthread"],
    visibility = ["//absl:__subpackages__"],
)
"""

_ALIAS = """\
alias(
    name = "{name}",
    actual = "//:abseil",
    visibility = ["//visibility:public"],
)
"""

def _impl(repository_ctx):
    repository_ctx.symlink(require(repository_ctx, "/usr/include/absl"), "include/absl")
    files = library_folder(repository_ctx, "libabsl_base.a").readdir()
    archives = sorted([f.basename for f in files if f.basename.startswith("libabsl_")])
    flags = ["-l:" + a for a in archives if a.endswith(".a")]
    repository_ctx.file("BUILD", _ROOT.format(archives = flags))
    for folder, targets in _TARGETS.items():
        aliases = "\n".join([_ALIAS.format(name = t) for t in targets])
        repository_ctx.file("absl/%s/BUILD" % folder, aliases)

abseil_repository = repository_rule(
    implementation = _impl,
    local = True,
    attrs = {"package": attr.string(default = "libabsl-dev")},
)
