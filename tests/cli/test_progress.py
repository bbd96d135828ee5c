"""Progress: a line that renews itself on a terminal, nothing in the first seconds elsewhere, nothing with --quiet."""

import re

import pytest

from networks import FAILING_SWEEP, LONG_SWEEP, edited
from program import INTERRUPTED
from terminals import on_terminal, without_terminal

ENDLESS = edited(LONG_SWEEP, "duration  = 30.0", "duration  = 100000.0")
VERBS = {"run": ["run", "net.toml"], "sweep": ["sweep", "net.toml", "--out", "folder"], "compare": ["compare", "net.toml", "--out", "folder"]}


@pytest.mark.parametrize("verb", VERBS)
def test_terminal(spikemass, verb):
    spikemass.write("net.toml", ENDLESS)
    pieces, code = on_terminal(spikemass.folder, *VERBS[verb], seconds=3.0)
    text = "".join(piece for _, piece in pieces)
    assert code == INTERRUPTED, text
    renewals = re.findall(r"\r\033\[K *([0-9.]+) %  ([^\r\n]*), ETA ([^\r\n]*)", text)
    assert 5 <= len(renewals) <= 25, text          # five times a second at most
    assert all(len(f"{a} %  {b}, ETA {c}") < 80 for a, b, c in renewals)
    before_the_end = text[:text.rfind("\r\033[K")]
    assert "\n" not in before_the_end              # one line
    assert ("step " if verb == "run" else " runs, ") in renewals[-1][1] and "spikes" in renewals[-1][1]


@pytest.mark.parametrize("verb", VERBS)
def test_no_terminal(spikemass, verb):
    spikemass.write("net.toml", ENDLESS)
    lines, after, code = without_terminal(spikemass.folder, *VERBS[verb], seconds=2.0)
    assert lines == [] and code == INTERRUPTED
    assert len(after) <= 1 and not any("\033" in line or "\r" in line for line in after)


def test_quiet_on_a_terminal(spikemass):
    spikemass.write("net.toml", ENDLESS)
    pieces, code = on_terminal(spikemass.folder, "sweep", "net.toml", "--out", "folder", "--quiet", seconds=2.0)
    assert code == INTERRUPTED
    assert "%" not in "".join(piece for time, piece in pieces if time < 2.0)


def test_messages_stand_on_lines_of_their_own(spikemass):
    spikemass.write("net.toml", FAILING_SWEEP)
    pieces, code = on_terminal(spikemass.folder, "sweep", "net.toml", "--out", "folder", seconds=30.0)
    text = "".join(piece for _, piece in pieces).replace("\r\n", "\n")
    assert code == 3
    last = [line.split("\r\033[K")[-1] for line in text.split("\n")]
    assert sum(line.startswith("run of run.dt = 1 trial") for line in last) == 2 and any(line.startswith("2 of 4 runs done") for line in last), text
