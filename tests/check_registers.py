#!/usr/bin/env python3
"""What ptxas reported of every kernel against tests/registers.toml: no spills, no more registers than allowed, no kernel that is not listed.

    check_registers.py [--table FILE] [--update] (--list FILE | REPORT...)

A REPORT is what cmake/keep_ptxas.sh keeps beside an object (`-Xptxas -v`), or a folder of such; --list names a file of objects or reports, one per line.
--update rewrites the table; a spill is refused there too.  Register counts belong to one release of nvcc (key `nvcc`): under another one (--nvcc) only spills and
missing kernels fail.  Kernels of Thrust and CUB are not ours: they are left out.  One line per fault on stdout; exit 1 if there is any.
"""

import argparse
import re
import subprocess
import sys
import tomllib
from pathlib import Path

arguments = argparse.ArgumentParser()
arguments.add_argument("reports", nargs="*", type=Path)
arguments.add_argument("--list", type=Path)
arguments.add_argument("--table", type=Path, default=Path(__file__).resolve().parent / "registers.toml")
arguments.add_argument("--nvcc", default="", help="version of nvcc that made the reports, 13.0.88")
arguments.add_argument("--update", action="store_true")
options = arguments.parse_args()
release = ".".join(options.nvcc.split(".")[:2])

reports = list(options.reports)
if options.list:
    objects = [Path(line) for line in re.split(r"[;\n]", options.list.read_text()) if line.strip()]
    reports += [o if o.suffix == ".ptxas" else Path(f"{o}.ptxas") for o in objects if o.suffix == ".ptxas" or o.name.endswith(".cu.o")]
reports = [p for r in reports for p in (sorted(r.rglob("*.ptxas")) if r.is_dir() else [r])]
faults = []


def read(report):
    """{(mangled kernel, architecture): [registers, spilt bytes]} of one report."""
    found, current = {}, None
    for line in report.read_text().splitlines():
        if entry := re.search(r"Compiling entry function '(\S+)' for '(\w+)'", line):
            current = found.setdefault(entry.groups(), [None, 0])
        elif current and (spill := re.search(r"(\d+) bytes spill stores, (\d+) bytes spill loads", line)):   # of the kernel or a function that it calls
            current[1] += int(spill.group(1)) + int(spill.group(2))
        elif current and (used := re.search(r"Used (\d+) registers", line)):
            current[0] = int(used.group(1))
    return found


kernels = {}
for report in reports:
    if not report.exists():
        faults.append(f"{report}: there is no report; build its target first")
        continue
    for key, (registers, spilt) in read(report).items():
        if registers is None:
            faults.append(f"{report}: no registers reported for {key[0]} on {key[1]}: was it compiled with -Xptxas=-v?")
        else:   # a template in two objects: the larger one counts
            before = kernels.get(key, (0, 0))
            kernels[key] = max(before[0], registers), max(before[1], spilt)

mangled = sorted({name for name, _ in kernels})
# One name for what is local to a file: nvcc puts a hash of the path into it.
plain = [re.sub(r"_GLOBAL__N__[0-9a-f]{8}_\d+_\w+?_cu_[0-9a-f]{8}(_\d+)?", lambda m: "_GLOBAL__N_" + "x" * (len(m.group()) - 11), name) for name in mangled]
demangled = subprocess.run(["c++filt"], input="\n".join(plain), capture_output=True, text=True, check=True).stdout.splitlines() if mangled else []
names = {m: d.replace("(anonymous namespace)::", "").removeprefix("void ") for m, d in zip(mangled, demangled)}

table = tomllib.loads(options.table.read_text()) if options.table.exists() else {}
allowed = table.get("kernels", {})
same_release = not release or table.get("nvcc", release) == release
measured, foreign = {}, set()
for (name, architecture), (registers, spilt) in kernels.items():
    kernel = names[name]
    if re.match(r"(cub|thrust)::", kernel):
        foreign.add(kernel)
        continue
    row = measured.setdefault(kernel, {})
    row[architecture] = max(row.get(architecture, 0), registers)
    if spilt:
        faults.append(f"{kernel} on {architecture}: {spilt} bytes spilt; give it fewer live values or more registers (__launch_bounds__, smaller blocks)")
    if options.update:
        continue
    limit = allowed.get(kernel, {}).get(architecture)
    if limit is None:
        faults.append(f"{kernel} on {architecture}: {registers} registers, and it is not in {options.table.name}; look at the number, then --update")
    elif registers > limit and same_release:
        faults.append(f"{kernel} on {architecture}: {registers} registers, {limit} allowed; see what grew, or --update if it is worth its price")
if not reports or not kernels:
    faults.append("no kernel was reported: nothing was checked")

for fault in faults:
    print(fault)
if options.update and not faults:
    lines = ["# Registers that a kernel may use, by architecture; spills are never allowed.  Written by tests/check_registers.py --update.", f'nvcc = "{release}"', "", "[kernels]"]
    for kernel in sorted(measured):
        row = ", ".join(f"{a} = {r}" for a, r in sorted(measured[kernel].items()))
        lines.append("'" + kernel + "' = { " + row + " }")
    options.table.write_text("\n".join(lines) + "\n")
note = "" if same_release else f"; register counts not compared: the table is of nvcc {table.get('nvcc')}, these are of {release}"
print(f"{len(measured)} kernels, {len(foreign)} of Thrust and CUB left out, {len(faults)} faults{note}")
sys.exit(1 if faults else 0)
