"""A venue's export read: what was found is shown, then taken over, or not."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

import pandas as pd
import streamlit as st

from hedge_core import HedgeAssessment, HedgeError
from hedge_core.documents.fills.file import FillsImport, fills_csv, read_fills, titles_in
from hedge_core.documents.fills.overlap import new_entries
from hedge_core.documents.fills.table import fields
from hedge_core.documents.reader.doubts import MOST_SHOWN, at_most
from hedge_core.documents.reader.number_style import Mark
from hedge_core.hedge.contract_choice import known_contracts
from hedge_core.market.venues import VENUES
from hedge_core.monitoring.execution import noted
from hedge_core.monitoring.option_ledger import post_futures
from hedge_core.plan.fills import Fill, FundingPayment
from pages.ui.monitor.today import now
from pages.ui.parts import elements
from pages.ui.parts.format import md, price
from pages.ui.session import state

MOST_FILLS = 2_000
MOST_LISTED = 200
"""Fills in the preview; all of them are taken."""

MARKS: dict[str, Mark] = {"12.5": "point", "12,5": "comma"}


def draw(result: HedgeAssessment) -> None:
    st.header("Read a venue's export")
    version = st.session_state.get("fills_version", 0)  # a file that has been taken leaves the box
    upload = st.file_uploader(
        "Table of trades or funding (CSV, Excel)",
        type=["csv", "txt", "tsv", "xlsx"],
        key=f"fills_upload_{version}",
        help="Or the file that is saved above.",
    )
    st.download_button(
        "An empty table to fill in",
        fills_csv(()),
        file_name="fills-template.csv",
        mime="text/csv",
        on_click="ignore",
        key="fills_template",
        icon=":material/download:",
        type="tertiary",
    )
    if upload is None:
        return
    known = known_contracts(result.plan, result.market)
    try:
        read = read_fills(upload.getvalue(), known, market=result.market, **_reading(upload.file_id))
    except HedgeError as error:
        elements.faults("This table cannot be read. Nothing has changed.", str(error).splitlines())
        _choose_columns(titles_in(upload.getvalue()), {}, upload.file_id)
        return
    _preview(read, upload.file_id)
    if read.fills or read.payments:
        is_open = bool(read.questions) and not st.checkbox(
            "I have checked the questions above", key=f"fills_checked_{upload.file_id}"
        )
        with st.container(horizontal=True):
            if st.button("Add them", type="primary", key="fills_add", disabled=is_open):
                take(result, read.fills, read.payments)
            if st.button("Replace what is entered", key="fills_replace", disabled=is_open):
                take(result, read.fills, read.payments, replaces=True)


def _reading(file_id: str) -> dict[str, Any]:
    """How to read the table: what its own columns do not tell."""
    chosen: dict[str, Any] = {}
    with st.expander("If something is read wrongly"):
        zone = st.number_input(
            "Times are ahead of UTC by (hours)",
            -14.0,
            14.0,
            value=None,
            step=0.5,
            key="fills_zone",
            placeholder="as written",
        )
        if zone is not None:
            chosen["utc_offset"] = timedelta(hours=zone)
        signs = {
            "auto": "As the table tells",
            "paid_is_positive": "A positive fee was paid",
            "paid_is_negative": "A negative fee was paid",
        }
        sign = st.radio("Fees", list(signs), format_func=signs.__getitem__, key="fills_sign")
        if sign != "auto":
            chosen["fee_sign"] = sign
        venue = st.selectbox(
            "Venue",
            list(VENUES),
            index=None,
            key="fills_venue",
            placeholder="as the table tells",
            help="For a table that names contracts as several venues do, such as BTCUSDT.",
        )
        if venue is not None:
            chosen["venue"] = venue
        mark = st.segmented_control("How does the table write twelve and a half?", list(MARKS), key="fills_mark")
        if mark is not None:
            chosen["decimal_mark"] = MARKS[mark]
    mapping = st.session_state.get("fills_mapping")
    if mapping and mapping[0] == file_id:
        chosen["mapping"] = mapping[1]
    return chosen


def _preview(read: FillsImport, file_id: str) -> None:
    used = ", ".join(f"{name}: “{column}”" for name, column in read.mapping.items())
    venue = f" Taken to be from {read.venue}." if read.venue else ""
    st.caption(md(f"{len(read.fills)} fills and {len(read.payments)} payments read.{venue} Columns used: {used}."))
    if read.faults:
        elements.faults("Refused, and left out:", [str(fault) for fault in at_most(read.faults)])
    if read.questions:
        st.warning("  \n".join(md(str(doubt)) for doubt in read.questions[:MOST_SHOWN]), icon=":material/help:")
    for note in read.notes:
        st.caption(md(note))
    if read.fills:
        elements.table(_frame(read), key="fills_preview", right=("Row", "Lots", "Price", "Fee"))
    _choose_columns(read.columns, read.mapping, file_id)


def _frame(read: FillsImport) -> pd.DataFrame:
    """A line for each fill; a fee that is not known is said."""
    listed = list(zip(read.rows, read.fills, strict=True))[:MOST_LISTED]
    return pd.DataFrame(
        {
            "Row": [str(row) for row, _ in listed],
            "Time (UTC)": [f"{fill.at:%Y-%m-%d %H:%M:%S}" for _, fill in listed],
            "Contract": [f"{fill.contract} {fill.expiry or ''}".strip() for _, fill in listed],
            "Side": [fill.side for _, fill in listed],
            "Lots": [f"{fill.contracts:,}" for _, fill in listed],
            "Price": [price(fill.price) for _, fill in listed],
            "Fee": ["not known" if row in read.open_fees else f"{fill.fee:,.2f}" for row, fill in listed],
        }
    )


def _choose_columns(titles: Sequence[str], mapping: Mapping[str, str], file_id: str) -> None:
    """Which column is which, to be changed by hand; also for a table that is refused."""
    if len(titles) < 2:
        return
    with st.expander("Change the columns", expanded=not mapping):
        options = ["(none)", *dict.fromkeys(titles)]
        chosen = {name: title for name, title in mapping.items() if name in fields()}
        for name in ("time", "contract", "side", "lots", "quantity", "price", "fee", "funding", "expiry"):
            current = mapping.get(name)
            choice = st.selectbox(
                name.capitalize(),
                options,
                index=options.index(current) if current in options else 0,
                key=f"fills_map_{name}",
            )
            chosen.pop(name, None)
            if choice != "(none)":
                chosen[name] = choice
        if st.button("Read again with these columns", key="fills_map_again"):
            st.session_state.fills_mapping = (file_id, chosen)
            st.rerun()


def take(
    result: HedgeAssessment, fills: tuple[Fill, ...], payments: tuple[FundingPayment, ...], *, replaces: bool = False
) -> None:
    """Post them together with what is there; what does not fit is said and nothing is changed."""
    plan = state.plan()
    before = ((), ()) if replaces else (plan.execution.fills, plan.execution.payments)
    latest = max(now(), result.market.as_of) + timedelta(days=1)
    ahead = [entry for entry in (*fills, *payments) if entry.at > latest]
    if ahead:
        elements.faults("Not taken.", [f"{ahead[0].contract} at {ahead[0].at:%Y-%m-%d %H:%M} UTC lies in the future."])
        return
    (new, held), (paid, held_payments) = new_entries(before[0], fills), new_entries(before[1], payments)
    repeated = held + held_payments
    both = (*before[0], *new), (*before[1], *paid)
    if max(map(len, both)) > MOST_FILLS:
        elements.faults("Not taken.", [f"A plan holds at most {MOST_FILLS:,} fills and as many payments."])
        return
    try:
        post_futures(*both, known_contracts(plan, result.market))
    except HedgeError as error:
        elements.faults("Not taken; nothing has changed.", str(error).splitlines())
        return
    executed = plan.with_execution(fills=both[0], payments=both[1])
    again = f" {repeated} were there already and are left out." if repeated else ""
    state.set_plan(noted(executed, now(), f"Entered: {len(new)} fills, {len(paid)} funding payments.{again}"))
    st.toast(f"{len(new)} fills and {len(paid)} payments taken.{again}", icon=":material/check:")
    st.session_state.fills_version = st.session_state.get("fills_version", 0) + 1
    st.rerun()
