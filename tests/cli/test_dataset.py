"""The dataset as a user opens it: xarray, without our package."""

import json
import subprocess
import warnings

import numpy as np
import pytest

xarray = pytest.importorskip("xarray")

from networks import ONE, SWEEP, edited, two  # noqa: E402

MS_SWEEP = SWEEP.replace('"tau"', '"ms"').replace("= 0.01", "= 0.1").replace("= 2.0", "= 20.0").replace("= 4.0", "= 40.0").replace("bin       = 0.1", "bin       = 1.0") \
    .replace("params = { eta", "params = { tau_ms = 10.0, eta")


def opened(path, group=None):
    """As anybody opens it; a warning would be a fault of the file."""
    with warnings.catch_warnings():
        warnings.simplefilter("error", xarray.SerializationWarning)
        return xarray.open_dataset(path, group=group)


@pytest.fixture(scope="module")
def sweep(shared):
    shared.write("net.toml", SWEEP + '"run.dt" = [0.01]\n')
    shared.ok("sweep", "net.toml", "--out", "folder")
    shared.ok("compare", "folder", "--closures", "none,resonant", "--quiet")
    return shared.path("folder/dataset.nc")


def test_dimensions_and_coordinates(sweep):
    with opened(sweep) as d:
        assert dict(d.sizes) == {"point": 6, "trial": 2, "time": 40, "population": 1, "projection": 1}
        assert d.rate.dims == d.v.dims == d.z_re.dims == d.z_im.dims == d.spike_count.dims == ("point", "trial", "time", "population")
        assert d.digest.dims == d.status.dims == ("point", "trial") and d.effective_delay.dims == ("point", "projection")
        assert d.n_neurons.dims == ("point", "population") and d.k_mean.dims == ("point", "trial", "projection")
        assert list(d.population.values) == ["E"] and list(d.projection.values) == ["EE"] and list(d.trial.values) == [0, 1]
        assert np.allclose(d.time, 2.0 + 0.1 * (np.arange(40) + 0.5), rtol=1e-12)
        assert list(d.mean_indegree.values) == [10, 10, 30, 30, 100, 100] and d.mean_indegree.dims == ("point",)
        assert list(d.kind.values) == ["erdos_renyi", "fixed_indegree"] * 3
        assert list(d.dt.values) == [0.01] * 6 and d.dt.attrs["units"] == "tau" and d.mean_indegree.attrs["units"] == "1"
        assert {"mean_indegree", "kind", "dt"} <= set(d.coords)


def test_types_and_values(sweep):
    with opened(sweep) as d:
        assert d.spike_count.dtype == np.uint32 and d.rate.dtype == np.float32 and d.v.dtype == np.float32
        assert all(d[name].dtype == np.uint64 for name in ("digest", "seed_graph", "seed_init", "seed_noise", "steps", "spikes"))
        assert d.status.dtype == np.int8 and (d.status == 1).all() and d.status.attrs["flag_meanings"] == "missing ok failed"
        assert np.allclose(d.rate, d.spike_count / (500 * 0.1), rtol=1e-6)   # the bin average of exact counts
        assert np.isfinite(d.v).all() and np.isfinite(d.z_re).all() and (d.z_re**2 + d.z_im**2 <= 1).all()
        assert (d.steps == 600).all() and (d.spike_count.sum(["time", "population"]) <= d.spikes).all()
        assert np.allclose(d.k_mean.sel(projection="EE").mean("trial"), d.mean_indegree, rtol=0.05)
        assert (d.k_var.values[1::2] == 0).all() and (d.k_var.values[::2] > 0).all()
        assert np.isnan(d.degree_correlation.values[1::2]).all() and (abs(d.degree_correlation.values[::2]) < 0.3).all()   # fixed in-degrees have none
        assert np.isnan(d.weight_unit).all()   # one strength
        assert np.allclose(d.effective_delay, 0.01) and (d.n_neurons == 500).all()


