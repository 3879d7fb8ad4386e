#!/usr/bin/env bash
# Measures Millrace beside Apache Kafka, alternately, on this machine (Linux), and prints a table with ratios.
#   scripts/bench.sh                          everything; takes an hour or more, wants an idle machine
#   scripts/bench.sh --quick                  one small run of everything
#   scripts/bench.sh --only produce,latency --runs 5
# All options: scripts/bench.sh --help. Results: target/bench/TIME/results.{tsv,md}. Data: there too, or in $BENCH_DATA.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
command -v python3 >/dev/null || { echo "scripts/bench.sh needs python3" >&2; exit 1; }
"$here/build.sh"

work=$here/../target/bench
mkdir -p "$work"
work=$(cd "$work" && pwd)
libs=${KAFKA_LIBS:-$work/kafka-libs}
if [[ -z $(find "$libs" -name 'kafka_2.13-*.jar' -print -quit 2>/dev/null) ]]; then
  mvn -q -B -f "$here/bench/pom.xml" dependency:copy-dependencies -DoutputDirectory="$libs" -DincludeScope=runtime
fi
rm -rf "$work/classes"
javac -nowarn -d "$work/classes" -cp "$libs/*" "$here"/bench/java/*.java
exec env PYTHONDONTWRITEBYTECODE=1 python3 "$here/bench/bench.py" --libs "$libs" --classes "$work/classes" "$@"
