"""A sweep is stopped by signals, by its time limit, by kill -9; resumed, it ends with the values of an undisturbed run."""

import json
import os
import pty
import signal
import time

import netCDF4
import numpy as np
import pytest

from interruptions import assert_same_values, kill_at_random, kill_writers_of_the_dataset, no_leftovers, start, undisturbed
from networks import LONG_SWEEP, LONG_THREADS, edited
from program import INTERRUPTED, RESUMABLE, Program, runs_stored, wait_until


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    return undisturbed(Program(tmp_path_factory.mktemp("undisturbed")))


def assert_resumable(program, done_at_least):
    """The dataset is there and says what is missing."""
    j = program.json("status", "folder")
    assert done_at_least <= j["done"] < 60 and j["failed"] == 0 and j["missing"] == 60 - j["done"] and j["dataset"] == "present"
    assert not j["journals"][0]["being_written"]
    program.ok("validate", "folder")
    with netCDF4.Dataset(program.path("folder/dataset.nc")) as d:
        stored = int((d["status"][:] == 1).sum() + (d["reference/status"][:] == 1).sum())
        assert stored == j["done"] and int((d["status"][:] == 2).sum()) == 0
        missing = d["status"][:] == 0
        assert np.isnan(np.ma.filled(d["rate"][:], np.nan)[missing]).all()


@pytest.mark.parametrize(("sent", "code"), [(signal.SIGTERM, RESUMABLE), (signal.SIGUSR1, RESUMABLE), (signal.SIGINT, INTERRUPTED)])
def test_signals(spikemass, whole, sent, code):
    spikemass.write("net.toml", LONG_SWEEP)
    sweep = start(spikemass)
    wait_until(lambda: runs_stored(spikemass, "folder") >= 2 or sweep.poll() is not None)
    sweep.send_signal(sent)
    begin = time.monotonic()
    out, err = sweep.communicate(timeout=60)
    assert sweep.returncode == code, (sweep.returncode, out, err)
    assert time.monotonic() - begin < 20
    assert "missing" in out and "go on with: spikemass sweep net.toml --out folder --resume" in out and err == ""
    assert_resumable(spikemass, 2)
    spikemass.ok("sweep", "net.toml", "--out", "folder", "--resume", *LONG_THREADS)
    assert_same_values(spikemass.path("folder/dataset.nc"), whole)


def test_max_wall_again_and_again(spikemass, whole):
    spikemass.write("net.toml", LONG_SWEEP)
    codes = []
    while not codes or codes[-1] == RESUMABLE:
        before = runs_stored(spikemass, "folder")
        codes.append(spikemass("sweep", "net.toml", "--out", "folder", "--resume", "--max-wall", "0.5s", "--quiet", *LONG_THREADS).code)
        assert codes[-1] != RESUMABLE or runs_stored(spikemass, "folder") > before, "no progress within the time limit"
        if len(codes) == 1:
            assert codes == [RESUMABLE]
            assert_resumable(spikemass, 1)
    assert codes[-1] == 0
    assert_same_values(spikemass.path("folder/dataset.nc"), whole)


def test_kill_9(spikemass, whole):
    spikemass.write("net.toml", LONG_SWEEP)
    seed = int(os.environ.get("SPIKEMASS_TEST_SEED", time.time_ns() % 1_000_000))
    print(f"SPIKEMASS_TEST_SEED={seed}")   # shown when the test fails
    assert kill_at_random(spikemass, 6, seed) >= 3
    spikemass.ok("sweep", "net.toml", "--out", "folder", "--resume", *LONG_THREADS)
    assert_same_values(spikemass.path("folder/dataset.nc"), whole)
    kill_writers_of_the_dataset(spikemass, 6, seed)
    assert_same_values(spikemass.path("folder/dataset.nc"), whole)
    assert no_leftovers(spikemass)


def test_kill_9_leaves_no_half_spike_file(spikemass):
    spikemass.write("net.toml", LONG_SWEEP)
    sweep = start(spikemass, "--spikes")
    wait_until(lambda: runs_stored(spikemass, "folder") >= 3 or sweep.poll() is not None)
    sweep.kill()
    sweep.communicate()
    import h5py
    files = list(spikemass.path("folder/spikes").glob("*.h5"))
    assert len(files) >= 1
    for path in files:
        with h5py.File(path) as f:
            assert f["spikes/E/timestamps"].shape[0] > 1000


def test_second_ctrl_c_does_not_wait(spikemass):
    """A run whose first chunk takes long: the first Ctrl-C waits for it, the second does not."""
    spikemass.write("net.toml", edited(LONG_SWEEP, "= 4000", "= 2000000"))
    run = spikemass.start("run", "net.toml", "--threads", "1")
    time.sleep(1.0)
    run.send_signal(signal.SIGINT)
    time.sleep(0.2)
    run.send_signal(signal.SIGINT)
    run.communicate(timeout=10)
    assert run.returncode == INTERRUPTED


@pytest.mark.parametrize(("sent", "code"), [(signal.SIGTERM, RESUMABLE), (signal.SIGINT, INTERRUPTED)])
def test_single_runs_stop_too_and_write_nothing(spikemass, sent, code):
    spikemass.write("net.toml", edited(LONG_SWEEP, "duration  = 30.0", "duration  = 1000000.0").replace("dt        = 0.005", "dt        = 0.005"))
    for options in (["--out", "x.nc", "--spikes", "s.h5"], ["--level", "mass", "--out", "x.nc"]):
        run = spikemass.start("run", "net.toml", *options)
        time.sleep(1.0)
        run.send_signal(sent)
        out, err = run.communicate(timeout=30)
        assert run.returncode == code, (out, err)
        assert out == "" and {p.name for p in spikemass.folder.iterdir() if ".part" not in p.name} == {"net.toml"}


def test_compare_stops_and_leaves_the_dataset_as_it_was(spikemass, whole):
    spikemass.path("folder").mkdir()
    for name in ("dataset.nc", "dataset.nc.sha256"):
        spikemass.path(f"folder/{name}").write_bytes((whole.parent / name).read_bytes())
    compare = spikemass.start("compare", "folder", "--threads", "1")
    time.sleep(0.3)
    compare.send_signal(signal.SIGINT)
    out, err = compare.communicate(timeout=60)
    assert compare.returncode == INTERRUPTED and out == "", (compare.returncode, out, err)
    assert spikemass.path("folder/dataset.nc").read_bytes() == whole.read_bytes()


def test_terminal_that_goes_away(spikemass, whole):
    """Its messages have no reader any more; what is committed stays and can be resumed."""
    spikemass.write("net.toml", LONG_SWEEP)
    master, slave = pty.openpty()
    sweep = start(spikemass, stdout=slave, stderr=slave, text=False)
    os.close(slave)
    wait_until(lambda: runs_stored(spikemass, "folder") >= 2 or sweep.poll() is not None)
    os.close(master)
    sweep.communicate(timeout=120)
    assert runs_stored(spikemass, "folder") >= 2
    spikemass.ok("sweep", "net.toml", "--out", "folder", "--resume", *LONG_THREADS)
    assert_same_values(spikemass.path("folder/dataset.nc"), whole)
    assert json.loads(spikemass("status", "folder", "--json").out)["missing"] == 0
