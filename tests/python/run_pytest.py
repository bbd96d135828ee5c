"""Runs pytest on a folder; exit code 77 (skipped) with the reason if a package is missing.  Writes nothing beside the sources."""

import importlib
import sys

sys.dont_write_bytecode = True
for package in ("numpy", "scipy", "matplotlib", "netCDF4", "h5py", "pytest"):
    try:
        importlib.import_module(package)
    except ImportError as error:
        print(f"skipped: {error}. apt-get install python3-numpy python3-scipy python3-matplotlib python3-netcdf4 python3-h5py python3-pytest")
        sys.exit(77)

import pytest  # noqa: E402

sys.exit(pytest.main(["-q", "-rs", "-p", "no:cacheprovider", *sys.argv[1:]]))
