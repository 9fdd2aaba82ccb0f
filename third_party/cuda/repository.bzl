"""@cuda and @cudnn: what the machine has of them. Having neither is not an error.

The toolkit is looked for in $CUDA_PATH, then beside the nvcc on $PATH, then in /usr/local/cuda.
"""

def _toolkit(repository_ctx):
    """The toolkit's folder, or None."""
    nvcc = repository_ctx.which("nvcc")
    candidates = [repository_ctx.os.environ.get("CUDA_PATH", "")]
    candidates += [str(nvcc.realpath.dirname.dirname)] if nvcc else []
    candidates.append("/usr/local/cuda")
    for folder in candidates:
        if folder and repository_ctx.path(folder + "/bin/nvcc").exists:
            return repository_ctx.path(folder).realpath
    return None

def _library_folder(repository_ctx, toolkit, library):
    for folder in [toolkit.get_child("lib64"), toolkit.get_child("lib"), repository_ctx.path("/usr/lib/x86_64-linux-gnu")]:
        if folder.get_child(library).exists:
            return folder
    return None

def _cuda_impl(repository_ctx):
    toolkit = _toolkit(repository_ctx)
    if toolkit:
        repository_ctx.symlink(toolkit.get_child("include"), "include")
        if toolkit.get_child("version.json").exists:
            repository_ctx.symlink(toolkit.get_child("version.json"), "version.json")
    repository_ctx.file("toolkit.bzl", 'NVCC = "%s"\n' % (toolkit.get_child("bin").get_child("nvcc") if toolkit else "/bin/false"))
    repository_ctx.template("BUILD", Label("//third_party/cuda:cuda.BUILD"), {
        "{found}": str(bool(toolkit)),
        "{lib}": str(_library_folder(repository_ctx, toolkit, "libcudart_static.a") or "") if toolkit else "",
    })

cuda_repository = repository_rule(
    implementation = _cuda_impl,
    environ = ["CUDA_PATH", "PATH"],
    local = True,
)

def _cudnn_impl(repository_ctx):
    toolkit = _toolkit(repository_ctx)
    folder = _library_folder(repository_ctx, toolkit, "libcudnn.so") if toolkit else None
    found = False
    for include in [toolkit.get_child("include"), repository_ctx.path("/usr/include")] if folder else []:
        if not found and include.get_child("cudnn.h").exists:
            found = True
            for header in include.readdir():
                if header.basename.startswith("cudnn"):
                    repository_ctx.symlink(header, "include/" + header.basename)
    repository_ctx.template("BUILD", Label("//third_party/cuda:cudnn.BUILD"), {
        "{found}": str(found),
        "{lib}": str(folder or ""),
    })

cudnn_repository = repository_rule(
    implementation = _cudnn_impl,
    environ = ["CUDA_PATH", "PATH"],
    local = True,
)
