# Sourced by the other scripts: which Java, which jar, which options.
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
jar=$root/target/millrace.jar

java=java
[[ -n ${JAVA_HOME:-} ]] && java=$JAVA_HOME/bin/java
java=$(command -v "$java") || {
  echo "No Java found: install a JDK of at least version 17, or set JAVA_HOME." >&2
  exit 1
}

# The version without starting a JVM, which would take longer than all else here.
java_version=unknown
release=$(dirname "$(dirname "$(readlink -f "$java")")")/release
[[ -f $release ]] && java_version=$(sed -n 's/^JAVA_VERSION="\(.*\)"$/\1/p' "$release")
java_major=${java_version%%.*}

# Loaded classes as the JVM likes them (class data sharing): halves the CPU time of a start.
archive=$root/target/millrace-java-$java_version.jsa

# Netty's direct memory; without the first, JDK 24 and later warn about it at every start.
jvm_options=()
if [[ $java_major =~ ^[0-9]+$ ]] && ((java_major >= 23)); then
  jvm_options+=(--sun-misc-unsafe-memory-access=allow)
fi
