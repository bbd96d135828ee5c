"""The same network and seed give the same spikes, whatever the threads, the order of the file, or the way they are asked for."""

import itertools

import netCDF4
import numpy as np
import pytest

from networks import SWEEP, edited, two


def digest(spikemass, *arguments):
    return spikemass.json("run", *arguments)["digest"]


@pytest.fixture(scope="module")
def sweep(shared):
    shared.write("net.toml", SWEEP)
    shared.ok("sweep", "net.toml", "--out", "folder")
    return shared


def points(program, folder="folder"):
    """[(mean_indegree, kind, [digest of each trial])]"""
    with netCDF4.Dataset(program.path(folder) / "dataset.nc") as d:
        return [(float(k), str(kind), [f"{int(x):016x}" for x in row]) for k, kind, row in zip(d["mean_indegree"][:], d["kind"][:], d["digest"][:])]


def test_threads(spikemass):
    spikemass.write("net.toml", two())
    assert len({digest(spikemass, "net.toml", "--threads", t) for t in (1, 2, 3, 7)}) == 1


def test_threads_of_a_sweep(sweep):
    for threads in (1, 3):
        sweep.ok("sweep", "net.toml", "--out", f"threads{threads}", "--threads", threads)
        assert sweep.path(f"threads{threads}/dataset.nc").read_bytes() == sweep.path("folder/dataset.nc").read_bytes()


def test_instruction_sets(spikemass):
    spikemass.write("net.toml", two())
    assert spikemass.ok("run", "net.toml", "--json", env={"SPIKEMASS_ISA": "v3"}).out.split('"digest":"')[1][:16] == digest(spikemass, "net.toml")


def test_order_in_the_file(spikemass):
    """Identity is the name: every order of populations, some of projections."""
    expected, sizes = set(), set()
    orders = list(itertools.permutations(("EE", "EI", "IE", "II")))[::5]
    for populations in itertools.permutations("EI"):
        for projections in orders:
            spikemass.write("net.toml", two(populations, projections))
            j = spikemass.json("run", "net.toml")
            expected.add(j["digest"])
            sizes.add(tuple(sorted((n, p["rate_mean"], p["v_mean"]) for n, p in j["populations"].items())))
            assert list(j["populations"]) == list(populations)
    assert len(expected) == 1 and len(sizes) == 1


def test_names_matter(spikemass):
    spikemass.write("net.toml", two())
    spikemass.write("other.toml", two().replace("projection.EE", "projection.recurrent"))
    assert digest(spikemass, "net.toml") != digest(spikemass, "other.toml")


def test_run_reproduces_every_entry_of_a_sweep(sweep):
    seen = points(sweep)
    assert len(seen) == 6
    for k, kind, digests in seen:
        for trial, expected in enumerate(digests):
            assert digest(sweep, "net.toml", "--trial", trial, "--set", f"projection.EE.topology.mean_indegree={k:g}", "--set", f"projection.EE.topology.kind={kind}") == expected
    assert len({d for _, _, digests in seen for d in digests}) == 12


def test_run_reproduces_entries_with_independent_seeds(spikemass):
    spikemass.write("net.toml", edited(SWEEP, "trials    = 2", 'trials    = 2\nseeds = "independent"'))
    spikemass.ok("sweep", "net.toml", "--out", "folder")
    for k, kind, digests in points(spikemass):
        assert digest(spikemass, "net.toml", "--trial", 1, "--set", f"projection.EE.topology.mean_indegree={k:g}", "--set", f"projection.EE.topology.kind={kind}") == digests[1]


def seeds(program, folder):
    with netCDF4.Dataset(program.path(folder) / "dataset.nc") as d:
        return {name: d[name][:].astype(np.uint64) for name in ("seed_graph", "seed_init", "seed_noise")}


def test_points_have_common_random_numbers(sweep):
    for values in seeds(sweep, "folder").values():
        assert values.shape == (6, 2)
        assert (values == values[0]).all() and values[0, 0] != values[0, 1]
    with netCDF4.Dataset(sweep.path("folder/dataset.nc")) as d:   # and so has the reference
        assert (d["reference/seed_init"][:] == d["seed_init"][0]).all()


def test_independent_seeds_differ_everywhere(sweep):
    sweep.write("independent.toml", edited(SWEEP, "trials    = 2", 'trials    = 2\nseeds = "independent"'))
    sweep.ok("sweep", "independent.toml", "--out", "independent")
    for name, values in seeds(sweep, "independent").items():
        assert len(np.unique(values)) == 12, name
    purposes = seeds(sweep, "independent")
    assert len(np.unique(np.concatenate([v.ravel() for v in purposes.values()]))) == 36


def test_seed_option_changes_a_whole_sweep(sweep):
    sweep.ok("sweep", "net.toml", "--out", "seed9", "--seed", 9)
    sweep.write("nine.toml", edited(SWEEP, "seed      = 3", "seed      = 9"))
    sweep.ok("sweep", "nine.toml", "--out", "nine")
    old = {d for *_, row in points(sweep) for d in row}
    new = {d for *_, row in points(sweep, "seed9") for d in row}
    assert not old & new
    assert new == {d for *_, row in points(sweep, "nine") for d in row}


def test_equal_points_run_once_and_agree(spikemass):
    """A key that a kind does not use makes no difference."""
    spikemass.write("net.toml", edited(SWEEP, '["erdos_renyi", "fixed_indegree"]', '["erdos_renyi", "all_to_all"]'))
    plan = spikemass.json("sweep", "net.toml", "--dry-run")
    assert plan["points"] == 6 and plan["runs"] == 2 * (3 + 1) + 2
    spikemass.ok("sweep", "net.toml", "--out", "folder")
    with netCDF4.Dataset(spikemass.path("folder/dataset.nc")) as d:
        dense = [i for i, kind in enumerate(d["kind"][:]) if kind == "all_to_all"]
        assert len(dense) == 3 and len({tuple(d["digest"][i]) for i in dense}) == 1
        assert list(d["same_as"][:]) == [0, 1, 2, 1, 4, 1]
        assert tuple(d["digest"][dense[0]]) == tuple(d["reference/digest"][0])
