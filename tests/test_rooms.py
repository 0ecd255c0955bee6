"""The picture of the rooms, and what the documents for developers say of the code.

When the picture differs, draw it again with `make picture`. When a word in docs/architecture.md differs, correct it.
"""

from __future__ import annotations

import dataclasses
import re
import tomllib
from pathlib import Path

import pytest

from tools import rooms

ROOT = Path(__file__).parents[1]
ARCHITECTURE = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
GUIDES = ("docs/architecture.md", "CONTRIBUTING.md")
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
PARTS = {"hedge_core": rooms.CORE, "pages.ui": rooms.PAGES}


def code_in(text: str) -> list[str]:
    return re.findall(r"`([^`\n]+)`", text)


def section(heading: str) -> str:
    """The text under a heading of docs/architecture.md, up to the next heading of any kind."""
    return re.split(r"^#", ARCHITECTURE.partition(f"\n{heading}\n")[2], maxsplit=1, flags=re.MULTILINE)[0]


# ------------------------------------------------------------------------------------------------------- the picture


def test_the_committed_picture_is_the_one_that_the_code_gives() -> None:
    assert rooms.PICTURE.read_text(encoding="utf-8") == rooms.drawing(rooms.house()), "draw it again: make picture"


def test_the_picture_does_not_depend_on_the_order_of_what_was_read() -> None:
    found = rooms.house()
    turned = rooms.House(dict(reversed(found.lines.items())), frozenset(sorted(found.imports, reverse=True)))

    assert rooms.drawing(turned) == rooms.drawing(found)


def test_arrows_that_follow_from_others_are_left_out() -> None:
    #  a -> b -> c -> d, and the short cuts a -> c, a -> d, b -> d; e -> d follows from nothing
    chain = {("a", "b"), ("b", "c"), ("c", "d")}

    assert rooms.reduced([*chain, ("a", "c"), ("a", "d"), ("b", "d"), ("e", "d")]) == chain | {("e", "d")}


def test_a_circle_is_refused_and_named() -> None:
    with pytest.raises(ValueError, match=r"circle: a -> b -> c -> a"):
        rooms.reduced([("a", "b"), ("b", "c"), ("c", "a")])


def test_a_room_without_a_place_is_refused_and_named() -> None:
    found = rooms.house()
    more = dataclasses.replace(found, lines={**found.lines, "hedge_core.attic": "What nobody needs"})

    with pytest.raises(ValueError, match=r"missing \['attic'\]"):
        rooms.drawing(more)


def test_an_arrow_upwards_is_refused_and_named() -> None:
    found = rooms.house()
    more = dataclasses.replace(found, imports=found.imports | {("hedge_core.text", "hedge_core.cli")})

    with pytest.raises(ValueError, match=r"text imports cli, which does not lie below it"):
        rooms.drawing(more)


def test_an_import_past_a_room_in_the_way_is_drawn_as_a_curve() -> None:
    found = rooms.house()
    more = dataclasses.replace(found, imports=frozenset({("pages.ui.bag", "pages.ui.charts")}))

    assert rooms.drawing(more).count('class="arrow"') == 2  # this one, and the one between the two parts
    assert re.search(r'class="arrow" d="M[\d. ]+C', rooms.drawing(more))


def test_words_are_wrapped_within_the_width() -> None:
    lines = rooms.wrapped("one two three four five", rooms.breadth("four five"))

    assert lines == ("one two", "three", "four five")
    assert rooms.wrapped("overlong", 1.0) == ("overlong",)


# ------------------------------------------------------------------------------------------- the words about the rooms


def rows_of(part: str) -> dict[str, list[str]]:
    """The rows of a part's table in docs/architecture.md: the cells after the room's name."""
    table = section(f"### `{part.replace('.', '/')}`")
    rows = [[cell.strip() for cell in line.strip().strip("|").split("|")] for line in table.splitlines() if "|" in line]
    return {code_in(row[0])[0]: row[1:] for row in rows if code_in(row[0])}


@pytest.mark.parametrize("part", PARTS)
def test_the_table_has_every_room_once_and_names_the_rooms_that_it_imports(part: str) -> None:
    arrows = rooms.reduced(rooms.house().within(part))
    rows = rows_of(part)

    assert sorted(rows) == list(rooms.house().of(part))
    said = {room: set(code_in(cells[2])) for room, cells in rows.items()}
    assert said == {room: {imported for importer, imported in arrows if importer == room} for room in rows}


@pytest.mark.parametrize("part", PARTS)
def test_the_modules_to_open_first_are_there(part: str) -> None:
    folder = ROOT.joinpath(*part.split("."))
    gone = [
        f"{room}: {module}"
        for room, cells in rows_of(part).items()
        for module in code_in(cells[1])
        if not any(
            place.exists()
            for place in (folder / room / f"{module}.py", folder / room / module, folder / f"{module}.py")
        )
    ]

    assert gone == []


def test_rooms_side_by_side_do_not_import_each_other() -> None:
    for part, rows in PARTS.items():
        for row in rows:
            beside = {place.room for place in row}
            assert [arrow for arrow in rooms.house().within(part) if set(arrow) <= beside] == []


