"""The look that all charts share: colour roles, margins, axes, and how money is labelled.

Text has the theme's own colour, which follows a switch from light to dark; the line under the title is part of it,
because the theme prints titles in full ink and other text pale. A coloured dot before a name says
which line or bar it belongs to. Values stand in a column on the right, where nothing can cover them. Charts do not
zoom: on a phone a finger that scrolls the page must not catch in them.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from textwrap import wrap

import plotly.graph_objects as go

from hedge_core.market.snapshot import Floats
from hedge_core.reports.drawings import (
    BAG as BAG,
    DANGER as DANGER,
    GREY as GREY,
    HEDGE as HEDGE,
    NET as NET,
    bounds as bounds,
    spread as spread,
    ticks,
)
from hedge_core.text import bare_percent, chart_text, compact, money as money, short_percent

HEDGE_LIGHT = "#2B8FD0"
"""The hedge colour for lines and dots: it is seen on light and on dark."""
INK = "#11171E"
"""Text on coloured areas."""
VEIL = 0.6
"""How much of a colour covers the page in the deepest cell of a heat map: the theme's text is read on it."""
LINE = 18
"""Pixels from one line of text to the next."""
ONE_LINE = 46
"""Letters of a title that fit on a phone."""


def figure(
    title: str,
    *,
    height: int = 380,
    subtitle: str = "",
    right: int = 12,
    above: int = 0,
    traces: Sequence[dict[str, object]] = (),
    **layout: object,
) -> go.Figure:
    """A figure in the common look; `subtitle` may hold dots and <br>, `right` and `above` are pixels for labels.

    `layout` are further settings of the whole figure. A figure that is given its traces, shapes and axes here is made
    three times as fast as one to which they are added: Plotly checks and copies what is there with each addition.
    What is given here it does not check, which takes twice as long as all else; the tests check every chart.
    """
    lines = [chart_text(line) for line in wrap(title, ONE_LINE) or [""]]
    if subtitle:
        lines += (f'<span style="font-size:13px;font-weight:400">{line}</span>' for line in subtitle.split("<br>"))
    top = 26 + (LINE + 2) * len(lines) + above
    return go.Figure(
        data=list(traces),
        layout={
            "title": {
                "text": "<br>".join(lines),
                "font": {"size": 15},
                "x": 0,
                "xanchor": "left",
                "y": 1,
                "yref": "container",
                "yanchor": "top",
                "pad": {"t": 8 if len(lines) == 1 else 20},
            },
            "height": height + top - 44,
            "margin": {"l": 4, "r": right, "t": top, "b": 4},
            "paper_bgcolor": "rgba(0,0,0,0)",
            "plot_bgcolor": "rgba(0,0,0,0)",
            "showlegend": False,
            "dragmode": False,
            "hoverlabel": {"align": "left"},
            "xaxis": axis(),
            "yaxis": axis(),
            **layout,
        },
        _validate=False,
    )


def axis() -> dict[str, object]:
    """An axis in the common look."""
    return {
        "automargin": True,
        "zeroline": False,
        "fixedrange": True,
        "tickangle": 0,
    }


def say_nothing_to_show(fig: go.Figure, text: str) -> go.Figure:
    """The figure with a sentence instead of a picture."""
    fig.add_annotation(x=0.5, y=0.5, xref="paper", yref="paper", text=text, showarrow=False, font={"size": 14})
    fig.update_xaxes(visible=False)
    fig.update_yaxes(visible=False)
    return fig


def zero_line(fig: go.Figure, *, vertical: bool = False) -> None:
    """The line of neither profit nor loss."""
    line_across(fig, **{"x" if vertical else "y": 0.0}, color=GREY, width=1.5)


def line_across(fig: go.Figure, *, x: float | None = None, y: float | None = None, **line: object) -> None:
    """A line through the whole chart at `x` or at `y`; Plotly's own way there takes seven times as long."""
    fig.add_shape(across(x=x, y=y, **line))


