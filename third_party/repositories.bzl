"""Every outside dependency under WORKSPACE, behind the label that the registry gives it.

Each goes through `maybe`: a workspace that defines a repository before it calls
tenon_dependencies() keeps its own. MODULE.bazel names the same repositories for Bazel 7 and later,
and //tools:labels_test keeps the two in step.
"""

load("@bazel_tools//tools/build_defs/repo:utils.bzl", "maybe")
load(":abseil.bzl", "abseil_repository")
load("//third_party/cuda:repository.bzl", "cuda_repository", "cudnn_repository")
load(":file_repository.bzl", "file_repository")
load(":system_repository.bzl", "bazel_repository", "system_repository")

def tenon_dependencies():
    """Declares the repositories that Tenon's packages depend on."""
    _libraries()
    _cuda()
    _rules()

def _libraries():
    maybe(
        abseil_repository,
        name = "abseil-cpp",
        package = "libabsl-dev",
    )
    maybe(
        system_repository,
        name = "cli11",
        build_file = Label("//third_party/system:cli11.BUILD"),
        headers = ["CLI"],
        package = "libcli11-dev",
    )
    maybe(
        system_repository,
        name = "curl",
        build_file = Label("//third_party/system:curl.BUILD"),
        headers = ["curl"],
        libraries = ["libcurl.so"],
        package = "libcurl4-openssl-dev",
    )
    maybe(
        system_repository,
        name = "eigen",
        build_file = Label("//third_party/system:eigen.BUILD"),
        headers = ["Eigen", "unsupported"],
        include_root = "/usr/include/eigen3",
        package = "libeigen3-dev",
    )
    maybe(
        system_repository,
        name = "glog",
        build_file = Label("//third_party/system:glog.BUILD"),
        headers = ["glog", "gflags"],
        libraries = ["libglog.so"],
        package = "libgoogle-glog-dev",
    )
    maybe(
        system_repository,
        name = "google_benchmark",
        build_file = Label("//third_party/system:google_benchmark.BUILD"),
        headers = ["benchmark"],
        libraries = ["libbenchmark.so", "libbenchmark_main.a"],
        package = "libbenchmark-dev",
    )
    maybe(
        system_repository,
        name = "googletest",
        build_file = Label("//third_party/system:googletest.BUILD"),
        headers = ["gmock", "gtest"],
        libraries = ["libgmock.a", "libgtest.a"],
        package = "libgmock-dev libgtest-dev",
    )
    maybe(
        system_repository,
        name = "libarchive",
        build_file = Label("//third_party/system:libarchive.BUILD"),
        build_folder = "libarchive",
        headers = ["archive.h", "archive_entry.h"],
        libraries = ["libarchive.so"],
        package = "libarchive-dev",
    )
    maybe(
        system_repository,
        name = "libjpeg_turbo",
        build_file = Label("//third_party/system:libjpeg_turbo.BUILD"),
        headers = ["jerror.h", "jmorecfg.h", "jpeglib.h"],
        libraries = ["libjpeg.so"],
        package = "libjpeg62-turbo-dev",
    )
    maybe(
        system_repository,
        name = "libpng",
        build_file = Label("//third_party/system:libpng.BUILD"),
        headers = ["png.h", "pngconf.h", "pnglibconf.h"],
        libraries = ["libpng.so"],
        package = "libpng-dev",
    )
    maybe(
        system_repository,
        name = "nlohmann_json",
        build_file = Label("//third_party/system:nlohmann_json.BUILD"),
        headers = ["nlohmann"],
        package = "nlohmann-json3-dev",
    )
    maybe(
        system_repository,
        name = "onednn",
        build_file = Label("//third_party/system:onednn.BUILD"),
        headers = [
            "dnnl.h",
            "dnnl.hpp",
            "oneapi/dnnl",
        ],
        libraries = ["libdnnl.so"],
        package = "libdnnl-dev",
    )
    maybe(
        system_repository,
        name = "zlib",
        build_file = Label("//third_party/system:zlib.BUILD"),
        headers = ["zconf.h", "zlib.h"],
        libraries = ["libz.so"],
        package = "zlib1g-dev",
    )

def _cuda():
    maybe(
        file_repository,
        name = "rules_cuda",
        files = {
            Label("//third_party/cuda:cuda_library.bzl"): "cuda/defs.bzl",
            Label("//third_party/cuda:flags.bzl"): "cuda/flags.bzl",
            Label("//third_party/cuda:rules_cuda.BUILD"): "cuda/BUILD",
        },
    )
    maybe(
        cuda_repository,
        name = "cuda",
    )
    maybe(
        cudnn_repository,
        name = "cudnn",
    )

def _rules():
    maybe(
        file_repository,
        name = "remote_coverage_tools",
        files = {Label("//third_party/shims:coverage.BUILD"): "BUILD"},
    )
    maybe(
        file_repository,
        name = "rules_cc",
        files = {Label("//third_party/shims:rules_cc.bzl"): "cc/defs.bzl"},
    )
    maybe(
        file_repository,
        name = "rules_shell",
        files = {
            Label("//third_party/shims:sh_binary.bzl"): "shell/sh_binary.bzl",
            Label("//third_party/shims:sh_test.bzl"): "shell/sh_test.bzl",
        },
    )
    maybe(
        bazel_repository,
        name = "bazel_skylib",
        package = "bazel-skylib",
        path = "/usr/share/bazel/tools/skylib",
    )
    maybe(
        bazel_repository,
        name = "platforms",
        package = "bazel-bootstrap-data",
        path = "/usr/share/bazel/platforms",
    )
    maybe(
        bazel_repository,
        name = "rules_java",
        package = "bazel-rules-java",
        path = "/usr/share/bazel/rules/java",
    )
