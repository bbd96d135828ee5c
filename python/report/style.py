"""How figures look: one colour, line and marker per closure everywhere (colours of Okabe and Ito, safe for colour-blind readers)."""

import base64
import io

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt  # noqa: E402

SPIKING = "#000000"
REFERENCE = "#a8a8a8"
CLOSURES = {   # colour, line, marker
    "none": ("#4d4d4d", (0, (5, 2)), "o"),
    "indegree_lorentzian": ("#E69F00", "-.", "v"),
    "two_cumulant": ("#0072B2", "-", "s"),
    "cauchy": ("#CC79A7", (0, (1, 1.2)), "^"),
    "degree_classes": ("#56B4E9", (0, (3, 1, 1, 1)), "P"),
    "resonant_static": ("#D55E00", "--", "D"),
    "resonant": ("#009E73", "-", "X"),
}
OTHERS = (("#7A4FA3", "-", "p"), ("#8B5A2B", "--", "h"), ("#B8A500", "-.", "*"), ("#A00030", ":", "<"))
KINDS = {   # topologies: colour, marker
    "erdos_renyi": ("#0072B2", "o"), "fixed_indegree": ("#D55E00", "s"), "fixed_outdegree": ("#009E73", "^"),
    "lorentzian_indegree": ("#E69F00", "v"), "annealed": ("#CC79A7", "D"),
}

RC = {
    "font.family": "DejaVu Sans", "font.size": 10, "axes.titlesize": 11, "axes.labelsize": 10, "legend.fontsize": 9,
    "axes.spines.top": False, "axes.spines.right": False, "axes.grid": True, "grid.color": "#e6e6e6", "grid.linewidth": 0.7,
    "axes.axisbelow": True, "lines.linewidth": 1.7, "lines.markersize": 5.5, "legend.frameon": False, "figure.facecolor": "white",
    "savefig.facecolor": "white", "svg.fonttype": "path", "svg.hashsalt": "spikemass", "figure.dpi": 100,
}


def closure_style(closure, closures=()):
    """dict(color, linestyle, marker) of a closure; `closures`: all names of this dataset, so that unknown ones differ."""
    unknown = [c for c in closures if c not in CLOSURES]
    color, line, marker = CLOSURES.get(closure) or OTHERS[unknown.index(closure) % len(OTHERS) if closure in unknown else 0]
    return {"color": color, "linestyle": line, "marker": marker}


def closure_title(closure):
    return "MPR (exact mass)" if closure == "none" else closure.replace("_", " ")


def figure(rows, columns, width=None, height=None, **options):
    options.setdefault("squeeze", False)
    return plt.subplots(rows, columns, figsize=(width or 3.6 * columns + 0.6, height or 2.6 * rows + 0.6), layout="constrained", **options)


def legend_above(fig, handles):
    """One legend for the whole figure, above the panels, which make room for it; as many columns as the width allows."""
    unique = {h.get_label(): h for h in handles}
    if not unique:
        return
    inches = 0.064 * max(len(label) for label in unique) + 0.62
    columns = min(len(unique), max(1, int(fig.get_figwidth() / inches)))
    columns = -(-len(unique) // -(-len(unique) // columns))       # rows of equal length
    inches = 0.21 * -(-len(unique) // columns) + 0.08
    fig.set_figheight(fig.get_figheight() + inches)
    height = inches / fig.get_figheight()
    fig.get_layout_engine().set(rect=(0, 0, 1, 1 - height))
    fig.legend(unique.values(), unique.keys(), loc="upper center", ncol=columns, bbox_to_anchor=(0.5, 1.0), borderaxespad=0.2, columnspacing=1.6)


def svg(fig):
    """The figure as a data URI; closes it."""
    stream = io.BytesIO()
    fig.savefig(stream, format="svg", dpi=150, metadata={"Date": None, "Creator": None})
    plt.close(fig)
    return "data:image/svg+xml;base64," + base64.b64encode(stream.getvalue()).decode()
