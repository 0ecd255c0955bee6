"""What if: the inputs that change a figure, in the panel that explains it, and what a change does at once."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from hedge_core import HedgeAssessment
from hedge_core.hedge.months import net_by_month
from hedge_core.reports.answer import level
from hedge_core.text import UNKNOWN
from pages.ui.parts import as_filled, inputs, panels
from pages.ui.parts.format import percent
from pages.ui.session import currency, link_market, state, worked_out
from pages.ui.size import rates

PLACE = "what_if_"
"""What the keys of these inputs begin with: the same inputs may stand on the page below the panel."""


def draw_hedge(result: HedgeAssessment) -> None:
    """How much of a crash the hedge should absorb, and what another answer does."""
    _draw(result, lambda: inputs.hedge_slider(PLACE))


def draw_rates(result: HedgeAssessment) -> None:
    """Fee, spread, funding, cash and margin rates, and what another figure does."""

    def fields() -> None:
        rates.draw_costs(PLACE)
        cash, reserve = st.columns(2)
        with cash:
            inputs.collateral_input(PLACE)
        with reserve:
            inputs.reserve_input(PLACE)
        rates.draw_margins(result, PLACE)

    _draw(result, fields)


def figures(result: HedgeAssessment) -> dict[str, str]:
    """The figures that these inputs change, by their labels: of what is filled, or of the plan without fills.

    Amounts are written as in the top line.
    """
    held = as_filled.shown(result)
    is_open, net = held is not result, net_by_month(held)
    rate, cents = currency.shown(result), link_market.is_without_amounts(result.plan)
    later = UNKNOWN if net is None else rate.signed(net.later, cents=cents)
    first = UNKNOWN if net is None else rate.signed(net.first, cents=cents)
    months = {"First month": first, "Each later month": later}
    return {
        "Hedged": percent(held.achieved_hedge_ratio),
        **({"Each month": later} if is_open else months),
        "Margin in use" if is_open else "To open": rate.amount(held.margin.initial),
        "Liquidated at": level(held.market_rally_survived),
    }


def _draw(result: HedgeAssessment, fields: Callable[[], None]) -> None:
    """The figures with what they were when the panel was opened, the fields, and the way back."""
    st.header("What if?")
    now, before = figures(result), _figures_before(result)
    with st.container(horizontal=True, key="what_if_figures"):
        for label, value in now.items():
            was = before.get(label, value)
            st.metric(label, value, None if was == value else f"was {was}", delta_color="off", delta_arrow="off")
    fields()
    st.button(  # never disabled: a button that is disabled under the hand loses the keyboard
        "Undo these changes",
        key="what_if_back",
        icon=":material/undo:",
        type="tertiary",
        on_click=state.set_plan,
        args=(panels.plan_before(),),
        help="The plan as it was when you opened this panel.",
    )


def _figures_before(result: HedgeAssessment) -> dict[str, str]:
    """The figures of the plan as it was when the panel was opened; {} if that is the plan of now."""
    plan = panels.plan_before()
    return {} if plan is state.plan() else figures(worked_out.earlier(plan, result))
