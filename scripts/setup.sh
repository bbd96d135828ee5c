# Sourced by the other scripts: installs what packaging/apt.txt lists and is not there yet.  Says what it does.

say() { printf '\033[1m==\033[0m %s\n' "$*"; }

install_packages() {
  local wanted missing=()
  mapfile -t wanted < <(grep -vE '^\s*(#|$)' "$root/packaging/apt.txt")
  if ! command -v dpkg-query >/dev/null || ! command -v apt-get >/dev/null; then
    say "This is no Debian or Ubuntu: install by hand what packaging/apt.txt lists; going on with what is here."
    return
  fi
  local package
  for package in "${wanted[@]}"; do
    dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || missing+=("$package")
  done
  if [ ${#missing[@]} -eq 0 ]; then
    say "System packages: all ${#wanted[@]} are installed."
    return
  fi
  local as_root=()
  if [ "$(id -u)" -ne 0 ]; then
    command -v sudo >/dev/null || { echo "Packages are missing (${missing[*]}) and neither root nor sudo is at hand. Ask for them to be installed." >&2; exit 1; }
    as_root=(sudo)
  fi
  say "Installing ${#missing[@]} system packages: ${missing[*]}"
  "${as_root[@]}" apt-get update -qq
  "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
}

# At most 2 compile jobs and never more than 1 per 2 GiB of memory.
build_jobs() {
  local cores memory
  cores=$(nproc)
  memory=$(awk '/MemAvailable/ {print int($2 / 2097152)}' /proc/meminfo)
  local jobs=$((cores < memory ? cores : memory))
  echo $((jobs < 1 ? 1 : jobs))
}

configure_and_build() {   # PRESET TARGETS...
  local preset=$1
  shift
  say "Configuring (preset $preset, folder build/$preset)"
  (cd "$root" && cmake --preset "$preset" >"$root/build/configure-$preset.log" 2>&1) || { cat "$root/build/configure-$preset.log"; return 1; }
  say "Building with $(build_jobs) jobs (the first time takes some minutes)"
  (cd "$root" && cmake --build "build/$preset" -j "$(build_jobs)" ${1:+--target "$@"} >"$root/build/build-$preset.log" 2>&1) || { grep -E 'error|FAILED' -A5 "$root/build/build-$preset.log" || tail -50 "$root/build/build-$preset.log"; return 1; }
}
