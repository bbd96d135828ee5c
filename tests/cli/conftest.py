import os
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parent))

import program as under_test  # noqa: E402


def pytest_configure(config):
    if not os.access(under_test.PROGRAM, os.X_OK):
        pytest.exit("set SPIKEMASS to the built program", returncode=2)


@pytest.fixture
def spikemass(tmp_path):
    """The program in an empty folder."""
    return under_test.Program(tmp_path)


@pytest.fixture(scope="module")
def shared(tmp_path_factory):
    """The program in a folder that the tests of one module share."""
    return under_test.Program(tmp_path_factory.mktemp("shared"))
