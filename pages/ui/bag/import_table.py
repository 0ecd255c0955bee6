"""Paste or upload holdings: a dry run shows what was read, merged and refused before anything is taken."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import streamlit as st

from hedge_core import HedgePlan
from hedge_core.documents.holdings_file import (
    HoldingsImport,
    ImportedHolding,
    combined,
    dry_run,
    holdings_csv,
    read_with_market,
)
from hedge_core.documents.reader.doubts import MOST_SHOWN, at_most
from hedge_core.documents.reader.holdings import titles_in
from hedge_core.documents.reader.number_style import Mark
from hedge_core.errors import HedgeError
from hedge_core.plan import new_plan
from hedge_core.plan.bag import MAX_HOLDINGS, Holding
from hedge_core.text import UNKNOWN
from pages.ui.bag import table as bag_table
from pages.ui.parts import elements, live_progress
from pages.ui.parts.format import md, percent, price, quantity, usd
from pages.ui.session import bag_rows, link_market, live_prices, memo, prices as data, state

if TYPE_CHECKING:
    import pandas as pd

NOTHING_YET = "Type or paste at least one line first, as in SOL 60."

MOST_PASTED = 100_000
"""Characters in the text box; longer tables are uploaded."""


def draw() -> None:
    """Paste or upload; what was read is shown before it is taken."""
    with st.container():
        upload = st.file_uploader(
            "Table of your holdings (CSV, Excel, JSON)", type=["csv", "txt", "tsv", "xlsx", "json"], key="bag_upload"
        )
        pasted = st.text_area(
            "or paste lines",
            key="bag_paste",
            placeholder="SOL 120\nLINK 500\nINJ 150 speculative",
            height=160,
            max_chars=MOST_PASTED,
        )
        is_asked = st.button("Read these lines", key="bag_read")
        file = None if upload is None or upload.file_id == st.session_state.get("bag_taken") else upload
        content: bytes | str = pasted if file is None else file.getvalue()
        st.download_button(
            "Template (CSV)",
            holdings_csv(
                (
                    Holding(coin="SOL", quantity=120),
                    Holding(coin="INJ", quantity=150, role="speculative", stop_loss=0.1, note="trade"),
                ),
                {},
            ),
            file_name="bag.csv",
            mime="text/csv",
            on_click="ignore",
            key="bag_template",
            type="tertiary",
            icon=":material/download:",
        )
        if upload is not None and file is None:
            st.caption(f"{md(upload.name)} has been taken. To read it again, drop it again.")
        if content or file is not None:  # an empty file is said to be one
            _preview(content)
            return
        _note_coins(())
        if is_asked:
            st.caption(NOTHING_YET)


EXAMPLE = "SOL 60\nAVAX 400\nChainlink 500\nINJ 150 stop 12%"
"""What the empty box shows of how lines may be written; all of it is read."""


def draw_paste(hedged_by: Callable[[HoldingsImport], Mapping[str, str]]) -> None:
    """A box to paste lines into, what was read at once, and the button that makes a plan of it."""
    pasted = st.text_area(
        "Your coins, one per line: coin and quantity",
        key="bag_paste",
        placeholder=EXAMPLE,
        height=130,
        max_chars=MOST_PASTED,
    )
    if not pasted:
        _note_coins(())
        if st.button("Make my plan", type="primary", key="bag_read"):
            st.caption(NOTHING_YET)
        return
    try:
        table = memo.memo("import", _key(pasted), lambda: _read(pasted), is_long=len(pasted) > LONG)
    except HedgeError as error:
        _note_coins(())
        elements.faults("These lines cannot be read.", str(error).splitlines())
        return
    _note_coins(table.holdings)
    _doubts(table)
    known = data.market(asked())
    found = dry_run(table, (), known=known.coins if known is not None else ())
    remarks = [f"- **{md(one.holding.coin)}:** {md('; '.join(one.remarks))}" for one in found if one.remarks]
    if remarks:
        st.markdown("\n".join(remarks))
    if found:
        routes = hedged_by(table)
        rows = [
            {
                "Read": one.holding.coin,
                "Quantity": quantity(one.holding.quantity),
                "≈ $": UNKNOWN if (worth := _worth(one)) is None else usd(worth),
                "Hedged by": routes.get(one.holding.coin, UNKNOWN),
            }
            for one in found
        ]
        elements.table(rows, key="start_preview", right=("Quantity", "≈ $"))
        _buttons(table, has_bag=False, name="Make my plan")


def _preview(content: bytes | str) -> None:
    """What was read: doubts first, then the holdings, and always the columns."""
    is_said = bool(state.plan().holdings) and live_progress.is_waiting()  # by the line above the page
    try:
        table = memo.memo("import", _key(content), lambda: _read(content), is_long=len(content) > LONG)
    except HedgeError as error:
        _note_coins(())
        elements.faults("This table cannot be read. Your bag is unchanged.", str(error).splitlines())
        _choose_columns(titles_in(content), {})
        return
    _note_coins(table.holdings)
    plan_market = data.market(asked())
    present = [] if state.plan().is_example else state.plan().holdings
    found = dry_run(table, present, known=plan_market.coins if plan_market is not None else ())
    st.markdown(f"**What was read** ({_summary(table, found)})")
    _doubts(table)
    remarks = [f"- **{md(one.holding.coin)}:** {md('; '.join(one.remarks))}" for one in found if one.remarks]
    if remarks:
        st.markdown("\n".join(remarks))
    if found:
        elements.table(_frame(found, table), key="import_preview", right=RIGHT)
        missing = [holding.coin for holding in present if holding.coin not in {one.holding.coin for one in found}]
        if missing:
            st.caption(md(f"In your bag but not in this table: {', '.join(dict.fromkeys(missing))}."))
    _choose_columns(table.columns, table.mapping)
    if live_prices.is_live(state.plan().market) and not is_said:
        live_progress.draw(asked())
    if found:
        _buttons(table, bool(present))


def asked() -> HedgePlan:
    """The plan whose prices a preview needs: the open one, on live prices with the coins that were read last as well.

    An exchange is asked for the coins of a plan and for no others.
    """
    plan, read = state.plan(), st.session_state.get("coins_read", ())
    if not read or not live_prices.is_live(plan.market) or link_market.pinned(plan) is not None:
        return plan
    new = [coin for coin in read if coin not in plan.bag.coins][: MAX_HOLDINGS - len(plan.holdings)]
    return replace(plan, holdings=(*plan.holdings, *(Holding(coin=coin, quantity=1.0) for coin in new)))


def _note_coins(holdings: Sequence[Holding]) -> None:
    st.session_state.coins_read = tuple(dict.fromkeys(holding.coin for holding in holdings))


LONG = 20_000
"""Characters from which on a table is read aside, so that other pages are drawn meanwhile."""


def _key(content: bytes | str) -> tuple[object, ...]:
    mapping = st.session_state.get("bag_mapping") or {}
    raw = content.encode("utf-8", "replace") if isinstance(content, str) else content
    return (
        hashlib.sha256(raw).digest(),
        tuple(mapping.items()),
        st.session_state.get("bag_mark"),
        id(data.market(asked())),
    )


def _read(content: bytes | str) -> HoldingsImport:
    """The table, checked against the prices of the plan's market unless these are simulated."""
    return read_with_market(
        content,
        data.market(asked()),
        mapping=st.session_state.get("bag_mapping"),
        decimal_mark=MARKS.get(st.session_state.get("bag_mark")),
    )


