#!/usr/bin/env python3
"""A run with a slow drive over the mass's branch of steady states: r and v against eta + stimulus.

    hysteresis_picture.py RUN.nc ANALYSIS.nc PICTURE

RUN.nc: `spikemass run --out` of one population; ANALYSIS.nc: `spikemass analyse --along population.NAME.params.eta.center LOW HIGH --out` of the same network.
"""

import json
import sys
from pathlib import Path

import netCDF4
import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "python"))
from report import bifurcations, style  # noqa: E402


def trajectory(run):
    """eta + stimulus, rate, v of a run of one population, all [time]."""
    resolved = json.loads(run.resolved_configuration)
    name = str(run["population"][0])
    center = resolved["population"][name]["params"]["eta"]["center"]
    return center + np.asarray(run["stimulus"][:])[:, 0], np.asarray(run["rate"])[0, 0, :, 0], np.asarray(run["v"])[0, 0, :, 0]


def main(run_file, analysis_file, picture):
    with netCDF4.Dataset(run_file) as run:
        eta, rate, v = trajectory(run)
    with netCDF4.Dataset(analysis_file) as file:
        group = {n: np.asarray(x[:]) for n, x in file["analysis"].variables.items()}
    rising = np.arange(len(eta)) <= eta.argmax()
    style.plt.rcParams.update(style.RC)
    fig, axes = style.figure(1, 2, width=9.4, height=3.9, sharex=True)
    for axis, values, variable, text in ((axes[0, 0], rate, "rate", "r [1/tau]"), (axes[0, 1], v, "v", "v")):
        for number in np.unique(group["branch"]):
            bifurcations.draw_branch(axis, group["branch_parameter"], group[f"branch_{variable}"][:, 0], group["branch_unstable"], np.flatnonzero(group["branch"] == number))
        for part, color, direction in ((rising, "#009E73", "rising"), (~rising, "#7A4FA3", "falling")):
            axis.plot(eta[part], values[part], color=color, linewidth=1.0, label=f"network, drive {direction}")
        folds = group["special_kind"] == "fold"
        axis.plot(group["special_parameter"][folds], group[f"special_{variable}"][folds, 0], "o", color="black", label="folds of the mass")
        axis.set_xlabel("center of eta + stimulus")
        axis.set_ylabel(text)
    axes[0, 0].plot([], [], color=bifurcations.STABLE, label="mass, stable")
    axes[0, 0].plot([], [], color=bifurcations.UNSTABLE, linestyle=(0, (4, 2)), label="mass, unstable")
    style.legend_above(fig, axes[0, 0].get_legend_handles_labels()[0])
    fig.savefig(picture, dpi=110)


if __name__ == "__main__":
    if len(sys.argv) != 4:
        sys.exit(__doc__)
    main(*sys.argv[1:])
