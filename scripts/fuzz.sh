#!/usr/bin/env bash
# fuzz.sh DIRECTORY SECONDS [TARGET...]: runs the fuzz targets that the preset `fuzz` built in DIRECTORY, each for so
# many seconds, from the inputs of tests/fuzz/inputs. What is new stays in DIRECTORY/<target>.corpus for the next run.
# Ends with the first finding, whose input lies in DIRECTORY: mend what it shows, then put it into tests/fuzz/inputs.
# FUZZ_OPTIONS in the environment holds more options for libFuzzer: SECONDS 0 and FUZZ_OPTIONS=-runs=5000000 for a count.
set -euo pipefail
directory=$(cd "$1" && pwd) seconds=$2
shift 2
inputs=$(cd "$(dirname "$0")/../tests/fuzz/inputs" && pwd)
targets=("$@")
[ $# -gt 0 ] || mapfile -t targets < <(ls "$inputs")
read -ra options <<<"${FUZZ_OPTIONS:-}"
cd "$directory"
for target in "${targets[@]}"; do
  mkdir -p "$target.corpus"
  begun=$SECONDS
  "./fuzz_$target" -max_total_time="$seconds" -timeout=10 -rss_limit_mb=2048 -max_len=16384 -print_final_stats=1 \
    -artifact_prefix="$target." "${options[@]}" "$target.corpus" "$inputs/$target" >"$target.log" 2>&1 ||
    { tail -n 40 "$target.log"; echo "$target: a finding, see $directory/$target.*"; exit 1; }
  runs=$(sed -n 's/^stat::number_of_executed_units: *//p' "$target.log")
  echo "$target: $runs runs in $((SECONDS - begun)) s, no finding"
done
