"""Tests of what runs on a device, compiled once and run twice."""

load("@rules_cc//cc:defs.bzl", "cc_library", "cc_test")

def device_tests(name, srcs, deps, size = "small"):
    """NAME_test, on the machine's GPU, where it has one, and NAME_emulated_test, everywhere.

    Args:
      name: of both, without "_test".
      srcs: of the tests.
      deps: of the tests, with GoogleTest's main, without the device's backend.
      size: of each test.
    """
    cc_library(
        name = name + "_cases",
        testonly = True,
        srcs = srcs,
        deps = deps,
        alwayslink = True,
    )
    for suffix, backend in [
        ("_test", "//tensor/cuda"),
        ("_emulated_test", "//tensor/cuda:emulated"),
    ]:
        cc_test(
            name = name + suffix,
            size = size,
            deps = [
                backend,
                ":%s_cases" % name,
            ],
        )
