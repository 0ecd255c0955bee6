"""Charts of evidence: hedges of the bag side by side, and how good the plan's was through time."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go

from hedge_core.history.backtest import NOISE, Comparison, TestedHedge
from hedge_core.market.snapshot import Days, Floats
from hedge_core.text import chart_text, listed
from pages.ui.charts.look import (
    GREY,
    HEDGE_LIGHT,
    NET,
    annotate,
    axis,
    bounds,
    dot,
    figure,
    percent_axis,
    say_nothing_to_show,
    spread,
    zero_line,
)
from pages.ui.parts.format import percent

ROW = 46
"""Pixels a row: a line of text above its dots."""


def hedge_comparison(hedges: Sequence[TestedHedge], *, chosen: str, title: str, is_graded: bool = True) -> go.Figure:
    """Each hedge's variance reduction with its interval, and its reduction on the worst days; the best on top."""
    known = sorted(
        ((h, h.effectiveness) for h in hedges if h.effectiveness is not None), key=lambda p: -p[1].variance_reduction
    )
    subtitle = f"{dot(HEDGE_LIGHT)} daily variance, 95% interval  {dot(NET)} worst days"
    fig = figure(title, height=96 + ROW * max(len(known), 2), subtitle=subtitle, right=16)
    if not known:
        return say_nothing_to_show(fig, "Unknown: the history is too short for a test.")
    places = list(range(len(known)))
    notes: list[dict[str, object]] = []
    for place, (hedge, result) in zip(places, known, strict=True):
        low, high = result.variance_interval
        colour = HEDGE_LIGHT if hedge.name == chosen else GREY
        fig.add_scatter(
            x=[low, high], y=[place, place], mode="lines", line={"color": colour, "width": 4}, hoverinfo="skip"
        )
        words = (
            f"{chart_text(hedge.label)}: {_whole(result.variance_reduction)}{f', {result.grade}' if is_graded else ''}"
        )
        text = f"<b>{words}</b>" if hedge.name == chosen else words
        notes.append(
            {"x": 0, "xref": "paper", "xanchor": "left", "y": place - 0.42, "text": text, "font": {"size": 13}}
        )
    annotate(fig, notes)
    for name, colours, symbol, value in (
        ("daily variance", [HEDGE_LIGHT if h.name == chosen else GREY for h, _ in known], "circle", "variance"),
        ("worst days", [NET] * len(known), "diamond-open", "tail"),
    ):
        reductions = [getattr(result, f"{value}_reduction") for _, result in known]
        fig.add_scatter(
            x=reductions,
            y=places,
            mode="markers",
            name=name,
            marker={"color": colours, "size": 11, "symbol": symbol, "line": {"width": 2}},
            customdata=[_hover(hedge, name, r) for (hedge, _), r in zip(known, reductions, strict=True)],
            hovertemplate="%{customdata}<extra></extra>",
        )
    lowest = min(min(r.variance_interval[0], r.tail_reduction) for _, r in known)
    fig.update_xaxes(percent_axis(min(0.0, lowest) - 0.02, 1.02, signed=False))
    fig.update_yaxes(visible=False, range=[len(known) - 0.6, -0.75])
    return fig


def _hover(hedge: TestedHedge, what: str, reduction: float) -> str:
    result, is_tail = hedge.effectiveness, what == "worst days"
    assert result is not None
    low, high = result.tail_interval if is_tail else result.variance_interval
    whole = "loss on the worst days" if is_tail else what
    return (
        f"{chart_text(hedge.label)} took out {_whole(reduction)} of the {whole},<br>"
        f"between {_whole(low)} and {_whole(high)} with 95%."
    )


def _whole(fraction: float) -> str:
    if 0.995 <= fraction < 1.0:
        return ">99%"
    return f"{fraction:.0%}".replace("-", "−")


