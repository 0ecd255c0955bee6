"""Small pieces of page text, drawn the same everywhere."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import TYPE_CHECKING, Literal

import streamlit as st

from hedge_core.text import UNKNOWN, whole_percent
from pages.ui.parts.format import md
from pages.ui.session import state

if TYPE_CHECKING:
    import pandas as pd
    import plotly.graph_objects as go

    from hedge_core import HedgeAssessment
    from hedge_core.hedge.held_coins import HeldCoin

BORDER, ROW, MOST_ROWS = 2, 35, 11
"""Pixels of a table's border and of a row, and the rows that it shows before it scrolls."""

MOST_ORDERS = 7
"""Orders that a page shows; the rest is folded, or many small ones would push all else off the screen."""

MOST_TO_CHANGE = 4
"""Of more orders than that, those that a page shows with the buttons that change them, which take more room."""

TABLES = "chart_tables"
"""Under which it is remembered whether charts come with their tables."""


def notices(result: HedgeAssessment) -> None:
    """What the holder should know, warnings first; what stands above every page is left out."""
    from hedge_core.hedge import since_saved
    from hedge_core.hedge.planner import LEFT_OUT

    shown_above = {"simulated", since_saved.CODE, LEFT_OUT}
    shown = [notice for notice in result.notices if notice.code not in shown_above]
    warnings = [notice for notice in shown if notice.severity == "warning"]
    other = [notice for notice in shown if notice.severity != "warning"]
    if warnings:
        st.warning("  \n".join(md(notice.text) for notice in warnings), icon=":material/warning:")
    if other:
        with st.expander(_assumptions(len(other)), icon=":material/info:"):
            for notice in other:
                st.markdown(f"- {md(notice.text)}")


def _assumptions(count: int) -> str:
    return "1 assumption behind these numbers" if count == 1 else f"{count} assumptions behind these numbers"


def chart(figure: go.Figure, *, key: str, alt: str) -> None:
    """A chart over the full width of its place, without a tool bar; its data below it where tables are wanted.

    `alt` says in a sentence what the chart shows, for somebody who does not see it.
    """
    st.plotly_chart(
        figure,
        width="stretch",
        key=key,
        config={"displayModeBar": False},
        alt=alt,
    )
    if state.remember(TABLES, False):
        from pages.ui.parts.chart_table import table_of

        table(table_of(figure), key=f"{key}_table", height=240)


def hedged_by(held: HeldCoin) -> str:
    """What a held coin is hedged by, in a few words for a table."""
    if held.status != "hedged":
        return {"speculative": "stop-loss", "stablecoin": "stablecoin"}.get(held.status, "cannot be hedged")
    return "own future" if held.route == "own future" else ", ".join(held.proxies)


def risk_left(result: HedgeAssessment, held: HeldCoin) -> str:
    """The share of the coin's variance that its hedge leaves; no figure where its own future is shorted, if any is."""
    if held.status != "hedged":
        return "all of it"
    if held.route == "own future":
        from hedge_core.hedge.unsold_legs import unsold_own_futures
        from hedge_core.monitoring.filled import as_filled

        filled = as_filled(result)
        unsold = unsold_own_futures(result if filled is None else filled.assessment)
        return "none sold" if held.holding.coin in unsold else "covered"
    from hedge_core.hedge.variance_left import variance_left

    left = variance_left(result, held)
    return "unknown" if left is None else whole_percent(left)


def table(
    rows: pd.DataFrame | Sequence[Mapping[str, object]],
    *,
    key: str,
    right: Collection[str] = (),
    wide: Collection[str] = (),
    formats: Mapping[str, Callable[[float], str]] | None = None,
    height: int | Literal["auto"] = "auto",
    most: int = MOST_ROWS,
) -> None:
    """A table over the full width; what is not known shows as a dash, and of more than `most` rows it scrolls.

    `right` names the columns of text that stand on the right, `wide` those that need room, `formats` those of numbers
    that can be sorted by, each with how it is written.
    """
    import pandas as pd

    columns: dict[str, object] = {name: st.column_config.TextColumn(name, alignment="right") for name in right}
    columns |= {name: st.column_config.TextColumn(name, width="medium") for name in wide}
    frame = pd.DataFrame(rows)
    if height == "auto":
        height = BORDER + ROW * (1 + min(len(frame), most))  # stated, so that its place is kept while it loads
        if len(frame) > most:
            height += ROW // 2  # half a row shows that there are more
    if formats:
        columns |= {name: st.column_config.NumberColumn(name) for name in formats}
        frame[list(formats)] = frame[list(formats)].astype(float)
    st.dataframe(
        frame.style.format(dict(formats), na_rep=UNKNOWN) if formats else frame,
        hide_index=True,
        width="stretch",
        height=height,
        key=key,
        column_config=columns,
        placeholder=UNKNOWN,
    )


def more_orders(count: int) -> str:
    """The label of the fold that holds the rest."""
    return f"{count} more order{'' if count == 1 else 's'}"


def old_figures(result: HedgeAssessment, figure: str) -> None:
    """Mark figures of this kind whose source is older than its limit; nothing if there are none."""
    from hedge_core.market.figure_ages import ages_text

    old = ages_text(one for one in result.old_figures if one.figure == figure)
    if old:
        st.caption(f":material/history: {md(old[0].upper() + old[1:])}. Check with your venue, or use live prices.")


def wrapped_table(rows: Sequence[Mapping[str, str]]) -> None:
    """A table of sentences: every cell shows its whole text, on as many lines as it needs."""
    import pandas as pd

    st.table(
        pd.DataFrame([{name: md(cell) for name, cell in row.items()} for row in rows]).set_index(next(iter(rows[0])))
    )


def reading(text: str) -> None:
    """The reading of a chart in words, underneath it."""
    st.caption(md(text))


def fold(title: str, draw: Callable[[], None], *, key: str, icon: str | None = None) -> None:
    """A fold; what is in it is worked out when it is opened."""
    with st.expander(title, icon=icon, key=key, on_change="rerun") as box:
        if box.open:
            draw()


def faults(title: str, lines: list[str]) -> None:
    """What was wrong with an input, each fault on its own line."""
    st.error("  \n".join([title, *(f"• {md(line)}" for line in lines)]), icon=":material/error:")
