"""Without a terminal: a line at most every 30 s, from the first half minute on."""

import re

from networks import LONG_SWEEP, edited
from program import INTERRUPTED
from terminals import without_terminal


def test_a_line_every_30_seconds(spikemass):
    spikemass.write("net.toml", edited(LONG_SWEEP, "duration  = 30.0", "duration  = 1000000.0"))
    for arguments in (["run", "net.toml"], ["sweep", "net.toml", "--out", "folder"]):
        lines, _, code = without_terminal(spikemass.folder, *arguments, seconds=70.0)
        assert code == INTERRUPTED
        times = [t for t, _ in lines]
        assert len(lines) == 2 and 29.5 < times[0] < 40 and times[1] - times[0] > 29.0, lines
        assert all(re.fullmatch(r" *[0-9.]+ %  .*, ETA .*", line) for _, line in lines), lines
