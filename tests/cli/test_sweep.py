"""`sweep` and `status`: what they print, failed points, resuming, two at once."""

import json

import netCDF4
import numpy as np
import pytest

from networks import FAILING_SWEEP, LONG_SWEEP, LONG_THREADS, ONE, SWEEP, edited
from program import CONFIGURATION, FAILED_POINTS, IO, assert_paragraph, runs_stored, wait_until

FILES = {"dataset.nc", "dataset.nc.sha256", "journal.sqlite", "journal.sqlite-lock", "network.toml", "resolved.json"}


def names(folder):
    return {p.name for p in folder.iterdir()}


def test_output(spikemass):
    spikemass.write("net.toml", SWEEP)
    result = spikemass.ok("sweep", "net.toml", "--out", "new/folder")
    assert "14 of 14 runs done" in result.out and "new/folder/dataset.nc" in result.out and result.err == ""
    assert names(spikemass.path("new/folder")) - {"journal.sqlite-lock"} == FILES - {"journal.sqlite-lock"}
    assert spikemass.path("new/folder/network.toml").read_text() == SWEEP
    assert json.loads(spikemass.path("new/folder/resolved.json").read_text())["network"]["run"]["dt"] == 0.01
    j = spikemass.json("sweep", "net.toml", "--out", "json")
    assert {k: type(v) for k, v in j.items()} == {"planned": int, "done": int, "failed": int, "missing": int, "wall_seconds": float, "dataset": str, "backend": str, "backend_reason": str}
    assert (j["planned"], j["done"], j["failed"], j["missing"], j["dataset"]) == (14, 14, 0, 0, "json/dataset.nc")


def test_dry_run_writes_nothing(spikemass):
    spikemass.write("net.toml", SWEEP)
    result = spikemass.ok("sweep", "net.toml", "--out", "folder", "--dry-run")
    for word in ("points", "synapses", "memory", "disk", "time", "projection.EE.topology.kind"):
        assert word in result.out
    j = spikemass.json("sweep", "net.toml", "--dry-run")
    assert (j["points"], j["references"], j["trials"], j["runs"]) == (6, 1, 2, 14)
    assert all(j[k] > 0 for k in ("synapses_largest_run", "memory_bytes_largest_run", "memory_bytes_available", "disk_bytes", "core_seconds", "threads"))
    assert not spikemass.path("folder").exists()
    spikemass.ok("sweep", "net.toml", "--out", "folder")
    written = sum(p.stat().st_size for p in spikemass.path("folder").iterdir())
    assert written < j["disk_bytes"]


def test_zip_and_values_of_every_type(spikemass):
    spikemass.write("net.toml", ONE + '[sweep]\ndesign = "zip"\n"projection.EE.strength" = [1.0, 2.0]\n"population.E.size" = [100, 200]\n'
                                      '"projection.EE.topology.kind" = ["annealed", "fixed_indegree"]\n"run.allow_capped" = [false, true]\n')
    spikemass.ok("sweep", "net.toml", "--out", "folder")
    with netCDF4.Dataset(spikemass.path("folder/dataset.nc")) as d:
        assert list(d["strength"][:]) == [1, 2] and list(d["size"][:]) == [100, 200] and list(d["kind"][:]) == ["annealed", "fixed_indegree"]
        assert d["strength"].dtype == np.float64 and d["size"].dtype == np.int64 and d["allow_capped"].dtype == np.int8
        assert d["allow_capped"].flag_meanings == "false true" and d["strength"].path == "projection.EE.strength"


def test_failed_points_are_kept_apart(spikemass):
    spikemass.write("net.toml", FAILING_SWEEP)
    result = spikemass("sweep", "net.toml", "--out", "folder")
    assert result.code == FAILED_POINTS, result
    assert "2 of 4 runs done, 2 failed" in result.out
    assert result.err.count("run of run.dt = 1 trial") == 2 and "once per step" in result.err and "\n\n" not in result.err
    status = spikemass.json("status", "folder")
    assert (status["done"], status["failed"], status["missing"]) == (2, 2, 0)
    assert [(f["kind"], f["index"]) for f in status["failures"]] == [("point", 1)] * 2 and "once per step" in status["failures"][0]["message"]
    with netCDF4.Dataset(spikemass.path("folder/dataset.nc")) as d:
        assert d["status"][:].tolist() == [[1, 1], [2, 2]]
        assert np.isfinite(d["rate"][0]).all() and np.isnan(np.ma.filled(d["rate"][1], np.nan)).all()
        assert "once per step" in d["message"][1, 0] and d["message"][0, 0] == ""
    spikemass.ok("validate", "folder")
    again = spikemass("sweep", "net.toml", "--out", "folder", "--resume", "--quiet")
    assert again.code == FAILED_POINTS and again.err == ""
    with netCDF4.Dataset(spikemass.path("folder/dataset.nc")) as d:
        assert d["status"][:].tolist() == [[1, 1], [2, 2]]
    compared = spikemass.ok("compare", "folder", "--closures", "none")
    assert "No spiking run" in compared.err and "At 1 of 2 points" in compared.err
    assert spikemass.ok("report", "folder").code == 0


