#!/usr/bin/env python3
"""Writes spike_statistics_reference.inc: 23 spike trains and their statistics by Elephant (numbers) and numpy (chi, which Elephant lacks).

    pip install elephant && spike_statistics_reference.py > spike_statistics_reference.inc

Elephant divides variances of intervals and of counts by their number n, we by n - 1; its covariance has n - 1, too.
"""

import elephant
import neo
import numpy as np
import quantities as pq
from elephant.conversion import BinnedSpikeTrain
from elephant.spike_train_correlation import correlation_coefficient, covariance
from elephant.statistics import cv, fanofactor, isi, lv

STEPS, BIN, WINDOW, LEAST = 4150, 10, 200, 10
random = np.random.default_rng(2026)
common = np.flatnonzero(random.random(STEPS) < 0.01)
trains = []
for i in range(23):
    own = np.cumsum(np.round(random.gamma(1 + i % 4, random.uniform(20, 120) / (1 + i % 4), 400)).astype(int) + 1)
    shared = common[random.random(len(common)) < 0.08 * (i % 5)]
    trains.append(np.union1d(own[own < STEPS], shared) if i not in (3, 17) else own[:1 if i == 17 else 0])
windows = STEPS // WINDOW

train = lambda t, start, stop: neo.SpikeTrain(t[(t >= start) & (t < stop)] * pq.ms, t_start=start * pq.ms, t_stop=stop * pq.ms)
whole = [train(t, 0, STEPS) for t in trains]
mean_sd = lambda x: (np.mean(x), np.std(x, ddof=1))
long = [isi(t).magnitude for t in whole if len(t) > LEAST]
out = {}
out["isi_cv"], out["isi_cv_sd"] = mean_sd([cv(x) * np.sqrt(len(x) / (len(x) - 1)) for x in long])
out["isi_lv"], out["isi_lv_sd"] = mean_sd([lv(x) for x in long])
out["isi_neurons"] = len(long)
cuts = [[train(t, k * WINDOW, (k + 1) * WINDOW) for k in range(windows)] for t in trains]
fano = [fanofactor(c) * windows / (windows - 1) for c in cuts if sum(map(len, c))]
out["fano_factor"], out["fano_factor_sd"] = mean_sd(fano)
out["fano_neurons"] = len(fano)

binned = lambda which: BinnedSpikeTrain([train(t, 0, windows * WINDOW) for t in which], bin_size=WINDOW * pq.ms)
varying = [t for t in trains if len(t)]
pairs = lambda matrix: matrix[np.tril_indices(len(matrix), -1)]
rho = pairs(correlation_coefficient(binned(varying)))
n = len(varying)
counts = binned(varying).to_array()
z = (counts - counts.mean(1, keepdims=True)) / counts.std(1, ddof=1, keepdims=True)
out["count_correlation"], out["count_correlation_sd"] = mean_sd(rho)
out["count_correlation_se"] = np.sqrt(2 / (windows - 1)) * z.sum(0).var(ddof=1) / (n * (n - 1))
out["correlation_neurons"] = n
everybody = np.array([np.bincount(t // WINDOW, minlength=windows + 1)[:windows] for t in trains])
of_varying = covariance(binned(varying))
out["count_variance"] = np.trace(of_varying) / len(trains)                       # those without spikes have none
out["count_covariance"] = 2 * pairs(of_varying).sum() / (len(trains) * (len(trains) - 1))
out["count_covariance_se"] = np.sqrt(2 / (windows - 1)) * everybody.sum(0).var(ddof=1) / (len(trains) * (len(trains) - 1))
bins = np.array([np.bincount(t // BIN, minlength=STEPS // BIN) for t in trains])
out["synchrony"] = np.sqrt(bins.mean(0).var() / bins.var(1).mean())

print(f"// Elephant {elephant.__version__}, numpy {np.__version__}: written by spike_statistics_reference.py.")
print(f"constexpr std::int64_t steps = {STEPS}, steps_per_bin = {BIN}, steps_per_window = {WINDOW};")
print("const std::vector<std::vector<std::uint32_t>> trains = {")
for t in trains:
    print("    {" + ", ".join(map(str, t)) + "},")
print("};\nconst SpikeStatistics expected = {")
for name, value in out.items():
    print(f"    .{name} = {float(value):.17g},")
print("};")
