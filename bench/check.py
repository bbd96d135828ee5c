#!/usr/bin/python3
"""Builds and runs the benchmarks; with --check compares them with gates.toml and writes results/ (bench/README.md)."""

import argparse
import datetime
import json
import math
import os
import platform
import re
import statistics
import subprocess
import sys
import tempfile
import time
import tomllib
from pathlib import Path

root = Path(__file__).resolve().parent.parent
programs = ["update", "propagate", "step", "graph", "accuracy"]
# Peak memory is a process's: this case has one of its own.
alone = {"graph": "^graph/capacity"}
bookkeeping = {"name", "run_name", "run_type", "repetitions", "repetition_index", "threads", "iterations", "real_time", "cpu_time",
               "time_unit", "family_index", "per_family_instance_index"}


def fail(message, code=2):
    print(message, file=sys.stderr)
    sys.exit(code)


def output_of(*command):
    return subprocess.run(command, cwd=root, capture_output=True, text=True).stdout.strip()


# ---- machine, compiler, tree ---------------------------------------------------------------------------------------


def machine():
    fields = {}
    for line in Path("/proc/cpuinfo").read_text().split("\n\n")[0].splitlines():
        key, _, value = line.partition(":")
        fields[key.strip()] = value.strip()
    caches = {}
    for index in sorted(Path("/sys/devices/system/cpu/cpu0/cache").glob("index*")):
        read = lambda name: (index / name).read_text().strip()
        if read("type") != "Instruction":
            caches["L" + read("level")] = read("size")
    memory = re.search(r"MemTotal:\s+(\d+)", Path("/proc/meminfo").read_text())
    huge = Path("/sys/kernel/mm/transparent_hugepage/enabled")
    return {
        "cpu": fields.get("model name", platform.machine()),
        "family": fields.get("cpu family"), "model": fields.get("model"), "stepping": fields.get("stepping"),
        "mhz_nominal": fields.get("cpu MHz"), "cores": os.cpu_count(), "caches": caches,
        "virtual": "hypervisor" in fields.get("flags", "").split(),
        "memory_gib": round(int(memory.group(1)) / 1048576, 1), "kernel": platform.release(),
        "system": next((l.split("=")[1].strip('"') for l in Path("/etc/os-release").read_text().splitlines() if l.startswith("PRETTY_NAME")), ""),
        "transparent_huge_pages": huge.read_text().strip() if huge.exists() else "",
    }


def machine_name(m):
    """The kind of machine, not its host name."""
    return re.sub(r"[^a-z0-9]+", "-", f"{m['cpu']} f{m['family']}m{m['model']} {m['cores']} cores".lower()).strip("-")


def compiler_flags(build):
    """Flags of the hot loops, one entry per instruction set."""
    flags = {}
    for entry in json.loads((build / "compile_commands.json").read_text()):
        if entry["file"].endswith("isa_loops.cpp"):
            words = entry["command"].split()
            isa = "v4" if "-DSPIKEMASS_ISA_v4" in words else "v3"
            flags[isa] = " ".join(w for w in words if re.match(r"-[Omfs]|-DNDEBUG", w))
    compiler = re.search(r"CMAKE_CXX_COMPILER:[A-Z]+=(.*)", (build / "CMakeCache.txt").read_text()).group(1)
    return output_of(compiler, "--version").splitlines()[0], flags


def dirty_files():
    """Results of earlier checks do not count."""
    git = subprocess.run(["git", "status", "--porcelain", "--", ".", ":!bench/results"], cwd=root, capture_output=True, text=True)
    return ["not a git checkout: the commit is unknown"] if git.returncode != 0 else git.stdout.splitlines()


# ---- measuring -------------------------------------------------------------------------------------------------------


def build_all(folder):
    if folder == root / "build" / "release":
        commands = [["cmake", "--preset", "release"]]
    else:
        commands = []
    commands.append(["cmake", "--build", str(folder), "-j2", "--target", "spikemass", *("bench_" + p for p in programs)])
    for command in commands:
        done = subprocess.run(command, cwd=root, capture_output=True, text=True)
        if done.returncode != 0:
            fail(done.stdout[-4000:] + done.stderr[-4000:] + f"\nbench: `{' '.join(command)}` failed", 1)


def summary(values):
    return {"median": statistics.median(values), "lowest": min(values), "highest": max(values), "rounds": len(values)}


