"""Results that cannot be written: refused before the work where that can be known, and never half a file."""

import os
import subprocess

import pytest

from networks import ONE, SWEEP, edited
from program import IO, WOULD_NOT_FIT, assert_paragraph, runs_stored, tree


@pytest.fixture
def mounted(spikemass):
    """mounted(options) gives a folder on a tmpfs of its own; needs root."""
    mounts = []

    def mount(options):
        folder = spikemass.path(f"disk{len(mounts)}")
        folder.mkdir()
        done = subprocess.run(["mount", "-t", "tmpfs", "-o", options, "tmpfs", folder], capture_output=True, text=True)
        if done.returncode != 0:
            pytest.skip(f"mounting a small tmpfs needs root: {done.stderr.strip()}")
        mounts.append(folder)
        return folder

    yield mount
    for folder in mounts:
        subprocess.run(["umount", folder], check=True)


def fill(folder, free_bytes):
    """Leaves `free_bytes` of the disk free, to a page."""
    with open(folder / "ballast", "wb", buffering=0) as ballast:
        try:
            while True:
                ballast.write(bytes(4096))
        except OSError:
            ballast.truncate(max(0, ballast.tell() - free_bytes))


def parts(folder):
    return [p.name for p in folder.rglob("*") if ".part" in p.name or ".writable" in p.name]


def test_path_below_a_file(spikemass):
    spikemass.write("net.toml", ONE)
    spikemass.write("sweep.toml", SWEEP)
    for arguments in (["run", "net.toml", "--out", "net.toml/run.nc"], ["run", "net.toml", "--spikes", "net.toml/s.h5"], ["run", "net.toml", "--level", "mass", "--out", "net.toml/m.nc"],
                      ["sweep", "sweep.toml", "--out", "net.toml"], ["sweep", "sweep.toml", "--out", "net.toml/folder"], ["compare", "net.toml", "--out", "net.toml/folder"]):
        spikemass.refused(IO, *arguments, says=["net.toml", "Not a directory", "Choose another path"])


def test_folder_in_place_of_a_file(spikemass):
    spikemass.write("net.toml", ONE)
    spikemass.path("folder").mkdir()
    spikemass.refused(IO, "run", "net.toml", "--out", "folder", says=["--out folder", "Name a file in it"])
    spikemass.refused(IO, "run", "net.toml", "--spikes", "folder", says=["--spikes folder", "Name a file in it"])


def test_where_nobody_may_write(spikemass):
    spikemass.write("net.toml", ONE)
    spikemass.write("sweep.toml", SWEEP)
    spikemass.refused(IO, "run", "net.toml", "--out", "/proc/run.nc", says=["/proc"])
    assert spikemass("sweep", "sweep.toml", "--out", "/proc/folder").code in (IO, WOULD_NOT_FIT)


def test_folder_without_permission(spikemass):
    if os.geteuid() == 0:
        pytest.skip("root may write everywhere")
    spikemass.write("net.toml", ONE)
    spikemass.write("sweep.toml", SWEEP)
    spikemass.path("locked").mkdir(mode=0o555)
    for arguments in (["run", "net.toml", "--out", "locked/run.nc"], ["sweep", "sweep.toml", "--out", "locked"], ["sweep", "sweep.toml", "--out", "locked/folder"]):
        spikemass.refused(IO, *arguments, says=["locked", "Permission denied", "choose a folder"])


def test_read_only_disk(spikemass, mounted):
    spikemass.write("net.toml", ONE)
    spikemass.write("sweep.toml", SWEEP)
    disk = mounted("size=64m,ro").name
    for arguments in (["run", "net.toml", "--out", f"{disk}/run.nc"], ["sweep", "sweep.toml", "--out", disk], ["sweep", "sweep.toml", "--out", f"{disk}/folder"]):
        spikemass.refused(IO, *arguments, says=[disk, "Read-only", "choose a folder"])


def test_disk_that_is_too_small_is_refused_before_the_work(spikemass, mounted):
    spikemass.write("net.toml", edited(ONE, "= 4.0", "= 2000.0"))
    spikemass.write("sweep.toml", edited(SWEEP, "= 4.0", "= 2000.0"))
    disk = mounted("size=1m").name
    for arguments in (["run", "net.toml", "--out", f"{disk}/run.nc"], ["run", "net.toml", "--level", "mass", "--out", f"{disk}/new/run.nc"], ["sweep", "sweep.toml", "--out", f"{disk}/folder"]):
        spikemass.refused(WOULD_NOT_FIT, *arguments, says=[disk, "needs about", "free"])


def test_full_disk_is_found_before_the_work(spikemass, mounted):
    spikemass.write("net.toml", ONE)
    disk = mounted("size=8m")
    fill(disk, 0)
    for arguments in (["run", "net.toml", "--out", f"{disk.name}/run.nc"], ["run", "net.toml", "--spikes", f"{disk.name}/s.h5"]):
        result = spikemass(*arguments)
        assert result.code in (IO, WOULD_NOT_FIT), result
        assert_paragraph(result.err)
        assert "free" in result.err or "No space left" in result.err
    assert tree(disk).keys() == {"ballast"}


def test_disk_that_fills_up_with_spikes(spikemass, mounted):
    spikemass.write("net.toml", edited(ONE, "= 4.0", "= 400.0"))   # some 100,000 spikes: 1.6 MB
    disk = mounted("size=1m")
    spikemass.refused(IO, "run", "net.toml", "--spikes", f"{disk.name}/s.h5", says=["s.h5", "space"])
    assert tree(disk) == {}


def test_disk_that_fills_up_during_a_sweep(spikemass, mounted):
    """What was finished stays; with room again the sweep goes on and ends with the values of an undisturbed one."""
    spikemass.write("net.toml", edited(SWEEP, "= 4.0", "= 400.0"))
    spikemass.ok("sweep", "net.toml", "--out", "undisturbed")
    disk = mounted("size=64m")
    sweep = spikemass.start("sweep", "net.toml", "--out", f"{disk.name}/folder", "--threads", "1")
    while sweep.poll() is None and runs_stored(spikemass, f"{disk.name}/folder") < 1:
        pass
    fill(disk, 300_000)
    out, err = sweep.communicate()
    assert sweep.returncode == IO, (sweep.returncode, out, err)
    assert_paragraph(err)
    assert "full" in err or "No space left" in err
    folder = disk / "folder"
    assert not (folder / "dataset.nc").exists() and parts(disk) == []
    stored = runs_stored(spikemass, f"{disk.name}/folder")
    assert 1 <= stored < 14
    full = spikemass("sweep", "net.toml", "--out", f"{disk.name}/folder", "--resume")   # still no room
    assert full.code in (IO, WOULD_NOT_FIT), full
    assert_paragraph(full.err)
    (disk / "ballast").unlink()
    spikemass.ok("sweep", "net.toml", "--out", f"{disk.name}/folder", "--resume")
    assert (folder / "dataset.nc").read_bytes() == spikemass.path("undisturbed/dataset.nc").read_bytes()


def test_compare_on_a_full_disk_leaves_the_dataset_alone(spikemass, mounted):
    spikemass.write("net.toml", edited(SWEEP, "= 4.0", "= 400.0"))
    disk = mounted("size=64m")
    spikemass.ok("sweep", "net.toml", "--out", f"{disk.name}/folder")
    fill(disk, 100_000)
    spikemass.refused(IO, "compare", f"{disk.name}/folder", "--quiet", says=["dataset.nc", "space"])
    spikemass.ok("validate", f"{disk.name}/folder")
