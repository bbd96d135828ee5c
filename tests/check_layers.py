#!/usr/bin/env python3
"""models <- kernels <- host <- (cli, tests, bench): includes point one way, and folders of host/ do not know each other sideways."""

import re
import sys
from pathlib import Path

root = Path(__file__).resolve().parent.parent
rank = {"models": 0, "kernels": 1, "host": 2}
# Which folders of host/ a folder of host/ may include, beside itself; "" = files directly in host/.
sideways = {
    "spiking": set(), "cpu": {"spiking"}, "gpu": {"", "cpu", "spiking"}, "config": {"input"}, "input": {"output"}, "output": set(), "analysis": set(), "mass": set(),
    "": {"mass", "gpu"},                                            # simulation: resolves initial states by the mass; backend: makes engines
    "fit": {"", "config", "output", "analysis", "mass"},
    "live": {"", "config", "output", "analysis", "mass", "fit"},
    "sweep": {"", "config", "output", "mass", "live"},
    "compare": {"", "config", "output", "analysis", "mass", "sweep"},
    "analyse": {"", "config", "output", "mass"},
    "learn": {"", "config", "output", "mass", "sweep"},
    "export": {"", "config", "output", "mass", "sweep"},
    "cli": {"", "config", "output", "analysis", "mass", "sweep", "compare", "analyse", "fit", "learn", "export", "live", "cpu"},
}
faults = []
count = 0
for file in sorted(p for top in rank for p in (root / top).rglob("*") if p.suffix in {".hpp", ".cpp", ".cu", ".cuh"}):
    relative = file.relative_to(root).parts
    for number, line in enumerate(file.read_text().splitlines(), 1):
        found = re.match(r'\s*#\s*include\s+"([^"]+)"', line)
        if not found:
            continue
        count += 1
        parts = found.group(1).split("/")
        place = f"{'/'.join(relative)}:{number}"
        if not (root / found.group(1)).exists():
            faults.append(f"{place}: includes {found.group(1)}, which is not in the repository; include from the root")
            continue
        if rank[parts[0]] > rank[relative[0]]:
            faults.append(f"{place}: {relative[0]}/ must not include {parts[0]}/")
        if relative[0] == "host" and parts[0] == "host":
            own = relative[1] if len(relative) > 2 else ""
            other = parts[1] if len(parts) > 2 else ""
            if own != other and other not in sideways.get(own, set()):
                faults.append(f"{place}: host/{own} must not include host/{other}")
for fault in faults:
    print(fault)
print(f"{count} includes, {len(faults)} in the wrong direction")
sys.exit(1 if faults or count == 0 else 0)
