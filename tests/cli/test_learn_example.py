"""examples/learn_sparsity, all of it, with networks that are small and coarse: the scripts work and their log, table and pictures are there."""

import json
import subprocess
import sys
from pathlib import Path

EXAMPLE = Path(__file__).resolve().parents[2] / "examples" / "learn_sparsity"
SMALL = ["--set", "population.E.size=2000", "--set", "run.dt=0.02", "--set", "sweep.trials=3", "--set", "run.allow_capped=true"]


def run(spikemass, *words):
    return subprocess.run([sys.executable, *map(str, words)], cwd=spikemass.path("."), capture_output=True, text=True)


def test_one_command(spikemass):
    done = run(spikemass, EXAMPLE / "run.py", "--out", "out", *SMALL)
    assert done.returncode == 0, done.stderr[-3000:]
    entry = json.loads(spikemass.path("out/test_log.jsonl").read_text())
    assert entry["time"] == 1 and "closure.toml" in entry["closures"] and entry["in_range"]["cells"] > 50
    levels = entry["in_range"]["levels"]
    assert levels["mass.learned_formula"]["of_exact"] < 0.8 and levels["networks, mean"]["of_exact"] < 0.8
    assert set(entry["step"]) == {"30", "100", "1000", "20", "200", "300"}
    assert set(entry["folds"]) == {"30", "100", "300"} and entry["folds"]["100"]["network"][0] is not None
    assert set(entry["hopf"]) == {"30", "100"}
    assert "| learned_formula |" in spikemass.path("out/table.md").read_text()
    for name in ("rates_against_sparsity", "step_response", "learned_shape"):
        assert spikemass.path(f"out/pictures/{name}.png").stat().st_size > 10000
    again = run(spikemass, EXAMPLE / "score_test_set.py", "out/learned", "out", *SMALL)
    assert again.returncode == 0 and "time 2" in again.stdout, again.stderr[-3000:]
    assert len(spikemass.path("out/test_log.jsonl").read_text().splitlines()) == 2
