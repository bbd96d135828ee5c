#!/usr/bin/env python3
"""Writes one self-contained HTML page about a dataset of spikemass.

    spikemass_report.py DATASET [-o report.html] [--png FOLDER]

DATASET: a sweep's folder or a dataset file.  Without -o the page is report.html in the folder, or NAME.html beside NAME.nc.
Exit codes: 0 written, 1 other failure, 2 wrong usage, 5 a file that cannot be read or written.
"""

import argparse
import os
import sys
import tempfile
import warnings
from pathlib import Path

EXIT_RUNTIME, EXIT_IO = 1, 5


def arguments(argv):
    parser = argparse.ArgumentParser(prog="spikemass report", description="One self-contained HTML page with tables and pictures about a dataset.")
    parser.add_argument("dataset", type=Path, help="a sweep's folder or a dataset file")
    parser.add_argument("-o", "--out", type=Path, help="the page (default: report.html in the folder, NAME.html beside NAME.nc)")
    parser.add_argument("--png", type=Path, metavar="FOLDER", help="also write the figures as PNG")
    parser.add_argument("--quiet", action="store_true", help="do not print what was written")
    return parser.parse_args(argv)


def write(path, text):
    """Whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, part = tempfile.mkstemp(prefix=path.name + ".", suffix=".part", dir=path.parent)
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as stream:
            stream.write(text)
        os.chmod(part, 0o666 & ~_umask())
        os.replace(part, path)
    except BaseException:
        Path(part).unlink(missing_ok=True)
        raise


def _umask():
    mask = os.umask(0)
    os.umask(mask)
    return mask


def run(options):
    from report.report import Report

    file = options.dataset / "dataset.nc" if options.dataset.is_dir() else options.dataset
    page = options.out or (file.parent / "report.html" if file.name == "dataset.nc" else file.with_suffix(".html"))
    report = Report(file)
    write(page, report.html())
    written = [page] + (report.save_png(options.png) if options.png else [])
    if not options.quiet:
        print("\n".join(str(p) for p in written))


def main(argv=None):
    options = arguments(argv)
    warnings.simplefilter("ignore", RuntimeWarning)   # means over trials that all failed are NaN, and shown so
    try:
        run(options)
    except ImportError as error:
        return fail(EXIT_RUNTIME, f"the Python package '{error.name}' is missing. Install what the report needs: "
                                  "apt-get install python3-numpy python3-scipy python3-matplotlib python3-netcdf4 python3-h5py.")
    except OSError as error:
        return fail(EXIT_IO, f"{error.filename or options.dataset}: {error.strerror or error}.")
    except Exception as error:
        return fail(*explained(error, options.dataset))
    return 0


def explained(error, dataset):
    """Exit code and message."""
    from report.data import DatasetError
    if isinstance(error, DatasetError):
        return EXIT_IO, str(error)
    if isinstance(error, RuntimeError) and str(error).startswith("NetCDF"):
        return EXIT_IO, (f"{dataset}: its content cannot be read ({error}), so it was damaged after it was written. `spikemass validate` says where; "
                         "`spikemass status --write FOLDER` writes it again from the journals.")
    place = error.__traceback__
    while place.tb_next:
        place = place.tb_next
    return EXIT_RUNTIME, (f"{dataset}: the report failed with {type(error).__name__}: {error} ({Path(place.tb_frame.f_code.co_filename).name}, line {place.tb_lineno}). "
                          "This is a fault of the report: please tell us, with the dataset if you can.")


def fail(code, message):
    print(f"spikemass report: {message}", file=sys.stderr)
    return code


if __name__ == "__main__":
    sys.exit(main())
