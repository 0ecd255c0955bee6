"""Two charts as static SVG, for pages without scripts and for print: profit and loss by market move, and a waterfall.

The functions take values and return markup; they fetch and compute no results. All text is escaped, and each chart has
a title and a description for screen readers. Colours have fixed roles and are never the only cue: lines also differ in
dash, width and label, and bars show signed values and hatching, so a grey print is still readable. The helpers `ticks`,
`bounds` and `spread` also serve the charts on screen.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from itertools import groupby, pairwise
from typing import Literal

from hedge_core.text import compact, money, short_percent

BAG, HEDGE, NET, DANGER, GREY = "#E69F00", "#0072B2", "#009E73", "#D55E00", "#7A828C"
"""The colours of every chart, on screen and in the report; readers with colour blindness can tell them apart."""

_INK, _SOFT, _FAINT = "#1b232c", "#55606b", "#e4e7ea"
_SHADE = "#fbefe6"
"""DANGER on white, as faint as the range in which the short is liquidated."""

WIDE, PHONE = 680.0, 360.0
"""Widths of a drawing in its own units. Text has 12 of them, so a phone needs the narrow one to show it as large."""

UNHEDGED = "6 5"
"""The dash pattern of a line where the short has been liquidated."""


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a chart: name, one value (USD) per x, colour, width in pixels, and SVG dash pattern ('' is solid).

    `when_closed` says how it goes on where the short is liquidated: as before (""), dashed, or not at all ("ends").
    """

    name: str
    values: Sequence[float]
    colour: str
    width: float = 2.0
    dash: str = ""
    when_closed: Literal["", "dashed", "ends"] = ""


@dataclass(frozen=True, slots=True)
class Step:
    """A bar of a waterfall, USD: a change, or a total that is drawn from zero if `is_total`."""

    name: str
    value: float
    is_total: bool = False


def pnl_drawing(
    xs: Sequence[float],
    lines: Sequence[Line],
    *,
    name: str,
    title: str,
    description: str,
    selected: float,
    break_evens: Sequence[float] = (),
    closed: tuple[float, float] | None = None,
    lost: str = "",
    width: float = WIDE,
) -> str:
    """SVG chart of profit and loss (USD) by market move (fractions, ascending `xs`).

    A dashed vertical line marks the move `selected`; hollow diamonds mark `break_evens`. The range of moves `closed`,
    in which the short is liquidated, is shaded and says what was `lost`. `name` begins the chart's ids and must be
    unique in the document. `width` is WIDE or PHONE.
    """
    height, top, bottom = 310.0, 24.0, 44.0
    left, right, most = (62.0, 96.0, 6) if width == WIDE else (54.0, 66.0, 4)
    low, high = bounds([value for line in lines for value in line.values])

    def x(move: float) -> float:
        return left + (move - xs[0]) / (xs[-1] - xs[0]) * (width - left - right)

    def y(amount: float) -> float:
        return top + (high - amount) / (high - low) * (height - top - bottom)

    parts = []
    if closed is not None:
        start, end = x(closed[0]), x(closed[1])
        parts.append(_rect(start, top, max(end - start, 2.0), height - top - bottom, DANGER, opacity=0.1))
    for amount in ticks(low, high):
        parts.append(_line(left, y(amount), width - right, y(amount), _FAINT))
        parts.append(_text(left - 8, y(amount) + 4, compact(amount, digits=3), anchor="end", colour=_SOFT))
    for move in ticks(xs[0], xs[-1], count=most):
        parts.append(_text(x(move), height - bottom + 18, short_percent(move), anchor="middle", colour=_SOFT))
    middle = (left + width - right) / 2
    parts.append(_text(middle, height - 6, "Market move", anchor="middle", colour=_SOFT))
    parts.append(_line(left, y(0.0), width - right, y(0.0), GREY, width=1.5))
    parts.append(_line(x(selected), top, x(selected), height - bottom, GREY, dash="4 3"))
    parts.append(_text(x(selected), top - 8, short_percent(selected), anchor="middle"))
    for line in lines:
        for dash, stroke in _strokes(xs, line, closed):
            points = " ".join(f"{x(move):.1f},{y(value):.1f}" for move, value in stroke)
            dashed = f' stroke-dasharray="{dash}"' if dash else ""
            parts.append(
                f'<polyline points="{points}" fill="none" stroke="{line.colour}" stroke-width="{line.width:g}"'
                f'{dashed} stroke-linejoin="round"/>'
            )
    for move in break_evens:
        parts.append(
            f'<path d="M{x(move):.1f} {y(0.0) - 6:.1f}l6 6l-6 6l-6 -6z" fill="#fff" stroke="{NET}" stroke-width="2"/>'
        )
    if closed is not None:
        for row, said in enumerate(("✕ short liquidated", f"unhedged, {lost} lost" if lost else "unhedged")):
            place = height - bottom - 21 + 14 * row
            parts.append(_text(x(closed[1]) - 5, place, said, anchor="end", size=11, behind=_SHADE))
    ends = spread([-y(line.values[-1]) for line in lines], 16.0)
    for line, end in zip(lines, ends, strict=True):
        parts.append(f'<circle cx="{width - right + 12:.1f}" cy="{-end:.1f}" r="4" fill="{line.colour}"/>')
        parts.append(_text(width - right + 21, -end + 4, line.name, weight=600))
    return _drawing(name, title, description, (width, height), parts)


