#!/usr/bin/env bash
# Builds and runs every test that this machine can run; ends with ctest's summary.
# usage: scripts/test.sh [--all] [ctest arguments]      --all: also the long statistical tests (label slow)
set -eu -o pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
. "$root/scripts/setup.sh"
mkdir -p "$root/build"
install_packages
configure_and_build dev
select=(-LE slow)
if [ "${1:-}" = --all ]; then
  select=()
  shift
fi
say "Tests"
cd "$root/build/dev"
ctest --output-on-failure --no-tests=error -j 2 "${select[@]}" "$@"
