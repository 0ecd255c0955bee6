"""Charts of the bag: what a fall of its hedged coins costs."""

from __future__ import annotations

from collections.abc import Sequence

import plotly.graph_objects as go

from pages.ui.charts.look import (
    BAG,
    GREY,
    NET,
    across,
    axis,
    bounds,
    dot,
    figure,
    money,
    money_axis,
    short_percent,
    values_beside,
    width_of,
)
from pages.ui.parts.format import usd


def hedge_ratio_consequence(
    *, falls: Sequence[float], bag_losses: Sequence[float], net_losses: Sequence[float]
) -> go.Figure:
    """Profit or loss (negative) of the hedged coins, without and with the hedge, for several falls of them."""
    names = [short_percent(-fall) for fall in falls]
    bars = (
        ("Without the hedge", bag_losses, BAG, "", 10, "without the hedge"),
        ("With the hedge", net_losses, NET, "/", -10, "with the hedge"),
    )
    texts = [money(value, signed=True) for _, values, *_ in bars for value in values]
    right = width_of(texts)
    traces = [
        {
            "type": "bar",
            "orientation": "h",
            "y": names,
            "x": list(values),
            "name": name,
            "marker": {
                "color": colour,
                "pattern": {"shape": pattern, "fillmode": "overlay", "size": 6, "solidity": 0.2},
            },
            "customdata": [
                f"If the hedged coins fall {fall:.0%}, you {'lose' if value < 0 else 'gain'} {usd(abs(value))} {how}."
                for fall, value in zip(falls, values, strict=True)
            ],
            "hovertemplate": "%{customdata}<extra></extra>",
        }
        for name, values, colour, pattern, _, how in bars
    ]
    notes = [
        note
        for _, values, _, _, shift, _ in bars
        for note in values_beside(names, [money(value, signed=True) for value in values], right=right, shift=shift)
    ]
    return figure(
        "What a fall of the hedged coins costs",
        height=74 + 48 * len(names),
        subtitle="  ".join(f"{dot(colour)} {name}" for name, _, colour, *_ in bars),
        right=right,
        traces=traces,
        annotations=notes,
        shapes=[across(x=0.0, color=GREY, width=1.5)],
        barmode="group",
        bargap=0.35,
        bargroupgap=0.05,
        xaxis={**axis(), **money_axis(*bounds([*bag_losses, *net_losses]), count=4)},
        yaxis={**axis(), "autorange": "reversed", "type": "category", "showgrid": False},
    )
