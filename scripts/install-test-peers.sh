#!/usr/bin/env bash
# Installs what the integration tests talk to Millrace with: kcat and a Python module (librdkafka), kafkajs and kafka-python. Does nothing where they are.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

packages=()
command -v kcat >/dev/null || packages+=(kcat)
command -v npm >/dev/null || packages+=(nodejs npm)
# The system's own Python: that is where the package goes.
/usr/bin/python3 -c 'import kafka' 2>/dev/null || packages+=(python3-kafka)
/usr/bin/python3 -c 'import confluent_kafka' 2>/dev/null || packages+=(python3-confluent-kafka)
if ((${#packages[@]})); then
  as_root=()
  if [[ $(id -u) != 0 ]]; then
    as_root=(sudo)
  fi
  export DEBIAN_FRONTEND=noninteractive
  "${as_root[@]}" apt-get update -q
  "${as_root[@]}" apt-get install -q -y --no-install-recommends "${packages[@]}"
fi

js=src/test/js
if [[ -f $js/package-lock.json ]] && [[ ! -d $js/node_modules || $js/package-lock.json -nt $js/node_modules ]]; then
  npm ci --prefix "$js" --no-audit --no-fund
  touch "$js/node_modules"
fi
