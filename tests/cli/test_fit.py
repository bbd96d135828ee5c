"""fit: parameters of a mass from a dataset; the live fit is that of the finished dataset; what is refused."""

import json
import re

import pytest

from program import CONFIGURATION, DIVERGENCE

NETWORK = """
[run]
dt = 5e-3
warmup = 5.0
duration = 20.0
bin = 0.1
record = ["rate", "v"]
[population.E]
size = 2000
model = "qif"
params = { eta = { distribution = "lorentzian", center = -1.0, half_width = 1.0, draw = "compensated_quantiles" } }
[projection.EE]
source = "E"
target = "E"
topology = { kind = "all_to_all" }
strength = 8.0
[stimulus.step]
target = "E"
kind = "step"
start = 8.0
stop = 17.0
amplitude = 2.0
"""
SWEEP = NETWORK + """
[sweep]
trials = 2
"projection.EE.strength" = [4.0, 8.0]
"""
TRUTH = {"population.E.params.eta.center": -1.0, "population.E.params.eta.half_width": 1.0, "projection.EE.strength": 8.0}


@pytest.fixture(scope="module")
def swept(shared):
    shared.write("net.toml", SWEEP)
    shared.ok("sweep", "net.toml", "--out", "runs", "--quiet", "--live", "rates,fit=mpr")
    return shared


def parameters(fit):
    return {p["path"]: p for p in fit["parameters"]}


def test_shared_by_all_points(swept):
    j = swept.json("fit", "runs", "--free", "eta", "--start", "eta.center=-2", "--quiet")
    fit = j["fits"][0]
    assert fit["converged"] and fit["points"] == [0, 1] and set(parameters(fit)) == {p for p in TRUTH if "eta" in p}
    for path, p in parameters(fit).items():
        assert p["low"] < TRUTH[path] < p["high"] and p["high"] - p["low"] < 0.5, p


def test_each_equals_live(swept):
    each = swept.json("fit", "runs", "--each", "--quiet")
    live = json.loads(swept.path("runs/live_fit.json").read_text())
    assert live["complete"] is True
    assert live["fits"] == each["fits"]
    assert [parameters(f)["projection.EE.strength"]["start"] for f in each["fits"]] == [4.0, 8.0]
    again = swept.json("fit", "runs", "--each", "--threads", 1, "--quiet")
    assert again["fits"] == each["fits"]


def test_live_of_a_run_and_after_a_resume(swept):
    swept.path("runs/live_fit.json").unlink()
    swept.ok("sweep", "net.toml", "--out", "runs", "--quiet", "--resume", "--live", "fit=mpr")
    assert json.loads(swept.path("runs/live_fit.json").read_text())["fits"] == swept.json("fit", "runs", "--each", "--quiet")["fits"]
    swept.write("one.toml", NETWORK)
    swept.ok("run", "one.toml", "--out", "one.nc", "--live", "fit=none", "--quiet")
    assert json.loads(swept.path("one.live_fit.json").read_text())["fits"] == swept.json("fit", "one.nc", "--each", "--quiet")["fits"]


def test_mass_level_is_recovered_and_written(swept):
    swept.write("one.toml", NETWORK)
    swept.ok("run", "one.toml", "--level", "mass", "--out", "mass.nc", "--quiet")
    j = swept.json("fit", "mass.nc", "--level", "mass", "--start", "strength=6", "--start", "eta.center=0", "--write", "made/fitted.toml", "--out", "made/fit.json", "--quiet")
    for path, p in parameters(j["fits"][0]).items():
        assert p["value"] == pytest.approx(TRUTH[path], abs=1e-5)
    assert json.loads(swept.path("made/fit.json").read_text())["fits"] == j["fits"]
    run = swept.json("run", "made/fitted.toml", "--level", "mass")
    assert run["populations"]["E"]["rate_mean"] == pytest.approx(swept.json("run", "one.toml", "--level", "mass")["populations"]["E"]["rate_mean"], rel=1e-5)
    swept.refused(CONFIGURATION, "fit", "mass.nc", says=["--level mass"])
    swept.ok("fit", "runs", "--free", "eta", "--write", "runs/fitted.toml", "--quiet")
    assert 'extends = "network.toml"' in swept.path("runs/fitted.toml").read_text()
    swept.ok("run", "runs/fitted.toml", "--level", "mass")


def test_table(swept):
    text = swept.ok("fit", "runs", "--free", "eta", "--quiet").out
    assert re.search(r"population\.E\.params\.eta\.center +1 +-1 +-\d\.\d+ +\[-", text), text
    assert "rate of E: off by" in text
    each = swept.ok("fit", "runs", "--each", "--quiet").out
    assert len(each.splitlines()) == 3 and "EE.strength" in each
    warned = swept.ok("fit", "runs")
    assert "projection.EE.strength: not free, since the sweep varies it" in warned.err


