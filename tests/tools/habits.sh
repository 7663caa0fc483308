#!/usr/bin/env bash
# habits.sh <deeper> <source directory>: completion offers the program's verbs and options, the manual names every verb,
# and an error ends with the option that mends it.
set -euo pipefail
program=$1
share=$2/tools/share
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
fail() { echo "$1" >&2; exit 1; }

PATH="$(dirname "$program"):$PATH"
# shellcheck source=/dev/null
source "$share/deeper.bash"
offered() {  # what is offered for the last of these words
  COMP_WORDS=("$@")
  COMP_CWORD=$(($# - 1))
  COMPREPLY=()
  _deeper 2>/dev/null
  echo "${COMPREPLY[*]}"
}
[ "$(offered deeper eva)" = evaluate ] || fail "'eva' is not completed to 'evaluate'"
[ "$(offered deeper evaluate --boot)" = --bootstrap ] || fail "'--boot' is not completed to '--bootstrap'"
[ "$(offered deeper train sv)" = svm ] || fail "'train sv' is not completed to 'train svm'"
[ "$(offered deeper train svm --svm)" = --svm-c ] || fail "'--svm' is not completed to '--svm-c'"
[ "$(offered deeper convert --to lab)" = labelstudio ] || fail "formats are not offered for --to"

verbs=$(_deeper_verbs deeper)
[ "$(wc -w <<<"$verbs")" -ge 8 ] || fail "expected at least 8 verbs, found: $verbs"
for verb in $verbs; do
  grep -qx "\.B $verb" "$share/deeper.1" || fail "the manual does not name the verb '$verb'"
done
command -v zsh >/dev/null && { zsh -n "$share/_deeper" || fail "zsh cannot parse its completion"; }

echo '{"image": "p", "detections": []}' >"$scratch/sizeless.jsonl"
said=$("$program" convert --detections "$scratch/sizeless.jsonl" --to yolo --output "$scratch/yolo" 2>&1) && fail "sizes were made up"
grep -qx "Try --images DIR, which names the pictures." <<<"$said" || fail "expected advice, found: $said"
exit 0
