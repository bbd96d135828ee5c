"""Windows of constant input, means with intervals, spectra: the same rules as `spikemass compare`, for datasets that it has not seen."""

from dataclasses import dataclass

import numpy as np
from scipy import signal, stats

CONFIDENCE = 0.95
TRANSIENT_TAU, SHORTEST_TAU, EARLY_TAU, LATE_TAU = 20.0, 5.0, 5.0, 20.0


@dataclass
class Estimate:
    value: float = np.nan
    lo: float = np.nan
    hi: float = np.nan
    method: str = "none"

    @property
    def known(self):
        return np.isfinite(self.value)


def mean_estimate(rows):
    """rows [trial, time]: mean with a Student interval over trials, or over 8 blocks where one trial is ok."""
    rows = np.asarray(rows, dtype=float)
    rows = rows[np.all(np.isfinite(rows), axis=1)] if rows.size else rows
    if rows.size == 0:
        return Estimate()
    samples, method = (rows.mean(axis=1), "trials") if len(rows) > 1 else (np.array([b.mean() for b in np.array_split(rows[0], 8) if b.size]), "blocks")
    value = float(rows.mean())
    if samples.size < 2:
        return Estimate(value)
    half = stats.t.ppf(0.5 + CONFIDENCE / 2, samples.size - 1) * samples.std(ddof=1) / np.sqrt(samples.size)
    return Estimate(value, value - half, value + half, method)


def input_structure(stimulus, bin_width, start, tau=1.0):
    """stimulus [time, population] -> (stationary windows, edges), both lists of (first, last) bins.

    One or two changes in a row are an edge; longer runs are a varying input.  20 tau after each change are left out of windows; where nothing
    remains, the last half of the longest constant stretch is the one window.
    """
    bins = len(stimulus)
    largest = np.abs(stimulus).max(initial=0.0)
    changed = np.flatnonzero(np.any(np.abs(np.diff(stimulus, axis=0)) > 1e-9 * largest, axis=1)) + 1 if largest > 0 else np.array([], int)
    stretches, begin, edge, i = [], 0, None, 0
    while i < changed.size:
        run = 1
        while i + run < changed.size and changed[i + run] == changed[i] + run:
            run += 1
        if changed[i] > begin:
            stretches.append((begin, int(changed[i]), edge))
        edge = int(changed[i]) if run <= 2 else None
        begin = int(changed[i]) + run - 1
        i += run
    stretches.append((begin, bins, edge))
    shortest = max(2, int(np.ceil(SHORTEST_TAU * tau / bin_width - 1e-9)))
    windows = []
    for first, last, _ in stretches:
        skip = max(0.0, TRANSIENT_TAU * tau - (start if first == 0 else 0.0))
        first += int(np.ceil(skip / bin_width - 1e-9))
        if first + shortest <= last:
            windows.append((first, last))
    if not windows:
        first, last, _ = max(stretches, key=lambda s: s[1] - s[0])
        if last - first >= max(shortest, 4):
            windows.append(((first + last) // 2, last))
    return windows, [(e, last) for _, last, e in stretches if e is not None]


@dataclass
class Spectrum:
    frequency: np.ndarray
    density: np.ndarray
    lo: np.ndarray
    hi: np.ndarray


def spectrum(rows, interval):
    """One-sided Welch density of rows [trial, time]: Hann, 50 % overlap, mean of each segment removed, chi-square band; None if too short."""
    rows = rows[np.all(np.isfinite(rows), axis=1)]
    if rows.size == 0 or rows.shape[1] < 64:
        return None
    per_trial = -(-8 // len(rows))
    length = 2 * rows.shape[1] // (per_trial + 1) // 2 * 2
    frequency, density = signal.welch(rows, 1.0 / interval, "hann", length, length // 2, detrend="constant", axis=1)
    segments = (rows.shape[1] - length) // (length // 2) + 1
    freedom = len(rows) * 2 * segments / (1 + 2 * (segments - 1) / segments / 36)
    mean = density.mean(axis=0)
    lo, hi = (freedom / stats.chi2.ppf(p, freedom) for p in (0.5 + CONFIDENCE / 2, 0.5 - CONFIDENCE / 2))
    keep = slice(1, -1)
    return Spectrum(frequency[keep], mean[keep], lo * mean[keep], hi * mean[keep])