def test_without_v(spikemass):
    spikemass.write("net.toml", NETWORK.replace('["rate", "v"]', '["rate"]'))
    spikemass.ok("run", "net.toml", "--out", "run.nc", "--quiet")
    result = spikemass.ok("fit", "run.nc", "--free", "eta.center,strength")
    assert "v was not recorded" in result.err
    fits = spikemass.json("fit", "run.nc", "--free", "eta.center,strength", "--quiet")["fits"]
    assert [m["variable"] for m in fits[0]["misfit"]] == ["rate"]


def test_closure_of_a_sparse_network(spikemass):
    spikemass.write("net.toml", NETWORK.replace('{ kind = "all_to_all" }', '{ kind = "fixed_indegree", mean_indegree = 40 }'))
    spikemass.ok("run", "net.toml", "--out", "run.nc", "--quiet")
    cost = {c: spikemass.json("fit", "run.nc", "--closure", c, "--free", "eta.center", "--quiet")["fits"][0]["cost"] for c in ("none", "two_cumulant")}
    assert cost["two_cumulant"] < cost["none"]


def test_live_fit_of_neurons_without_mass_ends_alone(spikemass):
    spikemass.write("net.toml", '[run]\ntime_unit = "ms"\ndt = 0.1\nduration = 20.0\nbin = 1.0\n[population.E]\nsize = 50\nmodel = "lif"\n[sweep]\ntrials = 2\n')
    result = spikemass.ok("sweep", "net.toml", "--out", "folder", "--live", "fit=mpr")
    assert "live consumer fit=mpr" in result.err and "has no mass" in result.err
    spikemass.refused(CONFIGURATION, "fit", "folder", says=["has no mass"])


def test_refused(swept):
    p = swept
    p.refused(CONFIGURATION, "fit", "runs", "--free", "strength", says=["the sweep varies it", "--each"])
    p.refused(CONFIGURATION, "fit", "runs", "--free", "nonesuch", says=["--free nonesuch", "eta.center"])
    p.refused(CONFIGURATION, "fit", "runs", "--model", "gif", says=["--model gif", "mpr"])
    p.refused(CONFIGURATION, "fit", "runs", "--closure", "nonesuch", says=["nonesuch", "two_cumulant"])
    p.refused(CONFIGURATION, "fit", "runs", "--level", "mass.resonant", says=["no such level"])
    p.refused(CONFIGURATION, "fit", "runs", "--initial", "file", says=["--initial file", "network"])
    p.refused(CONFIGURATION, "fit", "runs", "--initial", "network", "--segment", "5", says=["--segment"])
    p.refused(CONFIGURATION, "fit", "runs", "--segment", "0.25", "--free", "eta", says=["whole number of bins"])
    p.refused(CONFIGURATION, "fit", "runs", "--start", "strength", says=["PATH=VALUE"])
    p.refused(CONFIGURATION, "fit", "runs", "--set", "run.seed=3", says=["--start"])
    p.refused(CONFIGURATION, "fit", "runs", "--each", "--write", "x.toml", says=["--write"], outputs=["x.toml"])
    p.refused(DIVERGENCE, "fit", "runs", "--free", "eta", "--start", "eta.half_width=1e9", "--quiet", says=["did not converge", "--start"])
    for live, says in (("fit", "fit=mpr"), ("fit=", "needs a value"), ("fit=nonesuch", "nonesuch"), ("rates=3", "takes no value"), ("fit=mpr,fit=none", "named twice")):
        p.refused(CONFIGURATION, "sweep", "net.toml", "--out", "other", "--live", live, says=[says], outputs=["other"])


def test_failed_trials_are_left_out(swept):
    """A finished dataset in which one trial is marked failed: it is left out and said so; without any trial a point is left out."""
    import hashlib

    import netCDF4
    import shutil

    folder = swept.path("marked")
    shutil.copytree(swept.path("runs"), folder)
    with netCDF4.Dataset(folder / "dataset.nc", "a") as d:
        d["status"][0, 1] = 2
        d["status"][1, :] = 2
    (folder / "dataset.nc.sha256").write_text(f"{hashlib.sha256((folder / 'dataset.nc').read_bytes()).hexdigest()}  dataset.nc\n")
    result = swept("fit", "marked", "--free", "eta", "--json")
    assert result.code == 0, result
    assert "1 of 2 trials are not ok" in result.err and "point 1 (projection.EE.strength = 8): left out" in result.err
    assert json.loads(result.out)["fits"][0]["points"] == [0]
    with netCDF4.Dataset(folder / "dataset.nc", "a") as d:
        d["status"][:] = 1
        d["rate"][0, 0, 5, 0] = float("nan")
    (folder / "dataset.nc.sha256").write_text(f"{hashlib.sha256((folder / 'dataset.nc').read_bytes()).hexdigest()}  dataset.nc\n")
    swept.refused(CONFIGURATION, "fit", "marked", "--free", "eta", says=["not a number", "bin 5", "trial 0"])
