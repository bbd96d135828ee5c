"""spikemass analyse: reference values through the program, the dataset and the page; wrong use ends with 2 and one paragraph."""

import math

import pytest

from networks import ONE
from program import CONFIGURATION, IO

BISTABLE = """[run]
time_unit = "tau"
dt        = 0.01
duration  = 2.0
bin       = 0.1

[population.E]
model  = "qif"
size   = 10000
params = { eta = { distribution = "lorentzian", center = -5.0, half_width = 1.0 } }

[projection.EE]
source   = "E"
target   = "E"
topology = { kind = "fixed_indegree", mean_indegree = 100 }
strength = 15.0
"""
INHIBITION = """[run]
time_unit = "ms"
dt        = 0.1
duration  = 20.0
bin       = 1.0

[population.I]
model  = "qif"
size   = 1000
params = { tau_ms = 10.0, eta = { distribution = "lorentzian", center = 4.0, half_width = 0.3 } }

[projection.II]
source   = "I"
target   = "I"
topology = { kind = "all_to_all" }
strength = -21.0
synapse  = { kind = "exponential", tau = 5.0 }
"""
ETA = "population.E.params.eta.center"


def of_kind(result, kind):
    return sorted((p for p in result["special_points"] if p["kind"] == kind), key=lambda p: p["parameter"])


def test_fixed_points(spikemass):
    spikemass.write("net.toml", BISTABLE)
    result = spikemass.json("analyse", "net.toml", "--ideal-delay")
    assert [p["type"] for p in result["fixed_points"]] == ["stable node", "saddle", "stable focus"]
    assert [p["populations"]["E"]["rate"] for p in result["fixed_points"]] == pytest.approx([0.081134441950, 0.472980340685, 1.030596798838], abs=1e-11)
    assert result["fixed_points"][2]["eigenvalues"][0] == pytest.approx([-0.308859766, 3.318628982], abs=1e-8)
    assert "branches" not in result and result["projections"]["EE"]["effective_delay"] == 0
    text = spikemass.ok("analyse", "net.toml", "--ideal-delay").out
    assert "no delay" in text and "saddle" in text and "-0.30886 ± 3.31863i" in text
    # The network's own delay is one step: other eigenvalues, the same states.
    delayed = spikemass.json("analyse", "net.toml")
    assert delayed["projections"]["EE"]["effective_delay"] == 0.01
    assert delayed["fixed_points"][2]["eigenvalues"][0][0] < -0.4
    assert delayed["fixed_points"][2]["populations"] == result["fixed_points"][2]["populations"]
    assert "delays [tau] EE 0.01" in spikemass.ok("analyse", "net.toml").out


def test_folds_and_the_cusp(spikemass):
    spikemass.write("net.toml", BISTABLE)
    result = spikemass.json("analyse", "net.toml", "--along", ETA, -14, 2, "--across", "projection.EE.strength", 5, 20)
    low, high = of_kind(result, "fold")
    assert (low["parameter"], high["parameter"]) == pytest.approx((-5.743527161658, -3.136134086196), abs=1e-8)
    assert high["populations"]["E"]["rate"] == pytest.approx(0.162569796813, abs=1e-8)
    (cusp,) = of_kind(result, "cusp")
    assert (cusp["parameter"], cusp["across"]) == pytest.approx((-math.sqrt(3), 7.796217036667), abs=1e-8)
    assert cusp["populations"]["E"]["rate"] == pytest.approx((3 / (4 * math.pi**4)) ** 0.25, abs=1e-8)
    (branch,) = result["branches"]
    assert branch["parameter"][0] == -14 and branch["parameter"][-1] == 2
    assert set(branch["unstable"]) == {0, 1}
    assert len(result["curves"]) == 1 and result["across"] == {"path": "projection.EE.strength.mean", "low": 5, "high": 20, "value": 15, "units": "1"}


