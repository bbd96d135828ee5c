"""`compare`: on folders, files and network files; its table, its JSON, what it adds to the dataset."""

import json
import os
import pty
import re
import select

import netCDF4
import numpy as np
import pytest

from networks import ONE, STATIONARY, SWEEP, edited
from program import CONFIGURATION, PROGRAM, RESUMABLE, tree

CLOSURES = ["none", "indegree_lorentzian", "two_cumulant", "cauchy", "degree_classes", "resonant_static", "resonant"]
NET = STATIONARY + """
[stimulus.step]
target    = "E"
kind      = "step"
start     = 30.0
amplitude = 1.0

[sweep]
trials    = 3
reference = "all_to_all"
"projection.EE.topology.mean_indegree" = [20, 60]
"projection.EE.topology.kind"          = ["erdos_renyi", "fixed_indegree"]
"""


def levels(closures):
    return ["mass" if c == "none" else f"mass.{c}" for c in closures]


@pytest.fixture(scope="module")
def swept(shared):
    shared.write("net.toml", NET)
    shared.ok("sweep", "net.toml", "--out", "folder")
    return shared


def test_table_fits_into_120_columns(swept):
    result = swept.ok("compare", "folder")
    table = result.out.splitlines()
    assert max(map(len, table)) <= 120 and "\033" not in result.out
    assert sum(line.startswith("kind = ") for line in table) == 2
    rows = [line.split() for line in table if re.match(r"\s+(20|60)!?\s", line)]
    assert len(rows) == 4 and all(len(row) == 3 + len(CLOSURES) for row in rows)   # K, r, v, one error per closure
    assert all(sum("*" in cell for cell in row) == 1 for row in rows)              # and one best
    assert all(re.fullmatch(r"-?[0-9.]+±[0-9.]+", cell) for row in rows for cell in row[1:3])
    ranking = table[next(i for i, line in enumerate(table) if line.startswith("level")) + 1:][:7]
    assert sorted(line.split()[0] for line in ranking) == sorted(CLOSURES)
    assert "dataset folder/dataset.nc" in table[-1]


def test_details_set_rate_and_potential_apart(swept):
    out = swept.ok("compare", "folder", "--details", "--quiet").out
    assert "r %" in out and "v %" in out and max(map(len, out.splitlines())) <= 120


def test_json(swept):
    j = json.loads(swept.ok("compare", "folder", "--json", "--quiet").out)
    assert j["points"] == 4 and j["diverged"] == 0 and j["dataset"] == "folder/dataset.nc"
    assert [(r["group"], r["label"]) for r in j["rows"]] == [(f"kind = {k}", n) for n in ("20", "60") for k in ("erdos_renyi", "fixed_indegree")]
    for row in j["rows"]:
        assert list(row["levels"]) == levels(CLOSURES)
        assert 0.3 < row["rate"] < 1.5 and 0 < row["rate_se"] < 0.1 and row["v"] < 0 and row["flagged"] is False
        for e in row["levels"].values():
            assert {"rate_error_relative", "v_error_relative", "steady_error", "shift_error"} <= e.keys() and e["steady_error"] > 0
    assert [r["level"] for r in j["ranking"]] != [] and {r["level"] for r in j["ranking"]} == set(levels(CLOSURES))
    scores = [r["score"] for r in j["ranking"]]
    assert scores == sorted(scores) and all(r["points"] == 4 for r in j["ranking"])
    with netCDF4.Dataset(swept.path("folder/dataset.nc")) as d:   # what is printed is what is stored
        c = d["compare"]
        stored = dict(zip(c["level"][:], c["steady_error"][:, 0, 0]))
        for level, e in j["rows"][0]["levels"].items():
            assert stored[level] == pytest.approx(e["steady_error"], rel=1e-9)


def test_errors_are_those_of_the_runs(swept):
    """Recomputed from the dataset, in the stationary window before the step."""
    swept.ok("compare", "folder", "--quiet")
    with netCDF4.Dataset(swept.path("folder/dataset.nc")) as d:
        window = (d["time"][:] > 20.0) & (d["time"][:] < 30.0)
        spiking = d["rate"][:, :, window, 0].mean(axis=(1, 2))
        error = d["mass.resonant/rate"][:, window, 0].mean(axis=1) / spiking - 1
        c = d["compare"]
        stored = c["rate_error_relative"][list(c["level"][:]).index("mass.resonant"), :, 0]
        assert np.allclose(stored, error, atol=0.02) and np.abs(error).max() < 0.3


def test_groups_of_the_dataset(swept):
    before = swept.path("folder/dataset.nc").read_bytes()
    swept.ok("compare", "folder", "--quiet")
    assert set(levels(CLOSURES)) | {"compare"} <= set(swept.json("info", "folder")["levels"])
    swept.ok("validate", "folder")
    with netCDF4.Dataset("memory", memory=before) as old, netCDF4.Dataset(swept.path("folder/dataset.nc")) as new:
        assert (old["digest"][:] == new["digest"][:]).all() and (old["rate"][:] == new["rate"][:]).all()


