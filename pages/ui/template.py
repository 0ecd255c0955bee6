"""The look that all charts share: colour roles, margins, axes, and how money is labelled."""

from __future__ import annotations

import math
from itertools import pairwise

import plotly.graph_objects as go

BAG, HEDGE, NET, DANGER, GREY = "#E69F00", "#0072B2", "#009E73", "#D55E00", "#7A828C"
HEDGE_LIGHT = "#2B8FD0"
"""The hedge colour for text and lines: readable on light and on dark."""


def figure(title: str, *, height: int = 380) -> go.Figure:
    """An empty figure in the common look."""
    return go.Figure(
        layout={
            "title": {"text": title, "x": 0, "xanchor": "left", "font": {"size": 15}},
            "height": height,
            "margin": {"l": 8, "r": 12, "t": 48, "b": 8},
            "paper_bgcolor": "rgba(0,0,0,0)",
            "plot_bgcolor": "rgba(0,0,0,0)",
            "showlegend": False,
            "hoverlabel": {"align": "left"},
            "xaxis": {"automargin": True, "zeroline": False},
            "yaxis": {"automargin": True, "zeroline": False},
        }
    )


def money(amount: float, *, signed: bool = False) -> str:
    """$1,234, or $12.3k and $1.2M where space is short; the sign in front."""
    size = abs(amount)
    text = f"${size / 1e6:,.2f}M" if size >= 1e6 else f"${size / 1e3:,.1f}k" if size >= 1e5 else f"${size:,.0f}"
    if text == "$0":
        return text
    return f"−{text}" if amount < 0 else f"+{text}" if signed else text


def percent(fraction: float) -> str:
    """+15% or −8.3%."""
    digits = 0 if math.isclose(fraction * 100, round(fraction * 100), abs_tol=1e-9) else 1
    return f"{fraction * 100:+.{digits}f}%".replace("-", "−").replace("+0%", "0%")


def spread(values: list[float], gap: float) -> list[float]:
    """The values moved apart, so that neighbours are at least `gap` from each other, order kept."""
    order = sorted(range(len(values)), key=values.__getitem__)
    placed = list(values)
    for below, above in pairwise(order):
        placed[above] = max(placed[above], placed[below] + gap)
    shift = sum(values) / len(values) - sum(placed) / len(placed)
    return [value + shift for value in placed]
