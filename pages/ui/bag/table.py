"""The bag as a table to type in. Faulty rows stay as typed until they are mended."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import streamlit as st

from hedge_core.hedge.held_coins import unconfirmed_text
from pages.ui.parts import elements
from pages.ui.parts.format import md, percent, price, quantity, usd
from pages.ui.session import bag_rows, currency, prices, state

if TYPE_CHECKING:
    from collections.abc import Callable

    from hedge_core import HedgeAssessment
    from hedge_core.plan.bag import Holding

MOST_ECHOED = 30
"""Rows whose quantity and value are repeated under the table."""

BLANK_ROWS, SPARE_ROWS = 5, 30
"""Empty rows to type in: those seen below the bag, and all that the table has.

A table that changes its height, its place or its number of rows closes the cell that is being typed in, and what was
typed is lost. So it does not grow while rows are added: the spare ones are scrolled to.
"""

HEADER, ROW = 38, 35
"""Pixels of the table's head and of each row: the table has its height before its cells are drawn."""

MOST_ROWS_SHOWN = 18
"""Rows of the table that are seen without scrolling in it."""

COMPUTED = ("price", "value", "share", "hedged_by", "risk_left")
"""The columns that follow from the plan and cannot be typed in."""


def starts_empty() -> bool:
    """Whether the table was laid out without a row; it keeps its place on the page while the first ones are typed."""
    return not any(map(_is_filled, _base()))


def draw_editor(result: HedgeAssessment | None) -> None:
    """The bag as one table: typed on the left, what follows from it beside; and what is wrong with its rows."""
    import pandas as pd

    rows = bag_rows.rows()
    base = [{**row, **{name: _number_text(row.get(name)) for name in bag_rows.NUMBERS}} for row in _base()]
    frame = pd.DataFrame(base, columns=list(bag_rows.BAG_COLUMNS)).astype("str")
    for name, cells in _computed(result, len(frame)).items():
        frame[name] = pd.Series(cells, dtype="str")
    frame["remove"] = False
    has_trade = any(row.get("role") == "speculative" for row in rows)
    st.data_editor(
        frame.fillna({"coin": "", "role": "hold", "note": ""}),
        key=_key(),
        num_rows="fixed",
        height=HEADER + ROW * min(sum(map(_is_filled, base)) + BLANK_ROWS, MOST_ROWS_SHOWN),
        placeholder="",
        width="stretch",
        hide_index=True,
        on_change=_take_edits,
        args=(_key(),),
        column_order=[
            "coin", "quantity", "price", "value", "share", "role", "hedged_by", "risk_left",
            *(["stop_loss"] if has_trade else []), "own_price", "remove", "note",
        ],
        column_config=_columns(),
    )  # fmt: skip
    _, read = bag_rows.read_rows(rows, state.plan())
    _echo(read.holdings, usd if result is None else currency.shown(result).amount)
    if unconfirmed := "" if result is None else unconfirmed_text(result.held_coins):
        st.caption(md(f"Prices: {unconfirmed}."))
    half = [fault for fault in read.faults if "is empty" in fault.message]
    wrong = [fault for fault in read.faults if fault not in half]
    if wrong:
        elements.faults("These rows are not in the plan yet:", [str(fault) for fault in wrong])
    if half:
        st.caption(md("Not in the plan until complete: " + "; ".join(str(fault) for fault in half) + "."))


def _key() -> str:
    return f"bag_editor_{st.session_state.bag_version}"


def _base() -> list[dict[str, Any]]:
    """The rows with which the table was laid out, the spare ones included; edits are kept beside them."""
    rows = bag_rows.rows()
    if _key() not in st.session_state:
        blank = {**dict.fromkeys(bag_rows.BAG_COLUMNS), "role": "hold"}
        st.session_state.bag_base = [dict(row) for row in rows] + [dict(blank) for _ in range(SPARE_ROWS)]
    base: list[dict[str, Any]] = st.session_state.bag_base
    return base


