"""What the figures and tables show: one Row per point and population, and the ranking of closures."""

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
    shift: float = np.nan           # steady, of (level - exact mass) against (network - all-to-all network): without the finite-size bias
    r_shift_error: float = np.nan
    v_shift_error: float = np.nan

    @property
    def shown_errors(self):
        """(r, v, joint): of the shift where it is known."""
        return (self.r_shift_error, self.v_shift_error, self.shift) if np.isfinite(self.shift) else (self.r_error, self.v_error, self.steady)


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
    shift: np.ndarray
    transient: np.ndarray
    missing: int = 0                # points where the level has no finite value

    @property
    def score(self):
        parts = [x.mean() for x in (self.shift if self.shift.size else self.steady, self.transient) if x.size]
        return float(np.sqrt(np.mean(np.square(parts)))) if parts else np.nan


class Results:
    def __init__(self, data):
        self.data = data
        self._metrics = {}              # arrays of /compare, read once
        self.has_v = data.spiking.has("v")
        self.from_compare = data.compare is not None and "steady_error" in data.compare.variables
        self.rows = [self._row(point, population) for point in range(data.n_points) for population in range(len(data.populations))]
        self.against_reference = any(np.isfinite(level.shift) for row in self.rows for level in row.levels.values())
        self.ranking = self._rank()

    def row(self, point, population):
        return self.rows[point * len(self.data.populations) + population]

    @property
    def best_closure(self):
        """Level other than the exact mass that comes closest over all points; None without one, or where it is the same as the exact mass."""
        exact = next((r.score for r in self.ranking if r.level == "mass"), np.nan)
        best = next((r for r in self.ranking if r.level != "mass" and np.isfinite(r.score)), None)
        return best.level if best is not None and not abs(best.score - exact) < 1e-4 * exact else None

    def best_of(self, row):
        """Levels with the smallest joint error of a row; more than one where they agree to 2 % of it (the same steady state)."""
        scores = {name: level.shown_errors[2] for name, level in row.levels.items() if np.isfinite(level.shown_errors[2])}
        return {name for name, score in scores.items() if score <= 1.02 * min(scores.values())}

    def tau(self, point, population):
        """Membrane time constant in the unit whose inverse is the rate unit, times what makes tau * rate dimensionless."""
        if self.data.time_unit != "ms":
            return 1.0
        name = self.data.populations[population]
        params = self.data.configuration(point).get("population", {}).get(name, {}).get("params", {})
        return scalar(params, "tau_ms", float(np.broadcast_to(self.data.attribute("tau_ms", 10.0), len(self.data.populations))[population]))

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
        self._shift(row, scale)
        return row

    def _shift(self, row, scale):
        """Errors of the predicted effect of sparsity; none where the reference and the exact mass sit on different branches."""
        exact = row.levels.get("mass")
        if exact is None or not row.reference_r.known or not np.isfinite(exact.r):
            return
        with_v = row.v.known and row.reference_v.known and np.isfinite(exact.v)
        part = 1.0 if with_v else 0.0
        zero = np.nan_to_num
        if np.hypot(scale * (row.reference_r.value - exact.r), part * zero(row.reference_v.value - exact.v)) > 0.2 * np.hypot(scale * exact.r, part * zero(exact.v)):
            return
        for name, level in row.levels.items():
            dr = (level.r - exact.r) - (row.r.value - row.reference_r.value)
            dv = (level.v - exact.v) - (row.v.value - row.reference_v.value) if with_v else 0.0
            level.r_shift_error = dr / row.r.value
            level.v_shift_error = dv / abs(row.v.value) if with_v else np.nan
            level.shift = float(np.hypot(scale * dr, dv) / np.hypot(scale * row.r.value, row.v.value if with_v else 0.0))
            for key, metric in (("r_shift_error", "rate_shift_error_relative"), ("v_shift_error", "v_shift_error_relative"), ("shift", "shift_error")):
                if np.isfinite(stored := self.stored(metric, name, row.point, row.population)):
                    setattr(level, key, stored)

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
            columns, missing = {"steady": [], "shift": [], "transient": []}, 0
            for point in range(self.data.n_points):
                rows = [self.row(point, p) for p in range(len(self.data.populations))]
                if self.data.same_as[point] != point or any(r.trials_ok == 0 for r in rows):
                    continue
                failed = False
                for key, values in columns.items():
                    skip = any(r.transients_flagged if key == "transient" else r.flagged for r in rows)
                    applies = any(np.isfinite(getattr(level, key)) for r in rows for level in r.levels.values())
                    value = np.mean([getattr(r.levels[name], key) for r in rows])
                    if not skip and applies and np.isfinite(value):
                        values.append(value)
                    failed = failed or (not skip and applies and not np.isfinite(value))
                missing += failed
            ranked.append(Ranked(name, *(np.array(values) for values in columns.values()), missing))
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
