#!/usr/bin/env python3
"""Free-form formulas for the columns p and q of a table of samples, by genetic programming with Operon.

    spikemass_search.py SAMPLES.csv [--seeds 1,2,3] [--symbols add,sub,mul,div,sqrt] [--variables s,c,h] [--where "eps<1"]

SAMPLES.csv is what `spikemass learn --free-form` writes: a header, then one row per sample with s, c, eps, h, sg (docs/learning.md), p, q and their standard deviation sigma.
--variables also takes x = s/c = v/(pi tau r).  Prints JSON: for p and q the Pareto front of length and error over all seeds, and those of each seed.  A seed gives the same result whatever --jobs is.
Exit codes: 0 done, 1 pyoperon or another package is missing, 2 wrong usage, 5 a file that cannot be read.
"""

import argparse
import json
import sys
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

EXIT_RUNTIME, EXIT_USAGE, EXIT_IO = 1, 2, 5


def listed(text):
    return tuple(word.strip() for word in text.split(",") if word.strip())


def arguments(argv):
    parser = argparse.ArgumentParser(prog="spikemass_search.py", description="Free-form formulas for p and q by genetic programming.")
    parser.add_argument("samples", help="table with the columns s, c, eps, h, sg, p, q, sigma")
    parser.add_argument("--seeds", default="1,2,3,4,5", help="seeds, separated by commas")
    parser.add_argument("--symbols", default="add,sub,mul,div,sqrt", help="operations, separated by commas: add sub mul div sqrt square exp log tanh abs")
    parser.add_argument("--variables", default="s,c,h", help="among s, c, eps, h, sg and x = s/c")
    parser.add_argument("--where", metavar="eps<NUMBER", default="", help="use the samples with less than this eps alone")
    parser.add_argument("--outputs", default="p,q", help="p, q or both")
    parser.add_argument("--population", type=int, default=500)
    parser.add_argument("--generations", type=int, default=60)
    parser.add_argument("--iterations", type=int, default=3, help="of the local search for constants")
    parser.add_argument("--length", type=int, default=20, help="most nodes of a tree")
    parser.add_argument("--rows", type=int, default=400, help="rows that the search sees, drawn by their weight")
    parser.add_argument("--jobs", type=int, default=1, help="searches at the same time")
    return parser.parse_args(argv)


def fail(code, text):
    print(f"spikemass_search.py: {text}", file=sys.stderr)
    sys.exit(code)


def read(path):
    import numpy as np

    try:
        table = np.genfromtxt(path, delimiter=",", names=True, dtype=float, ndmin=1)
    except (OSError, ValueError) as e:
        fail(EXIT_IO, f"{path} cannot be read: {e}")
    columns = {name: table[name] for name in table.dtype.names or ()}
    missing = [n for n in ("s", "c", "eps", "h", "sg", "p", "q", "sigma") if n not in columns]
    if missing:
        fail(EXIT_IO, f"{path} has no column {', '.join(missing)}. `spikemass learn --free-form` writes such a table.")
    for name in ("s", "c", "eps", "h", "sg", "p", "q", "sigma"):
        if not np.all(np.isfinite(columns[name])):
            fail(EXIT_IO, f"{path}: column {name} has entries that are no numbers. `spikemass learn --free-form` writes such a table.")
    if np.any(columns["sigma"] <= 0.0):
        fail(EXIT_IO, f"{path}: column sigma must be positive: it is the standard deviation of p and q.")
    return columns


def everywhere(columns):
    """Where a formula must be finite: all s in [-1, 1] with c = sqrt(1 - s^2), eps from 0 to 10 times its largest value, the signs of J that occur."""
    import numpy as np

    angle = np.concatenate([np.linspace(-np.pi / 2, np.pi / 2, 241), np.linspace(-0.05, 0.05, 40)])
    eps = np.concatenate([[0.0], np.geomspace(1e-3, 10.0, 12) * np.max(columns["eps"])])
    angle, eps, sg = (a.ravel() for a in np.meshgrid(angle, eps, np.unique(columns["sg"])))
    s, c = np.sin(angle), np.cos(angle)
    c[np.abs(angle) > np.pi / 2 - 1e-9] = 0.0
    return {"s": s, "c": c, "eps": eps, "h": eps / (1.0 + eps), "sg": sg, "x": s / np.maximum(c, 1e-3)}


def job(task):
    from search import operon

    samples, grid, settings, output, seed = task
    return output, seed, operon.search(samples, grid, settings, seed)


def main(argv):
    settings = arguments(argv)
    try:
        import numpy as np
        import pyoperon.sklearn  # noqa: F401
        import scipy  # noqa: F401
    except ImportError as e:
        fail(EXIT_RUNTIME, f"{sys.executable} cannot import {e.name}. Install pyoperon for it (packaging/python.txt), or name another interpreter by SPIKEMASS_PYTHON.")
    from search import operon

    settings.symbols, names, outputs = listed(settings.symbols), listed(settings.variables), listed(settings.outputs)
    for word in settings.symbols:
        if word not in operon.SYMBOLS:
            fail(EXIT_USAGE, f"--symbols {word}: must be among {', '.join(operon.SYMBOLS)}.")
    for word in names:
        if word not in ("s", "c", "eps", "h", "sg", "x"):
            fail(EXIT_USAGE, f"--variables {word}: must be among s, c, eps, h, sg, x.")
    if not names or not settings.symbols or not outputs or not set(outputs) <= {"p", "q"}:
        fail(EXIT_USAGE, "--variables and --symbols need a name each, --outputs p, q or both.")
    try:
        seeds = [int(word) for word in listed(settings.seeds)]
    except ValueError:
        fail(EXIT_USAGE, f"--seeds {settings.seeds}: must be whole numbers, separated by commas.")
    columns = read(settings.samples)
    if settings.where:
        head, _, value = settings.where.replace(" ", "").partition("<")
        try:
            below = columns["eps"] < float(value)
        except ValueError:
            below = None
        if head != "eps" or below is None:
            fail(EXIT_USAGE, f"--where {settings.where}: must be eps<NUMBER.")
        columns = {n: x[below] for n, x in columns.items()}
    if columns["s"].size < 10:
        fail(EXIT_USAGE, f"{settings.samples}: {columns['s'].size} samples are too few; a search needs 10.")
    columns["x"] = columns["s"] / columns["c"]
    grid = everywhere(columns)
    grid = {n: grid[n] for n in names}
    tasks = [(operon.Samples({n: columns[n] for n in names}, columns[o], columns["sigma"]), grid, settings, o, seed) for o in outputs for seed in seeds]
    result = {o: {"front": [], "seeds": []} for o in outputs}

    def done(output, seed, front):
        result[output]["seeds"].append({"seed": seed, "front": front})
        count = sum(len(r["seeds"]) for r in result.values())
        best = min((c["error"] for c in front), default=float("nan"))
        print(f"progress {count}/{len(tasks)} {output}, seed {seed}: {len(front)} formulas, error {best:.4g}", file=sys.stderr, flush=True)

    if settings.jobs > 1:
        with ProcessPoolExecutor(settings.jobs, mp_context=get_context("spawn")) as pool:
            for each in pool.map(job, tasks):
                done(*each)
    else:
        for task in tasks:
            done(*job(task))
    for r in result.values():
        r["front"] = operon.front_of(c for s in r["seeds"] for c in s["front"])
    print(json.dumps({"variables": names, "symbols": settings.symbols, "samples": int(columns["s"].size), **result}, allow_nan=False))


if __name__ == "__main__":
    main(sys.argv[1:])
