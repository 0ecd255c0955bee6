"""The position as executed: fills typed or read from a venue's export, and stop orders."""

from __future__ import annotations

from datetime import UTC, datetime, time
from typing import Any

import streamlit as st

from hedge_core import Catalogue, Contract, HedgeAssessment, HedgeError
from hedge_core.documents.fills.file import fills_csv
from hedge_core.hedge.contract_choice import known_contracts
from hedge_core.market.expiries import held_expiry
from hedge_core.market.instruments import instrument_of
from hedge_core.monitoring.execution import noted, without_position
from hedge_core.plan.fills import Fill, FundingPayment
from hedge_core.reports.tax_csv import NO_ADVICE, records_of, tax_csv
from hedge_core.text import signed_usd as plain_signed_usd
from pages.ui.monitor import fills, import_fills
from pages.ui.monitor.today import now
from pages.ui.parts import elements
from pages.ui.parts.format import md, price, usd
from pages.ui.session import state

MOST_USD = 1e14


def draw(result: HedgeAssessment) -> None:
    """What is entered, and ways to enter more."""
    _table(result)
    fills.draw_unasked(result)
    left, right = st.columns(2, gap="large")
    with left, st.container(border=True):
        _form(result)
    with right, st.container(border=True):
        import_fills.draw(result)
    _stops(result)


def _stops(result: HedgeAssessment) -> None:
    """The prices at which stop orders of speculative holdings stand."""
    coins = list(dict.fromkeys(p.holding.coin for p in result.held_coins if p.status == "speculative"))
    if not coins:
        return
    st.header("Stop orders")
    with st.container(horizontal=True):
        for coin in coins:
            st.number_input(
                f"{md(coin)}, USD per coin",
                0.0,
                MOST_USD,
                step=0.01,
                format="%.8g",
                key=state.seed(f"stop_{coin}", float(result.plan.execution.stop_prices.get(coin, 0.0))),
                on_change=_set_stop,
                args=(coin,),
                help="0: no order is placed.",
            )


def _set_stop(coin: str) -> None:
    plan = state.plan()
    stops = {name: at for name, at in plan.execution.stop_prices.items() if name != coin}
    at = st.session_state[f"stop_{coin}"]
    state.set_plan(plan.with_execution(stop_prices={**stops, coin: at} if at > 0 else stops))


def _table(result: HedgeAssessment) -> None:
    execution = result.plan.execution
    if not execution.fills and not execution.payments:
        st.info("No fill is entered. Tick the orders under Today, type a fill, or read your venue's export.")
        return
    rows = [_row(number, fill) for number, fill in enumerate(execution.fills, start=1)]
    if rows:
        elements.table(rows, key="fills_table")
    total = sum(payment.amount for payment in execution.payments)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        count, payments = (len(found) for found in (execution.fills, execution.payments))
        st.markdown(
            f"{count} {'fill' if count == 1 else 'fills'}, {payments} funding "
            f"{'payment' if payments == 1 else 'payments'} ({md(usd(total))})."
        )
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
        _tax_button(result)
        if execution.fills:
            number = st.number_input(
                "Fill", min_value=1, max_value=len(execution.fills), step=1, key="fill_number", width=120
            )
            st.button("Remove this fill", key="fill_remove", on_click=_remove, args=(int(number) - 1,))
        if execution.payments:
            st.selectbox(
                "Funding payment",
                range(len(execution.payments)),
                format_func=lambda place: md(_payment_text(execution.payments[place])),
                key="payment_number",
                width=320,
            )
            st.button("Remove this payment", key="payment_remove", on_click=_remove_payment)
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
    gone = fills[place]
    plan = plan.with_execution(fills=fills[:place] + fills[place + 1 :])
    state.set_plan(noted(plan, now(), f"Fill removed: {gone.side} {gone.contracts} {gone.contract} at {gone.price:g}."))


def _payment_text(payment: FundingPayment) -> str:
    return f"{payment.at:%Y-%m-%d %H:%M} {payment.contract} {plain_signed_usd(payment.amount)}"


