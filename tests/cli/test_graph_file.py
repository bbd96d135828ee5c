"""Graphs as files: written by `info --graph`, read by topology from_file, and every way in which a file can be wrong."""

import h5py
import numpy as np
import pytest

from networks import ONE, edited
from program import CONFIGURATION

IO = 5
ER = 'topology = { kind = "erdos_renyi", mean_indegree = 50 }'
FILE = 'topology = { kind = "from_file", file = "graph.h5" }'
N = 500


def network(topology=FILE, strength="5.0", more=""):
    return edited(edited(ONE, ER, topology), "strength = 5.0\n", f"strength = {strength}\n{more}")


@pytest.fixture
def graph(spikemass):
    """A fixed in-degree network and its graph in a file."""
    spikemass.write("made.toml", network('topology = { kind = "fixed_indegree", mean_indegree = 50 }'))
    spikemass.ok("info", "made.toml", "--graph", "graph.h5")
    spikemass.write("net.toml", network())
    return spikemass


def rewrite(spikemass, change):
    with h5py.File(spikemass.folder / "graph.h5", "a") as f:
        change(f)


def set_data(group, name, values):
    if name in group:
        del group[name]
    group[name] = values


def edges(f):
    start, targets = f["EE/indptr"][:], f["EE/indices"][:]
    return np.repeat(np.arange(N), np.diff(start)), targets.astype(np.int64)


def test_round_trip(graph):
    made, read = graph.json("run", "made.toml"), graph.json("run", "net.toml")
    assert made["digest"] == read["digest"] and made["synapses"] == read["synapses"] == 50 * N
    graph.ok("info", "net.toml", "--graph", "again.h5")
    with h5py.File(graph.folder / "graph.h5") as a, h5py.File(graph.folder / "again.h5") as b:
        assert (a["EE/indptr"][:] == b["EE/indptr"][:]).all() and (a["EE/indices"][:] == b["EE/indices"][:]).all()
        assert a["EE/indptr"][0] == 0 and a["EE/indptr"][-1] == 50 * N and "weights" not in a["EE"]


@pytest.mark.parametrize("threads", ["1", "3"])
def test_weights_of_the_round_trip(graph, threads):
    graph.write("made.toml", network('topology = { kind = "fixed_indegree", mean_indegree = 50 }', '{ distribution = "gaussian", mean = 5.0, sd = 1.5 }'))
    graph.ok("info", "made.toml", "--graph", "graph.h5")
    graph.write("net.toml", network(strength="1.0"))
    made, read = graph.json("run", "made.toml", "--threads", threads), graph.json("run", "net.toml", "--threads", threads)
    assert made["digest"] == read["digest"]
    with h5py.File(graph.folder / "graph.h5") as f:
        assert abs(f["EE/weights"][:].mean() - 5.0) < 0.05 and abs(f["EE/weights"][:].std() - 1.5) < 0.05


def test_every_layout_is_the_same_graph(graph):
    digest = graph.json("run", "net.toml")["digest"]
    checksum = graph.json("validate", "net.toml")["resolved"]["projection"]["EE"]["topology"]["checksum"]
    with h5py.File(graph.folder / "graph.h5") as f:
        source, target = edges(f)

    def by_target(f):
        order = np.lexsort((source, target))
        set_data(f["EE"], "indptr", np.concatenate([[0], np.cumsum(np.bincount(target, minlength=N))]).astype(np.int32))
        set_data(f["EE"], "indices", source[order].astype(np.int64))
        f["EE"].attrs["rows"] = "target"

    def unsorted_sonata(f):
        del f["EE"]
        order = np.random.default_rng(1).permutation(len(source))
        edge = f.create_group("edges/E_to_E")
        edge.create_dataset("source_node_id", data=source[order].astype(np.uint64), chunks=(1000,), compression="gzip")
        edge["target_node_id"] = target[order].astype(np.int32)
        edge["edge_type_id"] = np.full(len(source), 100)

    def at_the_root(f):
        del f["edges"]
        order = np.lexsort((target[::-1], source))
        f["indptr"] = np.concatenate([[0], np.cumsum(np.bincount(source, minlength=N))]).astype(">i8")
        f["indices"] = target[order].astype(np.uint16)

    for change in (by_target, unsorted_sonata):
        rewrite(graph, change)
        assert graph.json("run", "net.toml", "--threads", "2")["digest"] == digest, change.__name__
        assert graph.json("validate", "net.toml")["resolved"]["projection"]["EE"]["topology"]["checksum"] == checksum
    rewrite(graph, at_the_root)
    assert graph.json("run", "net.toml")["synapses"] == 50 * N


