#!/usr/bin/env bash
# The whole gate: format, warnings, layers, unit and integration tests. Arguments go to Maven.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
"$here/install-test-peers.sh"
cd "$here/.."
exec mvn -B -ntp verify "$@"
