#!/usr/bin/env python3
"""The reference pages against the program and the sources.

    check_docs.py PROGRAM [--update]

Names of models, closures, keys, choices, verbs, options, exit codes, JSON keys, environment variables, variables of the dataset; links, paths and
names of tests; every `toml complete`, `toml fragment` and `python complete` snippet is run.  Tables between <!-- generated: X --> and <!-- end -->
are made from the program's own listings; --update writes them.  One line per fault on stdout; exit 1 if there is any.
"""

import json
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

root = Path(__file__).resolve().parent.parent
program = Path(sys.argv[1]).resolve() if len(sys.argv) > 1 else sys.exit(__doc__)
update = "--update" in sys.argv[2:]
python = "/usr/bin/python3" if Path("/usr/bin/python3").exists() else sys.executable   # the one that the report uses
pages = sorted(p for p in [*root.glob("*.md"), *(q for d in ("docs", "bench", "examples", "tests") for q in (root / d).rglob("*.md"))])
faults = []


def fault(place, text):
    faults.append(f"{place}: {text}")


def run(*command, cwd=None):
    return subprocess.run(command, capture_output=True, text=True, cwd=cwd)


def output(*arguments, cwd=None):
    result = run(program, *arguments, cwd=cwd)
    if result.returncode != 0:
        sys.exit(f"spikemass {' '.join(map(str, arguments))} ended with exit code {result.returncode}: {result.stderr.strip()}")
    return result.stdout


def text_of(name):
    return (root / name).read_text(encoding="utf-8")


def code_words(text):
    """What stands in backticks."""
    return set(re.findall(r"(?<!`)`([^`\n]+)`(?!`)", text))


def snippets(text, language):
    """(line number, content) of the fenced blocks whose info string is `language`."""
    for found in re.finditer(rf"^```{language}\n(.*?)^```$", text, re.M | re.S):
        yield text.count("\n", 0, found.start()) + 1, found.group(1)


# ---- what the program says --------------------------------------------------------------------------------------------------

def listed_keys():
    """Sections of `info --keys`: {path: (doc, [key])}, key = dict(name, doc, type, fallback, used_by, reserved)."""
    sections = {}
    lines = output("info", "--keys").splitlines()
    for i, line in enumerate(lines):
        if header := re.match(r"\[(.*?)\]  (.*)", line):
            keys = []
            sections[header.group(1)] = header.group(2), keys
        elif key := re.match(r"  (\w+) +(\S.*)", line):
            facts, reserved = re.match(r"(.*?)(?: \(not in this version: (.*)\))?$", lines[i + 1].strip()).groups()
            facts, used_by = re.match(r"(.*?)(?:, for (\w+ = .*))?$", facts).groups()
            type_text, fallback, required = re.match(r"(.*?)(?:, default (.*)|, (required))?$", facts).groups()
            keys.append(dict(name=key.group(1), doc=key.group(2), type=type_text, fallback=fallback or required or "", used_by=used_by, reserved=reserved))
    return sections


def choices(key):
    words = key["type"].removeprefix("list of ")
    return re.split(r" \| ", words) if " | " in words else []


def help_entries(verb):
    """[(name as printed, text)] of the options and positionals of a verb."""
    entries = []
    for line in output(verb, "--help").splitlines():
        if entry := re.match(r"  (\S.*?)(?:  +(\S.*))?$", line):
            entries.append([entry.group(1), entry.group(2) or ""])
        elif (more := re.match(r" {10,}(\S.*)", line)) and entries:
            entries[-1][1] += more.group(1)
    tidy = lambda name: re.sub(r" (?:TEXT|INT|UINT|FLOAT):", " ", name).replace(" REQUIRED", "")
    return [(tidy(name), text) for name, text in entries if not name.startswith("-h,")]


verbs = dict(re.findall(r"^  (\w+) {2,}(\S.*)$", output("--help").split("Subcommands:")[1], re.M))
entries = {verb: help_entries(verb) for verb in verbs}
common = [e for e in entries["run"] if e in entries["validate"]]
sections = listed_keys()
abilities = json.loads(output("doctor", "--json"))


# ---- generated tables -------------------------------------------------------------------------------------------------------

def cell(text):
    return text.replace("|", "\\|")


def table(header, rows):
    return "\n".join("| " + " | ".join(row) + " |" for row in [header, ["---"] * len(header), *rows])


