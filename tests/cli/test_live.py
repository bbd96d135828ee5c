"""`--live`: files that are read while a sweep goes on; `--devices`, where it can be tried without a GPU."""

import json
import os
import signal
import time

import h5py
import netCDF4
import numpy as np
import pytest

from networks import LONG_SWEEP, LONG_THREADS, ONE, SWEEP
from program import CONFIGURATION, runs_stored, wait_until


def values(path, name):
    with netCDF4.Dataset(path) as d:
        return np.ma.filled(d[name][:], np.nan)


def assert_live_is_dataset(program, folder):
    for name in ("rate", "v"):
        np.testing.assert_array_equal(values(program.path(f"{folder}/live.h5"), name), values(program.path(f"{folder}/dataset.nc"), name))


def test_sweep(spikemass):
    spikemass.write("net.toml", SWEEP)
    result = spikemass.ok("sweep", "net.toml", "--out", "folder", "--live", "rates,compare")
    assert result.err == ""
    assert_live_is_dataset(spikemass, "folder")
    with netCDF4.Dataset(spikemass.path("folder/live.h5")) as live, netCDF4.Dataset(spikemass.path("folder/dataset.nc")) as whole:
        assert live["rate"].dimensions == ("point", "trial", "time", "population") and live["rate"].units == whole["rate"].units
        for name in ("time", "population", "mean_indegree", "kind"):
            assert list(live[name][:]) == list(whole[name][:]), name
    with h5py.File(spikemass.path("folder/live.h5")) as live:
        assert live["rate"].dtype == np.float32 and live["rate"].dims[2].keys() == ["time"]
    j = json.loads(spikemass.path("folder/live_compare.json").read_text())
    assert set(j) == {"complete", "rate_unit", "points"} and j["complete"] is True
    for i, point in enumerate(j["points"]):
        e = point["populations"]["E"]
        assert e["rate_mean"] == pytest.approx(values(spikemass.path("folder/dataset.nc"), "rate")[i].mean(dtype=np.float64), rel=1e-12)
        assert {"bins", "rate_mean", "rate_sem", "v_mean", "v_sem", "mass_rate_mean", "mass_v_mean", "rate_error_relative"} == set(e)


def test_read_meanwhile_killed_and_resumed(spikemass):
    spikemass.write("net.toml", LONG_SWEEP)
    sweep = spikemass.start("sweep", "net.toml", "--out", "folder", "--live", "rates,compare", *LONG_THREADS)
    live, seen = spikemass.path("folder/live.h5"), []
    wait_until(lambda: live.exists() or sweep.poll() is not None)
    while runs_stored(spikemass, "folder") < 4:
        assert sweep.poll() is None
        seen.append(int(np.isfinite(values(live, "rate")).sum()))
        time.sleep(0.02)
    os.kill(sweep.pid, signal.SIGKILL)
    sweep.communicate(timeout=60)
    assert seen == sorted(seen) and seen[-1] > 0
    values(live, "rate")   # sound, whatever it was doing
    assert not [p for p in spikemass.path("folder").iterdir() if "spill" in p.name]
    spikemass.ok("sweep", "net.toml", "--out", "folder", "--resume", "--live", "rates,compare", *LONG_THREADS)
    assert_live_is_dataset(spikemass, "folder")
    compared = spikemass.path("folder/live_compare.json").read_bytes()
    spikemass.path("folder/live_compare.json").unlink()
    live.write_bytes(b"no HDF5 file")
    spikemass.ok("sweep", "net.toml", "--out", "folder", "--resume", "--live", "rates,compare")   # nothing left to run
    assert_live_is_dataset(spikemass, "folder")
    assert spikemass.path("folder/live_compare.json").read_bytes() == compared


def test_run(spikemass):
    spikemass.write("net.toml", ONE)
    j = spikemass.json("run", "net.toml", "--out", "new/one.nc", "--live", "rates,compare")
    np.testing.assert_array_equal(values(spikemass.path("new/one.live.h5"), "rate"), values(spikemass.path("new/one.nc"), "rate"))
    e = json.loads(spikemass.path("new/one.live_compare.json").read_text())["points"][0]["populations"]["E"]
    assert e["rate_mean"] == pytest.approx(j["populations"]["E"]["rate_mean"], rel=1e-6)
    assert j["digest"] == spikemass.json("run", "net.toml")["digest"]


def test_a_live_file_that_cannot_be_written(spikemass):
    spikemass.write("net.toml", SWEEP)
    spikemass.path("folder/live.h5/in the way").mkdir(parents=True)
    result = spikemass.ok("sweep", "net.toml", "--out", "folder", "--live", "rates")
    assert result.err.startswith("warning: live consumer rates: ") and "--resume --live rates" in result.err and result.err.count("\n") == 1
    assert "14 of 14 runs done" in result.out


def test_refused(spikemass):
    spikemass.write("net.toml", SWEEP)
    for live in ("rate", "rates,rates", "rates,", "fit", "fit=nonesuch"):
        spikemass.refused(CONFIGURATION, "sweep", "net.toml", "--out", "folder", "--live", live, says=["--live"], outputs=["folder"])
    spikemass.write("one.toml", ONE)
    spikemass.refused(CONFIGURATION, "run", "one.toml", "--live", "rates", says=["--live", "--out"])
    spikemass.refused(CONFIGURATION, "run", "one.toml", "--live", "rates", "--level", "mass", "--out", "x.nc", says=["--live", "spiking"], outputs=["x.nc"])
    spikemass.refused(CONFIGURATION, "run", "one.toml", "--backend", "cpu", "--devices", "0", says=["--devices", "--backend cpu"])
    spikemass.refused(CONFIGURATION, "run", "one.toml", "--level", "mass", "--devices", "0", says=["--devices", "masses"])
    for devices in ("a", "0,0", "-1", "0,"):
        spikemass.refused(CONFIGURATION, "run", "one.toml", f"--devices={devices}", says=["--devices", "separated by commas"])
