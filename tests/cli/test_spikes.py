"""Spike files: SONATA, and the same spikes as the dataset counts."""

import h5py
import netCDF4
import numpy as np
import pytest

from networks import SWEEP, edited, two


def spikes(path):
    """{population: (timestamps, node ids, attributes)}"""
    with h5py.File(path) as f:
        return {name: (g["timestamps"][:], g["node_ids"][:], {**{k: v for k, v in g.attrs.items()}, "units": g["timestamps"].attrs["units"]}) for name, g in f["spikes"].items()}


def text(value):
    return value.decode() if isinstance(value, bytes) else str(value)


@pytest.fixture(scope="module")
def run(shared):
    shared.write("net.toml", two())
    j = shared.json("run", "net.toml", "--out", "run.nc", "--spikes", "spikes.h5")
    return shared, j


def test_layout(run):
    program, _ = run
    with h5py.File(program.path("spikes.h5")) as f:
        assert set(f) == {"spikes"} and set(f["spikes"]) == {"E", "I"}
        assert "magic" in f.attrs and "version" in f.attrs
        assert int(f.attrs["magic"]) == 0x0A7A
        for g in f["spikes"].values():
            assert {"timestamps", "node_ids"} <= set(g) and g["timestamps"].shape == g["node_ids"].shape
            assert g["timestamps"].dtype == np.float64 and g["node_ids"].dtype == np.uint64