def across(*, x: float | None = None, y: float | None = None, **line: object) -> dict[str, object]:
    """The shape of a line through the whole chart at `x` or at `y`."""
    ends = {"x0": x, "x1": x, "yref": "y domain", "y0": 0, "y1": 1}
    if x is None:
        ends = {"xref": "x domain", "x0": 0, "x1": 1, "y0": y, "y1": y}
    return {"type": "line", "line": line, **ends}


def annotate(fig: go.Figure, notes: Iterable[dict[str, object]]) -> None:
    """Texts on the chart, all at once: Plotly checks those that are there again with each that is added."""
    fig.layout.annotations = (*fig.layout.annotations, *without_arrows(notes))


def without_arrows(notes: Iterable[dict[str, object]]) -> list[dict[str, object]]:
    """The notes as texts alone; Plotly would draw an arrow from each to its point."""
    return [{"showarrow": False, **note} for note in notes]


def cells(
    fig: go.Figure,
    grid: Floats,
    texts: Sequence[Sequence[str]],
    *,
    across: Sequence[str],
    upward: Sequence[str],
    size: int,
    **look: object,
) -> None:
    """A heat map with a text in each cell, both in the colours of the theme; `look` goes to the heat map.

    Plotly would write in dark ink whatever the theme, taking the page to be white: so the texts are a trace of their
    own. Cells stand at 0, 1, 2, ..; `across` and `upward` name them in the table of the chart.
    """
    xs, ys = range(len(across)), range(len(upward))
    names = {"across": list(across), "upward": list(upward)}
    fig.add_trace(go.Heatmap(x=list(xs), y=list(ys), z=grid, meta=names, showscale=False, **look))
    flat = [(x, y, texts[y][x]) for y in ys for x in xs if texts[y][x]]
    fig.add_trace(
        go.Scatter(
            x=[x for x, _, _ in flat],
            y=[y for _, y, _ in flat],
            text=[text for _, _, text in flat],
            mode="text",
            textfont={"size": size},
            hoverinfo="skip",
        )
    )


def veil(colour: str, depth: float) -> str:
    """The colour as a veil over the page, `depth` from 0 (none) to 1 (the deepest that text is read on)."""
    red, green, blue = (int(colour[at : at + 2], 16) for at in (1, 3, 5))
    return f"rgba({red},{green},{blue},{depth * VEIL:.2f})"


def dot(colour: str) -> str:
    """A dot in the colour of a line or bar, to stand before its name."""
    return f'<span style="color:{colour};font-size:16px">●</span>'


def width_of(texts: Sequence[str]) -> int:
    """Pixels that the longest of these needs, with a little air."""
    return round(7.2 * max((len(text) for text in texts), default=0)) + 12


def add_values(fig: go.Figure, ys: Sequence[object], texts: Sequence[str]) -> None:
    """A right-aligned column of values beside horizontal bars; the figure's right margin must hold it."""
    annotate(fig, values_beside(ys, texts, right=fig.layout.margin.r))


def values_beside(
    ys: Sequence[object], texts: Sequence[str], *, right: int, shift: float = 0.0
) -> list[dict[str, object]]:
    """The texts of `add_values` for a figure with this right margin, `shift` pixels above their places."""
    place = {"x": 1, "xref": "paper", "xanchor": "right", "xshift": right - 2, "yshift": shift, "font": {"size": 13}}
    return without_arrows({**place, "y": y, "text": text} for y, text in zip(ys, texts, strict=True))


def money_axis(low: float, high: float, *, count: int = 5) -> dict[str, object]:
    """Settings of an axis in USD over these bounds."""
    at = ticks(low, high, count=count)
    return {"range": [low, high], "tickvals": at, "ticktext": [compact(value, digits=3) for value in at]}


def percent_axis(low: float, high: float, *, count: int = 5, signed: bool = True) -> dict[str, object]:
    """Settings of an axis in percent over these bounds."""
    at = ticks(low, high, count=count)
    texts = [short_percent(value) if signed else bare_percent(value) for value in at]
    return {"range": [low, high], "tickvals": at, "ticktext": texts}
