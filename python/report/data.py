"""Reads dataset.nc (docs/dataset.md) without loading it whole: series are read point by point."""

import copy
import functools
import hashlib
import json
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import netCDF4
import numpy as np

STATUS_OK = 1
SCALAR_KEYS = {"strength": "mean", "eta": "center"}   # keys that may be a number or a table


class DatasetError(Exception):
    """A dataset that cannot be read; the program ends with exit code 5."""


@dataclass
class Axis:
    """A swept key.  values: one per point, numbers or strings."""
    name: str
    path: str
    units: str
    values: np.ndarray

    @property
    def numeric(self):
        return self.values.dtype.kind in "iuf"


class Level:
    """Series of one level of description.  Rates in the dataset's rate unit, v dimensionless."""

    def __init__(self, name, group, index=None):
        self.name, self._group, self._index = name, group, index   # index: point -> position along the group's first dimension

    @property
    def closure(self):
        return "none" if self.name == "mass" else self.name.removeprefix("mass.")

    @property
    def deterministic(self):
        return self.name == "mass" or self.name.startswith("mass.")

    def has(self, variable):
        return variable in self._group.variables

    def series(self, variable, point):
        """[trial, time, population], NaN for trials that are not ok; None where the level lacks the variable or the point."""
        if not self.has(variable):
            return None
        at = point if self._index is None else int(self._index[point])
        if at < 0:
            return None
        values = np.asarray(self._group[variable][at], dtype=float)
        if values.ndim == 2:
            values = values[np.newaxis]
        ok = np.atleast_1d(self.status(point)) == STATUS_OK
        values[~np.broadcast_to(ok, values.shape[:1])] = np.nan
        return values

    def status(self, point):
        """[trial], or one value; STATUS_OK where the level has no status."""
        at = point if self._index is None else int(self._index[point])
        return np.asarray(self._group["status"][at]) if self.has("status") else np.array(STATUS_OK)

    def message(self, point, trial):
        return str(self._group["message"][point, trial]) if self.has("message") else ""


