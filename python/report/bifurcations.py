"""The group `analysis` of a dataset (`spikemass analyse --out`): bifurcation diagram, special points, curves in the plane of two parameters."""

import numpy as np
from matplotlib.lines import Line2D

from . import page, style

STABLE, UNSTABLE = style.CLOSURES["two_cumulant"][0], "#D55E00"
MARKERS = {   # label, marker, face
    "fold": ("fold", "o", "black"), "hopf": ("Hopf", "s", "white"), "branch_point": ("branch point", "X", "black"),
    "cusp": ("cusp", "^", "black"), "bogdanov_takens": ("Bogdanov–Takens", "D", "white"),
}
CURVES = {"fold": ("folds", "black", "-"), "hopf": ("Hopf points", "#009E73", "--")}
MAX_POPULATIONS, MAX_ROWS = 4, 60


class Bifurcations:
    """None of its parts exist where the dataset has no such group: ask `present`."""

    def __init__(self, data):
        self.data = data
        self.group = data.file.groups.get("analysis")
        self.present = self.group is not None

    def _get(self, name):
        return np.asarray(self.group[name][:]) if name in self.group.variables else None

    def attribute(self, name):
        return str(self.group.getncattr(name)) if name in self.group.ncattrs() else ""

    @property
    def closure(self):
        return self.attribute("closure")

    def axis(self, which):
        """Label of a parameter: the last parts of its path, and its unit if it has one."""
        path = self.attribute(which)
        units = getattr(self.group[f"{'branch_parameter' if which == 'along' else 'curve_across'}"], "units", "1")
        keys = path.split(".")
        label = f"{keys[-2]}.{keys[-1]} of {keys[1]}" if len(keys) > 3 else path
        return label + (f" [{units}]" if units != "1" else "")

    def diagram(self):
        """r and v of every population along the parameter: stable states solid, unstable ones dashed."""
        if not self.present or self._get("branch_parameter") is None:
            return None
        names = self.data.populations[:MAX_POPULATIONS]
        fig, axes = style.figure(2, len(names), width=max(6.0, 4.2 * len(names) + 0.6), height=5.6, sharex=True)
        parameter, branch, unstable = self._get("branch_parameter"), self._get("branch"), self._get("branch_unstable")
        for column, name in enumerate(names):
            for row, variable in enumerate(("rate", "v")):
                axis, values = axes[row, column], self._get(f"branch_{variable}")[:, column]
                for number in np.unique(branch):
                    draw_branch(axis, parameter, values, unstable, np.flatnonzero(branch == number))
                self._mark(axis, "special_parameter", f"special_{variable}", column)
                of = f" of {name}" if len(self.data.populations) > 1 else ""
                axis.set_ylabel(f"r{of} [{self.data.rate_unit}]" if variable == "rate" else f"v{of}")
            axes[1, column].set_xlabel(self.axis("along"))
        handles = []
        if (unstable == 0).any():
            handles.append(Line2D([], [], color=STABLE, label="stable"))
        if (unstable > 0).any():
            handles.append(Line2D([], [], color=UNSTABLE, linestyle=(0, (4, 2)), label="unstable"))
        style.legend_above(fig, handles + self._handles(on_branches=True))
        return fig

    def plane(self):
        """Curves of folds and Hopf points in the plane of both parameters."""
        if not self.present or self._get("curve_parameter") is None:
            return None
        fig, axes = style.figure(1, 1, width=6.0, height=4.2)
        axis, handles = axes[0, 0], []
        x, y, curve, kind = self._get("curve_parameter"), self._get("curve_across"), self._get("curve"), self._get("curve_kind")
        for number in np.unique(curve):
            members = curve == number
            label, color, line = CURVES[str(kind[members][0])]
            handles += axis.plot(x[members], y[members], color=color, linestyle=line, linewidth=1.7, label=label)
        self._mark(axis, "special_parameter", "special_across", None)
        axis.set_xlabel(self.axis("along"))
        axis.set_ylabel(self.axis("across"))
        style.legend_above(fig, handles + self._handles(on_branches=False))
        return fig

    def _kinds(self):
        kinds = self._get("special_kind")
        return [] if kinds is None else [str(k) for k in kinds]

    def _mark(self, axis, x, y, column):
        """Special points; column None: the plane, which shows those of curves alone beside where curves start."""
        kinds = self._kinds()
        if not kinds:
            return
        across, values, branch = self._get(x), self._get(y), self._get("special_branch")
        for k, kind in enumerate(kinds):
            if (column is None) != (branch[k] < 0):
                continue
            _, marker, face = MARKERS[kind]
            axis.plot(across[k], values[k] if column is None else values[k, column], marker=marker, markersize=7, markerfacecolor=face, markeredgecolor="black", linestyle="", zorder=5)

    def _handles(self, on_branches):
        kinds, branch = self._kinds(), self._get("special_branch")
        shown = [k for k in MARKERS if any(kind == k and (b >= 0) == on_branches for kind, b in zip(kinds, branch if kinds else []))]
        return [Line2D([], [], linestyle="", marker=MARKERS[k][1], markersize=7, markerfacecolor=MARKERS[k][2], markeredgecolor="black", label=MARKERS[k][0]) for k in shown]

    def html(self):
        """Sections of the page."""
        if not self.present:
            return ""
        title = style.closure_title(self.closure)
        caption = f"Steady states of the mass, closure {page.escape(title)}: {page.escape(self.attribute('delays'))}."
        picture, plane = self.diagram(), self.plane()
        parts = [page.section("Fixed points", self._fixed_table(), f'<p class="soft">{caption} Stimuli are left out.</p>')]
        if picture is not None:
            parts.append(page.section("Bifurcation diagram", page.figure(picture, "Bifurcation diagram", f"Rate and potential of the steady states against {page.escape(self.attribute('along'))}; "
                                                                         "stable solid, unstable dashed."), self._special_table()))
        if plane is not None:
            parts.append(page.section("Two parameters", page.figure(plane, "Curves of folds and Hopf points", "Where folds and Hopf points lie in the plane of both parameters.")))
        return "\n".join(parts)

    def _states(self, prefix, k):
        rates, potentials = self._get(f"{prefix}_rate"), self._get(f"{prefix}_v")
        return [c for p in range(len(self.data.populations)) for c in (page.number(rates[k, p], 6), page.number(potentials[k, p], 6))]

    def _head(self):
        several = len(self.data.populations) > 1
        return [text for name in self.data.populations for text in (f"r{' of ' + name if several else ''} [{self.data.rate_unit}]", f"v{' of ' + name if several else ''}")]

    def _fixed_table(self):
        kinds = self._get("fixed_type")
        if kinds is None:
            return "<p>No fixed point was found at the file's own values.</p>"
        re, im = self._get("fixed_eigenvalue_re"), self._get("fixed_eigenvalue_im")
        rows = []
        for k, kind in enumerate(kinds):
            values = [page.number(a, 5) + (f" ± {page.number(b, 5)}i" if b > 0 else "") for a, b in zip(re[k], im[k]) if b >= 0]
            rows.append([str(kind), *self._states("fixed", k), ", ".join(values)])
        return _table(["kind", *self._head(), f"eigenvalues [1/{self.data.time_unit}]"], rows)

    def _special_table(self):
        kinds = self._kinds()
        if not kinds:
            return "<p>No fold, Hopf point or branch point in this range.</p>"
        parameter, across, branch = self._get("special_parameter"), self._get("special_across"), self._get("special_branch")
        period, lyapunov = self._get("special_period"), self._get("special_lyapunov")
        rows = []
        for k, kind in enumerate(kinds[:MAX_ROWS]):
            row = [MARKERS[kind][0], str(branch[k]) if branch[k] >= 0 else "–", page.number(parameter[k], 8)]
            row += [page.number(across[k], 8)] if across is not None else []
            row += self._states("special", k)
            what = ""
            if np.isfinite(period[k]):
                what = f"period {page.number(period[k], 6)} {self.data.time_unit}" + (f", {'super' if lyapunov[k] < 0 else 'sub'}critical" if np.isfinite(lyapunov[k]) else "")
            rows.append(row + [what])
        head = ["kind", "branch", self.attribute("along")] + ([self.attribute("across")] if across is not None else []) + self._head() + ["cycle that is born"]
        return _table(head, rows) + (f'<p class="soft">{len(kinds) - MAX_ROWS} more are not shown.</p>' if len(kinds) > MAX_ROWS else "")


def draw_branch(axis, parameter, values, unstable, members):
    """One branch, `members` of the arrays [branch point]: stable parts solid, unstable ones dashed."""
    for part, stable in _parts(members, unstable[members] == 0):
        axis.plot(parameter[part], values[part], color=STABLE if stable else UNSTABLE, linestyle="-" if stable else (0, (4, 2)), linewidth=1.9)


def _parts(members, stable):
    """Runs of equal stability, each up to the first point of the next, so that lines join."""
    edges = np.flatnonzero(stable[1:] != stable[:-1]) + 1
    starts, stops = np.concatenate(([0], edges)), np.concatenate((edges, [len(members)]))
    return [(members[a:b + 1], bool(stable[a])) for a, b in zip(starts, stops)]


def _table(head, rows):
    line = "".join(f"<th>{page.escape(h)}</th>" for h in head)
    body = "".join("<tr>" + "".join(f"<td>{page.escape(c)}</td>" for c in row) + "</tr>\n" for row in rows)
    return f'<div class="scroll"><table><thead><tr>{line}</tr></thead><tbody>{body}</tbody></table></div>'
