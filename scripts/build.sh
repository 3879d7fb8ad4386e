#!/usr/bin/env bash
# Builds target/millrace.jar when it is missing or older than its sources.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

jar=target/millrace.jar
if [[ ! -f $jar ]] || [[ -n $(find pom.xml src/main -newer "$jar" -print -quit) ]]; then
  echo "Building $jar; this takes a minute the first time." >&2
  mvn -q -B -DskipTests package >&2
  # What Maven found up to date it leaves alone, and the next start would build again.
  touch "$jar"
fi