def test_multapses_and_equal_weights(graph):
    """Two synapses of one pair are two; weights that are all equal are the strength."""
    digest = graph.json("run", "net.toml", "--set", "projection.EE.strength=10.0")["digest"]
    rewrite(graph, lambda f: set_data(f["EE"], "weights", np.full(50 * N, 2.0, np.float32)))
    assert graph.json("run", "net.toml")["digest"] == digest
    def twice(f):
        del f["EE/weights"]
        set_data(f["EE"], "indices", np.repeat(f["EE/indices"][:], 2))
        set_data(f["EE"], "indptr", f["EE/indptr"][:] * 2)
    rewrite(graph, twice)
    j = graph.json("run", "net.toml", "--set", "projection.EE.normalise=none", "--set", f"projection.EE.strength={5.0 / 50}")
    assert j["digest"] == digest and j["synapses"] == 100 * N


def test_sonata_weights(graph):
    with h5py.File(graph.folder / "graph.h5") as f:
        source, target = edges(f)
    weight = 1.0 + (source % 7) / 4.0
    rewrite(graph, lambda f: set_data(f["EE"], "weights", weight))
    digest = graph.json("run", "net.toml")["digest"]
    def sonata(f):
        del f["EE"]
        order = np.random.default_rng(2).permutation(len(source))
        for name, x in ("source_node_id", source), ("target_node_id", target), ("0/syn_weight", weight):
            f["edges/E_to_E/" + name] = x[order]
    rewrite(graph, sonata)
    assert graph.json("run", "net.toml")["digest"] == digest


def test_groups(graph):
    graph.ok("info", "made.toml", "--graph", "graph.h5")
    rewrite(graph, lambda f: f.copy("EE", "other"))
    graph.refused(CONFIGURATION, "run", "net.toml", says=["graph.h5", "2 graphs", "group", "/EE", "/other"])
    graph.ok("run", "net.toml", "--set", "projection.EE.topology.group=other", "--quiet")
    graph.refused(CONFIGURATION, "run", "net.toml", "--set", "projection.EE.topology.group=third", says=["no graph in /third", "/EE, /other"])


def test_paths_are_relative_to_the_file_that_says_them(graph):
    (graph.folder / "sub").mkdir()
    (graph.folder / "sub" / "base.toml").write_text(network('topology = { kind = "from_file", file = "../graph.h5" }'))
    graph.write("child.toml", 'extends = "sub/base.toml"\n[projection.EE]\nstrength = 5.0\n')
    assert graph.json("run", "child.toml")["digest"] == graph.json("run", "net.toml")["digest"]


def test_sweeps_over_kinds_and_resumption_notice_another_file(graph):
    graph.write("sweep.toml", network() + '[sweep]\n"projection.EE.strength" = [1.0, 2.0]\nreference = "all_to_all"\n')
    graph.ok("sweep", "sweep.toml", "--out", "folder", "--quiet")
    graph.ok("sweep", "sweep.toml", "--out", "folder", "--resume", "--quiet")
    graph.ok("validate", "folder/network.toml")   # says where the file is, wherever it is read from
    def other(f):
        x = f["EE/indices"][:]
        x[0] = (x[0] + 1) % N
        f["EE/indices"][:] = x
    rewrite(graph, other)
    graph.refused(CONFIGURATION, "sweep", "sweep.toml", "--out", "folder", "--resume", says=["topology.checksum"], lines=None)
    checksum = "0123456789abcdef"
    graph.refused(CONFIGURATION, "run", "net.toml", "--set", f"projection.EE.topology.checksum='{checksum}'", says=["checksum", "another graph"])


def test_masses_say_which_closures_apply(graph):
    assert graph.json("run", "net.toml", "--level", "mass")["level"] == "mass"
    graph.refused(CONFIGURATION, "run", "net.toml", "--level", "mass", "--closure", "two_cumulant", says=["from_file", "two_cumulant", "closure none"])


def put(name, values):
    return lambda f: set_data(f["EE"], name, values(f["EE"]) if callable(values) else values)


def changed(name, at, value, dtype=np.int64):
    def change(g):
        x = g[name][:].astype(dtype)
        x[at] = value
        return x
    return put(name, change)