def key_table(top):
    """All sections of one top-level table; keys of nested ones with their path, as `params.eta.center`."""
    rows, reserved = [], []
    for path, (doc, keys) in sections.items():
        parts = path.split(".")
        if parts[0] != top:
            continue
        named = path.split(".")[1:2] == ["*"]
        prefix = "".join(part + "." for part in parts[2 if named else 1:])
        if prefix:
            rows.append([f"`{prefix[:-1]}`", doc, "table", "", ""])
        for k in keys:
            value = k["type"]
            if choices(k):
                value = ("list of " if value.startswith("list of") else "") + ", ".join(f"`{c}`" for c in choices(k))
            fallback = k["fallback"] if k["fallback"] in ("", "required") else f"`{k['fallback']}`"
            only = ", ".join(f"`{w}`" for w in re.split(r" \| ", k["used_by"].split(" = ")[1])) if k["used_by"] else ""
            rows.append([f"`{prefix}{k['name']}`", k["doc"], value, fallback, only])
            reserved += [f"`{name}`" for name in (k["reserved"] or "").split(", ") if name]
    columns = 5 if any(row[4] for row in rows) else 4
    text = table(["key", "meaning", "value", "default", "only for"][:columns], [[cell(c) for c in row[:columns]] for row in rows])
    return text + (f"\n\nReserved names, not in this version: {', '.join(reserved)}." if reserved else "")


def option_table(verb):
    own = common if verb == "common" else [e for e in entries[verb] if e not in common]
    return table(["option", "meaning"], [[f"`{cell(name)}`", cell(text)] for name, text in own])


def variable_table():
    """host/output/layout.hpp, run_variables."""
    shape = {"series": "point, trial, time, population", "run": "point, trial", "run_projection": "point, trial, projection", "run_population": "point, trial, population",
             "point_population": "point, population", "point_projection": "point, projection"}
    kind = {"count": "u32 (u64 where a bin needs it)", "text": "string"}
    unit = {"one": "1", "rate": "1/tau or Hz", "time": "tau or ms", "mV": "mV"}
    rows = re.findall(r'\{"(\w+)", Type::(\w+), Shape::(\w+), Unit::(\w+), Presence::\w+,\s*"([^"]*)"(?:, \d+)?\}', text_of("host/output/layout.hpp"))
    return table(["variable", "dimensions", "type", "units", "meaning"], [[f"`{n}`", shape[s], kind.get(t, t), unit[u], cell(d)] for n, t, s, u, d in rows])


makers = {"keys": key_table, "options": option_table, "variables": lambda _: variable_table(),
          "verbs": lambda _: table(["verb", "what it does"], [[f"[`{v}`](#{v})", d] for v, d in verbs.items()])}
generated = set()


def check_generated(page):
    def fresh(found):
        what, _, argument = found.group(2).partition(" ")
        generated.add(found.group(2))
        return f"{found.group(1)}\n{makers[what](argument)}\n<!-- end -->"
    old = page.read_text(encoding="utf-8")
    new = re.sub(r"(<!-- generated: ([^>]*?) -->)\n.*?<!-- end -->", fresh, old, flags=re.S)
    if new != old and update:
        page.write_text(new, encoding="utf-8")
    elif new != old:
        line = next(i for i, (a, b) in enumerate(zip(old.splitlines() + [""], new.splitlines() + [""]), 1) if a != b)
        fault(f"{page.relative_to(root)}:{line}", "a generated table is out of date: tests/check_docs.py PROGRAM --update writes it")


# ---- names ------------------------------------------------------------------------------------------------------------------

