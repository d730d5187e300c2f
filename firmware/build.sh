#!/bin/sh
# What Maven runs for the firmware: make, or a visible line where the tools are missing.
# REQUIRE_TOOLS=1 turns a missing tool into a failure.
set -eu
cd "$(dirname "$0")"
for tool in make gcc; do
  if ! command -v "$tool" >/dev/null 2>&1; then
    echo "SKIPPED: firmware ($*): '$tool' is not installed; 'apt-get install make gcc libc6-dev' brings it"
    [ "${REQUIRE_TOOLS:-0}" = 1 ] && exit 1
    exit 0
  fi
done
exec make -s --no-print-directory -j"$(nproc 2>/dev/null || echo 2)" -Otarget "$@"