def test_no_spiking_run_is_repeated(swept):
    journal = swept.path("folder/journal.sqlite").read_bytes()
    swept.ok("compare", "folder", "--quiet", "--closures", "none")
    assert swept.path("folder/journal.sqlite").read_bytes() == journal


def test_some_closures(swept):
    swept.ok("sweep", "net.toml", "--out", "some")
    j = json.loads(swept.ok("compare", "some", "--closures", "resonant,none", "--json", "--quiet").out)
    assert list(j["rows"][0]["levels"]) == ["mass.resonant", "mass"]
    assert swept.json("info", "some")["levels"] == ["spiking", "mass.resonant", "mass", "compare"]
    before = tree(swept.folder)
    swept.refused(CONFIGURATION, "compare", "some", "--closures", "none,magic", says=["magic", "resonant_static"])
    assert tree(swept.folder) == before


def test_ideal_delay(swept):
    delays = {}
    for name, options in (("real", []), ("ideal", ["--ideal-delay"])):
        swept.ok("sweep", "net.toml", "--out", name)
        swept.ok("compare", name, "--quiet", "--closures", "none", *options)
        with netCDF4.Dataset(swept.path(name) / "dataset.nc") as d:
            delays[name] = d["mass"].delay, d["mass/rate"][:]
    assert delays["real"][0] != delays["ideal"][0] and not np.array_equal(delays["real"][1], delays["ideal"][1])


def test_a_single_run(spikemass):
    spikemass.write("net.toml", STATIONARY)
    spikemass.ok("run", "net.toml", "--out", "run.nc")
    j = json.loads(spikemass.ok("compare", "run.nc", "--json", "--quiet").out)
    assert j["points"] == 1 and [r["label"] for r in j["rows"]] == ["E"]
    assert all(abs(e["rate_error_relative"]) < 0.2 for e in j["rows"][0]["levels"].values())
    assert spikemass.json("info", "run.nc")["levels"] == ["spiking", *levels(CLOSURES), "compare"]


def test_a_network_file(spikemass):
    spikemass.write("net.toml", STATIONARY)
    first = json.loads(spikemass.ok("compare", "net.toml", "--trials", "2", "--closures", "none,resonant", "--json", "--quiet").out)
    assert first["dataset"] == "net.compare/dataset.nc"
    assert spikemass.json("status", "net.compare")["planned"] == 2
    seconds = spikemass.json("status", "net.compare")["wall_seconds"]
    again = json.loads(spikemass.ok("compare", "net.toml", "--trials", "2", "--closures", "none,resonant", "--json", "--quiet").out)
    assert again == first and spikemass.json("status", "net.compare")["wall_seconds"] == seconds   # nothing is run twice
    spikemass.refused(CONFIGURATION, "compare", "net.toml", "--trials", "3", says=["another configuration", "trials: 2 -> 3"], lines=None)


def test_a_network_file_with_sweep(spikemass):
    spikemass.write("net.toml", NET)
    j = json.loads(spikemass.ok("compare", "net.toml", "--out", "folder", "--set", "sweep.trials=1", "--closures", "none", "--json", "--quiet").out)
    assert j["points"] == 4 and spikemass.json("status", "folder")["trials"] == 1


def test_stopped_while_it_runs_the_network(spikemass):
    spikemass.write("net.toml", edited(STATIONARY, "duration  = 20.0", "duration  = 200000.0"))
    compare = spikemass.start("compare", "net.toml", "--out", "folder")
    try:
        compare.wait(timeout=1.5)
    except Exception:
        compare.terminate()
    out, err = compare.communicate(timeout=60)
    assert compare.returncode == RESUMABLE and out == "" and "same command again" in err, (out, err)


def test_remarks_are_said_once(swept):
    warnings = [line for line in swept.ok("compare", "folder").err.splitlines() if line.startswith("warning: ")]
    kinds = [re.sub(r"[0-9.]+ %", "%", re.sub(r" At (all )?[0-9]+.*", "", w)) for w in warnings]
    assert len(kinds) == len(set(kinds))
    assert all(w.endswith(" points.") for w in warnings)
    assert swept.ok("compare", "folder", "--quiet").err == ""


def test_too_short_a_record_is_said(spikemass):
    spikemass.write("net.toml", ONE)
    spikemass.ok("run", "net.toml", "--out", "run.nc")
    assert "No stationary means" in spikemass.ok("compare", "run.nc").err
    spikemass.write("settling.toml", STATIONARY.replace("warmup    = 20.0", "warmup    = 1.0").replace("duration  = 20.0", "duration  = 10.0"))
    spikemass.ok("run", "settling.toml", "--out", "settling.nc")
    assert "may not have settled" in spikemass.ok("compare", "settling.nc").err


