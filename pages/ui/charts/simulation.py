"""Charts of many paths: fans by day, distributions at the end, policies side by side, the frontier of hedge ratios."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

import numpy as np
import plotly.graph_objects as go

from hedge_core.market.snapshot import Floats
from hedge_core.simulation.distributions import QUANTILES, Distribution
from hedge_core.simulation.frontier import Frontier, FrontierPoint
from hedge_core.simulation.policy_comparison import Story
from hedge_core.text import chart_text, days_text
from pages.ui.charts.look import (
    BAG,
    DANGER,
    GREY,
    HEDGE_LIGHT,
    NET,
    annotate,
    axis,
    bounds,
    compact,
    dot,
    figure,
    line_across,
    money,
    money_axis,
    percent_axis,
    spread,
    width_of,
    zero_line,
)
from pages.ui.parts.format import signed_usd, usd

LOW, LOWER, MIDDLE, UPPER, HIGH = range(len(QUANTILES))
BINS = 56
NET_BAND = "rgba(0,158,115,{})"
ROW = 43


def fan(fans: Mapping[str, Floats], *, title: str) -> go.Figure:
    """Bag and hedge together by day: median and the ranges that hold 50% and 90% of the paths; the bag's 90% beside."""
    net, bag = fans["net"], fans["bag"]
    days = list(range(net.shape[1]))
    subtitle = f"{dot(NET)} together: median, 50%, 90%  {dot(BAG)} bag alone, 90%"
    texts = [money(float(net[row, -1]), signed=True) for row in (LOW, MIDDLE, HIGH)]
    fig = figure(title, height=340, subtitle=subtitle, right=width_of(texts))
    zero_line(fig)
    for low, high, opacity in ((LOW, HIGH, 0.16), (LOWER, UPPER, 0.26)):
        fig.add_scatter(
            x=days + days[::-1],
            y=[*net[low], *net[high][::-1]],
            fill="toself",
            fillcolor=NET_BAND.format(opacity),
            line={"width": 0},
            mode="lines",
            hoverinfo="skip",
            name="range",
        )
    for row in (LOW, HIGH):
        fig.add_scatter(
            x=days,
            y=bag[row],
            mode="lines",
            line={"color": BAG, "width": 2, "dash": "dash"},
            hoverinfo="skip",
            name="bag",
        )
    fig.add_scatter(
        x=days,
        y=net[MIDDLE],
        mode="lines",
        line={"color": NET, "width": 3},
        name="together",
        customdata=[
            f"After {days_text(day)} bag and hedge together stand, on 90% of the paths,<br>between "
            f"{signed_usd(float(net[LOW, day]))} and {signed_usd(float(net[HIGH, day]))}."
            for day in days
        ],
        hovertemplate="%{customdata}<extra></extra>",
    )
    every = [float(value) for value in (*bag[LOW], *bag[HIGH], *net[LOW], *net[HIGH])]
    low, high = bounds(every)
    ends = spread([float(net[row, -1]) for row in (LOW, MIDDLE, HIGH)], (high - low) * 0.07, low=low, high=high)
    for text, y in zip(texts, ends, strict=True):
        fig.add_annotation(x=1, xref="paper", y=y, text=text, showarrow=False, xanchor="left", xshift=4)
    fig.update_yaxes(money_axis(low, high))
    fig.update_xaxes(_days_axis(days[-1], "Days from now"))
    return fig


def _days_axis(last: int, title: str) -> dict[str, object]:
    return {**axis(), "range": [0, max(last, 1)], "dtick": max(1, round(last / 5)), "title": {"text": title}}


