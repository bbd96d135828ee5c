"""Which swept key is the x axis, and which points share a panel."""

from dataclasses import dataclass

import numpy as np

LABELS = {"mean_indegree": "mean in-degree K", "probability": "connection probability", "strength": "strength J", "center": "centre of eta",
          "half_width": "half width", "size": "neurons N", "dt": "time step", "delay": "delay", "amplitude": "amplitude of the stimulus"}
KINDS = {"all_to_all": "all-to-all", "erdos_renyi": "Erdős–Rényi", "fixed_indegree": "fixed in-degree", "fixed_outdegree": "fixed out-degree",
         "lorentzian_indegree": "Lorentzian in-degree", "annealed": "annealed"}
MAX_PANELS = 8


@dataclass
class Panels:
    axis: object            # Axis along x, None for a single point
    label: str
    log: bool
    groups: list            # (title, [point]), points in order of x
    left_out: int           # panels beyond MAX_PANELS

    def x(self, point):
        """Position on the x axis: the value, or its number where values are words."""
        if self.axis is None:
            return 0.0
        if self.axis.numeric:
            return float(self.axis.values[point])
        return float(list(dict.fromkeys(self.axis.values)).index(self.axis.values[point]))

    def tick(self, point):
        return "" if self.axis is None else format_value(self.axis.values[point])


def format_value(value):
    return f"{value:g}" if isinstance(value, (int, float, np.integer, np.floating)) else str(value)


def axis_label(axis):
    """"mean in-degree K", "strength J [1] of EI": what is swept, in which unit, of which object."""
    keys = axis.path.split(".")
    text = LABELS.get(keys[-1], keys[-1].replace("_", " "))
    unit = f" [{axis.units}]" if axis.units not in ("1", "") else ""
    return text + unit


def short_title(axis, value):
    last = axis.path.split(".")[-1]
    return KINDS.get(str(value), str(value)) if last == "kind" else f"{LABELS.get(last, last.replace('_', ' '))} = {format_value(value)}"


def choose(data):
    numeric = [a for a in data.axes if a.numeric]
    def rank(axis):
        last = axis.path.split(".")[-1]
        return (last not in ("mean_indegree", "probability"), -len(np.unique(axis.values)))
    axis = min(numeric, key=rank, default=None) or max(data.axes, key=lambda a: len(np.unique(a.values)), default=None)
    others = [a for a in data.axes if a is not axis and len(np.unique(a.values)) > 1]
    groups = {}
    for point in range(data.n_points):
        groups.setdefault(tuple(a.values[point] for a in others), []).append(point)
    panels = Panels(axis, axis_label(axis) if axis is not None else "", False, [], max(0, len(groups) - MAX_PANELS))
    for values, points in list(groups.items())[:MAX_PANELS]:
        panels.groups.append((", ".join(short_title(a, v) for a, v in zip(others, values)), sorted(points, key=panels.x)))
    if axis is not None and axis.numeric:
        values = np.asarray(axis.values, dtype=float)
        panels.log = bool(values.min() > 0 and values.max() / values.min() >= 8)
    return panels
