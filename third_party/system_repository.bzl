"""A repository made of a library that the operating system's packages installed.

Headers are linked into the repository rather than read from /usr/include, so that every action
declares them: an upgraded package recompiles what includes it. Libraries stay where the linker
looks for them anyway.
"""

_LIBRARY_FOLDERS = ["/usr/lib/x86_64-linux-gnu", "/usr/lib/aarch64-linux-gnu", "/usr/lib64", "/usr/lib"]

def missing(repository_ctx, what):
    fail("@{repo} needs {what}: run `apt-get install {package}` (or ./bazelw, which does)".format(
        repo = repository_ctx.name,
        what = what,
        package = repository_ctx.attr.package,
    ))

def library_folder(repository_ctx, library):
    """The folder that holds `library`, a file name such as libdnnl.so."""
    for folder in _LIBRARY_FOLDERS:
        if repository_ctx.path(folder + "/" + library).exists:
            return repository_ctx.path(folder)
    missing(repository_ctx, library)

def _impl(repository_ctx):
    for header in repository_ctx.attr.headers:
        path = repository_ctx.path(repository_ctx.attr.include_root + "/" + header)
        if not path.exists:
            missing(repository_ctx, str(path))
        repository_ctx.symlink(path, "include/" + header)
    for library in repository_ctx.attr.libraries:
        library_folder(repository_ctx, library)
    repository_ctx.symlink(repository_ctx.attr.build_file, "BUILD")

system_repository = repository_rule(
    implementation = _impl,
    local = True,
    attrs = {
        "build_file": attr.label(mandatory = True),
        "headers": attr.string_list(mandatory = True, doc = "files and folders below include_root"),
        "include_root": attr.string(default = "/usr/include"),
        "libraries": attr.string_list(doc = "files that must exist, such as libz.so"),
        "package": attr.string(mandatory = True, doc = "the Debian package to name when one is missing"),
    },
)
