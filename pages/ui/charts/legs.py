"""The legs of a hedge as one bar: how much of what is sold short is in each coin."""

from __future__ import annotations

from collections.abc import Sequence

import plotly.graph_objects as go

from hedge_core.hedge.legs import ShortLeg, notional_by_coin
from hedge_core.text import MOST_NAMED, chart_text, listed
from pages.ui.charts.look import INK, axis, figure, say_nothing_to_show
from pages.ui.parts.format import usd

SHADES = ("#2B8FD0", "#7DBCE6", "#B9DBF2")
"""Shades of the hedge colour in turn; dark text is read on each, in both themes."""


def legs_bar(legs: Sequence[ShortLeg]) -> go.Figure:
    """One bar of the legs' notional, the largest first; a leg too narrow for its name shows it on touch."""
    title, height = "What is sold short, by coin", 92
    coins = notional_by_coin(legs)
    total = sum(coins.values())
    if total <= 0.0:
        return say_nothing_to_show(figure(title, height=height), "Nothing is sold short.")
    bars = [
        {
            "type": "bar",
            "orientation": "h",
            "y": [""],
            "x": [notional],
            "name": chart_text(coin),
            "marker": {"color": SHADES[place % len(SHADES)], "line": {"width": 0}},
            "text": f"<b>{chart_text(coin)}</b><br>{notional / total:.0%}",
            "textposition": "inside",
            "insidetextanchor": "middle",
            "textangle": 0,
            "textfont": {"color": INK, "size": 13},
            "hovertemplate": f"{chart_text(coin)}: {usd(notional)}, {notional / total:.1%} of what is sold short."
            "<extra></extra>",
        }
        for place, (coin, notional) in enumerate(coins.items())
    ]
    along = {"range": [0.0, total], "title": {"text": "Dollars sold short"}, "ticktext": ["$0"], "tickvals": [0]}
    return figure(
        title,
        height=height,
        traces=bars,
        barmode="stack",
        bargap=0,
        uniformtext={"minsize": 12, "mode": "hide"},
        xaxis={**axis(), "visible": False, **along},
        yaxis={**axis(), "visible": False},
    )


def legs_reading(legs: Sequence[ShortLeg]) -> str:
    """How much is sold short, and in which coins."""
    coins = notional_by_coin(legs)
    total = sum(coins.values())
    if total <= 0.0:
        return "Nothing is sold short."
    parts = [f"{coin} {usd(notional)} ({notional / total:.0%})" for coin, notional in coins.items()]
    if len(parts) > MOST_NAMED:
        rest = sum(list(coins.values())[MOST_NAMED - 1 :])
        parts[MOST_NAMED - 1 :] = [f"{len(parts) - MOST_NAMED + 1} more for {usd(rest)} ({rest / total:.0%})"]
    return f"{usd(total)} of futures: {listed(parts)}."
