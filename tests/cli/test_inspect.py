"""`validate`, `info`, `doctor`, `status`, `report`: on good files."""

import json
import os
import re
import subprocess

import pytest

from networks import ONE, STATIONARY, SWEEP, edited, two
from program import CONFIGURATION, PROGRAM, tree


@pytest.fixture(scope="module")
def swept(shared):
    shared.write("net.toml", SWEEP)
    shared.ok("sweep", "net.toml", "--out", "folder")
    shared.ok("compare", "folder", "--quiet")
    return shared


def test_validate(swept):
    swept.write("one.toml", two())
    before = tree(swept.folder)
    assert "valid network: 2 populations, 4 projections" in swept.ok("validate", "one.toml").out
    assert "sweep of 6 points x 2 trials" in swept.ok("validate", "net.toml").out
    assert "valid dataset" in swept.ok("validate", "folder").out
    assert "valid dataset" in swept.ok("validate", "folder/dataset.nc").out
    j = swept.json("validate", "one.toml", "--set", "run.seed=8")
    assert j["valid"] is True and j["resolved"]["run"]["seed"] == 8
    assert swept.json("validate", "folder") == {"file": "folder/dataset.nc", "valid": True}
    assert tree(swept.folder) == before


def test_validate_looks_for_initial_fixed_points(spikemass):
    spikemass.write("net.toml", ONE + '[population.E.initial]\nkind = "fixed_point"\nbranch = "high"\n')
    spikemass.ok("validate", "net.toml")


def test_validate_accepts_what_a_sweep_accepts(spikemass):
    """A key may be left to the axes; a point that cannot start is refused by all three."""
    axis = '\n[sweep]\n"projection.EE.topology.mean_indegree" = [10, 30]\n"projection.EE.strength" = [1.0, 5.0]\n'
    spikemass.write("net.toml", edited(edited(ONE, ", mean_indegree = 50", ""), "strength = 5.0\n", "") + axis)
    spikemass.ok("sweep", "net.toml", "--dry-run")
    assert "sweep of 4 points x 1 trials" in spikemass.ok("validate", "net.toml").out
    resolved = spikemass.json("validate", "net.toml")["resolved"]
    assert resolved["projection"]["EE"]["topology"]["mean_indegree"] == 10 and resolved["projection"]["EE"]["strength"]["mean"] == 1.0
    spikemass.refused(CONFIGURATION, "run", "net.toml", says=["projection.EE", "is missing"])
    assert spikemass.json("run", "net.toml", "--set", "projection.EE.topology.mean_indegree=10", "--set", "projection.EE.strength=1.0")["spikes"] > 0
    gaussian = ONE + '[population.E.initial]\nkind = "fixed_point"\n[sweep]\n"population.E.params.eta.distribution" = ["lorentzian", "gaussian"]\n'
    spikemass.write("net.toml", edited(gaussian, "half_width = 0.5", "half_width = 0.5, sd = 0.5"))
    for verb in (["validate", "net.toml"], ["sweep", "net.toml", "--dry-run"], ["sweep", "net.toml", "--out", "folder"]):
        spikemass.refused(CONFIGURATION, *verb, says=["net.toml", "gaussian", "Sweep point 1"], outputs=["folder"])


def test_resolved_configuration_runs_again(spikemass):
    spikemass.write("net.toml", two())
    resolved = spikemass.json("validate", "net.toml")["resolved"]
    spikemass.write("resolved.json", json.dumps(resolved))
    assert spikemass.json("run", "resolved.json")["digest"] == spikemass.json("run", "net.toml")["digest"]


def test_info(swept):
    text = swept.ok("info", "net.toml").out
    assert "dt 0.01 tau" in text and "population E: 500 qif neurons" in text and "projection EE: E -> E" in text and "synapses" in text
    assert swept.json("info", "net.toml")["population"]["E"]["size"] == 500
    j = swept.json("info", "folder")
    assert (j["points"], j["trials"], j["references"], j["bins"], j["time_unit"]) == (6, 2, 1, 40, "tau")
    assert j["recorded"] == ["rate", "v", "order_parameter"] and j["status"] == {"ok": 12, "failed": 0, "missing": 0}
    assert j["swept"]["projection.EE.topology.mean_indegree"] == [10, 30, 100] and j["levels"][0] == "spiking" and "mass.resonant" in j["levels"]
    text = swept.ok("info", "folder/dataset.nc").out
    assert "points: 6" in text and "erdos_renyi, fixed_indegree" in text and text.endswith("\n") and not text.endswith("\n\n")


def test_listing_of_keys_is_complete(spikemass):
    text = spikemass.ok("info", "--keys").out
    for section in ("[run]", "[population.NAME]", "[population.NAME.params.eta]", "[projection.NAME.topology]", "[projection.NAME.delay]", "[stimulus.NAME]", "[sweep]"):
        assert section in text
    for key in ("seed", "time_unit", "dt", "warmup", "duration", "bin", "record", "mean_indegree", "normalise", "tau_rise", "high", "reference"):
        assert re.search(rf"^  {key}\s", text, re.MULTILINE), key


