"""export: what training, spreadsheets and spike tools take over from a dataset, held against the dataset itself; what is refused."""

import csv
import json
import re
import sys
from pathlib import Path

import h5py
import numpy as np
import pytest
import xarray as xr
from scipy.signal import savgol_filter

import networks
from program import CONFIGURATION, FAILED_POINTS, IO

EXAMPLES = Path(__file__).resolve().parents[2] / "examples" / "ude"
sys.path.insert(0, str(EXAMPLES))
import ude_data  # noqa: E402

STEP = """
[stimulus.step]
target = "E"
kind = "step"
start = 4.0
amplitude = 2.0
"""
SWEEP = networks.edited(networks.ONE, "duration  = 4.0", "duration  = 6.0") + STEP + """
[sweep]
trials = 3
"projection.EE.topology.kind"          = ["fixed_indegree", "erdos_renyi"]
"projection.EE.topology.mean_indegree" = [40, 10, 80, 20]
"""


@pytest.fixture(scope="module")
def swept(shared):
    shared.write("net.toml", SWEEP)
    shared.ok("sweep", "net.toml", "--out", "runs", "--quiet", "--spikes")
    return shared


@pytest.fixture(scope="module")
def ude(swept):
    report = swept.json("export", "runs", "--to", "ude", "--out", "ude.nc")
    with xr.open_dataset(swept.path("ude.nc")) as data:
        yield swept, report, data


@pytest.fixture(scope="module")
def runs(swept):
    with xr.open_dataset(swept.path("runs/dataset.nc")) as data:
        yield data


def test_states_are_the_dataset_s(ude, runs):
    _, _, data = ude
    assert data.x.dims == ("point", "trial", "time", "state") and list(data.state.values) == ["r_E", "v_E"]
    assert data.x.dtype == data.theta.dtype == np.float64
    x = np.stack([runs.rate.values[..., 0], runs.v.values[..., 0]], -1).astype(float)
    assert np.array_equal(data.x, x)
    assert np.allclose(data.x_mean, x.mean(1), atol=1e-12) and np.allclose(data.x_sem, x.std(1, ddof=1) / np.sqrt(3), atol=1e-12)
    assert np.array_equal(data.time, runs.time) and data.time.attrs["units"] == "tau"
    assert np.allclose(data.u.values[0, :, 0], runs.stimulus.values[:, 0]) and data.u.max() == 2.0
    assert np.array_equal(data.residual, data.x_mean - data.baseline)
    training = data.split.values == 0
    assert np.allclose(data.scale, np.sqrt((data.x_mean.values[training] ** 2).mean((0, 1))))
    assert np.allclose(data.noise_floor, np.sqrt((data.x_sem.values ** 2).mean((0, 1))))
    assert (data.status == 1).all() and (data.n_trials == 3).all()


def test_parameters_and_coordinates(ude, runs):
    _, _, data = ude
    theta = {str(p): data.theta.sel(parameter=p).values for p in data.parameter.values}
    assert set(theta) == {"eta_E", "Delta_E", "tau_E", "N_E", "J_EE", "K_EE", "var_K_EE", "A_EE", "delay_EE", "tau_s_EE", "tau_rise_EE"}
    degrees = runs.mean_indegree.values
    assert np.array_equal(theta["K_EE"], degrees) and np.array_equal(data.mean_indegree, degrees) and list(data.kind.values) == list(runs.kind.values)
    assert data.x.coords["kind"].attrs["path"] == "projection.EE.topology.kind"
    assert (theta["eta_E"] == 1.0).all() and (theta["Delta_E"] == 0.5).all() and (theta["N_E"] == 500).all() and (theta["J_EE"] == 5.0).all()
    assert np.allclose(theta["delay_EE"], runs.effective_delay.values[:, 0])
    assert np.allclose(theta["A_EE"], 25 * (1 - degrees / 499) / degrees)
    binomial = runs.kind.values == "erdos_renyi"
    assert (theta["var_K_EE"][~binomial] == 0).all() and (theta["var_K_EE"][binomial] > 5).all()
    assert all(v.attrs.get("units") for v in data.variables.values())


