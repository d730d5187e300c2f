#!/usr/bin/env bash
# Container engine and images for the tests and for compose.yaml. Sourced by deploy/fleet, which has
# found or installed the programs; 'containers.sh FUNCTION' runs one of the functions below.
#
# Images: the official ones of Kafka and Mosquitto where a registry is in reach; else stand-ins made
# here, from the Debian mirror that apt already uses, the JDK of this machine and the jars that Maven
# already fetched. Both take the same environment variables and files, so all else is the same.

here=${here:-$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)}
declare -F say >/dev/null || say() { printf '%s\n' "fleet: $*"; }
declare -F need >/dev/null || need() { :; }

official_kafka=apache/kafka
official_mosquitto=eclipse-mosquitto:2.0.22
# Small: it only shows whether images can be pulled at all.
official_probe=hello-world
PROBE_SECONDS=10
PULL_SECONDS=180
ENGINE_START_SECONDS=30
ENGINE_STOP_SECONDS=20
base_image=fqt-fleet/base:local

# java.desktop: log4j needs its java.beans.
java_modules=java.base,java.desktop,java.logging,java.management,java.naming,java.net.http,java.rmi
java_modules+=,java.security.jgss,java.security.sasl,java.sql,java.xml
java_modules+=,jdk.crypto.ec,jdk.httpserver,jdk.management,jdk.random,jdk.unsupported,jdk.zipfs
base_packages=base-files,busybox-static,ca-certificates,libc6,libstdc++6,mosquitto,tzdata,zlib1g

# Kept between runs: the images. The rest is as short-lived as the engine.
engine_images=$here/target/engine
engine_run=

# Testcontainers: its helper's image may be out of reach; its tests remove what they start, and
# engine_down removes the rest.
export TESTCONTAINERS_RYUK_DISABLED=true TESTCONTAINERS_CHECKS_DISABLE=true
# It would look for the default bridge, which our own engine does without.
export TESTCONTAINERS_HOST_OVERRIDE=127.0.0.1

engine_answers() { command -v docker >/dev/null 2>&1 && docker version >/dev/null 2>&1; }

need_engine() { need dockerd docker.io; }
need_stand_ins() { need mmdebstrap mmdebstrap; }

# True if packets between two containers would pass a firewall that drops what it doesn't know.
forwarding_is_barred() {
  [ "$(cat /proc/sys/net/bridge/bridge-nf-call-iptables 2>/dev/null)" = 1 ] &&
    iptables -S FORWARD 2>/dev/null | grep -q -x -e '-P FORWARD DROP'
}

# Makes an engine available: the one that answers, else one of our own (root only), with its own
# images and without a default bridge. It touches the firewall only where nothing would pass else.
engine_up() {
  if engine_answers; then
    say "container engine: $(docker version --format '{{.Server.Version}}'), already running"
    return 0
  fi
  command -v dockerd >/dev/null 2>&1 || {
    say "no container engine answers and there is no dockerd (apt-get install docker.io)"
    return 1
  }
  [ "$(id -u)" -eq 0 ] || {
    say "no container engine answers; start one, or run this as root"
    return 1
  }
  # A short path: names of sockets end at 108 characters.
  engine_run=$(mktemp -d /tmp/fqt-engine.XXXXXX)
  mkdir -p "$engine_images"
  export DOCKER_HOST=unix://$engine_run/socket
  local rules=false
  ! forwarding_is_barred || rules=true
  dockerd --host "$DOCKER_HOST" --data-root "$engine_images" --exec-root "$engine_run/exec" \
    --pidfile "$engine_run/pid" --bridge=none --iptables=$rules --ip-masq=false \
    --ip-forward=false >"$engine_run/log" 2>&1 </dev/null &
  local deadline=$((SECONDS + ENGINE_START_SECONDS))
  until engine_answers; do
    if [ $SECONDS -ge $deadline ] || ! kill -0 $! 2>/dev/null; then
      tail -n 20 "$engine_run/log" >&2
      say "dockerd did not start; its last lines are above"
      engine_down
      return 1
    fi
    sleep 0.2
  done
  say "container engine: $(docker version --format '{{.Server.Version}}'), started by hand"
}

# Stops our own engine and what is left in it; another's is left alone.
engine_down() {
  [ -n "$engine_run" ] || return 0
  local left pid deadline=$((SECONDS + ENGINE_STOP_SECONDS))
  left=$(docker ps --all --quiet 2>/dev/null || true)
  [ -z "$left" ] || docker rm --force --volumes $left >/dev/null 2>&1 || true
  pid=$(cat "$engine_run/pid" 2>/dev/null || true)
  if [ -n "$pid" ]; then
    kill "$pid" 2>/dev/null || true
    while kill -0 "$pid" 2>/dev/null && [ $SECONDS -lt $deadline ]; do sleep 0.2; done
  fi
  rm -rf "$engine_run"
  engine_run=
  unset DOCKER_HOST
}

