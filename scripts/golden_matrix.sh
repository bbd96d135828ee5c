#!/usr/bin/env bash
# The golden networks with every compiler at hand, without and with optimisation: one set of committed digests for all.
# usage: golden_matrix.sh [BUILD_FOLDER]
set -eu -o pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
build=${1:-$root/build/golden}
mkdir -p "$build"
ran=0
for compiler in "gcc g++" "clang clang++"; do
  read -r cc cxx <<<"$compiler"
  if ! command -v "$cxx" >/dev/null; then
    echo "golden matrix: $cxx is not installed, left out"
    continue
  fi
  for level in O0 O3; do
    dir=$build/$cxx-$level
    cmake -S "$root" -B "$dir" -G Ninja -DCMAKE_C_COMPILER="$cc" -DCMAKE_CXX_COMPILER="$cxx" -DCMAKE_BUILD_TYPE=None -DCMAKE_CXX_FLAGS="-$level" \
      -DSPIKEMASS_HOST=OFF -DSPIKEMASS_TESTS=OFF -DSPIKEMASS_BENCH=OFF -DSPIKEMASS_GOLDEN=ON -DSPIKEMASS_CUDA=OFF >"$build-configure.log" 2>&1 || { cat "$build-configure.log"; exit 1; }
    cmake --build "$dir" -j2 >"$build-build.log" 2>&1 || { cat "$build-build.log"; exit 1; }
    echo "== $cxx -$level"
    "$dir/bin/golden_probe" --check "$root/tests/golden/digests.txt" | grep -vE '^[a-z_]+ +digest'
    ran=$((ran + 1))
  done
done
[ "$ran" -gt 0 ]
