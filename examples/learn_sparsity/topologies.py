#!/usr/bin/env python3
"""Which connectivity structures does one closure cover?  topologies.py OUT

Learns a formula and networks from the networks of network.toml in each structure, and scores each on held-out networks (test_sparsity.toml, K = 300) of every structure.
Writes OUT/topologies.md and OUT/topologies.json.
"""

import json
import sys
from pathlib import Path

import numpy as np

from common import call, here, sweep

half_widths = {10: 1.6, 20: 2.2, 30: 2.7, 100: 5.0, 200: 7.1, 300: 8.7, 1000: 16.0}   # about sqrt(K)/2, as wide as binomial in-degrees
structures = {
    "fixed_indegree": [], "erdos_renyi": [], "fixed_outdegree": [], "annealed": [],
    "lorentzian_indegree": None,
    "small_world": ["projection.EE.topology.rewiring=0.1"],
    "modular": ["projection.EE.topology.modules=4", "projection.EE.topology.within=0.7"],
    "chung_lu": ["projection.EE.topology.exponent_in=4.0", "projection.EE.topology.exponent_out=4.0", "projection.EE.topology.cutoff=4.0"],
}


def settings(kind, network):
    words = [f"projection.EE.topology.kind={kind}", "sweep.trials=4"]
    if kind == "lorentzian_indegree":
        listed = next(line for line in (here / network).read_text().splitlines() if "mean_indegree\"" in line)
        ks = json.loads(listed.split("=")[1])
        words.append(f"sweep.\"projection.EE.topology.half_width\"={[half_widths[k] for k in ks]}")
    return words + (structures[kind] or [])


def main():
    out = Path(sys.argv[1])
    kinds = sys.argv[2].split(",") if len(sys.argv) > 2 else list(structures)
    for kind in kinds:
        sweep(here / "network.toml", out / kind / "train", *settings(kind, "network.toml"))
        sweep(here / "test_sparsity.toml", out / kind / "test", *settings(kind, "test_sparsity.toml"))
    files = []
    for kind in kinds:
        learned = out / kind / "learned"
        if not (learned / "closure.toml").exists():
            call("learn", out / kind / "train", "--out", learned, "--validate-indegrees", "20,200", "--units", 8, "--ridge", 0.1, "--ensemble", 1, "--quiet", *(["--resume"] if learned.exists() else []))
        for name, title in (("closure.toml", "learned_formula"), ("closure_network.toml", "learned_network")):   # titles tell closures apart
            file = learned / f"{title.removeprefix('learned_')}_{kind}.toml"
            file.write_text((learned / name).read_text().replace(f'"{title}"', f'"{file.stem}"'))
            files.append(file)
    scores = {}
    for kind in kinds:
        theory = [] if kind == "chung_lu" else ["two_cumulant", "cauchy", "resonant_static", "resonant"]   # they need in-degrees of a known law
        levels = call("compare", out / kind / "test", "--closures", ",".join(["none", *theory, *map(str, files)]), "--quiet", read=True)["scores"]["levels"]
        scores.setdefault("none", {})[kind] = {"joint": levels["mass"]["joint"]}
        for name in theory:
            scores.setdefault(name, {})[kind] = {"shortcut": levels["mass." + name]["of_exact"]}
        for source in kinds:
            scores.setdefault(source, {})[kind] = {word: levels[f"mass.{word}_{source}"]["of_exact"] for word in ("formula", "network")}
    (out / "topologies.json").write_text(json.dumps(scores, indent=1))
    lines = ["| learned on | " + " | ".join(kinds) + " |", "|---|" + "---|" * len(kinds),
             "| joint error of the exact mass | " + " | ".join(f"{scores['none'][k]['joint']:.3f}" for k in kinds) + " |"]
    for source, row in scores.items():
        if source == "none":
            continue
        cells = [" / ".join(f"{x:.2f}" for x in row[k].values() if x is not None and np.isfinite(x)) if k in row else "" for k in kinds]
        lines.append(f"| {source} | " + " | ".join(cells) + " |")
    text = "\n".join(lines) + "\n\nJoint error over that of the exact mass; formula / network.\n"
    (out / "topologies.md").write_text(text)
    print(text)


if __name__ == "__main__":
    main()
