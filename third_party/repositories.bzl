"""Every outside dependency under WORKSPACE, behind the label that the registry gives it.

Each goes through `maybe`, so that a workspace's own definition of a repository wins. MODULE.bazel
names the same repositories for Bazel 6 and later.
"""

load("@bazel_tools//tools/build_defs/repo:utils.bzl", "maybe")
load(":shims.bzl", "shim_repository")
load(":abseil.bzl", "abseil_repository")
load(":system_repository.bzl", "system_repository")

def _system(name, package, headers, libraries = [], include_root = "/usr/include"):
    maybe(
        system_repository,
        name = name,
        build_file = "@tenon//third_party:%s.BUILD" % name,
        headers = headers,
        include_root = include_root,
        libraries = libraries,
        package = package,
    )

def tenon_dependencies():
    """Declares the repositories that Tenon's packages depend on."""
    maybe(shim_repository, name = "rules_cc", files = {"//third_party/shims/rules_cc/cc:BUILD": "cc/BUILD", "//third_party/shims/rules_cc/cc:defs.bzl": "cc/defs.bzl"})
    maybe(shim_repository, name = "remote_coverage_tools", files = {"//third_party/shims/remote_coverage_tools:BUILD": "BUILD"})
    maybe(native.local_repository, name = "platforms", path = "/usr/share/bazel/platforms")
    maybe(native.local_repository, name = "bazel_skylib", path = "/usr/share/bazel/tools/skylib")
    maybe(native.local_repository, name = "rules_java", path = "/usr/share/bazel/rules/java")
    maybe(native.local_repository, name = "rules_proto", path = "/usr/share/bazel/rules/proto")
    maybe(abseil_repository, name = "abseil-cpp")
    _system("cli11", "libcli11-dev", ["CLI"])
    _system("eigen", "libeigen3-dev", ["Eigen", "unsupported"], include_root = "/usr/include/eigen3")
    _system("glog", "libgoogle-glog-dev", ["glog", "gflags"], ["libglog.so"])
    _system("google_benchmark", "libbenchmark-dev", ["benchmark"], ["libbenchmark.so", "libbenchmark_main.a"])
    _system("googletest", "libgtest-dev libgmock-dev", ["gtest", "gmock"], ["libgtest.a", "libgmock.a"])
    _system("libpng", "libpng-dev", ["png.h", "pngconf.h", "pnglibconf.h"], ["libpng.so"])
    _system("nlohmann_json", "nlohmann-json3-dev", ["nlohmann"])
    _system("onednn", "libdnnl-dev", _ONEDNN_HEADERS, ["libdnnl.so"])
    _system("zlib", "zlib1g-dev", ["zlib.h", "zconf.h"], ["libz.so"])

_ONEDNN_HEADERS = ["oneapi/dnnl"] + ["dnnl%s" % s for s in [
    ".h",
    ".hpp",
    "_config.h",
    "_debug.h",
    "_types.h",
    "_version.h",
]]