def outcomes(bag: Floats, net: Floats, *, worst: tuple[float, float], title: str) -> go.Figure:
    """Two histograms on one axis: where paths end without the hedge, above, and with it, below.

    `worst` are the mean results of the worst 5%, without and with the hedge.
    """
    fig = figure(title, height=380)
    # Half a percent on each side is left out of the picture, so that one odd path does not squeeze the rest.
    low, high = (float(np.quantile(np.concatenate((bag, net)), q)) for q in (0.0025, 0.9975))
    edges = np.linspace(low, high, BINS + 1) if high > low else np.array([low - 1.0, low + 1.0])
    centres = (edges[1:] + edges[:-1]) / 2.0
    rows = (("without the hedge", bag, BAG, "y"), ("with the hedge", net, NET, "y2"))
    shares = [np.histogram(values, edges)[0] / len(values) for _, values, _, _ in rows]
    highest = 1.45 * max(float(share.max()) for share in shares)
    for (name, _, colour, place), share, tail in zip(rows, shares, worst, strict=True):
        fig.add_bar(
            x=centres,
            y=share,
            yaxis=place,
            name=name,
            marker={"color": colour, "line": {"width": 0}},
            customdata=[
                f"With {100 * part:.1f}% you end, {name},<br>between {signed_usd(float(left))} and "
                f"{signed_usd(float(right))}."
                for part, left, right in zip(share, edges, edges[1:], strict=False)
            ],
            hovertemplate="%{customdata}<extra></extra>",
        )
        for x, look, top in ((tail, {"color": DANGER, "width": 2.5}, 0.35), (0.0, {"color": GREY, "width": 1.5}, 0.8)):
            fig.add_shape(type="line", x0=x, x1=x, yref=f"{place} domain", y0=0, y1=top, line=look)
        text = f"{dot(colour)} {name[0].upper()}{name[1:]}: worst 5% <b>{money(tail, signed=True)}</b>"
        annotate(fig, [{"x": 0, "xref": "paper", "xanchor": "left", "y": highest, "yref": place, "text": text}])
    axis_of_shares = {"visible": False, "range": [0, highest * 1.05], "fixedrange": True}
    axis_of_shares |= {"tickvals": [0], "ticktext": ["0%"]}
    fig.update_layout(
        bargap=0.06,
        xaxis={**money_axis(low, high), "anchor": "y2"},
        yaxis={**axis_of_shares, "domain": [0.53, 1.0]},
        yaxis2={**axis_of_shares, "domain": [0.0, 0.47]},
    )
    return fig


def cash_needed(cash: Floats, *, collateral: float | None, title: str) -> go.Figure:
    """The collateral that the shorts have asked for by each day, on half, three quarters and 95% of the paths."""
    days = list(range(cash.shape[1]))
    shown = ((MIDDLE, "half", GREY, "dot"), (UPPER, "75%", HEDGE_LIGHT, "dash"), (HIGH, "95%", DANGER, "solid"))
    texts = [f"{name} {money(float(cash[row, -1]))}" for row, name, *_ in shown]
    mine = f"{dot(NET)} yours: {money(collateral)}" if collateral is not None else ""
    fig = figure(title, height=300, subtitle=mine, right=width_of(texts) + 14)
    for row, name, colour, dash in shown:
        fig.add_scatter(
            x=days,
            y=cash[row],
            mode="lines",
            line={"color": colour, "width": 2.5, "dash": dash},
            name=name,
            customdata=[
                f"By day {day} {usd(float(cash[row, day]))} of collateral<br>"
                f"{'was' if day else 'is'} enough on {name} of the paths."
                for day in days
            ],
            hovertemplate="%{customdata}<extra></extra>",
        )
    low, high = bounds([float(cash[HIGH, -1]), collateral or 0.0])
    ends = spread([float(cash[row, -1]) for row, *_ in shown], (high - low) * 0.08, low=low, high=high)
    for text, (_, _, colour, _), y in zip(texts, shown, ends, strict=True):
        label = f"{dot(colour)} {text}"
        fig.add_annotation(x=1, xref="paper", y=y, text=label, showarrow=False, xanchor="left", xshift=4)
    if collateral is not None:
        line_across(fig, y=collateral, color=NET, width=2)
    fig.update_yaxes(money_axis(low, high))
    fig.update_xaxes(_days_axis(days[-1], "Days from now"))
    return fig


class Outcome(Protocol):
    """What a chart of results needs to know of one way: its label and the distribution of its results."""

    @property
    def label(self) -> str:
        """The name shown to readers."""

    @property
    def end(self) -> Distribution:
        """Profit and loss at the horizon."""


def policies(rows: Sequence[Outcome], *, title: str) -> go.Figure:
    """Each way's results: 90% and 50% of the paths, the median, and the mean of the worst 5%."""
    subtitle = f"{dot(HEDGE_LIGHT)} median, 50% and 90%  {dot(DANGER)} mean of the worst 5%"
    fig = figure(title, height=96 + ROW * len(rows), subtitle=subtitle, right=16)
    places = list(range(len(rows)))
    zero_line(fig, vertical=True)
    for place, row in zip(places, rows, strict=True):
        colour = HEDGE_LIGHT if row.label.startswith(("Hedge", "Short")) else GREY
        for low, high, width in ((LOW, HIGH, 3), (LOWER, UPPER, 9)):
            fig.add_scatter(
                x=[row.end.quantiles[low], row.end.quantiles[high]],
                y=[place, place],
                mode="lines",
                line={"color": colour, "width": width},
                hoverinfo="skip",
                name="range",
            )
        fig.add_annotation(
            x=0,
            xref="paper",
            xanchor="left",
            y=place - 0.42,
            text=chart_text(row.label),
            showarrow=False,
            font={"size": 13},
        )
    for name, colour, symbol, values, sentence in (
        ("median", "#FFFFFF", "circle", [row.end.median for row in rows], "ends in the middle at"),
        ("worst", DANGER, "diamond", [-row.end.expected_shortfall.value for row in rows], "ends in the worst 5% at"),
    ):
        fig.add_scatter(
            x=values,
            y=places,
            mode="markers",
            name=name,
            marker={"color": colour, "size": 10, "symbol": symbol, "line": {"width": 2, "color": GREY}},
            customdata=[
                f"{chart_text(row.label)} {sentence} {signed_usd(value)}."
                for row, value in zip(rows, values, strict=True)
            ],
            hovertemplate="%{customdata}<extra></extra>",
        )
    every = [v for row in rows for v in (*row.end.quantiles, -row.end.expected_shortfall.value)]
    fig.update_xaxes(money_axis(*bounds(every)))
    fig.update_yaxes(visible=False, range=[len(rows) - 0.6, -0.75])
    return fig


