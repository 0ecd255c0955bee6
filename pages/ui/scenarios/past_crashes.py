"""The replay of history on the scenarios page."""

from __future__ import annotations

import streamlit as st

from hedge_core import HedgeAssessment, run_scenario
from hedge_core.scenarios.stress import (
    StressResult,
    for_days,
    run_stress,
    stress_betas_of,
    stress_reading,
    window_shock,
)
from pages.ui import charts
from pages.ui.parts import elements
from pages.ui.parts.format import md
from pages.ui.scenarios import one_move
from pages.ui.session import state

WORST = 5


def draw(result: HedgeAssessment) -> None:
    """The worst crashes and squeezes for this plan, one of them closely, and all of them as a table."""
    results = run_stress(result)
    elements.reading(stress_reading(result, results))
    left, right = st.columns(2, gap="large")
    for column, kind, title in ((left, "crash", "The worst crashes"), (right, "squeeze", "The worst squeezes")):
        with column:
            worst = [one for one in results if one.window.kind == kind][:WORST]
            elements.chart(charts.stress_windows(worst, title=f"{title} for this plan"), key=f"stress_{kind}")
    _closely(result, results)
    with st.expander(f"All {len(results)} windows", icon=":material/history:"):
        elements.table(
            [_row(one) for one in results],
            key="stress_table",
            formats=dict.fromkeys(("Bag ($)", "Hedge ($)", "Together ($)"), "%,.0f"),
        )
    _stress_betas(result)
    elements.reading(
        "Each coin moves as it did from the first to the last close of the window, a coin that did not trade then by "
        "its beta. What happened in between does not show: a rally on the way can end a short that this table keeps. "
        "Before costs, in today's amounts."
    )


def _stress_betas(result: HedgeAssessment) -> None:
    """How far each coin moves with the market, on all days and on the market's worst ones."""
    known = stress_betas_of(result)
    if known is None:
        return
    everyday = result.estimates.market_betas(known.coins)
    with st.expander("How far each coin moves with the market", icon=":material/show_chart:"):
        elements.table(
            [
                {"Coin": coin, "On all days": everyday.of(coin), "On its worst days": beta, "±": error}
                for coin, beta, error in zip(
                    known.coins, known.betas.tolist(), known.standard_errors.tolist(), strict=True
                )
            ],
            key="stress_betas",
            formats=dict.fromkeys(("On all days", "On its worst days", "±"), "%.2f"),
        )
        elements.reading(
            f"The market is half Bitcoin and half Ether, its worst days are {known.worst_days} of the window. A coin "
            "with few of them is drawn towards the others. This is information: it sizes nothing."
        )


def _closely(result: HedgeAssessment, results: tuple[StressResult, ...]) -> None:
    by_name = {one.window.name: one for one in results}
    first = results[0].window.name
    wanted = state.remember("stress_window", first)
    with st.container(border=True, key="stress_closely"):
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
        as_long = for_days(result, (window.end - window.start).days)
        outcome = run_scenario(as_long, shock)
        one_move.metrics(outcome)
        moves = [f"{coin} {shock.stated_moves[coin]:+.0%}".replace("-", "−") for coin in _shown(result)]
        estimated = f" By beta: {', '.join(chosen.estimated)}." if chosen.estimated else ""
        st.markdown(
            md(f"{window.start:%d %b %Y} to {window.end:%d %b %Y}: {', '.join(moves)}.{estimated}"),
        )
        one_move.notes(outcome)
        one_move.attribution(as_long, outcome, key="window_waterfall")


def _shown(result: HedgeAssessment) -> list[str]:
    """The coins of the bag and what is shorted, each once."""
    coins = [held.moves_with for held in result.hedged_coins]
    return list(dict.fromkeys([*coins, *(leg.underlying for leg in result.legs)]))


def _row(result: StressResult) -> dict[str, object]:
    window = result.window
    return {
        "Window": window.label,
        "Kind": window.kind,
        "From": window.start,
        "To": window.end,
        "Bag ($)": result.bag_pnl,
        "Hedge ($)": result.hedge_pnl,
        "Together ($)": result.net_pnl,
        "Short": "closed" if result.is_closed else "held",
        "By beta": ", ".join(result.estimated),
    }
