#!/usr/bin/env bash
# Starts one node, without any configuration; builds it on first use. Arguments go to `millrace start`:
#   scripts/start.sh --set log.dirs=/var/lib/millrace --set http.port=-1
# MILLRACE_JVM_OPTS adds options of the JVM and wins over those chosen here.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/jvm.sh"
"$root/scripts/build.sh"

# Records never pass through the heap, which holds metadata, indexes and requests in flight.
jvm_options+=(
  # The figures of jstat are in a mapped file: sampling them would keep an idle node awake, and writing them, with all
  # threads stopped, can wait for a busy disk. jcmd works without them.
  -XX:-UsePerfData
  -Xms64m -Xmx512m -XX:+UseSerialGC -XX:MaxDirectMemorySize=512m -XX:+ExitOnOutOfMemoryError
  -XX:SharedArchiveFile="$archive" -Xlog:cds=off -Xlog:cds+dynamic=off
)
# shellcheck disable=SC2086 # several options in one variable
exec "$java" "${jvm_options[@]}" ${MILLRACE_JVM_OPTS:-} -jar "$jar" start "$@"
