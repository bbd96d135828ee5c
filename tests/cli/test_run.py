"""`run`: what it prints to scripts and to people, and where."""

import json
import math
import re

import pytest

from networks import ONE, edited, two
from program import DIVERGENCE, tree

MS = ONE.replace('"tau"', '"ms"').replace("= 0.01", "= 0.1").replace("= 2.0", "= 20.0").replace("= 4.0", "= 40.0").replace("bin       = 0.1", "bin       = 1.0") \
    .replace("params = { eta", "params = { tau_ms = 10.0, eta")
WHOLE, REAL, TEXT = int, float, str
KEYS = {"level": TEXT, "backend": TEXT, "backend_reason": TEXT, "strategy": TEXT, "seed": WHOLE, "trial": WHOLE, "digest": TEXT, "steps": WHOLE, "synapses": WHOLE, "spikes": WHOLE, "wall_seconds": REAL,
        "build_seconds": REAL, "capped_fraction": REAL, "populations": dict, "projections": dict}
PROJECTION_KEYS = {"synapses": WHOLE, "k_mean": REAL, "k_var": REAL, "degree_correlation": REAL, "effective_delay": REAL, "format": TEXT, "graph_checksum": TEXT}


def test_json_has_every_key_of_the_contract(spikemass):
    spikemass.write("net.toml", two())
    j = spikemass.json("run", "net.toml", "--set", 'run.record=["rate", "v", "order_parameter"]')
    assert {k: type(v) for k, v in j.items()} == KEYS
    assert (j["level"], j["backend"], j["seed"], j["trial"], j["steps"]) == ("spiking", "cpu", 5, 0, 400)
    assert re.fullmatch("[0-9a-f]{16}", j["digest"])
    assert list(j["populations"]) == ["E", "I"] and list(j["projections"]) == ["EE", "EI", "IE", "II"]
    for name, size in (("E", 404), ("I", 101)):
        p = j["populations"][name]
        assert list(p) == ["size", "rate_mean", "rate_sem", "v_mean", "v_sem", "z_re_mean", "z_im_mean", "z_abs_mean"]
        assert p["size"] == size and p["rate_mean"] > 0 and p["rate_sem"] > 0 and all(math.isfinite(x) for x in p.values())
    for name, p in j["projections"].items():
        unlike = {} if name == "EE" else {"degree_correlation": type(None)}   # between populations, or nothing is stored
        assert {k: type(v) for k, v in p.items()} == PROJECTION_KEYS | unlike
    assert j["projections"]["EI"]["effective_delay"] == 0.05 and j["projections"]["EE"]["effective_delay"] == 0.01
    assert j["projections"]["EI"]["k_mean"] == 20 and j["projections"]["EI"]["k_var"] == 0 and j["projections"]["EI"]["synapses"] == 20 * 404
    assert j["projections"]["II"]["synapses"] == 101 * 101
    assert j["synapses"] == sum(p["synapses"] for p in j["projections"].values())
    assert j["wall_seconds"] >= 0 and j["build_seconds"] >= 0


def test_the_backend_and_why(spikemass):
    """Asking for nothing must not cost a context on every GPU, so `auto` asks no driver for work that is too short for one."""
    spikemass.write("net.toml", ONE)
    auto, cpu = spikemass.json("run", "net.toml"), spikemass.json("run", "net.toml", "--backend", "cpu")
    assert (auto["backend"], cpu["backend"], cpu["backend_reason"]) == ("cpu", "cpu", "asked for") and auto["digest"] == cpu["digest"]
    assert "no CUDA backend" in auto["backend_reason"] or "too short for a GPU" in auto["backend_reason"]
    assert "backend" not in spikemass.ok("run", "net.toml", "--backend", "cpu").out
    assert "CPU" in spikemass.json("run", "net.toml", "--level", "mass")["backend_reason"]


def test_only_what_is_recorded_is_printed(spikemass):
    spikemass.write("net.toml", edited(ONE, '["rate", "v", "order_parameter"]', '["rate"]'))
    assert list(spikemass.json("run", "net.toml")["populations"]["E"]) == ["size", "rate_mean", "rate_sem"]


def test_rate_is_spikes_per_neuron_and_time(spikemass):
    """Without warm-up every spike counts."""
    spikemass.write("net.toml", edited(ONE, "warmup    = 2.0", "warmup    = 0.0"))
    j = spikemass.json("run", "net.toml")
    assert j["populations"]["E"]["rate_mean"] == pytest.approx(j["spikes"] / 500 / 4.0, rel=1e-12)


