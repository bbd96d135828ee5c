"""Figures in time and frequency: traces, raster, spectra."""

import h5py
import numpy as np
from matplotlib.lines import Line2D

from . import style
from .statistics import spectrum

MAX_COLUMNS, MAX_POPULATIONS, RASTER_NEURONS = 4, 2, 150


def chosen_points(results, panels):
    """Up to four points that ran: the first and the one at a third of each of the first two panels."""
    points = []
    for title, members in panels.groups[:2]:
        usable = [p for p in members if results.row(p, 0).trials_ok]
        for p in dict.fromkeys(usable[i] for i in (0, max(1, len(usable) // 3) if len(usable) > 1 else 0) if usable):
            points.append((p, ", ".join(t for t in (title, _name(panels, p)) if t)))
    return points[:MAX_COLUMNS]


def _name(panels, point):
    if panels.axis is None:
        return ""
    short = "K" if panels.axis.path.endswith("mean_indegree") else panels.axis.path.split(".")[-1].replace("_", " ")
    return f"{short} = {panels.tick(point)}"


def traces(results, panels):
    """r(t) and v(t): mean over trials with its standard error, the exact mass, the best closure; the stimulus below."""
    data = results.data
    points = chosen_points(results, panels)
    if not points:
        return None
    populations = range(min(len(data.populations), MAX_POPULATIONS))
    rows = [(p, q) for p in populations for q in (["rate", "v"] if results.has_v else ["rate"])]
    stimulated = any(np.ptp(data.stimulus(point)) > 0 for point, _ in points)
    heights = [2.0] * len(rows) + ([0.8] if stimulated else [])
    fig, axes = style.figure(len(heights), len(points), width=max(6.5, 3.5 * len(points) + 0.6), height=sum(heights) * 1.05 + 1.0, sharex=True, sharey="row",
                             gridspec_kw={"height_ratios": heights})
    shown = [name for name in ("mass", results.best_closure) if name in data.levels]
    closures = [level.closure for level in data.levels.values()]
    handles = [Line2D([], [], color=style.SPIKING, linewidth=1.3, label="spiking network, mean ± s.e.")]
    for column, (point, title) in enumerate(points):
        for line, (population, variable) in enumerate(rows):
            axis = axes[line, column]
            series = data.spiking.series(variable, point)[:, :, population]
            series = series[np.isfinite(series).all(axis=1)]
            mean = series.mean(axis=0)
            if len(series) > 1:
                error = series.std(axis=0, ddof=1) / np.sqrt(len(series))
                axis.fill_between(data.time, mean - error, mean + error, color=style.SPIKING, alpha=0.22, linewidth=0)
            axis.plot(data.time, mean, color=style.SPIKING, linewidth=1.1)
            for name in shown:
                model = data.levels[name].series(variable, point)
                if model is None:
                    continue
                look = style.closure_style(data.levels[name].closure, closures)
                axis.plot(data.time, np.nanmean(model[:, :, population], axis=0), color=look["color"], linestyle=look["linestyle"], linewidth=1.5)
                handles.append(Line2D([], [], color=look["color"], linestyle=look["linestyle"], label=style.closure_title(data.levels[name].closure)))
            if column == 0:
                of = f" of {data.populations[population]}" if len(data.populations) > 1 else ""
                axis.set_ylabel(f"r{of} [{data.rate_unit}]" if variable == "rate" else f"v{of}")
            if line == 0:
                axis.set_title(title)
        if stimulated:
            axes[-1, column].plot(data.time, data.stimulus(point), color="#444444", drawstyle="steps-mid", linewidth=1.3)
            if column == 0:
                axes[-1, column].set_ylabel("stimulus")
        axes[-1, column].set_xlabel(f"time [{data.time_unit}]")
    style.legend_above(fig, handles)
    return fig


def spike_files(path):
    folder = path.parent / "spikes"
    files = sorted(folder.glob("*.h5")) if folder.is_dir() else []
    beside = path.with_suffix(".h5")
    return files or ([beside] if beside.exists() else [])


def raster(results):
    """Spikes of the first recorded run, a few neurons per population, around the first change of the stimulus.  (figure, caption), or (None, why)."""
    data = results.data
    files = spike_files(data.path)
    if not files:
        return None, ("No spikes were recorded. Record one run with <code>spikemass run network.toml --spikes spikes/run.h5</code> into this folder "
                      "and write the report again.")
    with h5py.File(files[0]) as file:
        groups = {name: group for name, group in file.get("spikes", {}).items() if "timestamps" in group}
        if not groups:
            return None, f"{files[0].name} holds no spikes."
        spikes = {name: (np.asarray(group["timestamps"], dtype=float), np.asarray(group["node_ids"])) for name, group in groups.items()}
    largest = max((times.max() for times, _ in spikes.values() if times.size), default=0.0)
    begin, end = _raster_window(results, largest)
    fig, axes = style.figure(1, 1, width=9.0, height=3.6)
    axis, offset, ticks = axes[0, 0], 0, []
    for number, (name, (times, ids)) in enumerate(spikes.items()):
        known = data.populations.index(name) if name in data.populations else None
        size = int(data.sizes(0)[known]) if known is not None else int(ids.max(initial=0)) + 1
        count = min(RASTER_NEURONS, size)
        picked = np.linspace(0, size - 1, count).astype(ids.dtype)
        inside = (times >= begin) & (times < end) & np.isin(ids, picked)
        axis.plot(times[inside], offset + np.searchsorted(picked, ids[inside]), "|", color=("#000000", "#D55E00", "#0072B2", "#009E73")[number % 4],
                  markersize=2.2, markeredgewidth=0.7, rasterized=True)
        ticks.append((offset + count / 2, name))
        offset += count
    axis.set_yticks([t for t, _ in ticks], [n for _, n in ticks])
    axis.set(xlim=(begin, end), ylim=(-1, offset), xlabel=f"time [{data.time_unit}]", ylabel="neurons")
    axis.grid(visible=False)
    return fig, f"Spikes of up to {RASTER_NEURONS} neurons per population, evenly chosen, from {files[0].name}."


def _raster_window(results, largest):
    data = results.data
    _, edges = results.windows(0)
    tau = max(results.tau(0, p) for p in range(len(data.populations)))
    begin = data.time[edges[0][0]] - 5 * tau if edges else max(data.start, largest - 20 * tau)
    return max(0.0, begin), min(begin + 20 * tau, largest + 1e-9 * max(1.0, largest)) if largest > begin else begin + 20 * tau


def spectra(results, panels):
    """N S(f) of the rate in the longest stationary window; levels that fluctuate by themselves, or oscillate, beside it."""
    data = results.data
    found = []
    for point, title in chosen_points(results, panels):
        row = results.row(point, 0)
        first, last = row.window
        measured = spectrum(data.spiking.series("rate", point)[:, first:last, 0], data.bin)
        if measured is None:
            continue
        found.append((point, title, measured, first, last))
    if not found:
        return None
    closures = [level.closure for level in data.levels.values()]
    fig, axes = style.figure(1, len(found), width=max(5.5, 3.3 * len(found) + 0.8), height=3.2, sharey=True)
    handles = [Line2D([], [], color=style.SPIKING, label="spiking network, 95 % band")]
    unit = "1/ms" if data.time_unit == "ms" else "1/tau"
    for axis, (point, title, measured, first, last) in zip(axes[0], found):
        size = data.sizes(point)[0]
        size = size if np.isfinite(size) else 1.0
        axis.fill_between(measured.frequency, size * measured.lo, size * measured.hi, color=style.SPIKING, alpha=0.18, linewidth=0)
        axis.plot(measured.frequency, size * measured.density, color=style.SPIKING, linewidth=1.2)
        for level in data.levels.values():
            model = level.series("rate", point)
            if model is None or np.nanstd(model[:, first:last, 0]) <= 1e-6 * abs(np.nanmean(model[:, first:last, 0])):
                continue
            density = spectrum(model[:, first:last, 0], data.bin)
            significant = density is not None and density.density.max() > 1e-2 * measured.density.max()
            if significant:
                look = style.closure_style(level.closure, closures)
                axis.plot(density.frequency, size * density.density, color=look["color"], linestyle=look["linestyle"], linewidth=1.3)
                handles.append(Line2D([], [], color=look["color"], linestyle=look["linestyle"], label=style.closure_title(level.closure)))
        axis.set(yscale="log", ylim=(size * measured.lo.min() / 20, None), xlabel=f"frequency [{unit}]", title=title)
    name = f" ({data.populations[0]})" if len(data.populations) > 1 else ""
    squared = "" if data.rate_unit == "1/tau" else "²"
    axes[0, 0].set_ylabel(f"N S(f){name} [{data.rate_unit}{squared} / ({unit})]" if squared else f"N S(f){name} [{unit}]")
    style.legend_above(fig, handles)
    return fig