MARKS: dict[str | None, Mark | None] = {None: None, "12.5": "point", "12,5": "comma"}
"""How the user says that the table writes twelve and a half."""


def _doubts(table: HoldingsImport) -> None:
    """Refused rows, questions and notes, in this order."""
    if table.faults:
        elements.faults("Refused, and left out:", [str(fault) for fault in at_most(table.faults)])
    if table.questions:
        st.warning("  \n".join(md(f"{doubt}") for doubt in table.questions[:MOST_SHOWN]), icon=":material/help:")
        if table.is_mark_open or st.session_state.get("bag_mark"):
            st.segmented_control("How does the table write twelve and a half?", ["12.5", "12,5"], key="bag_mark")
    for doubt in table.doubts[: 3 * MOST_SHOWN]:
        if doubt.grade == "note":
            st.caption(md(str(doubt)))


def _buttons(table: HoldingsImport, has_bag: bool, name: str = "Take as my bag") -> None:
    """Take the table as the bag or add it; open questions are confirmed first."""
    is_open = bool(table.questions) and not st.checkbox("I have checked the questions above", key="bag_checked")
    with st.container(horizontal=True):
        st.button(
            "Replace my bag" if has_bag else name,
            type="primary",
            key="bag_replace",
            on_click=_take,
            args=(table, False),
            disabled=is_open,
        )
        if has_bag:
            st.button("Add to my bag", key="bag_add", on_click=_take, args=(table, True), disabled=is_open)


RIGHT = ("Quantity", "Dollars", "Share", "In your bag", "Change", "If added", "Price")


