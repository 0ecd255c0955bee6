"""Charts of a scenario: profit and loss over a range, the attribution, the grid of betas."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple, TypeAlias

import numpy as np
import plotly.graph_objects as go

from hedge_core import ScenarioResult
from hedge_core.market.snapshot import Floats
from hedge_core.reports.answer import level
from hedge_core.scenarios.run import TERMS
from hedge_core.scenarios.stress import StressResult
from hedge_core.text import chart_text
from pages.ui.charts.look import (
    BAG,
    DANGER,
    GREY,
    HEDGE_LIGHT,
    LINE,
    NET,
    across,
    add_values,
    annotate,
    axis,
    bounds,
    cells,
    compact,
    dot,
    figure,
    money,
    money_axis,
    percent_axis,
    say_nothing_to_show,
    short_percent,
    spread,
    veil,
    width_of,
    without_arrows,
    zero_line,
)
from pages.ui.parts.format import signed_usd, usd

Part: TypeAlias = "dict[str, object]"
"""A trace, a shape or a note, as Plotly takes it."""

WIDE_ENOUGH = 0.3
"""The part of a chart that holds the note on what a liquidation costs, on a phone too."""

ROOM_FOR_NAME = 0.3
"""The part of a chart that, with the margin beside it, holds the name of the wall on a phone."""

ROOM_FOR_EVEN = 0.2
"""The part of a chart that holds the name of a break-even on a phone."""

NAME_HEIGHT = 28
"""Pixels from the name of one line to that of the next, at their ends."""


class _Series(NamedTuple):
    """A line of the payoff: its values (USD), the one at the selected move, and its look."""

    name: str
    values: list[float]
    selected: float
    colour: str
    dash: str
    width: float


def pnl_range(
    results: Sequence[ScenarioResult],
    *,
    selected: ScenarioResult,
    break_evens: Sequence[float],
    title: str,
    height: int = 420,
) -> go.Figure:
    """Profit and loss of bag, hedge and both over a range of moves, the selected one marked."""
    x, at = [result.shock.move for result in results], selected.shock.move
    series = (
        _Series("Bag", [r.bag_pnl for r in results], selected.bag_pnl, BAG, "dash", 2),
        _Series("Hedge", [r.hedge_pnl for r in results], selected.hedge_pnl, HEDGE_LIGHT, "dot", 2.5),
        _Series("Together", [r.net_pnl for r in results], selected.net_pnl, NET, "solid", 4),
    )
    low, high = bounds([value for one in series for value in one.values])
    closed = [result for result in results if result.is_liquidated]
    shapes, notes = list[Part](), list[Part]()
    if closed:
        low -= 0.1 * (high - low)
        shapes, notes = _liquidation(closed, low, abs(x[-1] - x[0]), at)
    shapes += [across(y=0.0, color=GREY, width=1.5), across(x=at, color=GREY, width=1, dash="dash")]
    ends = spread([one.values[-1] for one in series], (high - low) * NAME_HEIGHT / height, low=low, high=high)
    notes += [
        {"x": at, "y": 1, "yref": "paper", "yanchor": "bottom", "text": short_percent(at)},
        *(
            {"x": x[-1], "y": y, "text": f"{dot(one.colour)} {one.name}", "xanchor": "left", "xshift": 4}
            for one, y in zip(series, ends, strict=True)
        ),
        *_break_even_notes(break_evens, last=x[-1], width=abs(x[-1] - x[0])),
    ]
    moved = "your bag" if selected.shock.of == "bag" else "the market"
    return figure(
        title,
        height=height,
        subtitle="  ".join(f"{dot(one.colour)} {one.name} {money(one.selected, signed=True)}" for one in series),
        right=72,
        above=LINE,
        traces=[*_lines(results, series, at), *_break_even_marks(break_evens)],
        hovermode="x",
        shapes=shapes,
        annotations=without_arrows(notes),
        xaxis={
            **axis(),
            **percent_axis(x[0], x[-1], count=5),
            "title": {"text": f"Move of {moved}"},
            "hoverformat": "+.0%",
        },
        yaxis={**axis(), **money_axis(low, high)},
    )


def _lines(results: Sequence[ScenarioResult], series: Sequence[_Series], at: float) -> Iterator[Part]:
    """Each line with its mark at the selected move.

    Where the short has been closed by force, the line of the hedge ends and the one of both is dashed, for from there
    on the bag is not hedged.
    """
    x, sentences = [result.shock.move for result in results], [_sentence(result) for result in results]
    for one in series:
        look = {"color": one.colour, "dash": one.dash, "width": one.width}
        is_shown = [one.name == "Bag" or not result.is_liquidated for result in results]
        line: Part = {"x": x, "mode": "lines", "hoverinfo": "skip"}
        if one.name == "Together":
            line |= {"hoverinfo": None, "hovertemplate": "%{customdata}<extra></extra>"}
            if not all(is_shown):
                is_closed = [not shown for shown in is_shown]
                dashed = {"name": "Together, unhedged", "line": {"color": one.colour, "dash": "dash", "width": 2.5}}
                yield line | dashed | _where(is_closed, y=one.values, customdata=sentences)
            line |= _where(is_shown, customdata=sentences)
        yield {"name": one.name, **line, "line": look, **_where(is_shown, y=one.values)}
        yield {
            "name": f"{one.name}, selected",
            "x": [at],
            "y": [one.selected],
            "mode": "markers",
            "marker": {"color": one.colour, "size": 10},
            "cliponaxis": False,
            "hoverinfo": "skip",
        }


def _where(is_shown: Sequence[bool], **values: Sequence[object]) -> Part:
    """Each of these properties of a trace with a gap at every point that is not shown."""
    return {
        name: [one if shown else None for one, shown in zip(ones, is_shown, strict=True)]
        for name, ones in values.items()
    }


def _sentence(result: ScenarioResult) -> str:
    moved = "your bag" if result.shock.of == "bag" else "the market"
    text = (
        f"If {moved} moves {short_percent(result.shock.move)}:<br>bag {signed_usd(result.bag_pnl)}, "
        f"hedge {signed_usd(result.hedge_pnl)},<br>together {signed_usd(result.net_pnl)}"
    )
    if not result.is_liquidated:
        return f"{text}."
    return (
        f"{text};<br>{'part of the short is closed' if 0.0 < result.open_share < 1.0 else 'the short is closed out'}."
    )


def _liquidation(
    closed: Sequence[ScenarioResult], bottom: float, width: float, selected: float
) -> tuple[list[Part], list[Part]]:
    """Shapes and notes: the moves that close the short by force, a wall where they begin, and what is lost there.

    The wall is named beside it, on the side on which the line of the `selected` move is not. The loss is named at the
    far end of the shaded part if that is wide enough, else beside the wall; `width` is that of all moves.
    """
    start, end = closed[0].shock.move, closed[-1].shock.move
    wall = min((start, end), key=abs)
    place = {"x0": start, "x1": end, "yref": "y domain", "y0": 0, "y1": 1, "layer": "below"}
    shapes: list[Part] = [
        {"type": "rect", **place, "fillcolor": DANGER, "opacity": 0.14, "line": {"width": 0}},
        across(x=wall, color=DANGER, width=2),
    ]
    first = closed[0] if wall == start else closed[-1]
    far = end if wall == start else start
    inside, outside = ("left", "right") if wall > 0.0 else ("right", "left")
    is_shaded_free = abs(far - wall) > ROOM_FOR_NAME * width and (selected - wall) * (far - wall) <= 0.0
    beside = inside if is_shaded_free else outside
    is_wide = abs(far - wall) > WIDE_ENOUGH * width
    ended = "unhedged" if not first.options_pnl else "only options left"
    what = "part of the short closed" if 0.0 < first.open_share < 1.0 else ended
    lost = f"{what},<br>{money(-first.hedge_pnl)} lost" if first.hedge_pnl < 0.0 else what
    notes: list[Part] = [
        {"x": wall, "y": 1, "yref": "y domain", "yanchor": "top", "text": f"liquidated<br>{_wall_text(wall)}"},
        {"x": wall, "y": bottom, "yanchor": "bottom", "text": lost},
    ]
    for note, anchor in zip(notes, (beside, outside if is_wide else beside), strict=True):
        note |= {
            "xanchor": anchor,
            "align": anchor,
            "xshift": 4 if anchor == "left" else -4,
            "bgcolor": "rgba(0,0,0,0)",
        }
    if is_wide:
        notes[1]["x"] = far
    return shapes, notes


def _wall_text(wall: float) -> str:
    """The move of the wall, a rally rounded down as in every sentence that names it."""
    return level(wall) if wall > 0.0 else short_percent(wall)


def _break_even_marks(moves: Sequence[float]) -> list[Part]:
    if not moves:
        return []
    look = {"color": NET, "size": 11, "symbol": "diamond-open", "line": {"width": 2}}
    place = {"x": list(moves), "y": [0.0] * len(moves)}
    return [{"name": "Break-even", **place, "mode": "markers", "marker": look, "hoverinfo": "skip"}]


def _break_even_notes(moves: Sequence[float], *, last: float, width: float) -> Iterator[Part]:
    """Below and to the right, where the rising line leaves room, or above and to the left at the names of the lines.

    `last` is the move at which these stand; `width` is that of all moves.
    """
    for move in moves:
        if abs(move) >= 0.005:
            is_at_names = last - move < ROOM_FOR_EVEN * width
            anchor, x, y = ("right", -4, 14) if is_at_names else ("left", 4, -14)
            text = f"even {short_percent(move)}"
            yield {"x": move, "y": 0, "text": text, "xanchor": anchor, "xshift": x, "yshift": y}


def attribution_waterfall(result: ScenarioResult, *, hedge_ratio: float) -> go.Figure:
    """From the ideal (the share h of the bag does not move) to the net result after costs, term by term."""
    ideal = (1.0 - hedge_ratio) * result.bag_pnl
    terms = [(TERMS[name], float(getattr(result.attribution, name))) for name in TERMS]
    shown = [(name, value) for name, value in terms if abs(value) >= 0.5]
    labels = ["Ideal", *(name for name, _ in shown), "After costs"]
    values = [ideal, *(value for _, value in shown), result.net_after_costs]
    texts = [money(value, signed=True) for value in values]
    fig = figure("From the ideal to the result", height=130 + 36 * len(labels), right=width_of(texts))
    fig.add_trace(
        go.Waterfall(
            orientation="h",
            y=labels,
            x=values,
            measure=["absolute", *["relative"] * len(shown), "total"],
            customdata=[
                f"An exact hedge of {hedge_ratio:.0%} would leave {signed_usd(ideal)}.",
                *(
                    f"{usd(abs(value))} {'better' if value > 0 else 'worse'} because of {name.lower()}."
                    for name, value in shown
                ),
                f"Bag and hedge together, after costs: {signed_usd(result.net_after_costs)}.",
            ],
            textposition="none",
            increasing={"marker": {"color": NET, "line": {"color": NET, "width": 1}}},
            decreasing={"marker": {"color": DANGER, "line": {"color": DANGER, "width": 1}}},
            totals={"marker": {"color": GREY}},
            connector={"line": {"color": GREY, "width": 1}},
            hovertemplate="%{customdata}<extra></extra>",
        )
    )
    add_values(fig, labels, texts)
    zero_line(fig, vertical=True)
    reached = np.cumsum([ideal, *(value for _, value in shown)])
    fig.update_xaxes(money_axis(*bounds([*reached.tolist(), result.net_after_costs]), count=3))
    fig.update_yaxes(autorange="reversed", type="category", showgrid=False)
    return fig


def net_heatmap(*, moves: Sequence[float], beta_shifts: Sequence[float], grid: Floats, title: str) -> go.Figure:
    """Net profit and loss by move of the market and by how far betas differ from their estimate."""
    limit = float(np.abs(grid).max()) or 1.0
    fig = figure(title, height=120 + 36 * len(beta_shifts), subtitle="Rows: betas against their estimate")
    xs, ys = [short_percent(move) for move in moves], [short_percent(shift) for shift in beta_shifts]
    is_small = len(moves) <= 9 and len(beta_shifts) <= 9
    cells(
        fig,
        grid,
        [[compact(value) if is_small else "" for value in row] for row in grid],
        across=xs,
        upward=ys,
        size=11,
        zmin=-limit,
        zmax=limit,
        colorscale=[[0.0, veil(DANGER, 1)], [0.5, veil(DANGER, 0)], [0.5, veil(NET, 0)], [1.0, veil(NET, 1)]],
        customdata=[
            [
                f"If the market moves {x} and betas are {_against_estimate(y)},<br>"
                f"bag and hedge together make {signed_usd(value)}."
                for x, value in zip(xs, row, strict=True)
            ]
            for y, row in zip(ys, grid, strict=True)
        ],
        hovertemplate="%{customdata}<extra></extra>",
        xgap=2,
        ygap=2,
    )
    every = -(-len(xs) // 7)
    middle = next((number for number, move in enumerate(moves) if move == 0), 0) % every
    at = range(middle, len(xs), every)
    fig.update_xaxes(
        title_text="Move of the market",
        tickvals=list(at),
        ticktext=[xs[i] for i in at],
        range=[-0.5, len(xs) - 0.5],
        showgrid=False,
    )
    fig.update_yaxes(tickvals=list(range(len(ys))), ticktext=ys, range=[-0.5, len(ys) - 0.5], showgrid=False)
    return fig


def _against_estimate(shift: str) -> str:
    if shift == "0%":
        return "as estimated"
    return f"{shift[1:]} {'above' if shift.startswith('+') else 'below'} their estimate"


def stress_windows(results: Sequence[StressResult], *, title: str) -> go.Figure:
    """The bag alone and bag and hedge together in each window, as the ends of a line, in the order given.

    The line is dashed where the short was liquidated on the way.
    """
    fig = figure(
        title, height=96 + 44 * max(len(results), 1), subtitle=f"{dot(BAG)} bag  {dot(NET)} together", right=16
    )
    if not results:
        return say_nothing_to_show(fig, "Nothing to replay.")
    places = list(range(len(results)))
    notes: list[dict[str, object]] = []
    zeros: list[dict[str, object]] = []
    for place, result in zip(places, results, strict=True):
        fig.add_scatter(
            x=[result.bag_pnl, result.net_pnl],
            y=[place, place],
            mode="lines",
            line={"color": GREY, "width": 2.5, "dash": "dot" if result.is_closed else "solid"},
            hoverinfo="skip",
        )
        ends_at = {"x0": 0, "x1": 0, "y0": place - 0.2, "y1": place + 0.2}
        zeros.append({"type": "line", **ends_at, "line": {"color": GREY, "width": 1.5}, "layer": "below"})
        text = f"{chart_text(result.window.label)}: <b>{money(result.net_pnl, signed=True)}</b>{_lost(result)}"
        notes.append(
            {"x": 0, "xref": "paper", "xanchor": "left", "y": place - 0.42, "text": text, "font": {"size": 13}}
        )
    fig.layout.shapes = zeros
    annotate(fig, notes)
    for name, colour, values in (
        ("bag", BAG, [result.bag_pnl for result in results]),
        ("bag and hedge together", NET, [result.net_pnl for result in results]),
    ):
        fig.add_scatter(
            x=values,
            y=places,
            mode="markers",
            name=name,
            marker={"color": colour, "size": 12},
            customdata=[
                f"{chart_text(result.window.label)} ({result.window.start:%d %b} to {result.window.end:%d %b %Y}):<br>"
                f"{name} {money(value, signed=True)}."
                for result, value in zip(results, values, strict=True)
            ],
            hovertemplate="%{customdata}<extra></extra>",
        )
    every = [value for result in results for value in (result.bag_pnl, result.net_pnl)]
    fig.update_xaxes(money_axis(*bounds(every)))
    fig.update_yaxes(visible=False, range=[len(results) - 0.6, -0.75])
    return fig


def _lost(result: StressResult) -> str:
    """What being liquidated in a window cost; '' where the short was held."""
    if not result.is_closed:
        return ""
    what = ", only options left" if result.options_pnl else ", unhedged"
    return f"{what}, {money(-result.hedge_pnl)} lost" if result.hedge_pnl < 0.0 else what
