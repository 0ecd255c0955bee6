"""Fills ticked on the orders: quantity and price are filled in, can be changed, and say what slipped."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from hedge_core import HedgeAssessment, HedgeError
from hedge_core.monitoring.execution import as_proposed
from hedge_core.reports.ticket.filled import FilledOrder, with_fills
from hedge_core.reports.ticket.order import Order
from hedge_core.reports.ticket.tickets import resizing_ticket
from hedge_core.text import exact_percent, signed_usd
from pages.ui.monitor.today import now
from pages.ui.parts import as_filled, elements
from pages.ui.parts.format import md, quantity
from pages.ui.session import state

MOST_BELOW_FILLS = 4
"""Orders to tick below the table of what is filled; the rest is folded."""


def draw(result: HedgeAssessment) -> None:
    """The orders that are asked for and not filled yet, each with a tick; nothing if there are none."""
    orders = [order for ticket in as_filled.tickets(result) for order in ticket.orders]
    if orders:
        st.header("Tick what is filled")
        _ticks(result, orders)
        st.caption("Everything can be corrected afterwards, under Position.")


def draw_unasked(result: HedgeAssessment) -> None:
    """Folded, the orders that would bring the position to the plan's counts and that nothing asks for today."""
    if as_filled.tickets(result):
        return
    try:
        unasked = resizing_ticket(result).orders
    except HedgeError:  # the page says above what is wrong with the fills
        return
    if unasked:
        with st.expander("Made another trade? Tick it here", icon=":material/done_all:"):
            st.caption("These bring the position to the plan's counts. None of them has to be sent now.")
            _ticks(result, unasked)


def _ticks(result: HedgeAssessment, orders: Sequence[Order]) -> None:
    is_new = not result.plan.execution.fills
    numbered, most = list(enumerate(orders)), elements.MOST_ORDERS if is_new else MOST_BELOW_FILLS
    with st.container(gap="xxsmall"):
        found = [_row(number, order) for number, order in numbered[:most]]
    if rest := numbered[most:]:
        with st.expander(elements.more_orders(len(rest)), key="fills_rest"):
            found += [_row(number, order) for number, order in rest]
    filled = [one for one in found if one is not None]
    with st.container(horizontal=True, vertical_alignment="center"):
        count = f"{len(filled)} {'order' if len(filled) == 1 else 'orders'}" if filled else "ticked orders"
        st.button(
            f"Record {count} as filled",
            type="primary",
            icon=":material/done_all:",
            key="record_fills",
            disabled=not filled,
            on_click=_record,
            args=(result, tuple(filled), len(orders)),
        )
        if is_new:
            st.button("All filled as proposed", key="as_proposed", on_click=_all, args=(result,))


def _row(number: int, order: Order) -> FilledOrder | None:
    """The order as it was filled, or None while it is not ticked."""
    unit = f"{quantity(order.quantity)} × {order.code}"
    with st.container(horizontal=True, vertical_alignment="bottom", key=f"fill_row_{number}", gap="small"):
        label = f"{md(order.action)} {md(unit)} at {md(order.limit_text)}"
        if not st.checkbox(label, key=f"fill_tick_{number}"):
            return None
        lots = _lots(number, order)
        at = st.number_input(
            f"Price of {md(order.code)} (USD per coin)",
            min_value=0.0,
            max_value=1e14,
            value=order.price,
            format="%.8g",
            key=f"fill_at_{number}",
            width=200,
        )
        if at <= 0.0:
            st.caption("Enter the price.")
            return None
        filled = FilledOrder(order, lots, at)
        st.caption(md(slippage(filled)))
    return filled


def _lots(number: int, order: Order) -> int:
    """The lots that were filled, asked for in the units of the order form, in which the venue reports them."""
    label = f"Contracts of {md(order.code)}"
    if order.quantity == order.lots:
        return int(st.number_input(label, 1, order.lots, value=order.lots, key=f"fill_count_{number}", width=140))
    lot = order.quantity / order.lots
    filled = st.number_input(
        label,
        min_value=lot,
        max_value=order.quantity,
        value=order.quantity,
        step=lot,
        format="%.8g",
        key=f"fill_quantity_{number}",
        width=140,
    )
    return max(1, round(filled / lot))


def slippage(filled: FilledOrder) -> str:
    """How far the price was from the limit, in percent and dollars; plus is money to the holder."""
    rate = filled.slippage_rate
    amount = rate * filled.order.notional * filled.lots / filled.order.lots
    if abs(amount) < 0.005:
        return "At the limit."
    word = "better" if rate > 0.0 else "worse"
    return f"{exact_percent(abs(rate))} {word} than the limit: {signed_usd(amount)}."


def _record(result: HedgeAssessment, filled: tuple[FilledOrder, ...], count: int) -> None:
    """Callback: take the ticked orders as fills; coins without a price stay in the bag."""
    moment = result.market.moment_at(now())
    state.change(execution=with_fills(result, filled, moment).execution)
    for number in range(count):  # the orders that remain move up
        for part in ("tick", "count", "quantity", "at"):
            st.session_state.pop(f"fill_{part}_{number}", None)


def _all(result: HedgeAssessment) -> None:
    moment = result.market.moment_at(now())
    state.change(execution=as_proposed(result, moment).execution)
