"""learn: datasets that are damaged or cannot be learned from, and trajectories that leave their range."""

import shutil
import subprocess

import h5py
import numpy as np
import pytest

from networks_to_learn import STEP
from program import CONFIGURATION


@pytest.fixture(scope="module")
def runs(shared):
    shared.write("net.toml", STEP)
    shared.ok("sweep", "net.toml", "--out", "runs", "--quiet")
    return shared


@pytest.fixture
def changed(runs):
    """A copy of the dataset that `change` has been let loose on, with a checksum that fits."""
    made = []

    def make(name, change):
        shutil.copytree(runs.path("runs"), runs.path(name))
        made.append(runs.path(name))
        with h5py.File(runs.path(name) / "dataset.nc", "r+") as file:
            change(file)
        out = subprocess.run(["sha256sum", "dataset.nc"], cwd=runs.path(name), capture_output=True, text=True, check=True).stdout
        (runs.path(name) / "dataset.nc.sha256").write_text(out)
        return runs

    yield make
    for folder in made:
        shutil.rmtree(folder)


def test_numbers_that_are_missing(changed):
    for name in ("rate", "v"):
        def spoil(file, name=name):
            file[name][1, 0, 7, 0] = np.nan
        program = changed(f"nan_{name}", spoil)
        program.refused(CONFIGURATION, "learn", f"nan_{name}", "--out", "x", says=["K = 20", "not a number", "marked ok", "validate"], outputs=["x"])


def test_failed_points_are_left_out_and_named(changed):
    def fail(file):
        file["status"][0, :] = 2
        for name in ("rate", "v"):
            file[name][0] = np.nan
    program = changed("failed", fail)
    result = program.ok("learn", "failed", "--out", "failed_out", "--ensemble", 1, "--train-indegrees", "20,80")
    assert "K = 10: left out, none of its trials is ok" in result.err
    program.refused(CONFIGURATION, "learn", "failed", "--out", "x", "--train-indegrees", "10,20", says=["mean_indegree 10", "20, 40, 80"], outputs=["x"])

    def fail_all(file):
        file["status"][...] = 2
    changed("all_failed", fail_all).refused(CONFIGURATION, "learn", "all_failed", "--out", "x", says=["nothing is left to learn from", "none of its trials is ok"], outputs=["x"])


def test_unequal_bins(changed):
    def stretch(file):
        file["time"][50:] = file["time"][50:] + 0.03
    changed("stretched", stretch).refused(CONFIGURATION, "learn", "stretched", "--out", "x", says=["bins are not equal", "one bin width"], outputs=["x"])

    def scale(file):
        file["time"][...] = 2.0 * file["time"][...]
    changed("scaled", scale).refused(CONFIGURATION, "learn", "scaled", "--out", "x", says=["bins of 0.1", "0.2 apart"], outputs=["x"])


def test_bins_that_are_not_whole_steps_cannot_be_recorded(runs):
    runs.refused(CONFIGURATION, "sweep", "net.toml", "--out", "odd", "--set", "sweep.design=\"grid\"", "--set", "sweep.\"run.dt\"=[5e-3, 7e-3]", says=["whole number of steps", "0.007"], outputs=["odd"])


def test_trajectories_that_leave_their_range_are_reported(changed):
    """A state that no trajectory survives, measured just before the step: training goes on without it, says so, and no loss is a silent NaN."""
    def explode(file):
        bins = slice(0, 101)   # before the step of the input, so of its segment and of the whole recording
        file["rate"][0, :, bins, 0] = 39.0
        file["v"][0, :, bins, 0] = 79.0
    program = changed("wild", explode)
    result = program.ok("learn", "wild", "--out", "wild_out", "--ensemble", 1)
    assert "warning: network 1: trajectories left their range before the first step" in result.err and "K = 10" in result.err
    j = program.json("learn", "wild", "--out", "wild_json", "--ensemble", 1, "--quiet")
    network = j["networks"][0]
    assert any("K = 10" in name for name in network["left_out"])
    assert network["loss"] is None and network["iterations"] > 3 and np.isfinite(network["validation"])
    assert "nan" not in program.path("wild_json/closure_network.toml").read_text().lower()
    assert "NaN" not in program.path("wild_json/learn.json").read_text()


def test_steady_states_alone(runs):
    j = runs.json("learn", "runs", "--out", "steady", "--ensemble", 1, "--stage", "steady", "--quiet")
    assert j["stage"] == "steady" and j["networks"][0]["loss"] < 0.5 * j["exact_mass"]["loss"]
    runs.refused(CONFIGURATION, "learn", "runs", "--out", "x", "--stage", "steady", "--form", "hidden", says=["--stage joint"], outputs=["x"])
    runs.refused(CONFIGURATION, "learn", "runs", "--out", "x", "--stage", "late", says=["steady", "joint"], outputs=["x"])
    runs.ok("sweep", "net.toml", "--out", "constant", "--quiet", "--set", "stimulus.step.amplitude=0.0", "--set", "sweep.trials=1")
    runs.refused(CONFIGURATION, "learn", "constant", "--out", "x", says=["no recording has a step", "--stage steady"], outputs=["x"])
    assert runs.json("learn", "constant", "--out", "constant_out", "--ensemble", 1, "--stage", "steady", "--quiet")["segments"] == 0
