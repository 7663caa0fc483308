#!/usr/bin/env bash
# serve.sh <deeper> <source directory>: the program itself, asked over a socket: it answers what 'deeper detect' writes,
# outlives a worker that is killed, and ends on SIGTERM with what is under way answered.
set -euo pipefail
program=$1
source=$2
scratch=$(mktemp -d)
server=
trap '[ -z "$server" ] || kill -9 "$server" 2>/dev/null; rm -rf "$scratch"' EXIT
fail() { echo "$1" >&2; cat "$scratch/said" >&2; exit 1; }

picture=$source/docs/images/demo.jpg
model=$source/models/voc-fast.safetensors
"$program" serve --model "$model" --workers 1 --port 0 --json >"$scratch/where" 2>"$scratch/said" &
server=$!
for _ in $(seq 600); do
  [ -s "$scratch/where" ] && break
  kill -0 "$server" 2>/dev/null || fail "the server did not begin"
  sleep 0.2
done
port=$(sed -n 's/.*"port": *\([0-9]*\).*/\1/p' "$scratch/where")
[ -n "$port" ] || fail "no port in: $(cat "$scratch/where")"

ask() {  # ask METHOD PATH [FILE]: the answer's head and body
  exec 3<>"/dev/tcp/127.0.0.1/$port"
  {
    printf '%s %s HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n' "$1" "$2"
    [ $# -lt 3 ] || printf 'Content-Length: %s\r\n' "$(stat -c %s "$3")"
    printf '\r\n'
    [ $# -lt 3 ] || cat "$3"
  } >&3
  cat <&3
  exec 3>&-
}

"$program" detect "$picture" --model "$model" --workers 1 --no-drawings --format jsonl --output "$scratch/found" 2>/dev/null
expected=$(cat "$scratch/found/detections.jsonl")
[ "$(ask POST '/detect?file=demo.jpg' "$picture" | tail -n 1)" = "$expected" ] || fail "another record than 'deeper detect' writes"

nursery=$(cat "/proc/$server/task/$server/children")
worker=$(cat "/proc/${nursery// /}/task/${nursery// /}/children")
kill -SEGV ${worker}
ask POST /detect "$picture" | head -n 1 | grep -q ' 500 ' || fail "a worker's end was not told"
[ "$(ask POST '/detect?file=demo.jpg' "$picture" | tail -n 1)" = "$expected" ] || fail "no new worker took the next picture"
ask GET /metrics | grep -qx 'deeper_worker_restarts_total 1' || fail "the new worker was not counted"

ask POST '/detect?file=demo.jpg' "$picture" >"$scratch/last" &
last=$!
for _ in $(seq 100); do
  ask GET /metrics | grep -qx 'deeper_pictures_under_way 1' && break
done
kill -TERM "$server"
status=0
wait "$server" || status=$?
server=
wait "$last"
[ "$status" -eq 143 ] || fail "expected status 143, found $status"
[ "$(tail -n 1 "$scratch/last")" = "$expected" ] || fail "what was under way was not answered"
