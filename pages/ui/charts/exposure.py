"""Charts of exposure: the regression, how stable it was, correlations."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import plotly.graph_objects as go

from hedge_core import BetaEstimate
from hedge_core.exposure.proxies import GOOD_CORRELATION
from hedge_core.market.snapshot import Days, Floats
from hedge_core.text import chart_text, two_decimals
from pages.ui.charts.look import (
    BAG,
    DANGER,
    GREY,
    HEDGE_LIGHT,
    LINE,
    NET,
    annotate,
    axis,
    bounds,
    cells,
    figure,
    percent_axis,
    say_nothing_to_show,
    ticks,
    veil,
    width_of,
    zero_line,
)
from pages.ui.parts.format import percent

BAND = "rgba(43, 143, 208, 0.16)"
"""The hedge colour, faint: an interval around a line of that colour."""


def regression_scatter(
    *, coin: str, proxy: str, coin_returns: Floats, proxy_returns: Floats, estimate: BetaEstimate
) -> go.Figure:
    """Daily returns of the coin against the proxy's, the line whose slope is beta, and the band of the beta to come."""
    label = f"beta {estimate.beta:.2f}"
    fig = figure(f"{coin} against {proxy}, day by day", height=340, right=width_of([label]))
    both = ~(np.isnan(coin_returns) | np.isnan(proxy_returns))
    x, y = proxy_returns[both], coin_returns[both]
    if not x.size:
        return say_nothing_to_show(fig, "No day on which both have a price.")
    fig.add_scatter(
        x=x,
        y=y,
        name="Days",
        mode="markers",
        marker={"color": BAG, "size": 6, "opacity": 0.6},
        hovertemplate=f"{chart_text(proxy)} moved %{{x:+.1%}} and {chart_text(coin)} %{{y:+.1%}}.<extra></extra>",
    )
    ends = np.array([x.min(), x.max()])
    line = (estimate.alpha or 0.0) + estimate.beta * ends
    _add_band(fig, ends, estimate)
    fig.add_scatter(x=ends, y=line, name=label, mode="lines", line={"color": HEDGE_LIGHT, "width": 3}, hoverinfo="skip")
    fig.add_annotation(x=ends[1], y=line[1], text=f"<b>{label}</b>", showarrow=False, xanchor="left", xshift=4)
    zero_line(fig)
    zero_line(fig, vertical=True)
    air = 0.03 * float(ends[1] - ends[0])
    fig.update_xaxes(
        percent_axis(float(ends[0]) - air, float(ends[1]) + air), title_text=f"{chart_text(proxy)} in a day"
    )
    low, high = bounds([float(y.min()), float(y.max()), *line.tolist()])
    fig.update_yaxes(percent_axis(low, high))
    return fig


def _add_band(fig: go.Figure, ends: Floats, estimate: BetaEstimate) -> None:
    """Where the line may lie: the beta to come where it is calibrated, else the textbook's interval."""
    interval = estimate.interval_to_come or estimate.textbook_interval
    if interval is None:
        return
    x = np.array([ends[0], 0.0, ends[1]])
    low, high = (np.minimum(interval[0] * x, interval[1] * x), np.maximum(interval[0] * x, interval[1] * x))
    fig.add_scatter(
        x=np.concatenate([x, x[::-1]]),
        y=np.concatenate([low, high[::-1]]) + (estimate.alpha or 0.0),
        fill="toself",
        fillcolor=BAND,
        line={"width": 0},
        mode="lines",
        name="band",
        hoverinfo="skip",
    )


class _Rolling(NamedTuple):
    """One panel of the rolling chart: a measure by day, on its own axis, under a title at the height `top`."""

    measure: str
    title: str
    values: Floats
    axis: str
    colour: str
    top: float


