# slurm_on_loopback.sh DIRECTORY: to be sourced by a script that has an array `daemons`; starts munge, Slurm's controller
# and two node daemons on this machine, all files in the directory, and waits until both nodes are there.
slurm=$1/slurm
mkdir -p "$slurm"/{state,spool1,spool2}
chmod 755 "$slurm"
dd if=/dev/urandom of="$slurm/munge.key" bs=1024 count=1 status=none
chmod 400 "$slurm/munge.key"
munged --foreground --force --key-file="$slurm/munge.key" --socket="$slurm/munge.socket" --pid-file="$slurm/munge.pid" \
  --log-file="$slurm/munge.log" --seed-file="$slurm/munge.seed" >"$slurm/munged.out" 2>&1 &
daemons+=($!)
host=$(hostname -s)
cat >"$slurm/slurm.conf" <<END
ClusterName=loopback
SlurmctldHost=$host(127.0.0.1)
SlurmUser=root
SlurmctldPort=16817
AuthType=auth/munge
AuthInfo=socket=$slurm/munge.socket,cred_expire=5
CredType=cred/munge
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
SlurmctldPidFile=$slurm/slurmctld.pid
SlurmdPidFile=$slurm/slurmd-%n.pid
SlurmdSpoolDir=$slurm/spool-%n
StateSaveLocation=$slurm/state
SlurmctldLogFile=$slurm/slurmctld.log
SlurmdLogFile=$slurm/slurmd-%n.log
MpiDefault=none
ReturnToService=2
MinJobAge=300
SchedulerParameters=batch_sched_delay=0,sched_interval=1,bf_interval=1
NodeName=node1 NodeHostname=$host NodeAddr=127.0.0.1 Port=16818 CPUs=1
NodeName=node2 NodeHostname=$host NodeAddr=127.0.0.1 Port=16819 CPUs=1
PartitionName=all Nodes=node1,node2 Default=YES MaxTime=INFINITE State=UP
END
export SLURM_CONF=$slurm/slurm.conf
slurmctld -D >"$slurm/slurmctld.out" 2>&1 &
daemons+=($!)
for node in node1 node2; do
  slurmd -D -N $node >"$slurm/$node.out" 2>&1 &
  daemons+=($!)
done
for _ in $(seq 60); do
  [ "$(sinfo --noheader --format=%t%D 2>/dev/null)" != idle2 ] || break
  sleep 1
done
[ "$(sinfo --noheader --format=%t%D)" = idle2 ] || { tail "$slurm"/*.log "$slurm"/*.out >&2; fail "Slurm's nodes did not come up"; }
