"""Free-form symbolic regression by genetic programming: Operon (Burlacu et al. 2020, doi:10.1145/3377929.3398099), NSGA-II on error and length."""

import contextlib
import os

import numpy as np
from scipy.optimize import least_squares

from . import formula as f

SYMBOLS = ("add", "sub", "mul", "div", "sqrt", "square", "exp", "log", "tanh", "abs")   # what a closure's formula can say
MOST_CONSTANTS = 12
PRUNE = 1.02        # a term goes where the mean squared error without it, fitted again, is at most this much larger


class Samples:
    """Columns x {name: [n]}, target [n], standard deviations [n]."""

    def __init__(self, x, y, sigma):
        self.x, self.y = x, y
        self.weight = sigma**-2.0 / np.mean(sigma**-2.0)
        self.size = float(np.sqrt(np.mean(self.weight * y * y)))

    def error(self, formula):
        """Weighted rms error relative to the weighted rms of the target."""
        with np.errstate(all="ignore"):
            r = f.values(formula, self.x) - self.y
            value = float(np.sqrt(np.mean(self.weight * r * r))) / (self.size or 1.0)
        return value if np.isfinite(value) else np.inf

    def rows(self, count):
        """Indices for regression without weights: each row about as often as it weighs, evenly through the list."""
        ends = np.cumsum(self.weight)
        return np.searchsorted(ends, (np.arange(count) + 0.5) / count * ends[-1])

    def fitted(self, formula):
        """The formula with its constants fitted."""
        function, start = f.function_of(formula)
        start = np.array(start)
        if start.size == 0 or start.size > min(MOST_CONSTANTS, self.y.size):
            return formula
        root = np.sqrt(self.weight) / (self.size or 1.0)

        def residual(k):
            with np.errstate(all="ignore"):
                r = root * (function(self.x, k) - self.y)
            return np.where(np.isfinite(r), r, 1e3)

        found = least_squares(residual, start, method="lm", x_scale=np.maximum(np.abs(start), 1e-3), ftol=1e-6, xtol=1e-6, max_nfev=15 * (start.size + 1))
        return f.replaced(formula, iter(found.x.tolist()))


def grown(columns, target, settings, seed):
    """Infix texts of Operon's Pareto front, and those of its last population without scale and offset.  One thread, so that a seed gives one result."""
    import pyoperon as op
    from pyoperon.sklearn import SymbolicRegressor

    names = list(columns)
    with open(os.devnull, "w") as nowhere, contextlib.redirect_stdout(nowhere):
        regressor = SymbolicRegressor(
            allowed_symbols=",".join((*settings.symbols, "constant", "variable")), objectives=["mse", "length"], optimizer_iterations=settings.iterations,
            max_length=settings.length, max_depth=8, population_size=settings.population, generations=settings.generations, max_evaluations=10**9, epsilon=1e-6,
            initialization_max_length=min(10, settings.length), n_threads=1, random_state=seed)
        regressor.fit(np.column_stack([columns[n] for n in names]), target)
    hashes = {h: names[i] for i, h in enumerate(regressor.variables_)}
    front = {op.InfixFormatter.Format(model["tree"], hashes, 12) for model in regressor.pareto_front_}
    rest = {op.InfixFormatter.Format(individual.Genotype, hashes, 12) for individual in regressor.individuals_}
    return sorted(front, key=lambda text: (len(text), text)), sorted(rest, key=lambda text: (len(text), text))


def scaled(text, samples):
    """a + b f with the a and b that fit best."""
    formula = f.parse(text)
    with np.errstate(all="ignore"):
        y = f.values(formula, samples.x) * np.ones(samples.y.size)
    if not np.all(np.isfinite(y)):
        raise ValueError(f"{text!r} is not finite")
    root = np.sqrt(samples.weight)
    (a, b), *_ = np.linalg.lstsq(np.column_stack([root, root * y]), root * samples.y, rcond=None)
    return f.add(f.number(float(a)), f.multiply(f.number(float(b)), formula))


def starts(samples, grid, limit, settings, seed):
    """Formulas to begin with: Operon's front, and the front of those of its last population that are bounded, of which its own may hold none."""
    rows = samples.rows(settings.rows)
    front, rest = grown({n: x[rows] for n, x in samples.x.items()}, samples.y[rows], settings, seed)
    found, kept = [], []
    for make, texts in ((f.parse, front), (lambda text: scaled(text, samples), rest)):
        for text in texts:
            with contextlib.suppress(ValueError, ZeroDivisionError, OverflowError, np.linalg.LinAlgError):
                formula = make(text)
                if make is f.parse:
                    found.append(formula)
                elif f.bounded(formula, grid, limit):
                    kept.append({"length": f.length_of(f.text_of(formula)), "error": samples.error(formula), "formula": formula})
    return found + [k["formula"] for k in front_of(kept)]


def front_of(candidates):
    """Those that no other beats in length and error, shortest first."""
    out = []
    for c in sorted(candidates, key=lambda c: (c["length"], c["error"])):
        if not out or c["error"] < 0.999 * out[-1]["error"]:
            out.append(c)
    return out


def search(samples, grid, settings, seed):
    """Pareto front of one target for one seed: [{"text", "length", "constants", "error"}], bounded on `grid` {name: values}."""
    limit = 10.0 * float(np.max(np.abs(samples.y)))
    candidates = {}

    def keep(formula, error):
        text = f.text_of(formula)
        if text not in candidates:
            candidates[text] = {"text": text, "length": f.length_of(text), "constants": len(f.function_of(formula)[1]), "error": error, "seed": seed} if f.bounded(formula, grid, limit) else None

    seen = set()
    for current in starts(samples, grid, limit, settings, seed):
        while True:   # backward elimination
            current = samples.fitted(current)
            shape = f.source_of(current, [])
            if shape in seen:
                break
            seen.add(shape)
            error = samples.error(current)
            keep(current, error)
            shorter = {f.source_of(one_less, []): samples.fitted(one_less) for one_less in f.shorter(current)}
            best = min(shorter.values(), key=samples.error, default=None)
            if best is None or samples.error(best) ** 2 > PRUNE * error**2 + 1e-12:
                break
            current = best
    return front_of(c for c in candidates.values() if c)
