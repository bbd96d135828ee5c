#!/usr/bin/env python3
"""Opens the test set: runs its networks, scores closures on them and appends the result to a log.

  score_test_set.py LEARNED OUT [--log FILE]

The test set is for the end.  Whoever chooses anything after a look at it has made a validation set of it; so every opening is logged with the closures' hashes, and the log says how often it was opened.
"""

import argparse
import datetime
import json
from pathlib import Path

import numpy as np

from common import Dataset, call, closures, here, sha256, shortcuts, sweep

in_range = ["test_sparsity", "test_parameters", "test_stimuli"]
far = ["test_extrapolation"]


def summary(scores, learned):
    """Joint scores: of each formula, of the networks their mean and worst, of the exact mass and of the shortcuts."""
    levels = scores["levels"]
    rows = {name: row for name, row in levels.items() if "network_" not in name}
    for prefix, title in (("mass.network_", "networks"), ("mass.hidden_network_", "networks with hidden states")):
        networks = [levels[name] for name in levels if name.startswith(prefix)]
        if not networks:
            continue
        numbers = [k for k, x in networks[0].items() if isinstance(x, (int, float))]
        for word, pick in (("mean", np.mean), ("worst", np.max)):
            rows[f"{title}, {word}"] = {k: float(pick([n[k] if n[k] is not None else np.inf for n in networks])) for k in numbers}
    return {"cells": scores["cells"], "left_out": scores["left_out"], "noise": scores["noise"], "best_shortcut": scores["best_shortcut"], "oracle": scores["oracle"], "levels": rows}


def step_errors(folders, levels):
    """Rms error of r in the first 5 tau after the step I = 3 from the low state of (-5, 15), by K."""
    out = {}
    for folder in folders:
        d = Dataset(folder)
        window = (d.time > 40.0) & (d.time < 45.0)
        for point in d.points(center=-5.0, strength=15.0):
            k = float(d["mean_indegree"][point])
            r = np.nanmean(d.r[point], axis=0)[window]
            row = {level: float(np.sqrt(np.mean((d.mass(level)[0][point][window] - r) ** 2))) for level in levels}
            trials = d.r[point][:, window]
            row["noise"] = float(np.sqrt(np.mean(np.var(trials, axis=0, ddof=1) / len(trials))))
            out[f"{k:g}"] = row
    return out


def jumps(d, point, r):
    """Inputs at which r jumps up on the rising and down on the falling half."""
    drive, half = d["center"][point] + d.input()[point], int(np.argmax(d.input()[point]))
    high = r > 0.4
    up = np.flatnonzero(high[:half])
    down = np.flatnonzero(~high[half:])
    return [float(drive[up[0]]) if len(up) else None, float(drive[half + down[0]]) if len(down) else None]


def fold_positions(folder):
    d, out = Dataset(folder), {}
    for point in range(len(d.r)):
        each = [jumps(d, point, r) for r in d.r[point]]
        row = {"network": [float(np.mean([e[i] for e in each])) for i in (0, 1)], "standard_error": [float(np.std([e[i] for e in each], ddof=1) / np.sqrt(len(each))) for i in (0, 1)]}
        row.update({level: jumps(d, point, d.mass(level)[0][point]) for level in d.levels()})
        out[f"{d['mean_indegree'][point]:g}"] = row
    return out


def onset(strength, variance, noise):
    """J where the oscillation begins: amplitude^2 is linear in J there; fitted where it stands out, extrapolated to 0."""
    use = variance > 4.0 * noise
    if use.sum() < 2:
        return None
    first = np.flatnonzero(use)[np.argsort(-strength[use])][:4]
    slope, offset = np.polyfit(strength[first], variance[first] - noise, 1)
    return float(-offset / slope)


def hopf_positions(folder):
    d, out = Dataset(folder), {}
    for k in sorted(set(d["mean_indegree"])):
        points = d.points(mean_indegree=k)
        j = d["strength"][points]
        network = np.array([np.mean(np.var(d.r[p], axis=1)) for p in points])
        noise = network[np.argmax(j)]
        each = [onset(j, np.array([np.var(d.r[p][t]) for p in points]), noise) for t in range(d.r.shape[1])]
        row = {"network": onset(j, network, noise), "standard_error": float(np.std(each, ddof=1) / np.sqrt(len(each))) if None not in each else None}
        for level in d.levels():
            row[level] = onset(j, np.array([np.var(d.mass(level)[0][p]) for p in points]), 1e-5)
        out[f"{k:g}"] = row
    return out


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("learned", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--log", type=Path, help="default: OUT/test_log.jsonl")
    parser.add_argument("--train", type=Path, help="the training sweep, for the step response at trained levels")
    parser.add_argument("--also", type=Path, action="append", default=[], help="another closure file, or a folder whose networks are scored too")
    parser.add_argument("--set", action="append", default=[], help="settings of every network, as of the program")
    a = parser.parse_args()
    log = a.log or a.out / "test_log.jsonl"
    files = closures(a.learned) + [file for path in a.also for file in (sorted((path / "members").glob("*.toml")) if path.is_dir() else [path])]
    hashes = {str(f.relative_to(a.learned) if f.is_relative_to(a.learned) else "/".join(f.parts[-3:])): sha256(f) for f in files}
    before = [json.loads(line) for line in log.read_text().splitlines()] if log.exists() else []
    print(f"opening the test set, time {len(before) + 1}" + (": it is no longer unseen" if any(b["closures"] != hashes for b in before) else ""))
    names = ",".join(["none", *shortcuts, *map(str, files)])
    folders = {name: sweep(here / f"{name}.toml", a.out / name, *a.set) for name in [*in_range, *far, "test_folds", "test_hopf"]}
    result = {"in_range": call("compare", *[folders[n] for n in in_range], "--closures", names, "--quiet", read=True),
              "far": call("compare", *[folders[n] for n in far], "--closures", names, "--quiet", read=True)}
    for name in ("test_folds", "test_hopf"):
        call("compare", folders[name], "--closures", names, "--quiet", read=True)
    if a.train:
        call("compare", a.train, "--closures", names, "--quiet", read=True)
    levels = list(result["far"]["scores"]["levels"])
    steps = step_errors([folders["test_sparsity"], *([a.train] if a.train else [])], levels)
    entry = {"opened": datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="seconds"), "time": len(before) + 1, "closures": hashes,
             "networks": {n: sha256(here / f"{n}.toml") for n in folders}, "settings": a.set,
             "in_range": summary(result["in_range"]["all"]["scores"], a.learned),
             "suites": {Path(s["dataset"]).parent.name: summary(s["scores"], a.learned) for s in result["in_range"]["suites"]},
             "far": summary(result["far"]["scores"], a.learned),
             "step": steps, "folds": fold_positions(folders["test_folds"]), "hopf": hopf_positions(folders["test_hopf"])}
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("a") as f:
        f.write(json.dumps(entry) + "\n")
    print(f"logged in {log}")


if __name__ == "__main__":
    main()
