"""Repositories made of what the operating system's packages installed.

Headers are linked into the repository rather than read from /usr/include, so that every action
declares them (an upgraded package recompiles what includes it) and sees them as system headers
(no warnings). Libraries stay where the linker looks for them anyway.
"""

_MACHINES = ["x86_64-linux-gnu", "aarch64-linux-gnu"]

_LIBRARY_FOLDERS = ["/usr/lib/" + machine for machine in _MACHINES] + ["/usr/lib64", "/usr/lib"]

def require(repository_ctx, path):
    """`path`, or an error that names the package to install when there is no such file."""
    if not repository_ctx.path(path).exists:
        fail("@{repo} needs {path}: run `apt-get install {package}`, or ./bazelw, which does it".format(
            package = repository_ctx.attr.package,
            path = path,
            repo = repository_ctx.name,
        ))
    return repository_ctx.path(path)

def library_folder(repository_ctx, library):
    """The folder that holds `library`, a file name such as libz.so."""
    for folder in _LIBRARY_FOLDERS:
        if repository_ctx.path(folder + "/" + library).exists:
            return repository_ctx.path(folder)
    return require(repository_ctx, _LIBRARY_FOLDERS[0] + "/" + library).dirname

def _header(repository_ctx, header):
    """Where a header or a folder of headers is: below include_root, or below the machine's part of it."""
    root = repository_ctx.attr.include_root
    for folder in [root] + [root + "/" + machine for machine in _MACHINES]:
        if repository_ctx.path(folder + "/" + header).exists:
            return repository_ctx.path(folder + "/" + header)
    return require(repository_ctx, root + "/" + header)

def _system_impl(repository_ctx):
    folder = repository_ctx.attr.build_folder
    prefix = folder + "/" if folder else ""
    for header in repository_ctx.attr.headers:
        repository_ctx.symlink(_header(repository_ctx, header), prefix + "include/" + header)
    for library in repository_ctx.attr.libraries:
        library_folder(repository_ctx, library)
    repository_ctx.symlink(repository_ctx.attr.build_file, prefix + "BUILD")

system_repository = repository_rule(
    implementation = _system_impl,
    local = True,
    doc = "A library: its headers below include/, its targets from build_file.",
    attrs = {
        "build_file": attr.label(mandatory = True),
        "build_folder": attr.string(doc = "where the registry's labels want build_file, such as @x//folder"),
        "headers": attr.string_list(doc = "files and folders below include_root"),
        "include_root": attr.string(default = "/usr/include"),
        "libraries": attr.string_list(doc = "files that the linker needs, such as libz.so"),
        "package": attr.string(mandatory = True),
    },
)

def _bazel_impl(repository_ctx):
    root = require(repository_ctx, repository_ctx.attr.path)
    for entry in root.readdir():
        repository_ctx.symlink(entry, entry.basename)

bazel_repository = repository_rule(
    implementation = _bazel_impl,
    local = True,
    doc = "One of the repositories that Bazel itself loads, as Debian packages it.",
    attrs = {
        "package": attr.string(mandatory = True),
        "path": attr.string(mandatory = True),
    },
)
