#!/usr/bin/env bash
# Fails when a page links to a file or a heading that is not there. Links to other sites are not looked at.
set -euo pipefail
cd "$1"
anchors_of() { # as GitHub makes them of headings
  grep -E '^#+ ' "$1" | sed -E 's/^#+ //' | tr '[:upper:]' '[:lower:]' | sed -E 's/[^a-z0-9 _-]//g; s/ /-/g'
}
status=0
while IFS=: read -r page line link; do
  target=${link%%#*}
  file=$page
  [ -z "$target" ] || file=$(dirname "$page")/$target
  if [ ! -e "$file" ]; then
    echo "$page:$line: $link is not there"
    status=1
  elif [[ $link == *#* ]] && ! anchors_of "$file" | grep -qxF -- "${link#*#}"; then
    echo "$page:$line: $file has no heading for #${link#*#}"
    status=1
  fi
done < <(grep -noE '\]\([^)]+\)' README.md CONTRIBUTING.md CHANGELOG.md models/README.md examples/README.md docs/*.md |
  sed -E 's/\]\(([^)]*)\)$/\1/' | grep -vE ':(https?|mailto):')
exit $status
