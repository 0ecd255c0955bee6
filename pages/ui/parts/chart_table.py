"""The data of a chart as a table, for who cannot see the chart or wants its numbers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go

MOST_ROWS = 2_000


def table_of(figure: go.Figure) -> pd.DataFrame:
    """One row for each point: the series, where it lies and its value, under the titles of the axes.

    At most MOST_ROWS rows. A heat map gives a row for each cell, a treemap one for each tile.
    """
    across = figure.layout.xaxis.title.text or "Across"
    upward = figure.layout.yaxis.title.text or "Up"
    if across == upward:
        upward = f"{upward} (up)"
    rows: list[tuple[str, object, object, object]] = []
    for number, trace in enumerate(figure.data, start=1):
        rows += ((trace.name or f"Series {number}", *point) for point in _points(trace))
    frame = pd.DataFrame(rows[:MOST_ROWS], columns=["Series", across, upward, "Value"])
    if frame["Series"].nunique() <= 1:
        frame = frame.drop(columns="Series")
    return frame.drop(columns=[name for name in frame.columns if frame[name].isna().all()]).map(_shown)


def _points(trace: Any) -> Iterator[tuple[object, object, object]]:
    kind = trace.type
    if kind == "treemap":
        yield from (
            (label, None, value) for label, value in zip(_list(trace, "labels"), _list(trace, "values"), strict=True)
        )
    elif kind == "heatmap":
        names = trace.meta
        for up, line in zip(names["upward"], trace.z, strict=True):
            yield from ((across, up, value) for across, value in zip(names["across"], line, strict=True))
    elif getattr(trace, "mode", None) != "text":  # the texts in the cells of a heat map are its values once more
        yield from ((across, up, None) for across, up in zip(_list(trace, "x"), _list(trace, "y"), strict=False))


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
