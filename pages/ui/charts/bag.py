"""Charts of the bag: what a fall of it costs."""

from __future__ import annotations

from collections.abc import Sequence

import plotly.graph_objects as go

from pages.ui.charts.look import (
    BAG,
    NET,
    add_values,
    bounds,
    dot,
    figure,
    money,
    money_axis,
    short_percent,
    width_of,
    zero_line,
)
from pages.ui.parts.format import usd


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
        height=74 + 48 * len(names),
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
