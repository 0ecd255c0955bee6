"""Pictures to share: a chart on white under the plan's one sentence, with or without amounts.

Without amounts a chart is drawn from results per 100 USD of the bag, and every amount in its texts is then a percentage
of the bag. The visitor's own browser makes the PNG, by Plotly's own function: that needs no browser on the server, as
kaleido would, sends nothing anywhere, and draws with the fonts that the visitor sees.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from textwrap import wrap
from typing import Any

import plotly.graph_objects as go

from hedge_core import ScenarioResult
from hedge_core.scenarios.stress import StressResult
from hedge_core.text import chart_text
from pages.ui.charts.look import annotate

WIDTH, HEIGHT, SCALE = 960, 540, 2
"""Pixels of the picture before it is enlarged by SCALE."""

WHOLE = 100.0
"""The value of a bag whose amounts are percentages."""

INK, PAPER, PALE = "#1B232C", "#FFFFFF", "#55606B"
FONTS = "Segoe UI, Roboto, Helvetica Neue, Arial, sans-serif"
"""Fonts of the system: those of the page are not there when a browser turns the drawing into a PNG."""
LETTERS = 76
"""Letters on a line of the sentence."""

_AMOUNT = re.compile(r"\$([\d,.]*\d)([kMBT]?)")
_LETTERS = {"": 1.0, "k": 1e3, "M": 1e6, "B": 1e9, "T": 1e12}


def picture(drawn: go.Figure, *, sentence: str, note: str, hides_amounts: bool) -> go.Figure:
    """The chart as a picture to share; with `hides_amounts` it must have been drawn per WHOLE dollars of the bag."""
    fig = go.Figure(_in_percent(drawn.to_dict())) if hides_amounts else go.Figure(drawn)
    said = in_percent(sentence) if hides_amounts else sentence
    lines = [f"<b>{chart_text(line)}</b>" for line in wrap(said, LETTERS)]
    rest = fig.layout.title.text
    fig.update_layout(
        template="none",
        width=WIDTH,
        height=HEIGHT,
        paper_bgcolor=PAPER,
        plot_bgcolor=PAPER,
        font={"color": INK, "size": 14, "family": FONTS},
        title={
            "text": f'<span style="font-size:21px">{"<br>".join(lines)}</span><br>{rest}',
            "pad": {"t": 34 + 8 * len(lines), "l": 24},
        },
        margin={
            "t": fig.layout.margin.t + 34 * len(lines) + 12,
            "l": 24,
            "r": max(fig.layout.margin.r, 24) + 28,
            "b": 64,
        },
    )
    fig.update_xaxes(title_text="", gridcolor="#E6EAEE", tickfont={"color": PALE}, linecolor="rgba(0,0,0,0)")
    fig.update_yaxes(gridcolor="#E6EAEE", tickfont={"color": PALE}, linecolor="rgba(0,0,0,0)")
    share = "Amounts in percent of the bag. " if hides_amounts else ""
    foot = {"text": f"{share}{chart_text(note)}", "font": {"size": 12, "color": PALE}, "yshift": -34}
    annotate(fig, [{"x": 0, "xref": "paper", "xanchor": "left", "y": 0, "yref": "paper", "yanchor": "top", **foot}])
    return fig


def save_options(name: str) -> dict[str, Any]:
    """Settings of Plotly with one button, which saves the chart as a PNG of that name."""
    size = {"width": WIDTH, "height": HEIGHT, "scale": SCALE}
    return {
        "displayModeBar": True,
        "displaylogo": False,
        "modeBarButtons": [["toImage"]],
        "toImageButtonOptions": {"format": "png", "filename": name, **size},
    }


def per_whole(result: ScenarioResult, bag_value: float) -> ScenarioResult:
    """The result of a bag worth WHOLE dollars that is hedged alike."""
    share = WHOLE / bag_value
    return replace(
        result,
        bag_pnl=share * result.bag_pnl,
        hedge_pnl=share * result.hedge_pnl,
        options_pnl=share * result.options_pnl,
        unhedged_pnl=share * result.unhedged_pnl,
        net_after_costs=share * result.net_after_costs,
    )


def window_per_whole(result: StressResult, bag_value: float) -> StressResult:
    """The same for a past period."""
    share = WHOLE / bag_value
    return replace(result, bag_pnl=share * result.bag_pnl, hedge_pnl=share * result.hedge_pnl)


def in_percent(text: str) -> str:
    """The text with each amount of dollars, of WHOLE, as a percentage."""
    return _AMOUNT.sub(lambda found: f"{float(found[1].replace(',', '')) * _LETTERS[found[2]]:,.10g}%", text)


def _in_percent(part: Any) -> Any:
    """The same for every text in a figure."""
    if isinstance(part, str):
        return in_percent(part)
    if isinstance(part, Mapping):
        return {name: _in_percent(value) for name, value in part.items()}
    return [_in_percent(one) for one in part] if isinstance(part, (list, tuple)) else part