def _summary(table: HoldingsImport, found: tuple[ImportedHolding, ...]) -> str:
    parts = [f"{len(table.holdings)} rows, {len(found)} holdings"]
    refused = {fault.row for fault in table.faults}
    if refused:
        parts.append(f"{len(refused)} refused")
    used = ", ".join(f"{md(name.replace('_', ' '))} from “{md(column)}”" for name, column in table.mapping.items())
    return "; ".join([*parts, used or "columns by their position"])


def _frame(found: tuple[ImportedHolding, ...], table: HoldingsImport) -> pd.DataFrame:
    """A line for each holding: its worth, and what it changes in the bag; empty columns are left out."""
    import pandas as pd

    worth = [_worth(one) for one in found]
    total = sum(value for value in worth if value is not None) or 1.0
    frame = pd.DataFrame(
        {
            "Row": [", ".join(map(str, one.rows)) for one in found],
            "Coin": [one.holding.coin for one in found],
            "Quantity": [quantity(one.holding.quantity) for one in found],
            "Dollars": ["" if value is None else usd(value) for value in worth],
            "Share": ["" if value is None else percent(value / total) for value in worth],
            "In your bag": [quantity(one.in_bag) if one.in_bag else "" for one in found],
            "Change": [_change(one) for one in found],
            "If added": [quantity(one.together) if one.in_bag else "" for one in found],
            "Role": [one.holding.role for one in found],
            "Stop-loss": ["" if one.holding.stop_loss is None else percent(one.holding.stop_loss) for one in found],
            "Price": ["" if one.price is None else price(one.price) for one in found],
        }
    )
    return frame.loc[:, [name for name in frame.columns if (frame[name] != "").any()]]


def _worth(one: ImportedHolding) -> float | None:
    """A holding in USD, by its own price or the market's; None without a price."""
    from hedge_core.hedge.held_coins import price_of

    own = {} if one.price is None else {one.holding.coin: one.price}
    known = price_of(data.market(asked()), one.holding.coin, own)
    return None if known is None else known * one.holding.quantity


def _change(one: ImportedHolding) -> str:
    """How the quantity differs from that in the bag, '' if the coin is not in it."""
    if not one.in_bag:
        return ""
    change = one.holding.quantity - one.in_bag
    return f"{'+' if change > 0 else ''}{quantity(change)}" if abs(change) > 1e-12 * one.in_bag else "same"


def _choose_columns(titles: Sequence[str], mapping: Mapping[str, str]) -> None:
    """Which column is which, to be changed by hand; nothing for lines without titles."""
    if len(titles) < 2:
        return
    with st.expander("Change the columns", expanded=not mapping):
        chosen = {}
        options = ["(none)", *dict.fromkeys(titles)]
        for name in ("coin", "quantity", "role", "stop_loss", "price", "note"):
            current = mapping.get(name)
            choice = st.selectbox(
                name.replace("_", " ").capitalize(),
                options,
                index=options.index(current) if current in options else 0,
                key=f"map_{name}",
            )
            if choice != "(none)":
                chosen[name] = choice
        if chosen and chosen != dict(mapping) and st.button("Read again with these columns", key="map_again"):
            st.session_state.bag_mapping = chosen
            st.rerun()


def _take(table: HoldingsImport, keep: bool) -> None:
    """Callback: the table as the bag, or added to it; rows that are still faulty stay as they were typed."""
    base = state.plan()
    prices = dict(table.prices)
    faulty: list[dict[str, object]] = []
    present: tuple[Holding, ...] = ()
    if keep:
        _, read = bag_rows.read_rows(bag_rows.rows(), base)
        present, prices = tuple(read.holdings), {**base.overrides.prices, **prices}
        faulty = [bag_rows.rows()[row - 1] for row in sorted({fault.row for fault in read.faults if fault.row})]
    try:
        holdings = combined(table, present)
    except HedgeError as error:
        rows = len(present) + len(table.holdings)
        st.toast(f"Not taken: that would be {rows} rows. {md(str(error))}", icon=":material/error:")
        return
    if not keep:
        base = new_plan(state.first_market()) if base.is_example else replace(base, name="My hedge", notes="")
    bag_rows.put_rows([*(bag_rows.row(holding, prices.get(holding.coin)) for holding in holdings), *faulty])
    for name in ("bag_mapping", "bag_mark", "bag_checked"):
        st.session_state.pop(name, None)
    memo.forget("import")
    st.session_state.bag_paste = ""
    upload = st.session_state.get("bag_upload")
    st.session_state.bag_taken = None if upload is None else upload.file_id
    _note_coins(())
    taken = len(table.holdings)
    st.toast(f"{taken} {'row' if taken == 1 else 'rows'} taken", icon=":material/check:")
    state.set_plan(base)
    bag_table.take_rows(st.session_state.bag_rows)