def _strokes(
    xs: Sequence[float], line: Line, closed: tuple[float, float] | None
) -> list[tuple[str, list[tuple[float, float]]]]:
    """The parts of a line, each with its dash pattern and its points (move, USD)."""
    points = list(zip(xs, line.values, strict=True))
    if closed is None or not line.when_closed:
        return [(line.dash, points)]
    low, high = closed
    parts = [(is_closed, list(part)) for is_closed, part in groupby(points, key=lambda point: low <= point[0] <= high)]
    return [
        (UNHEDGED if is_closed else line.dash, part)
        for is_closed, part in parts
        if not (is_closed and line.when_closed == "ends")
    ]


def waterfall_drawing(steps: Sequence[Step], *, name: str, title: str, description: str, width: float = WIDE) -> str:
    """SVG waterfall chart (USD), top to bottom: totals start at zero, each change starts where the last bar ended.

    `name` begins the chart's ids and must be unique in the document. `width` is WIDE or PHONE.
    """
    row, top = 28.0, 6.0
    left, right = (208.0, 92.0) if width == WIDE else (140.0, 72.0)
    height = top + row * len(steps) + 6.0
    spans, level = [], 0.0
    for step in steps:
        start = 0.0 if step.is_total else level
        level = start + step.value
        spans.append((start, level))
    low, high = bounds([end for span in spans for end in span])

    def x(amount: float) -> float:
        return left + (amount - low) / (high - low) * (width - left - right)

    parts = [
        f'<defs><pattern id="{escape(name)}-worse" width="6" height="6" patternUnits="userSpaceOnUse" '
        f'patternTransform="rotate(45)"><rect width="6" height="6" fill="#fff"/>'
        f'<rect width="3.5" height="6" fill="{DANGER}"/></pattern></defs>',
        _line(x(0.0), top, x(0.0), height - 6.0, GREY, width=1.5),
    ]
    for place, (step, (start, end)) in enumerate(zip(steps, spans, strict=True)):
        y, (first, last) = top + row * place, sorted((x(start), x(end)))
        fill = GREY if step.is_total else NET if step.value >= 0 else f"url(#{escape(name)}-worse)"
        parts.append(_rect(first, y + 5.0, max(last - first, 1.5), row - 10.0, fill, stroke=_edge(step)))
        if place + 1 < len(steps):
            parts.append(_line(x(end), y + row - 5.0, x(end), y + row + 5.0, GREY))
        weight = 600 if step.is_total else 400
        parts.append(_text(left - 12, y + row / 2 + 4, step.name, anchor="end", weight=weight))
        shown = money(step.value, signed=True)
        parts.append(_text(width - 4, y + row / 2 + 4, shown, anchor="end", weight=weight))
    return _drawing(name, title, description, (width, height), parts)