def test_baseline_is_the_exact_mass_that_compare_runs(ude):
    program, _, data = ude
    program.write("copied.toml", SWEEP)
    program.ok("sweep", "copied.toml", "--out", "compared", "--quiet", "--set", "sweep.trials=1")
    program.ok("compare", "compared", "--closures", "none", "--quiet")
    with xr.open_dataset(program.path("compared/dataset.nc"), group="mass") as mass:
        assert np.allclose(data.baseline.values[..., 0], mass.rate.values[..., 0], rtol=1e-6) and np.allclose(data.baseline.values[..., 1], mass.v.values[..., 0], rtol=1e-6, atol=1e-7)


def test_derivatives_are_savitzky_golay_between_jumps(ude):
    program, _, data = ude
    jump = 20   # the step at 4.0
    assert data.dxdt.attrs["window_bins"] == 5 and data.dxdt.attrs["polynomial_order"] == 3
    expected = np.concatenate([savgol_filter(part, 5, 3, deriv=1, delta=0.1, axis=2, mode="interp") for part in (data.x.values[:, :, :jump], data.x.values[:, :, jump:])], axis=2)
    assert np.allclose(data.dxdt, expected.mean(1), atol=1e-9) and np.allclose(data.dxdt_sem, expected.std(1, ddof=1) / np.sqrt(3), atol=1e-9)
    program.ok("export", "runs", "--to", "ude", "--out", "smooth.nc", "--order", 2, "--window", 11)
    with xr.open_dataset(program.path("smooth.nc")) as smooth:
        first = savgol_filter(data.x_mean.values[:, :jump], 11, 2, deriv=1, delta=0.1, axis=1, mode="interp")
        assert np.allclose(smooth.dxdt[:, :jump], first, atol=1e-9)


def test_right_hand_side_is_that_of_the_equations(ude):
    _, _, data = ude
    m = {name: value[:, None] for name, value in ude_data.parameters(data, slice(None)).items()}
    r, v = data.x_mean.values[..., 0], data.x_mean.values[..., 1]
    dr, dv = ude_data.mass(r, v, data.u.values[..., 0], 0.0, 0.0, m)
    assert np.allclose(data.rhs_baseline.values[..., 0], dr, rtol=1e-12)
    slope = np.diff(r, axis=1, prepend=r[:, :1]) / 0.1   # a delay of one step, interpolated between bin centres, where ude_data has r' of the equation
    assert np.allclose(data.rhs_baseline.values[..., 1] - dv, 5.0 * m["delay"] * (dr - slope), rtol=1e-9, atol=1e-9)


def test_splits(ude):
    program, report, data = ude
    assert report["train"] == 4 and report["validation"] == 0 and report["test_interpolation"] == 2 and report["test_extrapolation"] == 2
    assert data.split.attrs["flag_meanings"].split() == ["train", "validation", "test_interpolation", "test_extrapolation"] and list(data.split.attrs["flag_values"]) == [0, 1, 2, 3]
    assert {(int(k), int(s)) for k, s in zip(data.mean_indegree, data.split)} == {(10, 3), (20, 0), (40, 2), (80, 0)}
    assert "mean_indegree" in data.attrs["hold_out"] and any("--hold-out was not given" in n for n in report["notes"])
    own = program.json("export", "runs", "--to", "ude", "--out", "own.nc", "--hold-out", "mean_indegree=80", "--hold-out", "kind=erdos_renyi", "--validation", "projection.EE.topology.mean_indegree=20")
    assert (own["train"], own["validation"], own["test_interpolation"], own["test_extrapolation"]) == (2, 1, 0, 5) and "notes" not in own


def test_file_opens_anywhere(ude):
    program, _, data = ude
    with h5py.File(program.path("ude.nc")) as f:
        for name, item in f.items():
            assert item.dtype.kind in "iufO", name
            assert item.dtype.kind == "O" or item.dtype.names is None and h5py.check_enum_dtype(item.dtype) is None
    digest = program.path("runs/dataset.nc.sha256").read_text().split()[0]
    assert data.attrs["dataset_sha256"] == digest and data.attrs["network_file"] == SWEEP and data.attrs["program_version"]
    assert json.loads(data.attrs["resolved_configuration"]) and data.attrs["notes"]
    before = program.path("ude.nc").read_bytes()
    program.ok("export", "runs", "--to", "ude", "--out", "ude2.nc")
    assert program.path("ude2.nc").read_bytes() == before
    assert not [p for p in program.folder.iterdir() if p.name.endswith(".part")]