def effectiveness_through_time(*, days: Days, series: Sequence[tuple[str, Floats]], window: int) -> go.Figure:
    """Variance reduction over the days before each day; the first of `series` is the plan's own hedge."""
    fig = figure(f"Share of variance taken out, over the {window} days before", height=300, right=46)
    shown = [(name, values) for name, values in series if not np.isnan(values).all()]
    if not shown:
        return say_nothing_to_show(fig, "Unknown: the history is too short for a test.")
    colours = [HEDGE_LIGHT, GREY]
    lines = [f"{dot(colour)} {chart_text(name)}" for (name, _), colour in zip(shown, colours, strict=False)]
    fig = figure(
        f"Share of variance taken out, over the {window} days before", height=300, subtitle="<br>".join(lines), right=46
    )
    first = min(int(np.flatnonzero(~np.isnan(values))[0]) for _, values in shown)
    dates = days[first:].astype("datetime64[D]").astype(str)
    for (name, values), colour in reversed(list(zip(shown, colours, strict=False))):
        fig.add_scatter(
            x=dates,
            y=values[first:],
            mode="lines",
            name=name,
            line={"color": colour, "width": 2.5 if colour == HEDGE_LIGHT else 1.5},
            hovertemplate=f"{chart_text(name)} took out %{{y:.0%}} in the days up to %{{x|%d %b %Y}}.<extra></extra>",
        )
    lasts = [float(values[~np.isnan(values)][-1]) for _, values in shown]
    low, high = bounds([float(np.nanmin(v)) for _, v in shown] + [float(np.nanmax(v)) for _, v in shown])
    high = max(high, 1.02)
    for last, at, colour in zip(lasts, spread(lasts, 0.09 * (high - low)), colours, strict=False):
        fig.add_annotation(
            x=1,
            xref="paper",
            xanchor="left",
            xshift=4,
            y=at,
            text=f"<b>{_whole(last)}</b>" if colour == HEDGE_LIGHT else _whole(last),
            showarrow=False,
        )
    if low < 0:
        zero_line(fig)
    fig.update_yaxes(percent_axis(low, high, signed=False))
    fig.update_xaxes({**axis(), "nticks": 5, "tickformat": "%b<br>%Y"})
    return fig


def approaches_reading(comparison: Comparison) -> str:
    """What the dots mean, and how often bag and hedge lost together."""
    result = comparison.effectiveness
    if result is None:
        return "Nothing can be compared before the history is longer than the window for betas and 90 days."
    text = (
        "Further right is better; 100% would leave no risk. Every 30 days the ratios were set anew from the days "
        f"before, at a hedge ratio of 100%. {_as_planned(comparison)}With this hedge, bag and short both lost on "
        f"{percent(result.both_lose_a_day)} of the days"
    )
    if result.both_lose_a_horizon is not None:
        text += f" and over {percent(result.both_lose_a_horizon)} of all spans of {result.horizon_days} days"
    text += "."
    if comparison.coins_missing:
        text += (
            f" {listed(comparison.coins_missing)} did not trade all the time; meanwhile the others had "
            f"{'its' if len(comparison.coins_missing) == 1 else 'their'} weight."
        )
    return text


def _as_planned(comparison: Comparison) -> str:
    if comparison.as_planned is None:
        return ""
    share = percent(comparison.as_planned.variance_reduction)
    return f"At your own hedge ratio and in whole contracts, {share} of the variance would have gone. "


def estimators_reading(comparison: Comparison) -> str:
    """The best and the worst of all hedges, and whether the difference means anything."""
    known = [(h, h.effectiveness.variance_reduction) for h in comparison.hedges if h.effectiveness is not None]
    if len(known) < 2:
        return "Nothing can be compared before the history is longer than the window for betas and 90 days."
    best, worst = (find(known, key=lambda pair: pair[1]) for find in (max, min))
    text = (
        f"On your bag '{best[0].label}' took out most ({percent(best[1])} of the daily variance) and "
        f"'{worst[0].label}' least ({percent(worst[1])})."
    )
    if best[1] - worst[1] < NOISE:
        return f"{text} That is no difference to speak of."
    return text


def through_time_reading(values: Floats) -> str:
    """When the hedge was at its worst, and how it is now."""
    known = values[~np.isnan(values)]
    if not known.size:
        return "How well the hedge would have done is unknown: the history is too short."
    return (
        f"At its worst this hedge took out {percent(float(known.min()))} of the variance of 90 days, at its best "
        f"{percent(float(known.max()))}; over the last 90 days {percent(float(known[-1]))}. In May 2021, "
        "April 2024 and October 2025 altcoins fell 2.5 to 4.5 times as far as Bitcoin: then even a good hedge loses."
    )
