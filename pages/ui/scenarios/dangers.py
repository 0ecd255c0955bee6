"""What can take the hedge away, on the scenarios page: the ranked list, past crash days, and what is assumed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import streamlit as st

from hedge_core import HedgeAssessment
from hedge_core.hedge.deleveraging import EXPECTED_SHARE, STRESS_SHARE, WHOLE
from hedge_core.plan.dangers import Dangers
from hedge_core.plan.schema import PlanField, Scalar, fields_of
from hedge_core.scenarios.crash import Crash
from hedge_core.scenarios.crash_days import crash_days
from hedge_core.scenarios.dangers import Danger, chance_text
from hedge_core.simulation.what_hurts import hurts_on_paths
from hedge_core.text import day_text, exact_percent
from pages.ui import charts
from pages.ui.parts import elements
from pages.ui.parts.format import md, signed_usd
from pages.ui.scenarios import pledge
from pages.ui.scenarios.lead import LeadPlace, prepared
from pages.ui.session import memo, state

HEIGHT = 380
FIRST = 3
"""How many dangers are described at once; the others are folded."""


def draw(result: HedgeAssessment, lead: LeadPlace) -> None:
    """The sentence, the picture and the list; crash days and assumptions are folded."""
    found, place = prepared(
        "dangers",
        memo.basis(result),
        lambda _: hurts_on_paths(result),
        lead=lead,
        doing="Looking for what can take the hedge away",
        height=HEIGHT,
    )
    first, _, rest = found.reading.partition(". ")
    sentence = f"{first.removesuffix('.')}."
    lead.say(sentence, rest)
    if found.dangers:
        with place:
            elements.chart(charts.dangers(found.dangers, title="What hurts most"), key="dangers", alt=sentence)
        for danger in found.dangers[:FIRST]:
            st.markdown(_text(danger))
        if len(found.dangers) > FIRST:
            others = len(found.dangers) - FIRST
            with st.expander("One more danger" if others == 1 else f"{others} more dangers", icon=":material/list:"):
                for danger in found.dangers[FIRST:]:
                    st.markdown(_text(danger))
        elements.reading(found.on_paths)
        with st.expander("Three past crash days, with and without", icon=":material/history:"):
            elements.wrapped_table(_days([Crash(result, day) for day in crash_days().values()]))
            elements.reading(
                "Bag and hedge together, before ordinary costs. With deleveraging a further fall on the day after is "
                "included, and compared with the hedge intact on both days. It includes what closing and opening again "
                "cost: fee and spread each time, although some venues charge nothing for their closing."
            )
        with st.expander("Coins of your bag as margin", key="pledge"):
            pledge.draw(result)
    with st.expander("What is assumed here", key="danger_assumptions"):
        for danger in found.dangers:
            elements.reading(f"{danger.title}: {danger.assumed}.")
        _inputs()


def _text(danger: Danger) -> str:
    """A danger as an item of a list."""
    heading = f"{danger.title}: {signed_usd(-danger.cost)} (chance {chance_text(danger.chance)})"
    left = f"{danger.left[0].lower()}{danger.left[1:]}"
    return f"- **{md(heading)}.** {md(danger.happens)} Left: {md(left)} What to do: {md(danger.to_do)}"


def _days(crashes: Sequence[Crash]) -> list[dict[str, str]]:
    """A row for each thing that can happen to the hedge, a column for each day."""
    columns = {day_text(crash.day.window.end, "%b %Y"): _day(crash) for crash in crashes}
    names = next(iter(columns.values()))
    return [{"If": name, **{day: cells[name] for day, cells in columns.items()}} for name in names]


def _day(crash: Crash) -> dict[str, str]:
    after = crash.both_days.net_pnl
    cells = {
        "Hedge intact": signed_usd(crash.first_day.net_pnl),
        "The day after": signed_usd(after),
    }
    for share in (EXPECTED_SHARE, STRESS_SHARE, WHOLE):
        changed = after + crash.deleveraged(share).change
        cells[f"{exact_percent(share)} deleveraged"] = signed_usd(changed)
    cells["Missed in a halt"] = signed_usd(-crash.missed_in_halt)
    cells["Venue lost"] = signed_usd(crash.first_day.net_pnl - crash.lost_with_venue)
    return cells


def _inputs() -> None:
    """The user's own assumptions, one input for each field of the plan."""
    st.caption("Your own figures. Empty: as at the venue.")
    columns = st.columns(3)
    for place, field in enumerate(fields_of(Dangers)):
        with columns[place % len(columns)]:
            _input(field)


def _input(field: PlanField) -> None:
    assert isinstance(field.shape, Scalar)
    scale = 100.0 if field.about.unit == "%" else 1.0
    value: float | None = getattr(state.plan().overrides.dangers, field.name)
    label = field.about.label
    st.number_input(
        f"{label[0].upper()}{label[1:]} ({field.about.unit})",
        value=None,
        min_value=0.0,
        max_value=round((field.shape.bounds.highest or 1.0) * scale, 6),
        step=1.0 if field.name != "basis_noise" else 0.1,
        placeholder="as at the venue",
        key=state.seed(f"danger_{field.name}", None if value is None else round(value * scale, 10)),
        on_change=_set,
        args=(field, scale),
    )


def _set(field: PlanField, scale: float) -> None:
    """Callback: keep the figure in the plan; one that is left empty is the usual one again."""
    value: Any = st.session_state[f"danger_{field.name}"]
    stated = field.default if value is None else round(float(value) / scale, 12)
    dangers = replace(state.plan().overrides.dangers, **{field.name: stated})
    state.set_plan(state.plan().with_overrides(dangers=dangers))
