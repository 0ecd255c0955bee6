"""The orders of a plan as a table, to copy, to save and to report as traded."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import streamlit as st

from hedge_core import HedgeAssessment
from hedge_core.monitoring.execution import as_proposed
from hedge_core.reports.orders import Order, order_ticket, order_ticket_csv
from pages.ui.parts import elements
from pages.ui.parts.format import md, price, quantity, usd
from pages.ui.session import link_market, state


def draw(result: HedgeAssessment) -> None:
    """The orders of the plan; proportions for a link without amounts."""
    link = link_market.pinned(result.plan)
    if link is not None and link[0].is_hidden:
        elements.ticket(result)
        return
    with st.container(border=True, key="orders"):
        mark = "PRACTICE" if result.is_practice else "EXAMPLE: simulated prices" if result.market.simulated else ""
        st.header("Orders" + (f" :orange-badge[{mark}]" if mark else ""))
        orders = order_ticket(result)
        if not orders:
            st.markdown("Nothing to sell: the reasons are below. To hedge more, move the slider on the Risk page.")
            return
        st.caption(f"Sell at {md(_venues(orders))}; limits are today's prices per coin.")
        st.table([_row(order) for order in orders], border="horizontal", hide_index=True)
        for stop in result.stop_orders:
            if stop.stop_price is not None:
                st.caption(
                    f"Also a stop: sell {quantity(stop.quantity)} {md(stop.coin)} at {md(price(stop.stop_price))}."
                )
        _actions(result, orders)


def _venues(orders: tuple[Order, ...]) -> str:
    return ", ".join(dict.fromkeys(order.venue for order in orders))


def _row(order: Order) -> dict[str, str]:
    return {
        "Sell": quantity(order.quantity),
        "Contract": f"**{md(order.contract)}** {md(order.size)}",
        "Limit": md(price(order.price)),
        "≈ $": md(usd(order.notional)),
    }


def _actions(result: HedgeAssessment, orders: tuple[Order, ...]) -> None:
    """The buttons under the table: report as traded, copy, save."""
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        if not result.plan.execution.fills:
            st.button("I have traded these", type="primary", key="traded", on_click=_trade, args=(result,))
        with st.popover("Copy", icon=":material/content_copy:", key="orders_copy"):
            st.code("\n".join(order.sentence for order in orders), language=None, wrap_lines=True)
        st.download_button(
            "CSV",
            order_ticket_csv(result),
            file_name="order-ticket-PRACTICE.csv" if result.is_practice else "order-ticket.csv",
            mime="text/csv",
            icon=":material/download:",
            on_click="ignore",
            key="orders_csv",
        )


def _trade(result: HedgeAssessment) -> None:
    """Callback: every order is filled at its price; coins without a price stay in the bag."""
    moment = result.market.as_of if result.market.simulated else datetime.now(UTC)
    state.set_plan(replace(state.plan(), execution=as_proposed(result, moment).execution))