def _edge(step: Step) -> str:
    return "" if step.is_total else NET if step.value >= 0 else DANGER


def _drawing(name: str, title: str, description: str, size: tuple[float, float], parts: Sequence[str]) -> str:
    named, (width, height) = escape(name), size
    return (
        f'<svg viewBox="0 0 {width:g} {height:g}" role="img" '
        f'aria-labelledby="{named}-title {named}-desc" font-size="12">'
        f'<title id="{named}-title">{escape(title)}</title><desc id="{named}-desc">{escape(description)}</desc>'
        f"{''.join(parts)}</svg>"
    )


def _text(
    x: float,
    y: float,
    text: str,
    *,
    anchor: str = "start",
    colour: str = _INK,
    weight: int = 400,
    size: int = 12,
    behind: str = "",
) -> str:
    """Text; `behind` is the colour of an edge around its letters, which keeps lines from running through them."""
    extra = (f' font-weight="{weight}"' if weight != 400 else "") + (f' font-size="{size}"' if size != 12 else "")
    extra += f' paint-order="stroke" stroke="{behind}" stroke-width="4" stroke-linejoin="round"' if behind else ""
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" fill="{colour}"{extra}>{escape(text)}</text>'


def _line(x1: float, y1: float, x2: float, y2: float, colour: str, *, width: float = 1.0, dash: str = "") -> str:
    dashed = f' stroke-dasharray="{dash}"' if dash else ""
    return (
        f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" stroke="{colour}" '
        f'stroke-width="{width:g}"{dashed}/>'
    )


def _rect(x: float, y: float, width: float, height: float, fill: str, *, opacity: float = 1.0, stroke: str = "") -> str:
    extra = (f' fill-opacity="{opacity:g}"' if opacity != 1.0 else "") + (f' stroke="{stroke}"' if stroke else "")
    return f'<rect x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height:.1f}" fill="{fill}"{extra}/>'


def ticks(low: float, high: float, *, count: int = 5) -> list[float]:
    """Round numbers from `low` to `high` for an axis, about `count` of them."""
    span = (high - low) or abs(high) or 1.0
    power = 10.0 ** math.floor(math.log10(span / count))
    step = next(factor * power for factor in (1.0, 2.0, 2.5, 5.0, 10.0) if factor * power >= span / count * 0.999)
    return [n * step for n in range(math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9) + 1)]


def bounds(values: Sequence[float], *, air: float = 0.06) -> tuple[float, float]:
    """A range that contains zero and all `values`, with padding: the share `air` of the span, 2% on a side at zero."""
    low, high = min([0.0, *values]), max([0.0, *values])
    if low == high:
        return -1.0, 1.0
    span = high - low
    return low - (air * span if low < 0 else 0.02 * span), high + (air * span if high > 0 else 0.02 * span)


def spread(values: Sequence[float], gap: float, *, low: float = -math.inf, high: float = math.inf) -> list[float]:
    """The values moved apart so that neighbours differ by at least `gap`; order and mean are kept.

    If that would take some of them out of `low` to `high`, the mean gives way; for more than fits, `high` does.
    """
    order = sorted(range(len(values)), key=values.__getitem__)
    placed = list(values)
    for below, above in pairwise(order):
        placed[above] = max(placed[above], placed[below] + gap)
    shift = (sum(values) - sum(placed)) / len(values) if values else 0.0
    placed = [value + shift for value in placed]
    for place in reversed(order):
        placed[place] = min(placed[place], high)
        high = placed[place] - gap
    for place in order:
        placed[place] = max(placed[place], low)
        low = placed[place] + gap
    return placed
