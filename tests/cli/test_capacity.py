"""What would not fit into memory is refused with exit code 4 before anything is allocated."""

import os
import resource
import subprocess
import time

import pytest

from networks import ONE, SWEEP, edited
from program import PROGRAM, WOULD_NOT_FIT, assert_paragraph, tree

HUGE = ["--set", "population.E.size=1000000000", "--set", "projection.EE.topology.mean_indegree=100000"]
SANITIZED = 1 << 20   # KiB: what sanitizers and libraries may take by themselves


def peak_kib(folder, *arguments):
    """Exit code, stderr, peak resident memory and seconds of one run."""
    start = time.monotonic()
    process = subprocess.Popen([PROGRAM, *arguments], cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    err = process.stderr.read()
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    return process.returncode, err, usage.ru_maxrss, time.monotonic() - start


CASES = {
    "network": (ONE, ["run", "net.toml", *HUGE, "--out", "out/run.nc"], ["memory", "needs about", "synapses", "fewer neurons"]),
    "neurons alone": (ONE, ["run", "net.toml", "--set", "population.E.size=1000000000000", "--set", "projection.EE.topology.kind=all_to_all"], ["memory", "needs about"]),
    "sweep": (SWEEP, ["sweep", "net.toml", "--out", "folder", *HUGE[:2], "--set", 'sweep."projection.EE.topology.mean_indegree"=[10, 100000]'], ["memory", "needs about", "fewer neurons"]),
    "dry run": (SWEEP, ["sweep", "net.toml", "--dry-run", *HUGE[:2], "--set", 'sweep."projection.EE.topology.mean_indegree"=[10, 100000]'], ["memory", "needs about"]),
    "compare": (ONE, ["compare", "net.toml", "--out", "folder", *HUGE], ["memory", "needs about", "fewer neurons"]),
    "bins": (edited(ONE, "= 4.0", "= 1e11"), ["run", "net.toml", "--out", "out/run.nc"], ["memory", "bins", "run.bin"]),
    "bins of a mass": (edited(ONE, "= 4.0", "= 1e11"), ["run", "net.toml", "--level", "mass"], ["memory", "bins", "run.bin"]),
    "bins of a sweep": (edited(SWEEP, "= 4.0", "= 1e11"), ["sweep", "net.toml", "--out", "folder"], ["memory", "bins", "run.bin"]),
    "trials": (edited(SWEEP, "trials    = 2", "trials    = 2000000000"), ["sweep", "net.toml", "--out", "folder"], ["runs", "trials"]),
}


@pytest.mark.parametrize("name", CASES)
def test_is_refused_at_once(spikemass, name):
    text, arguments, says = CASES[name]
    spikemass.write("net.toml", text)
    before = tree(spikemass.folder)
    code, err, kib, seconds = peak_kib(spikemass.folder, *arguments)
    assert code == WOULD_NOT_FIT, err
    assert_paragraph(err)
    for part in says:
        assert part in err, err
    assert tree(spikemass.folder) == before
    assert kib < SANITIZED, f"{kib} KiB resident"
    assert seconds < 20


def test_estimate_of_a_dry_run_bounds_what_is_used(spikemass):
    """A network of some 100 MB: the estimate is above what is taken, and not by much."""
    spikemass.write("net.toml", edited(edited(SWEEP, "= 500", "= 100000"), "[10, 30, 100]", "[500]"))
    plan = spikemass.json("sweep", "net.toml", "--dry-run")
    assert plan["points"] == 2 and plan["runs"] == 6 and plan["references"] == 1 and plan["trials"] == 2
    assert plan["synapses_largest_run"] == pytest.approx(100000 * 500, rel=0.01)
    assert 0 < plan["memory_bytes_largest_run"] < plan["memory_bytes_available"]
    base = peak_kib(spikemass.folder, "run", "net.toml", "--set", "population.E.size=500")[2]
    used = (peak_kib(spikemass.folder, "run", "net.toml", "--set", "projection.EE.topology.mean_indegree=500", "--set", "run.duration=0.1")[2] - base) * 1024
    if base < 200_000:   # not under sanitizers
        assert plan["memory_bytes_largest_run"] / 4 < used + base * 1024 and used < 1.05 * plan["memory_bytes_largest_run"]


def test_memory_that_runs_out_all_the_same_is_exit_4(spikemass):
    """A limit that the program does not look at: 400 MB of address space."""
    spikemass.write("net.toml", edited(ONE, "= 500", "= 1000000"))
    limited = subprocess.run([PROGRAM, "run", "net.toml", "--set", "projection.EE.topology.mean_indegree=300", "--threads", "1"], cwd=spikemass.folder, capture_output=True, text=True,
                             preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, (400 << 20, 400 << 20)))
    if "Sanitizer" in limited.stderr:
        pytest.skip("sanitizers need address space")
    assert limited.returncode == WOULD_NOT_FIT, limited.stderr
    assert_paragraph(limited.stderr)
