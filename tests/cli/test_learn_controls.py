"""Controls of learn with known answers: annealed networks have the white-noise law, all-to-all networks have nothing to learn."""

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from networks_to_learn import ALL_TO_ALL, ANNEALED

SCRIPT = Path(__file__).resolve().parents[2] / "python" / "spikemass_search.py"
PYTHON = os.environ.get("SPIKEMASS_PYTHON", sys.executable)
WHITE = 1.0 / (4.0 * np.pi)


def white(s, c):
    """(p^, q^) of g = i/(4 pi (1 - i x)), x = v/(pi r) = s/c."""
    return -s * c * WHITE, c * c * WHITE


def network(file):
    """p^ and q^ of closure_network.toml as a function of s, eps, sign J."""
    text = Path(file).read_text()
    units = int(text.split("units = ")[1].split()[0])
    theta = np.array([float(x) for x in text.split("theta = [")[1].split("]")[0].split(",")])
    first, last = theta[:4 * units].reshape(units, 4), theta[4 * units:].reshape(2, units + 1)

    def outputs(s, eps, sg):
        hidden = np.tanh(first[:, :3] @ np.array([s, np.log1p(eps), sg]) + first[:, 3:])
        return 0.1 * (last[:, :units] @ hidden + last[:, units:])
    return outputs


@pytest.fixture(scope="module")
def annealed(shared):
    shared.write("annealed.toml", ANNEALED)
    shared.ok("sweep", "annealed.toml", "--out", "annealed", "--quiet")
    j = shared.json("learn", "annealed", "--out", "learned", "--stage", "steady", "--ensemble", 3, "--quiet", "--validate-indegrees", "40,160")
    table = np.genfromtxt(shared.path("learned/samples.csv"), delimiter=",", names=True)
    return shared, j, table


def off(p, q, s, c):
    """|dW_2|/|W_2| against the white-noise law."""
    white_p, white_q = white(s, c)
    return np.hypot(p - white_p, q - white_q) / np.hypot(white_p, white_q)


def test_annealed_networks_have_the_white_noise_law(annealed):
    """The closure that steady windows alone teach, at the windows with eps < 1: median |dW_2|/|W_2| within 10 %."""
    program, j, table = annealed
    below = table[(table["measured"] == 1) & (table["eps"] < 1.0)]
    assert below.size >= 20 and below["s"].min() < -0.9 and below["s"].max() > -0.3   # both ends of the law
    p, q = network(program.path("learned/closure_network.toml"))(below["s"], below["eps"], below["sg"])
    trained = float(np.median(off(p, q, below["s"], below["c"])))
    at = {n: below[n] for n in ("s", "c", "eps", "h", "sg")}
    formula = [eval(j["formula"][n].replace("^", "**"), {"sqrt": np.sqrt}, at) for n in ("p", "q")]
    found = float(np.median(off(*formula, below["s"], below["c"])))
    print(f"median |dW_2|/|W_2| at {below.size} windows: network {trained:.3f}, formula {found:.3f}")
    assert trained < 0.10
    assert found < 0.10


def test_free_form_search_recovers_the_white_noise_law(annealed):
    """With + - * / sqrt alone, of s = v/|W| and c = pi r/|W|, on samples with eps < 1: on at least 4 of 5 seeds p^ and q^ are g_white, which is p^ = -s c/(4 pi), q^ = c^2/(4 pi).
    Recovered: the front of the seed holds a formula of p^ and one of q^, each of at most 2 constants and bounded for all s, that together are within 5 % of g_white (rms of |dW_2| over rms of |W_2|) on the
    visited range of x = s/c, on 3 times that range, and for s > 0, where no data were: a formula that only imitates the law where it was fitted leaves it there."""
    program, _, _ = annealed
    probe = subprocess.run([PYTHON, "-c", "import scipy, pyoperon.sklearn"], capture_output=True)
    if probe.returncode != 0:
        pytest.skip(f"{PYTHON} cannot import pyoperon: pip install -r packaging/python.txt, or set SPIKEMASS_PYTHON")
    result = subprocess.run([PYTHON, SCRIPT, program.path("learned/samples.csv"), "--variables", "s,c", "--where", "eps<1", "--seeds", "1,2,3,4,5", "--jobs", "2"], capture_output=True, text=True, timeout=600)
    assert result.returncode == 0, result.stderr
    found = json.loads(result.stdout)
    table = np.genfromtxt(program.path("learned/samples.csv"), delimiter=",", names=True)
    x = (table["s"] / table["c"])[table["eps"] < 1.0]
    visited = -np.geomspace(np.abs(x).min(), np.abs(x).max(), 200)
    wide = np.concatenate([visited / 3.0, visited * 3.0])
    recovered = []
    for p, q in zip(found["p"]["seeds"], found["q"]["seeds"]):
        assert p["seed"] == q["seed"]
        best = []
        for a in p["front"]:
            for b in q["front"]:
                if max(a["constants"], b["constants"]) > 2:
                    continue
                errors = []
                for at in (visited, wide, -visited):
                    c = 1.0 / np.sqrt(1.0 + at * at)
                    white_p, white_q = white(at * c, c)
                    value_p, value_q = (np.ones(at.size) * eval(f["text"].replace("^", "**"), {"sqrt": np.sqrt, "s": at * c, "c": c}) for f in (a, b))
                    errors.append(float(np.sqrt(np.mean((value_p - white_p) ** 2 + (value_q - white_q) ** 2) / np.mean(white_p**2 + white_q**2))))
                best.append((max(errors), *errors, a["text"], b["text"]))
        best = min(best, default=(np.inf,))
        print("seed", p["seed"], *best[1:])
        if best[0] < 0.05:
            recovered.append(p["seed"])
    assert len(recovered) >= 4, recovered


@pytest.mark.parametrize("dt", ["0.02", "2e-3"])
def test_all_to_all_networks_have_nothing_to_learn(shared, dt):
    """A fictitious K = 100 without the factor 1 - K/N: rms of each of p^, q^ where the data went at most 5 % of 1/(4 pi)."""
    shared.write("all.toml", ALL_TO_ALL)
    shared.ok("sweep", "all.toml", "--out", f"all{dt}", "--quiet", "--set", f"run.dt={dt}")
    j = shared.json("learn", f"all{dt}", "--out", f"nothing{dt}", "--control-indegree", 100, "--ensemble", 3, "--quiet")
    print(f"dt = {dt}: rms p^ {j['rms']['p'] / WHITE:.4f}, q^ {j['rms']['q'] / WHITE:.4f} of 1/(4 pi)")
    assert j["train_indegrees"] == j["validate_indegrees"] == [100]
    assert j["rms"]["p"] <= 0.05 * WHITE and j["rms"]["q"] <= 0.05 * WHITE
