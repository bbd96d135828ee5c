"""The program under test: run it, and hold what it promises about errors."""

import hashlib
import json
import os
import subprocess
import time
from pathlib import Path

PROGRAM = os.environ.get("SPIKEMASS", "")

RUNTIME, CONFIGURATION, FAILED_POINTS, WOULD_NOT_FIT, IO, DIVERGENCE, RESUMABLE, INTERRUPTED = 1, 2, 3, 4, 5, 6, 75, 130


class Result:
    def __init__(self, process):
        self.code, self.out, self.err = process.returncode, process.stdout, process.stderr

    def __repr__(self):
        return f"exit code {self.code}\n--- stdout\n{self.out}\n--- stderr\n{self.err}"


def tree(folder):
    """Every file and folder below `folder` with a hash of what it holds."""
    return {str(p.relative_to(folder)): hashlib.sha256(p.read_bytes()).hexdigest() if p.is_file() else "folder" for p in sorted(Path(folder).rglob("*"))}


class Program:
    """The program in a folder of its own."""

    def __init__(self, folder):
        self.folder = Path(folder)

    def path(self, name):
        return self.folder / name

    def write(self, name, text):
        self.path(name).parent.mkdir(parents=True, exist_ok=True)
        self.path(name).write_text(text)
        return name

    def environment(self, extra):
        keep = {k: v for k, v in os.environ.items() if k not in ("NO_COLOR", "OMP_NUM_THREADS", "OMP_WAIT_POLICY", "SPIKEMASS_ISA")}
        return {**keep, **(extra or {})}

    def __call__(self, *arguments, env=None, timeout=240):
        """Runs it to its end, whatever that is."""
        return Result(subprocess.run([PROGRAM, *map(str, arguments)], cwd=self.folder, capture_output=True, text=True, timeout=timeout, env=self.environment(env)))

    def ok(self, *arguments, env=None):
        result = self(*arguments, env=env)
        assert result.code == 0, result
        return result

    def json(self, *arguments):
        """The one object that it prints with --json."""
        result = self.ok(*arguments, "--json")
        assert result.out.count("\n") == 1, result
        return json.loads(result.out)

    def start(self, *arguments, **options):
        """Starts it and leaves it running."""
        options = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True, **options}
        return subprocess.Popen([PROGRAM, *map(str, arguments)], cwd=self.folder, env=self.environment(None), **options)

    def refused(self, code, *arguments, says=(), lines=1, outputs=(), env=None):
        """It must end with this code and one paragraph on stderr that holds `says`, print nothing else and change no file.
        `outputs`: what must not be there afterwards."""
        before = tree(self.folder)
        result = self(*arguments, env=env)
        assert result.code == code, result
        assert result.out == "", result
        assert_paragraph(result.err, lines)
        for part in says:
            assert part in result.err, f"no {part!r} in: {result.err}"
        assert tree(self.folder) == before
        for output in outputs:
            assert not self.path(output).exists()
        return result.err


def assert_paragraph(text, lines=1):
    """One paragraph that starts with the program's name and ends like a sentence; `lines` = None for lists that end it."""
    assert text.startswith("spikemass: ") and text.endswith("\n"), text
    assert "\n\n" not in text and "terminate called" not in text and "what():" not in text, text
    if lines is not None:
        assert text.count("\n") == lines, text
        assert text.rstrip()[-1] in ".?)", text
        assert 20 < len(text) < 900, text


def wait_until(condition, timeout=120, pause=0.005):
    end = time.monotonic() + timeout
    while not condition():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(pause)


def runs_stored(program, folder):
    """How many runs of a sweep are committed: 0 before there is a journal."""
    result = program("status", folder, "--json")
    if result.code != 0:
        return 0
    state = json.loads(result.out)
    return state["done"] + state["failed"]
