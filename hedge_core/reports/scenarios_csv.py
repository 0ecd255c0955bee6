"""The scenario table as CSV: profit and loss of bag and hedge over a range of market moves."""

from __future__ import annotations

import csv
import io

from hedge_core.hedge.assessment import HedgeAssessment
from hedge_core.scenarios.run import scenario_table
from hedge_core.text import PRACTICE, spreadsheet_safe


def scenario_table_csv(assessment: HedgeAssessment) -> str:
    """The plan at each of `MOVES` as CSV, with price source and date; moves are fractions, money is USD.

    `bag` is the profit and loss of the hedged coins, `not_hedged` of all others, `net` = bag + hedge before costs. With
    simulated prices, the first line says PRACTICE.
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
