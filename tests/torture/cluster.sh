#!/usr/bin/env bash
# cluster.sh LAUNCHER PROGRAM FAULTS MAKER SOURCE: runs examples/cluster/LAUNCHER.sh for real over four shards, of which
# one is killed in the middle of its work and rerun, and holds the merged files to those of one run.
set -euo pipefail
launcher=$1 program=$2 faults=$3 maker=$4 source=$5
skip() { echo "skipped: needs $1"; exit 0; }
fail() { echo "$1" >&2; exit 1; }
case $launcher in
  parallel) command -v parallel >/dev/null || skip "GNU parallel (package parallel)" ;;
  mpirun) command -v mpirun >/dev/null || skip "mpirun (package openmpi-bin)" ;;
  slurm) command -v sbatch slurmctld slurmd munged >/dev/null || skip "Slurm (packages slurm-wlm, munge)"
         [ "$(id -u)" -eq 0 ] || skip "root, to start Slurm's daemons" ;;
esac

work=$(mktemp -d)
chmod 755 "$work"
daemons=()
stop() {
  [ ${#daemons[@]} -eq 0 ] || kill "${daemons[@]}" 2>/dev/null || true
  wait  # a daemon that ends still writes its state
  rm -rf "$work"
}
trap stop EXIT
"$maker" "$work" 24
words=("$work/pictures" --model "$work/small.safetensors" --precision f32)
"$program" detect "${words[@]}" --output "$work/clean" 2>/dev/null

# The first run of shard 2 of 4 is killed before its 20th change of a file.
cat >"$work/deeper" <<END
#!/usr/bin/env bash
shard=\${SLURM_ARRAY_TASK_ID:-\$((\${OMPI_COMM_WORLD_RANK:--1} + 1))}
[[ " \$* " != *" --shard 2/4 "* ]] || shard=2
if [ "\$1" = detect ] && [ "\$shard" = 2 ] && mkdir "$work/killed" 2>/dev/null; then
  export DEEPER_FAULT_DIR="$work/found" DEEPER_FAULT=change:kill:20 LD_PRELOAD="$faults"
fi
exec "$program" "\$@"
END
chmod +x "$work/deeper"
export DEEPER="$work/deeper"

# Checks that the kill happened and left a journal, before anything is rerun.
killed_once() { [ -d "$work/killed" ] || fail "shard 2 was not killed"; }

case $launcher in
  parallel)
    JOBS=2 "$source/examples/cluster/parallel.sh" 4 "$work/found" "${words[@]}" 2>"$work/log" ||
      { cat "$work/log" >&2; fail "parallel.sh failed"; }
    # Column 7 is the exit status, 8 the signal, of the last try.
    [ "$(awk 'NR > 1 && $7 == 0' "$work/found/parallel.log" | wc -l)" -eq 4 ] || fail "not four good jobs in the log"
    ;;
  mpirun)
    export MPIRUN_OPTIONS="--oversubscribe"
    export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1
    ! "$source/examples/cluster/mpirun.sh" 4 "$work/found" "${words[@]}" 2>"$work/log" ||
      fail "mpirun did not notice the killed rank"
    killed_once
    "$source/examples/cluster/mpirun.sh" 4 "$work/found" "${words[@]}" 2>"$work/log" ||
      { cat "$work/log" >&2; fail "the repeated mpirun.sh failed"; }
    ;;
  slurm)
    # shellcheck source=/dev/null
    source "$source/tests/torture/slurm_on_loopback.sh" "$work"
    "$source/examples/cluster/slurm.sh" 4 "$work/found" "${words[@]}"
    for _ in $(seq 240); do
      [ -z "$(squeue --noheader 2>/dev/null)" ] && break
      sleep 1
    done
    [ -f "$work/found/detections.jsonl" ] || { tail -n 40 "$work"/found/slurm-*.log "$work"/*.log >&2; fail "no results"; }
    grep -q 'from SLURM_ARRAY_TASK_ID' "$work/found/slurm-2.log" || fail "the shard was not taken from Slurm"
    [ "$(grep -c 'shard 2/4 (from' "$work/found/slurm-2.log")" -eq 2 ] || fail "shard 2 was not requeued once"
    ;;
esac
killed_once
for file in detections.jsonl detections.coco.json; do
  cmp "$work/clean/$file" "$work/found/$file" || fail "$file differs from that of one run"
done
diff -r "$work/clean/drawings" "$work/found/drawings" || fail "the drawings differ"
echo "$launcher: four shards, one killed and rerun, the same bytes"
