"""The orders of the plan as rows, with plus and minus a contract in each and what that does."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import streamlit as st

from hedge_core import HedgeAssessment
from hedge_core.hedge.legs import SizedLeg
from hedge_core.reports.ticket.order import Order, Ticket
from hedge_core.text import NO_BREAK
from pages.ui import charts
from pages.ui.parts import as_filled, elements
from pages.ui.parts.format import md, usd
from pages.ui.session import state


def rows(result: HedgeAssessment, tickets: Sequence[Ticket]) -> None:
    """One row for each contract of the plan, with the limit of its order; the largest target first.

    The order is not by counts, which a press changes: no row moves away under the finger.
    """
    held = as_filled.shown(result)
    if held is result:
        as_filled.say(result)  # only why the fills cannot be shown: what is filled leads the page
    if not result.legs:
        st.info("Nothing in this bag can be hedged at this venue.")
        return
    orders = {f"{order.venue}:{order.contract}": order for ticket in reversed(tickets) for order in ticket.orders}
    filled = {} if held is result else {leg.contract.id: leg.lots for leg in held.legs}
    places = sorted(range(len(result.legs)), key=lambda place: -result.legs[place].target_notional)
    most = elements.MOST_TO_CHANGE if len(places) > elements.MOST_ORDERS else len(places)
    shown, rest = places[:most], places[most:]
    with st.container(key="order_rows", gap=None):
        for place in shown:
            leg = result.legs[place]
            _row(result, place, leg, orders.get(leg.contract.id), filled.get(leg.contract.id))
    if rest:
        with st.expander(elements.more_orders(len(rest)), key="order_rows_rest"):
            for place in rest:
                leg = result.legs[place]
                _row(result, place, leg, orders.get(leg.contract.id), filled.get(leg.contract.id))
    own = [leg.contract.id for leg in result.legs if leg.contract.id in result.plan.overrides.lots]
    if own:
        st.button("Back to the computed counts", key="lots_back", type="tertiary", on_click=_back)


def _row(result: HedgeAssessment, place: int, leg: SizedLeg, order: Order | None, filled: int | None) -> None:
    with st.container(key=f"order_row_{place}"):
        count = leg.contract.quantity_text
        order_text = f"**{md(leg.instrument.order)} {count(leg.lots)}** {md(leg.contract.code)}"
        st.markdown(f"{order_text}  \n:small[{md(_size(leg))}]")
        limit = "" if order is None else f"limit {order.limit_text}"
        told = limit if filled is None else f"filled {count(filled)}"
        st.markdown(f"{md(usd(leg.notional))}  \n:small[{md(told or '–')}]")
        st.markdown(f":small[{md(_wanted(leg) + effect(result, place))}]")
        with st.container(horizontal=True, key=f"order_steps_{place}", gap="small"):
            _step(leg, place, -1, is_off=leg.lots == 0)
            _step(leg, place, +1, is_off=False)


def _size(leg: SizedLeg) -> str:
    """The size of one in the order form, and the step between two counts where that is not one."""
    one = replace(leg.contract, amount_step=1.0).size_text()
    return f"{one} each" + ("" if leg.contract.amount_step == 1.0 else f"; steps of {leg.contract.quantity_text(1)}")


def _wanted(leg: SizedLeg) -> str:
    """How many contracts are wanted, where the collateral opens another count."""
    wanted = abs(leg.wanted_contracts)
    return "" if wanted == leg.lots else f"{leg.contract.quantity_text(wanted)} wanted; "


def effect(result: HedgeAssessment, place: int) -> str:
    """The share of the bag's move that is offset with one step of a leg fewer, and with one more.

    A line breaks between the two only.
    """
    choices, lots = result.alternatives(place), result.legs[place].lots
    step = result.legs[place].contract.quantity_text(1)
    ratios = {choice.contracts - lots: text for choice, text in zip(choices, charts.ratio_texts(choices), strict=True)}
    told = [f"{step} {'fewer' if change < 0 else 'more'}: {ratios[change]}" for change in (-1, 1) if change in ratios]
    return " · ".join(one.replace(" ", NO_BREAK) for one in told)


def _step(leg: SizedLeg, place: int, change: int, *, is_off: bool) -> None:
    word, icon = ("More", "add") if change > 0 else ("Fewer", "remove")
    st.button(
        f"{word} {md(leg.contract.code)}",
        key=f"lots_{word.lower()}_{place}",
        icon=f":material/{icon}:",
        on_click=_set,
        args=(leg.contract.id, _next(leg, change)),
        disabled=is_off,
    )


def _next(leg: SizedLeg, change: int) -> int:
    """The count after one contract more or fewer; nothing lies between none and the venue's smallest order."""
    least, lots = leg.contract.minimum_lots, leg.lots + change
    if lots >= least:
        return lots
    return least if change > 0 else 0


def _set(contract_id: str, lots: int) -> None:
    state.set_plan(state.plan().with_overrides(lots={**state.plan().overrides.lots, contract_id: lots}))


def _back() -> None:
    state.set_plan(state.plan().with_overrides(lots={}))