def test_doctor(spikemass):
    j = spikemass.json("doctor")
    assert {"version", "commit", "compiler", "system", "processor", "threads", "instruction_set", "memory_available_bytes", "backends", "cuda", "neuron_models", "closures", "huge_pages", "free_form",
            "report"} <= j.keys()
    assert j["backends"] == (["cpu"] if j["cuda"] == "not in this build" else ["cpu", "cuda"]) and 1 <= j["threads"] <= (os.cpu_count() or 1) and j["memory_available_bytes"] > 1e6
    assert j["neuron_models"] == ["qif", "theta", "lif", "iaf_psc_exp"] and len(j["closures"]) == 7 and j["instruction_set"] in ("x86-64-v3", "x86-64-v4")
    assert j["cuda"] == "not in this build" or re.match(r"CUDA \d+\.\d+ \(.*\), (no driver|driver for CUDA \d+\.\d+); (GPU 0: |no GPU: .)", j["cuda"]), j["cuda"]
    assert "processor" in spikemass.ok("doctor").out


def test_report(swept):
    swept.write("stationary.toml", STATIONARY + '[sweep]\ntrials = 3\nreference = "all_to_all"\n"projection.EE.topology.mean_indegree" = [20, 60]\n'
                                                '"projection.EE.topology.kind" = ["erdos_renyi", "fixed_indegree"]\n')
    swept.ok("compare", "stationary.toml", "--out", "stationary", "--quiet")
    assert swept.ok("report", "stationary").out == "stationary/report.html\n"
    page = swept.path("stationary/report.html").read_text()
    assert page.lstrip().lower().startswith("<!doctype html") and page.rstrip().endswith("</html>")
    assert not re.findall(r"""(?:src|href|url)\s*[=(]\s*["']?\s*(?:https?:)?//""", page), "not self-contained"
    assert not re.findall(r"<(?:link|script)[^>]+(?:src|href)=", page)
    assert all(source.startswith("data:image/") for source in re.findall(r'<img[^>]*src="([^"]*)"', page)) and page.count("<img") >= 2
    for word in ("resonant", "cauchy", "two cumulant", "mean in-degree", "Erdős–Rényi", "500"):
        assert word in page
    swept.ok("report", "folder")   # a record that is too short for stationary means
    before = swept.path("stationary/dataset.nc").read_bytes()
    assert swept.ok("report", "stationary/dataset.nc", "--out", "page.html", "--png", "pictures", "--quiet").out == ""
    assert swept.path("page.html").exists() and len(list(swept.path("pictures").glob("*.png"))) >= 2
    assert swept.path("stationary/dataset.nc").read_bytes() == before


def test_report_of_a_single_run(spikemass):
    spikemass.write("net.toml", two())
    spikemass.ok("run", "net.toml", "--out", "run.nc")
    spikemass.ok("report", "run.nc")
    assert spikemass.path("report.html").exists() or spikemass.path("run.html").exists()


def test_report_without_its_python(swept):
    result = swept("report", "folder", env={"SPIKEMASS_PYTHON": "/nowhere/python"})
    assert result.code == 1 and "/nowhere/python" in result.err and "SPIKEMASS_PYTHON" in result.err and result.out == ""


def test_options_apply_to_what_is_inspected(spikemass):
    spikemass.write("net.toml", ONE)
    assert "K = 20" in spikemass.ok("info", "net.toml", "--set", "projection.EE.topology.mean_indegree=20").out
    spikemass.refused(CONFIGURATION, "info", "net.toml", "--set", "projection.EE.topology.mean_indegree=2000", says=["mean_indegree", "499"])


def test_another_folder_and_strange_names(spikemass):
    """Spaces, umlauts and a leading dash in names of files; the program called from elsewhere."""
    spikemass.write("a folder/größe $x.toml", SWEEP)
    spikemass.ok("sweep", "a folder/größe $x.toml", "--out", "a folder/my results; rm x", "--spikes")
    spikemass.ok("compare", "a folder/my results; rm x", "--quiet")
    spikemass.ok("report", "a folder/my results; rm x")
    spikemass.ok("validate", spikemass.path("a folder/my results; rm x").resolve())
    spikemass.write("-net.toml", ONE)
    spikemass.ok("run", "./-net.toml")
    result = subprocess.run([PROGRAM, "validate", spikemass.path("a folder/my results; rm x")], cwd="/", capture_output=True, text=True)
    assert result.returncode == 0, result.stderr


def test_extends_is_found_from_anywhere(spikemass):
    spikemass.write("base/net.toml", ONE)
    spikemass.write("derived/net.toml", 'extends = "../base/net.toml"\n[projection.EE]\nstrength = 1.0\n')
    assert spikemass.json("run", "derived/net.toml")["digest"] == spikemass.json("run", "base/net.toml", "--set", "projection.EE.strength=1.0")["digest"]
    spikemass.write("derived/sweep.toml", 'extends = "../base/net.toml"\n[sweep]\ntrials = 2\n')
    spikemass.ok("sweep", "derived/sweep.toml", "--out", "folder")
    assert "extends" not in spikemass.path("folder/network.toml").read_text()
    spikemass.path("base/net.toml").unlink()   # the folder stands alone
    spikemass.ok("compare", "folder", "--quiet", "--closures", "none")
    spikemass.ok("sweep", "folder/network.toml", "--out", "folder", "--resume")


def test_toml_with_a_sweep_in_pieces(spikemass):
    spikemass.write("net.toml", edited(SWEEP, '"projection.EE.topology.kind"          = ["erdos_renyi", "fixed_indegree"]', 'projection.EE.topology.kind = ["erdos_renyi", "fixed_indegree"]'))
    assert spikemass.json("sweep", "net.toml", "--dry-run")["points"] == 6
