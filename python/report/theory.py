"""Second pseudo-cumulant p + i q of a sparse pulse network: what theory says of (K/J^2)/(1 - K/N) (p, q) as a function of x = v/(pi r)."""

import numpy as np


def white(x):
    """Poisson input, redrawn targets: g = i/(4 pi (1 - i x)).  Returns (p, q)."""
    g = 1j / (4 * np.pi * (1 - 1j * np.asarray(x, float)))
    return g.real, g.imag


def mean_driven(x):
    """Limit |x| -> 0: q = 1/(8 pi^2 |x|)."""
    return 1 / (8 * np.pi**2 * np.abs(x))


def resonant(x, size, fixed_indegree):
    """Periodic spike trains of quenched sources, one number per x (x < 0); size = N quantiles of eta.

    g = (i/(2W)) [(i/2) <r_j cot(W/r_j)> - i c r^2/(2W)], c = 1 for fixed in-degree, 0 for binomial.  By scaling pi r = 1: W = 1 - i x, and
    W^2 = I + i Delta gives the inputs I + Delta tan(..) of the neurons.
    """
    quantile = np.tan(np.pi * ((np.arange(int(size)) + 0.5) / size - 0.5))
    p, q = np.empty(len(x)), np.empty(len(x))
    for k, value in enumerate(x):
        w = 1 - 1j * value
        drive = (w**2).real + (w**2).imag * quantile
        rates = np.sqrt(drive[drive > 0]) / np.pi
        cot = 1 / np.tan(np.clip((w / rates).real, -1e300, 1e300) + 1j * np.minimum((w / rates).imag, 300.0))
        mean = (rates * cot).sum() / size
        spread = fixed_indegree / (2 * w) / np.pi**2
        g = 1j / (2 * w) * (0.5j * mean - 1j * spread)
        p[k], q[k] = g.real, g.imag
    return p, q
