#!/usr/bin/env bash
# Lets everything happen to a cluster of three real nodes, and checks after each fault what Millrace promises. See docs/chaos.md.
#   scripts/chaos.sh                        the short run, about a minute
#   scripts/chaos.sh --faults all           every fault, at most an hour
#   scripts/chaos.sh --faults kill-leader,pause-controller --seed 42
# Options:
#   --faults LIST     names with commas, or short, or all
#   --list            what faults there are
#   --seed N          plays the same random choices again; it is in each report
#   --minutes N       begins no fault after so many minutes (60)
#   --mix-seconds N   how long the fault "mix" lasts (120)
#   --out DIR         where the report goes (target/chaos): report.md, report.json, and for each fault what happened
#   --jar FILE        the build to try (target/millrace.jar, built if need be)
# Each node gets a network namespace and a small disk of its own, so it must be run by root, on Linux. Nothing of it is left afterwards.
# Exit code: 0 = all promises held, 1 = one did not, 2 = wrong options, 3 = not possible on this machine, 4 = no verdict (see the output).
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)

faults=short
out=$root/target/chaos
jar=
options=()

usage() {
  echo "$1: see scripts/chaos.sh --help" >&2
  exit 2
}

number() { [[ $2 =~ ^[0-9]{1,15}$ ]] || usage "$1 wants a number, not '$2'"; }

while (($#)); do
  case $1 in
    -h | --help)
      sed -n '/^#!/d; /^#/!q; s/^# \{0,1\}//p' "${BASH_SOURCE[0]}"
      exit
      ;;
    --list)
      faults=list
      shift
      continue
      ;;
  esac
  (($# > 1)) || usage "$1 is unknown or lacks its value"
  case $1 in
    --faults) faults=$2 ;;
    --seed) number "$1" "$2" && options+=("-Dchaos.seed=$2") ;;
    --minutes) number "$1" "$2" && options+=("-Dchaos.minutes=$2") ;;
    --mix-seconds) number "$1" "$2" && options+=("-Dchaos.mix.seconds=$2") ;;
    --out) out=$(realpath -m "$2") ;;
    --jar)
      [[ -f $2 ]] || usage "There is no file $2"
      jar=$(realpath "$2")
      ;;
    *) usage "Unknown option $1" ;;
  esac
  shift 2
done

impossible() {
  echo "The faults need $1" >&2
  exit 3
}

for tool in unshare nsenter ip mvn; do
  command -v $tool >/dev/null || impossible "the program '$tool', which is not here."
done
if [[ $faults != list ]]; then
  why=$(unshare --net --mount true 2>&1) ||
    impossible "the right to make network namespaces and to mount: run this as root (in a container: --privileged). $why"
fi

if [[ -z $jar ]]; then
  "$root/scripts/build.sh"
  jar=$root/target/millrace.jar
fi
rm -f "$out/report.json" "$out/report.md"
cd "$root"
failed=0
mvn -B -ntp -q -Dquick -Pchaos test-compile failsafe:integration-test failsafe:verify -Dmillrace.jar="$jar" \
  -Dchaos.faults="$faults" -Dchaos.out="$out" ${options[@]+"${options[@]}"} || failed=$?
[[ $faults == list && $failed == 0 ]] && exit
[[ -f $out/report.json ]] || exit 4
echo
cat "$out/report.md"
echo
echo "Report: $out/report.md"
((failed == 0)) || exit 1
