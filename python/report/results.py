"""What the figures and tables show: one Row per point and population, ranking, measured (p, q)."""

from dataclasses import dataclass, field

import numpy as np

from .data import STATUS_OK, scalar
from .statistics import EARLY_TAU, LATE_TAU, Estimate, input_structure, mean_estimate


@dataclass
class LevelResult:
    """One level against the spiking network.  Errors are level - spiking, relative; steady and transient are |(pi dr, dv)|/|W| with W = pi r - i v."""
    r: float = np.nan
    v: float = np.nan
    r_error: float = np.nan
    v_error: float = np.nan
    steady: float = np.nan
    transient: float = np.nan


@dataclass
class Row:
    point: int
    population: int
    r: Estimate
    v: Estimate
    levels: dict = field(default_factory=dict)
    reference_r: Estimate = field(default_factory=Estimate)
    reference_v: Estimate = field(default_factory=Estimate)
    trials_ok: int = 0
    flagged: bool = False           # trials on different branches: left out of the ranking
    transients_flagged: bool = False
    steady_noise: float = np.nan
    window: tuple = (0, 0)


@dataclass
class Ranked:
    level: str
    steady: np.ndarray              # over the points that count
    transient: np.ndarray
    missing: int = 0                # points where the level has no finite value

    @property
    def score(self):
        parts = [x.mean() for x in (self.steady, self.transient) if x.size]
        return float(np.sqrt(np.mean(np.square(parts)))) if parts else np.nan