def check_names():
    models, cli, contributing = (text_of(n) for n in ("docs/models.md", "docs/cli.md", "CONTRIBUTING.md"))
    for top in {path.split(".")[0] for path in sections}:
        if f"keys {top}" not in generated:
            fault("docs/network-file.md", f"no table of the keys of [{top}]")
    for verb in verbs:
        if f"options {verb}" not in generated and set(entries[verb]) - set(common):
            fault("docs/cli.md", f"no table of the options of {verb}")
    for needed in ("options common", "verbs", "variables"):
        if needed not in generated:
            fault("docs", f"no generated table \"{needed}\"")
    rows, words = set(re.findall(r"^\| `(\w+)` \|", models, re.M)), code_words(models)
    for name in abilities["neuron_models"] + abilities["closures"]:
        if name not in rows:
            fault("docs/models.md", f"no table has a row for `{name}`")
    for path, (_, keys) in sections.items():
        for k in keys:
            if path.startswith(("population", "projection", "stimulus")) or k["name"] == "record":
                for name in choices(k):
                    if name not in (rows if k["name"] in ("model", "kind", "normalise", "record") else words):
                        fault("docs/models.md", f"{path}.{k['name']} = `{name}` is not described")
    for header in sorted(p for d in ("neurons", "synapses", "masses", "closures") for p in (root / "models" / d).glob("*.hpp")):
        if f"{header.relative_to(root)}" not in models:
            fault("docs/models.md", f"{header.relative_to(root)} is not named")
    enum = set(re.findall(r"= (\d+)", re.search(r"enum class ExitCode.*?\}", text_of("models/base/error.hpp"), re.S).group(0)))
    said = set(re.findall(r"(?:: |, )(\d+) ", output("--help").split("Exit codes")[1]))
    for source, codes in (("models/base/error.hpp", enum), ("--help", said)):
        if codes != set(re.findall(r"^\| (\d+) \|", cli, re.M)):
            fault("docs/cli.md", f"the table of exit codes differs from {source}: {sorted(codes, key=int)}")
    for source in (root / "host").rglob("*.cpp"):
        for variable in re.findall(r'getenv\("(\w+)"\)', source.read_text()):
            if variable not in cli:
                fault("docs/cli.md", f"the environment variable {variable} ({source.relative_to(root)}) is not described")
    for place in ("models/registry.hpp", "models/closures/registry.hpp", "tests/golden/networks.hpp"):
        if place not in contributing:
            fault("CONTRIBUTING.md", f"{place} is not named")


# ---- links, paths, tests, command lines ---------------------------------------------------------------------------------------

def anchors(page):
    headings = re.findall(r"^#+ (.*)$", re.sub(r"^```.*?^```$", "", page.read_text(encoding="utf-8"), flags=re.M | re.S), re.M)
    return {re.sub(r"[^\w\- ]", "", h.lower()).replace(" ", "-") for h in headings}


test_names = {f"{suite}.{name}" for file in (root / "tests").rglob("*.cpp")
              for suite, name in re.findall(r"^TEST(?:_[FP])?\((\w+), *(\w+)\)", file.read_text(), re.M)}


def check_references(page):
    text, place = page.read_text(encoding="utf-8"), page.relative_to(root)
    for target in re.findall(r"\]\(([^)\s]+)\)", text):
        if re.match(r"[a-z]+:", target):
            continue
        name, _, anchor = target.partition("#")
        file = (page.parent / name).resolve() if name else page
        if not file.exists():
            fault(place, f"link to {target}: there is no such file")
        elif anchor and anchor not in anchors(file):
            fault(place, f"link to {target}: there is no such heading")
    folders = "models|kernels|host|tests|docs|scripts|bench|examples|python|cmake|packaging"
    for word in code_words(text):
        if "NAME" not in word and re.fullmatch(rf"(?:{folders})/[\w./*-]*", word) and not any(root.glob(word.rstrip("/") + "*")):
            fault(place, f"`{word}`: there is no such file")
        if re.fullmatch(r"[A-Z]\w+\.[A-Z]\w+", word) and word not in test_names:
            fault(place, f"`{word}`: there is no such test")
        if re.fullmatch(r"[A-Z]\w+\.\*", word) and not any(t.startswith(word[:-1]) for t in test_names):
            fault(place, f"`{word}`: there is no such group of tests")
    for _, block in snippets(text, "sh"):
        for verb, rest in re.findall(r"^\s*spikemass (\w+)(.*)$", block.replace("\\\n", " "), re.M):
            known = {word for name, _ in entries.get(verb, []) for word in re.findall(r"--?[\w-]+", name)} | {"--help"}
            for option in re.findall(r"(?<=\s)(--[\w-]+)", rest.split("#")[0]):
                if verb in verbs and option not in known:
                    fault(place, f"spikemass {verb} has no option {option}")
            if verb not in verbs:
                fault(place, f"spikemass has no verb {verb}")


# ---- snippets ---------------------------------------------------------------------------------------------------------------

