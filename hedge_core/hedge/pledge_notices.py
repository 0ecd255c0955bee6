"""Notices on coins that the plan has as margin: those that count for nothing, and what is assumed of the others."""

from __future__ import annotations

from collections.abc import Iterator

from hedge_core.errors import Notice
from hedge_core.hedge.assessment import HedgeAssessment
from hedge_core.hedge.margin import is_isolated
from hedge_core.market.venues import venue_of
from hedge_core.text import exact_percent, listed


def pledge_notices(assessment: HedgeAssessment) -> Iterator[Notice]:
    """What the user must know about the coins that the plan has as margin; nothing for a plan without any."""
    decisions = assessment.plan.decisions
    wanted = {coin: pledge for coin, pledge in decisions.pledges.items() if pledge.share}
    if not wanted:
        return
    counted = {one.name: one for one in assessment.pledged}
    idle = [coin for coin in wanted if coin not in counted]
    if idle:
        yield Notice(
            "pledge_idle", f"{listed(idle)}: counts for nothing as margin. {_why_idle(assessment, idle)}", "warning"
        )
    if counted and assessment.margin.is_by_venue:
        verb = "counts" if len(counted) == 1 else "count"
        yield Notice(
            "pledge_idle",
            f"{listed(list(counted))}: {verb} for nothing as margin, because your contracts are at several venues and "
            "pledged coins lie at one of them.",
            "warning",
        )
        return
    if counted and decisions.collateral is None:
        yield Notice(
            "pledge_without_cash",
            "Coins are pledged as margin but no cash is stated, so nothing says where the hedge is liquidated. Enter "
            "the cash that lies beside them; 0 if there is none.",
        )
    assumed = [f"{one.name} {exact_percent(one.counted / one.value)}" for one in assessment.pledged if one.is_assumed]
    if assumed:
        yield Notice(
            "haircut_assumed",
            f"What pledged coins count for at {decisions.venue} is assumed: {listed(assumed)} of their value. Check it "
            "with the venue, and enter its haircut.",
        )


def _why_idle(assessment: HedgeAssessment, coins: list[str]) -> str:
    """Why these coins count for nothing, and what to do."""
    decisions = assessment.plan.decisions
    if is_isolated(decisions):
        return "Each position has collateral of its own (isolated margin); choose cross margin, or post cash."
    hedged = {held.holding.coin for held in assessment.hedged_coins}
    others = [coin for coin in coins if coin not in hedged]
    if others:
        return f"Only hedged coins of the bag can be pledged, and {listed(others)} is none of them."
    if not venue_of(decisions.venue).dangers.takes_coins:
        return (
            f"{decisions.venue} takes no coins as margin, as far as known here; if yours does, enter its haircut. The "
            "figures rest on the cash alone."
        )
    return "Its haircut is 100%."