def test_without_potentials(spikemass):
    spikemass.write("net.toml", edited(STATIONARY, '["rate", "v", "order_parameter"]', '["rate"]'))
    spikemass.ok("run", "net.toml", "--out", "run.nc")
    out = spikemass.ok("compare", "run.nc", "--quiet").out
    assert "Errors of r" in out and "v was not recorded" in out


def test_no_exact_mass(spikemass):
    spikemass.write("net.toml", edited(edited(STATIONARY, "lorentzian", "gaussian"), "half_width", "sd"))
    spikemass.ok("run", "net.toml", "--out", "run.nc")
    before = tree(spikemass.folder)
    spikemass.refused(CONFIGURATION, "compare", "run.nc", says=["E", "exact mass", "Lorentzian"])
    assert tree(spikemass.folder) == before


def on_terminal(folder, *arguments, env=None):
    """What the program writes on a terminal of 120 columns."""
    pid, master = pty.fork()
    if pid == 0:
        os.chdir(folder)
        os.environ.pop("NO_COLOR", None)
        os.environ.update(env or {})
        os.environ["TERM"] = "xterm"
        os.execv(PROGRAM, [PROGRAM, *arguments])
    text = b""
    while select.select([master], [], [], 60)[0]:
        try:
            piece = os.read(master, 65536)
        except OSError:
            break
        if not piece:
            break
        text += piece
    os.close(master)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), text.decode()


def test_colour_only_on_a_terminal_and_without_no_color(swept):
    code, text = on_terminal(swept.folder, "compare", "folder", "--quiet")
    assert code == 0 and "\033[1;32m" in text
    for value, coloured in (("1", False), ("", True)):
        code, text = on_terminal(swept.folder, "compare", "folder", "--quiet", env={"NO_COLOR": value})
        assert code == 0 and ("\033[1;32m" in text) == coloured
    assert "\033" not in swept.ok("compare", "folder").out


def test_axes_of_numbers_only(spikemass):
    spikemass.write("net.toml", edited(SWEEP, '"projection.EE.topology.kind"          = ["erdos_renyi", "fixed_indegree"]', '"projection.EE.strength" = [1.0, 5.0]'))
    spikemass.ok("sweep", "net.toml", "--out", "folder")
    j = json.loads(spikemass.ok("compare", "folder", "--closures", "none", "--json", "--quiet").out)
    assert [r["label"] for r in j["rows"]] == ["10, 1", "10, 5", "30, 1", "30, 5", "100, 1", "100, 5"] and {r["group"] for r in j["rows"]} == {""}


SUITE = STATIONARY + """
[stimulus.step]
target    = "E"
kind      = "step"
start     = 24.0
stop      = 34.0
amplitude = 2.0

[stimulus.wave]
target    = "E"
kind      = "sine"
start     = 40.0
stop      = 46.0
frequency = 0.25
amplitude = 1.0

[sweep]
trials    = 3
"projection.EE.topology.mean_indegree" = [20, 60]
"""


def test_scores_of_several_datasets(shared):
    shared.write("suite.toml", SUITE)
    settings = ["--set", "run.warmup=14.0", "--set", "run.duration=36.0", "--set", "population.E.size=4000"]
    for folder, seed in (("first", 1), ("second", 2)):
        shared.ok("sweep", "suite.toml", "--out", folder, "--seed", seed, "--quiet", *settings)
    both = shared.json("compare", "first", "second", "--closures", "none,two_cumulant", "--details", "--quiet")
    assert len(both["suites"]) == 2 and both["all"]["scores"]["cells"] == sum(s["scores"]["cells"] for s in both["suites"])
    columns = set(both["all"]["scores"]["noise"])
    assert columns == {"steady", "onset", "late", "sine"}
    assert both["all"]["scores"]["best_shortcut"] == "mass.two_cumulant" and both["all"]["scores"]["levels"]["mass"]["of_exact"] == 1.0
    alone = shared.json("compare", "first", "--closures", "none,two_cumulant", "--quiet")
    assert alone["scores"] == both["suites"][0]["scores"]
    # an onset cell, from the dataset itself
    with netCDF4.Dataset(shared.path("first/dataset.nc")) as d:
        time = d["time"][:]
        window = (time > 24.0) & (time < 29.0)
        r, v = (d[name][0, :, :, 0].mean(axis=0)[window] for name in ("rate", "v"))
        rm, vm = (d["mass"][name][0, :, 0][window] for name in ("rate", "v"))
    expected = np.sqrt(np.sum((np.pi * (rm - r)) ** 2 + (vm - v) ** 2) / np.sum((np.pi * r) ** 2 + v**2))
    cell = next(c for c in both["suites"][0]["cells"] if c["column"] == "onset")
    assert "mean_indegree = 20" in cell["name"] and "24 to 29" in cell["name"]
    assert cell["error"]["mass"] == pytest.approx(expected, rel=1e-5)
    text = shared.ok("compare", "first", "second", "--closures", "none", "--quiet").out
    assert "All together" in text and "joint" in text
    shared.refused(CONFIGURATION, "compare", "first", "second", "--out", "x", says=["--out", "several"], outputs=["x"])
