"""A repository made of a few files that lie in this one.

The rules that BUILD files load come from repositories of their own (rules_cc, rules_shell,
rules_cuda). With Bazel 4 and no network, these stand-ins take their places.
"""

def _impl(repository_ctx):
    for label, path in repository_ctx.attr.files.items():
        repository_ctx.symlink(label, path)
    for path in repository_ctx.attr.files.values():
        folder = path.rpartition("/")[0]
        if folder and not repository_ctx.path(folder + "/BUILD").exists:
            repository_ctx.file(folder + "/BUILD")

file_repository = repository_rule(
    implementation = _impl,
    attrs = {"files": attr.label_keyed_string_dict(doc = "file -> its path in the repository")},
)
