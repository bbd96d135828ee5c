"""Puts the parts together."""

from pathlib import Path

import numpy as np
from matplotlib import pyplot as plt

from . import cumulant_figures, dynamics_figures, page, panels as panel_choice, style, sweep_figures
from .bifurcations import Bifurcations
from .cumulants import pseudo_cumulants
from .data import STATUS_OK, Data
from .results import Results


class Report:
    """figures: {name: matplotlib figure}; html(): the page.  Figures are closed as the page is written."""

    def __init__(self, path):
        self.data = Data(path)
        self.results = Results(self.data)
        self.panels = panel_choice.choose(self.data)
        self.bifurcations = Bifurcations(self.data)
        # `analyse --out` writes a dataset without runs: the page is about the analysis alone.
        self.only_analysis = self.bifurcations.present and not any(row.trials_ok for row in self.results.rows)

    def save_png(self, folder):
        """The main figures as PNG, 160 dots per inch; returns the paths."""
        folder = Path(folder)
        folder.mkdir(parents=True, exist_ok=True)
        written = []
        with plt.rc_context(style.RC):
            for name, make in self._figures().items():
                if (picture := make()) is not None:
                    picture.savefig(folder / f"{name}.png", dpi=160)
                    plt.close(picture)
                    written.append(folder / f"{name}.png")
        return written

    def _figures(self):
        analysis = {"bifurcations": self.bifurcations.diagram, "bifurcation_plane": self.bifurcations.plane}
        return analysis if self.only_analysis else {**self._figures_of_runs(), **analysis}

    def _figures_of_runs(self):
        cumulants, _ = pseudo_cumulants(self.results)
        return {
            "sweep": lambda: sweep_figures.rate_and_potential(self.results, self.panels) if self.data.n_points > 1 else None,
            "traces": lambda: dynamics_figures.traces(self.results, self.panels),
            "raster": lambda: dynamics_figures.raster(self.results)[0],
            "pseudo_cumulant": lambda: cumulant_figures.pseudo_cumulant(self.results, cumulants) if cumulants else None,
            "ranking": lambda: sweep_figures.ranking(self.results),
            "spectra": lambda: dynamics_figures.spectra(self.results, self.panels),
        }

    def html(self):
        with plt.rc_context(style.RC):
            body = "\n".join(part for part in self._parts() if part)
        data = self.data
        title = f"Spikemass: {data.path.parent.name if data.path.name == 'dataset.nc' else data.path.stem}"
        if self.only_analysis:
            return page.document(title, page.escape(f"Bifurcation analysis of the mass, population{'s' if len(data.populations) > 1 else ''} {', '.join(data.populations)}"), body)
        trials = f"{data.n_trials} trial{'s' if data.n_trials != 1 else ''}"
        subtitle = (f"{data.n_points} point{'s' if data.n_points != 1 else ''} × {trials}, population{'s' if len(data.populations) > 1 else ''} {', '.join(data.populations)}, "
                    f"recorded {data.start:g} to {data.start + data.time.size * data.bin:g} {data.time_unit} in bins of {data.bin:g} {data.time_unit}")
        return page.document(title, page.escape(subtitle), body)

    def _parts(self):
        if self.only_analysis:
            fault = self.data.checksum_fault()
            return page.note(page.escape(fault)) if fault else "", self.bifurcations.html(), self._provenance()
        return (self._summary(), self._table(), self._sweep(), self._ranking(), self._traces(), self._cumulants(), self._raster(), self._spectra(), self.bifurcations.html(),
                self._failures(), self._warnings(), self._provenance())

    def _summary(self):
        sentences = []
        worst = self._worst_of_exact_mass()
        if worst:
            sentences.append(worst)
        ranked = [r for r in self.results.ranking if np.isfinite(r.score)]
        if len(ranked) > 1:
            best, name = ranked[0], style.closure_title(self.data.levels[ranked[0].level].closure)
            text = f"Over all points <b>{page.escape(name)}</b> comes closest"
            stationary = best.shift if best.shift.size else best.steady
            if stationary.size:
                text += f", with a mean error of {page.number(100 * stationary.mean())} % in stationary windows"
            if best.transient.size:
                text += f"{' and' if stationary.size else ', with'} {page.number(100 * best.transient.mean())} % after steps of the stimulus"
            sentences.append(text + ".")
        if not self.data.levels:
            sentences.append("This dataset holds the spiking network alone. <code>spikemass compare</code> adds masses and their errors.")
        fault = self.data.checksum_fault()
        return "".join(f"<p>{s}</p>" for s in sentences) + (page.note(page.escape(fault)) if fault else "")

    def _worst_of_exact_mass(self):
        rows = [r for r in self.results.rows if "mass" in r.levels and np.isfinite(r.levels["mass"].shown_errors[2]) and not r.flagged]
        if not rows:
            return ""
        row = max(rows, key=lambda r: r.levels["mass"].shown_errors[2])
        r_error, v_error, _ = row.levels["mass"].shown_errors
        where = ", ".join(f"{panel_choice.short_title(a, a.values[row.point])}" for a in self.data.axes)
        if len(self.data.populations) > 1:
            where = ", ".join(t for t in (f"population {self.data.populations[row.population]}", where) if t)
        v = f" and v by {page.percent(v_error)} %" if np.isfinite(v_error) else ""
        return f"The exact mass (MPR) is furthest off{' at ' + page.escape(where) if where else ''}: it misses r by {page.percent(r_error)} %{v}."

    def _table(self):
        tables = [page.table(self.results, self.panels, title, points) for title, points in self.panels.groups]
        rows = self.results.rows
        methods = {row.r.method for row in rows if row.r.known}
        source = {"trials": "trials (Student t)", "blocks": "blocks of the one trial", "none": "no repetition"}
        text = f"± is half of the 95 % confidence interval, from {' or '.join(source[m] for m in sorted(methods))}." if methods else ""
        if self.data.levels:
            if self.results.has_v:
                text += " Errors of each closure, closure − spiking in %, as r / v; ★ marks the smallest |(π δr, δv)|/|W|, W = π r − i v."
            else:
                text += (" Errors of each closure, closure − spiking, in % of r; ★ marks the smallest. "
                         "v was not recorded: a score on r alone accepts wrong masses.")
            if self.results.against_reference:
                text += (" What the exact mass misses of the all-to-all network with the same draws (the finite-size bias"
                         f"{self._bias()}) is taken off all of them.")
            text += " Taken from <code>spikemass compare</code>." if self.results.from_compare else ""
        if any(row.flagged for row in rows):
            text += " ! The trials disagree by more than 5 % (graphs on different branches): the point is left out of the ranking."
        if self.panels.left_out:
            text += f" {self.panels.left_out} more panels are not shown."
        return page.section("Results", *tables, f'<p class="soft">{text}</p>')

    def _bias(self):
        """": r +0.3 %, v -1 %", of the first row that has it."""
        for row in self.results.rows:
            exact = row.levels.get("mass")
            if exact is not None and np.isfinite(exact.shift):
                r = page.percent(exact.r / row.reference_r.value - 1)
                v = page.percent((exact.v - row.reference_v.value) / abs(row.reference_v.value)) if row.reference_v.known else ""
                return f": r {r} %" + (f", v {v} %" if v else "")
        return ""

    def _sweep(self):
        if self.data.n_points < 2:
            return ""
        caption = ("Stationary rate r and mean potential v (principal value) of the spiking network, and of the masses with each closure. "
                   if self.results.has_v else "Stationary rate of the spiking network, and of the masses with each closure. ")
        if self.data.reference is not None:
            caption += "Grey: the all-to-all network with the same draws, which carries the same finite-size bias."
        picture = sweep_figures.rate_and_potential(self.results, self.panels)
        title = f"Against {self.panels.label}" if self.panels.label else "Sweep"
        return page.section(title, page.figure(picture, "Rate and potential against the swept quantity", caption))

    def _ranking(self):
        picture = sweep_figures.ranking(self.results)
        if picture is None:
            return ""
        caption = "Large marker: mean over points; ticks: single points; dotted: what the noise of the spiking network alone gives. "
        if self.results.against_reference:
            caption += "Left: error of the predicted effect of sparsity, network − all-to-all network, free of the finite-size bias of both; it decides the order."
        return page.section("Which closure comes closest", page.figure(picture, "Mean error of each closure", caption), page.ranking_table(self.results))

    def _traces(self):
        picture = dynamics_figures.traces(self.results, self.panels)
        if picture is None:
            return ""
        return page.section("Traces", page.figure(picture, "Rate and potential in time", "Bin averages of the spiking network and of the masses."))

    def _cumulants(self):
        cumulants, why = pseudo_cumulants(self.results)
        if not cumulants:
            return page.section("What a correction must be", f"<p>{page.escape(why)}</p>")
        caption = ("Measured second pseudo-cumulant: with r' = (Δ + q)/π + 2 r v and v' = v² + η + I + J r − π² r² + p the mass is exact, and p = q = 0 is MPR. "
                   "q acts as additional heterogeneity, p as an additional current. ")
        caption += "The same of the all-to-all network with the same draws is taken off. " if self.data.reference is not None else ""
        caption += "Points that fall on one curve for all K say that the correction is (J²/K)(1 − K/N) g(v/(π r)). Intervals: 95 %."
        picture = cumulant_figures.pseudo_cumulant(self.results, cumulants)
        return page.section("What a correction must be", page.figure(picture, "Measured p and q against theory", caption))

    def _raster(self):
        picture, text = dynamics_figures.raster(self.results)
        return page.section("Spikes", page.figure(picture, "Spike raster", page.escape(text)) if picture is not None else f"<p>{text}</p>")

    def _spectra(self):
        picture = dynamics_figures.spectra(self.results, self.panels)
        if picture is None:
            return ""
        caption = ("One-sided power spectral density of the rate times N, longest window of constant input; Welch, Hann, 50 % overlap. "
                   "A mass at a fixed point has no fluctuations and is not drawn.")
        return page.section("Fluctuations", page.figure(picture, "Power spectral density of the rate", caption))

    def _failures(self):
        items = []
        for point in range(self.data.n_points):
            for trial, status in enumerate(np.atleast_1d(self.data.spiking.status(point))):
                if status != STATUS_OK:
                    where = ", ".join(panel_choice.short_title(a, a.values[point]) for a in self.data.axes) or f"point {point}"
                    why = self.data.spiking.message(point, trial) or "missing: `spikemass sweep --resume` computes it"
                    items.append(f"<li>{page.escape(where)}, trial {trial}: {page.escape(why)}</li>")
        shown = items[:50] + ([f"<li>and {len(items) - 50} more</li>"] if len(items) > 50 else [])
        return page.section("Trials without a result", f"<ul>{''.join(shown)}</ul>") if items else ""

    def _warnings(self):
        runs = self.data.n_points * self.data.n_trials
        items = [f"<li>{page.escape(text)} ({count} of {runs} runs)</li>" for text, count in list(self.data.warnings().items())[:30]]
        return page.section("Warnings of the runs", f"<ul>{''.join(items)}</ul>") if items else ""

    def _provenance(self):
        attribute = self.data.attribute
        pairs = [(label, attribute(name)) for label, name in (
            ("program", "program_version"), ("git commit", "git_commit"), ("backend", "backend"), ("device", "device"), ("compiler", "compiler"),
            ("dataset profile", "profile_version"), ("SHA-256 of the configuration", "resolved_sha256"))]
        pairs.insert(0, ("dataset", str(self.data.path.name)))
        pairs.append(("time", f"unit {self.data.time_unit}, dt {attribute('dt', '–')}, warm-up {attribute('warmup', '–')}, recorded {attribute('duration', '–')}"))
        sizes = self.data.sizes(0)
        neurons = ", ".join(f"{name} {size:.0f}" for name, size in zip(self.data.populations, sizes))
        pairs.append(("neurons", neurons + (" (first point)" if self.data.n_points > 1 else "")))
        text = attribute("network_file")
        details = f"<details><summary>Network file</summary><pre>{page.escape(text)}</pre></details>" if text else ""
        return page.section("Where it comes from", page.definitions(pairs), details)
