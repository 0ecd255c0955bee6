"""A venue's export read: what was found is shown, then taken over, or not."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import streamlit as st

from hedge_core import HedgeAssessment, HedgeError
from hedge_core.documents.fills.file import FillsImport, fills_csv, read_fills
from hedge_core.hedge.contract_choice import known_contracts
from hedge_core.monitoring.execution import noted
from hedge_core.monitoring.ledger import post
from hedge_core.plan.fills import Fill, FundingPayment
from pages.ui.monitor.today import now
from pages.ui.parts import elements
from pages.ui.parts.format import md
from pages.ui.session import state

MOST_FILLS = 2_000


def draw(result: HedgeAssessment) -> None:
    st.header("Read a venue's export")
    version = st.session_state.get("fills_version", 0)  # a file that has been taken leaves the box
    upload = st.file_uploader(
        "CSV with trades or funding",
        type=["csv", "txt"],
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
        read = read_fills(upload.getvalue(), known, **_reading(upload.file_id))
    except HedgeError as error:
        elements.faults("This table cannot be read. Nothing has changed.", str(error).splitlines())
        return
    _preview(read, upload.file_id)
    if read.fills or read.payments:
        with st.container(horizontal=True):
            if st.button("Add them", type="primary", key="fills_add"):
                take(result, read.fills, read.payments)
            if st.button("Replace what is entered", key="fills_replace"):
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
    mapping = st.session_state.get("fills_mapping")
    if mapping and mapping[0] == file_id:
        chosen["mapping"] = mapping[1]
    return chosen


def _preview(read: FillsImport, file_id: str) -> None:
    used = ", ".join(f"{name}: “{column}”" for name, column in read.mapping.items())
    venue = f" Taken to be from {read.venue}." if read.venue else ""
    st.caption(md(f"{len(read.fills)} fills and {len(read.payments)} payments read.{venue} Columns used: {used}."))
    if read.faults:
        elements.faults("Left out:", [str(fault) for fault in read.faults])
    for note in read.notes:
        st.caption(md(note))
    with st.expander("Change the columns"):
        options = ["(none)", *read.columns]
        chosen = dict(read.mapping)
        for name in ("time", "contract", "side", "lots", "quantity", "price", "fee", "funding", "expiry"):
            current = read.mapping.get(name)
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
    new = [fill for fill in fills if fill not in before[0]]
    paid = [payment for payment in payments if payment not in before[1]]
    repeated = len(fills) + len(payments) - len(new) - len(paid)
    both = (*before[0], *new), (*before[1], *paid)
    if max(map(len, both)) > MOST_FILLS:
        elements.faults("Not taken.", [f"A plan holds at most {MOST_FILLS:,} fills and as many payments."])
        return
    try:
        post(*both, known_contracts(plan, result.market))
    except HedgeError as error:
        elements.faults("Not taken; nothing has changed.", str(error).splitlines())
        return
    executed = plan.with_execution(fills=both[0], payments=both[1])
    again = f" {repeated} were there already and are left out." if repeated else ""
    state.set_plan(noted(executed, now(), f"Entered: {len(new)} fills, {len(paid)} funding payments.{again}"))
    st.toast(f"{len(new)} fills and {len(paid)} payments taken.{again}", icon=":material/check:")
    st.session_state.fills_version = st.session_state.get("fills_version", 0) + 1
    st.rerun()
