"""learn: from a sweep to closure files that run as masses; what it refuses."""

import json
import re

import pytest

from networks_to_learn import STEP
from program import CONFIGURATION, IO, RUNTIME


@pytest.fixture(scope="module")
def learned(shared):
    shared.write("net.toml", STEP)
    shared.ok("sweep", "net.toml", "--out", "runs", "--quiet")
    return shared, shared.json("learn", "runs", "--out", "learned", "--ensemble", 2, "--quiet")


def test_closures_come_closer_than_the_exact_mass(learned):
    program, j = learned
    assert j["validate_indegrees"] == [40] and j["train_indegrees"] == [10, 20, 80]
    assert len(j["networks"]) == 2 and len(j["elimination"]) == 28
    assert min(n["loss"] for n in j["networks"]) < 0.6 * j["exact_mass"]["loss"]
    assert 1 <= j["chosen_terms"] <= 8
    table = program.json("compare", "runs", "--closures", "none,learned/closure.toml,learned/closure_network.toml", "--quiet")
    score = {r["level"]: r["steady"] for r in table["ranking"]}
    assert set(score) == {"none", "learned_formula", "learned_network"} or set(score) == {"mass", "mass.learned_formula", "mass.learned_network"}, score
    names = sorted(score, key=score.get)
    assert not names[0].endswith(("none", "mass"))


def test_closure_files_run_everywhere(learned):
    program, _ = learned
    run = program.json("run", "net.toml", "--level", "mass", "--closure", "learned/closure.toml")
    assert run["level"] == "mass.learned_formula"
    assert program.json("run", "net.toml", "--level", "mass")["populations"]["E"]["rate_mean"] != run["populations"]["E"]["rate_mean"]
    assert program.json("analyse", "net.toml", "--closure", "learned/closure_network.toml")["fixed_points"]


def test_warns_outside_its_training_range(learned):
    program, _ = learned
    for closure in ("learned/closure.toml", "learned/closure_network.toml"):
        inside = program.json("run", "net.toml", "--level", "mass", "--closure", closure)
        assert not any("learned from" in w for w in inside.get("warnings", []))
        outside = program.json("run", "net.toml", "--level", "mass", "--closure", closure, "--set", "projection.EE.topology.mean_indegree=1")
        assert any("learned from" in w and "extrapolates" in w for w in outside["warnings"]), outside["warnings"]


def test_train_range_leaves_points_out(learned):
    program, j = learned
    part = program.json("learn", "runs", "--out", "part", "--ensemble", 1, "--quiet", "--train-range", "projection.EE.topology.mean_indegree=0,30", "--validate-indegrees", "40")
    assert part["train_indegrees"] == [10, 20] and part["validate_indegrees"] == [40] and part["steady_windows"] < j["steady_windows"]


def test_same_seed_same_result_and_resume(learned):
    program, j = learned
    saved = json.loads(program.path("learned/checkpoint.json").read_text())
    saved["members"] = saved["members"][:1]
    program.path("again").mkdir()
    program.path("again/checkpoint.json").write_text(json.dumps(saved))
    again = program.json("learn", "runs", "--out", "again", "--ensemble", 2, "--quiet", "--resume", "--threads", 1)
    assert [n["loss"] for n in again["networks"]] == [n["loss"] for n in j["networks"]]
    assert again["formula"] == j["formula"]
    del saved["members"][0]["theta"]
    for damaged in (json.dumps(saved), "{", json.dumps({**saved, "identity": 1})):
        program.path("again/checkpoint.json").write_text(damaged)
        program.refused(CONFIGURATION, "learn", "runs", "--out", "again", "--ensemble", 2, "--resume", says=["checkpoint.json", "damaged"])


