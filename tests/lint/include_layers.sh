#!/usr/bin/env bash
# Fails when a folder includes a project header it has no right to see. The
# linker cannot catch this: every header is reachable from the repository root.
# The lists say what is allowed, so a new folder or header is refused until named.
set -euo pipefail
cd "$1"
status=0
allow() {  # allow <folder> <regex of permitted project headers>
  if find "$1" -maxdepth "${3:-9}" \( -name '*.h' -o -name '*.cc' \) -print0 |
     xargs -0 grep -nE '^#include "' | grep -vE "#include \"($2)"; then
    echo "^^^ $1 may include only: $2"; status=1
  fi
}
allow core           'core/'
allow proposals      'proposals/|core/'
# files and hashes of weights are read and written as everywhere else; boxes and pictures stay out
allow backbone       'backbone/|core/(error|file|parse|random|sha256)\.h'
allow eval           'eval/|core/'
allow detector       'detector/|proposals/|backbone/|core/'
allow tools          '.*'
exit $status
