"""Charts of margin and costs: how far the end of the short is, what the hedge costs, what funding did."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import date, timedelta

import numpy as np
import plotly.graph_objects as go

from hedge_core.hedge.margin import IsolatedLeg
from hedge_core.market.snapshot import Days, Floats
from hedge_core.text import chart_text
from pages.ui.charts.look import (
    BAG,
    DANGER,
    GREY,
    HEDGE_LIGHT,
    axis,
    bounds,
    dot,
    figure,
    line_across,
    percent_axis,
    say_nothing_to_show,
    short_percent,
    zero_line,
)
from pages.ui.parts.format import price

ROW = 54


def margin_gauge(
    legs: Sequence[tuple[IsolatedLeg, float, float]], *, rally: float | None, betas: Sequence[float] | None = None
) -> go.Figure:
    """Each leg's range of the past year and its price today, with the rise that ends the account, as moves from now.

    `legs` are (leg, lowest and highest close of the year, USD). `rally` is the rise of the market that ends the
    account, and `betas` the move of each leg's coin per move of the market (all 1 if left out).
    """
    subtitle = f"{dot(GREY)} past year  {dot(HEDGE_LIGHT)} today  {dot(DANGER)} the short ends"
    fig = figure(
        "How far away the end of the short is", height=70 + ROW * max(len(legs), 1), subtitle=subtitle, right=16
    )
    if not legs or rally is None:
        return say_nothing_to_show(fig, "State your collateral (page 2) to see this.")
    ends = [max(beta * rally, -1.0) for beta in betas or [1.0] * len(legs)] if math.isfinite(rally) else None
    moves = [(low / leg.leg.price - 1.0, high / leg.leg.price - 1.0) for leg, low, high in legs]
    for place, ((leg, low, high), (down, up)) in enumerate(zip(legs, moves, strict=True)):
        fig.add_scatter(
            x=[down, up],
            y=[place, place],
            mode="lines",
            line={"color": GREY, "width": 8},
            hovertemplate=f"{chart_text(leg.leg.underlying)} was between {price(low)} and {price(high)} in the past "
            "year.<extra></extra>",
        )
        fig.add_scatter(
            x=[0.0],
            y=[place],
            mode="markers",
            marker={"color": HEDGE_LIGHT, "size": 12},
            hovertemplate=f"{chart_text(leg.leg.underlying)} stands at {price(leg.leg.price)} today.<extra></extra>",
        )
        label = f"<b>{chart_text(leg.leg.underlying)}</b> at {price(leg.leg.price)}"
        if ends is not None:
            label += f", ends at {price(leg.leg.price * (1.0 + ends[place]))}"
        fig.add_annotation(
            x=0, xref="paper", xanchor="left", y=place - 0.4, text=label, showarrow=False, font={"size": 13}
        )
    if ends is not None:
        fig.add_scatter(
            x=ends,
            y=list(range(len(legs))),
            mode="markers",
            marker={"color": DANGER, "size": 14, "symbol": "x"},
            hovertemplate=f"A rise of the market by {rally:.1%} ends the short.<extra></extra>",
        )
    low, high = bounds([*(d for d, _ in moves), *(u for _, u in moves), *(ends or [])])
    fig.update_xaxes(percent_axis(low, high), title_text="Move from today")
    fig.update_yaxes(visible=False, range=[len(legs) - 0.5, -0.75])
    return fig


def funding_history(*, coin: str, days: Days, means: Floats, window: int) -> go.Figure:
    """Funding a year, means of `window` days, with the lines between which it lay on 80% of these days."""
    fig = figure(f"Funding on {coin} per year", height=280, subtitle=f"mean of the {window} days before", right=52)
    if np.isnan(means).all():
        return say_nothing_to_show(fig, "Too little funding history.")
    first = int(np.flatnonzero(~np.isnan(means))[0])
    dates, means = days[first:].astype("datetime64[D]").astype(str), means[first:]
    fig.add_scatter(
        x=dates,
        y=means,
        mode="lines",
        line={"color": HEDGE_LIGHT, "width": 2},
        hovertemplate="%{y:+.1%} per year in the days up to %{x|%d %b %Y}.<extra></extra>",
    )
    low, middle, high = np.nanquantile(means, (0.1, 0.5, 0.9))
    for value, dash in ((low, "dot"), (middle, "dash"), (high, "dot")):
        line_across(fig, y=float(value), color=GREY, width=1, dash=dash)
    for value in (low, high):
        fig.add_annotation(
            x=1,
            xref="paper",
            xanchor="left",
            xshift=4,
            y=float(value),
            text=short_percent(float(value)),
            showarrow=False,
        )
    reach = bounds([float(np.nanmin(means)), float(np.nanmax(means))])
    zero_line(fig)
    fig.update_yaxes(percent_axis(*reach))
    fig.update_xaxes({**axis(), "nticks": 5, "tickformat": "%b<br>%Y"})
    return fig


def term_structure(*, coin: str, spot: float, expiries: Sequence[tuple[str, float]]) -> go.Figure:
    """Prices of the dated futures on a coin against spot, as a basis in percent."""
    fig = figure(f"Futures on {coin} against spot ({price(spot)})", height=240, right=16)
    names = ["<br>".join(name.rsplit(" ", 1)) for name, _ in expiries]
    basis = [value / spot - 1.0 for _, value in expiries]
    fig.add_scatter(
        x=["now", *names],
        y=[0.0, *basis],
        mode="lines+markers",
        line={"color": HEDGE_LIGHT, "width": 2},
        marker={"size": 10},
        customdata=[price(spot), *(price(value) for _, value in expiries)],
        hovertemplate="%{x}: %{customdata}, %{y:+.2%} against spot.<extra></extra>",
    )
    low, high = bounds(basis or [0.0], air=0.2)
    zero_line(fig)
    fig.update_yaxes(percent_axis(low, high))
    fig.update_xaxes(type="category")
    return fig


def roll_timeline(
    *, legs: Sequence[tuple[str, Sequence[date]]], today: date, horizon_days: int, lead_days: int
) -> go.Figure:
    """From today to the horizon, one line a dated leg: a mark where a future ends, a band over its last `lead_days`.

    It is rolled by the beginning of the band.
    """
    end = today + timedelta(days=horizon_days)
    fig = figure("When the futures must be rolled", height=70 + 46 * max(len(legs), 1), right=16)
    if not legs:
        return say_nothing_to_show(fig, "No dated future is in use.")
    for place, (name, days) in enumerate(legs):
        fig.add_scatter(
            x=[today.isoformat(), end.isoformat()],
            y=[place, place],
            mode="lines",
            line={"color": HEDGE_LIGHT, "width": 4},
            hoverinfo="skip",
        )
        for day in days:
            first = max(today, day - timedelta(days=lead_days))
            fig.add_scatter(
                x=[first.isoformat(), day.isoformat()],
                y=[place, place],
                mode="lines",
                line={"color": BAG, "width": 10},
                hovertemplate=f"Roll {chart_text(name)} by {first:%d %b %Y}; it ends on {day:%d %b %Y}.<extra></extra>",
            )
        fig.add_scatter(
            x=[day.isoformat() for day in days],
            y=[place] * len(days),
            mode="markers",
            marker={"color": DANGER, "size": 12, "symbol": "diamond"},
            hovertemplate=f"{chart_text(name)} ends on %{{x|%d %b %Y}}.<extra></extra>",
        )
        count = f"rolled {len(days)} {'time' if len(days) == 1 else 'times'}" if days else "not rolled"
        fig.add_annotation(
            x=0,
            xref="paper",
            xanchor="left",
            y=place - 0.4,
            text=f"<b>{chart_text(name)}</b> {count}",
            showarrow=False,
            font={"size": 13},
        )
    fig.update_xaxes(type="date", nticks=5, tickformat="%d %b<br>%Y")
    fig.update_yaxes(visible=False, range=[len(legs) - 0.5, -0.75])
    return fig
