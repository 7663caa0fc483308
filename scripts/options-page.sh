#!/usr/bin/env bash
# options-page.sh <deeper> [--check]: writes docs/options.md, every verb's --help, which is so what the program says of itself.
# With --check it only says whether the page is stale.
set -euo pipefail
deeper=$(realpath "$1")
cd "$(dirname "$0")/.."
page=docs/options.md

words_of() { # a help's list of verbs or trainings
  "$deeper" "$@" --help | sed -n '/:$/,$p' | sed -nE 's/^  ([a-z][a-z-]*)  +[a-zA-Z].*/\1/p'
}

section() {
  printf '\n## deeper %s\n\n' "$*"
  printf '<!-- not run: examples of the help -->\n```text\n'
  "$deeper" "$@" --help | sed 's/ *$//'
  printf '```\n'
}

make_page() {
  local verbs verb part
  verbs=$(words_of)
  cat <<END
# All options

What \`deeper VERB --help\` says, for every verb. This page is made by \`scripts/options-page.sh build/release/tools/deeper\`; change the program, not the page.
Options can also stand in the environment and in a file: [configuration.md](configuration.md).

END
  for verb in $verbs; do
    printf -- '- [%s](#deeper-%s)' "$verb" "$verb"
    [[ $verb != train && $verb != model ]] || for part in $(words_of "$verb"); do
      printf ' · [%s %s](#deeper-%s-%s)' "$verb" "$part" "$verb" "$part"
    done
    printf '\n'
  done
  for verb in $verbs; do
    section "$verb"
    [[ $verb != train && $verb != model ]] || for part in $(words_of "$verb"); do section "$verb" "$part"; done
  done
}

# Variables that change a help, and defaults that the machine sets, are left out.
unset DEEPER_CONFIG DEEPER_MODELS
made=$(mktemp)
trap 'rm -f "$made"' EXIT
make_page >"$made"
if [ "${2:-}" != --check ]; then
  cp "$made" "$page"
elif ! cmp -s "$made" "$page"; then
  diff -u "$page" "$made" | head -20
  echo "$page is not what the program's --help says; remake it: scripts/options-page.sh $1"
  exit 1
fi
