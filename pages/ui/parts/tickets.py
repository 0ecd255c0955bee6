"""The order ticket on a page: the orders, stages, top-up, and the ticket as a file."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import streamlit as st

from hedge_core import HedgeAssessment
from hedge_core.plan.bag import StopOrder
from hedge_core.reports.ticket.files import tickets_csv
from hedge_core.reports.ticket.order import Ticket
from hedge_core.reports.ticket.tickets import top_up
from pages.ui.parts import as_filled, elements, stages
from pages.ui.parts.format import md
from pages.ui.session import link_market, state


def draw(
    result: HedgeAssessment, rows: Callable[[HedgeAssessment, Sequence[Ticket]], None] = lambda result, tickets: None
) -> None:
    """The orders, drawn by `rows`, and how to send them; proportions for a link without amounts."""
    with st.container(border=True, key="orders"):
        link = link_market.pinned(result.plan)
        if link is not None and link[0].is_hidden:
            _proportions(result)
            return
        elements.orders_header(result)
        tickets = as_filled.tickets(result)
        for ticket in tickets:
            if ticket.refused:
                refusal(result, ticket)
        rows(result, tickets)
        if not tickets:
            st.markdown(as_filled.NO_TRADE)
        elif not any(ticket.orders or ticket.refused for ticket in tickets):
            st.markdown(as_filled.no_order(result))
        _stop_orders(result)
        topping_up = top_up(result)
        if topping_up is not None and not any(ticket.refused for ticket in tickets):
            st.markdown(f":material/savings: {md(topping_up.sentence)}")
        _how_to_send(tickets)
        with st.container(horizontal=True, vertical_alignment="bottom"):
            if result.traded_legs:
                stages.draw()
            csv_button(result, tickets, label="Order ticket (CSV)", key="ticket_csv")


def csv_button(result: HedgeAssessment, tickets: Sequence[Ticket], *, label: str, key: str) -> None:
    """A button that saves the tickets as a file."""
    st.download_button(
        label,
        tickets_csv(result, tickets),
        file_name="order-ticket-PRACTICE.csv" if result.is_practice else "order-ticket.csv",
        mime="text/csv",
        icon=":material/download:",
        on_click="ignore",
        key=key,
    )


def refusal(result: HedgeAssessment, ticket: Ticket) -> None:
    """Why the ticket is refused and, before there are fills, a press that takes the counts that would pass."""
    st.warning("  \n".join(md(reason) for reason in ticket.refused), icon=":material/block:")
    is_whole = not result.plan.execution.fills and result.plan.decisions.stages.parts == 1
    if is_whole and ticket.passing:
        st.button("Take the counts that pass", key="take_passing", on_click=_take, args=(dict(ticket.passing),))


def _take(lots: dict[str, int]) -> None:
    """Callback: these counts, as if they had been set on the Size page."""
    state.set_plan(state.plan().with_overrides(lots={**state.plan().overrides.lots, **lots}))


def _how_to_send(tickets: Sequence[Ticket]) -> None:
    """Every order as the venue's form takes it, stage by stage."""
    if not any(ticket.orders for ticket in tickets):
        return
    title = "How to send them" if len(tickets) == 1 else f"How to send them, in {len(tickets)} stages"
    with st.expander(title, icon=":material/list_alt:"):
        for ticket in tickets:
            if len(tickets) > 1:
                st.markdown(f"**{md(ticket.title)}**")
            lines = []
            for order in ticket.orders:
                details = "".join(f"\n    - {md(detail)}" for detail in order.details)
                lines.append(f"- {md(order.sentence)}{details}")
            st.markdown("\n".join(lines))
            for note in ticket.notes:
                st.markdown(md(note))


def _proportions(result: HedgeAssessment) -> None:
    """A link with hidden amounts: what is short for each $100 of the bag, and no order."""
    st.header("In proportion")
    st.markdown("Amounts are hidden in the link that this came from. For each $100 of the bag:".replace("$", "\\$"))
    for leg in result.legs:
        if leg.contracts:
            st.markdown(f"- short {md(f'${leg.notional:,.2f}')} of {md(leg.underlying)}, with {md(leg.contract.id)}")


def _stop_orders(result: HedgeAssessment) -> None:
    for stop in result.stop_orders:
        if stop.sentence:
            st.markdown(f":material/block: {md(stop_text(stop))}")


def stop_text(stop: StopOrder) -> str:
    """The sentence of a stop order, with the reason why it is no hedge."""
    return f"{stop.sentence.removesuffix('.')} (a speculative trade, not hedged)."
