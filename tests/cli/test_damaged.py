"""Truncated, altered and foreign datasets: every verb that reads them says so, and changes nothing."""

import random
import shutil
import sqlite3
import subprocess

import h5py
import netCDF4
import pytest

from networks import SWEEP
from program import IO

READERS = (["validate"], ["info"], ["compare"], ["compare", "--closures", "none"])


@pytest.fixture(scope="module")
def good(shared):
    shared.write("net.toml", SWEEP)
    shared.ok("sweep", "net.toml", "--out", "folder")
    return shared.path("folder")


@pytest.fixture
def folder(spikemass, good):
    shutil.copytree(good, spikemass.path("folder"))
    return spikemass.path("folder")


def checksum_again(folder):
    """As somebody who wants to hide the damage."""
    out = subprocess.run(["sha256sum", "dataset.nc"], cwd=folder, capture_output=True, text=True, check=True).stdout
    (folder / "dataset.nc.sha256").write_text(out)


def all_readers_refuse(spikemass, says, path="folder"):
    for verb, *options in READERS:
        spikemass.refused(IO, verb, path, *options, says=says)


def test_truncated(spikemass, folder):
    whole = (folder / "dataset.nc").read_bytes()
    for length in (0, 1, 100, len(whole) // 2, len(whole) - 1):
        (folder / "dataset.nc").write_bytes(whole[:length])
        all_readers_refuse(spikemass, ["folder/dataset.nc", "truncated or altered", "SHA-256", "spikemass status --write"])


def test_truncated_with_a_new_checksum(spikemass, folder):
    whole = (folder / "dataset.nc").read_bytes()
    for length in (0, 100, len(whole) // 2, len(whole) - 1):
        (folder / "dataset.nc").write_bytes(whole[:length])
        checksum_again(folder)
        all_readers_refuse(spikemass, ["folder/dataset.nc"])


def test_one_bit_anywhere(spikemass, folder):
    whole = bytearray((folder / "dataset.nc").read_bytes())
    rng = random.Random(1)
    for _ in range(5):
        at, bit = rng.randrange(len(whole)), 1 << rng.randrange(8)
        whole[at] ^= bit
        (folder / "dataset.nc").write_bytes(whole)
        all_readers_refuse(spikemass, ["folder/dataset.nc", "truncated or altered"])
        whole[at] ^= bit


def test_damaged_numbers_are_found_behind_a_new_checksum(spikemass, folder):
    """Every chunk of numbers has a checksum of its own."""
    whole = bytearray((folder / "dataset.nc").read_bytes())
    with h5py.File(folder / "dataset.nc") as f:
        chunks = [f[name].id.get_chunk_info(0) for name in ("rate", "spike_count", "digest", "reference/v")]
    for chunk in chunks:
        at = chunk.byte_offset + chunk.size // 2
        whole[at] ^= 0x10
        (folder / "dataset.nc").write_bytes(whole)
        checksum_again(folder)
        spikemass.refused(IO, "validate", "folder", says=["folder/dataset.nc", "damaged", "spikemass status --write"])
        spikemass.refused(IO, "compare", "folder", says=["folder/dataset.nc", "damaged", "spikemass status --write"])
        whole[at] ^= 0x10


def test_checksum_missing_or_wrong(spikemass, folder):
    (folder / "dataset.nc.sha256").unlink()
    all_readers_refuse(spikemass, ["dataset.nc.sha256 is missing", "spikemass status --write"])
    (folder / "dataset.nc.sha256").write_text("")
    all_readers_refuse(spikemass, ["truncated or altered"])


EDITS = {
    "a variable is gone": (lambda d: d.renameVariable("digest", "digst"), "digest"),
    "another profile": (lambda d: d.setncattr("profile", "other"), "profile"),
    "a later profile": (lambda d: d.setncattr("profile_version", "99.0"), "99"),
    "units are gone": (lambda d: d["rate"].delncattr("units"), "rate"),
    "wrong units": (lambda d: d["rate"].setncattr("units", "Hz"), "rate"),
    "no configuration": (lambda d: d.delncattr("resolved_configuration"), "resolved_configuration"),
    "another dimension": (lambda d: d.renameDimension("trial", "trail"), "trial"),
}


@pytest.mark.parametrize("name", EDITS)
def test_altered_by_other_tools(spikemass, folder, name):
    edit, word = EDITS[name]
    with netCDF4.Dataset(folder / "dataset.nc", "a") as d:
        edit(d)
    all_readers_refuse(spikemass, ["truncated or altered"])
    checksum_again(folder)
    all_readers_refuse(spikemass, ["folder/dataset.nc", word])


def test_datasets_of_the_first_layout_are_read(spikemass, folder):
    with netCDF4.Dataset(folder / "dataset.nc", "a") as d:
        for group in (d, d["reference"]):
            group.renameVariable("weight_unit", "later")
        d.delncattr("graph_recipe")
    checksum_again(folder)
    spikemass.refused(IO, "validate", "folder", says=["weight_unit"])
    with netCDF4.Dataset(folder / "dataset.nc", "a") as d:
        d.setncattr("profile_version", "1.0")
    checksum_again(folder)
    for reader in READERS:
        spikemass.ok(*reader, "folder")


def test_files_that_are_no_datasets(spikemass):
    spikemass.write("text.nc", "not a dataset\n")
    spikemass.write("text.nc.sha256", subprocess.run(["sha256sum", spikemass.path("text.nc")], capture_output=True, text=True).stdout)
    all_readers_refuse(spikemass, ["text.nc"], "text.nc")
    with netCDF4.Dataset(spikemass.path("foreign.nc"), "w") as d:
        d.createDimension("x", 3)
    out = subprocess.run(["sha256sum", "foreign.nc"], cwd=spikemass.folder, capture_output=True, text=True).stdout
    spikemass.write("foreign.nc.sha256", out)
    all_readers_refuse(spikemass, ["foreign.nc"], "foreign.nc")


def test_status_write_restores_it_from_the_journal(spikemass, folder):
    whole = (folder / "dataset.nc").read_bytes()
    (folder / "dataset.nc").write_bytes(whole[:1000])
    spikemass.ok("status", "folder", "--write")
    assert (folder / "dataset.nc").read_bytes() == whole
    spikemass.ok("validate", "folder")
    (folder / "dataset.nc").write_bytes(whole[:1000])
    spikemass.ok("sweep", spikemass.write("net.toml", SWEEP), "--out", "folder", "--resume")
    assert (folder / "dataset.nc").read_bytes() == whole


def test_damaged_journal(spikemass, folder):
    """A journal whose runs are damaged loses those runs; one that is no database is refused."""
    whole = (folder / "dataset.nc").read_bytes()
    with sqlite3.connect(folder / "journal.sqlite") as db:
        table, column = next((t, c[1]) for (t,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
                             for c in db.execute(f"PRAGMA table_info({t})").fetchall() if c[2].upper() == "BLOB" and db.execute(f"SELECT count(*) FROM {t}").fetchone()[0] > 1)
        rowid, blob = db.execute(f"SELECT rowid, {column} FROM {table} LIMIT 1 OFFSET 3").fetchone()
        db.execute(f"UPDATE {table} SET {column} = ? WHERE rowid = ?", (blob[: len(blob) // 2], rowid))
    db.close()
    spikemass.refused(IO, "status", "folder", "--write", says=["journal.sqlite"])
    spikemass.ok("sweep", spikemass.write("net.toml", SWEEP), "--out", "folder", "--resume")
    assert (folder / "dataset.nc").read_bytes() == whole
    (folder / "journal.sqlite").write_bytes(b"SQLite format 3\0" + b"x" * 5000)
    assert spikemass("status", "folder").code == IO
    assert spikemass("sweep", "net.toml", "--out", "folder", "--resume").code == IO


def test_report_of_a_damaged_dataset(spikemass, folder):
    whole = (folder / "dataset.nc").read_bytes()
    (folder / "dataset.nc").write_bytes(whole[:1000])
    result = spikemass("report", "folder")
    assert result.code != 0 and "Traceback" not in result.err and "dataset.nc" in result.err, result
    assert not (folder / "report.html").exists()


