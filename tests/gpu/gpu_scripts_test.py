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
        self.assertEqual({n: p["status"] for n, p in parts.items()}, {"device": "passed", **dict.fromkeys(("tests", "ceilings", "numerics", "parity", "layouts", "sanitizer", "timings", "baseline"), "not built")})
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

    def test_programs_know_the_commit(self):
        self.impostor("gpu_dense_baseline", "echo \"{\\\"commit\\\": \\\"$SPIKEMASS_COMMIT\\\"}\" >$2")
        self.assertEqual(self.check("--only", "baseline")[0], 0)
        found, parts = self.results()
        self.assertEqual(parts["baseline"]["result"]["commit"], found["commit"])
        self.assertNotEqual(found["commit"], "")

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
        self.assertEqual(len(seconds), 9)
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
        self.assertTrue((made / "source/CMakeLists.txt").exists())
        resolved = subprocess.run(["ldd", made / "bin" / program.name], capture_output=True, text=True, env={"LD_LIBRARY_PATH": str(made / "lib"), "PATH": os.environ["PATH"]}).stdout
        for library in libraries:
            if f"{library} =>" in resolved:
                self.assertIn(f"{library} => {made}/lib/{library}", resolved)
        ran = subprocess.run([made / "gpu_check.sh", "--only", "tests"], capture_output=True, text=True, env={"PATH": os.environ["PATH"]})
        self.assertEqual(ran.returncode, 0, ran.stdout + ran.stderr)
        self.assertEqual(len(list((made / "results").glob("*.json"))), 1)

    def bundle(self, *words):
        made = self.path / "bundle"
        return made, subprocess.run([bundle, *words, made], capture_output=True, text=True)

    def run_in_bundle(self, made, *words, path=os.environ["PATH"]):
        ran = subprocess.run([made / "gpu_check.sh", *words], capture_output=True, text=True, env={"PATH": path}, timeout=60)
        return ran.returncode, ran.stdout + ran.stderr

    def tools(self, **scripts):
        """A PATH with these impostors before the machine's own tools."""
        folder = self.path / "tools"
        folder.mkdir()
        for name, text in scripts.items():
            (folder / name).write_text("#!/bin/sh\n" + text + "\n")
            (folder / name).chmod(0o755)
        return f"{folder}:{os.environ['PATH']}"

    def test_bundle_of_sources_has_all_that_a_build_needs(self):
        made, result = self.bundle("--sources")
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertFalse((made / "bin").exists())
        for name in ("source/CMakeLists.txt", "source/packaging/third_party.cmake", "third_party/include/Random123/philox.h", "third_party/include/fmt/format.h", "third_party/include/nlohmann/json.hpp",
                     "third_party/include/zlib.h", "third_party/lib/libz.a", "third_party/googletest/src/gtest-all.cc", "third_party/licences/googletest"):
            self.assertTrue((made / name).is_file(), name)
        self.assertEqual((made / "source/scripts/gpu_check.sh").read_text(), check.read_text())   # the working tree, not the last commit
        # Configuring looks into the bundle alone for what it brings.
        built = self.path / "configured"
        configured = subprocess.run(["cmake", "-S", made / "source", "-B", built, "-DSPIKEMASS_CUDA=OFF", "-DSPIKEMASS_HOST=OFF", "-DSPIKEMASS_BENCH=OFF",
                                     f"-DCMAKE_PROJECT_TOP_LEVEL_INCLUDES={made}/source/packaging/third_party.cmake", f"-DSPIKEMASS_THIRD_PARTY={made}/third_party"], capture_output=True, text=True)
        self.assertEqual(configured.returncode, 0, configured.stdout + configured.stderr)
        cache = (built / "CMakeCache.txt").read_text()
        for name in ("fmt_DIR", "GTest_DIR", "nlohmann_json_DIR", "ZLIB_LIBRARY"):
            self.assertNotIn(name + ":", cache)

    def impostor_build(self, built):
        """cmake that 'builds' a gpu_device with this text."""
        return self.tools(nvcc="exit 0", cmake=f"""if [ "$1" = --build ]; then mkdir -p "$2/bin"; printf '#!/bin/sh\\n%s\\n' "{built}" >"$2/bin/gpu_device"; chmod 755 "$2/bin/gpu_device"; fi""")

    def test_programs_that_do_not_start_are_built_from_the_sources(self):
        self.impostor("gpu_device", "echo \"$0: /lib/libc.so.6: version \\`GLIBC_2.99' not found (required by $0)\" >&2; exit 1")
        made, result = self.bundle("--bin", self.bin)
        self.assertEqual(result.returncode, 0, result.stderr)
        path = self.impostor_build("echo built here; exit 77")
        code, output = self.run_in_bundle(made, path=path)
        self.assertEqual(code, 77, output)
        self.assertIn("do not start here", output)
        self.assertRegex(output, r"built in \d+ s")
        self.assertIn("no GPU: built here", output)
        code, output = self.run_in_bundle(made, path=path)   # and not twice
        self.assertEqual(code, 77, output)
        self.assertNotIn("built in", output)

    def test_programs_that_start_are_not_built(self):
        self.impostor("gpu_device", "echo 'as it came'; exit 77")
        made, _ = self.bundle("--bin", self.bin)
        path = self.impostor_build("echo built here; exit 77")
        self.assertIn("no GPU: as it came", self.run_in_bundle(made, path=path)[1])
        code, output = self.run_in_bundle(made, "--build", path=path)   # unless asked for
        self.assertEqual(code, 77)
        self.assertIn("no GPU: built here", output)

    def test_time_of_the_build_is_said_and_in_no_limit(self):
        made, _ = self.bundle("--sources")
        code, output = self.run_in_bundle(made, "--only", "device", path=self.impostor_build("sleep 1; echo one GPU"))
        self.assertEqual(code, 0, output)
        found = json.loads(next((made / "results").glob("*.json")).read_text())
        self.assertIsInstance(found["build_seconds"], int)
        self.assertEqual(found["parts"][0]["status"], "passed")

    def test_a_build_that_fails_measures_nothing(self):
        made, _ = self.bundle("--sources")
        path = self.tools(nvcc="exit 0", cmake="echo 'error: no'; exit 1")
        for _ in range(2):   # and is tried again
            code, output = self.run_in_bundle(made, path=path)
            self.assertEqual(code, 1, output)
            self.assertIn("error: no", output)
            self.assertIn("the build failed", output)
        self.assertFalse((made / "results").exists())

    def test_build_is_for_bundles(self):
        self.assertEqual(subprocess.run([check, "--build"], capture_output=True).returncode, 2)

    def test_sanitizer_is_copied_only_when_asked_for(self):
        made, result = self.bundle("--sources")
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertFalse((made / "sanitizer").exists())
        toolkit = self.path / "toolkit"
        (toolkit / "bin").mkdir(parents=True)
        (toolkit / "compute-sanitizer/docs").mkdir(parents=True)
        for name, text in (("bin/compute-sanitizer", "#!/bin/sh\nexit 1\n"), ("compute-sanitizer/compute-sanitizer", "#!/bin/sh\necho \"checked $*\"\n")):
            (toolkit / name).write_text(text)
            (toolkit / name).chmod(0o755)
        for name in ("libsanitizer-collection.so", "TreeLauncherSubreaper", "docs/index.html"):
            (toolkit / "compute-sanitizer" / name).write_text("x")
        self.impostor("gpu_small_networks", "exit 0")
        environment = {**os.environ, "CUDA_HOME": str(toolkit), "PATH": "/usr/bin:/bin"}
        result = subprocess.run([bundle, "--bin", self.bin, "--with-sanitizer", made], capture_output=True, text=True, env=environment)
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertEqual({p.name for p in (made / "sanitizer").iterdir()}, {"compute-sanitizer", "libsanitizer-collection.so", "TreeLauncherSubreaper"})
        ran = subprocess.run([made / "gpu_check.sh", "--only", "sanitizer"], capture_output=True, text=True, env={"PATH": "/usr/bin:/bin", "CUDA_HOME": "/nowhere"})
        self.assertEqual(ran.returncode, 0, ran.stdout + ran.stderr)
        self.assertIn("checked --tool racecheck", next((made / "results").glob("*.log")).read_text())
        environment["CUDA_HOME"] = "/nowhere"
        self.assertEqual(subprocess.run([bundle, "--bin", self.bin, "--with-sanitizer", self.path / "other"], capture_output=True, env=environment).returncode, 1)

    def test_bundle_overwrites_nothing_else(self):
        made = self.path / "bundle"
        made.mkdir()
        (made / "thesis.tex").write_text("dear")
        self.assertEqual(subprocess.run([bundle, "--bin", self.bin, made], capture_output=True).returncode, 2)
        self.assertTrue((made / "thesis.tex").exists())


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
