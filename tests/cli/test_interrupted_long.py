"""Many kills, with all kinds of endings mixed."""

import os
import random
import signal
import time

import pytest

from interruptions import assert_same_values, kill_at_random, kill_writers_of_the_dataset, no_leftovers, start, undisturbed
from networks import LONG_SWEEP, LONG_THREADS
from program import INTERRUPTED, RESUMABLE, Program, runs_stored


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    return undisturbed(Program(tmp_path_factory.mktemp("undisturbed")))


@pytest.mark.parametrize("repetition", range(5))
def test_kill_9_until_it_is_done(spikemass, whole, repetition):
    spikemass.write("net.toml", LONG_SWEEP)
    seed = int(os.environ.get("SPIKEMASS_TEST_SEED", time.time_ns() % 1_000_000)) + repetition
    print(f"SPIKEMASS_TEST_SEED={seed}")
    assert kill_at_random(spikemass, 40, seed) >= 5
    spikemass.ok("sweep", "net.toml", "--out", "folder", "--resume", *LONG_THREADS)
    assert_same_values(spikemass.path("folder/dataset.nc"), whole)
    kill_writers_of_the_dataset(spikemass, 30, seed)
    assert no_leftovers(spikemass)


def test_every_ending_in_any_order(spikemass, whole):
    spikemass.write("net.toml", LONG_SWEEP)
    rng = random.Random(time.time_ns())
    expected = {signal.SIGTERM: RESUMABLE, signal.SIGUSR1: RESUMABLE, signal.SIGINT: INTERRUPTED, signal.SIGKILL: -signal.SIGKILL}
    for _ in range(25):
        if runs_stored(spikemass, "folder") == 60:
            break
        sent = rng.choice(list(expected))
        sweep = start(spikemass, "--quiet")
        time.sleep(rng.uniform(0.2, 1.0))   # after the start of the program: before that every signal just ends it
        sweep.send_signal(sent)
        sweep.communicate(timeout=60)
        assert sweep.returncode in (expected[sent], 0), (sent, sweep.returncode)
    spikemass.ok("sweep", "net.toml", "--out", "folder", "--resume", *LONG_THREADS)
    assert_same_values(spikemass.path("folder/dataset.nc"), whole)
