"""The legs of a hedge as one bar: how much of what is sold short is in each coin."""

from __future__ import annotations

from collections.abc import Sequence

import plotly.graph_objects as go

from hedge_core.hedge.legs import ShortLeg
from hedge_core.text import chart_text, listed
from pages.ui.charts.look import INK, figure, say_nothing_to_show
from pages.ui.parts.format import usd

SHADES = ("#2B8FD0", "#7DBCE6", "#B9DBF2")
"""Shades of the hedge colour in turn; dark text is read on each, in both themes."""


def legs_bar(legs: Sequence[ShortLeg]) -> go.Figure:
    """One bar of the legs' notional, the largest first; a leg too narrow for its name shows it on touch."""
    fig = figure("What is sold short, by coin", height=92)
    total = sum(leg.notional for leg in legs)
    if total <= 0.0:
        return say_nothing_to_show(fig, "Nothing is sold short.")
    for place, leg in enumerate(_ordered(legs)):
        share = leg.notional / total
        fig.add_bar(
            orientation="h",
            y=[""],
            x=[leg.notional],
            name=chart_text(leg.underlying),
            marker={"color": SHADES[place % len(SHADES)], "line": {"width": 0}},
            text=f"<b>{chart_text(leg.underlying)}</b><br>{share:.0%}",
            textposition="inside",
            insidetextanchor="middle",
            textangle=0,
            textfont={"color": INK, "size": 13},
            hovertemplate=f"{chart_text(leg.underlying)}: {usd(leg.notional)}, {share:.1%} of what is sold short."
            "<extra></extra>",
        )
    fig.update_layout(barmode="stack", bargap=0, uniformtext={"minsize": 12, "mode": "hide"})
    fig.update_xaxes(visible=False, range=[0.0, total], title_text="Dollars sold short", ticktext=["$0"], tickvals=[0])
    fig.update_yaxes(visible=False)
    return fig


def legs_reading(legs: Sequence[ShortLeg]) -> str:
    """How much is sold short, and in which coins."""
    total = sum(leg.notional for leg in legs)
    if total <= 0.0:
        return "Nothing is sold short."
    parts = [f"{leg.underlying} {usd(leg.notional)} ({leg.notional / total:.0%})" for leg in _ordered(legs)]
    return f"{usd(total)} of futures: {listed(parts)}."


def _ordered(legs: Sequence[ShortLeg]) -> list[ShortLeg]:
    """The legs with contracts, the largest first."""
    return sorted((leg for leg in legs if leg.contracts), key=lambda leg: -leg.notional)
