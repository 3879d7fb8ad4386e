#!/usr/bin/env bash
# The whole gate: format, warnings, layers, unit and integration tests. Arguments go to Maven.
#   scripts/test.sh            everything; takes a while, and installs what the tests talk to Millrace with
#   scripts/test.sh -Plong     the longer integration tests, too
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
case ${1:-} in
  -h | --help)
    sed -n '/^#!/d; /^#/!q; s/^# \{0,1\}//p' "${BASH_SOURCE[0]}"
    exit
    ;;
esac
"$here/install-test-peers.sh"
cd "$here/.."
exec mvn -B -ntp verify "$@"
