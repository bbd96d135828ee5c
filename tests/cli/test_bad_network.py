"""What is wrong with a network file is said with file, line, key, value, rule and remedy; nothing is written."""

import pytest

from networks import ONE, TWO_RUN, edited, two
from program import CONFIGURATION, IO

POPULATION = TWO_RUN + '[population.E]\nmodel = "qif"\nsize = 5\nparams = { eta = 1.0 }\n'

CASES = {
    "unknown key": (edited(ONE, "warmup ", "warmupp "), ["net.toml:5:", "warmupp", "run.warmup"]),
    "unknown key of a table": (edited(ONE, "half_width", "halfwidth"), ["net.toml:13:", "halfwidth", "half_width"]),
    "unknown section": (ONE + "[populaton.I]\nsize = 3\n", ["net.toml:20:", "populaton", "population"]),
    "unknown kind": (edited(ONE, "erdos_renyi", "erdos_reny"), ["net.toml:18:", "erdos_reny", "erdos_renyi"]),
    "unknown model": (edited(ONE, '"qif"', '"qiff"'), ["net.toml:11:", "qiff", "qif"]),
    "model of a later version": (edited(ONE, '"qif"', '"gif"'), ["net.toml:11:", "gif", "qif"]),
    "string for a number": (edited(ONE, "= 0.01", '= "0.01"'), ["net.toml:4:", "run.dt", "a number", "a string"]),
    "number for a string": (edited(ONE, '"qif"', "3"), ["net.toml:11:", "population.E.model", "3"]),
    "fraction for an integer": (edited(ONE, "= 500", "= 500.5"), ["net.toml:12:", "population.E.size", "500.5", "an integer"]),
    "list for a number": (edited(ONE, "= 5.0", "= [5.0]"), ["net.toml:19:", "projection.EE.strength = [5.0]", "a number or a table"]),
    "table for a number": (edited(ONE, "= 0.01", "= { value = 1 }"), ["net.toml:4:", "run.dt", "table"]),
    "negative size": (edited(ONE, "= 500", "= -500"), ["net.toml:12:", "population.E.size = -500", ">= 1"]),
    "size 0": (edited(ONE, "= 500", "= 0"), ["net.toml:12:", "population.E.size = 0", ">= 1"]),
    "negative width": (edited(ONE, "half_width = 0.5", "half_width = -0.5"), ["net.toml:13:", "half_width = -0.5", ">= 0"]),
    "nan": (edited(ONE, "= 5.0", "= nan"), ["net.toml:19:", "projection.EE.strength", "nan"]),
    "infinity": (edited(ONE, "= 5.0", "= inf"), ["net.toml:19:", "projection.EE.strength", "inf"]),
    "dt 0": (edited(ONE, "= 0.01", "= 0.0"), ["net.toml:4:", "run.dt", "> 0"]),
    "K > N - 1": (edited(ONE, "= 50 ", "= 500 "), ["net.toml:18:", "mean_indegree = 500", "499 sources", "mean_indegree <= 499"]),
    "K > N - 1, fixed": (edited(edited(ONE, "= 50 ", "= 500 "), "erdos_renyi", "fixed_indegree"), ["net.toml:18:", "499"]),
    "K not whole, fixed": (edited(edited(ONE, "= 50 ", "= 50.5 "), "erdos_renyi", "fixed_indegree"), ["net.toml:18:", "50.5", "whole"]),
    "duplicate population": (ONE + "[population.E]\nsize = 3\n", ["net.toml:20:", "population.E", "rename"]),
    "duplicate projection": (ONE + '[projection.EE]\nsource = "E"\n', ["net.toml:20:", "projection.EE", "rename"]),
    "duplicate key": (ONE + "strength = 4.0\n", ["net.toml:20:", "strength"]),
    "projection to nowhere": (edited(ONE, 'target   = "E"', 'target   = "Q"'), ["net.toml:17:", "projection.EE.target", '"Q"', "Populations of this file: E"]),
    "projection from nowhere": (edited(ONE, 'source   = "E"', 'source   = "e"'), ["net.toml:16:", "projection.EE.source", '"e"', "E"]),
    "projection without target": (edited(ONE, 'target   = "E"\n', ""), ["net.toml:15:", "projection.EE", "target"]),
    "stimulus to nowhere": (ONE + '[stimulus.s]\ntarget = "I"\nkind = "step"\namplitude = 1.0\n', ["net.toml:21:", "stimulus.s.target", '"I"']),
    "delay between steps": (ONE + "delay = 0.015\n", ["net.toml:20:", "projection.EE.delay.mean = 0.015", "whole number of steps", "0.01 or 0.02"]),
    "negative delay": (ONE + "delay = -0.01\n", ["net.toml:20:", "projection.EE.delay", ">= 0"]),
    "bin between steps": (edited(ONE, "bin       = 0.1", "bin       = 0.105"), ["net.toml:7:", "run.bin", "whole number"]),
    "duration between bins": (edited(ONE, "= 4.0", "= 4.05"), ["net.toml:6:", "run.duration", "whole number"]),
    "warm-up between steps": (edited(ONE, "= 2.0", "= 2.005"), ["net.toml:5:", "run.warmup", "whole number"]),
    "no populations": (TWO_RUN, ["net.toml", "population"]),
    "no [run]": (POPULATION[len(TWO_RUN):], ["net.toml", "run.dt is missing"]),
    "ms without tau_ms": (edited(ONE, '"tau"', '"ms"'), ["net.toml", "population.E.params", "tau_ms"]),
    "not TOML": (edited(ONE, "[run]", "[run"), ["net.toml:1:", "TOML"]),
    "two values": (edited(ONE, "= 5.0", "= 5.0 6.0"), ["net.toml:19:", "TOML"]),
    "extends nothing": ('extends = "base.toml"\n' + ONE, ["net.toml:1:", "base.toml"]),
    "extends itself": ('extends = "net.toml"\n' + ONE, ["net.toml:1:", "circle"]),
    "fixed point of a gaussian": (edited(edited(ONE, "lorentzian", "gaussian"), "half_width", "sd") + '[population.E.initial]\nkind = "fixed_point"\n',
                                  ['Population "E"', "exact mass"]),
}


