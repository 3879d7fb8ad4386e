#!/usr/bin/env bash
# Three nodes on this machine, for trying out:  scripts/cluster.sh start | stop | status
#   node 1: clients 9092, http 8080;  node 2: 9192, 8180;  node 3: 9292, 8280; all on 127.0.0.1
# Their data stays in ./cluster-data (CLUSTER_DATA names another directory) until you delete it. More arguments of start
# go to every node:
#   scripts/cluster.sh start --set num.partitions=3
# MILLRACE_JVM_OPTS adds options of the JVM, as with scripts/start.sh.
set -euo pipefail

scripts=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
data=${CLUSTER_DATA:-cluster-data}
pids=$data/pids
seeds=127.0.0.1:5701,127.0.0.1:5702,127.0.0.1:5703
ready_within_s=60

# The process of a node: nothing if it does not run. A number that another program has by now does not count.
pid_of() {
  local pid
  pid=$(sed -n "s/^$1=//p" "$pids" 2>/dev/null | tail -n 1)
  [[ -n $pid ]] && kill -0 "$pid" 2>/dev/null && ps -o args= -p "$pid" | grep -Eq 'millrace\.jar|start\.sh' && echo "$pid" || true
}

http_of() { echo "http://127.0.0.1:$((8080 + 100 * ($1 - 1)))"; }

# Somebody else's node may answer on these ports, so the answer must come from the process that runs here.
is_ready() {
  local pid answer
  pid=$(pid_of "$1")
  answer=$(curl -sf --max-time 2 "$(http_of "$1")/health/ready") && [[ -n $pid && $answer =~ \"pid\":\ *$pid[,}] ]]
}

# One start or stop at a time. The nodes must not inherit descriptor 9, or they would hold the lock.
lock() {
  exec 9>"$data/lock"
  flock -w 120 9 || {
    echo "Another start or stop of this cluster is at work ($data/lock)." >&2
    exit 1
  }
}

unlock() { exec 9>&-; }

start() {
  local node port running=()
  mkdir -p "$data"
  lock
  for node in 1 2 3; do
    [[ -n $(pid_of $node) ]] && running+=("$node")
  done
  if ((${#running[@]} == 3)); then
    echo "The cluster runs already."
    unlock
    await_ready
    return
  fi
  "$scripts/build.sh" 9>&-
  touch "$pids"
  for node in 1 2 3; do
    [[ -n $(pid_of $node) ]] && continue
    port=$((100 * (node - 1)))
    # Its own session, so that Ctrl-C in this terminal does not end it.
    setsid "$scripts/start.sh" \
      --set node.id=$node --set log.dirs="$data/node-$node" \
      --set listeners="PLAINTEXT://127.0.0.1:$((9092 + port))" --set http.port=$((8080 + port)) \
      --set cluster.host=127.0.0.1 --set cluster.port=$((5700 + node)) --set internal.port=$((9093 + port)) \
      --set cluster.seeds="$seeds" "$@" >>"$data/node-$node.log" 2>&1 </dev/null 9>&- &
    sed -i "/^$node=/d" "$pids"
    echo "$node=$!" >>"$pids"
  done
  unlock
  await_ready
}

await_ready() {
  local node deadline=$((SECONDS + ready_within_s))
  for node in 1 2 3; do
    until is_ready $node; do
      if [[ -z $(pid_of $node) ]]; then
        echo "Node $node has ended. The last lines of $data/node-$node.log:" >&2
        tail -n 5 "$data/node-$node.log" >&2
        exit 1
      fi
      if ((SECONDS >= deadline)); then
        echo "Node $node is not ready after $ready_within_s s: $(curl -s --max-time 2 "$(http_of $node)/health/ready")" >&2
        echo "The cluster goes on trying; see $data/node-$node.log, or scripts/cluster.sh stop." >&2
        exit 1
      fi
      sleep 0.1
    done
  done
  echo "Ready: --bootstrap-server 127.0.0.1:9092,127.0.0.1:9192,127.0.0.1:9292, $(http_of 1)/api/v1/cluster"
}

stop() {
  local node pid stopping=()
  [[ ! -d $data ]] || lock
  for node in 1 2 3; do
    pid=$(pid_of $node)
    [[ -z $pid ]] && continue
    kill "$pid" && stopping+=("$pid")
  done
  for pid in ${stopping[@]+"${stopping[@]}"}; do
    for ((i = 0; i < 300; i++)); do
      kill -0 "$pid" 2>/dev/null || continue 2
      sleep 0.1
    done
    echo "Process $pid has not ended after 30 s; kill -9 $pid ends it at once." >&2
    exit 1
  done
  rm -f "$pids"
  echo "Stopped ${#stopping[@]} nodes. Their data is in $data."
}

status() {
  local node pid
  for node in 1 2 3; do
    pid=$(pid_of $node)
    if [[ -z $pid ]]; then
      echo "node $node: down"
    else
      echo "node $node: process $pid, $(curl -s --max-time 2 "$(http_of $node)/health/ready" || echo "no answer at $(http_of $node)")"
    fi
  done
}

command=${1:-}
shift || true
case $command in
  start) start "$@" ;;
  stop) stop ;;
  status) status ;;
  *)
    echo "Usage: scripts/cluster.sh start [--set key=value]... | stop | status" >&2
    exit 2
    ;;
esac