image_exists() { docker image inspect "$1" >/dev/null 2>&1; }

# True if the image was made from the same inputs; they are its label.
image_is_made_of() {
  [ "$(docker image inspect --format '{{index .Config.Labels "fqt.inputs"}}' "$1" \
    2>/dev/null)" = "$2" ]
}

# pull <image>: false if it is neither here nor to be had in time.
pull() {
  image_exists "$1" || timeout "$PULL_SECONDS" docker pull --quiet "$1" >/dev/null 2>&1
}

pom_version() { sed -n "s:.*<$1>\(.*\)</$1>.*:\1:p" "$here/pom.xml"; }

# Sets FQT_KAFKA_IMAGE and FQT_MOSQUITTO_IMAGE, unless the caller has named images already.
broker_images() {
  [ -z "${FQT_KAFKA_IMAGE:-}" ] || [ -z "${FQT_MOSQUITTO_IMAGE:-}" ] || return 0
  local kafka=$official_kafka:$(pom_version kafka.version)
  if { image_exists "$official_probe" ||
    timeout "$PROBE_SECONDS" docker pull --quiet "$official_probe" >/dev/null 2>&1; } &&
    pull "$kafka" && pull "$official_mosquitto"; then
    say "images: $kafka, $official_mosquitto"
    export FQT_KAFKA_IMAGE=$kafka FQT_MOSQUITTO_IMAGE=$official_mosquitto
    return 0
  fi
  say "images cannot be pulled: stand-ins are made from Debian packages and Maven's jars"
  base_image_made && kafka_stand_in && mosquitto_stand_in
}

# Debian without a package manager's work: 100 MB less than a minimal installation, and a Java
# runtime of this machine's JDK with the modules above.
base_image_made() {
  local work=$here/target/images/base inputs
  inputs=$({
    printf '%s\n' "$java_modules" "$base_packages"
    cat "$here/deploy/compose/base-files.sh"
    declare -f java_runtime base_image_made
    java -version 2>&1
  } | sha256sum | cut -c1-16)
  ! image_is_made_of "$base_image" "$inputs" || return 0
  local began=$SECONDS suite
  suite=$(. /etc/os-release && printf '%s' "${VERSION_CODENAME:-}")
  rm -rf "$work"
  mkdir -p "$work/root"
  java_runtime "$work/java" || return 1
  # The mirror, as apt is configured.
  apt-get indextargets --format 'deb $(SITE) $(RELEASE) $(COMPONENT)' 'Created-By: Packages' |
    awk -v suite="$suite" 'index($3, suite) == 1' | sort -u >"$work/sources"
  [ -s "$work/sources" ] || {
    say "apt knows no package lists of '$suite'; run 'apt-get update', then this again"
    return 1
  }
  mmdebstrap --quiet --variant=extract --hook-dir=/usr/share/mmdebstrap/hooks/merged-usr \
    --include="$base_packages" \
    --extract-hook="'$here/deploy/compose/base-files.sh' \"\$1\" '$work/java'" \
    "$suite" "$work/root.tar" - <"$work/sources" >"$work/log" 2>&1 || {
    tail -n 20 "$work/log" >&2
    say "mmdebstrap failed; its last lines are above"
    return 1
  }
  docker import --change "LABEL fqt.inputs=$inputs" \
    --change 'ENV PATH=/opt/java/bin:/usr/local/bin:/usr/bin:/usr/sbin' \
    "$work/root.tar" "$base_image" >/dev/null
  rm -rf "$work"
  say "made $base_image in $((SECONDS - began)) s, $(image_size "$base_image")"
}

image_size() { docker image inspect --format '{{.Size}}' "$1" | awk '{ printf "%d MB", $1 / 1e6 }'; }

java_runtime() {
  local home
  home=$(java -XshowSettings:properties -version 2>&1 | sed -n 's/ *java.home = //p')
  "$home/bin/jlink" --add-modules "$java_modules" --strip-debug --no-man-pages --no-header-files \
    --output "$1" >"$1.log" 2>&1 || {
    cat "$1.log" >&2
    say "jlink of $home failed; a whole JDK with its jmods is needed"
    return 1
  }
  # What this machine trusts; jlink of some distributions leaves a dangling link.
  rm -f "$1/lib/security/cacerts"
  cp -L "$home/lib/security/cacerts" "$1/lib/security/cacerts"
}

