"""What README and docs show is what happens: commands, outputs, tables, links.

A console block holds commands, each after `$ `, with the output below it; a line `...` stands for lines left out.
When a change of the program makes one of these tests fail, write the document anew.
"""

from __future__ import annotations

import contextlib
import io
import json
import re
import shlex
import subprocess
import sys
import tomllib
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path

import click
import pytest
import yaml

from hedge_core import SampleSource, Shock, assess, load_plan, run_scenario
from hedge_core.cli.main import command_line, main
from hedge_core.documents.plan_file import json_schema, plan_from_json
from hedge_core.plan.entry_rules import ENTRY_RULES
from hedge_core.plan.rules import EXIT_RULES

ROOT = Path(__file__).parents[1]
LIBRARY = ROOT / "docs" / "python.md"
DOCUMENTS = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")])
BLOCK = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
HOW_TOS = list(ROOT.glob("docs/how-to/*.md"))
LABEL = re.compile(r"\*\*(.+?)\*\*", re.DOTALL)
NAMES = [str(path.relative_to(ROOT)) for path in DOCUMENTS]


def blocks(path: Path, language: str) -> list[str]:
    return [block[2] for block in BLOCK.finditer(path.read_text(encoding="utf-8")) if block[1] == language]


def prose(path: Path) -> str:
    """The document without its code blocks and without code in a line."""
    return re.sub(r"`[^`\n]*`", "", BLOCK.sub("", path.read_text(encoding="utf-8")))


def console_sessions() -> list[tuple[str, str, str]]:
    """Document, command and output of every console block."""
    sessions = []
    for path, name in zip(DOCUMENTS, NAMES, strict=True):
        for block in blocks(path, "console"):
            for session in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
                command, _, output = session.partition("\n")
                sessions.append((name, command, output))
    return sessions


def test_the_librarys_example_prints_what_its_document_says() -> None:
    program, printed = re.search(
        r"^```python\n(.*?)^```\n\nIt prints:\n\n```text\n(.*?)^```$",
        LIBRARY.read_text(encoding="utf-8"),
        re.MULTILINE | re.DOTALL,
    ).groups()  # type: ignore[union-attr]

    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, timeout=60, check=False
    )

    assert done.stderr == ""
    assert done.stdout == printed


def printed_here(command: str) -> str:
    """What a command of the program prints, on both streams in the order in which it is printed, in this process."""
    printed = io.StringIO()
    with contextlib.chdir(ROOT), redirect_stdout(printed), redirect_stderr(printed):
        main(shlex.split(command)[1:])
    return printed.getvalue()


def printed_by_a_shell(command: str) -> str:
    """The same for a line that only a shell understands."""
    program = re.sub(r"(^|\| )hedge\b", rf"\1{shlex.quote(sys.executable)} -m hedge_core", command)
    done = subprocess.run(
        program,
        shell=True,
        cwd=ROOT,
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        timeout=60,
        check=False,
    )
    return done.stdout


@pytest.mark.parametrize(
    ("name", "command", "output"), console_sessions(), ids=[session[1][:50] for session in console_sessions()]
)
def test_a_command_prints_what_the_document_says(name: str, command: str, output: str) -> None:
    printed = printed_here(command) if re.fullmatch(r"hedge [^|<>;&$*]*", command) else printed_by_a_shell(command)

    lines = [r"(?:.*\n)*?" if line == "..." else re.escape(f"{line}\n") for line in output.splitlines()]
    assert re.fullmatch("".join(lines), printed), f"{name} shows\n{output}\nand it is\n{printed}"


def test_there_is_something_to_run() -> None:
    assert len(console_sessions()) >= 8


