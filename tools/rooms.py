"""Draw the rooms of the code and the imports between them: python -m tools.rooms (or: make picture).

The rooms, their imports and the line under each name come from the code: the imports through grimp, the line from the
first line of the docstring of the room's `__init__` (or of its module, for a room of one file). Only the places are
set by hand, in CORE and PAGES. The drawing depends on nothing else, so that a test can compare it with the committed
file, character by character.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import groupby
from pathlib import Path
from typing import NamedTuple
from xml.sax.saxutils import escape

import grimp

ROOT = Path(__file__).resolve().parents[1]
PICTURE = ROOT / "docs" / "rooms.svg"
STYLE = Path(__file__).with_suffix(".css")

Arrow = tuple[str, str]
"""The room that imports, and the room that it imports."""

PARTS = ("hedge_core", "pages.ui")
NO_ROOMS = frozenset({"hedge_core.__main__", "hedge_core.data", "pages.ui.assets"})
"""Children of the two packages that are no rooms: the entry point, which imports `cli` alone, and data."""


class Place(NamedTuple):
    """A room in its row: its columns, from `first` to before `end`."""

    room: str
    first: int
    end: int


CORE: tuple[tuple[Place, ...], ...] = (
    (Place("cli", 0, 6),),
    (Place("reports", 0, 6),),
    (Place("history", 2, 4),),
    (Place("simulation", 2, 4),),
    (Place("documents", 0, 2), Place("scenarios", 2, 4), Place("monitoring", 4, 6)),
    (Place("hedge", 0, 6),),
    (Place("exposure", 0, 3), Place("plan", 3, 6)),
    (Place("market", 0, 6),),
    (Place("tables", 0, 6),),
    (Place("errors", 0, 6),),
    (Place("text", 0, 6),),
)
"""The rows of hedge_core, top first: the layers of the import rule in pyproject.toml."""

PAGES: tuple[tuple[Place, ...], ...] = (
    (Place("app", 0, 20),),
    (
        Place("bag", 2, 5),
        Place("risk", 5, 8),
        Place("proxy", 8, 11),
        Place("size", 11, 14),
        Place("scenarios", 14, 17),
        Place("monitor", 17, 20),
    ),
    (Place("charts", 8, 20),),
    (Place("parts", 0, 20),),
    (Place("session", 0, 20),),
)
"""The rows of pages/ui, top first: the layers of its import rule. On the left a lane for the arrow from `app`."""


# ------------------------------------------------------------------------------------------------------ from the code


@dataclass(frozen=True)
class House:
    """What the picture shows: each room's line, and every import between two rooms, by full names."""

    lines: Mapping[str, str]
    imports: frozenset[Arrow]

    def of(self, part: str) -> tuple[str, ...]:
        """The rooms of one part, by their short names, sorted."""
        return tuple(sorted(room.removeprefix(f"{part}.") for room in self.lines if room.startswith(f"{part}.")))

    def within(self, part: str) -> frozenset[Arrow]:
        """The imports between rooms of one part, by their short names."""
        start = f"{part}."
        return frozenset(
            (a.removeprefix(start), b.removeprefix(start))
            for a, b in self.imports
            if a.startswith(start) and b.startswith(start)
        )


@lru_cache(maxsize=1)
def house() -> House:
    """The rooms as they are in the code now."""
    if str(ROOT) not in sys.path:
        sys.path.insert(0, str(ROOT))
    graph = grimp.build_graph(*PARTS, cache_dir=None)
    rooms = {room for part in PARTS for room in graph.find_children(part)} - NO_ROOMS
    imports = set()
    for module in graph.modules:
        for imported in graph.find_modules_directly_imported_by(module):
            a, b = _room_of(module), _room_of(imported)
            if a != b and a in rooms and b in rooms:
                imports.add((a, b))
    return House({room: _line(room) for room in sorted(rooms)}, frozenset(imports))


def _room_of(module: str) -> str:
    part = next(part for part in PARTS if f"{module}.".startswith(f"{part}."))
    return ".".join(module.split(".")[: part.count(".") + 2])


