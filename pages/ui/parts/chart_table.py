"""The data of a chart as a table, for who cannot see the chart or wants its numbers."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from hedge_core.text import short_percent, signed_usd

MOST_ROWS = 2_000

UNITS: dict[str, tuple[str, Callable[[float], str]]] = {"$": ("Dollars", signed_usd), "%": ("Percent", short_percent)}
"""The name of each unit of an axis, and how its values are written."""


def table_of(figure: go.Figure) -> pd.DataFrame:
    """One row for each point: the series, where it lies and its value, under the titles of the axes.

    Where the ticks of an axis are dollars or percentages, so are its values. At most MOST_ROWS rows. A heat
    map gives a row for each cell.
    """
    of_x, of_y = _unit(figure.layout.xaxis), _unit(figure.layout.yaxis)
    across = figure.layout.xaxis.title.text or UNITS.get(of_x, ("Across",))[0]
    upward = figure.layout.yaxis.title.text or UNITS.get(of_y, ("Up",))[0]
    if across == upward:
        upward = f"{upward} (up)"
    rows: list[tuple[str, object, object, object]] = []
    for number, trace in enumerate(figure.data, start=1):
        name = trace.name or f"Series {number}"
        rows += ((name, _written(at, of_x), _written(up, of_y), value) for at, up, value in _points(trace))
    frame = pd.DataFrame(rows[:MOST_ROWS], columns=["Series", across, upward, "Value"])
    if frame["Series"].nunique() <= 1:
        frame = frame.drop(columns="Series")
    return frame.drop(columns=[name for name in frame.columns if frame[name].isna().all()]).map(_shown)


def _unit(axis: Any) -> str:
    """What the ticks of an axis are: "$", "%" or ""."""
    ticks = " ".join(str(text) for text in axis.ticktext or ())
    return next((sign for sign in UNITS if sign in ticks), "")


def _written(value: object, unit: str) -> object:
    """A value of an axis in its unit; anything but a number as it is."""
    is_number = isinstance(value, (int, float, np.number)) and not isinstance(value, bool)
    return UNITS[unit][1](float(value)) if unit and is_number and np.isfinite(value) else value


def _points(trace: Any) -> Iterator[tuple[object, object, object]]:
    kind = trace.type
    if kind == "heatmap":
        names = trace.meta
        for up, line in zip(names["upward"], trace.z, strict=True):
            yield from ((across, up, value) for across, value in zip(names["across"], line, strict=True))
    elif getattr(trace, "mode", None) != "text":  # the texts in the cells of a heat map are its values once more
        points = zip(_list(trace, "x"), _list(trace, "y"), strict=False)
        yield from ((across, up, None) for across, up in points if up is not None)


def _list(trace: Any, name: str) -> Sequence[object]:
    values = getattr(trace, name, None)
    return [] if values is None else list(values)


def _shown(value: object) -> str:
    """A number with four digits that count, a day as a day."""
    if value is None or (isinstance(value, float) and np.isnan(value)):
        return ""
    if isinstance(value, (int, float, np.number)) and not isinstance(value, bool):
        number = float(value)
        return f"{number:,.0f}" if abs(number) >= 1_000 else f"{number:.4g}"
    if isinstance(value, (np.datetime64, pd.Timestamp)):
        return str(np.datetime64(value, "D"))
    return str(value)