def test_docs_describe_everything_in_the_file(ude):
    _, _, data = ude
    words = set(re.findall(r"`([^`\n]+)`", (EXAMPLES.parents[1] / "docs" / "export.md").read_text()))
    swept_names = {n for n, v in data.variables.items() if "path" in v.attrs}
    parameters = {str(p).rsplit("_", 1)[0] + "_NAME" for p in data.parameter.values}
    assert not ((set(data.variables) - swept_names) | set(data.dims) | parameters | set(data.attrs) - {"title", "Conventions"}) - words


def test_populations_in_milliseconds(spikemass):
    text = networks.two().replace('distribution = "gaussian", center = 2.0, sd = 0.5', 'distribution = "lorentzian", center = 2.0, half_width = 0.5')
    text = text.replace('time_unit = "tau"', 'time_unit = "ms"').replace("dt        = 0.01", "dt        = 0.1").replace("warmup    = 1.0", "warmup    = 10.0").replace("duration  = 3.0", "duration  = 30.0").replace("bin       = 0.1", "bin       = 1.0")
    text = text.replace("delay    = 0.05", "delay    = 0.5").replace("tau = 0.1 }", "tau = 1.0 }").replace("params = { eta", "params = { tau_ms = 10.0, eta").replace('tau_ms = 10.0, eta = { distribution = "lorentzian", center = 2.0', 'tau_ms = 5.0, eta = { distribution = "lorentzian", center = 2.0')
    spikemass.write("net.toml", text)
    spikemass.ok("run", "net.toml", "--out", "run.nc", "--quiet")
    report = spikemass.json("export", "run.nc", "--to", "ude", "--out", "ude.nc", "--hold-out", "none")
    assert report["points"] == report["train"] == 1
    with xr.open_dataset(spikemass.path("ude.nc")) as data, xr.open_dataset(spikemass.path("run.nc")) as run:
        assert list(data.state.values) == ["r_E", "v_E", "r_I", "v_I"] and list(data.state_population.values) == [0, 0, 1, 1]
        assert np.allclose(data.x[0, :, :, 0], run.rate[0, :, :, 0] * 0.010) and np.allclose(data.x[0, :, :, 2], run.rate[0, :, :, 1] * 0.005)   # Hz times tau in s
        assert np.isnan(data.x_sem).all() and np.isnan(data.noise_floor).all()   # one trial
        theta = {str(p): float(data.theta.sel(parameter=p)[0]) for p in data.parameter.values}
        assert theta["tau_E"] == 10.0 and theta["tau_I"] == 5.0 and theta["delay_EI"] == pytest.approx(0.05) and theta["tau_s_EI"] == pytest.approx(0.1)
        assert dict(zip(data.parameter.values, data.parameter_units.values))["tau_I"] == "ms"
        slope = savgol_filter(data.x_mean.values[0], 5, 3, deriv=1, delta=1.0, axis=0, mode="interp")
        assert np.allclose(data.dxdt.values[0], slope * [10.0, 10.0, 5.0, 5.0])
        assert np.isfinite(data.rhs_baseline).all()


def test_runs_that_failed_are_left_out_and_named(spikemass):
    spikemass.write("net.toml", networks.FAILING_SWEEP)
    assert spikemass("sweep", "net.toml", "--out", "runs", "--quiet").code == FAILED_POINTS
    report = spikemass.json("export", "runs", "--to", "ude", "--out", "ude.nc", "--hold-out", "none", "--window", 3, "--order", 1)
    assert report["points"] == 1 and len(report["notes"]) == 1 and "point 1 (dt = 1)" in report["notes"][0] and "left out" in report["notes"][0] and "failed" in report["notes"][0]
    with xr.open_dataset(spikemass.path("ude.nc")) as data:
        assert list(data.dataset_point.values) == [0] and np.isfinite(data.x).all() and "point 1" in data.attrs["notes"]
    table = spikemass.json("export", "runs", "--to", "csv", "--out", "runs.csv")
    assert table["rows"] == 2 * 4 and len(table["notes"]) == 1
    plain = spikemass.ok("export", "runs", "--to", "csv", "--out", "runs.csv")
    assert plain.err.startswith("note: point 1") and plain.out.count("\n") == 1


