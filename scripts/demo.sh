#!/usr/bin/env bash
# One command from a fresh machine to the main result: large sparse QIF networks over levels of sparsity, their dataset,
# and the exact neural mass with its closures beside them.
# usage: scripts/demo.sh [FOLDER]      (default build/demo)
set -eu -o pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
. "$root/scripts/setup.sh"
out=${1:-$root/build/demo}
mkdir -p "$root/build"
install_packages
configure_and_build release spikemass
program=$root/build/release/bin/spikemass
say "Sweep: examples/sparsity_sweep.toml into $out"
if [ -e "$out/journal.sqlite" ]; then
  "$program" sweep "$root/examples/sparsity_sweep.toml" --out "$out" --resume
else
  "$program" sweep "$root/examples/sparsity_sweep.toml" --out "$out"
fi
say "Comparison with the exact mass (none) and every closure"
"$program" compare "$out"
"$program" report "$out" --quiet
say "Dataset: $out/dataset.nc   (xarray.open_dataset, ncdump -h)"
say "Report:  $out/report.html  (open it in a browser)"
