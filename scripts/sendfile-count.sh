#!/usr/bin/env bash
# Counts the system calls with which a node serves 200 MB to a consumer, with the native transport and with NIO.
# Needs strace (Debian: apt-get install strace) and the right to trace a process of one's own.
#   scripts/sendfile-count.sh    takes no options
set -euo pipefail
if (($#)); then
  sed -n '/^#!/d; /^#/!q; s/^# \{0,1\}//p' "${BASH_SOURCE[0]}"
  [[ $1 == -h || $1 == --help ]] || exit 2
  exit
fi
source "$(dirname "${BASH_SOURCE[0]}")/jvm.sh"
command -v strace >/dev/null || { echo "scripts/sendfile-count.sh needs strace" >&2; exit 1; }
"$root/scripts/build.sh"
work=$(mktemp -d)
node=
cleanup() {
  [[ -z $node ]] || kill "$node" 2>/dev/null || true
  rm -rf "$work"
}
trap cleanup EXIT

# count NAME [JVM OPTION]...
count() {
  local name=$1 port
  shift
  "$java" "${jvm_options[@]}" "$@" -Xmx512m -XX:+UseSerialGC -jar "$jar" start --set log.dirs="$work/$name" \
    --set listeners=PLAINTEXT://127.0.0.1:0 --set http.port=-1 --set internal.port=0 --set cluster.port=0 \
    >"$work/$name.log" 2>&1 &
  node=$!
  until grep -qs 'Millrace is ready' "$work/$name.log"; do
    kill -0 "$node" || { cat "$work/$name.log" >&2; exit 1; }
    sleep 0.1
  done
  port=$(sed -n 's/.*Millrace is ready.*PLAINTEXT [^ ]*:\([0-9]*\).*/\1/p' "$work/$name.log")
  local client=("$java" "${jvm_options[@]}" -Xmx512m -jar "$jar")
  "${client[@]}" bench produce --bootstrap-server "127.0.0.1:$port" --topic large --records 200000 --record-size 1000 >/dev/null
  strace -f -qq -c -e trace=sendfile,sendfile64,sendmsg,sendto,write,writev -p "$node" -o "$work/$name.calls" &
  local tracer=$!
  sleep 1
  "${client[@]}" bench consume --bootstrap-server "127.0.0.1:$port" --topic large --records 200000 >/dev/null
  kill -INT "$tracer"
  wait "$tracer" || true
  grep -o 'Transport: .*' "$work/$name.log" | head -n 1
  cat "$work/$name.calls"
  kill "$node"
  wait "$node" || true
  node=
}

count epoll
count nio -Dio.netty.transport.noNative=true
