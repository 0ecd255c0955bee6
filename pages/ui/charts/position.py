"""Charts of a running hedge: bag, hedge and both since it was opened; the signals of a coin."""

from __future__ import annotations

import numpy as np
import plotly.graph_objects as go

from hedge_core.monitoring.season import Season
from pages.ui.charts.look import (
    BAG,
    HEDGE_LIGHT,
    NET,
    axis,
    bounds,
    dot,
    figure,
    money,
    money_axis,
    say_nothing_to_show,
    zero_line,
)
from pages.ui.parts.format import signed_usd


def season(over: Season) -> go.Figure:
    """Change of the bag, result of the hedge and both together, day by day since the first fill."""
    known = np.flatnonzero(~np.isnan(over.bag))
    title = f"Since {over.days[0].item():%d %b %Y}"
    if len(known) < 2:
        return say_nothing_to_show(
            figure(title, height=280), "From tomorrow on this shows how bag and hedge have done."
        )
    series = (("bag", over.change, BAG, 2), ("hedge", over.hedge, HEDGE_LIGHT, 2), ("together", over.net, NET, 3.5))
    subtitle = "  ".join(
        f"{dot(colour)} {name} {money(float(values[known[-1]]), signed=True)}" for name, values, colour, _ in series
    )
    fig = figure(title, height=320, subtitle=subtitle)
    zero_line(fig)
    dates = over.days.astype("datetime64[D]").astype(str)
    for name, values, colour, width in series:
        fig.add_scatter(
            x=dates,
            y=values,
            mode="lines",
            name=name,
            line={"color": colour, "width": width},
            customdata=[
                f"On {day.item():%d %b %Y} the {name.replace('together', 'sum of both')} stood at "
                f"{signed_usd(float(value))}."
                if np.isfinite(value)
                else f"On {day.item():%d %b %Y} a price is missing."
                for day, value in zip(over.days, values, strict=True)
            ],
            hovertemplate="%{customdata}<extra></extra>",
        )
    fig.update_yaxes(money_axis(*bounds([float(v) for _, values, *_ in series for v in values if np.isfinite(v)])))
    fig.update_xaxes({**axis(), "nticks": 5, "tickformat": "%d %b<br>%Y"})
    return fig