def story(told: Story, *, title: str) -> go.Figure:
    """What each policy is worth along one path told by hand, in USD from the start."""
    colours = {"Hold": BAG, "Hedge, left alone": NET, "Stop": DANGER}
    shown = [
        (label, column, next(colour for name, colour in colours.items() if label.startswith(name)))
        for column, label in enumerate(told.labels)
        if any(label.startswith(name) for name in colours)
    ]
    results = told.worth - told.worth[0, 0]
    ends = [
        f"{dot(colour)} {_short(label)} {money(float(results[-1, column]), signed=True)}"
        for label, column, colour in shown
    ]
    fig = figure(title, height=230, subtitle="  ".join(ends))
    zero_line(fig)
    days = list(range(len(results)))
    for label, column, colour in shown:
        fig.add_scatter(
            x=days,
            y=results[:, column],
            mode="lines",
            name=label,
            line={"color": colour, "width": 3 if colour == NET else 2},
            customdata=[
                f"After {days_text(day)} '{chart_text(label)}' stands at {signed_usd(float(results[day, column]))}."
                for day in days
            ],
            hovertemplate="%{customdata}<extra></extra>",
        )
    low, high = bounds([float(v) for v in results.ravel()])
    fig.update_yaxes(money_axis(low, high, count=4))
    fig.update_xaxes(
        {**axis(), "range": [0, max(days[-1], 1)], "dtick": max(1, round(days[-1] / 5)), "title": {"text": "Days"}}
    )
    return fig


def _short(label: str) -> str:
    return "Stop" if label.startswith("Stop") else label.partition(",")[0]


def frontier(found: Frontier, *, title: str) -> go.Figure:
    """Risk left and gain given up at each hedge ratio that the collateral opens; the plan's own is marked."""
    here = found.points[found.chosen]
    points = [point for point in found.points if point.is_funded is not False or point is here]
    x = [point.ratio for point in points]
    series = (
        ("lost in the worst 5%", [point.risk.value for point in points], DANGER, "solid"),
        ("given up where the bag gains", [point.given_up for point in points], BAG, "dash"),
    )
    subtitle = "  ".join(f"{dot(colour)} {name}" for name, _, colour, _ in series)
    fig = figure(title, height=360, subtitle=subtitle, right=16)
    line_across(fig, x=here.ratio, color=GREY, width=1, dash="dash")
    for name, ys, colour, dash in series:
        fig.add_scatter(
            x=x,
            y=ys,
            mode="lines+markers",
            name=name,
            line={"color": colour, "width": 2.5, "dash": dash},
            marker={
                "color": colour,
                "size": [13 if point is here else 7 for point in points],
            },
            customdata=[_at(point) for point in points],
            hovertemplate="%{customdata}<extra></extra>",
        )
    low, high = bounds([y for _, ys, *_ in series for y in ys])
    fig.add_annotation(
        x=here.ratio, y=1, yref="paper", yanchor="bottom", text=f"yours: {here.ratio:.0%}", showarrow=False
    )
    if low < 0:
        zero_line(fig)
    fig.update_layout(margin={"t": fig.layout.margin.t + 18}, height=fig.layout.height + 18)
    fig.update_yaxes(money_axis(low, high))
    fig.update_xaxes(percent_axis(min(x) - 0.03, max(x) + 0.03, count=6, signed=False), title_text="Hedge ratio")
    return fig


def _at(point: FrontierPoint) -> str:
    text = (
        f"At a hedge ratio of {point.ratio:.0%} the worst 5% lose {compact(point.risk.value, digits=3)}<br>"
        f"on average, and {compact(point.given_up, digits=3)} of the gain is given up"
    )
    if point.is_funded is False:
        return f"{text};<br>your collateral does not open it."
    if point.closed is not None:
        return f"{text};<br>the short is closed out on {100 * point.closed.value:.1f}% of the paths."
    return f"{text}."
