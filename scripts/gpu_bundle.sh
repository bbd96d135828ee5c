#!/usr/bin/env bash
# A folder with everything that scripts/gpu_check.sh needs on a machine with a GPU: programs with their shared libraries, for one that has a driver only;
# sources with third-party headers and sources, for one that has a toolkit, CMake and g++ and where the programs do not start.
# usage: gpu_bundle.sh [--bin FOLDER | --sources] [--with-sanitizer] [BUNDLE]
#   --bin      take the programs of this folder instead of building the preset cuda      --sources  no programs, a few MB: gpu_check.sh there builds them
#   --with-sanitizer  compute-sanitizer too, for machines of your own: NVIDIA's licence lets nobody hand it on      BUNDLE  folder to be made (default build/gpu-bundle)
# CUDA's runtime is linked statically.  Shared libraries are copied, libstdc++ too (linking it statically beside shared C++ libraries would give two of them);
# glibc and libcuda stay those of the machine: built on Debian 12 (glibc 2.36) it runs on that or later.
set -eu -o pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
. "$root/scripts/setup.sh"
usage() { sed -n '4,6p' "$0" | sed 's/^# *//' >&2; exit 2; }
fail() { echo "gpu_bundle: $*" >&2; exit 1; }
bin= sources= sanitizer=
bundle=$root/build/gpu-bundle
while [ $# -gt 0 ]; do
  case $1 in
    --bin) [ $# -gt 1 ] || usage; bin=$2; shift ;;
    --sources) sources=1 ;;
    --with-sanitizer) sanitizer=1 ;;
    -*) usage ;;
    *) bundle=$1 ;;
  esac
  shift
done
[ -z "$bin" ] || [ -z "$sources" ] || usage
if [ -e "$bundle" ] && [ ! -e "$bundle/COMMIT" ]; then
  echo "gpu_bundle: $bundle is there and is no bundle; name another folder." >&2
  exit 2
fi
part=$bundle.part
rm -rf "$part"
mkdir -p "$part/source"

take_programs() {   # the program, the tests on a device, the programs of the parts of gpu_check.sh, and the shared libraries of all
  if [ -z "$bin" ]; then
    mkdir -p "$root/build"
    configure_and_build cuda spikemass gpu_programs
    bin=$root/build/cuda/bin
  fi
  local name library arrow path programs=() missing=0
  for name in spikemass gpu_device gpu_numerics gpu_parity gpu_layouts gpu_small_networks gpu_timings gpu_ceilings gpu_dense_baseline $(cat "$bin/gpu_tests.txt" 2>/dev/null); do
    if [ -x "$bin/$name" ]; then programs+=("$name"); else echo "not built, left out: $name"; fi
  done
  [ ${#programs[@]} -gt 0 ] || fail "$bin has none of the programs."
  mkdir -p "$part/bin" "$part/lib"
  [ ! -f "$bin/gpu_tests.txt" ] || cp "$bin/gpu_tests.txt" "$part/bin/"
  # glibc's own libraries, the loader and the driver belong to the machine.
  local own='^(linux-vdso|ld-linux.*|libc|libm|libdl|librt|libpthread|libresolv|libutil|libnss_.*|libcuda|libnvidia-.*)\.so'
  for name in "${programs[@]}"; do
    cp "$bin/$name" "$part/bin/"
    strip --strip-debug "$part/bin/$name" 2>/dev/null || true
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
  [ $missing -eq 0 ] || exit 1
}

take_sources() {   # the working tree as it is: what the programs were built from
  if git -C "$root" rev-parse HEAD >/dev/null 2>&1; then
    git -C "$root" describe --always --abbrev=12 --dirty --exclude='*' >"$part/COMMIT"
    (cd "$root" && git ls-files -z --cached --others --exclude-standard | while IFS= read -r -d '' file; do [ ! -e "$file" ] || printf '%s\0' "$file"; done | tar -c --null -T -) | tar -x -C "$part/source"
  else
    echo unknown >"$part/COMMIT"
    tar -c -C "$root" --exclude=./build --exclude=./.git . | tar -x -C "$part/source"
  fi
}

take_third_party() {   # packaging/third_party.cmake says what is looked for where; copied from the packages of this machine with their licences
  local to=$part/third_party package file
  mkdir -p "$to/include" "$to/lib" "$to/googletest" "$to/licences"
  for package in librandom123-dev:Random123 libfmt-dev:fmt nlohmann-json3-dev:nlohmann zlib1g-dev:zlib.h zlib1g-dev:zconf.h; do
    file=/usr/include/${package#*:}
    [ -e "$file" ] || fail "$file is not there; install ${package%:*} (packaging/apt.txt)."
    cp -R "$file" "$to/include/"
  done
  file=$(find /usr/lib -name libz.a | head -1)
  [ -n "$file" ] || fail "libz.a is not there; install zlib1g-dev (packaging/apt.txt)."
  cp "$file" "$to/lib/"
  [ -d /usr/src/googletest/googletest ] || fail "/usr/src/googletest is not there; install googletest (libgtest-dev brings it)."
  cp -R /usr/src/googletest/googletest/src /usr/src/googletest/googletest/include "$to/googletest/"
  for package in librandom123-dev libfmt-dev nlohmann-json3-dev zlib1g-dev googletest; do
    file=/usr/share/doc/$package/copyright
    [ -r "$file" ] || fail "$file, its licence, is not there, so $package is not copied."
    cp "$file" "$to/licences/$package"
  done
}

take_sanitizer() {   # the folder of the toolkit that holds the tool with the libraries that it injects; not its headers and pages
  local tool folder=
  for tool in "$(command -v compute-sanitizer || true)" "${CUDA_HOME:-/usr/local/cuda}/bin/compute-sanitizer"; do
    [ -x "$tool" ] || continue
    tool=$(dirname "$(readlink -f "$tool")")
    for folder in "$tool" "$tool/../compute-sanitizer"; do
      [ ! -f "$folder/libsanitizer-collection.so" ] || break 2
    done
    folder=
  done
  [ -n "$folder" ] && [ -f "$folder/libsanitizer-collection.so" ] || fail "--with-sanitizer: no compute-sanitizer in PATH or \$CUDA_HOME/bin with its libraries beside it."
  mkdir "$part/sanitizer"
  find "$folder/" -maxdepth 1 -type f \( -name compute-sanitizer -o -name 'TreeLauncher*' -o -name '*.so' \) -exec cp {} "$part/sanitizer/" \;
}

[ -n "$sources" ] || take_programs
take_sources
take_third_party
[ -z "$sanitizer" ] || take_sanitizer
cp "$root/scripts/gpu_check.sh" "$part/"
rm -rf "$bundle"
mv "$part" "$bundle"
say "Bundle: $bundle ($(du -sh "$bundle" | cut -f1), $(find "$bundle/bin" -type f -perm -u+x 2>/dev/null | wc -l) programs); on the machine with the GPU: gpu_check.sh in it"