def rolling_exposure(
    *,
    coin: str,
    proxy: str,
    days: Days,
    betas: Floats,
    correlations: Floats,
    window: int,
    interval: tuple[float, float] | None = None,
) -> go.Figure:
    """Rolling beta above with the interval of the beta to come, rolling correlation with its 0.7 line below."""
    fig = figure(f"{coin} to {proxy}, over the {window} days before", height=360, right=40)
    known = ~(np.isnan(betas) | np.isnan(correlations))
    if not known.any():
        return say_nothing_to_show(fig, "Too little history for a rolling view.")
    dates = days[known].astype("datetime64[D]").astype(str)
    betas, correlations = betas[known], correlations[known]
    shaded = ", shaded: where the next is expected" if interval else ""
    good = f"Correlation ({GOOD_CORRELATION} and above is good)"
    _add_rolling(fig, dates, _Rolling("beta", f"Beta{shaded}", betas, "y", HEDGE_LIGHT, 1.0))
    _add_rolling(fig, dates, _Rolling("correlation", good, correlations, "y2", NET, 0.42))
    across = {"xref": "paper", "x0": 0, "x1": 1}
    dashed = {"color": GREY, "width": 1.5, "dash": "dash"}
    fig.add_shape(type="line", yref="y2", y0=GOOD_CORRELATION, y1=GOOD_CORRELATION, line=dashed, **across)
    if interval is not None:
        band = {"fillcolor": BAND, "line": {"width": 0}, "layer": "below"}
        fig.add_shape(type="rect", yref="y", y0=interval[0], y1=interval[1], **band, **across)
    fig.update_layout(
        margin={"t": fig.layout.margin.t + LINE},
        xaxis={"anchor": "y2", "nticks": 5, "tickformat": "%b<br>%Y"},
        yaxis=_beta_axis([float(betas.min()), float(betas.max()), *(interval or ())]),
        yaxis2=_correlation_axis(float(correlations.min())),
    )
    return fig


def _add_rolling(fig: go.Figure, dates: npt.NDArray[np.str_], panel: _Rolling) -> None:
    """The line of a panel, its title above it and its last value at its end."""
    last = float(panel.values[-1])
    fig.add_scatter(
        x=dates,
        y=panel.values,
        yaxis=panel.axis,
        name=panel.title,
        mode="lines",
        line={"color": panel.colour, "width": 2},
        hovertemplate=f"On %{{x|%d %b %Y}} the {panel.measure} was %{{y:.2f}}.<extra></extra>",
    )
    end = {"x": 1, "xref": "paper", "xanchor": "left", "xshift": 4, "y": last, "yref": panel.axis}
    above = {"x": 0, "xref": "paper", "xanchor": "left", "y": panel.top, "yref": "paper", "yanchor": "bottom"}
    annotate(fig, [{**end, "text": f"<b>{last:.2f}</b>"}, {**above, "text": panel.title}])


def _beta_axis(shown: Sequence[float]) -> dict[str, object]:
    """The upper axis, which holds the betas shown with some air around them."""
    air = 0.08 * ((max(shown) - min(shown)) or 1.0)
    low, high = min(shown) - air, max(shown) + air
    values = ticks(low, high, count=4)
    return {
        "domain": [0.58, 1.0],
        "range": [low, high],
        "tickvals": values,
        "ticktext": [two_decimals(value) for value in values],
    }


def _correlation_axis(lowest: float) -> dict[str, object]:
    """The lower axis, which ends at 1 and begins at 0, or below if the `lowest` correlation is negative."""
    floor = min(0.0, float(np.floor(lowest * 10) / 10))
    return {
        **axis(),
        "domain": [0.0, 0.42],
        "range": [floor, 1.04],
        "tickvals": [*([floor] if floor < 0 else []), 0.0, 0.4, GOOD_CORRELATION, 1.0],
        "anchor": "x",
    }


