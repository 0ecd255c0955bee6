"""When to warn: the thresholds of the monitor."""

from __future__ import annotations

from dataclasses import replace

import streamlit as st

from hedge_core import HedgeAssessment, HedgeError
from pages.ui.parts.format import md
from pages.ui.session import state

PERCENTS = {
    "drift": ("Distance from the target", 0.1, 500.0),
    "rally_warning": ("Warn when the account survives a rise of less than", 0.1, 500.0),
    "rally_critical": ("Critical below", 0.1, 500.0),
    "correlation": ("A proxy is doubtful below a correlation of", 0.0, 100.0),
    "carry_paid": ("Funding paid, a year", 0.1, 500.0),
    "stop_near": ("Near a stop price", 0.1, 99.0),
    "standstill": ("Over-hedged: the bag has moved less than", 0.1, 100.0),
    "gain": ("and the hedge has gained more than (of the bag)", 0.1, 100.0),
}
DAYS = {
    "standstill_days": ("over so many days", 1, 60),
    "roll_days": ("Days before an expiry", 1, 60),
}


def draw(result: HedgeAssessment) -> None:
    """One input for each threshold."""
    limits = result.plan.watch.thresholds
    st.markdown("An alert that stands is released when its figure is a fifth inside the threshold again.")
    left, right = st.columns(2, gap="large")
    for number, (name, (label, low, high)) in enumerate(PERCENTS.items()):
        with left if number < 5 else right:
            st.number_input(
                f"{label} (%)",
                min_value=low,
                max_value=high,
                step=1.0,
                format="%.1f",
                key=state.seed(f"limit_{name}", round(getattr(limits, name) * 100, 6)),
                on_change=_take,
                args=(name, 0.01),
            )
    with right:
        for name, (label, fewest, most) in DAYS.items():
            st.number_input(
                label,
                min_value=fewest,
                max_value=most,
                step=1,
                key=state.seed(f"limit_{name}", getattr(limits, name)),
                on_change=_take,
                args=(name, 1),
            )
        st.number_input(
            "Prices are old after (hours)",
            min_value=1.0,
            max_value=240.0,
            step=1.0,
            format="%.0f",
            key=state.seed("limit_stale_hours", limits.stale_hours),
            on_change=_take,
            args=("stale_hours", 1),
        )


def _take(name: str, scale: float) -> None:
    value = st.session_state[f"limit_{name}"] * scale
    plan = state.plan()
    try:
        limits = replace(plan.watch.thresholds, **{name: round(value, 10) if isinstance(value, float) else value})
    except HedgeError as error:
        st.toast(md(str(error)), icon=":material/error:")
        return
    state.set_plan(plan.with_watch(thresholds=limits))
