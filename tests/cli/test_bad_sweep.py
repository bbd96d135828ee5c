"""Sweeps that cannot be: refused with the place and the rule before a folder is made."""

import pytest

from networks import ONE, SWEEP, edited
from program import CONFIGURATION, IO, tree

AXES = {
    "empty sweep": ("", ["net.toml:21:", "[sweep] is empty", "Add"]),
    "empty axis": ('"projection.EE.strength" = []', ["net.toml:22:", "projection.EE.strength", "the list is empty"]),
    "one trial and nothing else": ("trials = 1", ["net.toml:21:", "[sweep]"]),
    "no such key": ('"projection.EE.strenght" = [1.0, 2.0]', ["net.toml:22:", "projection.EE.strenght", "projection.EE.strength"]),
    "no such projection": ('"projection.IE.strength" = [1.0, 2.0]', ["net.toml:22:", "projection.IE.strength", "EE"]),
    "no such section": ('"projections.EE.strength" = [1.0, 2.0]', ["net.toml:22:", "projections", "projection"]),
    "no path": ("strength = [1.0, 2.0]", ["net.toml:22:", "strength", "design, trials, seeds, reference"]),
    "no list": ('"projection.EE.strength" = 3.0', ["net.toml:22:", "must be a list"]),
    "mixed types": ('"population.E.size" = [100, "many"]', ["net.toml:22:", "population.E.size", "type"]),
    "value out of range": ('"population.E.size" = [100, -100]', ["net.toml:22:", "population.E.size = -100", ">= 1", "Sweep point 1"]),
    "K > N - 1 at a point": ('"projection.EE.topology.mean_indegree" = [100, 600]', ["net.toml:22:", "600", "499", "Sweep point 1"]),
    "no such population at a point": ('"projection.EE.source" = ["E", "Q"]', ["net.toml:22:", "Q", "Sweep point 1"]),
    "delay between steps at a point": ('"projection.EE.delay" = [0.01, 0.015]', ["net.toml:22:", "0.015", "whole number of steps", "Sweep point 1"]),
    "bin between steps at a point": ('"run.dt" = [0.01, 0.03]', ["net.toml:5:", "0.03", "whole", "Sweep point 1: run.dt = 0.03"]),
    "zip of unequal lists": ('design = "zip"\n"projection.EE.strength" = [1.0, 2.0]\n"population.E.size" = [100]', ["net.toml:24:", "zip", "equally long"]),
    "no such design": ('design = "grd"\n"projection.EE.strength" = [1.0]', ["net.toml:22:", "design", "grd", "grid"]),
    "samples without their number": ('design = "latin_hypercube"\n"projection.EE.strength" = [1.0, 2.0]', ["net.toml:22:", "sweep.design.points is missing"]),
    "samples of three values": ('design = { kind = "sobol", points = 8 }\n"projection.EE.strength" = [1.0, 2.0, 3.0]', ["net.toml:23:", "[low, high]", "3 values"]),
    "no such reference": ('reference = "all"\n"projection.EE.strength" = [1.0]', ["net.toml:22:", "reference", "all_to_all"]),
    "no trials": ('trials = 0\n"projection.EE.strength" = [1.0]', ["net.toml:22:", "sweep.trials = 0", ">= 1"]),
    "negative trials": ('trials = -2\n"projection.EE.strength" = [1.0]', ["net.toml:22:", "sweep.trials = -2", ">= 1"]),
    "the same path twice": ('"projection.EE.strength" = [1.0]\nprojection.EE.strength = [2.0]', ["net.toml:2", "projection.EE.strength"]),
}
CANNOT = {"run.time_unit": '["tau", "ms"]', "run.warmup": "[1.0, 2.0]", "run.duration": "[1.0, 2.0]", "run.bin": "[0.1, 0.2]", "run.record": '["rate", "v"]',
          "population": "[1, 2]", "population.E": "[1, 2]", "projection.EE.topology": "[1, 2]", "extends": '["a.toml"]'}


@pytest.mark.parametrize("name", AXES)
def test_is_refused(spikemass, name):
    axes, says = AXES[name]
    spikemass.write("net.toml", ONE + "\n[sweep]\n" + axes + "\n")
    spikemass.refused(CONFIGURATION, "sweep", "net.toml", "--out", "folder", says=says, outputs=["folder"])
    spikemass.refused(CONFIGURATION, "sweep", "net.toml", "--dry-run", says=says)
    spikemass.refused(CONFIGURATION, "validate", "net.toml", says=says)


