"""The group `analysis`: diagram, plane, tables."""

import netCDF4
import numpy as np
import pytest
from matplotlib import pyplot as plt
from report.bifurcations import STABLE, Bifurcations, _parts
from report.data import Data
from report.report import Report

STRING = {"fixed_type", "branch_type", "special_kind", "special_type", "curve_kind"}


def add_analysis(path, curves=True, special=True):
    """An S-shaped branch with two folds and a Hopf point, and a curve with a cusp."""
    with netCDF4.Dataset(path, "a") as file:
        group = file.createGroup("analysis")
        group.setncatts({"closure": "two_cumulant", "ideal_delay": "false", "delays": "no delay", "along": "population.E.params.eta.center", "across": "projection.EE.strength.mean"})
        points = 60
        for name, size in (("fixed_point", 1), ("branch_point", points), ("special_point", 4), ("curve_point", 5), ("eigenvalue", 2)):
            group.createDimension(name, size)

        def put(name, dimensions, values, units="1"):
            variable = group.createVariable(name, str if name in STRING else np.asarray(values).dtype, dimensions)
            variable.units = units
            variable[:] = np.array(values, dtype=object) if name in STRING else values

        u = np.linspace(-1.5, 1.5, points)
        put("fixed_type", ("fixed_point",), ["stable focus"])
        put("fixed_rate", ("fixed_point", "population"), [[1.25]], "1/tau")
        put("fixed_v", ("fixed_point", "population"), [[-0.5]])
        put("fixed_eigenvalue_re", ("fixed_point", "eigenvalue"), [[-0.25, -0.25]], "1/tau")
        put("fixed_eigenvalue_im", ("fixed_point", "eigenvalue"), [[3.5, -3.5]], "1/tau")
        put("branch", ("branch_point",), np.zeros(points, "i8"))
        put("branch_parameter", ("branch_point",), u**3 - u)
        put("branch_unstable", ("branch_point",), (np.abs(u) < 0.577).astype("i8"))
        put("branch_rate", ("branch_point", "population"), (u + 2)[:, None], "1/tau")
        put("branch_v", ("branch_point", "population"), u[:, None])
        if special:
            put("special_kind", ("special_point",), ["fold", "fold", "hopf", "cusp"])
            put("special_branch", ("special_point",), np.array([0, 0, 0, -1]))
            put("special_parameter", ("special_point",), [0.385, -0.385, 0.9, 0.1])
            put("special_across", ("special_point",), [15.0, 15.0, 15.0, 7.8])
            put("special_rate", ("special_point", "population"), [[1.4], [2.6], [3.1], [2.0]], "1/tau")
            put("special_v", ("special_point", "population"), [[-0.6], [0.6], [1.1], [0.0]])
            put("special_period", ("special_point",), [np.nan, np.nan, 2.75, np.nan], "tau")
            put("special_lyapunov", ("special_point",), [np.nan, np.nan, 0.125, np.nan])
        if curves:
            put("curve", ("curve_point",), np.zeros(5, "i8"))
            put("curve_kind", ("curve_point",), ["fold"] * 5)
            put("curve_parameter", ("curve_point",), np.linspace(-1, 1, 5) ** 3)
            put("curve_across", ("curve_point",), 7.8 + np.linspace(-1, 1, 5) ** 2)
    return path


def test_parts_join_and_cover_the_branch():
    members = np.arange(10, 17)
    parts = _parts(members, np.array([1, 1, 0, 0, 0, 1, 1], bool))
    assert [(list(p), s) for p, s in parts] == [([10, 11, 12], True), ([12, 13, 14, 15], False), ([15, 16], True)]
    assert [list(p) for p, _ in _parts(members, np.ones(7, bool))] == [list(members)]


def test_diagram(make):
    bifurcations = Bifurcations(Data(add_analysis(make())))
    fig = bifurcations.diagram()
    rate, v = fig.axes
    lines = [line for line in rate.lines if line.get_linestyle() != "None"]
    assert [line.get_color() == STABLE for line in lines] == [True, False, True]
    assert [line.get_linestyle() for line in lines] == ["-", "--", "-"]
    markers = [(line.get_marker(), float(line.get_xdata()[0]), float(line.get_ydata()[0])) for line in rate.lines if line.get_linestyle() == "None"]
    assert markers == [("o", 0.385, 1.4), ("o", -0.385, 2.6), ("s", 0.9, 3.1)]            # the cusp belongs to the plane
    assert rate.get_ylabel() == "r [1/tau]" and v.get_xlabel() == "eta.center of E"
    plane = bifurcations.plane()
    assert [(line.get_marker(), float(line.get_ydata()[0])) for line in plane.axes[0].lines if line.get_linestyle() == "None"] == [("^", 7.8)]
    assert plane.axes[0].get_ylabel() == "strength.mean of EE"
    plt.close("all")


@pytest.mark.parametrize("parts", [{}, {"curves": False}, {"curves": False, "special": False}], ids=str)
def test_page_beside_runs(make, parts):
    text = Report(add_analysis(make(), **parts)).html()
    assert "Bifurcation diagram" in text and "stable focus" in text and "-0.25 ± 3.5i" in text and "two cumulant" in text
    assert ("Two parameters" in text) == parts.get("curves", True)
    assert ("period 2.75 tau, subcritical" in text) == parts.get("special", True)
    assert "Results" in text                                                             # the runs are there too


def test_absent_without_the_group(make):
    report = Report(make())
    assert not report.bifurcations.present and "Bifurcation" not in report.html() and report.bifurcations.diagram() is None
