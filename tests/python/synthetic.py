"""Datasets in the layout of docs/dataset.md without the program: masses integrated here, noise in place of spikes.

"Spiking" rows follow the exact mass plus a static (p, q) = (J^2/K)(1 - K/N) g(v/(pi r)), so that the report has a known answer.
"""

import functools
import hashlib
import json
from dataclasses import dataclass, field

import netCDF4
import numpy as np

ETA, DELTA, J, N = -5.0, 1.0, 15.0, 10000


def g_none(x):
    return 0.0 * x, 0.0 * x


def g_white(x):
    return -x / (4 * np.pi * (1 + x**2)), 1 / (4 * np.pi * (1 + x**2))


def g_truth(x):
    p, q = g_white(x)
    return p + 0.03 / (1 + x**2), q + 0.02 / np.sqrt(x**2 + 0.01)


def mass(g, indegree, stimulus, bin_width):
    return _mass(g, float(indegree), tuple(stimulus), bin_width)


@functools.lru_cache(maxsize=None)
def _mass(g, indegree, stimulus, bin_width, start=20.0, initial=(1.03, -0.15), sub=8):
    """Bin averages (r, v) of the mass with closure g under `stimulus` [bin]; RK4 after a warm-up at the first input."""
    factor = J**2 / indegree * (1 - indegree / N)
    h = bin_width / sub

    def slope(state, current):
        r, v = state
        p, q = (factor * y for y in g(min(max(v / (np.pi * r), -20.0), 20.0)))
        return np.array([(DELTA + q) / np.pi + 2 * r * v, v**2 + ETA + current + J * r - np.pi**2 * r**2 + p])

    def step(state, current):
        a = slope(state, current)
        b = slope(state + h / 2 * a, current)
        c = slope(state + h / 2 * b, current)
        return state + h / 6 * (a + 2 * b + 2 * c + slope(state + h * c, current))

    state = np.array(initial)
    for _ in range(int(start / h)):
        state = step(state, stimulus[0])
    bins = np.empty((len(stimulus), 2))
    for k, current in enumerate(stimulus):
        total = np.zeros(2)
        for _ in range(sub):
            total += 0.5 * state
            state = step(state, current)
            total += 0.5 * state
        bins[k] = total / sub
    return bins[:, 0], bins[:, 1]


def noise(rng, shape, sd):
    """Autoregressive along the last axis."""
    x = rng.normal(size=shape)
    for k in range(1, shape[-1]):
        x[..., k] = 0.7 * x[..., k - 1] + np.sqrt(1 - 0.49) * x[..., k]
    return sd * x


@dataclass
class Recipe:
    indegrees: tuple = (30, 100, 300, 1000, 3000)
    kinds: tuple = ("erdos_renyi", "fixed_indegree")
    trials: int = 4
    bins: int = 400
    bin: float = 0.1
    closures: dict = field(default_factory=lambda: {"mass": g_none, "mass.two_cumulant": g_white, "mass.resonant_static": g_truth})
    with_v: bool = True
    reference: bool = True
    stimulus: bool = True
    axes: bool = True
    populations: tuple = ("E",)
    failed: tuple = ()                    # (point, trial)
    level_trials: bool = False
    compare: bool = False
    warning: str = ""
    time_unit: str = "tau"
    seed: int = 1
    axis_paths: tuple = ("projection.EE.topology.mean_indegree", "projection.EE.topology.kind")


def network(recipe):
    populations = {name: {"model": "qif", "size": N, "params": {"eta": {"distribution": "lorentzian", "center": ETA, "half_width": DELTA}, "tau_ms": 10.0}}
                   for name in recipe.populations}
    projection = {"source": recipe.populations[0], "target": recipe.populations[0], "topology": {"kind": recipe.kinds[0], "mean_indegree": recipe.indegrees[0]},
                  "strength": {"distribution": "constant", "mean": J}, "normalise": "mean_indegree"}
    return {"run": {"seed": 1}, "population": populations, "projection": {"EE": projection}}


def series(recipe):
    points = [(k, kind) for k in recipe.indegrees for kind in recipe.kinds]
    time = 20.0 + (np.arange(recipe.bins) + 0.5) * recipe.bin
    current = np.where((time >= 30) & (time < 45), 3.0, 0.0) if recipe.stimulus else np.zeros(recipe.bins)
    return points, time, current


