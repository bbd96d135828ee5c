#!/usr/bin/env python3
"""without_gpu_test.py PROGRAM: where no GPU is to be seen a program of scripts/gpu_check.sh says why, exits with 77 and writes nothing; wrong words are exit 2."""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

program = sys.argv[1]
environment = {**os.environ, "CUDA_VISIBLE_DEVICES": ""}
with tempfile.TemporaryDirectory() as folder:
    path = Path(folder) / "result.json"
    result = subprocess.run([program, "--json", path], capture_output=True, text=True, env=environment)
    assert result.returncode == 77, result
    assert "no GPU: " in result.stdout and "Nothing was measured." in result.stdout, result
    assert not list(Path(folder).iterdir()), list(Path(folder).iterdir())
assert subprocess.run([program, "--jason", "x"], capture_output=True, env=environment).returncode == 2
