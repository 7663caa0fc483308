#!/usr/bin/env bash
# Fails when docs/troubleshooting.md quotes a message that the program no longer has. Quoted are the texts in `code` of the
# tables' first column; "..." stands for what differs from case to case.
set -euo pipefail
cd "$1"
page=docs/troubleshooting.md
# The sources' string literals, neighbours joined, quotes unescaped.
sources=$(mktemp)
trap 'rm -f "$sources"' EXIT
find core proposals backbone eval detector tools -name '*.cc' -print0 | xargs -0 cat | tr '\n' ' ' |
  sed -E 's/([^\\])" *"/\1/g; s/\\"/"/g' >"$sources"
quotes=$(sed -n 's/^| \(`[^|]*`[^|]*\) |.*/\1/p' "$page" | grep -oE '`[^`]+`' | tr -d '`' | sed 's/\.\.\./\n/g' | sed -E "s/^[ ';,]+//; s/[ ',:]+$//" | grep -E '.{6}')
[ "$(wc -l <<<"$quotes")" -ge 20 ] || { echo "$page: expected a table of messages"; exit 1; }
status=0
while read -r quote; do
  grep -qF -- "$quote" "$sources" || { echo "$page: the program has no message with \"$quote\""; status=1; }
done <<<"$quotes"
exit $status
