#!/usr/bin/env bash
# Everything that needs a GPU, in one command of at most ten minutes: device, tests, ceilings, numerics, parity, layouts, compute-sanitizer, timings, baseline.
# Every part has its own time limit and failures do not stop the next; the summary is printed from what finished.  docs/gpu.md says more.
# usage: gpu_check.sh [--bin FOLDER | --build] [--only PART,PART...] [--limit SECONDS] [--list]
#   --bin    programs (default: bin beside this script, as in a bundle, else build/cuda/bin)      --limit  no part may take longer than this
#   --build  in a bundle: build its sources first, with the toolkit, CMake and g++ of this machine and nothing else (folder build beside this script);
#            done by itself where the bundle has no programs or they do not start.  The limits do not count it
# Results: $OUT if set, else bench/results/gpu (in a bundle: results).
# Exit: 0 all parts passed, 1 a part failed or ran out of time, or the build failed, 2 usage, 3 nothing failed but parts were not built or not found, 77 no GPU.
set -u -o pipefail
here=$(cd "$(dirname "$0")" && pwd)
parts=(device tests ceilings numerics parity layouts sanitizer timings baseline)
declare -A limit=([device]=15 [tests]=100 [ceilings]=55 [numerics]=75 [parity]=80 [layouts]=45 [sanitizer]=100 [timings]=100 [baseline]=30)
budget=600

usage() { sed -n '4,7p' "$here/$(basename "$0")" | sed 's/^# *//' >&2; exit 2; }
bundle= build= bin=
if [ -d "$here/third_party" ]; then bundle=1 results=$here/results; else results=$here/../bench/results/gpu; fi
selected=("${parts[@]}")
cap=$budget
while [ $# -gt 0 ]; do
  case $1 in
    --list) for part in "${parts[@]}"; do echo "$part ${limit[$part]} s"; done; exit 0 ;;
    --bin) [ $# -gt 1 ] || usage; bin=$2; shift ;;
    --build) build=1 ;;
    --limit) [ $# -gt 1 ] && [[ $2 =~ ^[1-9][0-9]*$ ]] || usage; cap=$2; shift ;;
    --only) [ $# -gt 1 ] || usage; IFS=, read -r -a selected <<<"$2"; shift ;;
    *) usage ;;
  esac
  shift
done
for part in "${selected[@]}"; do
  [ -n "${limit[$part]:-}" ] || { echo "gpu_check: there is no part '$part'; parts are: ${parts[*]}" >&2; exit 2; }
done
[ -z "$build" ] || [ -z "$bin" ] || usage
if [ -n "$build" ] && [ -z "$bundle" ]; then
  echo "gpu_check: --build is for a bundle; here: 'cmake --preset cuda && cmake --build --preset cuda'." >&2
  exit 2
fi
results=${OUT:-$results}
export SPIKEMASS_REQUIRE_GPU=1

