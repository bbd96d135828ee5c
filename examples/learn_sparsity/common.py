"""What the scripts of this example share: the program, its calls, and reading of datasets."""

import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path

import netCDF4
import numpy as np

here = Path(__file__).resolve().parent
shortcuts = ["indegree_lorentzian", "two_cumulant", "cauchy", "degree_classes", "resonant_static", "resonant"]


def program():
    named = os.environ.get("SPIKEMASS")
    built = [here.parent.parent / "build" / preset / "bin" / "spikemass" for preset in ("release", "dev", "cuda")]
    for path in [Path(named)] if named else built:
        if path.exists():
            return str(path)
    sys.exit("spikemass was not found: build it (README.md), or name it by the environment variable SPIKEMASS.")


def call(*arguments, read=False):
    """Runs the program; with `read` gives its JSON."""
    words = [program(), *map(str, arguments)] + (["--json"] if read else [])
    print("$ spikemass " + " ".join(words[1:]), file=sys.stderr, flush=True)
    done = subprocess.run(words, stdout=subprocess.PIPE if read else None)
    if done.returncode != 0:
        sys.exit(done.returncode)
    return json.loads(done.stdout) if read else None


def sweep(network, out, *settings):
    """Runs what is missing of a sweep."""
    arguments = ["sweep", network, "--out", out] + [x for s in settings for x in ("--set", s)]
    call(*arguments, *(["--resume"] if Path(out).exists() else []))
    return Path(out)


def sha256(path):
    return hashlib.sha256(Path(path).read_bytes()).hexdigest()


class Dataset:
    """A sweep's dataset with its masses.  Shapes: coordinates [point]; r, v [point, trial, time], of a mass [point, time]."""

    def __init__(self, folder):
        self.file = netCDF4.Dataset(Path(folder) / "dataset.nc")
        self.time = self.file["time"][:].filled()
        self.r, self.v = (self.file[name][:, :, :, 0].filled(np.nan) for name in ("rate", "v"))

    def __getitem__(self, coordinate):
        return self.file[coordinate][:].filled()

    def input(self):
        return self.file["stimulus"][:, :, 0].filled()

    def levels(self):
        return [name for name in self.file.groups if name.startswith("mass")]

    def mass(self, level):
        group = self.file[level]
        return group["rate"][:, :, 0].filled(np.nan), group["v"][:, :, 0].filled(np.nan)

    def points(self, **values):
        chosen = np.ones(len(self.r), bool)
        for name, value in values.items():
            chosen &= np.isclose(self[name], value)
        return np.flatnonzero(chosen)


def closures(learned):
    """Closure files of a folder that `learn` wrote: networks, then formulas."""
    learned = Path(learned)
    return sorted((learned / "members").glob("*.toml")) + [p for p in (learned / "closure.toml", learned / "closure_without_theory.toml", learned / "closure_free_form.toml") if p.exists()]
