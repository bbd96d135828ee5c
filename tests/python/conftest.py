import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "python"), str(Path(__file__).resolve().parent)]

import synthetic  # noqa: E402


@pytest.fixture(scope="session")
def sweep(tmp_path_factory):
    """A sweep's folder: 3 in-degrees x 2 topologies x 3 trials."""
    folder = tmp_path_factory.mktemp("sweep")
    synthetic.write(folder / "dataset.nc", indegrees=(30, 100, 1000), trials=3)
    return folder


@pytest.fixture
def make(tmp_path):
    """make(name, **changes of the recipe) writes a dataset and returns its path."""
    return lambda name="run.nc", **changes: synthetic.write(tmp_path / name, **changes)
