"""What leads the Risk page."""

from __future__ import annotations

from hedge_core import HedgeAssessment, Shock, run_scenario
from pages.ui.parts import as_filled
from pages.ui.parts.lead import Lead
from pages.ui.session import currency


def lead(result: HedgeAssessment) -> Lead:
    """What the hedge absorbs of a fall of the hedged coins by 30%."""
    held = as_filled.shown(result)
    if not held.is_hedged:
        fall = run_scenario(held, Shock(move=-0.3, of="bag")) if held.legs else None
        if fall is None:
            return Lead("Nothing is hedged, and nothing in this bag can be.")
        lost = currency.shown(result).amount(-fall.bag_pnl)
        return Lead(f"Nothing is hedged: a 30% fall of the coins that can be hedged costs you {lost}.")
    fall = run_scenario(held, Shock(move=-0.3, of="bag"))
    what = "the hedge" if held is result else "what is filled"
    rate = currency.shown(result)
    paid, lost = rate.amount(fall.hedge_pnl), rate.amount(-fall.bag_pnl)
    return Lead(f"If the hedged coins fall 30%, {what} pays {paid} of the {lost} you lose.")
