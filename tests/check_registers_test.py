#!/usr/bin/env python3
"""check_registers.py catches what it is there for.  check_registers_test.py [REPORT of tests/gpu/planted_spill.cu]"""

import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

check = Path(__file__).resolve().parent / "check_registers.py"
planted = sys.argv[1] if len(sys.argv) > 1 else None


def report(name="_ZN9spikemass6updateEPfi", architecture="sm_90", registers=40, stores=0, loads=0):
    return (f"ptxas info    : Compiling entry function '{name}' for '{architecture}'\nptxas info    : Function properties for {name}\n"
            f"    0 bytes stack frame, {stores} bytes spill stores, {loads} bytes spill loads\nptxas info    : Used {registers} registers, used 1 barriers\n")


class CheckRegisters(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.path = Path(self.folder.name)
        self.addCleanup(self.folder.cleanup)

    def run_check(self, text, *options):
        (self.path / "a.cu.o.ptxas").write_text(text)
        return self.call("--table", self.path / "table.toml", *options, self.path / "a.cu.o.ptxas")

    def call(self, *words):
        result = subprocess.run([sys.executable, check, *words], capture_output=True, text=True)
        self.assertEqual(result.stderr, "")
        return result.returncode, result.stdout

    def test_a_table_of_its_own_passes(self):
        text = report() + report(architecture="sm_80", registers=44)
        self.assertEqual(self.run_check(text, "--update", "--nvcc", "13.0.88")[0], 0)
        self.assertIn("'spikemass::update(float*, int)' = { sm_80 = 44, sm_90 = 40 }", (self.path / "table.toml").read_text())
        code, output = self.run_check(text, "--nvcc", "13.0.12")
        self.assertEqual((code, output), (0, "1 kernels, 0 of Thrust and CUB left out, 0 faults\n"))

    def test_more_registers(self):
        self.run_check(report(), "--update", "--nvcc", "13.0.88")
        code, output = self.run_check(report(registers=41), "--nvcc", "13.0.88")
        self.assertEqual(code, 1)
        self.assertIn("spikemass::update(float*, int) on sm_90: 41 registers, 40 allowed", output)
        code, output = self.run_check(report(registers=41), "--nvcc", "12.4.1")   # another compiler, another count
        self.assertEqual(code, 0, output)
        self.assertIn("not compared", output)

    def test_missing_kernel_or_architecture(self):
        code, output = self.run_check(report())
        self.assertEqual(code, 1)
        self.assertIn("is not in table.toml", output)
        self.run_check(report(), "--update")
        self.assertIn("on sm_80: 40 registers, and it is not in", self.run_check(report(architecture="sm_80"))[1])

    def test_spills_are_never_allowed(self):
        self.run_check(report(), "--update")
        for stores, loads in ((8, 0), (0, 4)):
            code, output = self.run_check(report(stores=stores, loads=loads))
            self.assertEqual(code, 1)
            self.assertIn(f"{stores + loads} bytes spilt", output)
        before = (self.path / "table.toml").read_text()
        self.assertEqual(self.run_check(report(stores=8, registers=99), "--update")[0], 1)
        self.assertEqual((self.path / "table.toml").read_text(), before)

    def test_spill_of_a_called_function(self):
        self.run_check(report(), "--update")
        text = report().replace("ptxas info    : Used", "ptxas info    : Function properties for helper\n    16 bytes stack frame, 16 bytes spill stores, 16 bytes spill loads\nptxas info    : Used")
        self.assertIn("32 bytes spilt", self.run_check(text)[1])

    def test_foreign_kernels_are_left_out(self):
        text = report() + report(name="_ZN6thrust4scanEPf", stores=8)
        self.run_check(report(), "--update")
        code, output = self.run_check(text)
        self.assertEqual(code, 0, output)
        self.assertIn("1 of Thrust and CUB", output)

    def test_nothing_checked_is_a_fault(self):
        self.assertEqual(self.run_check("")[0], 1)
        code, output = self.call("--table", self.path / "table.toml", self.path / "none.ptxas")
        self.assertEqual(code, 1)
        self.assertIn("there is no report", output)

    @unittest.skipUnless(planted, "no CUDA toolkit: nothing compiled")
    def test_planted_spill(self):
        table = self.path / "table.toml"
        table.write_text("[kernels]\n'planted_spill(float*, int)' = { sm_80 = 255, sm_90 = 255 }\n")
        code, output = self.call("--table", table, planted)
        self.assertEqual(code, 1, output)
        self.assertRegex(output, r"planted_spill\(float\*, int\) on sm_90: \d+ bytes spilt")


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