def _remove_payment() -> None:
    plan, place = state.plan(), st.session_state.payment_number
    payments = plan.execution.payments
    if place < len(payments):
        plan = plan.with_execution(payments=payments[:place] + payments[place + 1 :])
        state.set_plan(noted(plan, now(), f"Funding payment removed: {_payment_text(payments[place])}."))


def _tax_button(result: HedgeAssessment) -> None:
    """The records as CSV for a tax program."""
    try:
        records = tax_csv(records_of(result))
    except HedgeError:
        return  # the Today view says what is wrong with the fills
    st.download_button(
        "For a tax program (CSV)",
        records,
        file_name="hedge-records.csv",
        mime="text/csv",
        on_click="ignore",
        key="tax_csv",
        icon=":material/receipt_long:",
        type="tertiary",
        help=NO_ADVICE,
    )


def _clear() -> None:
    state.set_plan(noted(without_position(state.plan()), now(), "All fills removed."))


def _form(result: HedgeAssessment) -> None:
    st.header("Type a fill or a funding payment")
    kind = st.segmented_control(
        "What", ["sell", "buy", "funding"], default="sell", key="fill_kind", label_visibility="collapsed", required=True
    )
    known = known_contracts(result.plan, result.market)
    name = st.selectbox("Contract", _ids(result, known), key="fill_contract")
    contract = known.get(name)
    with st.container(horizontal=True):
        day = st.date_input("Day (UTC)", result.market.as_of.date(), key="fill_day")
        hour = st.time_input("Time (UTC)", time(12, 0), key="fill_time")
    expiry = None
    if instrument_of(contract).expires:
        expiry = st.date_input(
            "The future ends on", held_expiry(contract, day) or result.market.as_of.date(), key="fill_expiry"
        )
    typed = _payment() if kind == "funding" else _trade(result, contract, kind)
    if st.button("Add it", type="primary", key="fill_add", disabled=typed is None) and typed is not None:
        fields = {"at": datetime.combine(day, hour, UTC), "contract": name, "expiry": expiry, **typed}
        try:
            if kind == "funding":
                import_fills.take(result, (), (FundingPayment(**fields),))
            else:
                import_fills.take(result, (Fill(**fields),), ())
        except HedgeError as error:
            elements.faults("Not taken; nothing has changed.", str(error).splitlines())


def _ids(result: HedgeAssessment, known: Catalogue) -> list[str]:
    """The contracts that may be named, those held and those of the plan first."""
    ids = [contract.id for contract in known]
    held = [fill.contract for fill in result.plan.execution.fills]
    planned = [leg.contract.id for leg in result.legs]
    first = [name for name in dict.fromkeys([*held, *planned]) if name in ids]
    return [*first, *(name for name in ids if name not in first)]


def _payment() -> dict[str, Any] | None:
    """The fields of a funding payment, None until an amount is typed."""
    amount = st.number_input(
        "Received in USD (paid: below zero)", -MOST_USD, MOST_USD, value=0.0, step=1.0, key="fill_amount"
    )
    return {"amount": amount} if amount else None


def _trade(result: HedgeAssessment, contract: Contract, side: str) -> dict[str, Any] | None:
    """The fields of a fill, None until a price is typed; a warning if it is far from the market's."""
    size = f"Lots (one is {md(contract.size_text())})"
    lots = st.number_input(size, min_value=1, max_value=10**9, step=1, key="fill_lots")
    paid = st.number_input("Price (USD per coin)", 0.0, MOST_USD, step=1.0, format="%.8g", key="fill_price")
    fee = st.number_input("Fee (USD)", -MOST_USD, MOST_USD, value=0.0, step=0.1, key="fill_fee")
    if not paid:
        return None
    market = result.underlying_price_or_none(contract.underlying)
    if market and not 0.7 <= paid / market <= 1.4:
        st.warning(
            md(f"{contract.underlying} stands at {price(market)}: is this the price of the right contract?"),
            icon=":material/warning:",
        )
    return {"side": side, "contracts": int(lots), "price": paid, "fee": fee, "amount_step": contract.amount_step}