class Data:
    def __init__(self, path):
        self.path = Path(path)
        self.file = self._open(self.path)
        root = self.file
        for name in ("point", "trial", "time", "population"):
            if name not in root.dimensions:
                raise DatasetError(f"{path}: there is no dimension '{name}', so this is not a dataset of spikemass. "
                                   "Give a folder that `spikemass sweep` wrote, or a file of `spikemass run --out`.")
        for name in ("time", "rate"):
            if name not in root.variables:
                raise DatasetError(f"{path}: the variable '{name}' is missing. The dataset is incomplete: write it again with `spikemass status --write`.")
        self.n_points, self.n_trials = len(root.dimensions["point"]), len(root.dimensions["trial"])
        self.time = np.asarray(root["time"][:], dtype=float)
        self.populations = self._labels("population")
        self.projections = self._labels("projection") if "projection" in root.dimensions else []
        self.time_unit = self.attribute("time_unit", "tau")
        self.rate_unit = getattr(root["rate"], "units", "Hz" if self.time_unit == "ms" else "1/tau")
        self.axes = self._axes()
        self.spiking = Level("spiking", root)
        self.levels = {name: Level(name, group) for name, group in root.groups.items() if "rate" in group.variables and name != "reference"}
        self.reference = self._reference()
        self.compare = root.groups.get("compare")
        self.same_as = np.asarray(root["same_as"][:]) if "same_as" in root.variables else np.arange(self.n_points)

    @staticmethod
    def _open(path):
        if not path.exists():
            raise DatasetError(f"{path}: there is no such file. A sweep writes dataset.nc at its end; `spikemass status --write FOLDER` writes it before.")
        try:
            file = netCDF4.Dataset(path)
        except OSError as error:
            raise DatasetError(f"{path}: cannot be read as netCDF-4 ({error}). It may be cut off: `spikemass validate` says more, "
                               "`spikemass status --write FOLDER` writes it again from the journals.") from error
        file.set_auto_mask(False)
        return file

    def _labels(self, dimension):
        if dimension in self.file.variables:
            return [str(label) for label in self.file[dimension][:]]
        return [str(i) for i in range(len(self.file.dimensions[dimension]))]

    def _axes(self):
        axes = []
        for name, variable in self.file.variables.items():
            if "path" in variable.ncattrs() and variable.dimensions == ("point",):
                path = variable.getncattr("path")              # as a Python attribute the name means something else
                axes.append(Axis(name, path, getattr(variable, "units", "1"), np.asarray(variable[:])))
        return axes

    def _reference(self):
        group = self.file.groups.get("reference")
        if group is None or "rate" not in group.variables:
            return None
        index = np.asarray(group["reference_index"][:]) if "reference_index" in group.variables else np.zeros(self.n_points, int)
        return Level("reference", group, index)

    def attribute(self, name, default=""):
        value = getattr(self.file, name, default)
        return value if not isinstance(value, np.generic) else value.item()

    @property
    def bin(self):
        return float(self.attribute("bin", self.time[1] - self.time[0] if self.time.size > 1 else 1.0))

    @property
    def start(self):
        """Beginning of the record, from the start of the simulation."""
        return self.time[0] - 0.5 * self.bin

    def stimulus(self, point):
        """[time, population]."""
        zero = np.zeros((self.time.size, len(self.populations)))
        if "stimulus" not in self.file.variables:
            return zero
        values = np.asarray(self.file["stimulus"][:] if self.file["stimulus"].ndim == 2 else self.file["stimulus"][point], dtype=float)
        return np.broadcast_to(values, zero.shape)

    def warnings(self):
        """{sentence: number of runs} of what the runs want their reader to know, most frequent first."""
        if "warnings" not in self.file.variables:
            return {}
        texts = np.ravel(self.file["warnings"][:])
        return dict(Counter(line for text in texts for line in dict.fromkeys(str(text).splitlines()) if line).most_common())

    def sizes(self, point):
        return np.asarray(self.file["n_neurons"][point]) if "n_neurons" in self.file.variables else np.full(len(self.populations), np.nan)

    def realised_indegree(self, point):
        """[trial, projection] or None."""
        return np.asarray(self.file["k_mean"][point], dtype=float) if "k_mean" in self.file.variables else None

    @functools.cached_property
    def _resolved(self):
        try:
            resolved = json.loads(self.attribute("resolved_configuration", "{}"))
        except json.JSONDecodeError:
            resolved = {}
        return resolved.get("network", resolved)

    def configuration(self, point):
        """The resolved network of a point: what the first point has, with this point's swept values."""
        network = copy.deepcopy(self._resolved)
        for axis in self.axes:
            value = axis.values[point]
            _assign(network, axis.path.split("."), value.item() if isinstance(value, np.generic) else value)
        return network

    def checksum_fault(self):
        """A sentence if dataset.nc.sha256 does not fit, else ''."""
        beside = self.path.with_name(self.path.name + ".sha256")
        if not beside.exists():
            return ""
        digest = hashlib.sha256()
        with open(self.path, "rb") as stream:
            while block := stream.read(1 << 20):
                digest.update(block)
        words = beside.read_text().split()
        return "" if words and words[0] == digest.hexdigest() else (
            f"The checksum of {self.path.name} is not the one in {beside.name}: the file was changed after it was written. Check it with `spikemass validate`.")


def _assign(tree, path, value):
    for key in path[:-1]:
        if not isinstance(tree.get(key), dict):
            tree[key] = {}
        tree = tree[key]
    last = path[-1]
    if isinstance(tree.get(last), dict) and last in SCALAR_KEYS:
        tree[last][SCALAR_KEYS[last]] = value
    else:
        tree[last] = value


def scalar(node, key, default=np.nan):
    """The number under `key`, also where it is written as a table (strength = {mean = ..}, eta = {center = ..})."""
    value = node.get(key, default) if isinstance(node, dict) else default
    if isinstance(value, dict):
        value = value.get(SCALAR_KEYS.get(key, ""), default)
    return float(value) if isinstance(value, (int, float)) and not isinstance(value, bool) else default
