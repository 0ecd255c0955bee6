"""The bag as a table: typed, pasted or uploaded. Faulty rows stay as typed until they are mended."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pandas as pd
import streamlit as st

from hedge_core import HedgeAssessment, HedgePlan, Holding
from hedge_core.bag import MAX_HOLDINGS
from hedge_core.errors import HedgeError
from hedge_core.sources.holdings_file import HoldingsImport, holdings_csv, read_holdings
from pages.ui import state, text
from pages.ui.format import md, percent, price, quantity, usd

STATUS = {
    "hedged": "hedge",
    "speculative": "stop-loss",
    "stablecoin": "leave (stablecoin)",
    "unhedgeable": "cannot be hedged",
}


def draw_editor() -> None:
    """The editable table, and what is wrong with its rows."""
    rows = state.rows()
    key = f"bag_editor_{st.session_state.bag_version}"
    if key not in st.session_state:
        st.session_state.bag_base = [dict(row) for row in rows]
    frame = pd.DataFrame(st.session_state.bag_base, columns=list(state.BAG_COLUMNS)).astype(
        {"coin": "str", "quantity": float, "role": "str", "stop_loss": float, "own_price": float, "note": "str"}
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
            "quantity": st.column_config.NumberColumn("Quantity", help="Coins that you hold", format="%.8g"),
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
    _, read = state.read_rows(state.rows(), state.plan())
    if read.faults:
        text.faults("These rows are not in the plan yet:", [str(fault) for fault in read.faults])


def _take_edits(key: str) -> None:
    edits: dict[str, Any] = st.session_state[key]
    table = [dict(row) for row in st.session_state.bag_base]
    for number, changes in edits["edited_rows"].items():
        table[int(number)].update(changes)
    table = [row for number, row in enumerate(table) if number not in set(edits["deleted_rows"])]
    table += [{**dict.fromkeys(state.BAG_COLUMNS), "role": "hold", **row} for row in edits["added_rows"]]
    _take_rows(table)


def _take_rows(table: list[dict[str, Any]]) -> None:
    st.session_state.bag_rows = table
    updated, _ = state.read_rows(table, state.plan())
    state.set_plan(updated)


def draw_import() -> None:
    """Paste or upload; what was read is shown before it is taken."""
    with st.container(border=True):
        st.markdown("**Paste or upload**")
        upload = st.file_uploader("CSV of your holdings", type=["csv", "txt", "tsv"], key="bag_upload")
        pasted = st.text_area(
            "or paste lines", key="bag_paste", placeholder="SOL 120\nLINK 500\nINJ 150 speculative", height=110
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
        text.faults("This table cannot be read. Your bag is unchanged.", str(error).splitlines())
        return
    used = ", ".join(f"{name}: “{column}”" for name, column in table.mapping.items())
    st.caption(md(f"{len(table.holdings)} rows read. Columns used: {used or 'by position'}."))
    if table.faults:
        text.faults("Left out:", [str(fault) for fault in table.faults])
    for note in table.notes:
        st.caption(md(note))
    _mapping(table)
    if table.holdings:
        with st.container(horizontal=True):
            st.button("Replace my bag", type="primary", key="bag_replace", on_click=_take_import, args=(table, False))
            st.button("Add to my bag", key="bag_add", on_click=_take_import, args=(table, True))


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


def _take_import(table: HoldingsImport, keep: bool) -> None:
    imported = [state.row(holding, table.prices.get(holding.coin)) for holding in table.holdings]
    rows = [*state.rows(), *imported] if keep else imported
    if len(rows) > MAX_HOLDINGS:
        st.toast(f"Not taken: the bag would have {len(rows)} rows, at most {MAX_HOLDINGS}.", icon=":material/error:")
        return
    state.put_rows(rows)
    base = state.plan()
    if not keep:
        base = HedgePlan(market=state.first_market()) if base.is_example else replace(base, name="My hedge", notes="")
    st.session_state.pop("bag_mapping", None)
    st.session_state.bag_paste = ""
    st.toast(f"{len(table.holdings)} rows taken", icon=":material/check:")
    state.set_plan(base)
    _take_rows(st.session_state.bag_rows)


def _origins(result: HedgeAssessment) -> dict[str, list[str]]:
    """With live prices, a column that says where each is from and how old it is when that is worth a word."""
    if not result.market.quotes:
        return {}
    newest = max(quote.as_of for quote in result.market.quotes.values())
    words = []
    for position in result.positions:
        quote = position.quote
        if quote is None:
            words.append("you" if position.is_own_price else "taken at $1")
        else:
            late = (newest - quote.as_of).total_seconds() / 60
            words.append(quote.source + (f", {late:.0f} min older" if late >= 5 else ""))
    return {"Price from": words}


def draw_positions(result: HedgeAssessment) -> None:
    """Each holding with its price, value and treatment, and why."""
    total = result.bag_value or 1.0
    st.dataframe(
        pd.DataFrame(
            {
                "Coin": [p.holding.coin for p in result.positions],
                "Quantity": [quantity(p.holding.quantity) for p in result.positions],
                "Price": [price(p.price) + (" (yours)" if p.is_own_price else "") for p in result.positions],
                **_origins(result),
                "Value": [usd(p.value) for p in result.positions],
                "Share": [percent(p.value / total) for p in result.positions],
                "Treatment": [STATUS[p.status] for p in result.positions],
                "Why": [p.reason for p in result.positions],
            }
        ),
        hide_index=True,
        width="stretch",
        key="positions",
        column_config={
            name: st.column_config.TextColumn(name, alignment="right")
            for name in ("Quantity", "Price", "Value", "Share")
        },
    )
