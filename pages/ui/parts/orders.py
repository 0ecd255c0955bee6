"""The orders of a plan as a short table, to copy, to save and to report as traded; `tickets` has them in full."""

from __future__ import annotations

from datetime import UTC, datetime

import streamlit as st

from hedge_core import HedgeAssessment
from hedge_core.reports.ticket.filled import with_filled
from hedge_core.reports.ticket.order import Order, Ticket
from pages.ui.parts import as_filled, elements, tickets
from pages.ui.parts.format import md, quantity, usd
from pages.ui.session import link_market, state


def draw(result: HedgeAssessment) -> None:
    """The orders of the plan; proportions for a link without amounts."""
    link = link_market.pinned(result.plan)
    if link is not None and link[0].is_hidden:
        tickets.draw(result)
        return
    with st.container(border=True, key="orders"):
        elements.orders_header(result)
        as_filled.say(result)
        found = as_filled.tickets(result)
        if not found:
            st.markdown(as_filled.NO_TRADE)
            return
        ticket, *later = found
        if later or result.plan.decisions.stages.parts > 1:
            st.caption(md(f"{ticket.title}. The Size page has every stage."))
        if ticket.refused:
            tickets.refusal(result, ticket)
        elif not ticket.orders:
            st.markdown(as_filled.no_order(result))
            return
        if ticket.orders:
            venues = ", ".join(dict.fromkeys(order.venue for order in ticket.orders))
            what = "Still to trade" if result.plan.execution.fills else "Sell"
            st.caption(f"{what} at {md(venues)}. The Size page says how to send them.")
            has_cuts = any(order.side == "buy" for order in ticket.orders)
            currencies = {order.price_unit.currency for order in ticket.orders}
            currency = currencies.pop() if len(currencies) == 1 else ""
            rows = [_row(order, currency, has_cuts=has_cuts) for order in ticket.orders]
            st.table(rows[: elements.MOST_ORDERS], border="horizontal", hide_index=True)
            if rest := rows[elements.MOST_ORDERS :]:
                with st.expander(elements.more_orders(len(rest)), key="orders_rest"):
                    st.table(rest, border="horizontal", hide_index=True)
        for stop in result.stop_orders:
            if stop.sentence:
                st.caption(md(stop.sentence if stop.is_placed else tickets.stop_text(stop)))
        if ticket.orders:
            _actions(result, ticket)


def _row(order: Order, currency: str, *, has_cuts: bool) -> dict[str, str]:
    """A line of the table; where some orders buy back, each says what it does, and where currencies differ, its own."""
    count = quantity(order.quantity)
    return {
        **({"Order": f"{order.action} {count}"} if has_cuts else {"Sell": count}),
        "Contract": f"**{md(order.code)}** {md(order.size)}",
        f"Limit ({currency})" if currency else "Limit": md(order.limit_text + _unit(order, currency)),
        "≈ $": md(usd(order.notional)),
    }


def _unit(order: Order, currency: str) -> str:
    """What the limit is for, where that is not one coin of the contract in the `currency` of the column."""
    own, coins = order.price_unit
    return ("" if currency else f" {own}") + ("" if order.size.endswith(f" {coins}") else f" per {coins}")


def _actions(result: HedgeAssessment, ticket: Ticket) -> None:
    """The buttons under the table: report as traded, copy, save."""
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.button("I have traded these", type="primary", key="traded", on_click=_trade, args=(result, ticket))
        with st.popover("Copy", icon=":material/content_copy:", key="orders_copy"):
            st.code(ticket.text, language=None, wrap_lines=True)
        tickets.csv_button(result, (ticket,), label="CSV", key="orders_csv")


def _trade(result: HedgeAssessment, ticket: Ticket) -> None:
    """Callback: every order is filled at its limit; coins without a price stay in the bag."""
    moment = result.market.moment_at(datetime.now(UTC))
    state.change(execution=with_filled(result, ticket.orders, moment).execution)
