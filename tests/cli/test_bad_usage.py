"""Wrong command lines: exit code 2 and one paragraph; nothing is written."""

import pytest

from networks import ONE, SWEEP
from program import CONFIGURATION, IO, RUNTIME

CASES = {
    "no verb": ([], ["a verb is needed", "run, sweep, compare"]),
    "unknown verb": (["rum", "net.toml"], ["no verb `rum`", "`run`"]),
    "unknown option": (["run", "net.toml", "--sed", "3"], ["--sed", "spikemass run --help"]),
    "option without verb": (["--json"], ["spikemass --help"]),
    "no file": (["run"], ["network is required", "spikemass run --help"]),
    "two files": (["run", "net.toml", "other.toml"], ["other.toml", "not expected"]),
    "option without value": (["run", "net.toml", "--seed"], ["--seed"]),
    "threads 0": (["run", "net.toml", "--threads", "0"], ["--threads", "0"]),
    "threads in words": (["run", "net.toml", "--threads", "many"], ["--threads", "many"]),
    "negative seed": (["run", "net.toml", "--seed=-1"], ["--seed", "-1", "0 to 2^64 - 1"]),
    "seed too large": (["run", "net.toml", "--seed", "18446744073709551616"], ["--seed", "18446744073709551616"]),
    "fractional seed": (["run", "net.toml", "--seed", "1.5"], ["--seed", "1.5"]),
    "negative trial": (["run", "net.toml", "--trial=-1"], ["--trial", "-1"]),
    "trial in words": (["run", "net.toml", "--trial", "first"], ["--trial", "first"]),
    "unknown backend": (["run", "net.toml", "--backend", "tpu"], ["--backend", "tpu", "cpu"]),
    "backend of a mass": (["run", "net.toml", "--level", "mass", "--backend", "cuda"], ["--backend cuda", "masses", "CPU"]),
    "unknown level": (["run", "net.toml", "--level", "molecular"], ["--level molecular", "spiking and mass"]),
    "unknown closure": (["run", "net.toml", "--level", "mass", "--closure", "magic"], ["magic", "two_cumulant", "resonant"]),
    "closure of spikes": (["run", "net.toml", "--closure", "resonant"], ["--closure resonant", "--level mass"]),
    "spikes of a mass": (["run", "net.toml", "--level", "mass", "--spikes", "s.h5"], ["--spikes", "spiking"]),
    "one file for both": (["run", "net.toml", "--out", "x.nc", "--spikes", "./x.nc"], ["--out x.nc", "--spikes ./x.nc", "same file"]),
    "levels that are not there": (["compare", "net.toml", "--levels", "spiking,mesoscopic"], ["--levels", "mesoscopic", "spiking,mass"]),
    "closures that are not there": (["compare", "net.toml", "--closures", "none,magic", "--out", "folder"], ["magic", "two_cumulant"]),
    "closure named twice": (["compare", "net.toml", "--closures", "none,none", "--out", "folder"], ["none", "twice"]),
    "nothing to inform about": (["info"], ["info", "--keys"]),
    "no trials": (["compare", "net.toml", "--trials", "0"], ["--trials", "0"]),
}


@pytest.mark.parametrize("name", CASES)
def test_is_refused(spikemass, name):
    arguments, says = CASES[name]
    spikemass.write("net.toml", ONE)
    spikemass.refused(CONFIGURATION, *arguments, says=says, outputs=["folder", "net.compare", "x.nc", "s.h5"])


@pytest.mark.parametrize("verb", [["run"], ["run", "--out", "x.nc"], ["sweep", "--out", "folder"], ["sweep", "--dry-run"], ["compare", "--out", "folder"]], ids=" ".join)
def test_a_backend_that_is_not_there_is_refused(spikemass, verb):
    """Not built: wrong usage.  Built, but no device can be used: a failure, with the driver's reason."""
    spikemass.write("net.toml", SWEEP if verb[0] == "sweep" else ONE)
    doctor = spikemass.json("doctor")
    if "cuda" not in doctor["backends"]:
        code, says = CONFIGURATION, ["--backend cuda", "this build has no CUDA", "cpu"]
    elif "no GPU: " in doctor["cuda"]:
        code, says = RUNTIME, ["--backend cuda", doctor["cuda"].split("no GPU: ")[1]]
    else:
        pytest.skip("this machine shows a GPU")
    spikemass.refused(code, verb[0], "net.toml", *verb[1:], "--backend", "cuda", says=says, outputs=["folder", "x.nc"])


def test_help_and_version_are_results(spikemass):
    for arguments in (["--help"], ["--version"], ["run", "--help"], ["sweep", "--help"], ["compare", "--help"], ["info", "--keys"]):
        result = spikemass(*arguments)
        assert result.code == 0 and result.out and not result.err, result
    assert "75" in spikemass("--help").out and "130" in spikemass("--help").out
    assert spikemass("--version").out.startswith("spikemass ")


def test_largest_seeds_are_accepted(spikemass):
    spikemass.write("net.toml", ONE)
    largest = 2**64 - 1
    j = spikemass.json("run", "net.toml", "--seed", largest, "--trial", largest)
    assert (j["seed"], j["trial"]) == (largest, largest)
    assert j["digest"] != spikemass.json("run", "net.toml", "--seed", largest - 1, "--trial", largest)["digest"]


def test_output_that_cannot_be_printed(spikemass):
    spikemass.write("net.toml", ONE)
    with open("/dev/full", "w") as full:
        process = spikemass.start("run", "net.toml", "--json", stdout=full)
        err = process.communicate()[1]
    assert process.returncode == IO and "standard output" in err and "No space left" in err
    with open("/dev/full", "w") as full:   # nobody hears it: the exit code still tells
        process = spikemass.start("run", "none.toml", stderr=full)
        process.communicate()
    assert process.returncode == IO


def test_closed_streams_do_not_end_up_in_files(spikemass):
    spikemass.write("net.toml", SWEEP)
    import subprocess

    from program import PROGRAM
    code = subprocess.run(["/bin/sh", "-c", f'exec "{PROGRAM}" sweep net.toml --out folder >&- 2>&- <&-'], cwd=spikemass.folder).returncode
    assert code == IO   # what it had to say could not be printed
    spikemass.ok("validate", "folder")
    assert spikemass.json("status", "folder")["missing"] == 0


def test_a_reader_that_leaves_is_no_error(spikemass):
    import subprocess

    from program import PROGRAM
    shell = f'"{PROGRAM}" info --keys | head -n 1; exit ${{PIPESTATUS[0]}}'
    result = subprocess.run(["/bin/bash", "-c", shell], capture_output=True, text=True, cwd=spikemass.folder)
    assert (result.returncode, result.stderr, result.stdout.count("\n")) == (0, "", 1)
