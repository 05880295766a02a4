#!/bin/bash
# trees_test.sh SHELVES RELEASES SIZES BOOK: directories, links and modes have come through.
set -euo pipefail

fail() {
  echo "$*" >&2
  exit 1
}

grep -qx "wheel [1-9][0-9]*" "$1/shelf/w/words.txt" || fail "the wheel is not on its shelf"
cmp "$2/releases/2/previous" "$2/releases/1/text" || fail "the previous release is not the first"
[ "$("$2/show")" = "$(cat "$4")" ] || fail "the release does not show the book"
grep -q 'shelf/w/words.txt$' "$3" || fail "the sizes miss a shelf"

# The link to a directory is looked at where it is an action's input: Bazel 4 leaves such links out
# of the runfiles of a test that runs remotely.
size_of() { awk -v file="$1" 'index($2, file) == length($2) - length(file) + 1 { print $1 }' "$2"; }
current=$(size_of /releases/current/text "$3")
[ -n "$current" ] || fail "the sizes miss the current release"
[ "$current" = "$(size_of /releases/releases/2/text "$3")" ] ||
  fail "the current release is not the second one"
