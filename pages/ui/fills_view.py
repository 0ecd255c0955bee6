"""The position as executed: fills typed or read from a venue's export, and the journal."""

from __future__ import annotations

from datetime import UTC, datetime, time

import pandas as pd
import streamlit as st

from hedge_core import HedgeAssessment, HedgeError
from hedge_core.execution import noted, without_position
from hedge_core.expiries import held_expiry
from hedge_core.fills import Fill, FundingPayment
from hedge_core.ledger import post
from hedge_core.positions import known_contracts
from hedge_core.sources.fills_file import FillsImport, fills_csv, read_fills
from pages.ui import state, text
from pages.ui.format import md, price, usd
from pages.ui.monitor_view import now

MOST_FILLS = 2_000


def draw(result: HedgeAssessment) -> None:
    """What is entered, ways to enter more, the journal."""
    _table(result)
    left, right = st.columns(2, gap="large")
    with left, st.container(border=True):
        _form(result)
    with right, st.container(border=True):
        _upload(result)
    _journal(result)


def _table(result: HedgeAssessment) -> None:
    execution = result.plan.execution
    if not execution.fills and not execution.payments:
        st.info("No fill is entered. Mark the plan as executed under Today, type a fill, or read your venue's export.")
        return
    rows = [_row(number, fill) for number, fill in enumerate(execution.fills, start=1)]
    if rows:
        st.dataframe(pd.DataFrame(rows), hide_index=True, width="stretch", key="fills_table")
    total = sum(payment.amount for payment in execution.payments)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        st.markdown(f"{len(execution.fills)} fills, {len(execution.payments)} funding payments ({md(usd(total))}).")
        st.download_button(
            "Save them (CSV)",
            fills_csv(execution.fills, execution.payments),
            file_name="fills.csv",
            mime="text/csv",
            on_click="ignore",
            key="fills_csv",
            icon=":material/download:",
            type="tertiary",
        )
        if execution.fills:
            number = st.number_input(
                "Fill", min_value=1, max_value=len(execution.fills), step=1, key="fill_number", width=120
            )
            st.button("Remove this fill", key="fill_remove", on_click=_remove, args=(int(number) - 1,))
        st.button("Remove all", key="fills_clear", type="tertiary", on_click=_clear)


def _row(number: int, fill: Fill) -> dict[str, object]:
    return {
        "": number,
        "Time (UTC)": f"{fill.at:%Y-%m-%d %H:%M}",
        "Contract": fill.contract,
        "Ends": f"{fill.expiry:%d %b %Y}" if fill.expiry else "",
        "Side": fill.side,
        "Lots": fill.contracts,
        "Price": price(fill.price),
        "Fee": usd(fill.fee, cents=True),
        "Note": fill.note,
    }


def _remove(place: int) -> None:
    plan = state.plan()
    fills = plan.execution.fills
    state.set_plan(plan.with_execution(fills=fills[:place] + fills[place + 1 :]))


def _clear() -> None:
    state.set_plan(noted(without_position(state.plan()), now(), "All fills removed."))


def _form(result: HedgeAssessment) -> None:
    st.subheader("Type a fill or a funding payment")
    known = known_contracts(result.plan, result.market)
    mine = [leg.contract.id for leg in result.legs]
    held = [fill.contract for fill in result.plan.execution.fills]
    first = list(dict.fromkeys([*held, *mine]))
    others = [contract.id for contract in known if contract.id not in first]
    kind = st.segmented_control(
        "What", ["sell", "buy", "funding"], default="sell", key="fill_kind", label_visibility="collapsed", required=True
    )
    name = st.selectbox("Contract", [*first, *others], key="fill_contract")
    contract = known.get(name)
    with st.container(horizontal=True):
        day = st.date_input("Day (UTC)", result.market.as_of.date(), key="fill_day")
        hour = st.time_input("Time (UTC)", time(12, 0), key="fill_time")
    expiry = None
    if contract.kind == "future":
        expiry = st.date_input(
            "The future ends on", held_expiry(contract, day) or result.market.as_of.date(), key="fill_expiry"
        )
    moment = datetime.combine(day, hour, UTC)
    if kind == "funding":
        amount = st.number_input("Received in USD (paid: below zero)", value=0.0, step=1.0, key="fill_amount")
        entry: Fill | FundingPayment | None = (
            FundingPayment(at=moment, contract=name, amount=amount, expiry=expiry) if amount else None
        )
    else:
        lots = st.number_input(
            f"Lots (one is {contract.size_text()})", min_value=1, max_value=10**9, step=1, key="fill_lots"
        )
        at = st.number_input("Price (USD a coin)", min_value=0.0, step=1.0, format="%.8g", key="fill_price")
        fee = st.number_input("Fee (USD)", value=0.0, step=0.1, key="fill_fee")
        entry = (
            Fill(
                at=moment,
                contract=name,
                side="sell" if kind == "sell" else "buy",
                contracts=int(lots),
                price=at,
                fee=fee,
                expiry=expiry,
                amount_step=contract.amount_step,
            )
            if at > 0
            else None
        )
    if st.button("Add it", type="primary", key="fill_add", disabled=entry is None) and entry is not None:
        fills = (entry,) if isinstance(entry, Fill) else ()
        _take(result, fills, () if fills else (entry,))  # type: ignore[arg-type]