def _line(room: str) -> str:
    """The first line of the room's docstring, without its full stop and without marks of code."""
    path = ROOT.joinpath(*room.split("."))
    file = path / "__init__.py" if path.is_dir() else path.with_suffix(".py")
    text = ast.get_docstring(ast.parse(file.read_text(encoding="utf-8")))
    if not text:
        raise ValueError(f"{file.relative_to(ROOT)} has no docstring: say in one line what the room holds.")
    return text.splitlines()[0].removesuffix(".").replace("`", "")


def reduced(arrows: Collection[Arrow]) -> frozenset[Arrow]:
    """The arrows without those that follow from others (the transitive reduction). Raises ValueError for a circle."""
    onward: dict[str, set[str]] = {}
    for a, b in arrows:
        onward.setdefault(a, set()).add(b)
        onward.setdefault(b, set())
    reached: dict[str, frozenset[str]] = {}

    def reach(room: str, way: tuple[str, ...]) -> frozenset[str]:
        if room in way:
            raise ValueError(f"These rooms import each other in a circle: {' -> '.join((*way, room))}.")
        if room not in reached:
            found = {far for next_room in onward[room] for far in reach(next_room, (*way, room))}
            reached[room] = frozenset(found | onward[room])
        return reached[room]

    for room in sorted(onward):
        reach(room, ())
    return frozenset((a, b) for a, b in arrows if not any(b in reached[c] for c in onward[a] if c != b))


# ------------------------------------------------------------------------------------------------------- the drawing

WIDTH = 920.0
EDGE = 12.0
"""Around the two panels."""

INSET = 16.0
"""From a panel's side to its boxes."""

HEAD = 44.0
"""Of a panel, for its name."""

GAP = 26.0
"""Between rows: the length of a short arrow."""

BESIDE = 12.0
"""Between boxes of one row."""

PAD = 12.0
CLEAR = 8.0
"""Between an arrow and a box that it passes."""

BETWEEN_PANELS = 50.0
FOOT = 58.0
LINE = 17.0
NAME_SIZE = 14.5
TEXT_SIZE = 13.0
NAME_COLUMN = 112.0
WIDE = 560.0
"""A box at least this wide has its line beside its name."""

CAPTION = (
    "An arrow leads from a room to one that it imports. Imports that other arrows already imply are left out.",
    "A room imports only rooms below it, and rooms side by side do not know each other.",
)

_NARROW = {**dict.fromkeys("ijl'|", 0.23), **dict.fromkeys(" .,:;!/I", 0.28), **dict.fromkeys("ftr()-", 0.34)}
_BROAD = {**dict.fromkeys("mM", 0.84), **dict.fromkeys("wW", 0.8)}
_SAFE = 1.16
"""Widths are Helvetica's; other sans-serif fonts are up to a sixth broader."""


@dataclass(frozen=True)
class Box:
    """A room on the paper: its rectangle, its name and its wrapped line."""

    room: str
    left: float
    top: float
    width: float
    height: float
    lines: tuple[str, ...]

    @property
    def right(self) -> float:
        return self.left + self.width

    @property
    def bottom(self) -> float:
        return self.top + self.height

    @property
    def middle(self) -> float:
        return self.left + self.width / 2.0


