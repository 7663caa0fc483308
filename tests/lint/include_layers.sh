#!/usr/bin/env bash
# Fails when a folder includes a project header it has no right to see. The linker cannot catch this: every header is
# reachable from the repository root. The table is the one in docs/architecture.md, so that people and this test read the
# same: "FOLDER -> FOLDER FOLDER/* ...", where FOLDER is its own files and FOLDER/* those below it too. A folder that has
# no line is refused, and so is a line of no folder.
set -euo pipefail
cd "$1"
page=docs/architecture.md
table=$(sed -n '/^```who-may-see-whom$/,/^```$/p' "$page" | grep -e '->' || true)
[ -n "$table" ] || { echo "$page: has no table 'who-may-see-whom'"; exit 1; }
find core proposals backbone eval detector tools \( -name '*.h' -o -name '*.cc' \) -print0 |
  xargs -0 grep -HnE '^#include "' | sed -E 's/^([^:]+):([0-9]+):#include "([^"]+)".*/\1 \2 \3/' |
  awk -v table="$table" -v page="$page" '
    function folder_of(path) { sub("/[^/]*$", "", path); return path }
    BEGIN {
      count = split(table, lines, "\n")
      for (i = 1; i <= count; ++i) {
        split(lines[i], sides, "->")
        gsub(" ", "", sides[1])
        sees[sides[1]] = " " sides[2] " "
      }
    }
    {
      from = folder_of($1); to = folder_of($3); used[from] = 1
      if (!(from in sees)) { print from ": has no line in " page; status = 1; next }
      if (from == to || index(sees[from], " " to " ")) next
      for (above = to; ; above = folder_of(above)) {
        if (index(sees[from], " " above "/* ")) next
        if (above !~ "/") break
      }
      print $1 ":" $2 ": " from " may not see " $3 "; it sees:" sees[from]; status = 1
    }
    END {
      for (folder in sees) if (!(folder in used)) { print page ": no file of " folder " includes anything"; status = 1 }
      exit status
    }'
