"""Sweeps that are stopped in every way, and what must be true of them afterwards."""

import json
import random
import signal
import time

import netCDF4
import numpy as np

from networks import LONG_SWEEP, LONG_THREADS
from program import runs_stored, wait_until


def undisturbed(program):
    """The bytes of the dataset of a sweep that nothing happened to."""
    program.write("net.toml", LONG_SWEEP)
    program.ok("sweep", "net.toml", "--out", "undisturbed", *LONG_THREADS)
    return program.path("undisturbed/dataset.nc")


def start(program, *options, **popen):
    return program.start("sweep", "net.toml", "--out", "folder", "--resume", *LONG_THREADS, *options, **popen)


def assert_same_values(a, b):
    """Every variable of every group, bit for bit; then the files themselves."""
    with netCDF4.Dataset(a) as x, netCDF4.Dataset(b) as y:
        for group in (None, "reference"):
            u, v = (d if group is None else d[group] for d in (x, y))
            assert set(u.variables) == set(v.variables) and len(u.variables) > 10
            for name in u.variables:
                p, q = u[name][:], v[name][:]
                assert p.dtype == q.dtype and p.shape == q.shape, name
                assert (p == q).all() if p.dtype == object or p.dtype.kind in "SU" else np.ma.filled(p).tobytes() == np.ma.filled(q).tobytes(), name
    assert a.read_bytes() == b.read_bytes()


def kill_at_random(program, rounds, seed):
    """kill -9 at random moments until the sweep is done, at most `rounds` times; returns how many kills found it at work."""
    rng, hits = random.Random(seed), 0
    for _ in range(rounds):
        before = runs_stored(program, "folder")
        if before == 60:
            break
        sweep = start(program)
        goal = before + rng.randrange(0, 6)
        wait_until(lambda: runs_stored(program, "folder") >= goal or sweep.poll() is not None)
        time.sleep(rng.uniform(0.0, 0.15))
        sweep.kill()
        sweep.communicate()
        if sweep.returncode == -signal.SIGKILL:
            hits += 1
            status = program("status", "folder", "--json")   # even a journal in the middle of a commit can be read
            if status.code == 0:
                j = json.loads(status.out)
                assert not j["journals"][0]["being_written"] and j["failed"] == 0 and j["done"] >= before
        else:
            assert sweep.returncode == 0
    return hits


def kill_writers_of_the_dataset(program, rounds, seed):
    """kill -9 while the dataset is rewritten: it is always whole, the old one or the new one."""
    rng = random.Random(seed)
    for _ in range(rounds):
        writer = program.start("status", "folder", "--write")
        time.sleep(rng.uniform(0.0, 0.12))
        writer.kill()
        writer.communicate()
        program.ok("validate", "folder")


def no_leftovers(program):
    program.ok("status", "folder", "--write")
    return not [p for p in program.path("folder").rglob("*") if ".part" in p.name or ".writable" in p.name]
