#!/usr/bin/env python3
"""scripts/gpu_check.sh and gpu_bundle.sh on impostors: what is reported when parts pass, fail, hang, were not built, or there is no GPU.

    gpu_scripts_test.py PROGRAM      PROGRAM: any program of this build that needs a shared library; it is bundled and run from the bundle
"""

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
import unittest
from pathlib import Path

root = Path(__file__).resolve().parent.parent.parent
check, bundle = root / "scripts/gpu_check.sh", root / "scripts/gpu_bundle.sh"
program = Path(sys.argv[1]).resolve()


class Scripts(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.path = Path(folder.name)
        self.bin, self.out = self.path / "bin", self.path / "out"
        self.bin.mkdir()
        self.impostor("gpu_device", "echo 'GPU 0: \"Impostor\"'")

    def impostor(self, name, text):
        (self.bin / name).write_text("#!/bin/sh\n" + text + "\n")
        (self.bin / name).chmod(0o755)

    def start(self, *words):
        return subprocess.Popen([check, "--bin", self.bin, *words], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env={**os.environ, "OUT": str(self.out)})

    def check(self, *words):
        process = self.start(*words)
        output = process.communicate(timeout=60)[0]
        return process.returncode, output

    def results(self):
        files = list(self.out.glob("*.json"))
        self.assertEqual(len(files), 1)
        found = json.loads(files[0].read_text())
        return found, {p["name"]: p for p in found["parts"]}

    def test_no_gpu(self):
        self.impostor("gpu_device", "echo 'not in this build'; exit 77")
        code, output = self.check()
        self.assertEqual(code, 77)
        self.assertIn("no GPU: not in this build", output)
        self.assertIn("Nothing was measured", output)
        self.assertFalse(self.out.exists())

    def test_a_program_that_does_not_start_is_no_missing_gpu(self):
        self.impostor("gpu_device", "echo 'cannot open shared object file'; exit 127")
        code, output = self.check()
        self.assertEqual(code, 1)
        self.assertIn("exit code 127: cannot open", output)

    def test_nothing_built_is_never_passed(self):
        code, output = self.check()
        self.assertEqual(code, 3, output)
        found, parts = self.results()
        self.assertEqual(found["device"], 'GPU 0: "Impostor"')
        self.assertEqual({n: p["status"] for n, p in parts.items()}, {"device": "passed", **dict.fromkeys(("tests", "numerics", "parity", "layouts", "sanitizer", "timings"), "not built")})
        self.assertEqual(output.count("passed"), 2)   # device, as it ends and in the summary

    def test_without_gpu_device(self):
        (self.bin / "gpu_device").unlink()
        self.assertEqual(self.check()[0], 3)

    def test_a_failure_and_a_hang_stop_nothing(self):
        self.impostor("gpu_numerics", "echo '{\"differing\": 3}' >$2; echo three differ; exit 1")
        self.impostor("gpu_parity", "echo '{\"half' >$2; sleep 30")
        self.impostor("gpu_layouts", "echo '{\"digests\": 1}' >$2")
        began = time.monotonic()
        code, output = self.check("--only", "numerics,parity,layouts", "--limit", "1")
        self.assertLess(time.monotonic() - began, 20)
        self.assertEqual(code, 1)
        self.assertIn("three differ", output)
        parts = self.results()[1]
        self.assertEqual([parts[n]["status"] for n in ("numerics", "parity", "layouts")], ["failed", "timed out", "passed"])
        self.assertEqual([parts[n]["result"] for n in ("numerics", "parity", "layouts")], [{"differing": 3}, None, {"digests": 1}])
        self.assertIn("three differ", next(self.out.glob("*.log")).read_text())

    def test_gpu_tests_are_required_to_run(self):
        (self.bin / "gpu_tests.txt").write_text("a_test\nb_test\n")
        self.impostor("a_test", "[ \"$SPIKEMASS_REQUIRE_GPU\" = 1 ]")
        self.impostor("b_test", "exit 0")
        self.assertEqual(self.check("--only", "tests")[0], 0)
        (self.bin / "b_test").unlink()   # listed and not there
        code, output = self.check("--only", "tests")
        self.assertEqual(code, 1)
        self.assertIn("b_test: not built", output)

    def test_interrupted(self):
        self.impostor("gpu_numerics", "sleep 30")
        process = self.start("--only", "numerics,parity")
        for line in process.stdout:
            if line.startswith("== numerics"):
                break
        time.sleep(0.5)
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=20)
        self.assertEqual(process.returncode, 1)
        parts = self.results()[1]
        self.assertEqual((parts["numerics"]["status"], parts["parity"]["status"]), ("interrupted", "not run"))

    def test_usage(self):
        for words in (["--only", "weather"], ["--limit", "0"], ["--limit"], ["--unknown"]):
            self.assertEqual(self.check(*words)[0], 2, words)
        self.assertEqual(self.check("--bin", self.path / "nowhere")[0], 2)

    def test_limits_fit_ten_minutes(self):
        seconds = [int(line.split()[1]) for line in self.check("--list")[1].splitlines()]
        self.assertEqual(len(seconds), 7)
        self.assertLessEqual(sum(seconds), 600)

    def test_bundle_brings_its_libraries(self):
        (self.bin / "gpu_tests.txt").write_text(program.name + "\n")
        (self.bin / program.name).symlink_to(program)
        made = self.path / "bundle"
        result = subprocess.run([bundle, "--bin", self.bin, made], capture_output=True, text=True)
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertIn("not built, left out: gpu_parity", result.stdout)
        libraries = {p.name for p in (made / "lib").iterdir()}
        self.assertIn("libstdc++.so.6", libraries)
        self.assertFalse({n for n in libraries if n.startswith(("libc.so", "libm.so", "ld-linux", "libcuda.so"))})
        self.assertTrue((made / "source/CMakeLists.txt").exists() or (made / "COMMIT").read_text() == "unknown\n")
        resolved = subprocess.run(["ldd", made / "bin" / program.name], capture_output=True, text=True, env={"LD_LIBRARY_PATH": str(made / "lib"), "PATH": os.environ["PATH"]}).stdout
        for library in libraries:
            if f"{library} =>" in resolved:
                self.assertIn(f"{library} => {made}/lib/{library}", resolved)
        ran = subprocess.run([made / "gpu_check.sh", "--only", "tests"], capture_output=True, text=True, env={"PATH": os.environ["PATH"]})
        self.assertEqual(ran.returncode, 0, ran.stdout + ran.stderr)
        self.assertEqual(len(list((made / "results").glob("*.json"))), 1)

    def test_bundle_overwrites_nothing_else(self):
        made = self.path / "bundle"
        made.mkdir()
        (made / "thesis.tex").write_text("dear")
        self.assertEqual(subprocess.run([bundle, "--bin", self.bin, made], capture_output=True).returncode, 2)
        self.assertTrue((made / "thesis.tex").exists())


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