@pytest.mark.parametrize("path", CANNOT)
def test_what_cannot_be_swept(spikemass, path):
    spikemass.write("net.toml", ONE + f'\n[sweep]\n"{path}" = {CANNOT[path]}\n')
    spikemass.refused(CONFIGURATION, "sweep", "net.toml", "--out", "folder", says=["net.toml:22:", path.split(".")[-1]], outputs=["folder"])


def test_no_sweep_section(spikemass):
    spikemass.write("net.toml", ONE)
    spikemass.refused(CONFIGURATION, "sweep", "net.toml", "--out", "folder", says=["net.toml", "[sweep]", "run"], outputs=["folder"])


def test_no_folder_named(spikemass):
    spikemass.write("net.toml", SWEEP)
    spikemass.refused(CONFIGURATION, "sweep", "net.toml", says=["--out", "folder"])


def test_bad_max_wall(spikemass):
    spikemass.write("net.toml", SWEEP)
    for text in ("soon", "-3h", "0", "3 fortnights", "nan", "inf", ""):
        if text:
            spikemass.refused(CONFIGURATION, "sweep", "net.toml", "--out", "folder", f"--max-wall={text}", says=["--max-wall", "90s or 3h"], outputs=["folder"])


def test_a_folder_holds_one_sweep(spikemass):
    spikemass.write("net.toml", SWEEP)
    spikemass.ok("sweep", "net.toml", "--out", "folder")
    spikemass.refused(CONFIGURATION, "sweep", "net.toml", "--out", "folder", says=["folder", "--resume", "--out"])


def test_resume_prints_how_the_configurations_differ(spikemass):
    spikemass.write("net.toml", SWEEP)
    spikemass.ok("sweep", "net.toml", "--out", "folder")
    changes = {
        "run.dt": (["--set", "run.dt=0.02"], ["network.run.dt: 0.01 -> 0.02"]),
        "a value of an axis": (["--set", "sweep.trials=3"], ["sweep.trials: 2 -> 3"]),
        "seed": (["--seed", "4"], ["network.run.seed: 3 -> 4"]),
        "what is recorded": (["--set", 'run.record=["rate"]'], ["network.run.record"]),
    }
    for options, says in changes.values():
        spikemass.refused(CONFIGURATION, "sweep", "net.toml", "--out", "folder", "--resume", *options, says=["folder/journal.sqlite", "another configuration", *says], lines=None)
    spikemass.write("net.toml", edited(SWEEP, "[10, 30, 100]", "[10, 30, 200]"))
    spikemass.refused(CONFIGURATION, "sweep", "net.toml", "--out", "folder", "--resume", says=["another configuration", "100", "200"], lines=None)
    spikemass.write("net.toml", edited(SWEEP, "[population.E]", "[population.F]").replace('"E"', '"F"'))
    spikemass.refused(CONFIGURATION, "sweep", "net.toml", "--out", "folder", "--resume", says=["another configuration", "population.E", "population.F"], lines=None)


def test_resume_accepts_the_same_configuration_said_otherwise(spikemass):
    spikemass.write("net.toml", SWEEP)
    spikemass.ok("sweep", "net.toml", "--out", "folder")
    before = tree(spikemass.path("folder"))
    spikemass.write("other.toml", 'extends = "net.toml"  # nothing changed\n')
    spikemass.ok("sweep", "other.toml", "--out", "folder", "--resume", "--threads", "1", "--set", "run.seed=3")
    after = tree(spikemass.path("folder"))
    assert after["dataset.nc"] == before["dataset.nc"]


def test_folders_that_are_no_sweep(spikemass):
    spikemass.write("net.toml", ONE)
    spikemass.path("empty").mkdir()
    for path in ("empty", "nowhere", "net.toml"):
        spikemass.refused(IO, "status", path, says=[path])
        if path != "net.toml":
            spikemass.refused(IO, "compare", path, says=[path])
            spikemass.refused(IO, "validate", path, says=[path])
            spikemass.refused(IO, "info", path, says=[path])
