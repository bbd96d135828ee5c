#!/usr/bin/env python3
"""Pictures and the table of a finished run of this example: pictures.py FOLDER."""

import json
import sys
import tomllib
from pathlib import Path

import matplotlib
import numpy as np

matplotlib.use("Agg")
import matplotlib.pyplot as plt

from common import Dataset

styles = {"mass": ("exact mass (all-to-all)", "0.55", ":"), "mass.two_cumulant": ("two_cumulant", "tab:blue", "--"), "mass.resonant": ("resonant", "tab:green", "--"),
          "mass.network_0": ("learned network", "tab:purple", "-"), "mass.learned_formula": ("learned formula", "tab:red", "-")}


# ---- closures ---------------------------------------------------------------------------------------------------------

def learned_correction(path, s, eps, sign):
    """p^, q^ of a closure file (static) at s = v/|W| and eps = J^2/(K |W|^2)."""
    closure = tomllib.loads(Path(path).read_text())["closure"]
    c, h = np.sqrt(1.0 - s**2), eps / (1.0 + eps)
    if "network" not in closure:
        names = dict(s=s, c=c, eps=eps, h=h, sg=sign, sqrt=np.sqrt, abs=np.abs, exp=np.exp, log=np.log, tanh=np.tanh)
        return [np.broadcast_to(eval(closure[o].replace("^", "**"), {"__builtins__": {}}, names), s.shape) for o in ("p", "q")]
    net, inputs = closure["network"], [s, np.log1p(eps) * np.ones_like(s), sign * np.ones_like(s)]
    theta, units = np.array(net["theta"]), net["units"]
    first, last = theta[: 4 * units].reshape(units, 4), theta[4 * units :].reshape(2, units + 1)
    hidden = [np.tanh(sum(u[i] * x for i, x in enumerate(inputs)) + u[3]) for u in first]
    return [net["scale"] * (sum(w * x for w, x in zip(row, hidden)) + row[-1]) for row in last]


def white(x):
    return 1j / (4 * np.pi * (1 - 1j * x))


def resonant(x, n=10000):
    """First-order theory of equal in-degrees at x = v/(pi r) < 0, neurons at the quantiles of eta (theory of doc `resonant_static`)."""
    g = np.empty(len(x), complex)
    u = np.tan(np.pi * ((np.arange(n) + 0.5) / n - 0.5))
    for i, ratio in enumerate(x):
        w = 1 - 1j * ratio                          # W in units of pi r; r = 1/pi
        drive = np.real(w**2) + np.abs(np.imag(w**2)) * u
        rate = np.sqrt(np.maximum(drive, 0.0)) / np.pi
        rate = rate[rate > 0]
        hat = 0.5j * np.sum(rate / np.tan(w / rate)) / n - 1j / np.pi**2 / (2 * w)
        g[i] = 1j / (2 * w) * hat
    return g


# ---- pictures -----------------------------------------------------------------------------------------------------------

def rates_against_sparsity(folder, out):
    """Stationary r and v before the first step, against K."""
    sets = {}
    for name in ("train", "test_sparsity", "test_extrapolation"):
        d = Dataset(folder / name)
        window = (d.time > 36.0) & (d.time < 40.0)
        for point in range(len(d.r)):
            key = (d["center"][point], d["strength"][point])
            row = {"network": (d.r[point][:, window].mean(axis=1), d.v[point][:, window].mean(axis=1))}
            for level in d.levels():
                r, v = d.mass(level)
                row[level] = (r[point][window].mean(), v[point][window].mean())
            sets.setdefault(key, {})[float(d["mean_indegree"][point])] = row
    chosen = [key for key in [(5.0, -10.0), (0.0, 5.0), (20.0, -40.0), (-2.0, 10.0)] if key in sets]
    figure, axes = plt.subplots(2, len(chosen), figsize=(3.2 * len(chosen), 5.2), sharex=True, layout="constrained")
    for column, key in enumerate(chosen):
        ks = sorted(sets[key])
        for row, quantity in enumerate(("r", "v")):
            axis = axes[row, column]
            for level, (label, color, line) in styles.items():
                if all(level in sets[key][k] for k in ks):
                    axis.plot(ks, [sets[key][k][level][row] for k in ks], line, color=color, label=label, lw=1.6)
            trials = [sets[key][k]["network"][row] for k in ks]
            axis.errorbar(ks, [np.mean(t) for t in trials], [np.std(t, ddof=1) / np.sqrt(len(t)) for t in trials], fmt="ko", ms=4, label="network", zorder=5)
            axis.set_xscale("log")
            axis.set_ylabel("r [1/tau]" if quantity == "r" else "v")
        axes[0, column].set_title(f"eta = {key[0]:g}, J = {key[1]:g}")
        axes[1, column].set_xlabel("in-degree K")
    axes[0, 0].legend(fontsize=7)
    figure.savefig(out / "rates_against_sparsity.png", dpi=130)
    plt.close(figure)


