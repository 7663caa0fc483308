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
  printf '%s\n' "${COMPREPLY[@]}" | LC_ALL=C sort | paste -sd' '
}
mkdir -p "$scratch/files/folder"
touch "$scratch/files/"{one.JPG,two.safetensors,three.txt}
cd "$scratch/files"

# What is offered for a line's last word, which - stands for where it is empty: 'line = words'.
while IFS='=' read -r line expected; do
  read -ra words <<<"${line/%- /}"
  [[ $line == *'- ' ]] && words+=('')
  found=$(offered "${words[@]}")
  [ "$found" = "${expected# }" ] || fail "'$line' offers '$found', expected '$expected'"
done <<'END'
deeper eva = evaluate
deeper dee =
deeper help prop = propose
deeper help train ran = ranker
deeper train fa = fast-rcnn
deeper train sv = svm
deeper model - = check export import info quantize
deeper evaluate --boot = --bootstrap
deeper train svm --svm = --svm-c
deeper convert --to lab = labelstudio
deeper detect --propose-by m = map
deeper detect --precision - = auto bf16 f32 int8
deeper detect -p b = bf16
deeper detect --format jsonl,co = jsonl,coco
deeper train all --method f = fast-rcnn
deeper train multibox --matching pre = predictions
deeper detect --data vo = voc:
deeper detect --model - = folder two.safetensors
deeper detect -m tw = two.safetensors
deeper detect --output - = folder
deeper evaluate --image-list - = folder three.txt
deeper detect o = one.JPG
deeper detect - = folder one.JPG three.txt
deeper detect --json o = one.JPG
deeper bench --seconds - =
END

verbs=$(_deeper_verbs deeper)
[ "$(wc -w <<<"$verbs")" -ge 8 ] || fail "expected at least 8 verbs, found: $verbs"
for verb in $verbs; do
  grep -qx "\.B $verb" "$share/deeper.1" || fail "the manual does not name the verb '$verb'"
done

# The same in a zsh that somebody types into.
if command -v zsh >/dev/null; then
  while IFS='=' read -r line expected; do
    found=$(zsh -f "$2/tests/tools/zsh_completion.zsh" "$share" "${line% }" </dev/null)
    [ "${found% }" = "${expected# }" ] || fail "zsh makes '$found' of '$line', expected '$expected'"
  done <<'END'
deeper eva = deeper evaluate
deeper train fa = deeper train fast-rcnn
deeper evaluate --boot = deeper evaluate --bootstrap
deeper detect --propose-by m = deeper detect --propose-by map
deeper detect --format jsonl,co = deeper detect --format jsonl,coco
deeper detect -p b = deeper detect -p bf16
deeper detect --model tw = deeper detect --model two.safetensors
deeper detect on = deeper detect one.JPG
deeper evaluate --image-list t = deeper evaluate --image-list three.txt
END
fi

echo '{"image": "p", "detections": []}' >"$scratch/sizeless.jsonl"
said=$("$program" convert --detections "$scratch/sizeless.jsonl" --to yolo --output "$scratch/yolo" 2>&1) && fail "sizes were made up"
grep -qx "Try --images DIR, which names the pictures." <<<"$said" || fail "expected advice, found: $said"
exit 0
