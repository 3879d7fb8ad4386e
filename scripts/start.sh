#!/usr/bin/env bash
# Starts one node, without any configuration; builds it on first use. Arguments go to `millrace start`:
#   scripts/start.sh --set log.dirs=/var/lib/millrace --set http.port=-1
# JAVA_OPTS replaces the options of the JVM chosen here.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
"$here/build.sh"
jar=$here/../target/millrace.jar

java=java
[[ -n ${JAVA_HOME:-} ]] && java=$JAVA_HOME/bin/java

# Records never pass through the heap: it holds metadata, indexes and requests in flight.
options=${JAVA_OPTS:--Xms64m -Xmx512m -XX:+UseSerialGC -XX:MaxDirectMemorySize=512m -XX:+ExitOnOutOfMemoryError}
# shellcheck disable=SC2086 # several options in one variable
exec "$java" $options -jar "$jar" start "$@"