def step_response(folder, out):
    """The step I = 3 from the low state of (-5, 15)."""
    figure, axes = plt.subplots(2, 3, figsize=(11, 5.2), sharex=True, layout="constrained")
    for column, (name, k) in enumerate((("train", 30), ("train", 100), ("test_sparsity", 300))):
        d = Dataset(folder / name)
        point = d.points(center=-5.0, strength=15.0, mean_indegree=k)[0]
        window = (d.time > 39.0) & (d.time < 50.0)
        for row, data in enumerate((d.r, d.v)):
            axis, trials = axes[row, column], data[point][:, window]
            mean, error = trials.mean(axis=0), trials.std(axis=0, ddof=1) / np.sqrt(len(trials))
            axis.fill_between(d.time[window] - 40, mean - 2 * error, mean + 2 * error, color="0.8", lw=0)
            axis.plot(d.time[window] - 40, mean, "k", lw=2.2, label="network")
            for level, (label, color, line) in styles.items():
                if level in d.levels():
                    axis.plot(d.time[window] - 40, d.mass(level)[row][point][window], line, color=color, label=label, lw=1.3)
            axis.set_ylabel("r [1/tau]" if row == 0 else "v")
        axes[0, column].set_title(f"K = {k}" + (" (not trained on)" if name != "train" else ""))
        axes[1, column].set_xlabel("time after the step [tau]")
    axes[0, 0].legend(fontsize=7)
    figure.savefig(out / "step_response.png", dpi=130)
    plt.close(figure)


def learned_shape(folder, out):
    """p^ and q^ against x = v/(pi r), beside the theory and the networks' stationary values."""
    d = Dataset(folder / "train")
    figure, axes = plt.subplots(1, 2, figsize=(10, 4), layout="constrained")
    s = np.linspace(-0.995, 0.5, 400)
    x = s / np.sqrt(1 - s**2)
    negative = x[x < -0.02]
    g, shot = resonant(negative), white(x)
    for axis, part, letter in zip(axes, (np.real, np.imag), "pq"):
        axis.plot(x, part(shot), color="tab:blue", ls="--", lw=1.2, label="Poisson sources (white noise)")
        axis.plot(negative, part(g), color="tab:green", ls="--", lw=1.2, label="regular sources (resonant_static)")
        # to first order p = J^2/(K pi^2 r^2) pi^2 r^2 g: in units of A they are g itself
        for sign, color, name in ((1.0, "tab:red", "J > 0"), (-1.0, "tab:orange", "J < 0")):
            for file, line, word in (("closure.toml", "-", "formula"), ("members/network_0.toml", ":", "network")):
                values = learned_correction(folder / "learned" / file, s, np.full_like(s, 0.1), sign)
                axis.plot(x, values[0 if letter == "p" else 1], color=color, ls=line, lw=1.6, label=f"learned {word}, {name}, eps = 0.1")
    for sign, color in ((1.0, "tab:red"), (-1.0, "tab:orange")):
        xs, ps, qs = [], [], []
        for point in d.points(mean_indegree=100):
            eta, j = d["center"][point], d["strength"][point]
            if np.sign(j) != sign:
                continue
            drive = d.input()[point]
            for t in (40.0, 52.0, 62.0, 72.0):
                window = (d.time > t - 4) & (d.time < t)
                r, v, extra = d.r[point][:, window].mean(), d.v[point][:, window].mean(), drive[window].mean()
                scale = j**2 * (1 / 100 - 1 / 10000)
                xs.append(v / (np.pi * r))
                ps.append((np.pi**2 * r**2 - v**2 - eta - extra - j * r) / scale)
                qs.append((-1 - 2 * np.pi * r * v) / scale)
        for axis, values in zip(axes, (ps, qs)):
            axis.plot(xs, values, "o", color=color, mec="k", ms=5, label=f"networks, K = 100, J {'>' if sign > 0 else '<'} 0")
    for axis, letter in zip(axes, "pq"):
        axis.set_xscale("symlog", linthresh=0.1)
        axis.set_ylim(-0.1, 0.45)
        axis.set_xlabel("x = v/(pi r)")
        axis.set_ylabel(f"{letter} K/(J^2 (1 - K/N))")
        axis.axhline(0, color="0.8", lw=0.8, zorder=0)
    axes[0].legend(fontsize=6.5)
    figure.savefig(out / "learned_shape.png", dpi=130)
    plt.close(figure)


# ---- table --------------------------------------------------------------------------------------------------------------

def table(entry):
    columns = ["steady", "onset", "late", "sine", "ramp", "joint"]
    lines = []
    for suite, title in (("in_range", "In range (held-out K = 300, held-out (eta, J), held-out stimuli)"), ("far", "K = 10, extrapolated")):
        scores = entry[suite]
        best = scores["best_shortcut"]
        lines += [f"**{title}**, {scores['cells']} cells", "", "| closure | " + " | ".join(columns) + f" | / exact mass | / best shortcut ({best.removeprefix('mass.')}) | cells > 0.15 |", "|---|" + "---|" * (len(columns) + 3)]
        for name, row in scores["levels"].items():
            numbers = [f"{row[c]:.3f}" if row.get(c) is not None else "" for c in columns]
            lines.append(f"| {'exact mass' if name == 'mass' else name.removeprefix('mass.')} | " + " | ".join(numbers) + f" | {row['of_exact']:.2f} | {row['of_best_shortcut']:.2f} | {row['above']:g} |")
        lines += ["| noise | " + " | ".join(f"{scores['noise'][c]:.3f}" if c in scores["noise"] else "" for c in columns) + " | | | |", ""]
    return "\n".join(lines)


def draw(folder):
    folder = Path(folder)
    out = folder / "pictures"
    out.mkdir(exist_ok=True)
    rates_against_sparsity(folder, out)
    step_response(folder, out)
    learned_shape(folder, out)
    entry = json.loads((folder / "test_log.jsonl").read_text().splitlines()[-1])
    (folder / "table.md").write_text(table(entry))
    print(table(entry))
    print(f"pictures in {out}")


if __name__ == "__main__":
    draw(sys.argv[1])
