"""Opens the dataset of dataset_test.cpp with xarray (and h5py, if there) and checks what a user would rely on."""
import importlib.util
import sys

import numpy as np
import xarray as xr

path = sys.argv[1]
with xr.open_dataset(path) as ds:
    assert dict(ds.sizes) == {"point": 3, "trial": 2, "time": 37, "population": 2, "projection": 3}, ds.sizes
    assert ds.rate.dims == ("point", "trial", "time", "population")
    assert ds.spike_count.dtype == np.uint32 and ds.digest.dtype == np.uint64 and ds.seed_graph.dtype == np.uint64
    assert ds.rate.dtype == np.float32 and ds.status.dtype == np.int8
    assert list(ds.population.values) == ["E", "I"] and list(ds.projection.values) == ["EE", "EI", "IE"]
    assert ds.rate.sel(population="E").shape == (3, 2, 37)
    assert list(ds.mean_indegree.values) == [10, 30, 10] and ds.mean_indegree.dtype == np.int64
    assert list(ds["kind"].values) == ["erdos_renyi", "fixed_indegree", "erdos_renyi"]
    for name in ("mean_indegree", "kind", "EE_strength", "EI_strength", "allow_capped", "tau_ms"):
        assert name in ds.rate.coords and ds[name].dims == ("point",), name
    assert abs(float(ds.time[0]) - 2.05) < 1e-12 and ds.time.dtype == np.float64, "times must stay numbers"
    assert ds.time.attrs["units"] == "tau" and ds.rate.attrs["units"] == "1/tau"
    assert all("units" in v.attrs for v in ds.variables.values()), [k for k, v in ds.variables.items() if "units" not in v.attrs]
    assert np.isnan(ds.rate[1, 1]).all() and not np.isnan(ds.rate[0]).any() and np.isnan(ds.v.sel(population="I")).all()
    assert ds.status.values.tolist() == [[1, 1], [1, 2], [1, 1]] and ds.message.values[1, 1] == "it diverged"
    assert (ds.rate[0] == ds.rate[2]).all(), "equal points have equal data"
    assert ds.stimulus.dims == ("time", "population") and float(ds.stimulus[:, 0].sum()) == 30.0
    assert (ds.groupby("mean_indegree").mean("point").rate.sizes["mean_indegree"]) == 2
    for name in ("resolved_configuration", "resolved_sha256", "program_version", "git_commit", "backend", "device", "compiler"):
        assert isinstance(ds.attrs[name], str), name
with xr.open_dataset(path, group="reference") as ref:
    assert ref.rate.dims == ("reference_point", "trial", "time", "population") and list(ref.population.values) == ["E", "I"]
    paired = ref.rate.isel(reference_point=ref.reference_index)
    assert paired.dims == ("point", "trial", "time", "population") and paired.sizes["point"] == 3
if importlib.util.find_spec("h5py"):
    import h5py

    with h5py.File(path) as f:
        assert f["rate"].shape == (3, 2, 37, 2) and f["rate"].dims[3][0].name == "/population"
        assert f["rate"].compression == "gzip" and f["rate"].shuffle and f["rate"].fletcher32
