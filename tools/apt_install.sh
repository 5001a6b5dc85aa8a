#!/bin/sh
# Install Debian packages where that can be done: as root, on Debian or what descends from it.
#
#   tools/apt_install.sh PACKAGE...    ends with 1, having said why, where it cannot
set -eu

say() { printf '==> %s\n' "$*"; }

by_hand="apt-get install --no-install-recommends $*"
if ! command -v apt-get >/dev/null; then
    say "not installing $*: this is not Debian (there: $by_hand)"
    exit 1
fi
if [ "$(id -u)" != 0 ]; then
    say "not installing $*: not root. To have it: sudo $by_hand"
    exit 1
fi

say "$by_hand"
log=$(mktemp)
trap 'rm -f "$log"' EXIT
export DEBIAN_FRONTEND=noninteractive
# Bounded: without a network apt would try for minutes.
set -- "$@" -qq -o Acquire::Retries=1 -o Acquire::http::Timeout=20 -o DPkg::Lock::Timeout=60
# A list that cannot be brought up to date may still have them.
timeout 120 apt-get update -qq -o Acquire::Retries=1 -o Acquire::http::Timeout=20 \
    </dev/null >"$log" 2>&1 || true
if ! timeout 600 apt-get install -y --no-install-recommends "$@" </dev/null >>"$log" 2>&1; then
    tail -n 5 "$log"
    say "apt-get failed (above)"
    exit 1
fi
