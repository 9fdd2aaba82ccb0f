"""@cuda and @cudnn: what the machine has of them. Having neither is not an error.

The toolkit is the one in $CUDA_PATH when that is set (to a folder without one: no toolkit), else the
one beside the nvcc on $PATH, else the one in /usr/local/cuda.
"""

def _toolkit(repository_ctx):
    """The toolkit's folder, or None."""
    nvcc = repository_ctx.which("nvcc")
    folder = repository_ctx.os.environ.get("CUDA_PATH", "")
    if not folder:
        folder = str(nvcc.realpath.dirname.dirname) if nvcc else "/usr/local/cuda"
    found = repository_ctx.path(folder + "/bin/nvcc").exists
    return repository_ctx.path(folder).realpath if found else None

def _gpus(repository_ctx, nvcc):
    """sm_90 and the like: this machine's GPUs, those that the kernels and nvcc know."""
    if not repository_ctx.which("nvidia-smi"):
        return []
    found = repository_ctx.execute(["nvidia-smi", "--query-gpu=compute_cap", "--format=csv,noheader"])
    if found.return_code != 0:
        return []
    capabilities = [c for c in found.stdout.split("\n") if c.replace(".", "").isdigit()]  # or [N/A]
    codes = ["sm_" + c.replace(".", "") for c in capabilities if int(c.split(".")[0]) >= 8]
    known = repository_ctx.execute([nvcc, "--list-gpu-code"]).stdout.split("\n")
    return [code for code in known if code in codes]

def _library_folder(repository_ctx, toolkit, library):
    """The folder that holds the file `library`, or None."""
    system = "/usr/lib/x86_64-linux-gnu"
    for folder in [str(toolkit) + "/lib64", str(toolkit) + "/lib", system]:
        if repository_ctx.path(folder + "/" + library).exists:
            return repository_ctx.path(folder)
    return None

def _write_build_file(repository_ctx, template, libraries):
    repository_ctx.template("BUILD", template, {
        "{found}": str(bool(libraries)),
        "{lib}": str(libraries),
    })

def _cuda_impl(repository_ctx):
    toolkit = _toolkit(repository_ctx)
    libraries = _library_folder(repository_ctx, toolkit, "libcudart_static.a") if toolkit else None
    nvcc = "/bin/false"
    gpus = []
    if libraries:
        nvcc = str(toolkit) + "/bin/nvcc"
        gpus = _gpus(repository_ctx, nvcc)
        for entry in ["include", "version.json"]:
            if toolkit.get_child(entry).exists:
                repository_ctx.symlink(toolkit.get_child(entry), entry)
    repository_ctx.file("toolkit.bzl", 'NVCC = "%s"\nGPUS = %s\n' % (nvcc, gpus))
    _write_build_file(repository_ctx, Label("//third_party/cuda:cuda.BUILD"), libraries)

cuda_repository = repository_rule(
    implementation = _cuda_impl,
    environ = ["CUDA_PATH", "PATH"],
    local = True,
)

def _cudnn_headers(repository_ctx, toolkit):
    for folder in [toolkit.get_child("include"), repository_ctx.path("/usr/include")]:
        if folder.get_child("cudnn.h").exists:
            return [h for h in folder.readdir() if h.basename.startswith("cudnn")]
    return []

def _cudnn_impl(repository_ctx):
    toolkit = _toolkit(repository_ctx)
    libraries = _library_folder(repository_ctx, toolkit, "libcudnn.so") if toolkit else None
    for header in _cudnn_headers(repository_ctx, toolkit) if libraries else []:
        repository_ctx.symlink(header, "include/" + header.basename)
    _write_build_file(repository_ctx, Label("//third_party/cuda:cudnn.BUILD"), libraries)

cudnn_repository = repository_rule(
    implementation = _cudnn_impl,
    environ = ["CUDA_PATH", "PATH"],
    local = True,
)
