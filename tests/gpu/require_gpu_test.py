#!/usr/bin/env python3
"""require_gpu_test.py PROGRAM: without a GPU its tests are skipped with a reason, and fail under SPIKEMASS_REQUIRE_GPU=1; with one they run."""

import os
import subprocess
import sys

program = sys.argv[1]


def run(require):
    environment = {**os.environ, "SPIKEMASS_REQUIRE_GPU": require}
    result = subprocess.run([program, "--gtest_filter=*Gpu.*"], capture_output=True, text=True, env=environment)
    return result.returncode, result.stdout


code, output = run("0")
assert code == 0, output
if "SKIPPED" not in output:
    print("a GPU is there: the tests ran")
    sys.exit(0)
assert "no GPU: " in output and "OK ]" not in output, output
code, output = run("1")
assert code == 1 and "SPIKEMASS_REQUIRE_GPU=1 and no GPU: " in output and "OK ]" not in output and "SKIPPED" not in output, output