def drawing(found: House) -> str:
    """The picture as SVG. Raises ValueError for a room without a place and for an arrow that does not lead down."""
    pages, below = _panel("pages/ui", "what the pages share, and the views of each page", "pages", PAGES, found, EDGE)
    top = below + BETWEEN_PANELS
    core, below = _panel("hedge_core", "the maths and the documents, without a screen", "core", CORE, found, top)
    height = below + FOOT
    middle = WIDTH / 2.0
    between = [
        '<g class="between">',
        f'<path class="arrow" d="M{_n(middle)} {_n(top - BETWEEN_PANELS)}V{_n(top - 12)}"/>',
        f'<path class="head" d="M{_n(middle)} {_n(top - 1)}l-8 -13h16z"/>',
        f'<text class="note" x="{_n(middle + 18)}" y="{_n(top - BETWEEN_PANELS / 2 + 4)}">'
        "the pages import the core, never the other way round</text>",
        "</g>",
    ]
    notes = [
        f'<text class="note" x="{_n(EDGE + INSET)}" y="{_n(below + 24 + LINE * place)}">{escape(text)}</text>'
        for place, text in enumerate(CAPTION)
    ]
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_n(WIDTH)} {_n(height)}" width="{_n(WIDTH)}" '
            f'height="{_n(height)}" role="img" aria-labelledby="name about">',
            '<title id="name">The rooms of the code</title>',
            '<desc id="about">Boxes in layers, one for each room of hedge_core and of pages/ui, with what it holds. '
            "Arrows lead from a room to the rooms that it imports. docs/architecture.md lists them as a table.</desc>",
            f"<style>\n{STYLE.read_text(encoding='utf-8')}</style>",
            f'<rect class="paper" x="0.5" y="0.5" width="{_n(WIDTH - 1)}" height="{_n(height - 1)}" rx="10"/>',
            *pages,
            *between,
            *core,
            *notes,
            "</svg>",
            "",
        ]
    )


def _panel(
    title: str, about: str, kind: str, rows: Sequence[Sequence[Place]], found: House, top: float
) -> tuple[list[str], float]:
    """One part of the code as SVG, and where it ends."""
    part = title.replace("/", ".")
    _check_places(part, rows, found)
    boxes, below = _boxes(part, rows, found, top + HEAD)
    below += INSET
    svg = [
        f'<g class="{kind}">',
        f'<rect class="panel" x="{_n(EDGE)}" y="{_n(top)}" width="{_n(WIDTH - 2 * EDGE)}" '
        f'height="{_n(below - top)}" rx="8"/>',
        f'<text class="title" x="{_n(EDGE + INSET)}" y="{_n(top + 28)}">{escape(title)}'
        f'<tspan class="note" dx="10" font-weight="400">{escape(about)}</tspan></text>',
    ]
    order = {room: place for place, room in enumerate(boxes)}
    arrows = sorted(reduced(found.within(part)), key=lambda arrow: (order[arrow[0]], order[arrow[1]]))
    for importer, imported in arrows:
        svg += _arrow(boxes[importer], boxes[imported], boxes.values())
    for box in boxes.values():
        svg += _box(box)
    return [*svg, "</g>"], below


def _check_places(part: str, rows: Sequence[Sequence[Place]], found: House) -> None:
    row_of = {place.room: number for number, row in enumerate(rows) for place in row}
    if set(row_of) != set(found.of(part)):
        missing, gone = set(found.of(part)) - set(row_of), set(row_of) - set(found.of(part))
        raise ValueError(f"Places of {part} in {Path(__file__).name}: missing {sorted(missing)}, gone {sorted(gone)}.")
    for importer, imported in sorted(found.within(part)):
        if row_of[importer] >= row_of[imported]:
            raise ValueError(f"{part}: {importer} imports {imported}, which does not lie below it.")


def _boxes(part: str, rows: Sequence[Sequence[Place]], found: House, top: float) -> tuple[dict[str, Box], float]:
    left, inner = EDGE + INSET, WIDTH - 2 * (EDGE + INSET)
    column = (inner + BESIDE) / max(place.end for row in rows for place in row)
    boxes: dict[str, Box] = {}
    for row in rows:
        made = []
        for place in row:
            width = (place.end - place.first) * column - BESIDE
            is_wide = width >= WIDE
            room_for_text = width - 2 * PAD - (NAME_COLUMN if is_wide else 0.0)
            lines = wrapped(found.lines[f"{part}.{place.room}"], room_for_text)
            height = PAD * 2 + LINE * (len(lines) + (0 if is_wide else 1)) - 2
            made.append(Box(place.room, left + place.first * column, top, width, height, lines))
        tallest = max(box.height for box in made)
        boxes |= {box.room: Box(box.room, box.left, top, box.width, tallest, box.lines) for box in made}
        top += tallest + GAP
    return boxes, top - GAP