@pytest.mark.parametrize("group", [None, "reference", "mass", "mass.resonant", "compare"])
def test_units_everywhere(sweep, group):
    with opened(sweep, group) as d:
        assert len(d.variables) > 3
        for name, v in d.variables.items():
            if np.issubdtype(v.dtype, np.timedelta64) or np.issubdtype(v.dtype, np.datetime64):
                pytest.fail(f"{name} was decoded as a time")
            assert v.attrs.get("units") in {"1", "tau", "1/tau", "dB"}, (name, v.attrs)
            assert v.dtype != bool and not v.dtype.names


def test_levels_have_the_same_dimensions(sweep):
    with opened(sweep) as root:
        for group, closure in (("mass", "none"), ("mass.resonant", "resonant")):
            with opened(sweep, group) as d:
                assert d.rate.dims == ("point", "time", "population") and d.attrs["closure"] == closure
                assert d.rate.shape == (6, 40, 1) and np.isfinite(d.rate).all() and np.isfinite(d.v).all()
                assert np.array_equal(d.time, root.time) and list(d.population.values) == ["E"]
                assert d.rate.mean() == pytest.approx(float(root.rate.mean()), rel=0.2)
        with opened(sweep, "reference") as d:
            assert dict(d.sizes)["reference_point"] == 1 and d.rate.shape == (1, 2, 40, 1) and list(d.reference_index.values) == [0] * 6
        with opened(sweep, "compare") as d:
            assert list(d.level.values) == ["spiking", "mass", "mass.resonant"]
            metrics = [name for name in d.data_vars if f"{name}_lo" in d and f"{name}_hi" in d]
            assert {"trace_error", "trace_rate_rms"} <= set(metrics)
            assert all(d[m].dims == ("level", "point", "population") and "method" in d[m].attrs for m in metrics)


def test_attributes_tell_where_it_comes_from(sweep):
    with opened(sweep) as d:
        a = d.attrs
        assert a["graph_recipe"] == 1 and a["profile"] == "spikemass" and a["time_unit"] == "tau" and a["backend"] == "cpu" and a["dt"] == 0.01
        assert {"program_version", "git_commit", "device", "compiler", "warmup", "duration", "bin"} <= a.keys()
        resolved = json.loads(a["resolved_configuration"])
        assert resolved["network"]["population"]["E"]["size"] == 500 and len(a["resolved_sha256"]) == 64
        assert "[sweep]" in a["network_file"]


def test_its_own_network_file_runs_again(sweep, spikemass):
    with opened(sweep) as d:
        spikemass.write("again.toml", d.attrs["network_file"])
        spikemass.ok("sweep", "again.toml", "--out", "folder")
    assert spikemass.path("folder/dataset.nc").read_bytes() != b""
    with opened(sweep) as old, opened(spikemass.path("folder/dataset.nc")) as new:
        assert (old.digest == new.digest).all() and old.attrs["resolved_sha256"] == new.attrs["resolved_sha256"]


def test_hertz_and_milliseconds(spikemass):
    spikemass.write("tau.toml", SWEEP)
    spikemass.write("ms.toml", MS_SWEEP)
    for unit in ("tau", "ms"):
        spikemass.ok("sweep", f"{unit}.toml", "--out", unit)
    with opened(spikemass.path("tau/dataset.nc")) as tau, opened(spikemass.path("ms/dataset.nc")) as ms:
        assert (ms.rate.attrs["units"], ms.time.attrs["units"], ms.effective_delay.attrs["units"]) == ("Hz", "ms", "ms")
        assert ms.attrs["tau_ms"] == 10.0
        assert (ms.digest == tau.digest).all()
        assert np.allclose(ms.rate, 100 * tau.rate, rtol=1e-6) and np.allclose(ms.time, 10 * tau.time, rtol=1e-12)
    spikemass.ok("compare", "ms", "--quiet")
    with opened(spikemass.path("ms/dataset.nc"), "mass") as mass, opened(spikemass.path("ms/dataset.nc")) as spiking:
        assert mass.rate.attrs["units"] == "Hz" and float(mass.rate.mean()) == pytest.approx(float(spiking.rate.mean()), rel=0.2)