def _take(
    result: HedgeAssessment, fills: tuple[Fill, ...], payments: tuple[FundingPayment, ...], *, replaces: bool = False
) -> None:
    """Post them together with what is there; what does not fit is said and nothing is changed."""
    plan = state.plan()
    before = ((), ()) if replaces else (plan.execution.fills, plan.execution.payments)
    both = (*before[0], *fills), (*before[1], *payments)
    if max(map(len, both)) > MOST_FILLS:
        text.faults("Not taken.", [f"A plan holds at most {MOST_FILLS:,} fills and as many payments."])
        return
    try:
        post(*both, known_contracts(plan, result.market))
    except HedgeError as error:
        text.faults("Not taken; nothing has changed.", str(error).splitlines())
        return
    executed = plan.with_execution(fills=both[0], payments=both[1])
    state.set_plan(noted(executed, now(), f"Entered: {len(fills)} fills, {len(payments)} funding payments."))
    st.rerun()


def _upload(result: HedgeAssessment) -> None:
    st.subheader("Read a venue's export")
    upload = st.file_uploader(
        "CSV with trades or funding", type=["csv", "txt"], key="fills_upload", help="Or the file that is saved above."
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
        read = read_fills(upload.getvalue(), known, mapping=st.session_state.get("fills_mapping"))
    except HedgeError as error:
        text.faults("This table cannot be read. Nothing has changed.", str(error).splitlines())
        return
    _preview(read)
    if read.fills or read.payments:
        with st.container(horizontal=True):
            if st.button("Add them", type="primary", key="fills_add"):
                _take(result, read.fills, read.payments)
            if st.button("Replace what is entered", key="fills_replace"):
                _take(result, read.fills, read.payments, replaces=True)


def _preview(read: FillsImport) -> None:
    used = ", ".join(f"{name}: “{column}”" for name, column in read.mapping.items())
    venue = f" Taken to be from {read.venue}." if read.venue else ""
    st.caption(md(f"{len(read.fills)} fills and {len(read.payments)} payments read.{venue} Columns used: {used}."))
    if read.faults:
        text.faults("Left out:", [str(fault) for fault in read.faults])
    for note in read.notes:
        st.caption(md(note))
    with st.expander("Change the columns"):
        options = ["(none)", *read.columns]
        chosen = {}
        for name in ("time", "contract", "side", "lots", "quantity", "price", "fee", "funding", "expiry"):
            current = read.mapping.get(name)
            choice = st.selectbox(
                name.capitalize(),
                options,
                index=options.index(current) if current in options else 0,
                key=f"fills_map_{name}",
            )
            if choice != "(none)":
                chosen[name] = choice
        if st.button("Read again with these columns", key="fills_map_again"):
            st.session_state.fills_mapping = chosen
            st.rerun()


def _journal(result: HedgeAssessment) -> None:
    st.subheader("Journal")
    line = st.text_input("What you decided, and why", max_chars=500, key="journal_line")
    if st.button("Write it down", key="journal_add", disabled=not line.strip()):
        state.set_plan(noted(state.plan(), now(), line.strip()))
        st.rerun()
    for entry in reversed(result.plan.execution.journal):
        st.markdown(f"- **{entry.day:%d %b %Y}** {md(entry.text)}")
