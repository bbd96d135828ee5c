#!/usr/bin/env bash
# Makes the virtual environment build/venv with what examples/ude and `learn --free-form` need (packaging/python.txt; PyPI, about 1 GB on the disk).  Again: brings it up to date.
# usage: scripts/python_env.sh [PYTHON]      PYTHON: interpreter to make it from, 3.11 or later (default python3)
set -eu -o pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
. "$root/scripts/setup.sh"
python=${1:-python3}
"$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "$python is older than Python 3.11. Name another: scripts/python_env.sh PYTHON" >&2; exit 1; }
"$python" -c 'import venv, ensurepip' 2>/dev/null || { echo "$python has no module venv. Install it: apt-get install python3-venv" >&2; exit 1; }
say "Virtual environment $root/build/venv"
"$python" -m venv "$root/build/venv"
"$root/build/venv/bin/python" -m pip install --quiet --disable-pip-version-check --no-cache-dir -r "$root/packaging/python.txt"
say "Done: $root/build/venv/bin/python examples/ude/with_diffrax.py; ctest -L ude tests the examples"
