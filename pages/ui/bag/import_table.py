"""Paste or upload holdings: a dry run shows what was read, merged and refused before anything is taken."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd
import streamlit as st

from hedge_core import HedgePlan, Holding
from hedge_core.documents.holdings_file import (
    HoldingsImport,
    ImportedHolding,
    combined,
    dry_run,
    holdings_csv,
    read_holdings,
)
from hedge_core.errors import HedgeError
from pages.ui.bag import table as bag_table
from pages.ui.parts import elements
from pages.ui.parts.format import md, percent, price, quantity
from pages.ui.session import bag_rows, prices as data, state


def draw() -> None:
    """Paste or upload; what was read is shown before it is taken."""
    with st.container(border=True):
        st.markdown("**Paste or upload**")
        upload = st.file_uploader("CSV of your holdings", type=["csv", "txt", "tsv"], key="bag_upload")
        pasted = st.text_area(
            "or paste lines", key="bag_paste", placeholder="SOL 120\nLINK 500\nINJ 150 speculative", height=160
        )
        st.button("Read these lines", key="bag_read")
        content: bytes | str = upload.getvalue() if upload is not None else pasted
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
        if content:
            _preview(content)


def _preview(content: bytes | str) -> None:
    try:
        table = read_holdings(content, mapping=st.session_state.get("bag_mapping"))
    except HedgeError as error:
        elements.faults("This table cannot be read. Your bag is unchanged.", str(error).splitlines())
        return
    present = [] if state.plan().is_example else state.plan().holdings
    market = data.market(state.plan())
    found = dry_run(table, present, known=market.coins if market is not None else ())
    st.markdown(f"**What was read** ({_summary(table, found)})")
    if found:
        elements.table(_frame(found), key="import_preview", right=RIGHT)
        remarks = [f"- **{md(one.holding.coin)}:** {md('; '.join(one.remarks))}" for one in found if one.remarks]
        if remarks:
            st.markdown("\n".join(remarks))
    if table.faults:
        elements.faults("Refused, and left out:", [str(fault) for fault in table.faults])
    for note in table.notes:
        st.caption(md(note))
    _mapping(table)
    if found:
        with st.container(horizontal=True):
            name = "Take as my bag" if not present else "Replace my bag"
            st.button(name, type="primary", key="bag_replace", on_click=_take, args=(table, False))
            if present:
                st.button("Add to my bag", key="bag_add", on_click=_take, args=(table, True))


RIGHT = ("Quantity", "In your bag", "If added", "Price")


def _summary(table: HoldingsImport, found: tuple[ImportedHolding, ...]) -> str:
    parts = [f"{len(table.holdings)} rows, {len(found)} holdings"]
    refused = {fault.row for fault in table.faults}
    if refused:
        parts.append(f"{len(refused)} refused")
    used = ", ".join(f"{md(name.replace('_', ' '))} from “{md(column)}”" for name, column in table.mapping.items())
    return "; ".join([*parts, used or "columns by their position"])


def _frame(found: tuple[ImportedHolding, ...]) -> pd.DataFrame:
    """A line for each holding; columns that would be empty are left out."""
    frame = pd.DataFrame(
        {
            "Row": [", ".join(map(str, one.rows)) for one in found],
            "Coin": [one.holding.coin for one in found],
            "Quantity": [quantity(one.holding.quantity) for one in found],
            "In your bag": [quantity(one.in_bag) if one.in_bag else "" for one in found],
            "If added": [quantity(one.together) if one.in_bag else "" for one in found],
            "Role": [one.holding.role for one in found],
            "Stop-loss": ["" if one.holding.stop_loss is None else percent(one.holding.stop_loss) for one in found],
            "Price": ["" if one.price is None else price(one.price) for one in found],
        }
    )
    return frame.loc[:, [name for name in frame.columns if (frame[name] != "").any()]]


def _mapping(table: HoldingsImport) -> None:
    if not table.mapping:
        return
    with st.expander("Change the columns"):
        columns = list(table.columns)
        chosen = {}
        for name in ("coin", "quantity", "role", "stop_loss", "price", "note"):
            current = table.mapping.get(name)
            options = ["(none)", *columns]
            choice = st.selectbox(
                name.replace("_", " ").capitalize(),
                options,
                index=options.index(current) if current in options else 0,
                key=f"map_{name}",
            )
            if choice != "(none)":
                chosen[name] = choice
        if chosen != dict(table.mapping) and st.button("Read again with these columns", key="map_again"):
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
        base = HedgePlan(market=state.first_market()) if base.is_example else replace(base, name="My hedge", notes="")
    bag_rows.put_rows([*(bag_rows.row(holding, prices.get(holding.coin)) for holding in holdings), *faulty])
    st.session_state.pop("bag_mapping", None)
    st.session_state.bag_paste = ""
    taken = len(table.holdings)
    st.toast(f"{taken} {'row' if taken == 1 else 'rows'} taken", icon=":material/check:")
    state.set_plan(base)
    bag_table.take_rows(st.session_state.bag_rows)
