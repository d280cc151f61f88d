#!/usr/bin/env bash
# Build the images without Docker and run their checks: as root, with debootstrap, buildah, iproute2.
#
#   docker/prove.sh [cpu] [browser] [retrieval] [gpu]          (default: cpu browser)
#
# Debian from debootstrap stands in for the base image. buildah then builds the Dockerfiles
# themselves, each RUN in a chroot, and runs the image's `check` as the image's user in a network
# namespace that has nothing but loopback. A server's own CMD must also satisfy its HEALTHCHECK.
#
# What depends on the place comes from the environment:
#   DEBIAN_SUITE            bookworm
#   DEBIAN_MIRROR           http://deb.debian.org/debian
#   DEBIAN_SECURITY_MIRROR  http://deb.debian.org/debian-security
#   PIP_CONFIG_FILE         pip's settings for the builds, such as a mirror of the package index
#   PROVE_MOUNTS            further "FROM:TO FROM:TO ..." for the builds, read-only: wheels, certificates
#   PROVE_ARGS              "NAME=VALUE NAME=VALUE ..." for build arguments, such as TORCH_INDEX
#   TMPDIR                  where it happens; 8 GB for all images but gpu, which takes 20
#   http_proxy, https_proxy, no_proxy reach the builds as they do with Docker.
set -euo pipefail
cd "$(dirname "$0")/.."

suite=${DEBIAN_SUITE:-bookworm}
mirror=${DEBIAN_MIRROR:-http://deb.debian.org/debian}
security=${DEBIAN_SECURITY_MIRROR:-http://deb.debian.org/debian-security}
base=localhost/t2po-gym-base:$suite
work=$(mktemp -d -t t2po-gym-prove.XXXXXX)

in_store() { buildah --root "$work/store" --runroot "$work/run" "$@"; }

cleanup() {
  local status=$?
  set +e
  in_store rm --all >/dev/null 2>&1
  # Whatever an interrupted debootstrap or build left mounted, deepest first.
  awk -v work="$work/" 'index($2, work) == 1 { print $2 }' /proc/mounts | sort -r |
    xargs --no-run-if-empty --max-args=1 umount --lazy
  rm -rf --one-file-system "$work"
  exit "$status"
}
trap cleanup EXIT
trap 'exit 130' INT TERM

make_base() {
  debootstrap --variant=minbase --include=ca-certificates,netbase,tzdata,python3,python3-venv \
    "$suite" "$work/base" "$mirror" >"$work/debootstrap.log" || { tail "$work/debootstrap.log"; return 1; }
  printf 'deb %s main\n' "$mirror $suite" "$mirror $suite-updates" "$security $suite-security" \
    >"$work/base/etc/apt/sources.list"
  rm -rf "$work"/base/var/lib/apt/lists/* "$work"/base/var/cache/apt/archives/*.deb
  tar --directory "$work/base" --create --file "$work/base.tar" .
  rm -rf --one-file-system "$work/base"
  local container
  container=$(in_store from scratch)
  in_store add --quiet "$container" "$work/base.tar" / >/dev/null
  in_store config --cmd /bin/bash \
    --env PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin "$container"
  in_store commit --quiet --rm "$container" "$base" >/dev/null
}

build() {
  local options=() mount argument
  for mount in ${PROVE_MOUNTS:-} ${PIP_CONFIG_FILE:+"$PIP_CONFIG_FILE:/etc/pip.conf"}; do
    options+=(--volume "$mount:ro")
  done
  for argument in "BASE=$base" ${PROVE_ARGS:-}; do
    options+=(--build-arg "$argument")
  done
  # Docker's own format: the other one has no HEALTHCHECK.
  in_store build --isolation chroot --format docker --pull-never --no-cache "${options[@]}" \
    --file "docker/$1.Dockerfile" --tag "localhost/t2po-gym:$1" .
}

# Run a command of a container as the image's user, cut off from every network.
inside() {
  unshare --net bash -c 'ip link set lo up && exec "$@"' bash \
    buildah --root "$work/store" --runroot "$work/run" run --isolation chroot "$@"
}

# CMD or HEALTHCHECK of an image, a word a line.
words() {
  in_store inspect --type image "localhost/t2po-gym:$1" | python3 -c '
import json, sys
config = json.load(sys.stdin)["Docker"]["config"]
words = config["Cmd"] if sys.argv[1] == "cmd" else config.get("Healthcheck", {}).get("Test", [])[1:]
print(*words, sep="\n")' "$2"
}

# The server as the image starts it, until the image's own health check is content.
prove_server() {
  local command health
  mapfile -t command < <(words "$1" cmd)
  mapfile -t health < <(words "$1" health)
  [ -n "${health[*]}" ] || return 0
  inside "$2" -- python3 -c '
import subprocess, sys, time
at = sys.argv.index("HEALTH")
command, health = sys.argv[1:at], sys.argv[at + 1:]
start = time.monotonic()
with subprocess.Popen(command) as server:
    try:
        while subprocess.run(health, stderr=subprocess.DEVNULL).returncode:
            assert server.poll() is None, "the server ended"
            assert time.monotonic() - start < 300, "the server does not get healthy"
            time.sleep(1)
        print(f"healthy after {time.monotonic() - start:.0f} s")
    finally:
        server.terminate()' "${command[@]}" HEALTH "${health[@]}"
}

prove() {
  local begun=$SECONDS built container
  build "$1"
  built=$SECONDS
  container=$(in_store from --pull-never "localhost/t2po-gym:$1")
  inside "$container" -- check
  prove_server "$1" "$container"
  in_store rm "$container" >/dev/null
  proved+=("$1: built in $((built - begun)) s, checked in $((SECONDS - built)) s, $(
    in_store images --noheading --format '{{.Size}}' "localhost/t2po-gym:$1")")
}

[ $# -gt 0 ] || set -- cpu browser
proved=()
make_base
echo "base: Debian $suite in $SECONDS s"
for image; do
  prove "$image"
done
printf '%s\n' "${proved[@]}"
