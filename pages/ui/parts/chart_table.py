"""The data of a chart as a table, for who cannot see the chart or wants its numbers."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from hedge_core.text import percent, signed_usd

MOST_ROWS = 2_000


def table_of(figure: go.Figure) -> pd.DataFrame:
    """One row for each point: the series, where it lies and its value, under the titles of the axes.

    At most MOST_ROWS rows. A heat map gives a row for each cell.
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
    frame = frame.drop(columns=[name for name in frame.columns if frame[name].isna().all()])
    units = {across: _unit(figure.layout.xaxis), upward: _unit(figure.layout.yaxis)}
    return pd.DataFrame({name: frame[name].map(units.get(name, _shown)) for name in frame.columns})


def _unit(axis: Any) -> Callable[[object], str]:
    """How a number on this axis is written: in percent or in dollars, as the axis itself is labelled."""
    labels = "".join(axis.ticktext or ())
    write = percent if "%" in labels else signed_usd if "$" in labels else None
    return lambda value: write(float(value)) if write is not None and _is_number(value) else _shown(value)  # type: ignore[arg-type]


def _points(trace: Any) -> Iterator[tuple[object, object, object]]:
    kind = trace.type
    if kind == "heatmap":
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
    if _is_number(value):
        number = float(value)  # type: ignore[arg-type]
        return f"{number:,.0f}" if abs(number) >= 1_000 else f"{number:.4g}"
    if isinstance(value, (np.datetime64, pd.Timestamp)):
        return str(np.datetime64(value, "D"))
    return str(value)


def _is_number(value: object) -> bool:
    is_number = isinstance(value, (int, float, np.number)) and not isinstance(value, bool)
    return is_number and not np.isnan(float(value))  # type: ignore[arg-type]