def test_many_failures_do_not_flood(spikemass):
    spikemass.write("net.toml", edited(FAILING_SWEEP, "trials   = 2", "trials   = 30"))
    result = spikemass("sweep", "net.toml", "--out", "folder")
    assert result.code == FAILED_POINTS and result.err.count("failed: ") == 5 and "spikemass status folder" in result.err
    assert len(spikemass.json("status", "folder")["failures"]) == 30


def test_resume_of_a_finished_sweep_changes_nothing(spikemass):
    spikemass.write("net.toml", SWEEP)
    spikemass.ok("sweep", "net.toml", "--out", "folder")
    spikemass.ok("compare", "folder", "--quiet")
    with_levels = spikemass.path("folder/dataset.nc").read_bytes()
    assert "14 of 14 runs done" in spikemass.ok("sweep", "net.toml", "--out", "folder", "--resume").out
    assert spikemass.path("folder/dataset.nc").read_bytes() == with_levels   # what compare added is still there


def test_resume_starts_where_nothing_is(spikemass):
    spikemass.write("net.toml", SWEEP)
    spikemass.ok("sweep", "net.toml", "--out", "folder", "--resume")
    spikemass.ok("sweep", "net.toml", "--out", "other")
    assert spikemass.path("folder/dataset.nc").read_bytes() == spikemass.path("other/dataset.nc").read_bytes()


def test_status(spikemass):
    spikemass.write("net.toml", SWEEP)
    spikemass.ok("sweep", "net.toml", "--out", "folder")
    j = spikemass.json("status", "folder")
    assert (j["points"], j["trials"], j["references"], j["planned"], j["done"], j["dataset"], j["failures"]) == (6, 2, 1, 14, 14, "present", [])
    assert [w["being_written"] for w in j["journals"]] == [False]
    text = spikemass.ok("status", "folder").out
    assert "14 of 14 runs done" in text and "nobody is writing" in text
    before = spikemass.path("folder/dataset.nc").read_bytes()
    spikemass.path("folder/dataset.nc").unlink()
    assert spikemass.json("status", "folder")["dataset"] == "none"
    spikemass.refused(IO, "compare", "folder", says=["no dataset yet", "spikemass status --write"])
    spikemass.ok("status", "folder", "--write")
    assert spikemass.path("folder/dataset.nc").read_bytes() == before


def test_looking_while_it_is_written_and_two_writers(spikemass):
    spikemass.write("net.toml", LONG_SWEEP)
    sweep = spikemass.start("sweep", "net.toml", "--out", "folder", *LONG_THREADS)
    wait_until(lambda: runs_stored(spikemass, "folder") >= 2 or sweep.poll() is not None)
    assert sweep.poll() is None, "over before anybody could look: make it longer"
    seen = spikemass("status", "folder", "--json")
    second = spikemass("sweep", "net.toml", "--out", "folder", "--resume")
    third = spikemass("sweep", "net.toml", "--out", "folder")
    written = spikemass("status", "folder", "--write")
    still_running = sweep.poll() is None
    out, err = sweep.communicate()
    assert sweep.returncode == 0 and err == "" and "60 of 60 runs done" in out, (out, err)
    assert still_running, "over too early: make it longer"
    status = json.loads(seen.out)
    assert status["journals"][0]["being_written"] and status["journals"][0]["pid"] == sweep.pid and 2 <= status["done"] < 60
    assert second.code == IO, second
    assert_paragraph(second.err)
    assert f"process {sweep.pid}" in second.err and "folder/journal.sqlite" in second.err
    assert third.code == 2 and "--resume" in third.err, third
    assert written.code == 0, written
    spikemass.ok("sweep", "net.toml", "--out", "undisturbed")
    assert spikemass.path("folder/dataset.nc").read_bytes() == spikemass.path("undisturbed/dataset.nc").read_bytes()


def test_thousands_of_runs(spikemass):
    """Planning must not grow with the square of the runs."""
    spikemass.write("net.toml", edited(edited(ONE, "= 500", "= 20"), "= 50 ", "= 5 ") + f'[sweep]\n"projection.EE.strength" = {[round(1 + i / 20000, 6) for i in range(20000)]}\n')
    assert spikemass.json("sweep", "net.toml", "--dry-run")["runs"] == 20000
    stopped = spikemass("sweep", "net.toml", "--out", "folder", "--max-wall", "0.5s", "--quiet")
    assert stopped.code == 75, stopped
    assert spikemass.json("status", "folder")["planned"] == 20000


@pytest.mark.parametrize(("name", "code"), [("journal.sqlite", IO), ("dataset.nc", CONFIGURATION)])
@pytest.mark.parametrize("resume", [[], ["--resume"]])
def test_files_of_others_are_not_overwritten(spikemass, name, code, resume):
    spikemass.write("net.toml", SWEEP)
    spikemass.write(f"folder/{name}", "mine\n")
    spikemass.refused(code, "sweep", "net.toml", "--out", "folder", *resume, says=[f"folder/{name}"])