# ---- programs: those of a bundle where they start, else its sources built here ----
build_seconds=null
build_bundle() {
  local began=$SECONDS log=$here/build.log tool generator=() jobs capability
  export PATH="$PATH:${CUDA_HOME:-/usr/local/cuda}/bin"   # the toolkit's own installer leaves PATH alone
  for tool in cmake nvcc c++; do
    command -v $tool >/dev/null || { echo "gpu_check: the bundle's sources need $tool, which was not found: wanted are CMake 3.25, CUDA 12.4 (nvcc in PATH, \$CUDA_HOME or /usr/local/cuda) and g++ 12, or later ones." >&2; exit 1; }
  done
  if command -v ninja >/dev/null; then generator=(-G Ninja); elif command -v make >/dev/null; then generator=(-G "Unix Makefiles"); fi
  # Machine code for this GPU alone where it is one of ours: half the build.
  capability=$(nvidia-smi --query-gpu=compute_cap --format=csv,noheader 2>/dev/null | sort -u | tr -d '.\n')
  case $capability in 80 | 90) export CUDAARCHS=${CUDAARCHS:-$capability-real} ;; esac
  jobs=$(awk -v cores="$(nproc)" '/MemAvailable/ {m = int($2 / 2097152); print m < 1 ? 1 : m < cores ? m : cores}' /proc/meminfo 2>/dev/null)
  jobs=${jobs:-1}
  rm -f "$here/build/complete"
  echo "gpu_check: building the bundle's sources with $jobs jobs (log: $log)"
  cmake -S "$here/source" -B "$here/build" ${generator[@]+"${generator[@]}"} -DCMAKE_BUILD_TYPE=Release -DSPIKEMASS_CUDA=ON -DSPIKEMASS_HOST=OFF -DSPIKEMASS_BENCH=OFF -DSPIKEMASS_TESTS=ON \
    -DCMAKE_PROJECT_TOP_LEVEL_INCLUDES="$here/source/packaging/third_party.cmake" -DSPIKEMASS_THIRD_PARTY="$here/third_party" >"$log" 2>&1 &&
    cmake --build "$here/build" -j "$jobs" --target gpu_programs >>"$log" 2>&1 || {
    grep -iE -A5 'error|FAILED' "$log" | head -60
    echo "gpu_check: the build failed after $((SECONDS - began)) s; $log says why.  Nothing was measured." >&2
    exit 1
  }
  touch "$here/build/complete"
  build_seconds=$((SECONDS - began))
  echo "gpu_check: built in $build_seconds s"
}
starts() {   # FOLDER: 127 and a loader's complaint (exit 1) are programs for another system
  local said code
  [ -x "$1/gpu_device" ] || return 1
  said=$(LD_LIBRARY_PATH="$here/lib${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}" timeout -k 5 "${limit[device]}" "$1/gpu_device" 2>&1)
  code=$?
  if [ $code -eq 126 ] || [ $code -eq 127 ] || grep -qE "^[^ ]*gpu_device: (.*version \`.*' not found|error while loading)" <<<"$said"; then
    echo "gpu_check: the programs of the bundle do not start here: $said"
    return 1
  fi
}
if [ -n "$bundle" ] && [ -z "$bin" ]; then
  if [ -n "$build" ]; then build_bundle; bin=$here/build/bin
  elif [ -e "$here/build/complete" ]; then bin=$here/build/bin
  elif starts "$here/bin"; then bin=$here/bin
  else build_bundle; bin=$here/build/bin
  fi
fi
bin=${bin:-$here/../build/cuda/bin}
[ -d "$bin" ] || { echo "gpu_check: no folder $bin: build with 'cmake --preset cuda && cmake --build --preset cuda', or name one by --bin." >&2; exit 2; }
bin=$(cd "$bin" && pwd)
if [ -d "$here/lib" ] && [ "$bin" = "$here/bin" ]; then export LD_LIBRARY_PATH="$here/lib${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}"; fi   # not those that were built here

# ---- is there a GPU ----
if [ ! -x "$bin/gpu_device" ]; then
  echo "gpu_check: $bin/gpu_device is not built, so nothing can be asked of a GPU; nothing was measured." >&2
  exit 3
fi
device=$(timeout -k 5 "${limit[device]}" "$bin/gpu_device" 2>&1)
code=$?
if [ $code -ne 0 ]; then
  if [ $code -eq 77 ]; then echo "gpu_check: no GPU: $device"; else echo "gpu_check: gpu_device failed with exit code $code: $device"; fi
  echo "Nothing was measured."
  exit $((code == 77 ? 77 : 1))
fi

# ---- parts: each returns the exit code of what it ran; 200 = not built, 201 = a tool was not found ----
not_built=200 not_found=201
program() {   # NAME ARGUMENTS...: a program that writes its findings as one JSON object
  [ -x "$bin/$1" ] || return $not_built
  "$bin/$1" "${@:2}"
}
part_device() {
  echo "$device"
  if command -v nvidia-smi >/dev/null; then nvidia-smi || echo "nvidia-smi failed"; fi
  return 0
}
part_tests() {
  local list=$bin/gpu_tests.txt name failed=0 ran=0
  [ -s "$list" ] || return $not_built
  while read -r name; do
    if [ ! -x "$bin/$name" ]; then
      echo "== $name: not built"
      failed=1
      continue
    fi
    echo "== $name"
    "$bin/$name" || { failed=1; echo "== $name: exit code $?"; }
    ran=$((ran + 1))
  done <"$list"
  [ $ran -gt 0 ] || return $not_built
  return $failed
}
part_numerics() { program gpu_numerics --json "$1"; }
part_parity() { program gpu_parity --json "$1"; }
part_layouts() { program gpu_layouts --json "$1"; }
part_timings() { program gpu_timings --json "$1"; }
part_ceilings() { program gpu_ceilings --json "$1"; }
part_baseline() { program gpu_dense_baseline --json "$1"; }
part_sanitizer() {
  [ -x "$bin/gpu_small_networks" ] || return $not_built
  local tool sanitizer failed=0
  sanitizer=$(command -v compute-sanitizer || ls "${CUDA_HOME:-/usr/local/cuda}/bin/compute-sanitizer" "$here/sanitizer/compute-sanitizer" 2>/dev/null | head -1)   # that of the machine fits its driver
  [ -n "$sanitizer" ] || return $not_found
  for tool in memcheck racecheck synccheck initcheck; do
    echo "== $tool"
    "$sanitizer" --tool "$tool" --error-exitcode 99 "$bin/gpu_small_networks" || { failed=1; echo "== $tool: exit code $?"; }
  done
  return $failed
}

