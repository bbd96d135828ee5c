"""Statistics of spike trains: what run prints and the dataset holds, against the spikes of the same run; the same in sweeps however they are run."""

import math

import h5py
import netCDF4
import numpy as np
import pytest

from networks import ONE, SWEEP, two

WITH = ["--set", 'run.record=["rate", "statistics"]', "--set", "run.statistics_window=0.5", "--set", "run.statistics_sample=50"]
NAMES = ["isi_cv", "isi_cv_sd", "isi_lv", "isi_lv_sd", "isi_neurons", "fano_factor", "fano_factor_sd", "fano_neurons", "count_correlation", "count_correlation_sd", "count_correlation_se",
         "correlation_neurons", "count_variance", "count_covariance", "count_covariance_se", "synchrony"]


@pytest.fixture(scope="module")
def run(shared):
    shared.write("net.toml", two())
    return shared, shared.json("run", "net.toml", "--out", "run.nc", "--spikes", "spikes.h5", "--set", "run.duration=40", *WITH)


def test_of_the_spikes_in_the_file(run):
    program, j = run
    for name, size in (("E", 404), ("I", 101)):
        s = j["populations"][name]["statistics"]
        assert list(s) == NAMES
        with h5py.File(program.path("spikes.h5")) as f:
            steps, ids = np.rint(f[f"spikes/{name}/timestamps"][:] / 0.01).astype(int) - 100, f[f"spikes/{name}/node_ids"][:].astype(int)
        trains = [steps[ids == i] for i in range(size)]
        cv = [np.diff(t).std(ddof=1) / np.diff(t).mean() for t in trains if len(t) > 10]
        counts = np.array([np.bincount(t // 50, minlength=80) for t in trains])
        fired = counts[counts.sum(1) > 0]
        assert s["isi_neurons"] == len(cv) > 50 and s["fano_neurons"] == len(fired)
        assert s["isi_cv"] == pytest.approx(np.mean(cv), rel=1e-9) and s["isi_cv_sd"] == pytest.approx(np.std(cv, ddof=1), rel=1e-7)
        assert s["fano_factor"] == pytest.approx((fired.var(1, ddof=1) / fired.mean(1)).mean(), rel=1e-9)
        covariance = np.cov(counts)
        assert s["count_covariance"] == pytest.approx((covariance.sum() - np.trace(covariance)) / (size * (size - 1)), rel=1e-7)
        assert 0 < s["synchrony"] < 1 and 2 <= s["correlation_neurons"] <= 50


def test_spikes_stay_as_they_are(run):
    program, j = run
    assert program.json("run", "net.toml", "--set", "run.duration=40")["digest"] == j["digest"]


def test_dataset_and_text(run):
    program, j = run
    with netCDF4.Dataset(program.path("run.nc")) as d:
        for name in NAMES:
            assert d[name].dimensions == ("point", "trial", "population") and d[name].units == "1"
            for p, population in enumerate("EI"):
                assert float(d[name][0, 0, p]) == j["populations"][population]["statistics"][name]
    program.ok("validate", "run.nc")
    assert "statistics" in program.json("info", "run.nc")["recorded"]
    text = program.ok("run", "net.toml", "--set", "run.duration=40", *WITH).out
    for word in ("intervals: CV ", "Fano factor", "correlation", "chi "):
        assert text.count(word) >= 2
    assert "statistics" not in program.json("run", "net.toml")["populations"]["E"]


def test_at_the_mass_level_there_are_none(run):
    program, _ = run
    program.write("one.toml", ONE)
    j = program.json("run", "one.toml", "--level", "mass", "--out", "mass.nc", *WITH)
    assert "rate_mean" in j["populations"]["E"] and "statistics" not in j["populations"]["E"]
    with netCDF4.Dataset(program.path("mass.nc")) as d:
        assert "isi_cv" not in d.variables


def values(path):
    with netCDF4.Dataset(path) as d:
        return {n: (np.ma.filled(d[n][:], math.nan), np.ma.filled(d["reference"][n][:], math.nan) if "reference" in d.groups else 0) for n in NAMES}


def test_sweeps_resumed_and_in_shards(shared):
    shared.write("sweep.toml", SWEEP)
    shared.ok("sweep", "sweep.toml", "--out", "whole", *WITH)
    whole = values(shared.path("whole/dataset.nc"))
    assert (whole["fano_neurons"][0] > 50).all()
    shared.ok("sweep", "sweep.toml", "--out", "part1", "--shard", "1/2", *WITH)
    shared.ok("sweep", "sweep.toml", "--out", "part2", "--shard", "2/2", *WITH)
    shared.ok("merge", "part1", "part2", "--out", "merged")
    shared.ok("sweep", "sweep.toml", "--out", "part1", "--resume", "--shard", "1/2", *WITH)
    merged = values(shared.path("merged/dataset.nc"))
    for name in NAMES:
        for a, b in zip(whole[name], merged[name]):
            np.testing.assert_array_equal(a, b)
    assert shared.json("run", "sweep.toml", "--set", "projection.EE.topology.mean_indegree=10", *WITH)["populations"]["E"]["statistics"]["fano_neurons"] > 50
