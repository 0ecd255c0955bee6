"""One move of the market within some days: what it does to you, what cash it takes, and whether it liquidates you."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import streamlit as st

from hedge_core import HedgeAssessment
from hedge_core.reports.answer import level
from hedge_core.scenarios.run import (
    ScenarioResult,
    break_even_moves,
    collateral_to_outlive,
    net_grid,
    run_range,
    run_scenario,
    to_the_border,
)
from hedge_core.scenarios.shocks import Shock, reachable_moves
from hedge_core.scenarios.stress import for_days
from hedge_core.text import days_text, listed, moves_text, short_percent
from pages.ui import charts
from pages.ui.parts import elements
from pages.ui.parts.format import md, percent, signed_usd, usd
from pages.ui.parts.lead import Lead
from pages.ui.scenarios import inputs, pictures
from pages.ui.scenarios.lead import LeadPlace
from pages.ui.session import memo


def draw(result: HedgeAssessment, lead: LeadPlace) -> None:
    """Presets, move and days, three cards and the payoff; more inputs and the reasons are folded."""
    inputs.presets(result)
    inputs.move_and_days(result)
    cards_place, picture = st.container(), st.container()
    shock = inputs.shock(result, st.container())
    days = inputs.days(result)
    at = for_days(result, days)
    outcome = run_scenario(at, shock)
    said = said_of(outcome, days, hedge_ratio=result.hedge_ratio)
    lead.say(said.sentence, said.below)
    with cards_place:
        cards(at, outcome, by=f"by day {days}")
    with picture:
        _payoff(at, outcome, days, said.below)
        pictures.draw_button("payoff")
        held = {leg.underlying for leg in at.traded_legs} | set(at.options.coins if at.options is not None else ())
        moves = {coin: move for coin, move in outcome.moves.items() if coin in held}
        if moves:
            shorts = "The short contracts" if at.options is None else "The coins of your hedge"
            subject = shorts if at.traded_legs else "The coins of your options"
            text = moves_text(moves, lambda move: percent(move, signed=True))
            elements.reading(f"{subject} then move: {text}.")
        for note in outcome.notes:
            elements.reading(note)
    elements.fold("Why this result?", lambda: _why(at, outcome), key="scenario_why")
    elements.fold("If betas are not what they were", lambda: _betas(result), key="scenario_betas")


def said_of(outcome: ScenarioResult, days: int, *, hedge_ratio: float) -> Lead:
    """What the move does to you, and where that comes from."""
    return Lead(charts.move_lead(outcome, days), charts.pnl_reading(outcome, hedge_ratio=hedge_ratio))


def at_first(result: HedgeAssessment) -> Lead:
    """What leads the page before anything is chosen on it."""
    days = result.plan.decisions.horizon_days
    outcome = run_scenario(for_days(result, days), inputs.described(result, inputs.DEFAULTS))
    return said_of(outcome, days, hedge_ratio=result.hedge_ratio)


def cards(result: HedgeAssessment, outcome: ScenarioResult, *, by: str) -> None:
    """What happens to you, the cash that it takes, and whether you are liquidated."""
    with st.container(horizontal=True, key="scenario_cards"):
        for name, (label, value, note) in _cards(result, outcome, by).items():
            with st.container(border=True, key=f"card_{name}"):
                st.metric(label, value)
                st.caption(md(note))


def _cards(result: HedgeAssessment, outcome: ScenarioResult, by: str) -> dict[str, tuple[str, str, str]]:
    """Name, label, value and note of each card."""
    decisions, margin = result.plan.decisions, result.margin
    after = f"with carry and costs {signed_usd(outcome.net_after_costs)}"
    if abs(outcome.unhedged_pnl) >= 0.5:
        after += f"; other coins {signed_usd(outcome.unhedged_pnl)}"
    needed = max(collateral_to_outlive(result, outcome), margin.cash_to_open)
    posted = "you have not stated what you post"
    if margin.collateral is not None:
        reserve = f", reserve {usd(decisions.reserve)}" if decisions.reserve else ""
        beside = f" beside your {listed([one.name for one in margin.pledged])}" if margin.pledged else ""
        posted = f"posted {usd(margin.collateral)}{beside}{reserve}"
    is_closed, is_open = outcome.is_liquidated, outcome.open_share > 0.0
    name = "closed" if is_closed else "held"
    return {
        "you": ("You", signed_usd(outcome.net_pnl), after),
        "cash": (f"Cash needed {by}", usd(needed) if margin.notional > 0 else "None", posted),
        name: ("Liquidated?", _liquidated(result, outcome, is_partly=is_closed and is_open), _wall(result, outcome)),
    }


def _liquidated(result: HedgeAssessment, outcome: ScenarioResult, *, is_partly: bool) -> str:
    if outcome.is_liquidated:
        return "In part" if is_partly else "Yes"
    return "Unknown" if result.margin.collateral is None and outcome.hedge_pnl < 0.0 else "No"


def _wall(result: HedgeAssessment, outcome: ScenarioResult) -> str:
    """At which rally the short is closed, and what that has cost."""
    if outcome.is_liquidated:
        lost = f"{usd(-outcome.hedge_pnl)} lost" if outcome.hedge_pnl < 0.0 else "the short is closed on the way"
        rest = "only your options hedge the bag" if outcome.options_pnl else "the bag is unhedged"
        return f"{lost}; from there on {rest}"
    rally = result.market_rally_survived
    if not result.traded_legs:
        return "nothing is sold short"
    if rally is None:
        return "enter your cash on the Risk page to see where"
    if rally == np.inf:
        return "no rally liquidates you"
    decisions = result.plan.decisions
    text = f"at {level(rally)} of the market"
    if decisions.reserve > 0.0 and decisions.collateral is not None:
        both = result.market_margin.with_collateral(decisions.collateral + decisions.reserve).rally_survived
        text += f", {level(both)} with the reserve"
    return text


def _payoff(result: HedgeAssessment, outcome: ScenarioResult, days: int, reading: str) -> None:
    shock = outcome.shock
    results = memo.for_now(
        "payoff", (memo.basis(result), days, replace(shock, move=0.0)), lambda: _over_all_moves(result, shock)
    )
    moved = "the bag" if shock.of == "bag" else "the market"
    title = f"If {moved} moves by {short_percent(shock.move)}" if shock.move else f"If {moved} does not move"
    elements.chart(
        charts.pnl_range(
            results,
            selected=outcome,
            break_evens=break_even_moves(results),
            title=f"{title} in {days_text(days)}",
            height=350,
        ),
        key="scenario_range",
        alt=f"Profit and loss of bag, hedge and both by the move of {moved}. {reading}",
    )


def _over_all_moves(result: HedgeAssessment, shock: Shock) -> tuple[ScenarioResult, ...]:
    """The results of every move on the chart, with everything else as in `shock`."""
    return to_the_border(result, run_range(result, reachable_moves(result, inputs.moves(), shock.of), shock))


def _why(result: HedgeAssessment, outcome: ScenarioResult) -> None:
    reading = charts.attribution_reading(outcome, result.hedge_ratio)
    elements.chart(charts.attribution_waterfall(outcome, hedge_ratio=result.hedge_ratio), key="waterfall", alt=reading)
    elements.reading(reading)


def _betas(result: HedgeAssessment) -> None:
    moves, shifts = inputs.GRID_MOVES, inputs.GRID_SHIFTS
    grid = net_grid(result, moves, shifts, of="market")
    reading = charts.heatmap_reading(moves=moves, beta_shifts=shifts, grid=grid)
    elements.chart(
        charts.net_heatmap(moves=moves, beta_shifts=shifts, grid=grid, title="Bag and hedge together"),
        key="beta_grid",
        alt=reading,
    )
    elements.reading(f"{reading} The grid is that of your plan; it does not follow the other sliders.")