class Results:
    def __init__(self, data):
        self.data = data
        self._metrics = {}              # arrays of /compare, read once
        self.has_v = data.spiking.has("v")
        self.from_compare = data.compare is not None and "steady_error" in data.compare.variables
        self.rows = [self._row(point, population) for point in range(data.n_points) for population in range(len(data.populations))]
        self.ranking = self._rank()

    def row(self, point, population):
        return self.rows[point * len(self.data.populations) + population]

    @property
    def best_closure(self):
        """Level that comes closest over all points, other than the exact mass; None without one."""
        return next((r.level for r in self.ranking if r.level != "mass" and np.isfinite(r.score)), None)

    def best_of(self, row):
        scores = {name: level.steady for name, level in row.levels.items() if np.isfinite(level.steady)}
        return min(scores, key=scores.get) if scores else None

    def tau(self, point, population):
        """Membrane time constant in the unit whose inverse is the rate unit, times what makes tau * rate dimensionless."""
        if self.data.time_unit != "ms":
            return 1.0
        name = self.data.populations[population]
        params = self.data.configuration(point).get("population", {}).get(name, {}).get("params", {})
        return scalar(params, "tau_ms", float(self.data.attribute("tau_ms", 10.0)))

    def dimensionless(self, point, population):
        """tau in units of 1/rate unit: R = this * rate."""
        return self.tau(point, population) * (1e-3 if self.data.rate_unit == "Hz" else 1.0)

    def windows(self, point):
        tau = max(self.tau(point, p) for p in range(len(self.data.populations)))
        return input_structure(self.data.stimulus(point), self.data.bin, self.data.start, tau)

    def _row(self, point, population):
        data = self.data
        windows, edges = self.windows(point)
        window = max(windows, key=lambda w: w[1] - w[0]) if windows else (0, data.time.size)
        rates = data.spiking.series("rate", point)[:, :, population]
        potentials = data.spiking.series("v", point)[:, :, population] if self.has_v else np.full_like(rates, np.nan)
        cut = slice(*window)
        row = Row(point, population, mean_estimate(rates[:, cut]), mean_estimate(potentials[:, cut]), window=window)
        for name, metric in (("r", "rate_mean"), ("v", "v_mean")):
            if (known := self.stored_estimate(metric, point, population)).known:
                setattr(row, name, known)
        row.trials_ok = int(np.sum(np.atleast_1d(data.spiking.status(point)) == STATUS_OK))
        if data.reference is not None:
            reference = data.reference.series("rate", point)
            row.reference_r = mean_estimate(reference[:, cut, population]) if reference is not None else Estimate()
            reference = data.reference.series("v", point)
            row.reference_v = mean_estimate(reference[:, cut, population]) if reference is not None else Estimate()
        scale = np.pi * self.dimensionless(point, population)
        self._flag(row, rates[:, cut], potentials[:, cut], scale)
        for name, level in data.levels.items():
            row.levels[name] = self._level(row, level, rates, potentials, windows, edges, scale)
        return row

    def _flag(self, row, rates, potentials, scale):
        size = np.hypot(scale * row.r.value, row.v.value if row.v.known else 0.0)
        means = [(scale * r.mean(), p.mean() if row.v.known else 0.0) for r, p in zip(rates, potentials) if np.isfinite(r).all()]
        if len(means) > 1:
            spread = np.sqrt(np.var(means, axis=0, ddof=1).sum()) / size
            row.steady_noise = spread / np.sqrt(len(means))
            row.flagged = bool(spread > 0.05)
        stored = self.stored("trials_disagree", "spiking", row.point, row.population)
        row.flagged = bool(stored) if np.isfinite(stored) else row.flagged
        row.transients_flagged = self.stored("transients_disagree", "spiking", row.point, row.population) == 1.0

    def stored(self, metric, level, point, population=0):
        """A number of /compare [level, point, population], NaN where it is not there."""
        group = self.data.compare
        if group is None or metric not in group.variables:
            return np.nan
        if metric not in self._metrics:
            self._metrics[metric] = np.asarray(group[metric][:], dtype=float)
            self._metrics.setdefault("level", [str(n) for n in group["level"][:]])
        if level not in self._metrics["level"]:
            return np.nan
        value = self._metrics[metric][self._metrics["level"].index(level), point]
        return float(value[population] if np.ndim(value) else value)

    def stored_estimate(self, metric, point, population=0):
        """The same with its interval, of the spiking network; unknown where it is not there."""
        value, lo, hi = (self.stored(metric + end, "spiking", point, population) for end in ("", "_lo", "_hi"))
        if not np.isfinite(value):
            return Estimate()
        text = getattr(self.data.compare[metric], "method", "none")
        return Estimate(value, lo, hi, next((m for m in ("trials", "blocks") if m in text), "none"))

    def _level(self, row, level, rates, potentials, windows, edges, scale):
        """Computed from the bins; what /compare holds takes precedence."""
        result = LevelResult()
        model = level.series("rate", row.point)
        if model is None:
            return result
        model = _mean(model[:, :, row.population])
        model_v = level.series("v", row.point)
        model_v = _mean(model_v[:, :, row.population]) if model_v is not None and row.v.known else np.full_like(model, np.nan)
        measured, measured_v = _mean(rates), _mean(potentials)
        cut = slice(*row.window)
        result.r, result.v = model[cut].mean(), model_v[cut].mean()
        result.r_error = result.r / row.r.value - 1 if row.r.known else np.nan
        result.v_error = (result.v - row.v.value) / abs(row.v.value) if row.v.known else np.nan
        result.steady = _rms([_joint([model[a:b].mean()], [model_v[a:b].mean()], [measured[a:b].mean()], [measured_v[a:b].mean()], scale) for a, b in windows])
        tau = self.tau(row.point, row.population)
        bins = np.concatenate([np.arange(edge, min(end, edge + round((EARLY_TAU + LATE_TAU) * tau / self.data.bin))) for edge, end in edges]) if edges else []
        if len(bins):
            result.transient = _joint(model[bins], model_v[bins], measured[bins], measured_v[bins], scale)
        for name, metric in (("r_error", "rate_error_relative"), ("v_error", "v_error_relative"), ("steady", "steady_error"), ("transient", "transient_error")):
            stored = self.stored(metric, level.name, row.point, row.population)
            if np.isfinite(stored):
                setattr(result, name, stored)
        return result

    def _rank(self):
        ranked = []
        for name in self.data.levels:
            steady, transient, missing = [], [], 0
            for point in range(self.data.n_points):
                rows = [self.row(point, p) for p in range(len(self.data.populations))]
                if self.data.same_as[point] != point or any(r.trials_ok == 0 for r in rows):
                    continue
                for values, skip, key in ((steady, any(r.flagged for r in rows), "steady"), (transient, any(r.transients_flagged for r in rows), "transient")):
                    applies = any(np.isfinite(getattr(level, key)) for r in rows for level in r.levels.values())
                    value = np.mean([getattr(r.levels[name], key) for r in rows])
                    if skip or not applies:
                        continue
                    if np.isfinite(value):
                        values.append(value)
                    else:
                        missing += 1
            ranked.append(Ranked(name, np.array(steady), np.array(transient), missing))
        return sorted(ranked, key=lambda r: (not np.isfinite(r.score), r.missing, r.score))


def _mean(rows):
    ok = np.isfinite(rows).all(axis=1)
    return rows[ok].mean(axis=0) if ok.any() else np.full(rows.shape[1], np.nan)


def _rms(values):
    return float(np.sqrt(np.mean(np.square(values)))) if len(values) else np.nan


def _joint(model, model_v, measured, measured_v, scale):
    """|(pi dR, dv)| / |W|, root mean square over bins; of r alone where v is not known."""
    error = np.square(scale * (np.asarray(model) - measured))
    size = np.square(scale * np.asarray(measured))
    dv = np.asarray(model_v) - measured_v
    if np.isfinite(dv).any():
        error, size = error + np.square(dv), size + np.square(measured_v)
    return float(np.sqrt(error.mean() / size.mean()))


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
