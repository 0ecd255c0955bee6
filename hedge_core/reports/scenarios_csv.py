"""The scenario table: what bag and hedge make over a range of moves of the market, as values and as CSV."""

from __future__ import annotations

import csv
import io

from hedge_core.hedge.assessment import HedgeAssessment
from hedge_core.reports.export import PRACTICE, spreadsheet_safe
from hedge_core.scenarios.run import ScenarioResult, run_range
from hedge_core.scenarios.shocks import Shock

MOVES = (-0.5, -0.4, -0.3, -0.2, -0.15, -0.1, -0.05, 0.0, 0.05, 0.1, 0.2, 0.3, 0.5, 0.75, 1.0)
"""Moves of the market, the largest fall first."""


def scenario_table(assessment: HedgeAssessment) -> tuple[ScenarioResult, ...]:
    """The plan at each of MOVES: every proxy moves by that much, nothing else changes."""
    return run_range(assessment, MOVES, Shock(move=0.0))


def scenario_table_csv(assessment: HedgeAssessment) -> str:
    """The table as CSV, with its market and date; moves are fractions, money is USD. Headed PRACTICE where it must be.

    `bag` is that of the hedged coins, `not_hedged` of all others, `net` = bag + hedge before costs.
    """
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    market = assessment.market
    if market.simulated:
        writer.writerow([PRACTICE])
    writer.writerow([spreadsheet_safe(f"Prices: {market.source} as of {market.as_of:%Y-%m-%d %H:%M} UTC")])
    writer.writerow(["market_move", "bag", "hedge", "net", "net_after_costs", "not_hedged", "is_closed_out"])
    for result in scenario_table(assessment):
        amounts = (result.bag_pnl, result.hedge_pnl, result.net_pnl, result.net_after_costs, result.unhedged_pnl)
        closed = "yes" if result.is_liquidated else "no"
        writer.writerow([f"{result.shock.move:g}", *(f"{amount + 0.0:.2f}" for amount in amounts), closed])
    return out.getvalue()
