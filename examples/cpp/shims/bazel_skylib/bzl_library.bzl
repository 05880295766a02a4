"""The one rule that Bazel 7's description of its Java toolchains loads from here."""

def _bzl_library_impl(ctx):
    return [DefaultInfo(files = depset(ctx.files.srcs))]

bzl_library = rule(
    doc = "A list of Starlark files.",
    implementation = _bzl_library_impl,
    attrs = {
        "srcs": attr.label_list(allow_files = True),
        "deps": attr.label_list(),
    },
)