@pytest.mark.parametrize("path", DOCUMENTS, ids=NAMES)
def test_a_block_of_code_is_of_a_kind_that_is_tried(path: Path) -> None:
    """Console sessions are played and the library's example is run; here the rest is read as what it says it is."""
    for language, text in ((block[1], block[2]) for block in BLOCK.finditer(path.read_text(encoding="utf-8"))):
        if language == "json":
            json.loads(text)
        elif language == "toml":
            tomllib.loads(text)
        elif language == "yaml":
            yaml.safe_load(text)
        elif language == "python":
            assert path == LIBRARY
        elif language == "sh":
            assert [fault for line in text.splitlines() if (fault := fault_of(line))] == []
        else:
            assert language in PLAIN_BLOCKS, f"{path.name} has a block of {language!r}, which no test tries"


PLAIN_BLOCKS = {"console", "csv", "text", "ini", "nginx", "toml", "yaml", ""}
"""Languages of blocks that are played elsewhere, or that are read and not run."""


def fault_of(line: str) -> str:
    """What is wrong with the commands of this project in a line of shell: an unknown command, option or target."""
    faults = []
    for found in re.finditer(r"(?:^|[|&;] *|/bin/)hedge ([a-z-]+)([^|&;]*)", line):
        command = command_line.commands.get(found[1])
        known = (
            {name for option in command.params for name in option.opts} if isinstance(command, click.Command) else set()
        )
        options = re.findall(r"(?<= )--[a-z-]+", found[2])
        faults += [f"hedge {found[1]}"] if command is None else [name for name in options if name not in known]
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    faults += [f"make {target}" for target in re.findall(r"(?:^|&& )make ([a-z]+)", line) if target not in targets]
    faults += [
        name
        for name in re.findall(r"\b(?:requirements[\w-]*\.txt|deploy/\S+\.yaml)", line)
        if not (ROOT / name).exists()
    ]
    return ", ".join(faults)


def test_the_readme_is_short() -> None:
    """What it is, a picture, two commands, a tour, limits and where to read on; the rest is in the documents."""
    readme = (ROOT / "README.md").read_text(encoding="utf-8")

    assert len(readme.splitlines()) <= 150
    assert readme.count("![") == 1
    assert [block[2] for block in BLOCK.finditer(readme) if block[1] == "sh"] == ["make run\n", "make test\n"]


@pytest.mark.parametrize("name", ["README.md", "docs/tour.md", *sorted(f"docs/how-to/{n.name}" for n in HOW_TOS)])
def test_what_a_reader_is_told_to_press_is_on_a_page(name: str) -> None:
    """Bold words are labels of the app, word for word."""
    sources = [*ROOT.glob("pages/**/*.py"), *ROOT.glob("hedge_core/**/*.py"), ROOT / "examples" / "bag.csv"]
    app = "\n".join(path.read_text(encoding="utf-8") for path in sources)
    labels = {" ".join(found.split()) for found in LABEL.findall((ROOT / name).read_text(encoding="utf-8"))}

    assert sorted(label for label in labels if re.sub(r"^\d ", "", label).strip(".:") not in app) == []


def test_every_document_has_a_place_on_the_site_and_every_place_a_document() -> None:
    def pages(entries: object) -> set[str]:
        if isinstance(entries, str):
            return {entries}
        inner = entries.values() if isinstance(entries, dict) else entries
        return set().union(*(pages(entry) for entry in inner))  # type: ignore[attr-defined]

    text = (ROOT / "mkdocs.yml").read_text(encoding="utf-8")
    docs = ROOT / "docs"
    there = {str(path.relative_to(docs)) for pattern in ("**/*.md", "**/*.ipynb") for path in docs.glob(pattern)}

    assert pages(yaml.safe_load(text)["nav"]) == there | {"contributing.md", "security.md", "changelog.md"}


def test_the_published_schema_is_the_programs() -> None:
    published = json.loads((ROOT / "docs" / "plan.schema.json").read_text(encoding="utf-8"))

    assert published == json.loads(json.dumps(json_schema()))