def test_the_core_imports_nothing_of_the_pages() -> None:
    crossing = {(a.split(".")[0], b.split(".")[0]) for a, b in rooms.house().imports}

    assert ("pages", "hedge_core") in crossing
    assert ("hedge_core", "pages") not in crossing


@pytest.mark.parametrize(
    ("part", "rule_id", "number"), [("hedge_core", "one-way", 0), ("pages.ui", "pages-one-way", 1)]
)
def test_the_order_of_the_rooms_is_that_of_the_import_rule(part: str, rule_id: str, number: int) -> None:
    (rule,) = [one for one in PYPROJECT["tool"]["importlinter"]["contracts"] if one["id"] == rule_id]
    layers = [sorted(layer.split(" | ")) for layer in rule["layers"] if layer != "__main__"]
    line = [line for line in section("## The import rule").splitlines() if " < " in line][number]

    assert [sorted(layer.split(", ")) for layer in reversed(line.split(" < "))] == layers
    assert [sorted(place.room for place in row) for row in PARTS[part]] == layers


def test_the_modules_of_live_prices_are_listed() -> None:
    block = section("## Live prices").split("```")[1]
    listed = {line.split()[0] for line in block.splitlines()[1:] if line}

    there = {path.stem for path in (ROOT / "hedge_core" / "market" / "live").glob("*.py")} - {"__init__"}
    assert listed == there | {"venues"}


# ----------------------------------------------------------------------------------------- files and names in the text

FILE = re.compile(r"(?:[\w.-]+/)*[\w.-]+\.(?:py|csv|json|md|toml|j2|css|txt|sh)|(?:[\w.-]+/)+")
SHOWN = {"pages/NAME.py", "tests/ROOM/test_MODULE.py"}
"""Places that stand for any file of a kind."""


@pytest.mark.parametrize("name", GUIDES)
def test_every_file_that_is_named_is_there(name: str) -> None:
    text = (ROOT / name).read_text(encoding="utf-8")
    named = {code for code in code_in(text) if "/" in code and FILE.fullmatch(code)} - SHOWN

    assert sorted(file for file in named if not (ROOT / file).exists()) == []


def test_every_module_that_is_named_by_its_room_is_there() -> None:
    folders = {room: ROOT / "hedge_core" / room for room in rooms.house().of("hedge_core")}
    folders |= {room: ROOT / "pages" / "ui" / room for room in ("session", "parts", "charts", "app")}
    named = set(re.findall(r"(?<![\w/.])(\w+)/([a-z_0-9]+(?:/[a-z_0-9]+)?)(?![\w/.])", ARCHITECTURE))
    modules = [folders[room] / rest for room, rest in named if room in folders]

    assert len(modules) > 20
    assert [str(path) for path in modules if not path.with_suffix(".py").exists() and not path.is_dir()] == []


def test_every_name_that_is_given_with_its_module_is_in_it() -> None:
    pairs = [match.groups() for code in code_in(ARCHITECTURE) if (match := re.match(r"([a-z]\w*)\.(\w+)\b", code))]
    files: dict[str, str] = {}
    for path in [*(ROOT / "hedge_core").rglob("*.py"), *(ROOT / "pages").rglob("*.py")]:
        files[path.stem] = files.get(path.stem, "") + path.read_text(encoding="utf-8")
    named = [(module, name) for module, name in pairs if module in files and name != "py"]

    assert len(named) > 8
    assert [f"{module}.{name}" for module, name in named if not re.search(rf"\b{name}\b", files[module])] == []


def recipe_steps() -> list[str]:
    """Every step of every recipe, as one line of text."""
    recipes = ARCHITECTURE.partition("\n## Recipes\n")[2]
    return [" ".join(step.split()) for step in re.findall(r"^- (.*(?:\n  .*)*)", recipes, re.MULTILINE)]


def test_each_recipe_that_somebody_may_look_for_is_there() -> None:
    titles = re.findall(r"^### (.+)$", ARCHITECTURE.partition("\n## Recipes\n")[2], re.MULTILINE)

    wanted = (
        "venue",
        "exchange",
        "market source",
        "contract",
        "instrument",
        "estimator",
        "exit rule",
        "preset",
        "page",
    )
    assert [one for one in wanted if not any(re.search(rf"\b{one}\b", title) for title in titles)] == []


@pytest.mark.parametrize("step", recipe_steps(), ids=lambda step: step.split("`")[1])
def test_the_names_in_a_step_of_a_recipe_are_in_its_files(step: str) -> None:
    files = [code for code in code_in(step) if FILE.fullmatch(code) and code not in SHOWN]
    names = [code for code in code_in(step) if re.fullmatch(r"[A-Za-z_]\w*", code)]
    text = "\n".join((ROOT / file).read_text(encoding="utf-8") for file in files if (ROOT / file).is_file())

    assert files, "a step begins with the file to touch"
    assert [name for name in names if not re.search(rf"\b{name}\b", text)] == []
