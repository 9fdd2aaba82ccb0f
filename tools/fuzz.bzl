"""fuzz_target: a reader that libFuzzer feeds, with the files it begins from."""

load("@rules_cc//cc:defs.bzl", "cc_binary", "cc_test")

def fuzz_target(name, srcs, seeds, deps):
    """Declares NAME, for tools/fuzz.sh alone, and NAME_seeds_test, which runs the seeds in any build.

    Args:
      name: ends in _fuzz.
      srcs: define LLVMFuzzerTestOneInput.
      seeds: files, good and bad, that the fuzzer changes.
      deps: as a cc_library's.
    """
    native.filegroup(
        name = name + "_seeds",
        srcs = seeds,
        testonly = True,
    )
    cc_binary(
        name = name,
        testonly = True,
        srcs = srcs,
        linkopts = ["-fsanitize=fuzzer"],
        tags = [
            "fuzz",
            "manual",
        ],
        deps = deps + ["//tools:fuzz_file"],
    )
    cc_test(
        name = name + "_seeds_test",
        size = "small",
        srcs = srcs,
        args = ["$(locations :%s_seeds)" % name],
        data = [":%s_seeds" % name],
        deps = deps + [
            "//tools:fuzz_file",
            "//tools:fuzz_replay",
        ],
    )
