"""The chart of what can take the hedge away: one bar for each danger."""

from __future__ import annotations

from collections.abc import Sequence

import plotly.graph_objects as go

from hedge_core.scenarios.dangers import Danger, chance_text
from hedge_core.text import chart_text, money
from pages.ui.charts.look import DANGER, annotate, bounds, figure, money_axis, say_nothing_to_show


def dangers(found: Sequence[Danger], *, title: str) -> go.Figure:
    """What each danger costs (a minus is money lost), the most expensive on top, as given."""
    fig = figure(title, height=96 + 44 * max(len(found), 1), right=16)
    if not found:
        return say_nothing_to_show(fig, "Nothing is short.")
    places, results = list(range(len(found))), [-one.cost for one in found]
    fig.add_bar(
        x=results,
        y=places,
        width=0.3,
        orientation="h",
        marker={"color": DANGER},
        customdata=[
            f"{chart_text(one.title)}: {money(-one.cost, signed=True)}.<br>Chance: {chance_text(one.chance)}."
            for one in found
        ],
        hovertemplate="%{customdata}<extra></extra>",
    )
    annotate(
        fig,
        [
            {
                "x": 0,
                "xref": "paper",
                "xanchor": "left",
                "y": place - 0.36,
                "text": f"{chart_text(one.title)}: <b>{money(-one.cost, signed=True)}</b>",
                "font": {"size": 13},
            }
            for place, one in zip(places, found, strict=True)
        ],
    )
    fig.update_xaxes(money_axis(*bounds(results)))
    fig.update_yaxes(visible=False, range=[len(found) - 0.6, -0.75])
    return fig