def test_trials_that_are_missing_are_not_a_number(swept):
    swept.ok("sweep", "net.toml", "--out", "part", "--quiet", "--shard", "1/2")
    swept.ok("status", "--write", "part")
    report = swept.json("export", "part", "--to", "ude", "--out", "part.nc", "--hold-out", "none")
    with xr.open_dataset(swept.path("part.nc")) as data:
        ok = data.status.values == 1
        assert 0 < ok.sum() < ok.size and np.array_equal(ok.sum(1), data.n_trials) and len(report["notes"]) > 0
        assert np.array_equal(np.isfinite(data.x.values).all((2, 3)), ok) and np.isfinite(data.x_mean).all()
        assert np.allclose(data.x_mean, np.nanmean(data.x, axis=1))


def test_equal_networks_are_exported_once(spikemass):
    text = networks.edited(networks.SWEEP, '["erdos_renyi", "fixed_indegree"]', '["all_to_all", "fixed_indegree"]')
    spikemass.write("net.toml", networks.edited(text, "[10, 30, 100]", "[10, 30]"))
    spikemass.ok("sweep", "net.toml", "--out", "runs", "--quiet")
    report = spikemass.json("export", "runs", "--to", "ude", "--out", "ude.nc", "--hold-out", "none")
    assert report["points"] == 3 and ["same network as point 0" in n for n in report["notes"]] == [True]


def test_csv(swept, runs):
    report = swept.json("export", "runs", "--to", "csv", "--out", "runs.csv")
    with open(swept.path("runs.csv"), newline="") as f:
        rows = list(csv.DictReader(f))
    assert report["rows"] == len(rows) == runs.rate.size
    assert list(rows[0]) == ["point", "kind", "mean_indegree", "trial", "time", "population", "stimulus", "spike_count", "rate", "v", "z_re", "z_im"]
    for name in ("rate", "v", "z_re", "z_im", "spike_count"):
        assert np.array_equal(np.array([row[name] for row in rows], dtype=runs[name].dtype).reshape(runs[name].shape), runs[name]), name
    last = rows[-1]
    assert (last["point"], last["kind"], last["mean_indegree"], last["trial"], last["population"], last["stimulus"]) == ("7", "erdos_renyi", "20", "2", "E", "2")
    assert np.allclose([float(row["time"]) for row in rows[:60]], runs.time)


def test_sonata(swept, runs):
    report = swept.json("export", "runs", "--to", "sonata", "--out", "spikes")
    assert report["files"] == 24 and report["spikes"] == int(runs.spike_count.sum())
    with open(swept.path("spikes/runs.csv"), newline="") as f:
        rows = list(csv.DictReader(f))
    assert len(rows) == 24 and len(list(swept.path("spikes").iterdir())) == 25
    for row in rows:
        point, trial = int(row["point"]), int(row["trial"])
        with h5py.File(swept.path("spikes") / row["file"]) as f:
            assert len(f["spikes/E/node_ids"]) == int(row["spikes_E"]) == int(runs.spike_count[point, trial].sum())
        assert row["kind"] == str(runs.kind.values[point]) and int(row["mean_indegree"]) == runs.mean_indegree.values[point] and int(row["digest"], 16) == int(runs.digest[point, trial])
    swept.refused(CONFIGURATION, "export", "runs", "--to", "sonata", "--out", "spikes", says=["not an empty folder"])


