"""Venues at which the tested coins of a plan could be hedged clearly better than at the plan's own venue.

A venue does better if it lists futures on some of these coins themselves, which are then covered by construction,
except for the basis. If no venue does, one does better if its contracts made a hedge that removed clearly more on
unseen days, by intervals of the differences that are corrected for all venues compared.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from hedge_core.exposure.effectiveness import difference_intervals, measure
from hedge_core.exposure.inference import Interval
from hedge_core.hedge.assessment import HedgeAssessment
from hedge_core.hedge.contract_choice import known_contracts
from hedge_core.hedge.held_coins import HeldCoin
from hedge_core.hedge.venue_comparison import assessed_at
from hedge_core.history.alternatives import own_rule
from hedge_core.history.backtest import NOISE, Comparison, tested_coins
from hedge_core.history.hedged_returns import bag_returns, hedged_returns, past_shorts
from hedge_core.market.snapshot import Floats
from hedge_core.market.venues import VENUES, venue_of
from hedge_core.text import listed, some_listed, whole_percent

MOST_VENUES = 3
"""How many venues a sentence names."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Elsewhere:
    """A venue that would hedge the tested coins clearly better.

    `coins` have futures of their own there and `own_share` is their share of the tested value. `difference` is the
    interval of the variance reduction there minus the plan's, for a venue that is better by its test; None for one
    that has futures on the coins themselves.
    """

    venue: str
    coins: tuple[str, ...]
    own_share: float
    difference: Interval | None = None


def better_venues(assessment: HedgeAssessment, comparison: Comparison | None) -> tuple[Elsewhere, ...]:
    """The venues that would do clearly better, the best first; none if nothing is tested or a venue is pinned.

    `comparison` is that of `compare_hedges` or `own_hedge_alone`: only the plan's own hedge is asked of it. Venues that
    do not serve the holder's residence are left out. The plan's own contracts are not used there.
    """
    own = None if comparison is None else comparison.alone
    if own is None or not assessment.estimates.fit_any_size:
        return ()
    tested = tested_coins(assessment)
    total = sum(held.value for held in tested)
    venues = _venues_elsewhere(assessment)
    listing = {venue: _hedge_at(assessment, venue) for venue in _listing_any(assessment, venues, tested)}
    listed_there = []
    for venue, there in listing.items():
        coins = _covered(there, tested) if there is not None and there.traded_legs else ()
        if coins:
            share = sum(held.value for held in tested if held.moves_with in coins) / total
            listed_there.append(Elsewhere(venue=venue, coins=coins, own_share=share))
    if listed_there:
        return tuple(sorted(listed_there, key=lambda one: -one.own_share))
    everywhere = ((venue, listing[venue] if venue in listing else _hedge_at(assessment, venue)) for venue in venues)
    rivals = {venue: there for venue, there in everywhere if there is not None and there.traded_legs}
    return tuple(_tested_better(assessment, own, rivals, tested))


def _hedge_at(assessment: HedgeAssessment, venue: str) -> HedgeAssessment | None:
    """The plan at a venue with all the cash that it takes.

    What covers a coin and what a hedge would have removed do not depend on cash, and the search for the best counts
    that scarce cash opens is what takes longest.
    """
    plan = assessment.plan.with_decisions(collateral=None, pledges={})
    return assessed_at(replace(assessment, plan=plan), venue)


def _venues_elsewhere(assessment: HedgeAssessment) -> list[str]:
    """Every other venue that serves the holder, but for those only to be chosen."""
    plan = assessment.plan
    return [
        facts.name
        for facts in map(venue_of, VENUES)
        if facts.name != plan.decisions.venue
        and not facts.only_if_chosen
        and facts.access(plan.residence).is_served is not False
    ]


def _listing_any(assessment: HedgeAssessment, venues: Sequence[str], tested: Sequence[HeldCoin]) -> list[str]:
    """The venues with a contract on a tested coin; no other can cover one, so no other is worked out for that."""
    known = known_contracts(assessment.plan.with_overrides(contract_choice={}, contracts=()), assessment.market)
    return [venue for venue in venues if any(known.on(venue, held.moves_with) for held in tested)]


def _covered(there: HedgeAssessment, tested: Sequence[HeldCoin]) -> tuple[str, ...]:
    """The tested coins that would be hedged with futures of their own at a venue."""
    own = {held.moves_with for held in there.hedged_coins if held.route == "own future"}
    return tuple(dict.fromkeys(held.moves_with for held in tested if held.moves_with in own))


def _tested_better(
    assessment: HedgeAssessment,
    own: Floats,
    rivals: Mapping[str, HedgeAssessment],
    tested: Sequence[HeldCoin],
) -> list[Elsewhere]:
    """The venues whose hedge did better on the tested days, by at least NOISE and beyond chance; the best first.

    `own` is the daily returns with the plan's hedge.
    """
    if not rivals:
        return []
    history = assessment.market.history
    weights = np.zeros(len(history.coins))
    for held in tested:
        if held.moves_with in history:
            weights[history.column_of[held.moves_with]] += held.value
    bag, spans, _ = bag_returns(history.returns, weights / weights.sum(), assessment.plan.decisions.window_days)
    effectiveness = measure(bag, own)
    if effectiveness is None:
        return []
    returns = history.returns
    shorts = {venue: past_shorts(returns, spans, own_rule(there, tested).shorts) for venue, there in rivals.items()}
    hedged = {venue: hedged_returns(returns, bag, spans, shorts[venue]) for venue in rivals}
    known = {venue: daily for venue, daily in hedged.items() if measure(bag, daily) is not None}
    intervals = difference_intervals(bag, own, list(known.values())) if known else None
    found = []
    for (venue, daily), (low, high) in zip(known.items(), intervals or (), strict=True):
        there = measure(bag, daily)
        if there is not None and high < 0.0 and there.variance_reduction - effectiveness.variance_reduction >= NOISE:
            better = Elsewhere(venue=venue, coins=(), own_share=0.0, difference=(-high, -low))
            found.append((there.variance_reduction, better))
    return [one for _, one in sorted(found, key=lambda pair: -pair[0])]


def elsewhere_sentence(found: Sequence[Elsewhere]) -> str:
    """Say which venues would do clearly better and why; '' if none would."""
    if not found:
        return ""
    first = found[0]
    if first.difference is None:
        others = [one for one in found[1:MOST_VENUES] if one.difference is None and one.own_share == first.own_share]
        names = listed([one.venue for one in (first, *others)])
        verb = "list" if others else "lists"
        return (
            f"{names} {verb} futures on {some_listed(first.coins)}: there, {whole_percent(first.own_share)} of what a "
            "proxy hedges here has its own future, and only the basis is left."
        )
    low, high = first.difference
    names = listed([one.venue for one in found[:MOST_VENUES]])
    return (
        f"The contracts of {names} would have removed clearly more: at {first.venue} {low * 100:.0f} to "
        f"{high * 100:.0f} percentage points (95% range, corrected for all venues compared)."
    )