def test_milliseconds_give_hertz(spikemass):
    spikemass.write("tau.toml", ONE)
    spikemass.write("ms.toml", MS)
    tau, ms = spikemass.json("run", "tau.toml"), spikemass.json("run", "ms.toml")
    assert ms["digest"] == tau["digest"]   # the same network in other units
    assert ms["populations"]["E"]["rate_mean"] == pytest.approx(100 * tau["populations"]["E"]["rate_mean"], rel=1e-9)
    assert ms["populations"]["E"]["rate_sem"] == pytest.approx(100 * tau["populations"]["E"]["rate_sem"], rel=1e-9)
    assert ms["populations"]["E"]["v_mean"] == pytest.approx(tau["populations"]["E"]["v_mean"], rel=1e-6)
    assert ms["projections"]["EE"]["effective_delay"] == 0.1
    assert " Hz" in spikemass.ok("run", "ms.toml").out and " 1/tau" in spikemass.ok("run", "tau.toml").out
    mass_tau, mass_ms = (spikemass.json("run", f, "--level", "mass")["populations"]["E"]["rate_mean"] for f in ("tau.toml", "ms.toml"))
    assert mass_ms == pytest.approx(100 * mass_tau, rel=1e-6)


def test_mass_and_closures(spikemass):
    spikemass.write("net.toml", ONE)
    for closure in ("none", "indegree_lorentzian", "two_cumulant", "cauchy", "degree_classes", "resonant_static", "resonant"):
        j = spikemass.json("run", "net.toml", "--level", "mass", "--closure", closure, "--quiet")
        assert j["level"] == ("mass" if closure == "none" else f"mass.{closure}")
        assert j["digest"] is None and j["spikes"] == 0
        assert {"rate_mean", "rate_sem", "v_mean", "v_sem", "z_re_mean", "z_im_mean"} <= j["populations"]["E"].keys()
        assert j["populations"]["E"]["rate_mean"] == pytest.approx(0.65, rel=0.2)


def test_a_mass_that_diverges_is_exit_6(spikemass):
    spikemass.write("net.toml", ONE)
    spikemass.refused(DIVERGENCE, "run", "net.toml", "--level", "mass", "--closure", "cauchy", "--set", "projection.EE.strength=-3000", "--set", "projection.EE.topology.mean_indegree=2", "--out", "out/m.nc",
                      says=["closure cauchy", "t = "], outputs=["out"])


def test_warnings_are_in_the_object_and_on_stderr_only(spikemass):
    spikemass.write("net.toml", ONE)
    few = ["--level", "mass", "--closure", "resonant", "--set", "projection.EE.topology.mean_indegree=2"]
    loud = spikemass.ok("run", "net.toml", *few, "--json")
    warnings = json.loads(loud.out)["warnings"]
    assert warnings and all(f"warning: {w}\n" in loud.err for w in warnings)
    quiet = spikemass.ok("run", "net.toml", *few, "--json", "--quiet")
    assert quiet.err == "" and json.loads(quiet.out)["warnings"] == warnings


def test_result_on_stdout_nothing_on_stderr(spikemass):
    spikemass.write("net.toml", ONE)
    for options in ([], ["--json"], ["--quiet"], ["--quiet", "--json"]):
        result = spikemass.ok("run", "net.toml", *options)
        assert result.out and result.err == "" and "\033" not in result.out
    before = tree(spikemass.folder)
    spikemass.ok("run", "net.toml")
    assert tree(spikemass.folder) == before   # no file unless one is named


def test_set_and_seed(spikemass):
    spikemass.write("net.toml", ONE)
    base = spikemass.json("run", "net.toml")
    changed = spikemass.json("run", "net.toml", "--set", "population.E.size=300", "--set", "projection.EE.topology.kind=fixed_indegree", "--set", "run.seed=9")
    assert changed["populations"]["E"]["size"] == 300 and changed["seed"] == 9 and changed["projections"]["EE"]["k_var"] == 0
    assert spikemass.json("run", "net.toml", "--seed", 9)["digest"] == spikemass.json("run", "net.toml", "--set", "run.seed=9")["digest"] != base["digest"]
    last = spikemass.json("run", "net.toml", "--set", "population.E.size=300", "--set", "population.E.size=200")
    assert last["populations"]["E"]["size"] == 200
