"""The replay of history on the scenarios page."""

from __future__ import annotations

import streamlit as st

from hedge_core import HedgeAssessment, run_scenario
from hedge_core.scenarios.stress import (
    StressResult,
    for_days,
    run_stress,
    stress_lead,
    stress_reading,
    window_shock,
)
from hedge_core.text import days_text, moves_text, short_percent, some_listed
from pages.ui import charts
from pages.ui.parts import elements
from pages.ui.parts.format import dollars, md
from pages.ui.scenarios import one_move, pictures
from pages.ui.scenarios.lead import LeadPlace
from pages.ui.session import state

WORST = 5


def draw(result: HedgeAssessment, lead: LeadPlace) -> None:
    """The worst crashes and squeezes for this plan, one of them closely, and all of them as a table, folded."""
    results = run_stress(result)
    reading = stress_reading(result, results)
    lead.say(
        stress_lead(results) or "In no past crash would your bag have lost.",
        reading.partition(". ")[0].rstrip(".") + ".",
    )
    left, right = st.columns(2, gap="large")
    for column, kind, title in ((left, "crash", "The worst crashes"), (right, "squeeze", "The worst squeezes")):
        with column:
            worst = [one for one in results if one.window.kind == kind][:WORST]
            elements.chart(
                charts.stress_windows(worst, title=f"{title} for this plan"),
                key=f"stress_{kind}",
                alt=charts.stress_windows_reading(worst, kind=kind),
            )
    pictures.draw_button("crashes")
    _closely(result, results)
    with st.expander(f"All {len(results)} periods", icon=":material/history:", key="stress_all"):
        elements.reading(reading)
        elements.table(
            [_row(one) for one in results],
            key="stress_table",
            formats=dict.fromkeys(("Bag ($)", "Hedge ($)", "Together ($)"), dollars),
        )
        elements.reading(
            "Each coin moves as it did from the first to the last close of the period, a coin that did not trade then "
            "by its beta. What happened in between does not show: a rally on the way can end a short that this table "
            "keeps. Before costs, in today's amounts."
        )


def _closely(result: HedgeAssessment, results: tuple[StressResult, ...]) -> None:
    by_name = {one.window.name: one for one in results}
    first = results[0].window.name
    wanted = state.remember("stress_window", first)
    name = st.selectbox(
        "One of them closely (the worst for you first)",
        list(by_name),
        format_func=lambda one: by_name[one].window.label,
        key=state.seed("stress_window", wanted if wanted in by_name else first),
        on_change=state.keep,
        args=("stress_window",),
    )
    chosen = by_name[name]
    window = chosen.window
    shock, _ = window_shock(result, window)
    length = (window.end - window.start).days
    as_long = for_days(result, length)
    outcome = run_scenario(as_long, shock)
    one_move.cards(as_long, outcome, by=f"in {days_text(length)}")
    moves = moves_text(
        {coin: shock.stated_moves[coin] for coin in _shown(result)}, lambda move: short_percent(round(move, 2))
    )
    estimated = f" By beta: {some_listed(chosen.estimated)}." if chosen.estimated else ""
    st.markdown(md(f"{window.start:%d %b %Y} to {window.end:%d %b %Y}: {moves}.{estimated}"))
    for note in outcome.notes:
        elements.reading(note)


def _shown(result: HedgeAssessment) -> list[str]:
    """The coins of the bag and what is shorted, each once."""
    coins = [held.moves_with for held in result.hedged_coins]
    return list(dict.fromkeys([*coins, *(leg.underlying for leg in result.legs)]))


def _row(result: StressResult) -> dict[str, object]:
    window = result.window
    return {
        "Period": window.label,
        "Kind": window.kind,
        "From": window.start,
        "To": window.end,
        "Bag ($)": result.bag_pnl,
        "Hedge ($)": result.hedge_pnl,
        "Together ($)": result.net_pnl,
        "Short": "liquidated" if result.is_closed else "held",
        "By beta": ", ".join(result.estimated),
    }
