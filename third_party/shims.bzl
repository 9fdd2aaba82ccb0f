def _impl(repository_ctx):
    for label, path in repository_ctx.attr.files.items():
        repository_ctx.symlink(label, path)

shim_repository = repository_rule(implementation = _impl, attrs = {"files": attr.label_keyed_string_dict()})
