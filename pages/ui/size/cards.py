"""Three cards: what the hedge costs, what can end it, when it must be rolled; each with its reasons and its inputs."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from hedge_core import HedgeAssessment
from hedge_core.hedge.insurance import insurance_quote
from hedge_core.hedge.months import net_by_month, uncounted_roll
from hedge_core.hedge.overnight import margin_by_time
from hedge_core.monitoring.rolls import Rolls, roll_statements, rolls_of_fills, rolls_of_orders
from hedge_core.plan.plan import Thresholds
from hedge_core.plan.schema import fields_of
from hedge_core.reports.answer import level
from hedge_core.text import UNKNOWN, signed_usd as plain_signed_usd
from pages.ui.parts import as_filled, inputs, panels, plan_fields
from pages.ui.parts.format import md, signed_usd, usd
from pages.ui.parts.fragments import View
from pages.ui.session import state
from pages.ui.size import cost, margin, rates, rolls, what_if

ROLL_DAYS = next(field for field in fields_of(Thresholds) if field.name == "roll_days")


def draw(result: HedgeAssessment) -> None:
    """The cards side by side; of what is filled, with the plan beside it."""
    for column, card in zip(st.columns(3, gap="medium"), (_cost, _cash, _rolls), strict=True):
        with column, st.container(border=True, key=f"card{card.__name__}", height="stretch"):
            card(result)


def _foot(name: str, title: str, why: View, change: Callable[[], None]) -> None:
    """The buttons of a card: why its figures are what they are, and the inputs that change them.

    The inputs are drawn while they are open. A browser makes what is in a popover when it opens, from the last message
    alone, so inputs drawn before would show their defaults and write them into the plan with the next run.
    """
    with st.container(horizontal=True, vertical_alignment="center"):
        if panels.is_open("Why", key=f"why_{name}", icon=":material/help:"):
            panels.show(title, why)
        with st.popover("Change", icon=":material/tune:", key=f"change_{name}", on_change="rerun") as box:
            if box.open:
                change()


def _cost(result: HedgeAssessment) -> None:
    held = as_filled.shown(result)
    net, quote = net_by_month(held), insurance_quote(held)
    st.header("Cost")
    with st.container(horizontal=True):
        if held is result:
            st.metric("First month", UNKNOWN if net is None else signed_usd(net.first))
        st.metric(
            "Each later month" if held is result else "Each month",
            UNKNOWN if net is None else signed_usd(net.later),
            help="Plus is money to you: carry less rolls and the cost of cash.",
        )
    if held is not result:
        planned = net_by_month(result)
        st.caption(md("Of what is filled." + ("" if planned is None else f" Plan: {plain_signed_usd(planned.later)}.")))
    elif quote.cost_low is not None and quote.cost_high is not None and quote.cost is not None:
        low, high = plain_signed_usd(-quote.cost_high), plain_signed_usd(-quote.cost_low)
        cash = f", before the cost of cash ({usd(quote.cash)})" if quote.cash >= 0.5 else ""
        over = f"Over {quote.horizon_days} days, with closing{cash}"
        between = f" (90% range {low} to {high})" if low != high else ""
        st.caption(md(f"{over}: {plain_signed_usd(-quote.cost)}{between}. {quote.paid_by}"))
    else:
        st.caption(md(quote.sentence))
    if net is not None and (rolls := uncounted_roll(held)):
        st.caption(md(rolls))
    _foot("cost", "What the hedge costs", _why_cost, lambda: cost.change(result))


def _why_cost(result: HedgeAssessment) -> None:
    cost.why(as_filled.shown(result))
    what_if.draw_rates(result)


def _cash(result: HedgeAssessment) -> None:
    held = as_filled.shown(result)
    asked = held.margin
    st.header("Cash and liquidation")
    with st.container(horizontal=True):
        st.metric("To open" if held is result else "Margin in use", usd(asked.initial), help=_assumed(held))
        st.metric(
            "Liquidated at", level(held.market_rally_survived), help="The rise of the market that ends the short."
        )
    by_time = margin_by_time(held)
    overnight = (
        f"Overnight {usd(by_time.overnight)}, intraday {usd(by_time.intraday)} until {by_time.until}. "
        if by_time
        else f"To keep it {usd(asked.maintenance)}, by day and overnight. "
        if asked.legs
        else "Nothing is sold, so no margin is asked. "
    )
    if held is not result:
        rally = result.market_rally_survived
        overnight += "Of what is filled." + ("" if rally is None else f" Plan: liquidated at {level(rally)}.")
    st.caption(md(overnight))
    if asked.legs and asked.collateral is None:
        st.caption("Enter your cash to see where you would be liquidated.")

    def change() -> None:
        inputs.collateral_input()
        inputs.reserve_input()
        rates.draw_margins(result)

    _foot("margin", "What can end it", _why_margin, change)


def _why_margin(result: HedgeAssessment) -> None:
    margin.why(as_filled.shown(result))
    what_if.draw_rates(result)


def _assumed(result: HedgeAssessment) -> str:
    return "The initial margin." + (" Some rates are assumed." if result.margin.is_assumed else "")


def _rolls(result: HedgeAssessment) -> None:
    filled = rolls_of_fills(result)
    st.header("Rolls")
    with st.container(horizontal=True):
        st.metric("These orders", _next_roll(rolls_of_orders(result), result.traded_legs))
        if filled is not None:
            st.metric("What is filled", _next_roll(filled, True))
    statements = roll_statements(result)
    st.caption("  \n".join(md(statement) for statement in statements) or "Nothing is sold, so nothing is rolled.")
    _foot("rolls", "When the futures must be rolled", rolls.why, _roll_days)


def _next_roll(rolls: Rolls, is_short: object) -> str:
    if rolls.dates:
        return f"by {min(date.roll_by for date in rolls.dates):%d %b %Y}"
    return UNKNOWN if rolls.undated or not is_short else "never"


def _roll_days() -> None:
    shown = plan_fields.on_screen(ROLL_DAYS, state.plan().watch.thresholds.roll_days)
    key = state.seed("size_roll_days", shown)
    plan_fields.draw(ROLL_DAYS, key=key, on_change=rolls.take_days, args=(ROLL_DAYS, key))
    st.caption("Another month or a perpetual: choose the contract under Contracts below.")
