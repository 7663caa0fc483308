#!/usr/bin/env bash
# Detection in shards by GNU parallel: on this machine, or on those of a list with a shared file system.
#
#   examples/cluster/parallel.sh SHARDS OUTPUT WORDS...
#   examples/cluster/parallel.sh 64 found photos/ --model voc-int8.safetensors --precision int8
#
# WORDS are those of 'deeper detect'. A shard that fails is tried three times and goes on from its journal; what still
# failed is done by repeating the command. In the environment: DEEPER, the program; JOBS, shards at once on a machine
# (default: one for each processor); HOSTS, a file for parallel's --sshloginfile.
set -euo pipefail
[ $# -ge 3 ] || { sed -n '2,9s/^# \{0,1\}//p' "$0" >&2; exit 2; }
shards=$1 output=$2
shift 2
export DEEPER=${DEEPER:-deeper}
mkdir -p "$output"

# Status 3 is done, though some pictures could not be read: no reason to try again.
run_shard() { "$DEEPER" detect --workers 1 --output "$@" || [ $? -eq 3 ]; }
export -f run_shard

hosts=()
[ -z "${HOSTS:-}" ] || hosts=(--sshloginfile "$HOSTS" --workdir . --env DEEPER --env run_shard)
parallel -q --will-cite --jobs "${JOBS:-100%}" --retries 3 --joblog "$output/parallel.log" "${hosts[@]}" \
  run_shard "$output" --shard "{}/$shards" "$@" ::: $(seq "$shards")
exec "$DEEPER" merge "$output"