def wrapped(text: str, width: float) -> tuple[str, ...]:
    """The text in lines that are not broader than `width` in any usual font."""
    lines = [""]
    for word in text.split():
        longer = f"{lines[-1]} {word}".lstrip()
        if lines[-1] and breadth(longer) > width:
            lines.append(word)
        else:
            lines[-1] = longer
    return tuple(lines)


def breadth(text: str) -> float:
    """How broad a text is at most, in the picture's units."""
    ems = sum(_NARROW.get(c) or _BROAD.get(c) or (0.69 if c.isupper() else 0.55) for c in text)
    return ems * TEXT_SIZE * _SAFE


def _box(box: Box) -> list[str]:
    is_wide = box.width >= WIDE
    x, y = box.left + PAD, box.top + PAD + 11
    text_x = x + NAME_COLUMN if is_wide else x
    first = y if is_wide else y + LINE
    return [
        f'<rect class="box" x="{_n(box.left)}" y="{_n(box.top)}" width="{_n(box.width)}" height="{_n(box.height)}" '
        'rx="6"/>',
        f'<text class="name" font-size="{_n(NAME_SIZE)}" x="{_n(x)}" y="{_n(y)}">{escape(box.room)}</text>',
        *(
            f'<text font-size="{_n(TEXT_SIZE)}" x="{_n(text_x)}" y="{_n(first + LINE * number)}">{escape(line)}</text>'
            for number, line in enumerate(box.lines)
        ),
    ]


def _arrow(importer: Box, imported: Box, boxes: Iterable[Box]) -> list[str]:
    """Straight down where nothing is in the way, else a curve behind the boxes."""
    x = _free_way(importer, imported, boxes)
    tip, start = imported.top - 1.0, importer.bottom
    if x is not None:
        line = f"M{_n(x)} {_n(start)}V{_n(tip - 7)}"
    else:
        x, bend = imported.middle, (tip - start) / 2.0
        line = (
            f"M{_n(importer.middle)} {_n(start)}C{_n(importer.middle)} {_n(start + bend)} {_n(x)} {_n(tip - 7 - bend)} "
            f"{_n(x)} {_n(tip - 7)}"
        )
    return [
        f'<path class="arrow" d="{line}"/>',
        f'<path class="head" d="M{_n(x)} {_n(tip)}l-5 -8h10z"/>',
    ]


def _free_way(importer: Box, imported: Box, boxes: Iterable[Box]) -> float | None:
    """Where a line can go straight down from one box to the other, in the middle of the room for it; None: nowhere."""
    low, high = max(importer.left, imported.left) + PAD, min(importer.right, imported.right) - PAD
    between = [box for box in boxes if importer.bottom <= box.top and box.bottom <= imported.top]

    def is_free(x: float) -> bool:
        return low <= x <= high and not any(box.left - CLEAR < x < box.right + CLEAR for box in between)

    middle = min(importer, imported, key=lambda box: box.width).middle
    if is_free(middle):
        return middle
    steps = [low + step for step in range(int(high - low) + 1)] if high >= low else []
    lanes = [list(lane) for free, lane in groupby(steps, is_free) if free]
    if not lanes:
        return None
    widest = max(lanes, key=len)
    return (widest[0] + widest[-1]) / 2.0


def _n(value: float) -> str:
    """A number of the drawing, to a tenth."""
    return f"{value:.1f}".removesuffix(".0")


def main() -> int:
    """Write the picture; says whether it has changed."""
    before = PICTURE.read_text(encoding="utf-8") if PICTURE.exists() else ""
    now = drawing(house())
    PICTURE.write_text(now, encoding="utf-8", newline="\n")
    print(f"{PICTURE.relative_to(ROOT)}: {'as it was' if now == before else 'drawn anew'}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
