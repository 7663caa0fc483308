#!/usr/bin/env bash
# pages.sh <deeper> <source directory> [<page>...]: runs the commands that stand on the project's pages, in their order, each
# page in a directory of its own with the small data of pages_data.sh. Options that only cost time are made small by
# pages.conf, as any user's configuration would. A block ```sh holds commands, a block ```console those behind '$ '.
# What cannot be run stands behind a line "<!-- not run: WHY -->"; its options are still looked up in the help.
# Fails on a command that fails, on a mark that gives no reason or is before no block, on commands in another kind of
# block, and on an option named in the text that no verb has by docs/options.md. VERBOSE=1 tells each command's processor time.
set -euo pipefail
program=$(realpath "$1")
source_directory=$(realpath "$2")
shift 2
tests=$source_directory/tests/tools
cd "$source_directory"
pages=("$@")
[ ${#pages[@]} -gt 0 ] || pages=(README.md CONTRIBUTING.md models/README.md examples/README.md docs/*.md)

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
mkdir "$scratch/bin"
ln -s "$program" "$scratch/bin/deeper"
printf '#!/bin/sh\nexit 0\n' >"$scratch/bin/xdg-open" # --open
chmod +x "$scratch/bin/xdg-open"
export PATH="$scratch/bin:$PATH" DEEPER_CONFIG="$tests/pages.conf"
unset DEEPER_MODELS
while read -r name; do unset "$name"; done < <(compgen -e DEEPER_OPTION_ || true)

run=0
marked=0
failures=0
fail() {
  echo "$1" >&2
  failures=$((failures + 1))
}

# The commands of a page, a line each: its number, the reason why it is not run or nothing, the command. Fields are
# parted by \037, lines of one command by \036.
commands_of() {
  awk -v page="$1" '
    function flush() { if (text != "") print at "\037" reason "\037" text; text = "" }
    function is_command(line) { return line ~ /^ *(\$ )?(deeper|make|cmake|ctest|cpack|sudo|apt-get|export|npm|tar|git|curl|scripts\/[a-z-]+\.sh) / }
    function wrong(what) { print FNR "\037!\037" what }
    !kind && /^ *```/ {
      kind = $0; sub(/^ *```/, "", kind); if (kind == "") kind = "plain"
      opened_in_mark = mark != ""; reason = mark; mark = ""; next
    }
    kind && /^ *```$/ { flush(); kind = ""; next }
    kind == "console" && /^ *\$ / { flush(); at = FNR; text = $0; sub(/^ *\$ /, "", text); next }
    kind == "console" { if (text ~ /\\$/) text = text "\036" $0; next }
    kind == "sh" && text == "" && /^ *(#|$)/ { next }
    kind == "sh" {
      if (text == "") at = FNR
      text = text (text == "" ? "" : "\036") $0
      if ($0 ~ /^(for|while|if) /) compound = 1
      if ($0 ~ /^(done|fi)( |$)/ || $0 ~ /; done( |$)/) compound = 0
      if ($0 !~ /\\$/ && !compound) flush()
      next
    }
    kind && is_command($0) && !opened_in_mark { wrong("a command in a block that is neither sh nor console"); next }
    kind && is_command($0) { at = FNR; text = $0; flush(); next }
    kind { next }
    /^<!-- not run:/ {
      mark = $0; sub(/^<!-- not run: */, "", mark); sub(/ *-->$/, "", mark)
      if (mark == "") wrong("a mark without a reason: <!-- not run: WHY -->")
      next
    }
    /^ *$/ { next }
    mark != "" { wrong("a mark before no block of commands"); mark = "" }
    /^    / && is_command($0) { wrong("a command in an indented block; write it between ```sh and ```") }
    END { if (kind) wrong("a block that does not end") ; if (mark != "") wrong("a mark before no block of commands") }
  ' "$1"
}

# What docs/options.md, made from the program's help, says of a verb.
options_of() { sed -n "/^## deeper $1\$/,/^## /p" docs/options.md; }

# How a help lists an option, with a letter or without.
pattern_of() { echo "^ {2,6}(-[A-Za-z](,| \[) )?$1( |\$)"; }

check_options() { # of a command that is not run
  local place=$1 words word verb
  read -ra words <<<"${2%% \#*}"
  [ "${words[0]}" = deeper ] || return 0
  verb=${words[1]}
  [[ $verb != train && $verb != model ]] || verb="$verb ${words[2]}"
  for word in "${words[@]:2}"; do
    [[ $word == --[a-z]* ]] || continue
    grep -qE -- "$(pattern_of "${word%%=*}")" <<<"$(options_of "$verb")" ||
      fail "$place: 'deeper $verb' has no option $word"
  done
}

# Options that the text names, in `code`, are some verb's, or another program's that is listed here.
others=' --workflow --preset --build --target --config --install --prefix --test-dir --filenames-as-tags --help --version '
check_named_options() {
  local option
  while read -r option; do
    [[ $others == *" $option "* ]] || grep -qE -- "$(pattern_of "$option")" docs/options.md ||
      fail "$1: names $option, which no verb of deeper has"
  done < <(sed '/^ *```/,/^ *```$/d' "$1" | grep -oE '`[^`]*`' | grep -oE -- '--[a-z][a-z0-9-]*' | sort -u)
}

"$tests/pages_data.sh" "$source_directory" "$scratch/data" >"$scratch/data.log" 2>&1 || {
  cat "$scratch/data.log" >&2
  echo "pages_data.sh failed" >&2
  exit 1
}

# Sets processor_ms to the time of all that was run so far. `times` counts for this shell alone, so no subshell asks it.
count_processor_time() {
  times >"$scratch/times"
  processor_ms=$(awk 'NR == 2 { for (i = 1; i <= 2; ++i) { split($i, t, /[ms]/); sum += 60000 * t[1] + 1000 * t[2] }; printf "%d", sum }' "$scratch/times")
}

for page in "${pages[@]}"; do
  check_named_options "$page"
  commands_of "$page" >"$scratch/commands"
  rm -rf "$scratch/place"
  cp -al "$scratch/data" "$scratch/place" # what is written is renamed into place, so links are not written through
  while IFS=$'\x1f' read -r line reason command <&3; do
    command=${command//$'\x1e'/$'\n'}
    if [ "$reason" = '!' ]; then
      fail "$page:$line: $command"
    elif [ -n "$reason" ]; then
      marked=$((marked + 1))
      check_options "$page:$line" "$command"
    else
      run=$((run + 1))
      count_processor_time
      begun=$processor_ms
      (cd "$scratch/place" && timeout 300 bash -c "$command") >"$scratch/said" 2>&1 </dev/null || {
        fail "$page:$line: failed with status $?: $command"
        tail -n 15 "$scratch/said" >&2
      }
      count_processor_time
      [ -z "${VERBOSE:-}" ] || echo "$page:$line: $((processor_ms - begun)) ms: $command" >&2
    fi
  done 3<"$scratch/commands"
done
count_processor_time
echo "$run commands run, $marked marked; $((processor_ms / 1000)) s of processor time"
[ $failures -eq 0 ]
