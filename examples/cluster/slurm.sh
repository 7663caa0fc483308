#!/usr/bin/env bash
# Detection in shards as an array of Slurm jobs, and a job that merges them when all are done.
#
#   examples/cluster/slurm.sh SHARDS OUTPUT WORDS...
#   SBATCH_PARTITION=cpu examples/cluster/slurm.sh 64 /data/found /data/photos --precision int8 --workers 8
#
# WORDS are those of 'deeper detect'; paths must lead to the same files on every node. A shard that was killed is put
# into the queue again, at most three times, and goes on from its journal. What still failed is done by repeating the
# command: shards that are done end at once. In the environment: DEEPER, the program; SBATCH_..., as sbatch reads them;
# CPUS, processors for each shard (default 1).
set -euo pipefail
[ $# -ge 3 ] || { sed -n '2,10s/^# \{0,1\}//p' "$0" >&2; exit 2; }
shards=$1 output=$2
shift 2
export DEEPER=${DEEPER:-deeper}
mkdir -p "$output"
here=$(cd "$(dirname "$0")" && pwd)

job=$(sbatch --parsable --array="1-$shards" --requeue --cpus-per-task="${CPUS:-1}" --job-name=deeper \
  --output="$output/slurm-%a.log" --open-mode=append "$here/shard.sbatch" "$shards" "$output" "$@")
merge=$(sbatch --parsable --dependency="afterok:${job%%;*}" --job-name=deeper-merge --output="$output/slurm-merge.log" \
  --wrap "exec $(printf '%q ' "$DEEPER" merge "$output")")
echo "array ${job%%;*}, merge ${merge%%;*}"