@pytest.mark.parametrize("change, says", [
    (changed("indices", 7, 500), ["EE/indices", "element 7 is 500", "500 neurons"]),
    (changed("indices", 7, -1), ["EE/indices", "element 7 is -1"]),
    (changed("indices", 7, -1, np.int32), ["EE/indices", "element 7 is -1"]),
    (changed("indices", 7, 2**40), ["EE/indices", "element 7 is 1099511627776"]),
    (changed("indptr", 3, 10**6), ["EE/indptr", "must not decrease", "element 3 is 1000000"]),
    (changed("indptr", 0, 1), ["EE/indptr", "from 1 to 25000"]),
    (put("indptr", lambda g: g["indptr"][:-1]), ["EE/indptr", "500 elements", "500 neurons", "one more"]),
    (put("indices", lambda g: g["indices"][:-1]), ["EE/indptr", "from 0 to 25000", "24999"]),
    (put("indices", lambda g: g["indices"][:].astype(float)), ["EE/indices", "integers", "int32"]),
    (put("indices", lambda g: g["indices"][:].reshape(-1, 2)), ["EE/indices", "one dimension"]),
    (put("weights", np.ones(3)), ["EE/weights", "3 elements", "25000 synapses"]),
    (put("weights", np.ones(50 * N, int)), ["EE/weights", "floating-point"]),
    (put("weights", np.concatenate([np.ones(50 * N - 1), [np.nan]])), ["EE/weights", "element 24999", "finite"]),
    (put("weights", np.concatenate([np.ones(50 * N - 1), [np.inf]])), ["EE/weights", "element 24999", "finite"]),
    (put("delays", np.ones(50 * N)), ["EE/delays", "projection.NAME.delay"]),
    (lambda f: f["EE"].attrs.__setitem__("rows", "column"), ["rows", "\"column\"", "\"target\""]),
    (lambda f: f["EE"].__delitem__("indptr"), ["EE", "indptr is missing"]),
    (lambda f: f.__delitem__("EE"), ["holds no graph", "SONATA"]),
    (lambda f: (put("indices", np.zeros(0, int))(f), put("indptr", np.zeros(N + 1, int))(f)), ["no synapses"]),
])
def test_damaged_graphs(graph, change, says):
    rewrite(graph, change)
    graph.refused(CONFIGURATION, "run", "net.toml", says=["net.toml", "projection.EE.topology.file", "graph.h5"] + says)


def test_a_file_that_is_cut_short(graph):
    data = (graph.folder / "graph.h5").read_bytes()
    (graph.folder / "graph.h5").write_bytes(data[:len(data) // 2])
    graph.refused(IO, "run", "net.toml", says=["graph.h5", "damaged"])


@pytest.mark.parametrize("topology, says", [
    ('kind = "chung_lu", mean_indegree = 50, exponent_in = 2, exponent_out = 2', ["out-degrees", "half of the 499"]),
    ('kind = "chung_lu", mean_indegree = 4, exponent_in = 2, exponent_out = 2, cutoff = 100', ["degree"]),
    ('kind = "fixed_indegree", mean_indegree = 500', ["500", "499"]),
    ('kind = "small_world", mean_indegree = 300, rewiring = 0.1', ["300", "half of the 499"]),
])
def test_degrees_that_cannot_be_realised(spikemass, topology, says):
    spikemass.write("net.toml", network(f"topology = {{ {topology} }}"))
    spikemass.refused(CONFIGURATION, "run", "net.toml", says=["net.toml", "projection.EE"] + says)


def test_chung_lu_reports_the_correlation_of_its_degrees(spikemass):
    for correlation in (-0.9, 0.0, 0.9):
        spikemass.write("net.toml", network(f'topology = {{ kind = "chung_lu", mean_indegree = 20, exponent_in = 2.5, exponent_out = 2.5, cutoff = 6, correlation = {correlation} }}'))
        spikemass.ok("info", "net.toml", "--graph", f"graph{correlation}.h5")
        with h5py.File(spikemass.folder / f"graph{correlation}.h5") as f:
            source, target = edges(f)
        expected = np.corrcoef(np.bincount(target, minlength=N), np.bincount(source, minlength=N))[0, 1]
        got = spikemass.json("run", "net.toml")["projections"]["EE"]["degree_correlation"]
        assert abs(got - expected) < 1e-12
        assert (got > 0.5) == (correlation > 0) and (got < -0.2) == (correlation < 0)


def test_weights_beyond_fixed_point(graph):
    rewrite(graph, put("weights", np.linspace(1e30, 2e30, 50 * N)))
    graph.refused(CONFIGURATION, "run", "net.toml", says=["projection.EE", "2^60", "rescale"])


def test_gaussian_strength_and_files_do_not_mix(graph):
    graph.write("net.toml", network(strength='{ distribution = "gaussian", mean = 1.0, sd = 1.0 }'))
    graph.refused(CONFIGURATION, "run", "net.toml", says=["projection.EE.strength.sd", "weights of the file"])


def test_missing_and_foreign_files(graph):
    graph.refused(IO, "run", "net.toml", "--set", "projection.EE.topology.file=none.h5", says=["none.h5", "no such file"])
    (graph.folder / "graph.h5").write_text("not HDF5\n" * 1000)
    graph.refused(IO, "run", "net.toml", says=["graph.h5", "not an HDF5 file"])
    graph.write("all.toml", network('topology = { kind = "all_to_all" }'))
    graph.refused(CONFIGURATION, "info", "all.toml", "--graph", "g.h5", says=["--graph", "all_to_all"], outputs=["g.h5"])
