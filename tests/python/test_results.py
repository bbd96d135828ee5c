"""Numbers of the report against what the synthetic network was made of."""

import numpy as np
import pytest
import synthetic

from report.data import Data
from report.cumulants import pseudo_cumulants
from report.results import Results


@pytest.fixture(scope="module")
def results(sweep):
    return Results(Data(sweep / "dataset.nc"))


def test_means_are_those_of_the_truth(results):
    stimulus = np.zeros(400)
    for point in range(results.data.n_points):
        k, kind = results.data.axes[0].values[point], results.data.axes[1].values[point]
        r, v = synthetic.mass(synthetic.g_truth, k * (1.5 if kind == "erdos_renyi" else 1.0), stimulus, 0.1)
        row = results.row(point, 0)
        # 3 trials: 99.9 % of a Student interval is 31.6/4.3 times as wide as the 95 % one
        assert abs(row.r.value - r[50]) < 7.4 * (row.r.hi - row.r.value)
        assert abs(row.v.value - v[50]) < 7.4 * (row.v.hi - row.v.value)


def test_the_true_closure_ranks_first(results):
    assert [r.level for r in results.ranking] == ["mass.resonant_static", "mass.two_cumulant", "mass"]
    assert results.best_closure == "mass.resonant_static"
    point = next(p for p in range(results.data.n_points) if results.data.axes[1].values[p] == "fixed_indegree")
    row = results.row(point, 0)
    assert results.best_of(row) == {"mass.resonant_static"}
    assert row.levels["mass"].v_error > 0.3 and row.levels["mass"].r_error < -0.03
    assert row.levels["mass.resonant_static"].steady < 0.005


def test_joint_error_is_the_formula(results):
    row = results.row(0, 0)
    level = row.levels["mass"]
    expected = np.hypot(np.pi * (level.r - row.r.value), level.v - row.v.value) / np.hypot(np.pi * row.r.value, row.v.value)
    assert level.steady == pytest.approx(expected, rel=1e-3)     # f32 bins


def test_shift_is_free_of_the_finite_size_bias(make):
    """A bias in r and v of network and reference alike: the absolute errors see it, the shift does not."""
    path = make(indegrees=(100, 300), kinds=("fixed_indegree",), trials=3)
    import netCDF4
    plain = Results(Data(path))
    plain.data.file.close()
    with netCDF4.Dataset(path, "a") as file:
        for group in (file, file["reference"]):
            group["rate"][:] = group["rate"][:] - 0.01
    biased = Results(Data(path))
    assert plain.against_reference and biased.against_reference
    for a, b in zip(plain.rows, biased.rows):
        for name in a.levels:
            assert b.levels[name].shift == pytest.approx(a.levels[name].shift, rel=0.02, abs=1e-5)
        assert b.levels["mass.resonant_static"].steady > a.levels["mass.resonant_static"].steady + 0.005
        assert b.levels["mass.resonant_static"].shown_errors[2] == b.levels["mass.resonant_static"].shift


def test_reference_on_another_branch_gives_no_shift(make):
    path = make(indegrees=(100,), kinds=("fixed_indegree",), trials=2)
    import netCDF4
    with netCDF4.Dataset(path, "a") as file:
        file["reference/rate"][:] = 0.08
    results = Results(Data(path))
    assert not results.against_reference
    assert all(r.shift.size == 0 and r.steady.size == 1 for r in results.ranking)


def test_pseudo_cumulant_recovers_the_closure(results):
    found, why = pseudo_cumulants(results)
    assert len(found) == 6 and why == ""
    for c in found:
        if c.kind != "fixed_indegree" or c.K > 100:
            continue
        p, q = synthetic.g_truth(c.x.value)
        assert abs(c.p.value - p) < 7.4 * (c.p.hi - c.p.value)
        assert abs(c.q.value - q) < 7.4 * (c.q.hi - c.q.value)
        assert c.q.hi - c.q.lo < 0.2 * q


def test_stored_comparison_takes_precedence(make):
    results = Results(Data(make(indegrees=(100,), kinds=("erdos_renyi",), trials=2, compare=True)))
    assert results.from_compare
    assert results.row(0, 0).levels["mass"].steady == 0.5
    assert [r.level for r in results.ranking] == ["mass.resonant_static", "mass.two_cumulant", "mass"]


def test_milliseconds_and_hertz(make):
    small = dict(indegrees=(100,), kinds=("fixed_indegree",), trials=2)
    tau, ms = (Results(Data(make(f"{unit}.nc", time_unit=unit, **small))) for unit in ("tau", "ms"))
    assert ms.row(0, 0).r.value == pytest.approx(100 * tau.row(0, 0).r.value, rel=1e-6)
    assert ms.row(0, 0).levels["mass"].steady == pytest.approx(tau.row(0, 0).levels["mass"].steady, rel=1e-4)
    assert ms.row(0, 0).levels["mass"].transient == pytest.approx(tau.row(0, 0).levels["mass"].transient, rel=1e-4)
    (a,), (b,) = pseudo_cumulants(tau)[0], pseudo_cumulants(ms)[0]
    assert b.q.value == pytest.approx(a.q.value, rel=1e-3)


def test_diverged_level_ranks_last(make):
    path = make(indegrees=(100, 300), kinds=("fixed_indegree",), trials=2)
    import netCDF4
    with netCDF4.Dataset(path, "a") as file:
        file["mass.resonant_static/rate"][0] = np.nan
    ranking = Results(Data(path)).ranking
    assert ranking[-1].level == "mass.resonant_static" and ranking[-1].missing == 1
