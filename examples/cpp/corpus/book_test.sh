#!/bin/bash
# book_test.sh BOOK CONTENTS REPORTS REPORT LATEST WORDS: the generated files belong together.
set -euo pipefail

fail() {
  echo "$*" >&2
  exit 1
}

[ "$(grep -c '^== ' "$1")" = 6 ] || fail "the book does not have six texts"
[ "$(wc -l < "$2")" = 6 ] || fail "the table of contents does not have six lines"
[ "$(wc -l < "$3")" = 6 ] || fail "there are not six reports"
grep -q '"name":"wheel.txt"' "$3" || fail "no report about wheel.txt"
cmp "$4" "$5" || fail "the latest report is not the report"
grep -qx "$(wc -w < "$1" | tr -d ' ') words" "$6" || fail "the word counts differ"