def correlation_heatmap(*, coins: Sequence[str], matrix: Floats) -> go.Figure:
    """Correlation of each pair of coins, with its number; names stand level, on up to three lines in turn."""
    rows = 1 if len(coins) <= 6 else 2 if len(coins) <= 10 else 3
    at = list(range(len(coins)))
    names = [chart_text(coin if len(coin) <= 7 else f"{coin[:6]}…") for coin in coins]
    fig = figure("Correlation of daily returns", height=76 + LINE * rows + (36 if rows == 1 else 28) * len(coins))
    cells(
        fig,
        matrix,
        [[_correlation_text(value) for value in row] for row in matrix],
        across=[chart_text(coin) for coin in coins],
        upward=[chart_text(coin) for coin in coins],
        size=12 if rows < 3 else 10,
        zmin=-1,
        zmax=1,
        colorscale=[
            [0.0, veil(DANGER, 1)],
            [0.5, veil(DANGER, 0)],
            [0.5, veil(HEDGE_LIGHT, 0)],
            [0.75, veil(HEDGE_LIGHT, 0.25)],
            [0.85, veil(HEDGE_LIGHT, 0.6)],
            [1.0, veil(HEDGE_LIGHT, 1)],
        ],
        customdata=[
            [
                f"{chart_text(row)} and {chart_text(column)} {_correlation_words(matrix[i, j])}."
                for j, column in enumerate(coins)
            ]
            for i, row in enumerate(coins)
        ],
        hovertemplate="%{customdata}<extra></extra>",
        xgap=1,
        ygap=1,
    )
    stacked = ["<br>" * (number % rows) + name for number, name in enumerate(names)]
    edges = [-0.5, len(coins) - 0.5]
    fig.update_xaxes(tickvals=at, ticktext=stacked, range=edges, showgrid=False)
    fig.update_yaxes(tickvals=at, ticktext=names, range=edges[::-1], showgrid=False)
    return fig


def _correlation_words(value: float) -> str:
    return "share too few days" if np.isnan(value) else f"have a correlation of {two_decimals(value)}"


def _correlation_text(value: float) -> str:
    if np.isnan(value):
        return ""
    text = two_decimals(value)
    return "1" if text == "1.00" else text.replace("0.", ".", 1)


def regression_reading(estimate: BetaEstimate) -> str:
    """Beta, how sure the next one is, and what it leaves unexplained."""
    coin, proxy = estimate.coin, estimate.proxy
    verb = "risen" if estimate.beta >= 0 else "fallen"
    text = f"On days when {proxy} rose 1%, {coin} has {verb} {abs(estimate.beta):.2f}% on average"
    if estimate.is_shrunk:
        text = f"{coin} is young: its beta of {two_decimals(estimate.beta)} to {proxy} leans on those of other coins"
    if estimate.interval_to_come is not None:
        low, high = (two_decimals(bound) for bound in estimate.interval_to_come)
        text += (
            f" ({estimate.observations:,} days). The beta of the next 90 days lies between {low} and {high} with 95%, "
            "judged by how far past estimates missed"
        )
    elif estimate.textbook_interval is not None:
        low, high = (two_decimals(bound) for bound in estimate.textbook_interval)
        text += (
            f" (between {low} and {high} in these {estimate.observations:,} days; the next beta may well lie outside)"
        )
    if estimate.r_squared is None:
        return f"{text}."
    return (
        f"{text}. {proxy} accounts for {percent(estimate.r_squared)} of {coin}'s ups and downs; the other "
        f"{percent(1.0 - estimate.r_squared)} are its own and stay with you."
    )


def rolling_reading(betas: Floats, correlations: Floats) -> str:
    """How far beta and correlation wandered."""
    known, rho = betas[~np.isnan(betas)], correlations[~np.isnan(correlations)]
    if not known.size or not rho.size:
        return "Too little history for a rolling view."
    low, high, now = map(two_decimals, (known.min(), known.max(), known[-1]))
    good = float((rho >= GOOD_CORRELATION).mean())
    return (
        f"Beta wandered between {low} and {high} and is {now} now. Correlation was {GOOD_CORRELATION} or better on "
        f"{percent(good)} of the days and is {two_decimals(rho[-1])} now."
    )


def correlation_reading(coins: Sequence[str], matrix: Floats) -> str:
    """The tightest and the loosest pair."""
    pairs = [
        (float(matrix[i, j]), coins[j], coins[i])
        for i in range(len(coins))
        for j in range(i)
        if not np.isnan(matrix[i, j])
    ]
    if not pairs:
        return "Too little common history for correlations."
    low, high = (find(pairs, key=lambda pair: pair[0]) for find in (min, max))
    text = f"{high[1]} and {high[2]} move together most closely ({two_decimals(high[0])})"
    if len(pairs) > 1:
        text += f", {low[1]} and {low[2]} the least ({two_decimals(low[0])})"
    return (
        f"{text}; 1 is in step, 0 is unrelated. The less a coin moves with what you short, the more of its risk stays."
    )
