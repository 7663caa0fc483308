#!/usr/bin/env bash
# Checks that every source file is laid out as .clang-format says; with --fix, makes it so. The version is pinned,
# because versions differ in details.
set -euo pipefail
cd "$(dirname "$0")/.."

formatter=$(command -v clang-format-14 || command -v clang-format)
"$formatter" --version | grep -q 'version 14\.' || {
  echo "expected clang-format 14 (Debian 12's), found: $("$formatter" --version)" >&2
  exit 1
}
mode=(--dry-run --Werror)
[ "${1:-}" != --fix ] || mode=(-i)
find core proposals backbone detector eval tools tests examples \( -name '*.h' -o -name '*.cc' \) -print0 |
  xargs -0 "$formatter" "${mode[@]}"