def check_snippets(work):
    page = "docs/network-file.md"
    complete = list(snippets(text_of(page), "toml complete"))
    if not complete:
        return fault(page, "no complete snippet")
    (work / "base.toml").write_text(complete[0][1])
    fragments = [(line, block if "extends" in block else f'extends = "base.toml"\n{block}') for line, block in snippets(text_of(page), "toml fragment")]
    for line, block in complete + fragments:
        (work / "snippet.toml").write_text(block)
        if (result := run(program, "validate", "snippet.toml", cwd=work)).returncode != 0:
            fault(f"{page}:{line}", f"the snippet is refused: {result.stderr.strip()}")


def json_keys(value):
    """Names of an object's keys, those of objects under names that a user chose included, those names themselves left out."""
    named = {"populations", "projections", "levels", "stimuli"}
    if isinstance(value, list):
        return set().union(*map(json_keys, value)) if value else set()
    if not isinstance(value, dict):
        return set()
    return set(value).union(*(json_keys(list(v.values()) if k in named and isinstance(v, dict) else v) for k, v in value.items()))


def check_results(work):
    """A small sweep: the JSON that the verbs print, what the dataset holds, and the Python snippets."""
    cli = code_words(text_of("docs/cli.md"))
    small = ["--set", "population.E.size=1000", "--set", "run.dt=0.01", "--set", "sweep.projection.EE.topology.mean_indegree=[30, 100]", "--set", "sweep.trials=2"]
    objects = {"sweep": output("sweep", root / "examples/sparsity_sweep.toml", "--out", "sparsity", "--json", *small, cwd=work)}
    objects["compare"] = output("compare", "sparsity", "--json", cwd=work)
    objects["status"] = output("status", "sparsity", "--json", cwd=work)
    objects["sweep --dry-run"] = output("sweep", root / "examples/sparsity_sweep.toml", "--dry-run", "--json", *small, cwd=work)
    objects["run"] = output("run", root / "examples/two_populations.toml", "--json", "--set", "run.duration=1.0", "--spikes", "spikes.h5", cwd=work)
    objects["analyse"] = output("analyse", root / "examples/two_populations.toml", "--json", "--set", "projection.EE.strength=24", "--set", "population.I.params.eta.center=-3",
                                "--along", "population.E.params.eta.center", "-10", "2", "--across", "projection.EE.strength", "12", "30", "--out", "analysis.nc", cwd=work)
    objects["doctor"] = json.dumps(abilities)
    for verb, text in objects.items():
        for key in sorted(json_keys(json.loads(text)) - cli):
            fault("docs/cli.md", f"`{key}`, which {verb} --json prints, is not described")

    page = text_of("docs/dataset.md")
    if run(python, "-c", "import netCDF4, xarray, h5py").returncode != 0:
        print(f"{python} has no netCDF4, xarray and h5py: the Python snippets and the names in the dataset are not checked")
        return
    listing = """if True:
        import json, netCDF4
        d = netCDF4.Dataset("sparsity/dataset.nc")
        names = {n for n in d.variables if "path" not in d[n].ncattrs()} | set(d.ncattrs()) | set(d.dimensions) | set(d["reference"].variables)
        names |= {"*_" + n.split("_", 1)[1] if n.split("_")[0] in ("early", "late", "transient", "trace") else n
                  for n in d["compare"].variables if not n.endswith(("_lo", "_hi")) and "path" not in d["compare"][n].ncattrs()}
        analysis = netCDF4.Dataset("analysis.nc")["analysis"]
        names |= set(analysis.variables) | set(analysis.dimensions) | set(analysis.ncattrs())
        print(json.dumps(sorted(names)))"""
    for name in json.loads(run(python, "-c", listing, cwd=work).stdout):
        if name not in code_words(page):
            fault("docs/dataset.md", f"`{name}` of the dataset is not described")
    for line, block in snippets(page, "python complete"):
        if (result := run(python, "-c", block, cwd=work)).returncode != 0:
            fault(f"docs/dataset.md:{line}", f"the snippet fails: {result.stderr.strip().splitlines()[-1]}")


for page in pages:
    check_generated(page)
check_names()
for page in pages:
    check_references(page)
folder = Path(tempfile.mkdtemp(prefix="spikemass-docs-"))
try:
    check_snippets(folder)
    check_results(folder)
finally:
    shutil.rmtree(folder)
for line in faults:
    print(line)
print(f"{len(pages)} pages, {len(sections)} sections of keys, {len(verbs)} verbs, {len(faults)} faults")
sys.exit(1 if faults else 0)
