"""Step 3: how good the hedge is, and what is shorted for each coin."""

import streamlit as st

from hedge_core import HedgeAssessment
from hedge_core.history.backtest import untested_reason
from hedge_core.history.elsewhere import elsewhere_sentence
from hedge_core.text import percent, whole_percent
from pages.ui import charts
from pages.ui.app import gate, navigation, progress, shell
from pages.ui.parts import as_filled, elements, inputs
from pages.ui.parts.format import md
from pages.ui.proxy import coins, evidence
from pages.ui.session import worked_out


def lead(result: HedgeAssessment) -> str:
    """The grade of the hedge and how much of the daily variance it would have removed, at its own size."""
    if not result.hedged_coins:
        return "None of your coins can be hedged."
    if not as_filled.shown(result).is_hedged:
        return "Nothing is sold short, so there is no hedge to grade."
    comparison = worked_out.tested(as_filled.shown(result))
    if comparison is not None and comparison.is_by_construction:
        return "Every coin that you hedge has a future of its own, so there is no proxy to trust."
    tested = None if comparison is None else comparison.as_planned
    if comparison is None or tested is None:
        return "This history is too short to say how good your hedge is."
    low, high = tested.variance_interval
    grade = f"Grade {tested.grade}: " if comparison.is_graded else ""
    what = "your hedge" if as_filled.shown(result) is result else "what is filled"
    whose = "coins without their own future" if comparison.covered_share else "your bag"
    text = (
        f"{grade}{what} would have removed {whole_percent(tested.variance_reduction)} of the daily variance of {whose} "
        f"(95% range {whole_percent(low)} to {whole_percent(high)})."
    )
    return text[0].upper() + text[1:]


def basis(result: HedgeAssessment) -> str:
    """What the figure in the lead rests on, and the plan's own figure beside that of what is filled."""
    held = as_filled.shown(result)
    if not held.is_hedged:
        return "The table says what would hedge each coin, and how much of its risk that would leave."
    comparison = worked_out.tested(held)
    if comparison is None or comparison.as_planned is None:
        return untested_reason(result) if comparison is None else ""
    prices = ", on simulated prices" if result.market.simulated else ""
    text = f"Tested on {comparison.as_planned.days} unseen days{prices}, at your hedge ratio and in whole contracts."
    if comparison.covered_share and not comparison.is_by_construction:
        share = whole_percent(comparison.covered_share)
        text += f" The other {share} of what you hedge has its own futures, which cover it by construction"
        text += "; the rest is too small a part to grade." if not comparison.is_graded else "."
    if held is not result:
        planned = worked_out.tested(result)
        if planned is not None and planned.as_planned is not None:
            text += f" The plan would have removed {percent(planned.as_planned.variance_reduction)}."
    return text


shell.guard()
result = gate.open_page(navigation.QUESTIONS["proxy"], lead)
held = as_filled.shown(result)

with st.container(key="lead"):
    st.markdown(md(basis(result)))
controls, picture = st.columns([3, 8], gap="medium")
with controls, st.container(border=True):
    inputs.approach_choice()
    inputs.venue_choice()
    inputs.window_choice()
with picture:
    as_filled.say(result)
    comparison = worked_out.tested(result)
    better = elsewhere_sentence(worked_out.better_venues(result)) if comparison is not None else ""
    if better:
        st.markdown(f"**Another venue would do better.** {md(better)}")
    reading = charts.legs_reading(held.legs)
    elements.chart(charts.legs_bar(held.legs), key="legs_bar", alt=reading)
    elements.reading(reading)
    coins.draw(result)
evidence.draw(result)
progress.draw_next("proxy")
