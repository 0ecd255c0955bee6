"""When the futures of the plan must be rolled: the time line behind the card, and the days before the end."""

from __future__ import annotations

from dataclasses import replace

import streamlit as st

from hedge_core import HedgeAssessment, HedgeError
from hedge_core.monitoring.rolls import roll_statements
from hedge_core.plan.schema import PlanField
from pages.ui import charts
from pages.ui.parts import elements, plan_fields
from pages.ui.parts.format import md
from pages.ui.session import state


def why(result: HedgeAssessment) -> None:
    """Each dated future with the days on which it ends within the horizon."""
    for statement in roll_statements(result):
        st.markdown(md(statement))
    dated = [(leg.contract_id, leg.ends) for leg in result.costs.legs if leg.held_until is not None]
    if not dated:
        return
    reading = (
        "Roll by the beginning of a band: its diamond is the day on which the future ends, by rule and holiday "
        "calendar. The exchange's own notice counts. Each roll costs fees and spread twice."
    )
    elements.chart(
        charts.roll_timeline(
            legs=dated,
            today=result.market.as_of.date(),
            horizon_days=result.costs.horizon_days,
            lead_days=result.plan.watch.thresholds.roll_days,
        ),
        key="roll_timeline",
        alt=reading,
    )
    elements.reading(reading)


def take_days(field: PlanField, key: str) -> None:
    """Callback: take the number of days before the end on which to roll."""
    plan = state.plan()
    try:
        limits = replace(plan.watch.thresholds, roll_days=plan_fields.in_plan(field, st.session_state[key]))
    except HedgeError as error:
        st.toast(md(str(error)), icon=":material/error:")
        return
    state.set_plan(plan.with_watch(thresholds=limits))
