#!/usr/bin/env python3
"""Runs an example with --quick by the first interpreter that has its packages; exit code 77 (skipped) with the reason if none has.

    run_example.py EXAMPLE.py PACKAGE...

Beside the example's own verdict (exit code 0: closer than the exact mass on what was held out) both tests must have been printed.
"""

import os
import subprocess
import sys
from pathlib import Path

example, packages = Path(sys.argv[1]), sys.argv[2:]
root = Path(__file__).resolve().parents[2]
candidates = [c for c in (os.environ.get("SPIKEMASS_PYTHON_UDE"), str(root / "build" / "venv" / "bin" / "python"), "/usr/bin/python3", sys.executable) if c and Path(c).exists()]
lacks = []
for python in candidates:
    missing = subprocess.run([python, "-c", "import importlib.util as u, sys; print(' '.join(p for p in sys.argv[1:] if u.find_spec(p) is None))", *packages], capture_output=True, text=True)
    if missing.returncode == 0 and not missing.stdout.strip():
        break
    lacks.append(f"{python} lacks {missing.stdout.strip() or 'a Python that runs'}")
else:
    print(f"skipped: {'; '.join(lacks)}. scripts/python_env.sh makes an environment with JAX and PySINDy; apt-get install python3-torch is PyTorch")
    sys.exit(77)
result = subprocess.run([python, "-B", str(example), "--quick"], capture_output=True, text=True, env={**os.environ, "JAX_PLATFORMS": "cpu"})
print(f"{python} {example.name} --quick\n{result.stdout}{result.stderr}")
said = [line for line in result.stdout.splitlines() if ", exact mass " in line]
if result.returncode == 0 and [line.split(", ")[1].split(":")[0] for line in said] != ["test_interpolation", "test_extrapolation"]:
    sys.exit("the example printed no error of both tests")
sys.exit(result.returncode)