def test_refused(learned):
    program, _ = learned
    program.refused(CONFIGURATION, "learn", "runs", "--out", "learned", says=["checkpoint.json", "--resume"])
    program.refused(CONFIGURATION, "learn", "runs", "--out", "x", "--train-indegrees", "10,33", says=["33", "10, 20, 40, 80"], outputs=["x"])
    program.refused(CONFIGURATION, "learn", "runs", "--out", "x", "--form", "fast", says=["static", "hidden"], outputs=["x"])
    program.refused(IO, "learn", "nowhere", "--out", "x", outputs=["x"])
    program.refused(CONFIGURATION, "learn", "runs", "--out", "x", "--train-range", "projection.EE.strength=0,9", says=["projection.EE.strength", "not swept", "mean_indegree"], outputs=["x"])
    program.refused(CONFIGURATION, "learn", "runs", "--out", "x", "--train-range", "projection.EE.topology.mean_indegree=30", says=["--train-range", "LOW,HIGH"], outputs=["x"])
    program.refused(CONFIGURATION, "run", "net.toml", "--level", "mass", "--closure", "net.toml", says=["net.toml", "[closure]"])


def test_datasets_that_cannot_be_learned_from(learned):
    program, _ = learned
    program.ok("sweep", "net.toml", "--out", "few", "--quiet", "--set", 'sweep."projection.EE.topology.mean_indegree"=[10, 20]', "--set", "sweep.trials=1")
    program.refused(CONFIGURATION, "learn", "few", "--out", "x", says=["2 levels of sparsity", "three values"], outputs=["x"])
    program.ok("sweep", "net.toml", "--out", "blind", "--quiet", "--set", 'run.record=["rate"]', "--set", "sweep.trials=1")
    program.refused(CONFIGURATION, "learn", "blind", "--out", "x", says=["v was not recorded", "run.record"], outputs=["x"])


def test_elimination_without_theory_beside_the_other(learned):
    program, j = learned
    front = j["elimination_without_theory"]
    terms = {term.partition("*")[2] for c in front for n in ("p", "q") for term in re.split(r" [+-] ", c[n])}
    assert len(front) == 22 and "h*s" in terms and not terms & {"s*c", "s^2", "c/sqrt(s^2+0.0025)"}
    for c in j["thresholded"] + front:
        assert c["loss"] is None or c["loss"] > 0.0
    assert program.json("run", "net.toml", "--level", "mass", "--closure", "learned/closure_without_theory.toml")["level"] == "mass.learned_without_theory"
    again = program.json("learn", "runs", "--out", "plain", "--ensemble", 1, "--without-theory", "--quiet")
    assert again["formula"] == again["formula_without_theory"] == j["formula_without_theory"]


def test_free_form_without_its_python(learned):
    program, _ = learned
    program.refused(RUNTIME, "learn", "runs", "--out", "x", "--free-form", env={"SPIKEMASS_PYTHON": "/nowhere/python"}, says=["/nowhere/python", "pyoperon", "packaging/python.txt", "SPIKEMASS_PYTHON"], outputs=["x"])
    for option, name in (("--free-form-symbols", "add,sin"), ("--free-form-variables", "s,r"), ("--free-form-symbols", "add,,mul")):
        program.refused(CONFIGURATION, "learn", "runs", "--out", "x", "--free-form", option, name, says=[option, "must be among"], outputs=["x"])
    program.refused(CONFIGURATION, "learn", "runs", "--out", "x", "--free-form", "--form", "hidden", says=["--form static"], outputs=["x"])


def test_free_form(learned):
    """A short search: the front, the closure file, the same result with another number of threads."""
    program, j = learned
    if program.json("doctor")["free_form"] != "ready":
        pytest.skip("pyoperon cannot be imported: pip install -r packaging/python.txt, or set SPIKEMASS_PYTHON")
    command = ["learn", "runs", "--ensemble", 1, "--free-form", "--free-form-seeds", 1, "--quiet"]
    one = program.json(*command, "--out", "free1", "--threads", 1)
    two = program.json(*command, "--out", "free2", "--threads", 2)
    assert one["free_form"] == two["free_form"] and one["free_form_formula"] == two["free_form_formula"]
    lengths = [c["length"] for c in one["free_form"]]
    assert lengths == sorted(lengths, reverse=True) and len(lengths) >= 2
    assert min(c["loss"] for c in one["free_form"]) < 0.6 * one["exact_mass"]["loss"]
    for file in ("samples.csv", "free_form.json", "closure_free_form.toml", "formula_free_form.tex"):
        assert program.path(f"free1/{file}").read_text()
    assert program.json("run", "net.toml", "--level", "mass", "--closure", "free1/closure_free_form.toml")["level"] == "mass.learned_free_form"
