"""Step 5: what bag and hedge make together when the market moves."""

import streamlit as st

from hedge_core import HedgeAssessment, Shock, run_scenario
from hedge_core.text import usd
from pages.ui.app import gate, navigation, progress, shell
from pages.ui.parts import as_filled
from pages.ui.scenarios import views

MOVE = 0.3
"""The fall and the rally of the market that lead the page."""


def lead(result: HedgeAssessment) -> str:
    """What a large fall and an equal rally do to bag and hedge together, and whether the rally ends the hedge."""
    fall, rally = (run_scenario(as_filled.shown(result), Shock(move=move, of="market")) for move in (-MOVE, MOVE))
    up = f"liquidates your hedge, {usd(-rally.hedge_pnl)} lost" if rally.is_liquidated else _effect(rally.net_pnl)
    return f"A {MOVE:.0%} fall {_effect(fall.net_pnl)}; a {MOVE:.0%} rally {up}."


def _effect(amount: float) -> str:
    return f"costs you {usd(-amount)}" if amount < 0.0 else f"earns you {usd(amount)}"


shell.guard()
result = gate.open_page(navigation.QUESTIONS["scenarios"], lead)

if not result.legs:
    st.info("Nothing in this bag can be hedged, so there is no hedge to test.")
    st.stop()
as_filled.say(result)
views.draw(as_filled.shown(result))
progress.draw_next("scenarios")
