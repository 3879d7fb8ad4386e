#!/usr/bin/env bash
# Builds target/millrace.jar when it is missing or older than its sources, and beside it an archive of loaded classes
# for this Java, with which a node starts in half the time.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/jvm.sh"
cd "$root"

if [[ ! -f $jar ]] || [[ -n $(find pom.xml src/main -newer "$jar" -print -quit) ]]; then
  command -v mvn >/dev/null || {
    echo "No Maven found: install it to build $jar." >&2
    exit 1
  }
  echo "Building target/millrace.jar; the first time this takes a minute or two." >&2
  mvn -q -B -Dquick -Dmaven.test.skip=true package >&2
  # Maven puts the new jar in the place of the old one by a rename: a node that runs goes on with the old one.
  # What it found up to date it leaves alone, and the next start would build again.
  touch "$jar"
fi

# A node records what it has loaded when it ends, after it has served a client. Whatever fails here costs only time later.
# Nobody sees half an archive, and nothing is written into one that a node uses.
record_classes() {
  local work pid log port i peers
  work=$(mktemp -d)
  # The only seed of itself: alone, but with all that the nodes of a cluster load.
  peers=$((20000 + RANDOM % 10000))
  log=$work/log
  "$java" "${jvm_options[@]}" -Xmx512m -XX:+UseSerialGC -XX:ArchiveClassesAtExit="$work/archive.jsa" -Xlog:cds=off \
    -Xlog:cds+dynamic=off -jar "$jar" start --set log.dirs="$work/data" --set listeners=PLAINTEXT://127.0.0.1:0 \
    --set http.port=0 --set internal.port=0 --set cluster.port=$peers --set cluster.seeds=127.0.0.1:$peers >"$log" 2>&1 &
  pid=$!
  for ((i = 0; i < 600; i++)); do
    grep -qs 'Millrace is ready' "$log" && break
    kill -0 "$pid" 2>/dev/null || break
    sleep 0.1
  done
  port=$(sed -n 's/.*Millrace is ready.*PLAINTEXT [^ ]*:\([0-9]*\).*/\1/p' "$log")
  if [[ -n $port ]]; then
    "$java" "${jvm_options[@]}" -XX:TieredStopAtLevel=1 -XX:+UseSerialGC -jar "$jar" bench latency \
      --bootstrap-server "127.0.0.1:$port" --records 50 --warm-up 0 >/dev/null 2>&1 || true
  fi
  kill "$pid" 2>/dev/null || true
  wait "$pid" || true
  # The directory may be on another disk, and only a rename within one is atomic.
  if [[ -f $work/archive.jsa ]]; then
    cp "$work/archive.jsa" "$archive.$$" && mv -f "$archive.$$" "$archive"
  fi
  rm -rf "$work"
}

if [[ ! -f $archive || $jar -nt $archive ]]; then
  # Those of an older jar; other Javas may have theirs of this one.
  find "$root/target" -maxdepth 1 -name 'millrace-java-*.jsa*' ! -newer "$jar" -delete
  record_classes
fi