def write(path, recipe=None, **changes):
    recipe = recipe or Recipe(**changes)
    rng = np.random.default_rng(recipe.seed)
    points, time, current = series(recipe)
    with netCDF4.Dataset(path, "w") as file:
        for name, size in (("point", len(points)), ("trial", recipe.trials), ("time", recipe.bins), ("population", len(recipe.populations)), ("projection", 1)):
            file.createDimension(name, size)
        ms = recipe.time_unit == "ms"
        scale, unit, stretch = (100.0, "Hz", 10.0) if ms else (1.0, "1/tau", 1.0)
        resolved = {"sweep": {}, "network": network(recipe)} if recipe.axes else network(recipe)
        attributes = {"profile": "spikemass", "profile_version": "1.0", "level": "spiking", "time_unit": recipe.time_unit, "dt": 2e-3 * stretch, "bin": recipe.bin * stretch,
                      "warmup": 20.0 * stretch, "duration": recipe.bins * recipe.bin * stretch, "program_version": "0.1.0", "git_commit": "0" * 40, "backend": "cpu",
                      "device": "synthetic <&>", "compiler": "none", "resolved_sha256": "0" * 64, "resolved_configuration": json.dumps(resolved), "network_file": "[run]\nseed = 1 # <b>\n"}
        file.setncatts(attributes)
        variable(file, "time", "f8", ("time",), recipe.time_unit, time * stretch)
        variable(file, "trial", "i8", ("trial",), "1", np.arange(recipe.trials))
        variable(file, "population", str, ("population",), "1", np.array(recipe.populations, dtype=object))
        variable(file, "projection", str, ("projection",), "1", np.array(["EE"], dtype=object))
        variable(file, "same_as", "i8", ("point",), "1", np.arange(len(points)))
        if recipe.axes:
            variable(file, "mean_indegree", "i8", ("point",), "1", [k for k, _ in points]).setncattr("path", recipe.axis_paths[0])
            if len(recipe.kinds) > 1:
                variable(file, "kind", str, ("point",), "1", np.array([kind for _, kind in points], dtype=object)).setncattr("path", recipe.axis_paths[1])
        shape = (len(points), recipe.trials, recipe.bins, len(recipe.populations))
        variable(file, "stimulus", "f8", ("time", "population"), "1", np.repeat(current[:, None], shape[3], axis=1))
        variable(file, "n_neurons", "i8", ("point", "population"), "1", np.full((len(points), shape[3]), N))
        variable(file, "k_mean", "f8", ("point", "trial", "projection"), "1", np.broadcast_to(np.array([k for k, _ in points], float)[:, None, None], (len(points), recipe.trials, 1)))
        status = np.ones((len(points), recipe.trials), dtype="i1")
        message = np.full(status.shape, "", dtype=object)
        for at in recipe.failed:
            status[at], message[at] = 2, "the integration left the finite numbers <test>"
        variable(file, "status", "i1", ("point", "trial"), "1", status)
        variable(file, "message", str, ("point", "trial"), "1", message)
        if recipe.warning:
            variable(file, "warnings", str, ("point", "trial"), "1", np.full(status.shape, recipe.warning, dtype=object))
        rate, v = np.empty(shape), np.empty(shape)
        eta_noise = noise(rng, (recipe.trials, recipe.bins, 1), 1.0).transpose(0, 2, 1)[:, 0]
        for at, (k, kind) in enumerate(points):
            r0, v0 = mass(g_truth, k * (1.5 if kind == "erdos_renyi" else 1.0), current, recipe.bin)
            for population in range(shape[3]):
                rate[at, :, :, population] = r0 * (1 + 0.3 * population) + 0.004 * eta_noise + noise(rng, (recipe.trials, recipe.bins), 0.006)
                v[at, :, :, population] = v0 + 0.01 * eta_noise + noise(rng, (recipe.trials, recipe.bins), 0.012)
        rate[status != 1], v[status != 1] = np.nan, np.nan
        variable(file, "rate", "f4", ("point", "trial", "time", "population"), unit, scale * rate)
        if recipe.with_v:
            variable(file, "v", "f4", ("point", "trial", "time", "population"), "1", v)
        if recipe.reference:
            write_reference(file, recipe, points, current, eta_noise, scale, unit)
        for name, g in recipe.closures.items():
            write_level(file, recipe, name, g, points, current, scale, unit)
        if recipe.compare:
            write_compare(file, recipe, points)
    path.with_name(path.name + ".sha256").write_text(f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {path.name}\n")
    return path


def variable(group, name, kind, dimensions, units, values):
    made = group.createVariable(name, kind, dimensions)
    made.units = units
    made[:] = values
    return made


def write_reference(file, recipe, points, current, shared, scale, unit):
    group = file.createGroup("reference")
    group.createDimension("reference_point", 1)
    variable(group, "reference_index", "i8", ("point",), "1", np.zeros(len(points)))
    r, v = mass(g_none, N, current, recipe.bin)
    r, v = (np.repeat((y + amplitude * shared)[None, :, :, None], len(recipe.populations), axis=3) for y, amplitude in ((r, 0.004), (v, 0.01)))
    variable(group, "rate", "f4", ("reference_point", "trial", "time", "population"), unit, scale * r)
    if recipe.with_v:
        variable(group, "v", "f4", ("reference_point", "trial", "time", "population"), "1", v)
    variable(group, "status", "i1", ("reference_point", "trial"), "1", np.ones((1, recipe.trials)))


def write_level(file, recipe, name, g, points, current, scale, unit):
    group = file.createGroup(name)
    group.level = name
    dimensions = ("point", "trial", "time", "population") if recipe.level_trials else ("point", "time", "population")
    shape = tuple(len(file.dimensions[d]) for d in dimensions)
    rate, v = np.empty(shape), np.empty(shape)
    for at, (k, _) in enumerate(points):
        r, p = mass(g, k, current, recipe.bin)
        rate[at], v[at] = r[:, None], p[:, None]
    variable(group, "rate", "f4", dimensions, unit, scale * rate)
    if recipe.with_v:
        variable(group, "v", "f4", dimensions, "1", v)


def write_compare(file, recipe, points):
    group = file.createGroup("compare")
    levels = ["spiking", *recipe.closures]
    group.createDimension("level", len(levels))
    variable(group, "level", str, ("level",), "1", np.array(levels, dtype=object))
    errors = np.full((len(levels), len(points), len(recipe.populations)), np.nan)
    for at in range(1, len(levels)):
        errors[at] = 0.5 / at
    for name in ("steady_error", "transient_error"):
        variable(group, name, "f8", ("level", "point", "population"), "1", errors)