def test_counts_and_times(run):
    program, j = run
    with netCDF4.Dataset(program.path("run.nc")) as d:
        counts = d["spike_count"][0, 0]   # [time][population]
        names = list(d["population"][:])
    for p, (name, size) in enumerate((("E", 404), ("I", 101))):
        assert names[p] == name
        times, ids, attributes = spikes(program.path("spikes.h5"))[name]
        assert text(attributes["units"]) == "tau"
        assert ids.max() < size and len(np.unique(ids)) > size / 4
        assert (np.diff(times) >= 0).all() and times[0] >= 1.0 and times[-1] < 4.0   # the recorded interval
        steps = np.rint(times / 0.01).astype(int)
        assert np.allclose(times, steps * 0.01, rtol=1e-12)
        assert (np.bincount((steps - 100) // 10, minlength=30) == counts[:, p]).all()
        assert len(np.unique(np.stack([steps, ids.astype(int)]), axis=1).T) == len(times)   # nobody fires twice in a step
        assert j["populations"][name]["rate_mean"] == pytest.approx(len(times) / size / 3.0, rel=1e-9)


def test_the_same_for_any_number_of_threads(run):
    program, j = run
    again = program.json("run", "net.toml", "--spikes", "threads.h5", "--threads", "3")
    assert again["digest"] == j["digest"]
    a, b = spikes(program.path("spikes.h5")), spikes(program.path("threads.h5"))
    for name in a:
        assert (a[name][0] == b[name][0]).all() and (a[name][1] == b[name][1]).all()


def test_digest_is_that_of_the_spikes(spikemass):
    """docs/numerics.md: a sum over spikes, so it can be had from the file when nothing comes before the record."""
    spikemass.write("net.toml", edited(two(), "warmup    = 1.0", "warmup    = 0.0"))
    j = spikemass.json("run", "net.toml", "--spikes", "s.h5")
    m64 = (1 << 64) - 1

    def mix(x):
        x = ((x ^ (x >> 30)) * 0xBF58476D1CE4E5B9) & m64
        x = ((x ^ (x >> 27)) * 0x94D049BB133111EB) & m64
        return x ^ (x >> 31)

    def key(name):
        h = 0xCBF29CE484222325
        for byte in name.encode():
            h = ((h ^ byte) * 0x100000001B3) & m64
        return h

    high = low = 0
    for name, (times, ids, _) in spikes(spikemass.path("s.h5")).items():
        k = key(name)
        for step, i in zip(np.rint(times / 0.01).astype(int), ids):
            h = mix((mix((k + int(i)) & m64) + int(step)) & m64)
            high, low = (high + (h >> 32)) & 0xFFFFFFFF, (low + h) & 0xFFFFFFFF
    assert j["digest"] == f"{high << 32 | low:016x}"


def test_milliseconds(spikemass):
    net = two().replace('"tau"', '"ms"').replace("dt        = 0.01", "dt        = 0.1").replace("= 1.0\nduration", "= 10.0\nduration").replace("= 3.0\nbin", "= 30.0\nbin") \
        .replace("bin       = 0.1", "bin       = 1.0").replace("params = { eta", "params = { tau_ms = 10.0, eta").replace("delay    = 0.05", "delay    = 0.5").replace("tau = 0.1 }", "tau = 1.0 }")
    spikemass.write("net.toml", net)
    spikemass.ok("run", "net.toml", "--spikes", "s.h5")
    times, _, attributes = spikes(spikemass.path("s.h5"))["E"]
    assert text(attributes["units"]) == "ms" and 10.0 <= times[0] < times[-1] < 40.0


def test_record_asks_for_them(spikemass):
    """As with --spikes; a file is named after the dataset or the network file."""
    (spikemass.folder / "nets").mkdir()
    spikemass.write("nets/net.toml", edited(two(), '["rate", "v"]', '["rate", "v", "spikes"]'))
    j = spikemass.json("run", "nets/net.toml")
    assert j["spikes_file"] == "net.spikes.h5" and "warnings" not in j
    assert spikemass.json("run", "nets/net.toml", "--out", "results/run.nc")["spikes_file"] == "results/run.spikes.h5"
    assert "spikes named.h5\n" in spikemass.ok("run", "nets/net.toml", "--spikes", "named.h5").out
    a = spikes(spikemass.path("net.spikes.h5"))
    for name in ("results/run.spikes.h5", "named.h5"):
        b = spikes(spikemass.path(name))
        assert all((a[p][k] == b[p][k]).all() for p in ("E", "I") for k in (0, 1))
    assert len(a["E"][0]) > 0
    spikemass.write("other.toml", two())
    assert "spikes_file" not in spikemass.json("run", "other.toml")
    lorentzian = "population.I.params.eta={ distribution = \"lorentzian\", center = 2.0, half_width = 0.5 }"   # masses have no Gaussian
    assert "spikes_file" not in spikemass.json("run", "nets/net.toml", "--level", "mass", "--set", lorentzian)
    assert sorted(p.name for p in spikemass.folder.rglob("*.h5")) == ["named.h5", "net.spikes.h5", "run.spikes.h5"]


@pytest.mark.parametrize("how", ["option", "network file"])
def test_sweep_writes_a_file_per_run(spikemass, how):
    spikemass.write("net.toml", SWEEP if how == "option" else edited(SWEEP, '"order_parameter"]', '"spikes"]'))
    spikemass.ok("sweep", "net.toml", "--out", "folder", *(["--spikes"] if how == "option" else []))
    files = sorted(p.name for p in spikemass.path("folder/spikes").iterdir())
    assert files == [f"point{p:05}_trial{t:03}.h5" for p in range(6) for t in range(2)]
    with netCDF4.Dataset(spikemass.path("folder/dataset.nc")) as d:
        for p in range(6):
            for t in range(2):
                times, ids, _ = spikes(spikemass.path(f"folder/spikes/point{p:05}_trial{t:03}.h5"))["E"]
                steps = np.rint(times / 0.01).astype(int)
                assert (np.bincount((steps - 200) // 10, minlength=40) == d["spike_count"][p, t, :, 0]).all()


def test_a_silent_network_has_an_empty_file(spikemass):
    spikemass.write("net.toml", edited(two(), "center = 1.0, half_width = 0.5", "center = -50.0, half_width = 0.001"))
    j = spikemass.json("run", "net.toml", "--set", "projection.EE.strength=0", "--set", "projection.EI.strength=0", "--set", "population.I.params.eta=-50.0", "--spikes", "s.h5")
    times, ids, _ = spikes(spikemass.path("s.h5"))["E"]
    assert j["populations"]["E"]["rate_mean"] == 0 and len(times) == len(ids) == 0