@pytest.mark.parametrize("name", CASES)
def test_is_refused(spikemass, name):
    text, says = CASES[name]
    spikemass.write("net.toml", text)
    spikemass.refused(CONFIGURATION, "run", "net.toml", "--out", "out/run.nc", "--spikes", "out/spikes.h5", says=says, outputs=["out"])
    if "fixed_indegree" not in text and name != "fixed point of a gaussian":
        spikemass.refused(CONFIGURATION, "validate", "net.toml", says=says)
        spikemass.refused(CONFIGURATION, "compare", "net.toml", "--out", "folder", says=says, outputs=["folder"])


def test_too_many_capped_neurons(spikemass):
    spikemass.write("net.toml", edited(edited(ONE, "= 0.01", "= 1.0"), "bin       = 0.1", "bin       = 1.0"))
    hot = ["--set", "population.E.params.eta.center=8"]
    says = ["run.dt = 1", "% of the neurons", "2 %", "smaller dt", "allow_capped"]
    spikemass.refused(CONFIGURATION, "run", "net.toml", *hot, "--out", "out/run.nc", "--spikes", "out/spikes.h5", says=says, outputs=["out"])
    allowed = spikemass("run", "net.toml", *hot, "--set", "run.allow_capped=true")
    assert allowed.code == 0 and "warning: " in allowed.err and "once per step" in allowed.err, allowed
    quiet = spikemass("run", "net.toml", *hot, "--set", "run.allow_capped=true", "--quiet")
    assert quiet.code == 0 and quiet.err == "", quiet


OPTIONS = {
    "unknown key": ("run.dtt=0.1", ["--set run.dtt=0.1", "run.dt"]),
    "no such population": ("population.I.size=3", ["population", "I", "E"]),
    "wrong type": ("population.E.size=many", ["population.E.size", "many", "an integer"]),
    "out of range": ("population.E.size=-3", ["population.E.size = -3", ">= 1"]),
    "no value": ("run.dt=", ["run.dt", "TOML value"]),
    "no equals sign": ("run.dt", ["PATH=VALUE"]),
    "no path": ("=3", ["PATH=VALUE"]),
    "broken list": ("run.record=[", ["run.record", "TOML value"]),
    "unknown observable": ('run.record=["rte"]', ["run.record", "rte", "rate"]),
    "whole section": ("population.E=3", ["population.E"]),
}


@pytest.mark.parametrize("name", OPTIONS)
def test_bad_option_is_refused(spikemass, name):
    option, says = OPTIONS[name]
    spikemass.write("net.toml", ONE)
    spikemass.refused(CONFIGURATION, "run", "net.toml", "--set", option, says=says)


def test_control_characters_and_long_values_stay_one_short_paragraph(spikemass):
    spikemass.write("net.toml", edited(two(), '"qif"', '"""' + "x\ny" * 4000 + '"""'))
    spikemass.refused(CONFIGURATION, "run", "net.toml", says=["net.toml", "population.E.model"])
    for old, new in {"source   = \"E\"": "source = \"" + "q" * 20000 + "\"", "warmup ": "w" * 20000, "[population.E]": f"[population.{'E' * 20000}]",
                     "[run]": f"[{'run' * 9000}]"}.items():
        spikemass.write("net.toml", edited(ONE, old, new))
        spikemass.refused(CONFIGURATION, "run", "net.toml", says=["net.toml"])
    spikemass.write("net.toml", ONE)
    spikemass.refused(CONFIGURATION, "run", "net.toml", "--set", "run." + "x" * 20000 + "=3", says=["net.toml"])
    populations = "".join(f'[population.p{i}]\nmodel = "qif"\nsize = 1\nparams = {{ eta = 1.0 }}\n' for i in range(500))
    spikemass.write("net.toml", ONE + populations + '[stimulus.s]\ntarget = "nobody"\nkind = "step"\namplitude = 1.0\n')
    spikemass.refused(CONFIGURATION, "run", "net.toml", says=["net.toml", "nobody"])


def test_file_that_cannot_be_read(spikemass):
    spikemass.refused(IO, "run", "none.toml", says=["none.toml", "no such file"])
    spikemass.path("folder.toml").mkdir()
    spikemass.refused(IO, "run", "folder.toml", says=["folder.toml", "cannot be read"])
    spikemass.path("bytes.toml").write_bytes(bytes(range(256)))
    spikemass.refused(CONFIGURATION, "run", "bytes.toml", says=["bytes.toml", "TOML"])
    spikemass.write("empty.toml", "")
    spikemass.refused(CONFIGURATION, "run", "empty.toml", says=["empty.toml"])
