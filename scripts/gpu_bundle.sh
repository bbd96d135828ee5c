#!/usr/bin/env bash
# A folder with everything that scripts/gpu_check.sh needs on a machine that has a driver and nothing else: programs, their shared libraries, sources.
# usage: gpu_bundle.sh [--bin FOLDER] [BUNDLE]
#   --bin  take the programs of this folder instead of building the preset cuda;  BUNDLE  folder to be made (default build/gpu-bundle)
# CUDA's runtime is linked statically.  Shared libraries are copied, libstdc++ too (linking it statically beside shared C++ libraries would give two of them);
# glibc and libcuda stay those of the machine: built on Debian 12 (glibc 2.36) it runs on that or later, Ubuntu 24.04 among them.
set -eu -o pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
. "$root/scripts/setup.sh"
bin=
bundle=$root/build/gpu-bundle
while [ $# -gt 0 ]; do
  case $1 in
    --bin) [ $# -gt 1 ] || { sed -n '3,4p' "$0" | sed 's/^# *//' >&2; exit 2; }; bin=$2; shift ;;
    -*) sed -n '3,4p' "$0" | sed 's/^# *//' >&2; exit 2 ;;
    *) bundle=$1 ;;
  esac
  shift
done
if [ -e "$bundle" ] && [ ! -e "$bundle/COMMIT" ]; then
  echo "gpu_bundle: $bundle is there and is no bundle; name another folder." >&2
  exit 2
fi
if [ -z "$bin" ]; then
  mkdir -p "$root/build"
  configure_and_build cuda
  bin=$root/build/cuda/bin
fi

# What is taken: the program, the tests on a device, the programs of the parts of gpu_check.sh.
programs=()
for name in spikemass gpu_device gpu_numerics gpu_parity gpu_layouts gpu_small_networks gpu_timings $(cat "$bin/gpu_tests.txt" 2>/dev/null); do
  if [ -x "$bin/$name" ]; then programs+=("$name"); else echo "not built, left out: $name"; fi
done
[ ${#programs[@]} -gt 0 ] || { echo "gpu_bundle: $bin has none of the programs." >&2; exit 1; }

part=$bundle.part
rm -rf "$part"
mkdir -p "$part/bin" "$part/lib" "$part/source"
for name in "${programs[@]}"; do
  cp "$bin/$name" "$part/bin/"
  strip --strip-debug "$part/bin/$name" 2>/dev/null || true
done
[ ! -f "$bin/gpu_tests.txt" ] || cp "$bin/gpu_tests.txt" "$part/bin/"

# glibc's own libraries, the loader and the driver belong to the machine.
own='^(linux-vdso|ld-linux.*|libc|libm|libdl|librt|libpthread|libresolv|libutil|libnss_.*|libcuda|libnvidia-.*)\.so'
missing=0
for name in "${programs[@]}"; do
  while read -r library arrow path _; do
    [ "$arrow" = "=>" ] || continue
    [[ $library =~ $own ]] && continue
    if [ "$path" = not ]; then
      echo "gpu_bundle: $name needs $library, which was not found." >&2
      missing=1
    elif [ ! -e "$part/lib/$library" ]; then
      cp -L "$path" "$part/lib/$library"
    fi
  done < <(ldd "$bin/$name")
done
[ $missing -eq 0 ]

cp "$root/scripts/gpu_check.sh" "$part/"
if git -C "$root" rev-parse HEAD >/dev/null 2>&1; then
  git -C "$root" describe --always --abbrev=12 --dirty --exclude='*' >"$part/COMMIT"
  git -C "$root" archive HEAD | tar -x -C "$part/source"
else
  echo unknown >"$part/COMMIT"
fi
rm -rf "$bundle"
mv "$part" "$bundle"
say "Bundle: $bundle ($(du -sh "$bundle" | cut -f1), ${#programs[@]} programs); on the machine with the GPU: gpu_check.sh in it"
