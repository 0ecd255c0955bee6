"""The sidebar's upload of daily closes: read at once, unless a question about it is open."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from hedge_core.documents.reader.doubts import MOST_SHOWN
from hedge_core.errors import HedgeError
from pages.ui.parts.format import md
from pages.ui.session import live_prices, prices, state

if TYPE_CHECKING:
    from hedge_core import MarketSnapshot
    from hedge_core.documents.prices.file import PricesImport
    from hedge_core.documents.reader.number_style import Mark

MARKS: dict[str | None, Mark | None] = {None: None, "12.5": "point", "12,5": "comma"}
MOST_TITLES = 100
"""Columns to choose from; a file of closes of more coins needs no choice."""


def draw() -> None:
    """The upload, what is not certain about it, and the choices that settle it."""
    upload = st.file_uploader(
        "Upload daily closes (CSV, Excel)",
        type=["csv", "txt", "tsv", "xlsx"],
        key="price_upload",
        on_change=_forget,
        help="A date column and one column for each coin, or the columns date, coin, close.",
    )
    if upload is None:
        _show_fault()
        return
    with st.expander("If something is read wrongly"):
        coin = st.text_input("Coin, for a file about one coin", key="price_coin", max_chars=16).strip()
        mark = st.segmented_control("How does the file write twelve and a half?", ["12.5", "12,5"], key="price_mark")
        columns = _chosen_columns(upload.getvalue())
    choice = (upload.file_id, coin, mark, tuple(columns.items()))
    try:
        found = prices.read_upload(
            upload.name, upload.getvalue(), coin=coin, columns=columns, decimal_mark=MARKS[mark], live=_live()
        )
    except HedgeError as error:
        st.session_state.price_upload_error = str(error)
        _show_fault()
        return
    st.session_state.price_upload_error = None
    _doubts(found)
    is_open = bool(found.questions) and not st.checkbox("I have checked the questions above", key=f"price_ok_{choice}")
    if not is_open and st.session_state.get("price_upload_id") != choice:
        st.session_state.price_upload_id = choice
        prices.keep_upload(found.market)
        state.change(market=found.market.source)
        st.rerun()


def _live() -> MarketSnapshot | None:
    """The plan's prices if they are live and there; they are what rates are taken from."""
    plan = state.plan()
    return prices.market(plan) if live_prices.is_live(plan.market) else None


def _chosen_columns(content: bytes) -> dict[str, str]:
    """The columns that the user has chosen, also for a file that is refused; the others are found."""
    titles = st.session_state.get("price_titles")
    if titles is None:
        from hedge_core.documents.prices.file import titles_in

        titles = st.session_state.price_titles = titles_in(content)[:MOST_TITLES]
    chosen = {}
    for name in ("date", "coin", "close") if len(titles) > 1 else ():
        title = st.selectbox(
            f"Column of the {name}",
            list(dict.fromkeys(titles)),
            index=None,
            placeholder="as the file tells",
            key=f"price_map_{name}",
        )
        if title:
            chosen[name] = title
    return chosen


def _doubts(found: PricesImport) -> None:
    if found.questions:
        st.warning("  \n".join(md(str(doubt)) for doubt in found.questions[:MOST_SHOWN]), icon=":material/help:")
    for doubt in found.doubts[:MOST_SHOWN]:
        if doubt.grade == "note":
            st.caption(md(str(doubt)))
    closes = found.last_closes
    shown = ", ".join(f"{coin} {close:,.6g}" for coin, close in list(closes.items())[:8])
    more = f" and {len(closes) - 8} more" if len(closes) > 8 else ""
    st.caption(md(f"{len(found.market.history.days)} days. Last closes: {shown}{more}."))


def _forget() -> None:
    """Callback: another file, or none: what was wrong with the last one, and its columns, do not matter any more."""
    for key in ("price_upload_error", "price_titles", "price_map_date", "price_map_coin", "price_map_close"):
        st.session_state.pop(key, None)


def _show_fault() -> None:
    if message := st.session_state.get("price_upload_error"):
        st.error("  \n".join(md(line) for line in message.splitlines()), icon=":material/error:")
