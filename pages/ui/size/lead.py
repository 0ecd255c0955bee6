"""What leads the Size page."""

from __future__ import annotations

from hedge_core import HedgeAssessment
from hedge_core.monitoring.filled import filled_sentences
from hedge_core.text import percent, usd
from pages.ui.parts import as_filled
from pages.ui.parts.lead import Lead


def lead(result: HedgeAssessment) -> Lead:
    """What is sold, in how many orders, and how much of the bag's move it offsets."""
    filled = filled_sentences(result)
    if filled:
        return Lead(filled[0])
    count = len(result.traded_legs)
    if not count:
        return Lead(f"Nothing is sold: {_why_nothing(result)}.")
    if any(ticket.refused for ticket in as_filled.tickets(result)):
        which = "This order is" if count == 1 else f"Some of these {count} orders are"
        return Lead(f"{which} too large for what is traded there: sell fewer contracts or choose another venue.")
    return Lead(
        f"Sell {usd(result.margin.notional)} of futures in {count} {'order' if count == 1 else 'orders'}: that offsets "
        f"{percent(result.achieved_hedge_ratio)} of your bag's expected move (target {result.hedge_ratio:.0%})."
    )


def _why_nothing(result: HedgeAssessment) -> str:
    """Why the plan sells nothing."""
    if not result.legs:
        return "nothing in your bag can be hedged"
    own = [result.plan.overrides.lots.get(leg.contract.id) == 0 for leg in result.legs]
    if all(own):
        return "you set every count to 0"
    if result.is_limited:
        return "your collateral opens no contract"
    if result.hedge_ratio <= 0.0:
        return "your target is 0%"
    return "no whole contract fits this plan" + (" beside the counts that you set to 0" if any(own) else "")