def test_hopf_point_in_milliseconds(spikemass):
    spikemass.write("net.toml", INHIBITION)
    result = spikemass.json("analyse", "net.toml", "--ideal-delay", "--along", "population.I.params.eta.half_width", 0.1, 1)
    (hopf,) = result["special_points"]
    assert hopf["kind"] == "hopf" and hopf["supercritical"] and hopf["lyapunov"] < 0
    assert hopf["parameter"] == pytest.approx(0.4742752562, abs=1e-8)
    assert hopf["omega"] == pytest.approx(0.23030128652, abs=1e-9)            # rad/ms
    assert hopf["period"] == pytest.approx(2 * math.pi / 0.23030128652, abs=1e-6)
    assert result["rate_unit"] == "Hz" and hopf["populations"]["I"]["rate"] == pytest.approx(18.28720899, abs=1e-6)
    text = spikemass.ok("analyse", "net.toml", "--ideal-delay", "--along", "population.I.params.eta.half_width", 0.1, 1).out
    assert "period 27.28" in text and "supercritical" in text


@pytest.mark.parametrize("k, high, low", [(100, -3.435, None), (30, -4.025, -6.123)])
def test_folds_of_a_closure(spikemass, k, high, low):
    spikemass.write("net.toml", BISTABLE)
    result = spikemass.json("analyse", "net.toml", "--closure", "resonant_static", "--set", f"projection.EE.topology.mean_indegree={k}", "--along", ETA, -10, 0)
    folds = of_kind(result, "fold")
    assert folds[1]["parameter"] == pytest.approx(high, abs=1e-3)
    assert low is None or folds[0]["parameter"] == pytest.approx(low, abs=1e-3)


def test_along_the_indegree(spikemass):
    """A key that is real for random graphs; it enters through the closure."""
    spikemass.write("net.toml", BISTABLE)
    sparse = ["--set", "projection.EE.topology.kind=erdos_renyi", "--along", "projection.EE.topology.mean_indegree", 20, 500]
    result = spikemass.json("analyse", "net.toml", "--closure", "two_cumulant", *sparse)
    assert len(result["branches"]) == 3
    spikemass.refused(CONFIGURATION, "analyse", "net.toml", *sparse, says=["does not depend on it", "mean_indegree"])


def test_dataset(spikemass):
    netCDF4, np = pytest.importorskip("netCDF4"), pytest.importorskip("numpy")
    spikemass.write("net.toml", BISTABLE)
    arguments = ["analyse", "net.toml", "--along", ETA, -14, 2, "--across", "projection.EE.strength", 5, 20]
    result = spikemass.json(*arguments, "--out", "new/net.nc")
    spikemass.ok("validate", "new/net.nc")
    assert "analysis" in spikemass.json("info", "new/net.nc")["levels"]
    with netCDF4.Dataset(spikemass.path("new/net.nc")) as file:
        file.set_auto_mask(False)
        assert file.resolved_sha256 and "strength" in file.network_file
        group = file["analysis"]
        assert (group.closure, group.along, group.across) == ("none", ETA, "projection.EE.strength.mean")
        assert group["branch_parameter"][:].tolist() == result["branches"][0]["parameter"]
        assert group["branch_rate"].dimensions == ("branch_point", "population") and group["branch_rate"].units == "1/tau"
        assert group["branch_rate"][:, 0].tolist() == result["branches"][0]["populations"]["E"]["rate"]
        assert group["branch_unstable"][:].tolist() == result["branches"][0]["unstable"]
        assert np.array_equal(group["branch_unstable"][:] == 0, group["branch_eigenvalue_re"][:, 0] < 0)
        assert group["branch_parameter"].getncattr("path") == ETA
        assert list(group["special_kind"][:]) == [p["kind"] for p in result["special_points"]] == ["fold", "fold", "cusp"]
        assert group["special_branch"][:].tolist() == [0, 0, -1]
        assert group["curve_across"][:].tolist() == result["curves"][0]["across"]
        assert group["fixed_type"][:].tolist() == ["stable node", "saddle", "stable focus"]
    spikemass.ok("analyse", "net.toml", "--out", "points.nc")
    with netCDF4.Dataset(spikemass.path("points.nc")) as file:
        assert "branch_point" not in file["analysis"].dimensions


