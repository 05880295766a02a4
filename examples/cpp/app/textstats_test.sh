#!/bin/bash
# textstats_test.sh TEXTSTATS TEXT GOLDEN: the tool prints the golden report, and fails on no file.
set -euo pipefail

diff -u "$3" <("$1" "$2")

if "$1" no-such-file 2>"$TEST_TMPDIR/errors"; then
  echo "textstats accepted a missing file" >&2
  exit 1
fi
grep -qx 'textstats: cannot read no-such-file' "$TEST_TMPDIR/errors"
