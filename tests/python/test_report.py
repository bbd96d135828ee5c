"""The page: whole, self-contained, for ordinary and odd datasets; errors with their exit codes."""

import base64
import os
import re
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path

import h5py
import netCDF4
import numpy as np
import pytest
import spikemass_report

PROGRAM = Path(spikemass_report.__file__)
VOID = {"meta", "img", "br", "link", "input", "hr"}


class Page(HTMLParser):
    """Collects what a browser would fetch, and checks that elements close in order."""

    def __init__(self, text):
        super().__init__()
        self.images, self.links, self.open, self.headings, self.text = [], [], [], [], ""
        self.feed(text)
        assert not self.open, f"not closed: {self.open}"

    def handle_starttag(self, tag, attributes):
        attributes = dict(attributes)
        if tag == "img":
            self.images.append(attributes)
        self.links += [attributes[k] for k in ("href", "src", "data", "poster") if k in attributes and not attributes[k].startswith("data:")]
        assert tag not in ("script", "link", "iframe", "object")
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.text += data
        if self.open and self.open[-1] == "h2":
            self.headings.append(data)


def page_of(path, **options):
    out = Path(options.get("out", path.with_suffix(".html")))
    assert spikemass_report.main([str(path), "-o", str(out), "--quiet"]) == 0
    text = out.read_text(encoding="utf-8")
    page = Page(text)
    check_self_contained(page, text)
    return page


def check_self_contained(page, text):
    assert page.links == []
    assert "http://" not in text and "https://" not in text and "url(" not in text and "@import" not in text
    for image in page.images:
        assert image["alt"]
        kind, _, payload = image["src"].partition(",")
        assert kind == "data:image/svg+xml;base64"
        svg = base64.b64decode(payload, validate=True).decode()
        assert "<svg" in svg and svg.rstrip().endswith("</svg>")
        references = re.findall(r'(?:xlink:href|href)="([^"]*)"', svg)
        assert all(r.startswith(("#", "data:")) for r in references)
        assert "<text" not in svg                                # fonts as outlines: the same on every machine


def test_sweep_folder(sweep):
    assert spikemass_report.main([str(sweep), "--quiet"]) == 0
    text = (sweep / "report.html").read_text(encoding="utf-8")
    page = Page(text)
    check_self_contained(page, text)
    assert page.headings == ["Results", "Against mean in-degree K", "Which closure comes closest", "Traces", "What a correction must be", "Spikes", "Fluctuations",
                             "Where it comes from"]
    assert len(page.images) == 5
    assert "resonant static" in page.text and "Erdős–Rényi" in page.text and "95 %" in page.text
    assert text.count('class="best"') == 6                       # one per row of the table
    assert "synthetic &lt;&amp;&gt;" in text and "# &lt;b&gt;" in text
    assert "prefers-color-scheme: dark" in text


def test_pictures(sweep, tmp_path):
    assert spikemass_report.main([str(sweep), "-o", str(tmp_path / "r.html"), "--png", str(tmp_path / "png"), "--quiet"]) == 0
    names = sorted(p.name for p in (tmp_path / "png").iterdir())
    assert names == ["pseudo_cumulant.png", "ranking.png", "spectra.png", "sweep.png", "traces.png"]
    assert all(p.read_bytes().startswith(b"\x89PNG") for p in (tmp_path / "png").iterdir())


def test_single_run(make):
    page = page_of(make(indegrees=(100,), kinds=("fixed_indegree",), trials=1, axes=False, reference=False, closures={}))
    assert "Against mean in-degree K" not in page.headings and "Which closure comes closest" not in page.headings
    assert "blocks" in page.text and "spikemass compare" in page.text


def test_several_populations(make):
    page = page_of(make(indegrees=(30, 100), kinds=("erdos_renyi",), trials=2, populations=("E", "I", "SOM", "VIP")))
    assert "population" in page.text and "VIP" in page.text
    assert "one population" in page.text                         # why there is no (p, q)


def test_without_potential(make):
    page = page_of(make(indegrees=(30, 100), trials=2, with_v=False))
    assert "v was not recorded" in page.text


def test_no_masses(make):
    page = page_of(make(indegrees=(30, 100), trials=2, closures={}))
    assert "spiking network alone" in page.text
    assert "Which closure comes closest" not in page.headings


def test_failed_trials(make):
    page = page_of(make(indegrees=(30, 100), kinds=("erdos_renyi",), trials=2, failed=((0, 0), (0, 1), (1, 1))))
    assert "Trials without a result" in page.headings
    assert page.text.count("left the finite numbers <test>") == 3


def test_everything_failed(make):
    page = page_of(make(indegrees=(30,), kinds=("erdos_renyi",), trials=1, failed=((0, 0),), closures={}, reference=False))
    assert "Trials without a result" in page.headings


def test_warnings_of_runs(make):
    page = page_of(make(indegrees=(30, 100), kinds=("annealed",), trials=2, warning="0.3 % of the neurons are <capped>.\nSecond."))
    assert "Warnings of the runs" in page.headings
    assert "are <capped>. (4 of 4 runs)" in page.text and "Second. (4 of 4 runs)" in page.text