def run_program(program, build, pattern, options):
    """All numbers of one program: {case: {metric: summary}}."""
    with tempfile.NamedTemporaryFile(suffix=".json") as out:
        command = [str(build / "bin" / f"bench_{program}"), f"--rounds={options.rounds}", "--benchmark_out_format=json", f"--benchmark_out={out.name}"]
        if not options.quick:
            command.append("--large")
        if pattern:
            command.append(f"--benchmark_filter={pattern}")
        done = subprocess.run(command, cwd=root, capture_output=not options.verbose, text=True)
        if done.returncode != 0:
            print(f"{(done.stderr or '')[-2000:]}bench_{program} ended with code {done.returncode}", file=sys.stderr)
            return {}
        measured = json.load(open(out.name))["benchmarks"]
    values = {}
    for row in measured:
        if row["run_type"] == "iteration":
            case = values.setdefault(row["name"].split("/iterations:")[0], {})
            for key, value in row.items():
                if key not in bookkeeping:
                    case.setdefault(key, []).append(value)
    return {case: {metric: summary(v) for metric, v in metrics.items()} for case, metrics in values.items()}


def run_command(gate, build, options):
    """Wall time of a command of the program, to its first output and to its end."""
    first, wall = [], []
    for _ in range(min(gate.get("rounds", 9), options.rounds)):
        with tempfile.TemporaryDirectory() as folder:
            command = [str(build / "bin" / "spikemass"), *(word.format(folder=folder) for word in gate["command"])]
            start = time.perf_counter()
            process = subprocess.Popen(command, cwd=root, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
            if process.stdout.read(1):
                first.append(time.perf_counter() - start)
            process.stdout.read()
            if process.wait() != 0:
                print(f"`spikemass {' '.join(gate['command'])}` ended with code {process.returncode}", file=sys.stderr)
                return {}
            wall.append(time.perf_counter() - start)
    return {name: summary(v) for name, v in (("first_output_seconds", first), ("wall_seconds", wall)) if v}


# ---- report ----------------------------------------------------------------------------------------------------------


def number(x):
    return f"{x:.4g}"


def judge(gates, numbers, isa_v4):
    rows = []
    for gate in gates:
        found = numbers.get(gate["case"], {}).get(gate["metric"])
        if found is None:
            verdict = "n/a" if gate.get("needs") == "v4" and not isa_v4 else "NOT RUN"
        else:
            ok = found["median"] >= gate["min"] if "min" in gate else found["median"] <= gate["max"]
            verdict = "ok" if ok else "MISSED"
        rows.append({"gate": gate, "found": found, "verdict": verdict})
    return rows


def print_table(rows):
    cells = [("gate", "measured [spread]", "limit", "", "")]
    for row in rows:
        gate, found = row["gate"], row["found"]
        measured = f"{number(found['median'])} [{number(found['lowest'])}-{number(found['highest'])}]" if found else "-"
        limit = f">= {gate['min']:g}" if "min" in gate else f"<= {gate['max']:g}"
        cells.append((gate["name"], measured, f"{limit} {gate.get('unit', '')}".strip(), row["verdict"], gate["what"]))
    width = [max(len(c[i]) for c in cells) for i in range(4)]
    for c in cells:
        print(" | ".join(c[i].ljust(width[i]) for i in range(4)) + (f" | {c[4]}" if c[4] else ""))


def print_numbers(numbers):
    for case, metrics in numbers.items():
        print(case)
        for metric, v in metrics.items():
            print(f"    {metric:28s} {number(v['median']):>10s} [{number(v['lowest'])}-{number(v['highest'])}]")


def crossing(points):
    """Where a ratio passes 1, by straight lines over log x; None if it does not."""
    points = sorted(points)
    for (x0, y0), (x1, y1) in zip(points, points[1:]):
        if (y0 - 1) * (y1 - 1) <= 0 and y0 != y1:
            return math.exp(math.log(x0) + (1 - y0) / (y1 - y0) * math.log(x1 / x0))
    return None


def crossovers(numbers):
    """Measured crossovers of the storage formats beside the constants of host/cpu/graph.hpp: [(what, constant, {condition: value})]."""
    constant = {name: value.strip() for name, value in re.findall(r"constexpr \w+(?:::\w+)* (\w+) = ([^;]+);", (root / "host" / "cpu" / "graph.hpp").read_text())}
    segments, densities = [], {}
    for case, metrics in numbers.items():
        if found := re.match(r"propagate/crossover/segment([\d.]+)$", case):
            segments.append((float(found[1]), metrics["rows16_vs_rows32"]["median"]))
        elif found := re.match(r"propagate/crossover/density1:(\d+)_f([\d.]+)$", case):
            densities.setdefault(f"{found[2]} % spiking", []).append((1 / int(found[1]), metrics["bit_rows_vs_rows16"]["median"]))
    rows = []
    if segments:
        rows.append(("rows16 beat rows32 from this mean segment", "l2_segment = " + constant.get("l2_segment", "?"), {"2 % spiking": crossing(segments)}))
    if densities:
        rows.append(("bit rows beat rows16 from this density K/N", "min_density = " + constant.get("min_density", "?"), {f: crossing(p) for f, p in densities.items()}))
    return rows


def print_crossovers(rows):
    for what, constant, found in rows:
        print(f"{what}: " + ", ".join(f"{number(x) if x else 'nowhere here'} ({f})" for f, x in found.items()) + f"; the engine uses {constant}")


def main():
    parser = argparse.ArgumentParser(prog="scripts/bench.sh", description=__doc__)
    parser.add_argument("names", nargs="*", help="programs (" + ", ".join(programs) + ") or gates; default: all")
    parser.add_argument("--check", action="store_true", help="compare with bench/gates.toml; a whole check of a clean tree is kept in bench/results")
    parser.add_argument("--quick", action="store_true", help="3 rounds, no case that takes minutes or gigabytes; nothing is kept")
    parser.add_argument("--allow-dirty", action="store_true", help="measure uncommitted changes too; nothing is kept")
    parser.add_argument("--verbose", action="store_true", help="show the programs' own output")
    parser.add_argument("--build", type=Path, default=root / "build" / "release", help="a configured build folder; default build/release by its preset")
    options = parser.parse_args()
    options.rounds = 3 if options.quick else 9

    gates = tomllib.loads((root / "bench" / "gates.toml").read_text())["gate"]
    for gate in gates:
        if "command" in gate:
            gate["case"] = "command/" + gate["name"]
    unknown = [n for n in options.names if n not in programs and n not in {g["name"] for g in gates}]
    if unknown:
        fail(f"bench: unknown name {unknown[0]}. Programs: {', '.join(programs)}. Gates: {', '.join(g['name'] for g in gates)}.")
    dirty = dirty_files()
    if options.check and dirty and not options.allow_dirty:
        fail("bench: the tree has changes that no commit holds, so the numbers could not be traced:\n  " + "\n  ".join(dirty[:10]) +
             "\nCommit them, or measure with --allow-dirty, which keeps nothing.")

    options.build = options.build.resolve()
    build_all(options.build)
    load_before = os.getloadavg()
    wanted = [g for g in gates if (not options.names or g["name"] in options.names or g.get("program") in options.names)
              and not (options.quick and g.get("large"))]
    numbers = {}
    for program in programs:
        cases = sorted({g["case"] for g in wanted if g.get("program") == program})
        whole = program in options.names or (not options.names and not options.quick)
        if not whole and not cases:
            continue
        print(f"bench_{program} ...", file=sys.stderr)
        lonely = alone.get(program)
        together = [c for c in cases if not (lonely and re.match(lonely, c))]
        if whole:
            numbers |= run_program(program, options.build, "-" + lonely if lonely else None, options)
        elif together:
            numbers |= run_program(program, options.build, "^(" + "|".join(re.escape(c) for c in together) + ")/iterations", options)
        if lonely and (whole or len(together) < len(cases)) and not options.quick:
            numbers |= run_program(program, options.build, lonely, options)
    for gate in wanted:
        if "command" in gate:
            print(f"spikemass {gate['command'][0]} ...", file=sys.stderr)
            numbers[gate["case"]] = run_command(gate, options.build, options)

    if not options.check:
        print_numbers(numbers)
        print_crossovers(crossovers(numbers))
        return 0
    rows = judge(wanted, numbers, "avx512bw" in Path("/proc/cpuinfo").read_text())
    print_table(rows)
    missed = [r["gate"]["name"] for r in rows if r["verdict"] in ("MISSED", "NOT RUN")]
    print_crossovers(crossovers(numbers))
    m = machine()
    compiler, flags = compiler_flags(options.build)
    print(f"{m['cpu']}, {m['cores']} cores; {compiler}; commit {output_of('git', 'rev-parse', '--short=12', 'HEAD')}{' + changes' if dirty else ''}; "
          f"load {load_before[0]:.1f} before, {os.getloadavg()[0]:.1f} after; median of {options.rounds} rounds [lowest-highest]")
    print(f"{len(rows) - len(missed)} of {len(rows)} gates ok" + (": missed " + ", ".join(missed) if missed else ""))
    if not (dirty or options.names or options.quick or options.allow_dirty):
        now = datetime.datetime.now(datetime.timezone.utc)
        file = root / "bench" / "results" / f"{now:%Y-%m-%d}-{machine_name(m)}.json"
        file.parent.mkdir(exist_ok=True)
        kept = [{**{k: v for k, v in r["gate"].items()}, "measured": r["found"], "verdict": r["verdict"]} for r in rows]
        file.write_text(json.dumps({"date": now.isoformat(timespec="seconds"), "commit": output_of("git", "rev-parse", "HEAD"), "machine": m, "compiler": compiler,
                                    "flags": flags, "load_average": {"before": load_before, "after": os.getloadavg()}, "rounds": options.rounds,
                                    "gates": kept,
                                    "crossovers": [{"what": w, "constant": c, "measured": f} for w, c, f in crossovers(numbers)], "numbers": numbers}, indent=1) + "\n")
        print(f"written to {file.relative_to(root)}")
    return 1 if missed else 0


sys.exit(main())
