"""The second pseudo-cumulant p + i q of the membrane potentials, read off stationary r and v."""

from dataclasses import dataclass

import numpy as np

from .data import scalar
from .statistics import Estimate, mean_estimate


@dataclass
class PseudoCumulant:
    """Measured at one point: x = v/(pi R) and (K/J^2)(p, q)/(1 - K/N), of the excess over the all-to-all network where there is one."""
    point: int
    kind: str
    K: float
    x: Estimate
    p: Estimate
    q: Estimate


def pseudo_cumulants(results):
    """One per sparse point with a window; [] with a sentence why not for networks the identity does not cover.

    q = -Delta - 2 pi R v and p = pi^2 R^2 - v^2 - eta - I - J R hold for one population with Lorentzian eta and one projection onto itself.
    """
    data = results.data
    if len(data.populations) != 1 or len(data.projections) != 1:
        return [], "The identity behind (p, q) is read off a network of one population with one projection onto itself; this one has more."
    if not results.has_v:
        return [], "v was not recorded. Add it to the network file: record = [\"rate\", \"v\"]."
    found = []
    for point in range(data.n_points):
        if data.same_as[point] == point and (pq := _pseudo_cumulant(results, point)) is not None:
            found.append(pq)
    return found, "" if found else "No sparse point has a stationary window and Lorentzian eta."


def _pseudo_cumulant(results, point):
    data = results.data
    network = data.configuration(point)
    population = network.get("population", {}).get(data.populations[0], {})
    projection = network.get("projection", {}).get(data.projections[0], {})
    eta, topology = population.get("params", {}).get("eta"), projection.get("topology", {})
    kind, size = topology.get("kind", ""), data.sizes(point)[0]
    realised = data.realised_indegree(point)
    K = scalar(topology, "mean_indegree", scalar(topology, "probability") * size)
    J = scalar(projection, "strength")
    if not np.isfinite(K) and realised is not None:
        K = float(np.nanmean(realised))
    if not isinstance(eta, dict) or eta.get("distribution") != "lorentzian" or kind in ("", "all_to_all") or not np.isfinite(K * J * size) or K * J == 0:
        return None
    known = [results.stored_estimate(metric, point) for metric in ("x", "p_shape", "q_shape")]
    if all(e.known for e in known):
        return PseudoCumulant(point, kind, K, *known)
    normalise = projection.get("normalise", "mean_indegree")
    J *= {"none": K, "sqrt_mean_indegree": np.sqrt(K)}.get(normalise, 1.0)
    windows, _ = results.windows(point)
    if not windows:
        return None
    first, last = max(windows, key=lambda w: w[1] - w[0])
    current = data.stimulus(point)[first:last, 0].mean() + scalar(eta, "center")
    tau = results.dimensionless(point, 0)

    def samples(level):
        """[repetition] of R and v: trials, or 8 blocks of one."""
        r, v = level.series("rate", point), level.series("v", point)
        if r is None or v is None:
            return None
        r, v = tau * r[:, first:last, 0], v[:, first:last, 0]
        ok = np.isfinite(r).all(axis=1) & np.isfinite(v).all(axis=1)
        if ok.sum() > 1:
            return r[ok].mean(axis=1), v[ok].mean(axis=1), np.flatnonzero(ok)
        if not ok.any():
            return None
        blocks = [np.array([b.mean() for b in np.array_split(s[ok][0], 8)]) for s in (r, v)]
        return blocks[0], blocks[1], None

    def terms(r, v, coupling):
        return np.pi**2 * r**2 - v**2 - current - coupling * r, -scalar(eta, "half_width") - 2 * np.pi * r * v

    measured = samples(data.spiking)
    if measured is None:
        return None
    r, v, trials = measured
    coupling = np.full(r.size, J)
    if trials is not None and realised is not None and normalise in ("mean_indegree", "none", "sqrt_mean_indegree"):
        coupling = J * realised[trials, 0] / K
    p, q = terms(r, v, coupling)
    reference = samples(data.reference) if data.reference is not None else None
    if reference is not None:
        p0, q0 = terms(reference[0], reference[1], J)
        paired = reference[2] is not None and trials is not None and np.array_equal(reference[2], trials)
        p, q = (p - p0, q - q0) if paired else (p - p0.mean(), q - q0.mean())
    quenched = 1.0 if kind == "annealed" else 1 - K / size
    scale = K / J**2 / quenched
    estimates = [mean_estimate(np.repeat(s[:, np.newaxis], 2, axis=1)) for s in (v / (np.pi * r), scale * p, scale * q)]
    return PseudoCumulant(point, kind, K, *estimates)
