#!/usr/bin/env python3
"""From spikes to a formula to pictures, in one command.

  examples/learn_sparsity/run.py [--out FOLDER] [--topology KIND]

1. simulates the networks of network.toml; 2. learns closures from them (networks, then a formula); 3. opens the test set and logs it; 4. draws.
Says the same again after a stop: what is finished is kept.  Needs python3 with numpy, matplotlib and netCDF4.
"""

import argparse
import time
from pathlib import Path

from common import call, here, sweep


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=Path("learn_sparsity"))
    parser.add_argument("--topology", default="fixed_indegree")
    parser.add_argument("--set", action="append", default=[], help="settings of every network, as of the program")
    parser.add_argument("--free-form", action="store_true", help="also search formulas freely (needs pyoperon)")
    parser.add_argument("--no-test", action="store_true", help="stop before the test set is opened")
    a = parser.parse_args()
    settings = [f"projection.EE.topology.kind={a.topology}", *a.set]
    seconds, start = {}, time.monotonic()

    def lap(name):
        nonlocal start
        seconds[name] = time.monotonic() - start
        start = time.monotonic()

    sweep(here / "network.toml", a.out / "train", *settings)
    lap("simulation")
    learned = a.out / "learned"
    # units and ridge: those with the least mean validation loss of {4, 8} x {0.03, 0.1, 0.3}
    call("learn", a.out / "train", "--out", learned, "--validate-indegrees", "20,200", "--units", 8, "--ridge", 0.1, *(["--free-form"] if a.free_form else []), *(["--resume"] if learned.exists() else []))
    lap("learning")
    hidden = a.out / "learned_hidden"
    call("learn", a.out / "train", "--out", hidden, "--validate-indegrees", "20,200", "--form", "hidden", "--quiet", *(["--resume"] if hidden.exists() else []))
    lap("hidden states")
    if not a.no_test:
        import sys
        sys.argv = ["score_test_set.py", str(learned), str(a.out), "--train", str(a.out / "train"), "--also", str(hidden), *(x for s in settings for x in ("--set", s))]
        import score_test_set
        score_test_set.main()
        lap("test set")
        import pictures
        pictures.draw(a.out)
        lap("pictures")
    print(", ".join(f"{name} {s:.0f} s" for name, s in seconds.items()))


if __name__ == "__main__":
    main()