def test_page(spikemass):
    assert spikemass.json("doctor")["report"] == "ready"   # whoever runs these tests has its packages
    spikemass.write("net.toml", BISTABLE)
    spikemass.ok("analyse", "net.toml", "--along", ETA, -14, 2, "--out", "net.nc")
    spikemass.ok("report", "net.nc", "--png", "figures")
    text = spikemass.path("net.html").read_text()
    assert "Bifurcation diagram" in text and "Fixed points" in text and "saddle" in text and "-3.1361341" in text
    assert "Trials without a result" not in text                             # there are no runs to miss
    assert spikemass.path("figures/bifurcations.png").stat().st_size > 5000


def test_stimuli_are_left_out_and_said_so(spikemass):
    spikemass.write("net.toml", BISTABLE + '\n[stimulus.step]\ntarget = "E"\nkind = "step"\nstart = 1.0\namplitude = 3.0\n')
    assert "Stimuli are left out" in spikemass.ok("analyse", "net.toml").err
    assert spikemass.ok("analyse", "net.toml", "--quiet").err == ""


REFUSED = {
    "misspelt key": (["--along", "population.E.params.etta.center", -5, 5], ["etta", "`population.E.params.eta`"]),
    "no such population": (["--along", "population.X.params.eta.center", -5, 5], ["no population `X`", "E"]),
    "a whole table": (["--along", "projection.EE", 5, 6], ["whole table", "strength"]),
    "a word": (["--along", "projection.EE.topology.kind", 5, 6], ["topology.kind", "no number", "real number"]),
    "a whole number": (["--along", "population.E.size", 500, 600], ["population.E.size", "whole number"]),
    "whole synapses": (["--along", "projection.EE.topology.mean_indegree", 50, 150], ["every real value", "fixed_indegree", "Nearest"]),
    "whole steps": (["--along", "projection.EE.delay", 0, 1], ["every real value", "whole number of steps"]),
    "not used here": (["--along", "projection.EE.synapse.tau", 0.1, 1], ["synapse.tau", "delta"]),
    "not of the network": (["--along", "run.warmup", 0, 1], ["run.warmup", "no parameter"]),
    "not in the equations": (["--along", "population.E.initial.rate", 0, 1], ["initial.rate", "does not depend on it"]),
    "out of its range": (["--along", "population.E.params.eta.half_width", -1, 1], ["half_width", "must be >= 0"]),
    "empty range": (["--along", ETA, 5, 5], ["lower to a higher"]),
    "backward range": (["--along", ETA, 5, -5], ["lower to a higher"]),
    "no number": (["--along", ETA, "five", 6], ["five", "no number"]),
    "infinite": (["--along", ETA, 0, "inf"], ["inf", "no number"]),
    "two words": (["--along", ETA, 5], ["--along", "analyse --help"]),
    "across alone": (["--across", ETA, -5, 5], ["--across", "--along"]),
    "the same twice": (["--along", ETA, -8, 0, "--across", "population.E.params.eta", -5, 6], ["--across", "Choose another"]),
    "start outside": (["--along", ETA, -8, 0, "--across", "projection.EE.strength", 5, 6], ["15", "outside"]),
    "unknown closure": (["--closure", "magic"], ["magic", "two_cumulant"]),
    "no exact mass": (["--set", "population.E.params.eta={distribution=\"gaussian\", center=1.0, sd=1.0}"], ["Gaussian", "lorentzian"]),
    "a GPU": (["--backend", "cuda"], ["--backend cuda", "CPU"]),
}


@pytest.mark.parametrize("name", REFUSED)
def test_is_refused(spikemass, name):
    arguments, says = REFUSED[name]
    spikemass.write("net.toml", BISTABLE)
    spikemass.refused(CONFIGURATION, "analyse", "net.toml", *arguments, "--out", "net.nc", says=says, outputs=["net.nc"])


def test_a_place_that_cannot_be_written(spikemass):
    spikemass.write("net.toml", ONE)
    spikemass.write("folder/file", "")
    spikemass.refused(IO, "analyse", "net.toml", "--out", "folder", says=["--out", "folder"])
