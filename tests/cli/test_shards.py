"""A sweep in parts: in one folder or in several that are merged."""

import pytest

from networks import SWEEP, edited
from program import CONFIGURATION, IO, tree


@pytest.fixture(scope="module")
def whole(shared):
    shared.write("net.toml", SWEEP)
    shared.ok("sweep", "net.toml", "--out", "whole")
    return shared.path("whole/dataset.nc").read_bytes()


def test_in_one_folder(spikemass, whole):
    spikemass.write("net.toml", SWEEP)
    planned = [spikemass.json("sweep", "net.toml", "--out", "folder", "--shard", f"{i}/3")["planned"] for i in (2, 1, 3)]
    assert planned == [5, 5, 4]
    assert spikemass.json("status", "folder")["done"] == 14
    assert spikemass.path("folder/dataset.nc").read_bytes() == whole


def test_in_folders_that_are_merged(spikemass, whole):
    spikemass.write("net.toml", SWEEP)
    for i in (1, 2):
        spikemass.ok("sweep", "net.toml", "--out", f"part{i}", "--shard", f"{i}/2")
        assert spikemass.json("status", f"part{i}")["missing"] == 7
    j = spikemass.json("merge", "part1", "part2", "--out", "folder")
    assert (j["done"], j["missing"]) == (14, 0)
    assert spikemass.path("folder/dataset.nc").read_bytes() == whole
    spikemass.ok("sweep", "net.toml", "--out", "folder", "--resume")   # nothing left to do
    spikemass.ok("merge", "part2", "--out", "part1")                   # into one of them
    assert spikemass.path("part1/dataset.nc").read_bytes() == whole


def test_what_is_missing_after_a_merge_can_be_resumed(spikemass, whole):
    spikemass.write("net.toml", SWEEP)
    spikemass.ok("sweep", "net.toml", "--out", "part", "--shard", "2/3")
    assert spikemass.json("merge", "part", "--out", "folder")["missing"] == 9
    spikemass.ok("sweep", "net.toml", "--out", "folder", "--resume")
    assert spikemass.path("folder/dataset.nc").read_bytes() == whole


def test_slurm_arrays(spikemass, monkeypatch):
    spikemass.write("net.toml", SWEEP)
    array = {"SLURM_ARRAY_TASK_MIN": "10", "SLURM_ARRAY_TASK_MAX": "20", "SLURM_ARRAY_TASK_STEP": "5", "SLURM_ARRAY_TASK_COUNT": "3"}
    for name, value in array.items():
        monkeypatch.setenv(name, value)
    planned = []
    for task in (10, 15, 20):
        monkeypatch.setenv("SLURM_ARRAY_TASK_ID", str(task))
        planned.append(spikemass.json("sweep", "net.toml", "--out", "folder")["planned"])
    monkeypatch.delenv("SLURM_ARRAY_TASK_ID")
    status = spikemass.json("status", "folder")
    assert sum(planned) == status["planned"] == status["done"] and len(status["journals"]) == 3
    monkeypatch.setenv("SLURM_ARRAY_TASK_ID", "10")
    assert spikemass.json("sweep", "net.toml", "--out", "whole", "--shard", "1/1")["planned"] == status["planned"]   # what is asked for wins
    monkeypatch.setenv("SLURM_ARRAY_TASK_COUNT", "2")   # --array=10,20
    spikemass.refused(CONFIGURATION, "sweep", "net.toml", "--out", "other", says=["--shard", "Slurm array", "--array=1-N"], outputs=["other"])


def test_bad_shards(spikemass):
    spikemass.write("net.toml", SWEEP)
    for shard in ("0/2", "3/2", "1", "1/", "/2", "a/b", "1/2/3", "-1/2", "1/0"):
        spikemass.refused(CONFIGURATION, "sweep", "net.toml", "--out", "folder", f"--shard={shard}", says=["--shard", "2/8"], outputs=["folder"])


def test_shards_of_another_configuration(spikemass):
    spikemass.write("net.toml", SWEEP)
    spikemass.write("other.toml", edited(SWEEP, "strength = 5.0", "strength = 6.0"))
    spikemass.ok("sweep", "net.toml", "--out", "folder", "--shard", "1/2")
    spikemass.refused(CONFIGURATION, "sweep", "other.toml", "--out", "folder", "--shard", "2/2", says=["another configuration", "5.0 -> 6.0"], lines=None)
    spikemass.ok("sweep", "other.toml", "--out", "other", "--shard", "2/2")
    spikemass.refused(CONFIGURATION, "merge", "folder", "other", "--out", "merged", says=["different configurations", "5.0 -> 6.0"], lines=None, outputs=["merged"])
    spikemass.refused(CONFIGURATION, "merge", "folder", "--out", "other", says=["different configurations"], lines=None)


def test_merging_nothing(spikemass):
    spikemass.path("empty").mkdir()
    before = tree(spikemass.folder)
    spikemass.refused(CONFIGURATION, "merge", "--out", "folder", says=["folders is required"])
    spikemass.refused(IO, "merge", "empty", "--out", "folder", says=["empty", "no journal"], outputs=["folder"])
    spikemass.refused(IO, "merge", "nowhere", "--out", "folder", says=["nowhere"], outputs=["folder"])
    assert tree(spikemass.folder) == before
