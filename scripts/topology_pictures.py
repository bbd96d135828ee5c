#!/usr/bin/env python3
"""The pictures of docs/topologies.md, from the program's own graphs: adjacency of a small network, degrees of a larger one.

    topology_pictures.py PROGRAM [FOLDER]
"""

import subprocess
import sys
import tempfile
from pathlib import Path

import h5py
import matplotlib
import numpy as np

matplotlib.use("Agg")
import matplotlib.pyplot as plt

NETWORK = """[run]
dt = 0.01
duration = 1.0
bin = 1.0
[population.E]
model = "qif"
size = {size}
params = {{ eta = 0.0 }}
[projection.EE]
source = "E"
target = "E"
strength = 1.0
topology = {{ kind = "{kind}", {keys} }}
"""

# kind, picture, keys; {K} is the mean in-degree of the instance.
TOPOLOGIES = [
    ("erdos_renyi", "erdos_renyi", "mean_indegree = {K}"),
    ("fixed_indegree", "fixed_indegree", "mean_indegree = {K}"),
    ("fixed_outdegree", "fixed_outdegree", "mean_indegree = {K}"),
    ("lorentzian_indegree", "lorentzian_indegree", "mean_indegree = {K}, half_width = {width}"),
    ("fixed_total", "fixed_total", "mean_indegree = {K}"),
    ("small_world", "small_world", "mean_indegree = {K}, rewiring = 0.1"),
    ("chung_lu", "chung_lu", "mean_indegree = {K}, exponent_in = 2.5, exponent_out = 2.5, cutoff = 6.0, correlation = 0.8"),
    ("spatial", "spatial_ring", "mean_indegree = {K}, sigma = 0.06"),
    ("spatial", "spatial_torus", 'mean_indegree = {K}, sigma = 0.12, geometry = "torus"'),
    ("modular", "modular", "mean_indegree = {K}, modules = 4, within = 0.8"),
]
SMALL = {"size": 144, "K": 8, "width": 2.0}
LARGE = {"size": 10000, "K": 100, "width": 7.0}


def graph(program, folder, kind, keys, instance):
    """Sources and targets of all synapses."""
    (folder / "net.toml").write_text(NETWORK.format(kind=kind, size=instance["size"], keys=keys.format(**instance)))
    subprocess.run([program, "info", folder / "net.toml", "--graph", folder / "graph.h5"], check=True, stdout=subprocess.DEVNULL)
    with h5py.File(folder / "graph.h5") as f:
        start, targets = f["EE/indptr"][:], f["EE/indices"][:]
    return np.repeat(np.arange(instance["size"]), np.diff(start)), targets


def draw(program, folder, out, kind, name, keys):
    figure, (matrix, degrees) = plt.subplots(1, 2, figsize=(6.4, 2.9), width_ratios=(1, 1.35), layout="constrained")
    source, target = graph(program, folder, kind, keys, SMALL)
    pairs, times = np.unique(np.stack([source, target]), axis=1, return_counts=True)
    image = np.zeros((SMALL["size"], SMALL["size"]))
    image[pairs[1], pairs[0]] = np.where(times > 1, 1.0, 0.75)   # multapses are darker
    matrix.imshow(image, cmap="Greys", vmin=0, vmax=1, interpolation="nearest", origin="upper")
    matrix.set(xlabel="source", ylabel="target", xticks=[0, SMALL["size"] - 1], yticks=[0, SMALL["size"] - 1], title=f"N = {SMALL['size']}, K = {SMALL['K']}")
    source, target = graph(program, folder, kind, keys, LARGE)
    into, out_of = (np.bincount(x, minlength=LARGE["size"]) for x in (target, source))
    top = max(into.max(), out_of.max())
    width = max(1, int((top - min(into.min(), out_of.min())) // 60))
    bins = np.arange(min(into.min(), out_of.min()) - 1, top + 2 * width + 1, width) - 0.5
    degrees.hist(into, bins, color="#0072B2", alpha=0.55, label=f"in: sd {into.std():.1f}")
    degrees.hist(out_of, bins, histtype="step", color="#D55E00", linewidth=1.4, label=f"out: sd {out_of.std():.1f}")
    if top > 4 * LARGE["K"] or min(into.std(), out_of.std()) == 0:
        degrees.set(yscale="log", ylim=(0.7, None))
    degrees.set(xlabel="degree", ylabel="neurons", title=f"N = {LARGE['size']}, K = {LARGE['K']}; mean {into.mean():.1f}")
    degrees.legend(frameon=False, fontsize=8)
    degrees.spines[["top", "right"]].set_visible(False)
    for axes in (matrix, degrees):
        axes.title.set_fontsize(9)
        axes.tick_params(labelsize=8)
    figure.savefig(out / f"topology_{name}.png", dpi=110)
    plt.close(figure)


def main():
    program = Path(sys.argv[1]).resolve()
    out = Path(sys.argv[2]) if len(sys.argv) > 2 else Path(__file__).resolve().parent.parent / "docs" / "images"
    with tempfile.TemporaryDirectory() as folder:
        for kind, name, keys in TOPOLOGIES:
            draw(program, Path(folder), out, kind, name, keys)
            print(out / f"topology_{name}.png")


if __name__ == "__main__":
    main()
