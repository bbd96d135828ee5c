"""The measured (p, q) against theory."""

import numpy as np
from matplotlib.lines import Line2D

from . import style, theory
from .panels import KINDS
from .sweep_figures import plain_log

FIXED = ("fixed_indegree",)


def pseudo_cumulant(results, cumulants):
    """Scaled p (left) and q (right) against -x = -v/(pi r): points of every topology with intervals, curves of the theory."""
    data = results.data
    fig, axes = style.figure(1, 2, width=9.6, height=4.3)
    x = np.array([-c.x.value for c in cumulants])
    good = x[np.isfinite(x) & (x > 0)]
    lo, hi = (good.min() / 1.6, good.max() * 1.6) if good.size else (0.05, 1.0)
    grid = np.geomspace(lo, hi, 60)
    kinds = list(dict.fromkeys(c.kind for c in cumulants))
    handles = []
    curves = [("Poisson input (annealed)", theory.white(-grid), "#4d4d4d", (0, (5, 2)))]
    sizes = {int(data.sizes(c.point)[0]) for c in cumulants}
    size = min(max(sizes), 100000)
    if any(k in FIXED for k in kinds):
        curves.append(("resonant theory, fixed in-degree", theory.resonant(-grid, size, 1), style.KINDS["fixed_indegree"][0], "-"))
    if any(k not in FIXED + ("annealed",) for k in kinds):
        curves.append(("resonant theory, binomial in-degree", theory.resonant(-grid, size, 0), style.KINDS["erdos_renyi"][0], "-"))
    for label, pair, color, line in curves:
        for axis, y in zip(axes[0], pair):
            axis.plot(grid, y, color=color, linestyle=line, linewidth=1.5)
        handles.append(Line2D([], [], color=color, linestyle=line, label=label))
    shown = grid <= 0.4
    if shown.any():
        axes[0, 1].plot(grid[shown], theory.mean_driven(grid[shown]), color="#B8A500", linestyle=":", linewidth=1.5)
        handles.append(Line2D([], [], color="#B8A500", linestyle=":", label="mean-driven limit of q"))
    for axis, name, theories in zip(axes[0], ("p", "q"), zip(*(pair for _, pair, _, _ in curves))):
        _limits(axis, [getattr(c, name) for c in cumulants], theories)
    for kind in kinds:
        color, marker = style.KINDS.get(kind, ("#7A4FA3", "p"))
        members = [c for c in cumulants if c.kind == kind and -c.x.value > 0]
        for axis, name in zip(axes[0], ("p", "q")):
            _points(axis, members, name, color, marker, _label_side(cumulants, kinds, kind, name))
        handles.append(Line2D([], [], color=color, marker=marker, linestyle="", label=f"{KINDS.get(kind, kind)} network, number: K"))
    for axis, name in zip(axes[0], ("p", "q")):
        axis.set(xscale="log", xlim=(lo, hi), xlabel="−v / (π r)", ylabel=f"K {name} / (J² (1 − K/N))")
        axis.axhline(0, color="#999999", linewidth=0.8)
        plain_log(axis)
    style.legend_above(fig, handles)
    return fig


def _label_side(cumulants, kinds, kind, name):
    """Labels stand above the topologies with the larger values and below the others."""
    def level(k):
        values = [getattr(c, name).value for c in cumulants if c.kind == k]
        return np.median(values)
    return 1 if sorted(kinds, key=level).index(kind) >= len(kinds) / 2 else -1


def _points(axis, members, name, color, marker, side):
    """Estimates with intervals and K; those whose interval is wider than half the panel stay faint and nameless."""
    low, high = axis.get_ylim()
    for c in members:
        e = getattr(c, name)
        half = 0.5 * (e.hi - e.lo) if np.isfinite(e.hi - e.lo) else 0.0
        vague = 4 * half > high - low
        axis.errorbar([-c.x.value], [e.value], [[half], [half]], fmt=marker, color=color, capsize=2.5, markeredgecolor="white", markeredgewidth=0.6, markersize=7,
                      alpha=0.3 if vague else 1.0, zorder=3 if vague else 4)
        if not vague and low < e.value < high:
            end = np.clip(e.value + side * half, low + 0.06 * (high - low), high - 0.06 * (high - low))   # above the interval of one topology, below that of the next
            axis.annotate(f"{c.K:g}", (-c.x.value, end), xytext=(0, 5 * side), textcoords="offset points", fontsize=8, color=color, ha="center",
                          va="bottom" if side > 0 else "top")


def _limits(axis, estimates, curves):
    """Room for the curves and for points within three times their range: one point with a huge error does not flatten the rest."""
    values = np.concatenate(curves)
    lo, hi = min(values.min(), 0.0), values.max()
    span = hi - lo
    ys = np.array([e.value for e in estimates if e.known])
    inside = ys[(ys > lo - 2 * span) & (ys < hi + 2 * span)]
    if inside.size:
        lo, hi = min(lo, inside.min()), max(hi, inside.max())
    margin = 0.1 * (hi - lo)
    axis.set_ylim(lo - margin, hi + margin)