# ---- run ----
logs=$(mktemp -d "${TMPDIR:-/tmp}/gpu_check.XXXXXX")
declare -A status=() seconds=() codes=()
running='' child=''
json_text() { printf '"'; sed -e 's/\\/\\\\/g; s/"/\\"/g; s/\t/\\t/g' | tr -d '\000-\010\013-\037' | sed -e ':a;N;$!ba;s/\n/\\n/g' | tr -d '\n'; printf '"'; }
commit=unknown
if [ -f "$here/COMMIT" ]; then commit=$(cat "$here/COMMIT"); elif git -C "$here" rev-parse HEAD >/dev/null 2>&1; then commit=$(git -C "$here" describe --always --abbrev=12 --dirty --exclude='*'); fi

export SPIKEMASS_COMMIT=$commit   # for the programs' own JSON

finish() {   # summary, JSON, exit code
  trap - INT TERM
  if [ -n "$running" ]; then
    status[$running]=interrupted
    kill "$child" 2>/dev/null   # timeout hands it on
  fi
  local part worst=0 stamp file separator=
  printf '\n%s\n' "$device"
  for part in "${selected[@]}"; do
    printf '%-10s %-12s %6s s of %3s s\n' "$part" "${status[$part]:-not run}" "${seconds[$part]:--}" "${limit[$part]}"
    case ${status[$part]:-not run} in
      passed) ;;
      "not built" | "not found" | "not run") [ $worst -eq 1 ] || worst=3 ;;
      *) worst=1 ;;
    esac
  done
  stamp=$(date -u +%Y-%m-%dT%H%M%SZ)
  if mkdir -p "$results" && file=$results/$stamp.json && {
    printf '{"date": "%s", "commit": %s, "device": %s, "build_seconds": %s, "parts": [' "$stamp" "$(printf %s "$commit" | json_text)" "$(printf %s "$device" | json_text)" "$build_seconds"
    for part in "${selected[@]}"; do
      printf '%s\n  {"name": "%s", "status": "%s", "seconds": %s, "limit_seconds": %s, "exit_code": %s, "result": ' "$separator" "$part" "${status[$part]:-not run}" "${seconds[$part]:-null}" \
        "${limit[$part]}" "${codes[$part]:-null}"
      case ${status[$part]:-} in   # what was cut off is no JSON
        passed | failed) if [ -s "$logs/$part.json" ]; then cat "$logs/$part.json"; else printf null; fi ;;
        *) printf null ;;
      esac
      printf '}'
      separator=,
    done
    printf '\n]}\n'
  } >"$file.part" && mv "$file.part" "$file"; then
    cat "$logs"/*.log >"$results/$stamp.log" 2>/dev/null
    echo "Results: $file, logs: $results/$stamp.log"
  else
    echo "gpu_check: cannot write into $results; logs: $logs" >&2
    exit 1
  fi
  rm -rf "$logs"
  exit $worst
}
trap finish INT TERM

export -f program part_device part_tests part_numerics part_parity part_layouts part_sanitizer part_timings part_ceilings part_baseline
export bin here device not_built not_found
start=$SECONDS
for part in "${selected[@]}"; do
  left=$((budget - (SECONDS - start)))
  allowed=$((limit[$part] < cap ? limit[$part] : cap))
  limit[$part]=$((allowed < left ? allowed : left))
  [ "${limit[$part]}" -gt 0 ] || { limit[$part]=0; continue; }
  running=$part
  printf '== %s (at most %s s)\n' "$part" "${limit[$part]}" | tee "$logs/$part.log"
  began=$SECONDS
  timeout -k 5 "${limit[$part]}" bash -c "part_$part \"\$1\"" part "$logs/$part.json" >>"$logs/$part.log" 2>&1 &
  child=$!
  wait $child
  code=$?
  seconds[$part]=$((SECONDS - began)) codes[$part]=$code running=
  case $code in
    0) status[$part]=passed ;;
    124 | 137) status[$part]="timed out" ;;
    "$not_built") status[$part]="not built" ;;
    "$not_found") status[$part]="not found" ;;
    *) status[$part]=failed; tail -30 "$logs/$part.log" ;;
  esac
  echo "   ${status[$part]}"
done
finish
