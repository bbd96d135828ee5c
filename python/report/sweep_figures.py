"""Figures over the points of a sweep: r and v, errors, ranking."""

import numpy as np
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.ticker import FixedFormatter, FixedLocator, FuncFormatter, LogLocator, NullFormatter, NullLocator

from . import style

MAX_POPULATIONS = 3


def rate_and_potential(results, panels):
    """r and v of the spiking network with intervals, the all-to-all reference as a band, every level as a line; one column per panel."""
    data = results.data
    populations = range(min(len(data.populations), MAX_POPULATIONS))
    quantities = ["r", "v"] if results.has_v else ["r"]
    rows = [(p, q) for p in populations for q in quantities]
    fig, axes = style.figure(len(rows), len(panels.groups), width=max(5.0, 3.9 * len(panels.groups) + 0.6), sharex="col", sharey="row")
    handles = []
    for column, (title, points) in enumerate(panels.groups):
        for line, (population, quantity) in enumerate(rows):
            axis = axes[line, column]
            handles += _panel(axis, results, panels, points, population, quantity)
            if line == 0 and title:
                axis.set_title(title)
            if column == 0:
                name = f" of {data.populations[population]}" if len(data.populations) > 1 else ""
                axis.set_ylabel(f"rate r{name} [{data.rate_unit}]" if quantity == "r" else f"mean potential v{name}")
        _x_axis(axes[-1, column], panels, points)
    everyone = [point for _, points in panels.groups for point in points]
    for line, (population, quantity) in enumerate(rows):
        _limit(axes[line, 0], [results.row(point, population) for point in everyone], quantity)
    style.legend_above(fig, handles)
    return fig


def _panel(axis, results, panels, points, population, quantity):
    rows = [results.row(point, population) for point in points]
    x = np.array([panels.x(point) for point in points])
    estimates = [getattr(row, quantity) for row in rows]
    closures = [level.closure for level in results.data.levels.values()]
    handles = []
    reference = [getattr(row, "reference_" + quantity) for row in rows]
    if any(e.known for e in reference):
        value, lo, hi = (np.array([getattr(e, k) for e in reference]) for k in ("value", "lo", "hi"))
        xs, spread = _widened(x, panels.log), lambda y: np.concatenate([y[:1], y, y[-1:]])
        known = np.isfinite(lo) & np.isfinite(hi)
        axis.fill_between(xs, spread(np.where(known, lo, value)), spread(np.where(known, hi, value)), color=style.REFERENCE, alpha=0.45, linewidth=2.5)
        handles.append(Patch(color=style.REFERENCE, alpha=0.5, label="all-to-all network"))
    for name, level in results.data.levels.items():
        look = style.closure_style(level.closure, closures)
        y = [getattr(row.levels[name], quantity) for row in rows]
        axis.plot(x, y, color=look["color"], linestyle=look["linestyle"], marker=look["marker"] if len(x) == 1 else None)
        handles.append(Line2D([], [], color=look["color"], linestyle=look["linestyle"], marker=look["marker"] if len(x) == 1 else None,
                              label=style.closure_title(level.closure)))
    y = np.array([e.value for e in estimates])
    bars = np.array([[e.value - e.lo, e.hi - e.value] for e in estimates]).T
    axis.errorbar(x, y, np.nan_to_num(np.abs(bars)), fmt="o", color=style.SPIKING, markersize=5, capsize=3, zorder=5)
    handles.insert(0, Line2D([], [], color=style.SPIKING, marker="o", linestyle="", label="spiking network, 95 % CI"))
    return handles


def _limit(axis, rows, quantity):
    """A level that runs away does not squeeze everything else: the y range holds the network, its reference and moderate errors."""
    estimates = [getattr(row, quantity) for row in rows] + [getattr(row, "reference_" + quantity) for row in rows]
    anchors = np.array([y for e in estimates for y in (e.value, e.lo, e.hi) if np.isfinite(y)])
    if anchors.size == 0:
        return
    models = np.array([getattr(level, quantity) for row in rows for level in row.levels.values()])
    lo, hi = anchors.min(), anchors.max()
    span = max(hi - lo, 0.05 * max(abs(lo), abs(hi)), 1e-6)
    models = models[np.isfinite(models) & (models > lo - 1.5 * span) & (models < hi + 1.5 * span)]
    lo, hi = min(lo, models.min(initial=lo)), max(hi, models.max(initial=hi))
    margin = 0.06 * max(hi - lo, 0.02 * abs(hi))
    axis.set_ylim(lo - margin, hi + margin)


