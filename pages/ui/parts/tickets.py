"""The order ticket on a page: the orders with ticks that become fills, stages, top-up, and the ticket as a file."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime

import streamlit as st

from hedge_core import HedgeAssessment
from hedge_core.monitoring.rolls import roll_statements
from hedge_core.reports.ticket.files import tickets_csv
from hedge_core.reports.ticket.filled import with_filled
from hedge_core.reports.ticket.order import Order, Ticket
from hedge_core.reports.ticket.tickets import top_up
from pages.ui.parts import as_filled, stages
from pages.ui.parts.format import md, price, quantity
from pages.ui.session import link_market, state


def draw(result: HedgeAssessment) -> None:
    """The orders in plain words, and as a file."""
    link = link_market.pinned(result.plan)
    if link is not None and link[0].is_hidden:
        with st.container(border=True, key="orders"):
            _proportions(result)
        return
    with st.container(border=True, key="orders"):
        mark = "PRACTICE" if result.is_practice else "EXAMPLE: simulated prices" if result.market.simulated else ""
        st.header("Orders" + (f" :orange-badge[{mark}]" if mark else ""))
        if result.traded_legs:
            stages.draw()
        as_filled.say(result)
        tickets = as_filled.tickets(result)
        if not tickets:
            st.markdown(as_filled.NO_TRADE)
        for ticket in tickets:
            _ticket(ticket, with_title=len(tickets) > 1)
        _stop_orders(result)
        _fill_button(result, tickets)
        topping_up = top_up(result)
        if topping_up is not None:
            st.markdown(f":material/savings: {md(topping_up.sentence)}")
        for statement in roll_statements(result):
            st.markdown(f":material/event: {md(statement)}")
        st.download_button(
            "Order ticket (CSV)",
            tickets_csv(result, tickets),
            file_name="order-ticket-PRACTICE.csv" if result.is_practice else "order-ticket.csv",
            mime="text/csv",
            icon=":material/download:",
            on_click="ignore",
            key="ticket_csv",
        )


def _ticket(ticket: Ticket, *, with_title: bool) -> None:
    if with_title:
        st.markdown(f"**{md(ticket.title)}**")
    if not ticket.orders and not ticket.refused:
        st.markdown("Nothing to short: see the reasons below, or accept less risk on page 2.")
    if ticket.refused:
        st.warning("  \n".join(md(reason) for reason in ticket.refused), icon=":material/block:")
    for order in ticket.orders:
        st.checkbox(md(order.sentence), key=_key(ticket, order), help="Tick it once it is filled.")
    if ticket.orders:
        with st.expander("How to send them", icon=":material/list_alt:"):
            for order in ticket.orders:
                details = "".join(f"\n    - {md(detail)}" for detail in order.details)
                st.markdown(f"- {md(order.sentence)}{details}")
            for note in ticket.notes:
                st.markdown(md(note))


def _key(ticket: Ticket, order: Order) -> str:
    return f"filled {ticket.title} {order.place}"


def _fill_button(result: HedgeAssessment, tickets: Sequence[Ticket]) -> None:
    """Record the ticked orders as fills."""
    ticked = {_key(ticket, order): order for ticket in tickets for order in ticket.orders}
    ticked = {key: order for key, order in ticked.items() if st.session_state.get(key)}
    if not ticked:
        return
    count = f"{len(ticked)} {'order' if len(ticked) == 1 else 'orders'}"
    if st.button(f"Record {count} as filled at the limit", icon=":material/done_all:", key="record_fills"):
        moment = result.market.as_of if result.market.simulated else datetime.now(UTC)
        filled = with_filled(result, tuple(ticked.values()), moment).execution
        state.set_plan(replace(state.plan(), execution=filled))  # coins without a price stay in the bag
        for key in ticked:
            del st.session_state[key]
        st.rerun()


def _proportions(result: HedgeAssessment) -> None:
    """A link with hidden amounts: what is short for each $100 of the bag, and no order."""
    st.header("In proportion")
    st.markdown("Amounts are hidden in the link that this came from. For each $100 of the bag:".replace("$", "\\$"))
    for leg in result.legs:
        if leg.contracts:
            st.markdown(f"- short {md(f'${leg.notional:,.2f}')} of {md(leg.underlying)}, with {md(leg.contract.id)}")


def _stop_orders(result: HedgeAssessment) -> None:
    for stop in result.stop_orders:
        if stop.stop_price is not None:
            st.markdown(
                f":material/block: Sell stop {quantity(stop.quantity)} {md(stop.coin)} at "
                f"{md(price(stop.stop_price))} (a speculative trade, not hedged)."
            )
