#!/usr/bin/env python3
"""A formula for the closure by gradient matching, with PySINDy.

    with_pysindy.py [FILE.nc] [--quick]

The target is dxdt - rhs_baseline = (q/pi, p), divided by A, in a library that stays bounded.  Single bins of it are mostly noise; what helps is their number, weights by
dxdt_sem, and few terms.  Trajectories average the noise away, so training through a solver (with_diffrax.py, with_pytorch.py) ends closer.
"""

import argparse
import sys
from pathlib import Path

import numpy as np
import pysindy as ps

import ude_data

LIBRARY = {   # of s = v/|W|, c = pi R/|W|, h = eps/(1 + eps), g = sign J
    "1": lambda s, c, h, g: 1 + 0 * s, "s": lambda s, c, h, g: s, "s^2": lambda s, c, h, g: s**2, "s^3": lambda s, c, h, g: s**3, "c": lambda s, c, h, g: c, "s c": lambda s, c, h, g: s * c,
    "h": lambda s, c, h, g: h, "h s": lambda s, c, h, g: h * s, "h s^2": lambda s, c, h, g: h * s**2, "h c": lambda s, c, h, g: h * c,
    "c/sqrt(s^2 + 0.0025)": lambda s, c, h, g: c / np.sqrt(s**2 + 0.0025), "g": lambda s, c, h, g: g, "g s": lambda s, c, h, g: g * s, "g h": lambda s, c, h, g: g * h,
}


def inputs(r, v, J, K):
    """The library's variables, [..., 4]."""
    s, log_eps, g = ude_data.features(r, v, J, K)
    return np.stack(np.broadcast_arrays(s, np.sqrt(1 - s**2), 1 - np.exp(-log_eps), g), -1)


def samples(data, split):
    """Library inputs [n, 4], targets (p, q)/A [n, 2] and their standard errors [n, 2] of every bin whose derivative is known."""
    points = np.flatnonzero(data.split.values == ude_data.SPLITS[split])
    m = {name: value[:, None] for name, value in ude_data.parameters(data, points).items()}
    x, target, error = data.x_mean.values[points], (data.dxdt - data.rhs_baseline).values[points], data.dxdt_sem.values[points]
    unit = np.stack([1 / m["A"], np.pi / m["A"]], -1)
    y, sem = target[..., ::-1] * unit, error[..., ::-1] * unit
    known = np.isfinite(y).all(-1) & (x[..., 0] > 1e-3)
    return inputs(x[..., 0], x[..., 1], m["J"], m["K"])[known], y[known], sem[known]


def fit(library, x, y, sem, threshold):
    """Coefficients [2, terms]: sequentially thresholded least squares of p and of q, every bin by its own error."""
    terms = np.asarray(library.fit_transform(x))
    rows = []
    for k in range(2):
        weight = 1 / (sem[:, k] + np.median(sem[:, k]))
        optimiser = ps.STLSQ(threshold=threshold, alpha=1e-6 * len(x))
        optimiser.fit(terms * weight[:, None], (y[:, k] * weight)[:, None])
        rows.append(optimiser.coef_[0])
    return np.array(rows)


def predict(library, coefficients, pieces, width, substeps=4):
    """Bin means of whole recordings by classical Runge-Kutta steps."""
    h, y, means = width / substeps, pieces["start"].copy(), []

    def field(y, u):
        r, v = np.maximum(y[:, 0], 1e-6), y[:, 1]
        p, q = coefficients @ np.asarray(library.transform(inputs(r, v, pieces["J"], pieces["K"]))).T * pieces["A"]
        return np.stack(ude_data.mass(r, v, u, p, np.maximum(q, -0.9 * pieces["Delta"]), pieces), -1)

    for u in pieces["u"].T:
        total = 0
        for _ in range(substeps):
            a = field(y, u)
            b = field(y + h / 2 * a, u)
            c = field(y + h / 2 * b, u)
            after = y + h / 6 * (a + 2 * b + 2 * c + field(y + h * c, u))
            total, y = total + (y + after) / 2, after
        means.append(total / substeps)
    return np.stack(means, 1)


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("file", nargs="?", default=Path(__file__).with_name("sample.nc"))
    arguments.add_argument("--quick", action="store_true", help="fewer Runge-Kutta steps, for tests")
    chosen = arguments.parse_args()
    data = ude_data.load(chosen.file)
    library = ps.CustomLibrary(list(LIBRARY.values()), [lambda *_, name=name: name for name in LIBRARY])
    x, y, sem = samples(data, "train")
    coefficients = fit(library, x, y, sem, 0.05)
    for name, row in zip("pq", coefficients):
        print(f"{name} = A (" + " ".join(f"{c:+.4f} [{term}]" for term, c in zip(LIBRARY, row) if c != 0) + ")")
    for split in ("train", "test_interpolation", "test_extrapolation"):
        x, y, sem = samples(data, split)
        for k, name in enumerate("pq"):
            left, all_of_it = (np.sum(((y[:, k] - p) / sem[:, k]) ** 2) for p in (np.asarray(library.transform(x)) @ coefficients[k], 0.0))
            print(f"gradient matching, {split}: {100 * (1 - left / all_of_it):.0f} % of the weighted variance of {name} explained; a bin's standard error is {np.median(sem[:, k]) / np.sqrt(np.mean(y[:, k] ** 2)):.2f} of its rms")
    return ude_data.judge(data, "formula", lambda pieces: predict(library, coefficients, pieces, float(data.attrs["bin"]), 2 if chosen.quick else 4))


if __name__ == "__main__":
    sys.exit(main())