def _columns() -> dict[str, Any]:
    """How each column of the table is shown and typed in."""
    text = st.column_config.TextColumn
    return {
        "coin": text("Coin", help="Ticker, as in SOL", max_chars=16, width=74),
        "quantity": text("Quantity", help="Coins that you hold: 12.5, 12,5 or 1,250.50", max_chars=40, width=92),
        "price": text("Price", disabled=True, alignment="right", help="USD per coin", width=78),
        "value": text("Value", disabled=True, alignment="right"),
        "share": text("Share", disabled=True, alignment="right"),
        "role": st.column_config.SelectboxColumn(
            "Role", options=["hold", "speculative"], default="hold", help="Hold: hedged. Speculative: stop-loss."
        ),
        "stop_loss": text("Stop-loss (%)", help="Percent below today's price: 10, 12.5 or 12,5", max_chars=40),
        "hedged_by": text("Hedged by", disabled=True, width=130),
        "risk_left": text(
            "Risk left", disabled=True, alignment="right", help="The part of the coin's variance that its hedge leaves."
        ),
        "own_price": text("Own price", help="USD per coin, in place of the source's price: 0.5 or 0,5", max_chars=40),
        "note": text("Note", max_chars=500),
        "remove": st.column_config.CheckboxColumn("Remove", help="Takes the row out of the bag"),
    }


def _computed(result: HedgeAssessment | None, count: int) -> dict[str, list[str]]:
    """What follows from each row of the table as it is in the plan, '' where it is not in the plan."""
    found: dict[str, list[str]] = {name: [""] * count for name in COMPUTED}
    if result is None:
        return found
    _, read = bag_rows.read_rows(bag_rows.rows(), state.plan())
    total, rate = result.bag_value or 1.0, currency.shown(result)
    waiting = list(result.held_coins)
    for place, holding in zip(bag_rows.good_rows(bag_rows.rows(), state.plan()), read.holdings, strict=True):
        held = next((held for held in waiting if held.holding == holding), None)
        if held is None or place >= count:
            continue
        waiting.remove(held)
        found["price"][place] = price(held.price) + (" (yours)" if held.is_own_price else "")
        found["value"][place] = rate.amount(held.value)
        found["share"][place] = percent(held.value / total)
        found["hedged_by"][place] = elements.hedged_by(held)
        if held.status != "stablecoin":
            found["risk_left"][place] = elements.risk_left(result, held)
    return found


def _number_text(value: object) -> str:
    """A number as it was typed, or one without an exponent, so that it reads back equal."""
    if isinstance(value, int | float) and value == value:
        import numpy as np

        return np.format_float_positional(value, trim="-")
    return "" if value is None or value != value else str(value)


def _echo(holdings: list[Holding], amount: Callable[[float], str]) -> None:
    """What was read from each row, in coins and in money, so that a misread number is seen at once."""
    from hedge_core.hedge.held_coins import price_of

    market = prices.market(state.plan())
    own = state.plan().overrides.prices
    for remark in bag_rows.remarks(bag_rows.rows(), () if market is None else market.coins):
        st.caption(md(remark if remark.endswith("?") else f"{remark}."))
    words = []
    for holding in holdings[:MOST_ECHOED]:
        known = price_of(market, holding.coin, own)
        worth = "" if known is None else f" = {md(amount(holding.quantity * known))}"
        words.append(f"{quantity(holding.quantity)} {md(holding.coin)}{worth}")
    more = f" · and {len(holdings) - MOST_ECHOED} more" if len(holdings) > MOST_ECHOED else ""
    if words:
        st.caption("Read as: " + " · ".join(words) + more)


def _take_edits(key: str) -> None:
    """Callback: apply the edits to the rows; the table is laid out anew when a row goes or no empty one is left."""
    edits: dict[str, Any] = st.session_state[key]
    table = [dict(row) for row in st.session_state.bag_base]
    removed = set()
    for number, changes in edits["edited_rows"].items():
        if changes.get("remove"):
            removed.add(int(number))
        table[int(number)].update({name: cell for name, cell in changes.items() if name != "remove"})
    kept = [row for number, row in enumerate(table) if number not in removed]
    while kept and not _is_filled(kept[-1]):
        kept.pop()
    take_rows(kept)
    if removed or len(kept) == len(table):
        bag_rows.put_rows([row for row in kept if _is_filled(row)])


def _is_filled(row: dict[str, Any]) -> bool:
    return any(row.get(name) not in (None, "") for name in ("coin", "quantity"))


def take_rows(table: list[dict[str, Any]]) -> None:
    """Take these rows as the bag; the plan gets the good ones."""
    st.session_state.bag_rows = table
    updated, _ = bag_rows.read_rows(table, state.plan())
    state.set_plan(updated)