def test_time_constants_of_populations_that_differ(spikemass):
    net = two().replace('"tau"', '"ms"').replace("dt        = 0.01", "dt        = 0.1").replace("delay    = 0.05", "delay    = 0.5")
    spikemass.write("net.toml", net.replace("params = { eta", "params = { tau_ms = 10.0, eta"))
    for i, expected in ((10.0, [10.0]), (5.0, [10.0, 5.0])):
        spikemass.ok("run", "net.toml", "--set", f"population.I.params.tau_ms={i}", "--out", "run.nc")
        with opened(spikemass.path("run.nc")) as d:
            assert np.atleast_1d(d.attrs["tau_ms"]).tolist() == expected
    assert spikemass.json("info", "run.nc")["tau_ms"] == [10.0, 5.0]


def test_single_runs(spikemass):
    spikemass.write("net.toml", two())
    j = spikemass.json("run", "net.toml", "--trial", 3, "--out", "new/folder/run.nc")
    with opened(spikemass.path("new/folder/run.nc")) as d:
        assert dict(d.sizes) == {"point": 1, "trial": 1, "time": 30, "population": 2, "projection": 4}
        assert list(d.trial.values) == [3] and f"{int(d.digest):016x}" == j["digest"]
        units = d.weight_unit.squeeze()
        assert 2.0**-13 < float(units.sel(projection="EE")) < 2.0**-10 and np.log2(float(units.sel(projection="EE"))) % 1 == 0   # 32767 of them hold J + 4 sd = 9
        assert np.isnan(units.sel(projection=["EI", "IE", "II"])).all()
        assert float(d.rate.sel(population="I").mean()) == pytest.approx(j["populations"]["I"]["rate_mean"], rel=1e-5)
    spikemass.json("run", "net.toml", "--level", "mass", "--set", "population.I.params.eta={ distribution = \"lorentzian\", center = 2.0, half_width = 0.5 }", "--out", "mass.nc")
    with opened(spikemass.path("mass.nc"), "mass") as d, opened(spikemass.path("mass.nc")) as root:
        assert d.rate.shape == (1, 30, 2) and (root.status == 0).all() and np.isnan(root.rate).all()
    spikemass.ok("validate", "new/folder/run.nc")
    spikemass.ok("validate", "mass.nc")


def test_stimuli_are_data(spikemass):
    step = '\n[stimulus.step]\ntarget = "E"\nkind = "step"\nstart = 3.0\nstop = 4.05\namplitude = 2.0\n'
    spikemass.write("net.toml", ONE + step)
    spikemass.ok("run", "net.toml", "--out", "run.nc")
    with opened(spikemass.path("run.nc")) as d:
        expected = np.where((d.time > 3.0) & (d.time < 4.0), 2.0, 0.0)
        expected[np.argmin(abs(d.time.values - 4.05))] = 1.0   # the mean over a bin
        assert d.stimulus.dims == ("time", "population") and np.allclose(d.stimulus[:, 0], expected)


def test_other_tools_open_it(sweep):
    dump = subprocess.run(["ncdump", "-h", sweep], capture_output=True, text=True)
    if dump.returncode == 127:
        pytest.skip("ncdump is not installed")
    assert dump.returncode == 0 and "group: mass.resonant" in dump.stdout
    check = subprocess.run(["sha256sum", "-c", "dataset.nc.sha256"], cwd=sweep.parent, capture_output=True, text=True)
    assert check.returncode == 0, check.stdout


def test_two_populations_of_a_sweep(spikemass):
    spikemass.write("net.toml", edited(two(), '["rate", "v"]', '["rate"]') + '[sweep]\ntrials = 2\n"projection.EI.strength" = [-4.0, -2.0]\n"population.E.size" = [202, 404]\n')
    spikemass.ok("sweep", "net.toml", "--out", "folder")
    with opened(spikemass.path("folder/dataset.nc")) as d:
        assert list(d.population.values) == ["E", "I"] and list(d.projection.values) == ["EE", "EI", "IE", "II"] and "v" not in d
        assert [list(row) for row in d.n_neurons.values] == [[202, 101], [404, 101]] * 2
        assert list(d.strength.values) == [-4, -4, -2, -2] and list(d["size"].values) == [202, 404, 202, 404]
        assert np.allclose(d.rate, d.spike_count / (d.n_neurons * 0.1), rtol=1e-6)
