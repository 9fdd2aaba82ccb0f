"""@rules_cuda//cuda:defs.bzl: cuda_library compiles each .cu and .cu.cc file with nvcc, into one library."""

load("@bazel_tools//tools/cpp:toolchain_utils.bzl", "find_cpp_toolchain")
load("@cuda//:toolkit.bzl", "NVCC")
load(":flags.bzl", "CudaArchsInfo")

def _compile(ctx, source, context, compiler):
    """One .cu file -> one position-independent object, good for archives and shared libraries."""
    output = ctx.actions.declare_file("%s_objs/%s.o" % (ctx.label.name, source.basename))
    args = ctx.actions.args()
    args.add_all(["-c", source, "-o", output, "-ccbin", compiler])
    args.add_all(["-x", "cu", "-std=c++20", "-O3", "-Xcompiler=-fPIC"])
    args.add_all(ctx.attr._archs[CudaArchsInfo].gencode)
    args.add_all(context.defines, format_each = "-D%s")
    args.add_all(depset(transitive = [context.includes, context.quote_includes]), format_each = "-I%s")
    args.add_all(context.system_includes, format_each = "-isystem=%s")
    args.add_all(ctx.attr.copts)
    ctx.actions.run(
        executable = NVCC,
        arguments = [args],
        inputs = depset([source] + ctx.files.srcs + ctx.files._version, transitive = [context.headers]),
        outputs = [output],
        mnemonic = "CudaCompile",
        use_default_shell_env = True,
    )
    return output

def _cuda_library_impl(ctx):
    toolchain = find_cpp_toolchain(ctx)
    features = cc_common.configure_features(ctx = ctx, cc_toolchain = toolchain)
    own = cc_common.create_compilation_context(
        defines = depset(ctx.attr.defines),
        headers = depset(ctx.files.hdrs),
        includes = depset(ctx.attr.includes),
        quote_includes = depset([".", ctx.bin_dir.path]),
    )
    deps = [dep[CcInfo] for dep in ctx.attr.deps]
    context = cc_common.merge_cc_infos(
        direct_cc_infos = [CcInfo(compilation_context = own)],
        cc_infos = deps,
    ).compilation_context
    objects = depset([
        _compile(ctx, source, context, toolchain.compiler_executable)
        for source in ctx.files.srcs
        if source.basename.endswith(".cu") or source.basename.endswith(".cu.cc")
    ])
    linking, _ = cc_common.create_linking_context_from_compilation_outputs(
        name = ctx.label.name,
        actions = ctx.actions,
        alwayslink = ctx.attr.alwayslink,
        cc_toolchain = toolchain,
        compilation_outputs = cc_common.create_compilation_outputs(objects = objects, pic_objects = objects),
        disallow_dynamic_library = True,
        feature_configuration = features,
        linking_contexts = [dep.linking_context for dep in deps],
    )
    return [CcInfo(compilation_context = context, linking_context = linking)]

cuda_library = rule(
    implementation = _cuda_library_impl,
    attrs = {
        "alwayslink": attr.bool(),
        "copts": attr.string_list(doc = "for nvcc"),
        "defines": attr.string_list(),
        "deps": attr.label_list(providers = [CcInfo]),
        "hdrs": attr.label_list(allow_files = True),
        "includes": attr.string_list(),
        "srcs": attr.label_list(allow_files = [".cu", ".cu.cc", ".cuh", ".h"]),
        "_archs": attr.label(default = "//cuda:archs"),
        "_cc_toolchain": attr.label(default = "@bazel_tools//tools/cpp:current_cc_toolchain"),
        "_version": attr.label(default = "@cuda//:version", allow_files = True),
    },
    fragments = ["cpp"],
    toolchains = ["@bazel_tools//tools/cpp:toolchain_type"],
)