def _widened(x, log):
    if log:
        return np.concatenate([x[:1] / 1.15, x, x[-1:] * 1.15])
    margin = 0.04 * max(np.ptp(x), 1e-9) if x.size > 1 else 0.5
    return np.concatenate([x[:1] - margin, x, x[-1:] + margin])


def _x_axis(axis, panels, points):
    if panels.axis is None:
        axis.set_xticks([])
        return
    if panels.log:
        axis.set_xscale("log")
    x = sorted({panels.x(p): panels.tick(p) for p in points}.items())
    if len(x) <= 8 or not panels.axis.numeric:
        axis.xaxis.set_major_locator(FixedLocator([v for v, _ in x]))
        axis.xaxis.set_major_formatter(FixedFormatter([t for _, t in x]))
        axis.xaxis.set_minor_locator(NullLocator())
    if max(len(t) for _, t in x) > 6:
        axis.tick_params(axis="x", labelrotation=30)
    axis.set_xlabel(panels.label)


def ranking(results):
    """Error of every level: a large marker for the mean over points, a tick per point, the noise of the spiking network as a dotted line."""
    ranked = [r for r in results.ranking if np.isfinite(r.score)]
    first = ("shift", "effect of sparsity, stationary") if results.against_reference else ("steady", "stationary")
    columns = [(n, t) for n, t in (first, ("transient", "first 25 tau after each step")) if any(getattr(r, n).size for r in ranked)]
    if not columns:
        return None
    closures = [level.closure for level in results.data.levels.values()]
    fig, axes = style.figure(1, len(columns), width=4.4 * len(columns) + 1.6, height=0.46 * len(ranked) + 1.5, sharey=True)
    for axis, (name, title) in zip(axes[0], columns):
        for place, level in enumerate(ranked):
            values = 100 * getattr(level, name)
            if not values.size:
                continue
            look = style.closure_style(results.data.levels[level.level].closure, closures)
            axis.plot([values.min(), values.max()], [place, place], color=look["color"], linewidth=7, alpha=0.22, solid_capstyle="round")
            axis.plot(values, np.full(values.size, place), "|", color=look["color"], markersize=10, markeredgewidth=1.2)
            axis.plot(values.mean(), place, look["marker"], color=look["color"], markersize=9, markeredgecolor="white", zorder=4)
            axis.annotate(f"{values.mean():.2g} %", (values.mean(), place), xytext=(0, 9), textcoords="offset points", ha="center", fontsize=9)
        if name != "transient":
            noise = np.array([row.steady_noise for row in results.rows if np.isfinite(row.steady_noise) and not row.flagged])
            if noise.size:
                floor = 100 * np.sqrt(np.mean(noise**2))
                axis.axvline(floor, color="black", linestyle=":", linewidth=1.2)
                axis.annotate("noise", (floor, len(ranked) - 0.55), xytext=(3, 0), textcoords="offset points", fontsize=8)
        axis.set(xscale="log", title=title, xlabel="|(π δr, δv)| / |W|  [%]" if results.has_v else "|δr| / r  [%]", ylim=(len(ranked) - 0.5, -0.6))
        plain_log(axis)
    axes[0, 0].set_yticks(range(len(ranked)), [style.closure_title(results.data.levels[r.level].closure) for r in ranked])
    for axis in axes[0]:
        axis.grid(axis="y", visible=False)
    return fig


def plain_log(axis):
    """0.1, 1, 10 in place of powers of ten; on a short range also the steps between."""
    lo, hi = axis.get_xlim()
    axis.xaxis.set_major_locator(LogLocator(subs=(1.0,) if hi / lo > 30 else (1.0, 2.0, 5.0)))
    axis.xaxis.set_major_formatter(FuncFormatter(lambda x, _: f"{x:g}"))
    axis.xaxis.set_minor_formatter(NullFormatter())
