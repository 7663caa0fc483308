#!/usr/bin/env bash
# Fails when a public header includes an internal one, which the installed package lacks: the compiler finds both here.
# Public is what the folders' CMakeLists.txt list as HEADERS.
set -euo pipefail
cd "$1"
public=$(for folder in core proposals backbone eval detector; do
  sed -n '/^  HEADERS$/,/^  [A-Z]*$/p' "$folder/CMakeLists.txt" | sed -nE "s|^    ([a-z0-9_/]+\.h)\)?$|$folder/\1|p"
done)
[ -n "$public" ] || { echo "no CMakeLists.txt lists HEADERS"; exit 1; }
status=0
while IFS=: read -r file line header; do
  grep -qxF "$header" <<<"$public" || { echo "$file:$line: $header is not public"; status=1; }
done < <(xargs grep -HnE '^#include "' <<<"$public" | sed -E 's/:#include "([^"]+)".*/:\1/')
exit $status
