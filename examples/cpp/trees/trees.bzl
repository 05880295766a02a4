"""Rules whose outputs are directories and symbolic links."""

def _shelves_impl(ctx):
    out = ctx.actions.declare_directory(ctx.label.name)
    ctx.actions.run(
        executable = ctx.executable._shelve,
        arguments = [ctx.actions.args().add(out.path).add_all(ctx.files.texts)],
        inputs = ctx.files.texts,
        outputs = [out],
        mnemonic = "Shelve",
        progress_message = "Shelving the words of %d texts" % len(ctx.files.texts),
    )
    return [DefaultInfo(files = depset([out]), runfiles = ctx.runfiles([out]))]

shelves = rule(
    doc = "A directory with the words of all texts, one nested folder per first letter.",
    implementation = _shelves_impl,
    attrs = {
        "texts": attr.label_list(allow_files = [".txt"]),
        "_shelve": attr.label(
            cfg = "exec",
            default = "//tools:shelve",
            executable = True,
        ),
    },
)

def _releases_impl(ctx):
    out = ctx.actions.declare_directory(ctx.label.name)
    ctx.actions.run_shell(
        arguments = [out.path, ctx.file.content.path],
        command = """
set -eu
mkdir -p "$1/releases/1" "$1/releases/2"
head -n 2 "$2" > "$1/releases/1/text"
cat "$2" > "$1/releases/2/text"
printf '#!/bin/sh\\ncat "$(dirname "$0")/releases/2/text"\\n' > "$1/show"
chmod +x "$1/show"
ln -s releases/2 "$1/current"
ln -s ../1/text "$1/releases/2/previous"
""",
        inputs = [ctx.file.content],
        outputs = [out],
        mnemonic = "Release",
        progress_message = "Releasing %s" % ctx.file.content.short_path,
    )
    return [DefaultInfo(files = depset([out]), runfiles = ctx.runfiles([out]))]

releases = rule(
    doc = """A directory that holds symbolic links to a file and to a directory, both inside it,
and an executable file.""",
    implementation = _releases_impl,
    attrs = {"content": attr.label(allow_single_file = True)},
)

def _tree_size_impl(ctx):
    out = ctx.actions.declare_file(ctx.label.name + ".txt")
    trees = ctx.files.trees
    ctx.actions.run_shell(
        arguments = [ctx.actions.args().add(out).add_all(trees, expand_directories = False)],
        command = """
set -eu
out=$1
shift
find -L "$@" -type f | LC_ALL=C sort | xargs wc -c > "$out"
""",
        inputs = trees,
        outputs = [out],
        mnemonic = "TreeSize",
        progress_message = "Measuring %d trees" % len(trees),
    )
    return [DefaultInfo(files = depset([out]), runfiles = ctx.runfiles([out]))]

tree_size = rule(
    doc = "A list of all files in some directories with their sizes; directories are its inputs.",
    implementation = _tree_size_impl,
    attrs = {"trees": attr.label_list()},
)

def _alias_link_impl(ctx):
    out = ctx.actions.declare_file(ctx.label.name)
    ctx.actions.symlink(output = out, target_file = ctx.file.target)
    return [DefaultInfo(files = depset([out]), runfiles = ctx.runfiles([out]))]

alias_link = rule(
    doc = "A symbolic link to another file, which Bazel itself makes without running anything.",
    implementation = _alias_link_impl,
    attrs = {"target": attr.label(allow_single_file = True)},
)

def _dangling_link_impl(ctx):
    out = ctx.actions.declare_symlink(ctx.label.name)
    ctx.actions.run_shell(
        arguments = [ctx.attr.target, out.path],
        command = 'ln -s "$1" "$2"',
        outputs = [out],
        mnemonic = "DanglingLink",
        progress_message = "Linking to %s" % ctx.attr.target,
    )
    return [DefaultInfo(files = depset([out]), runfiles = ctx.runfiles([out]))]

dangling_link = rule(
    doc = "A symbolic link, made by an action, to a path that nothing needs to exist at.",
    implementation = _dangling_link_impl,
    attrs = {"target": attr.string(mandatory = True)},
)
