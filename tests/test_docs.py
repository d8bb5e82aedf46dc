"""The pages tell the truth: their Python runs, their links and pictures exist, their table of networks is right.

A block ```python is run, those of one page one after the other; a block ```pycon is a doctest. A block after the line
`<!-- not run: reason -->` is left out.
"""

import contextlib
import doctest
import io
import re
from pathlib import Path

import numpy as np
import pytest

from striate.data import write_image
from striate.models import SOURCES, find_entry, model_names
from striate.models.registry import ENTRIES
from striate.tasks import network_table

ROOT = Path(__file__).parent.parent
PAGES = sorted([ROOT / "README.md", ROOT / "CONTRIBUTING.md", *ROOT.glob("docs/**/*.md")])
BLOCK = re.compile(r"(?P<mark><!--.*?-->\n)?^```(?P<kind>python|pycon)\n(?P<code>.*?)^```$", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\]\((?!https?:)(?P<target>[^)#]*)(?P<anchor>#[^)]*)?\)")
MARK = re.compile(r"<!-- not run: .+ -->\n")


@pytest.fixture
def pictures():
    """What the pages' examples read: `photos/ants`, `photos/bees` and `new`, of noise in two colours."""
    rng = np.random.default_rng(0)
    colours = {"photos/ants": (90, 0, 0), "photos/bees": (0, 0, 90), "new": (0, 90, 0)}
    for folder, colour in colours.items():
        Path(folder).mkdir(parents=True)
        for i in range(1, 6):
            write_image(f"{folder}/{i}.jpg", (rng.integers(0, 160, (72, 80, 3)) + colour).astype(np.uint8))


@pytest.fixture(autouse=True)
def registry_as_it_was():
    before = dict(ENTRIES)
    yield
    ENTRIES.clear()
    ENTRIES.update(before)


def blocks(page):
    return [m for m in BLOCK.finditer(page.read_text(encoding="utf-8")) if not MARK.fullmatch(m["mark"] or "")]


@pytest.mark.parametrize("page", [p for p in PAGES if blocks(p)], ids=lambda p: str(p.relative_to(ROOT)))
def test_python_runs(page, pictures):
    if not SOURCES["efficientnet_lite0"].is_installed():
        pytest.skip("the extra pretrained is not installed")
    if "run/model" in page.read_text() and "striate.train(" not in page.read_text():
        train_a_model()
    names = {}
    runner = doctest.DocTestRunner(optionflags=doctest.NORMALIZE_WHITESPACE)
    for block in blocks(page):
        line = page.read_text(encoding="utf-8")[: block.start("code")].count("\n")
        if block["kind"] == "pycon":
            test = doctest.DocTestParser().get_doctest(block["code"], names, page.name, str(page), line)
            with contextlib.redirect_stdout(io.StringIO()) as report:
                failed = runner.run(test, clear_globs=False).failed
            names.update(test.globs)
            assert not failed, report.getvalue()
        else:
            exec(compile("\n" * line + block["code"], str(page), "exec"), names)


def train_a_model():
    import striate

    for _ in striate.train("photos", out="run", model="resnet18", size=32, epochs=1, precision="fp32"):
        pass


@pytest.mark.parametrize("page", PAGES, ids=lambda p: str(p.relative_to(ROOT)))
def test_links_and_pictures_exist(page):
    for link in LINK.finditer(page.read_text(encoding="utf-8")):
        target = (page.parent / link["target"]) if link["target"] else page
        assert target.is_file(), link[0]
        if link["anchor"]:
            headings = re.findall(r"^#+ (.+)$", target.read_text(encoding="utf-8"), re.MULTILINE)
            anchors = {re.sub(r"[^\w -]", "", h.lower()).strip().replace(" ", "-") for h in headings}
            assert link["anchor"][1:] in anchors, link[0]


def test_every_network_is_in_the_table_with_its_numbers():
    rows = re.findall(
        r"^\| `(\w+)` \| [\d×]+ \| \d+ \| ([\d,]+) \| ([\d,]+) \|", read("docs/networks.md"), re.MULTILINE
    )
    assert sorted(name for name, *_ in rows) == sorted(model_names())
    for name, parameters, multiply_adds in rows:
        table = network_table(name)
        assert (f"{table.parameters:,}", f"{table.multiply_adds:,}") == (parameters, multiply_adds), name


TABLES = [
    (page, command, printed)
    for page in PAGES
    for command, printed in re.findall(
        r"^```console\n\$ striate (table .*)\n((?:.*\n)*?)```$", page.read_text(encoding="utf-8"), re.MULTILINE
    )
]


@pytest.mark.parametrize(("page", "command", "printed"), TABLES, ids=lambda part: getattr(part, "name", None))
def test_tables_are_what_striate_prints(page, command, printed, capsys):
    from striate.cli.app import app

    app(command.split(), standalone_mode=False)
    assert [line.rstrip() for line in capsys.readouterr().out.splitlines()] == printed.splitlines()


def test_every_family_has_a_page():
    pages = {page.stem: page.read_text(encoding="utf-8") for page in ROOT.glob("docs/networks/*.md")}
    tables = " ".join(command for _, command, _ in TABLES)
    families = {find_entry(name).build.__wrapped__.__module__ for name in model_names()}
    shown = {find_entry(name).build.__wrapped__.__module__ for name in model_names() if f"{name} " in f"{tables} "}
    assert families == shown, "a table of one of its networks stands on some page"
    for name, text in pages.items():
        for part in ("../images/block-", "When to choose", "## What is reported", "striate table"):
            assert part in text, f"{name}: {part}"


def test_every_verb_is_in_the_readme():
    from striate.cli.app import app

    verbs = [c.name or c.callback.__name__ for c in app.registered_commands] + [g.name for g in app.registered_groups]
    assert [verb for verb in verbs if f"`striate {verb}" not in read("README.md")] == []


def read(page):
    return (ROOT / page).read_text(encoding="utf-8")
