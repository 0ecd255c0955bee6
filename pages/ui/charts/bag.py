"""Charts of the bag: what is held, and what a fall of it costs."""

from __future__ import annotations

from collections.abc import Sequence

import plotly.graph_objects as go

from hedge_core import HedgeAssessment
from hedge_core.hedge.held_coins import HeldCoin
from hedge_core.text import chart_text, listed
from pages.ui.charts.look import (
    BAG,
    DANGER,
    INK,
    NET,
    add_values,
    bounds,
    dot,
    figure,
    money,
    money_axis,
    say_nothing_to_show,
    short_percent,
    width_of,
    zero_line,
)
from pages.ui.parts.format import percent, usd

STATUS_COLOURS = {"hedged": BAG, "speculative": "#CC79A7", "stablecoin": "#B4BBC3", "unhedgeable": DANGER}
STATUS_NAMES = {
    "hedged": "hedged",
    "speculative": "stop-loss",
    "stablecoin": "stablecoin",
    "unhedgeable": "not hedged",
}
MOST_TILES = 14
"""Tiles of the treemap; what is left over is gathered by how it is treated."""
FULL_TILE = 0.045
"""The share of the bag from which on a tile shows its value; below, its name alone."""


def bag_treemap(assessment: HedgeAssessment) -> go.Figure:
    """Holdings as tiles by value, coloured by how they are treated; the smallest of a large bag in one tile."""
    held_coins = sorted((p for p in assessment.held_coins if p.value > 0), key=lambda p: -p.value)
    total = sum(held.value for held in held_coins)
    statuses = [status for status in STATUS_NAMES if any(p.status == status for p in held_coins)]
    subtitle = "  ".join(f"{dot(STATUS_COLOURS[status])} {STATUS_NAMES[status]}" for status in statuses)
    fig = figure("The bag by value", height=340, subtitle=subtitle)
    if not held_coins:
        return say_nothing_to_show(fig, "The bag is empty.")
    tiles = _tiles(held_coins)
    shares = [value / total for _, value, _, _ in tiles]
    fig.add_trace(
        go.Treemap(
            ids=[str(number) for number in range(len(tiles))],
            labels=[chart_text(name) for name, *_ in tiles],
            parents=[""] * len(tiles),
            values=[value for _, value, _, _ in tiles],
            text=[f"{money(value)}<br>{share:.1%}" for (_, value, _, _), share in zip(tiles, shares, strict=True)],
            customdata=[
                f"{chart_text(names)}: {usd(value)}, {share:.1%} of the bag, {STATUS_NAMES[status]}."
                for (_, value, status, names), share in zip(tiles, shares, strict=True)
            ],
            texttemplate=[
                "<b>%{label}</b><br>%{text}" if share >= FULL_TILE else "<b>%{label}</b>" for share in shares
            ],
            textfont={"color": INK, "size": 13},
            marker={
                "colors": [STATUS_COLOURS[status] for _, _, status, _ in tiles],
                "line": {"width": 0},
                "pad": {"t": 0, "l": 0, "r": 0, "b": 0},
            },
            hovertemplate="%{customdata}<extra></extra>",
            tiling={"pad": 2},
            pathbar={"visible": False},
            root={"color": "rgba(0,0,0,0)"},
        )
    )
    fig.update_layout(uniformtext={"minsize": 10, "mode": "hide"})
    return fig


def _tiles(held_coins: Sequence[HeldCoin]) -> list[tuple[str, float, str, str]]:
    """Name, value, status and the coins of each tile, largest first."""
    kept = len(held_coins) if len(held_coins) <= MOST_TILES else MOST_TILES - 1
    tiles = [(p.holding.coin, p.value, str(p.status), p.holding.coin) for p in held_coins[:kept]]
    for status in STATUS_NAMES:
        rest = [p for p in held_coins[kept:] if p.status == status]
        if len(rest) == 1:
            tiles.append((rest[0].holding.coin, rest[0].value, status, rest[0].holding.coin))
        elif rest:
            names = ", ".join(p.holding.coin for p in rest[:8]) + (f" and {len(rest) - 8} more" if rest[8:] else "")
            tiles.append((f"{len(rest)} others", sum(p.value for p in rest), status, names))
    return tiles


def hedge_ratio_consequence(
    *, falls: Sequence[float], bag_losses: Sequence[float], net_losses: Sequence[float]
) -> go.Figure:
    """Profit or loss (negative) of the bag alone and with the hedge, for several falls of the bag."""
    names = [short_percent(-fall) for fall in falls]
    bars = (
        ("Bag alone", bag_losses, BAG, "", 10, ("the bag alone", "loses", "gains")),
        ("Bag and hedge", net_losses, NET, "/", -10, ("bag and hedge together", "lose", "gain")),
    )
    texts = [money(value, signed=True) for _, values, *_ in bars for value in values]
    fig = figure(
        "What a fall of your bag costs",
        height=90 + 58 * len(names),
        subtitle="  ".join(f"{dot(colour)} {name}" for name, _, colour, *_ in bars),
        right=width_of(texts),
    )
    for name, values, colour, pattern, shift, (subject, lose, gain) in bars:
        fig.add_bar(
            orientation="h",
            y=names,
            x=list(values),
            name=name,
            marker={"color": colour, "pattern": {"shape": pattern, "fillmode": "overlay", "size": 6, "solidity": 0.2}},
            customdata=[
                f"If your bag falls {fall:.0%}, {subject} {lose if value < 0 else gain} {usd(abs(value))}."
                for fall, value in zip(falls, values, strict=True)
            ],
            hovertemplate="%{customdata}<extra></extra>",
        )
        add_values(fig, names, [money(value, signed=True) for value in values], shift=shift)
    zero_line(fig, vertical=True)
    fig.update_layout(barmode="group", bargap=0.35, bargroupgap=0.05)
    fig.update_xaxes(money_axis(*bounds([*bag_losses, *net_losses]), count=4))
    fig.update_yaxes(autorange="reversed", type="category", showgrid=False)
    return fig


def treemap_reading(assessment: HedgeAssessment) -> str:
    """What share is hedged, what is not and why, and the largest holding."""
    total = assessment.bag_value
    if total <= 0:
        return "The bag is empty."
    largest = max(assessment.held_coins, key=lambda held: held.value)
    text = f"{percent(assessment.hedgeable_value / total)} of the bag is to be hedged"
    left_out = []
    for status, why in (
        ("speculative", "in trades with a stop-loss"),
        ("stablecoin", "in stablecoins"),
        ("unhedgeable", "has nothing to be hedged with"),
    ):
        value = sum(held.value for held in assessment.held_coins if held.status == status)
        if value > 0:
            left_out.append(f"{percent(value / total)} {'is ' if why.startswith('in ') else ''}{why}")
    if left_out:
        text += f"; {listed(left_out)}"
    if len(assessment.held_coins) == 1:
        return f"{text}. {largest.holding.coin} is all of it."
    return f"{text}. The largest holding, {largest.holding.coin}, is {percent(largest.value / total)} of it."