# build_image <name> <Dockerfile> <folder with its files>
build_image() {
  local inputs
  inputs=$({
    docker image inspect --format '{{.Id}}' "$base_image"
    cat "$2"
    find "$3" -type f -print0 | sort -z | xargs -0 sha256sum
  } | sha256sum | cut -c1-16)
  ! image_is_made_of "$1" "$inputs" || return 0
  docker build --quiet --network none --build-arg BASE="${FQT_BASE_IMAGE:-$base_image}" \
    --label "fqt.inputs=$inputs" --file "$2" --tag "$1" "$3" >"$3.log" 2>&1 || {
    cat "$3.log" >&2
    say "the image $1 could not be built; the output is above"
    return 1
  }
  say "made $1, $(image_size "$1")"
}

kafka_stand_in() {
  local files=$here/target/images/kafka
  rm -rf "$files"
  mkdir -p "$files"
  (cd "$here" && mvn -q -Dstyle.color=never -f deploy/local-stack dependency:copy-dependencies \
    -DincludeScope=test -DexcludeArtifactIds=artemis-server,artemis-mqtt-protocol \
    -DoutputDirectory="$files/libs" </dev/null) || return 1
  cp "$here/deploy/compose/kafka-run" "$here/deploy/compose/kafka-log4j2.xml" "$files"
  build_image fqt-fleet/kafka:local "$here/deploy/compose/kafka.Dockerfile" "$files" || return 1
  export FQT_KAFKA_IMAGE=fqt-fleet/kafka:local
}

mosquitto_stand_in() {
  local files=$here/target/images/mosquitto
  mkdir -p "$files"
  build_image fqt-fleet/mosquitto:local "$here/deploy/compose/mosquitto.Dockerfile" "$files" ||
    return 1
  export FQT_MOSQUITTO_IMAGE=fqt-fleet/mosquitto:local
}

# service_image <name>: gateway or streams, from its jars and the log settings of the launcher.
service_image() {
  local files=$here/target/images/$1 jar
  jar=$(find "$here/$1/target" -maxdepth 1 -name "$1-*.jar" | head -n 1)
  [ -n "$jar" ] || {
    say "there is no $1/target/$1-*.jar; run 'mvn package' first"
    return 1
  }
  rm -rf "$files"
  mkdir -p "$files/conf" "$files/lib"
  cp "$jar" "$here/$1/target/lib/"*.jar "$here/deploy/programs/target/lib/"log4j-*.jar "$files/lib"
  cp "$here/deploy/programs/src/main/resources/log4j2.xml" "$files/conf"
  only_own_rocksdb "$files/lib"
  build_image "fqt-fleet/$1:local" "$here/deploy/compose/$1.Dockerfile" "$files"
}

# RocksDB's jar holds native code of 14 platforms, 5 MB each; the image runs on one.
only_own_rocksdb() {
  local jar own
  case $(uname -m) in
    x86_64) own=librocksdbjni-linux64.so ;;
    aarch64) own=librocksdbjni-linux-aarch64.so ;;
    *) return 0 ;;
  esac
  for jar in "$1"/rocksdbjni-*.jar; do
    [ -f "$jar" ] || continue
    mkdir "$1/rocksdb"
    (cd "$1/rocksdb" && jar --extract --file "$jar" org "$own" && rm "$jar" &&
      jar --create --date=2026-01-01T00:00:00Z --file "$jar" .)
    rm -r "$1/rocksdb"
  done
}

# Of gateway and streams; FQT_BASE_IMAGE may name another one with a Java 17 runtime on the PATH.
service_images() {
  [ -n "${FQT_BASE_IMAGE:-}" ] || base_image_made || return 1
  service_image gateway && service_image streams
}

# Compose in either of its forms, on deploy/compose/compose.yaml.
compose() {
  local file=$here/deploy/compose/compose.yaml
  if docker compose version >/dev/null 2>&1; then
    docker compose --file "$file" "$@"
  else
    docker-compose --file "$file" "$@"
  fi
}

# The file that compose reads variables from; the launcher keeps the master key there.
compose_env=$here/deploy/compose/.env

has_master_key() {
  [ -n "${FQT_GATEWAY_KEYS_MASTER_KEY:-}" ] ||
    grep -q '^FQT_GATEWAY_KEYS_MASTER_KEY=..' "$compose_env" 2>/dev/null
}

need_compose() { docker compose version >/dev/null 2>&1 || need docker-compose docker-compose; }

if [ "${BASH_SOURCE[0]}" = "$0" ]; then
  set -euo pipefail
  "$@"
fi
