"""The bag as a table to type in. Faulty rows stay as typed until they are mended."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import streamlit as st

from hedge_core import HedgeAssessment, Holding
from hedge_core.hedge.held_coins import price_of
from pages.ui.parts import elements
from pages.ui.parts.format import md, percent, price, quantity, usd
from pages.ui.session import bag_rows, prices, state

STATUS = {
    "hedged": "hedge",
    "speculative": "stop-loss",
    "stablecoin": "leave (stablecoin)",
    "unhedgeable": "cannot be hedged",
}


MOST_ECHOED = 30
"""Rows whose quantity and value are repeated under the table."""


def draw_editor() -> None:
    """The editable table, and what is wrong with its rows."""
    rows = bag_rows.rows()
    key = f"bag_editor_{st.session_state.bag_version}"
    if key not in st.session_state:
        st.session_state.bag_base = [dict(row) for row in rows]
    base = [{**row, "quantity": _quantity_text(row.get("quantity"))} for row in st.session_state.bag_base]
    frame = pd.DataFrame(base, columns=list(bag_rows.BAG_COLUMNS)).astype(
        {"coin": "str", "quantity": "str", "role": "str", "stop_loss": float, "own_price": float, "note": "str"}
    )
    st.data_editor(
        frame,
        key=key,
        num_rows="dynamic",
        placeholder="",
        width="stretch",
        hide_index=True,
        on_change=_take_edits,
        args=(key,),
        column_config={
            "coin": st.column_config.TextColumn("Coin", help="Ticker, as in SOL", max_chars=16),
            "quantity": st.column_config.TextColumn(
                "Quantity", help="Coins that you hold: 12.5, 12,5 or 1,250.50", max_chars=40
            ),
            "role": st.column_config.SelectboxColumn(
                "Role", options=["hold", "speculative"], default="hold", help="Hold: hedged. Speculative: stopped."
            ),
            "stop_loss": st.column_config.NumberColumn(
                "Stop-loss", help="Percent below today's price, for speculative trades", format="%.1f%%"
            ),
            "own_price": st.column_config.NumberColumn(
                "Own price", help="USD a coin, if you know better than the market source", format="%.8g"
            ),
            "note": st.column_config.TextColumn("Note", max_chars=500),
        },
    )
    _, read = bag_rows.read_rows(bag_rows.rows(), state.plan())
    _echo(read.holdings)
    half = [fault for fault in read.faults if "is empty" in fault.message]
    wrong = [fault for fault in read.faults if fault not in half]
    if wrong:
        elements.faults("These rows are not in the plan yet:", [str(fault) for fault in wrong])
    if half:
        st.caption(md("Not in the plan until complete: " + "; ".join(str(fault) for fault in half) + "."))


def _quantity_text(value: object) -> str:
    """A quantity as it was typed, or a number without an exponent, so that it reads back equal."""
    if isinstance(value, int | float) and value == value:
        return np.format_float_positional(value, trim="-")
    return "" if value is None or value != value else str(value)


def _echo(holdings: list[Holding]) -> None:
    """What was read from each row, in coins and in dollars, so that a misread number is seen at once."""
    market = prices.market(state.plan())
    own = state.plan().overrides.prices
    for remark in bag_rows.remarks(bag_rows.rows(), () if market is None else market.coins):
        st.caption(md(remark if remark.endswith("?") else f"{remark}."))
    words = []
    for holding in holdings[:MOST_ECHOED]:
        known = price_of(market, holding.coin, own)
        worth = "" if known is None else f" = {usd(holding.quantity * known)}"
        words.append(f"{quantity(holding.quantity)} {md(holding.coin)}{worth}")
    more = f" · and {len(holdings) - MOST_ECHOED} more" if len(holdings) > MOST_ECHOED else ""
    if words:
        st.caption("Read as: " + " · ".join(words) + more)


def _take_edits(key: str) -> None:
    edits: dict[str, Any] = st.session_state[key]
    table = [dict(row) for row in st.session_state.bag_base]
    for number, changes in edits["edited_rows"].items():
        table[int(number)].update(changes)
    table = [row for number, row in enumerate(table) if number not in set(edits["deleted_rows"])]
    table += [{**dict.fromkeys(bag_rows.BAG_COLUMNS), "role": "hold", **row} for row in edits["added_rows"]]
    take_rows(table)


def take_rows(table: list[dict[str, Any]]) -> None:
    """Take these rows as the bag; the plan gets the good ones."""
    st.session_state.bag_rows = table
    updated, _ = bag_rows.read_rows(table, state.plan())
    state.set_plan(updated)


def _origins(result: HedgeAssessment) -> dict[str, list[str]]:
    """With live prices, a column that says where each is from and how old it is when that is worth a word."""
    if not result.market.quotes:
        return {}
    newest = max(quote.as_of for quote in result.market.quotes.values())
    words = []
    for held in result.held_coins:
        quote = held.quote
        if quote is None:
            words.append("you" if held.is_own_price else "taken at $1")
        else:
            late = (newest - quote.as_of).total_seconds() / 60
            words.append(quote.source + (f", {late:.0f} min older" if late >= 5 else ""))
    return {"Price from": words}


def draw_positions(result: HedgeAssessment) -> None:
    """Each holding with its price, value and treatment, and why."""
    total = result.bag_value or 1.0
    elements.table(
        pd.DataFrame(
            {
                "Coin": [p.holding.coin for p in result.held_coins],
                "Quantity": [quantity(p.holding.quantity) for p in result.held_coins],
                "Price": [price(p.price) + (" (yours)" if p.is_own_price else "") for p in result.held_coins],
                **_origins(result),
                "Value": [usd(p.value) for p in result.held_coins],
                "Share": [percent(p.value / total) for p in result.held_coins],
                "Treatment": [STATUS[p.status] for p in result.held_coins],
                "Why": [p.reason for p in result.held_coins],
            }
        ),
        key="positions",
        right=("Quantity", "Price", "Value", "Share"),
    )
