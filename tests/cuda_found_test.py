#!/usr/bin/env python3
"""cmake/cuda.cmake: one line says whether CUDA is built and, if not, why; ON makes that an error.  Runs with and without a toolkit, on impostors."""

import os
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

root = Path(__file__).resolve().parent.parent
project = f"""
cmake_minimum_required(VERSION 3.25)
project(probe LANGUAGES CXX)
include({root}/cmake/exact_float.cmake)
include({root}/cmake/cuda.cmake)
message(STATUS "has=${{SPIKEMASS_HAS_CUDA}}")
"""


class CudaFound(unittest.TestCase):
    def configure(self, *options, nvcc=None):
        with tempfile.TemporaryDirectory() as folder:
            folder = Path(folder)
            (folder / "CMakeLists.txt").write_text(project)
            environment = {k: v for k, v in os.environ.items() if k not in ("CUDACXX", "CUDAARCHS", "CUDAHOSTCXX", "CUDA_HOME", "CUDA_PATH")}
            if nvcc is not None:
                impostor = folder / "nvcc"
                impostor.write_text("#!/bin/sh\n" + nvcc)
                impostor.chmod(0o755)
                environment["CUDACXX"] = str(impostor)
            result = subprocess.run(["cmake", "-G", "Ninja", "-S", folder, "-B", folder / "build", *options], capture_output=True, text=True, env=environment)
            return result.returncode, result.stdout + " ".join(result.stderr.split())

    def expect_without(self, text, *options, nvcc=None):
        code, output = self.configure(*options, nvcc=nvcc)
        self.assertEqual(code, 0, output)
        lines = [line for line in output.splitlines() if "CUDA" in line]
        self.assertEqual(len(lines), 1, output)
        self.assertIn("CUDA: not built: ", lines[0])
        self.assertIn(text, lines[0])
        self.assertIn("has=OFF", output)

    def test_off(self):
        self.expect_without("SPIKEMASS_CUDA=OFF", "-DSPIKEMASS_CUDA=OFF")

    def test_sanitizers(self):
        self.expect_without("compute-sanitizer", "-DSPIKEMASS_SANITIZE=ON")

    def test_old_toolkit(self):
        self.expect_without("is CUDA 11.8, and 12.4 or later is needed", nvcc="echo 'Cuda compilation tools, release 11.8, V11.8.89'")

    def test_no_nvcc_at_all(self):
        self.expect_without("no nvcc in PATH, CUDA_HOME or /usr/local/cuda/bin", "-DSPIKEMASS_NVCC=")

    def test_does_not_run(self):
        self.expect_without("names no release", nvcc="exit 1")

    def test_compiles_nothing(self):
        self.expect_without("compiles nothing with host compiler", nvcc="[ \"$1\" = --version ] && echo 'release 12.9' && exit 0; exit 1")

    def test_on_makes_it_an_error(self):
        code, output = self.configure("-DSPIKEMASS_CUDA=ON", nvcc="echo 'release 11.8, V11.8.89'")
        self.assertNotEqual(code, 0)
        self.assertIn("12.4 or later is needed", output)
        self.assertIn("-DSPIKEMASS_CUDA=AUTO", output)

    def test_misspelt(self):
        code, output = self.configure("-DSPIKEMASS_CUDA=MAYBE")
        self.assertNotEqual(code, 0)
        self.assertIn("must be AUTO, ON or OFF", output)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
