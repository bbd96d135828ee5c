#!/usr/bin/env bash
# The benchmarks: build (release preset), run, print; with --check against bench/gates.toml.  bench/README.md says what is measured.
# usage: bench.sh [--check] [--quick] [--allow-dirty] [--verbose] [name...]
set -eu
exec /usr/bin/python3 "$(dirname "$0")/../bench/check.py" "$@"
