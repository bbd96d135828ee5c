#!/usr/bin/env python3
"""A formula for the closure by gradient matching, with PySINDy.

    with_pysindy.py [FILE.nc] [--quick]

The target is dxdt - rhs_baseline = (q/pi, p) in a library that stays bounded, times A.  On single bins (gradient matching) noise and the width of the bins in fast transients
spoil it; the weak form integrates both away and gives the formula that is tested.  Training through a solver (with_diffrax.py, with_pytorch.py) needs no such choice.
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


def bins_of(data, split, library):
    """Per bin of every point: A times the library [point, bin, terms], target (p, q) [point, bin, 2] by gradients, its standard error."""
    points = np.flatnonzero(data.split.values == ude_data.SPLITS[split])
    m = {name: value[:, None] for name, value in ude_data.parameters(data, points).items()}
    x = data.x_mean.values[points]
    terms = np.asarray(library.fit_transform(inputs(x[..., 0], x[..., 1], m["J"], m["K"]).reshape(-1, 4))).reshape(*x.shape[:2], -1) * m["A"][..., None]
    target, error = (data.dxdt - data.rhs_baseline).values[points], data.dxdt_sem.values[points]
    return terms, target[..., ::-1] * [1, np.pi], error[..., ::-1] * [1, np.pi]


def gradient_rows(data, split, library):
    """Rows of the regression on single bins."""
    terms, target, error = bins_of(data, split, library)
    known = np.isfinite(target).all(-1)
    return terms[known], target[known], error[known]


def weak_rows(data, split, library, width=10, stride=2):
    """Rows of its weak form: multiplied by a bump of `width` bins and integrated, the derivative moved onto the bump, so that dxdt is not needed."""
    points = np.flatnonzero(data.split.values == ude_data.SPLITS[split])
    edges = np.linspace(-1, 1, width + 1)
    bump = (1 - ((edges[1:] + edges[:-1]) / 2) ** 2) ** 2
    slope = np.diff((1 - edges**2) ** 2) / bump.sum() / float(data.attrs["bin"])
    bump /= bump.sum()
    terms = bins_of(data, split, library)[0]
    x, sem, rhs = (data[name].values[points] for name in ("x_mean", "x_sem", "rhs_baseline"))
    first = np.arange(0, x.shape[1] - width + 1, stride)
    window = lambda values: np.stack([values[:, f:f + width] for f in first], 1)  # noqa: E731  [point, window, width, ...]
    over = lambda weights, values: np.einsum("b,pwb...->pw...", weights, window(values)).reshape(-1, values.shape[-1])  # noqa: E731
    y = -over(slope, x) - over(bump, rhs)
    return over(bump, terms), y[:, ::-1] * [1, np.pi], np.sqrt(over(slope**2, sem**2))[:, ::-1] * [1, np.pi]


def explained(coefficients, terms, target, error):
    """Share of the variance of p and of q, every row by its own error, that a formula explains."""
    weight = 1 / (error + np.median(error, axis=0))
    return 1 - np.sum(((target - terms @ coefficients.T) * weight) ** 2, axis=0) / np.sum((target * weight) ** 2, axis=0)


def fit(terms, target, error, threshold):
    """Coefficients [2, terms] of p and of q by sequentially thresholded least squares."""
    rows = []
    for k in range(2):
        weight = 1 / (error[:, k] + np.median(error[:, k]))
        optimiser = ps.STLSQ(threshold=threshold, alpha=1e-3 * len(terms))
        optimiser.fit(terms * weight[:, None], (target[:, k] * weight)[:, None])
        rows.append(optimiser.coef_[0])
    return np.array(rows)


def predict(coefficients, pieces, width, substeps):
    """Bin means of whole recordings by classical Runge-Kutta steps."""
    h, y, means = width / substeps, pieces["start"].copy(), []

    def field(y, u):
        r, v = np.maximum(y[:, 0], 1e-6), y[:, 1]
        state = inputs(r, v, pieces["J"], pieces["K"]).T
        p, q = coefficients @ [term(*state) for term in LIBRARY.values()] * pieces["A"]
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
    for method, rows in (("gradient matching", gradient_rows), ("weak form", weak_rows)):
        coefficients = fit(*rows(data, "train", library), 0.05)
        for name, row in zip("pq", coefficients):
            print(f"{method}: {name} = A (" + " ".join(f"{c:+.3f} [{term}]" for term, c in zip(LIBRARY, row) if c != 0) + ")")
        for split in ("train", "test_interpolation", "test_extrapolation"):
            p, q = explained(coefficients, *rows(data, split, library))
            print(f"{method}, {split}: explains {100 * p:.0f} % of the variance of p and {100 * q:.0f} % of that of q, noise included")
    return ude_data.judge(data, "formula", lambda pieces: predict(coefficients, pieces, float(data.attrs["bin"]), 2 if chosen.quick else 4))


if __name__ == "__main__":
    sys.exit(main())
