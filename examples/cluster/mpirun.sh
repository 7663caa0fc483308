#!/usr/bin/env bash
# Detection in shards as the ranks of one mpirun; deeper needs no MPI, only the rank in its environment.
#
#   examples/cluster/mpirun.sh SHARDS OUTPUT WORDS...
#   MPIRUN_OPTIONS='--hostfile hosts' examples/cluster/mpirun.sh 16 /data/found /data/photos --precision int8
#
# WORDS are those of 'deeper detect'. mpirun ends all ranks when one is killed; the same command goes on from their
# journals. In the environment: DEEPER, the program; MPIRUN_OPTIONS, more words for mpirun.
set -euo pipefail
[ $# -ge 3 ] || { sed -n '2,8s/^# \{0,1\}//p' "$0" >&2; exit 2; }
shards=$1 output=$2
shift 2
export DEEPER=${DEEPER:-deeper}
mkdir -p "$output"

# Status 3 is done, though some pictures could not be read: no reason to end the other ranks.
read -ra options <<<"${MPIRUN_OPTIONS:-}"
mpirun -n "$shards" -x DEEPER "${options[@]}" \
  bash -c '"$DEEPER" detect --workers 1 --output "$@" || [ $? -eq 3 ]' deeper "$output" "$@"
exec "$DEEPER" merge "$output"