def test_sweep_over_something_else(make):
    path = make(indegrees=(-6, -5, -4), kinds=("a", "b", "c"), trials=2, closures={}, reference=False,
                axis_paths=("population.E.params.eta.center", "population.E.params.eta.distribution"))
    page = page_of(path)
    assert "Against centre of eta" in page.headings


def test_words_along_the_axis(make):
    path = make(indegrees=(100,), kinds=("erdos_renyi", "fixed_indegree", "annealed"), trials=2)
    with netCDF4.Dataset(path, "a") as file:
        file.renameVariable("mean_indegree", "same_everywhere")
        file["same_everywhere"].delncattr("path")
    assert "Against kind" in page_of(path).headings


def test_levels_with_trials_and_no_stimulus(make):
    page = page_of(make(indegrees=(100, 300), kinds=("annealed",), trials=2, level_trials=True, stimulus=False))
    assert "after steps" in page.text


def test_few_bins(make):
    page = page_of(make(indegrees=(100, 300), kinds=("annealed",), trials=2, bins=3, stimulus=False))
    assert "Fluctuations" not in page.headings


def test_raster(make):
    path = make("dataset.nc", indegrees=(100,), kinds=("fixed_indegree",), trials=1)
    (path.parent / "spikes").mkdir()
    rng = np.random.default_rng(1)
    with h5py.File(path.parent / "spikes" / "run.h5", "w") as file:
        group = file.create_group("spikes/E")
        group["timestamps"], group["node_ids"] = np.sort(rng.uniform(0, 60, 20000)), rng.integers(0, 10000, 20000).astype("u8")
        file.create_group("spikes/silent")["timestamps"] = np.empty(0)
        file["spikes/silent/node_ids"] = np.empty(0, "u8")
    page = page_of(path)
    assert "run.h5" in page.text and any(image["alt"] == "Spike raster" for image in page.images)


def test_changed_file_is_said(make):
    path = make(indegrees=(100,), kinds=("fixed_indegree",), trials=1)
    path.with_name(path.name + ".sha256").write_text("0" * 64 + "  run.nc\n")
    assert "checksum" in page_of(path).text


def program(*arguments, **environment):
    return subprocess.run([sys.executable, "-B", str(PROGRAM), *map(str, arguments)], capture_output=True, text=True, env={**os.environ, **environment})


def test_program_writes_and_says_where(sweep, tmp_path):
    done = program(sweep, "-o", tmp_path / "deep" / "page.html")
    assert done.returncode == 0 and done.stderr == ""
    assert done.stdout.strip() == str(tmp_path / "deep" / "page.html")
    assert list((tmp_path / "deep").iterdir()) == [tmp_path / "deep" / "page.html"]


def one_paragraph(done, code, *words):
    assert done.returncode == code
    assert len(done.stderr.strip().splitlines()) == 1 and "Traceback" not in done.stderr
    assert all(word in done.stderr for word in words), done.stderr


def test_missing_dataset(tmp_path):
    one_paragraph(program(tmp_path), 5, "dataset.nc", "status --write")
    one_paragraph(program(tmp_path / "nothing.nc"), 5, "nothing.nc")


def test_truncated_and_foreign_files(make, tmp_path):
    path = make(indegrees=(100,), kinds=("fixed_indegree",), trials=1)
    path.write_bytes(path.read_bytes()[:5000])
    one_paragraph(program(path), 5, "run.nc", "validate")
    (tmp_path / "text.nc").write_text("not netCDF")
    one_paragraph(program(tmp_path / "text.nc"), 5, "text.nc")
    with netCDF4.Dataset(tmp_path / "other.nc", "w") as file:
        file.createDimension("x", 3)
    one_paragraph(program(tmp_path / "other.nc"), 5, "point")


def test_altered_content(make):
    """A flipped byte inside a compressed variable: the checksum of the chunk finds it."""
    path = make(indegrees=(100,), kinds=("fixed_indegree",), trials=1)
    with netCDF4.Dataset(path, "a") as file:
        copy = file.createVariable("again", "f4", ("point", "trial", "time", "population"), zlib=True, fletcher32=True)
        copy[:] = np.random.default_rng(1).normal(size=copy.shape)
        file.renameVariable("rate", "old")
        file.renameVariable("again", "rate")
        payload = np.asarray(file["rate"][:], "f4")
    assert payload.size
    with h5py.File(path) as file:
        offset = file["rate"].id.get_chunk_info(0).byte_offset
    content = bytearray(path.read_bytes())
    content[offset + 20] ^= 0xFF
    path.write_bytes(bytes(content))
    one_paragraph(program(path), 5, "run.nc")


def test_unwritable_output(sweep, tmp_path):
    (tmp_path / "file").write_text("")
    one_paragraph(program(sweep, "-o", tmp_path / "file" / "page.html"), 5, "file")


def test_usage():
    assert program().returncode == 2
    assert program("--nonsense", "x").returncode == 2


@pytest.mark.parametrize("module", ["netCDF4", "matplotlib"])
def test_missing_package(sweep, tmp_path, module):
    (tmp_path / f"{module}.py").write_text(f"raise ImportError('gone', name='{module}')")
    one_paragraph(program(sweep, PYTHONPATH=str(tmp_path)), 1, module, "apt-get install")