def test_the_example_of_the_plan_format_is_a_plan() -> None:
    (example,) = blocks(ROOT / "docs" / "plan-format.md", "json")

    assert [holding.coin for holding in plan_from_json(example).holdings] == ["SOL", "NOVA", "INJ"]


def test_every_field_of_a_plan_is_described() -> None:
    """Those of a rule have their description in the schema, so that a new rule needs no other document."""
    schema = json_schema()
    text = (ROOT / "docs" / "plan-format.md").read_text(encoding="utf-8")
    rules = {rule.__name__ for rule in (*ENTRY_RULES, *EXIT_RULES)}
    others = (part for title, part in schema["$defs"].items() if title not in rules)
    fields = {name for part in (schema, *others) for name in part.get("properties", ())}
    fields_of_rules = [schema["$defs"][rule]["properties"] for rule in sorted(rules)]
    assert [
        name for part in fields_of_rules for name in part if name != "kind" and not part[name].get("description")
    ] == []

    assert [name for name in sorted(fields) if f"| `{name}` |" not in text] == []


@pytest.mark.parametrize(
    ("stem", "method", "shock", "name"),
    [
        ("altcoin_x", None, Shock(move=-0.05), "docs/methods.md"),
        ("novacoin_as_printed", None, Shock(move=-0.15, of="bag"), "docs/methods.md"),
        ("novacoin_as_printed", None, Shock(move=-0.15, of="bag"), "docs/python.md"),
        ("novacoin", "notional", Shock(move=-0.15, of="bag"), "docs/methods.md"),
        ("novacoin", "notional", Shock(move=-0.15, of="bag"), "docs/python.md"),
        ("novacoin", None, Shock(move=-0.15, of="bag"), "docs/methods.md"),
        ("novacoin", None, Shock(move=-0.15, of="bag"), "docs/python.md"),
    ],
)
def test_the_worked_examples_are_printed_as_they_come_out(
    stem: str, method: str | None, shock: Shock, name: str
) -> None:
    plan = load_plan(ROOT / "examples" / f"{stem}.json")
    assessment = assess(plan.with_decisions(**({"method": method} if method else {})), SampleSource().snapshot())
    result = run_scenario(assessment, shock)
    cells = [str(abs(assessment.legs[0].contracts))]
    cells += [
        f"{amount:+,.2f}".replace("-", "−$").replace("+", "+$")
        for amount in (result.bag_pnl, result.hedge_pnl, result.net_pnl)
    ]
    assert result.offset is not None

    text = (ROOT / name).read_text(encoding="utf-8").replace("**", "")

    assert f"| {' | '.join([*cells, f'{result.offset:.1%}'])} |" in text


def heading_anchors(path: Path) -> set[str]:
    """The anchors that GitHub gives the headings of a document."""
    headings = re.findall(r"^#+ (.+)$", BLOCK.sub("", path.read_text(encoding="utf-8")), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("name", NAMES)
def test_links_and_images_lead_somewhere(name: str) -> None:
    path = ROOT / name
    broken = []
    for target in re.findall(r"\]\(([^)\s]+)\)", prose(path)) + re.findall(r'(?:src|href)="([^"]+)"', prose(path)):
        if re.match(r"[a-z]+:", target):
            continue
        file, _, anchor = target.partition("#")
        there = path.parent / file if file else path
        if not there.exists() or (anchor and anchor not in heading_anchors(there)):
            broken.append(target)

    assert broken == []


@pytest.mark.parametrize("name", [*NAMES, "docs/plan.schema.json"])
def test_no_document_names_a_place_on_somebodys_machine(name: str) -> None:
    place = re.compile(r"(?<![\w.$:/-])(/(home|root|tmp|work|Users|usr|var|opt|mnt|srv|etc)\b|[A-Z]:\\)|~/")
    text = (ROOT / name).read_text(encoding="utf-8")

    assert [line for line in text.splitlines() if place.search(re.sub(r"https?://\S+", "", line))] == []