def test_sonata_refuses_what_is_not_this_dataset_s(swept):
    file = swept.path("runs/spikes/point00002_trial001.h5")
    whole = file.read_bytes()
    try:
        file.write_bytes(whole[: len(whole) // 2])
        swept.refused(IO, "export", "runs", "--to", "sonata", "--out", "s", says=["point00002_trial001.h5", "damaged"], outputs=["s"])
        file.write_bytes(swept.path("runs/spikes/point00003_trial001.h5").read_bytes())
        swept.refused(IO, "export", "runs", "--to", "sonata", "--out", "s", says=["point00002_trial001.h5", "in the dataset"], outputs=["s"])
        file.unlink()
        swept.refused(IO, "export", "runs", "--to", "sonata", "--out", "s", says=["1 of 24 files", "point 2", "trial 1"], outputs=["s"])
    finally:
        file.write_bytes(whole)


def test_refused(swept):
    export = ("export", "runs", "--out", "x.nc", "--to")
    swept.refused(CONFIGURATION, *export, "udee", says=["udee", "Did you mean `ude`?"], outputs=["x.nc"])
    swept.refused(CONFIGURATION, *export, "csv", "--hold-out", "mean_indegree=10", says=["--hold-out", "--to ude"], outputs=["x.nc"])
    swept.refused(CONFIGURATION, *export, "csv", "--window", 5, says=["--window", "--to ude"], outputs=["x.nc"])
    swept.refused(CONFIGURATION, *export, "ude", "--hold-out", "mean_indegree=33", says=["= 33", "10, 20, 40, 80"], outputs=["x.nc"])
    swept.refused(CONFIGURATION, *export, "ude", "--hold-out", "strength=5", says=["strength was not swept", "mean_indegree"], outputs=["x.nc"])
    swept.refused(CONFIGURATION, *export, "ude", "--hold-out", "mean_indegree=10,20,40,80", says=["to train on"], outputs=["x.nc"])
    swept.refused(CONFIGURATION, *export, "ude", "--window", 6, says=["odd"], outputs=["x.nc"])
    swept.refused(CONFIGURATION, *export, "ude", "--window", 99, says=["60 bins"], outputs=["x.nc"])
    swept.refused(CONFIGURATION, *export, "ude", "--order", 0, says=["1 to 8"], outputs=["x.nc"])
    swept.refused(CONFIGURATION, "export", "runs", "--to", "ude", says=["--out"])
    swept.refused(CONFIGURATION, "export", "runs", "--to", "ude", "--out", "runs/dataset.nc", says=["the dataset itself"])
    swept.refused(IO, "export", "nowhere", "--to", "ude", "--out", "x.nc", outputs=["x.nc"])
    swept.refused(IO, "export", "runs", "--to", "ude", "--out", "runs", says=["this is a folder"])


def test_datasets_that_cannot_be_handed_over(swept):
    indegrees = 'sweep."projection.EE.topology.mean_indegree"='
    swept.ok("sweep", "net.toml", "--out", "few", "--quiet", "--set", indegrees + "[10, 20, 40]", "--set", "sweep.trials=1")
    swept.refused(CONFIGURATION, "export", "few", "--to", "ude", "--out", "x.nc", says=["only 3 (10, 20, 40)", "--hold-out"], outputs=["x.nc"])
    swept.refused(CONFIGURATION, "export", "few", "--to", "sonata", "--out", "x", says=["no spikes were recorded", "--spikes"], outputs=["x"])
    swept.ok("sweep", "net.toml", "--out", "blind", "--quiet", "--set", 'run.record=["rate"]', "--set", "sweep.trials=1")
    swept.refused(CONFIGURATION, "export", "blind", "--to", "ude", "--out", "x.nc", says=["v was not recorded", "run.record"], outputs=["x.nc"])
    swept.write("gaussian.toml", networks.two())
    swept.ok("run", "gaussian.toml", "--out", "gaussian.nc", "--quiet")
    swept.refused(CONFIGURATION, "export", "gaussian.nc", "--to", "ude", "--out", "x.nc", "--hold-out", "none", says=["Gaussian"], outputs=["x.nc"])
    damaged = bytearray(swept.path("few/dataset.nc").read_bytes())
    damaged[len(damaged) // 2] ^= 1
    swept.path("few/dataset.nc").write_bytes(damaged)
    for to in ("ude", "csv", "sonata"):
        swept.refused(IO, "export", "few", "--to", to, "--out", "x", says=["few/dataset.nc"], outputs=["x"])


def test_the_sample_is_what_the_program_makes_of_its_network(ude):
    _, _, data = ude
    sample = EXAMPLES / "sample.nc"
    assert sample.stat().st_size < 5e6
    with xr.open_dataset(sample) as shipped:
        assert shipped.attrs["network_file"] == (EXAMPLES / "network.toml").read_text() and shipped.attrs["profile_version"] == data.attrs["profile_version"]
        swept_names = {"center", "strength", "first_amplitude", "second_amplitude", "mean_indegree", "kind"}
        assert {n: (v.dims, v.dtype.kind, v.attrs["units"]) for n, v in shipped.variables.items() if n not in swept_names} == {n: (v.dims, v.dtype.kind, v.attrs["units"]) for n, v in data.variables.items() if n not in swept_names}
        assert sorted({(int(k), int(s)) for k, s in zip(shipped.mean_indegree, shipped.split)}) == [(30, 3), (100, 0), (300, 2), (1000, 0)]
