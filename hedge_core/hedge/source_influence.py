"""How much the prices of one source move the short, the legs and their betas kept.

Without a source s, a coin that it prices is worth its last close, or nothing if it has none. With V_i the value of coin
i, V_i(s) that without the source, and β_ij the betas in use, the short moves by

    share(s) = Σ_j |Σ_i (V_i − V_i(s))·β_ij| / Σ_j Σ_i V_i·β_ij

The user's own prices are no source, and one source for everything has no influence: there is nothing without it. Like
that of a day's closes (`exposure.influence`), it is information only: the market may have moved that much.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from hedge_core.hedge.assessment import HedgeAssessment
from hedge_core.hedge.held_coins import HeldCoin


@dataclass(frozen=True, slots=True)
class SourceInfluence:
    """The source whose prices matter most: through those of `coins` they move the short by `share`, a fraction."""

    source: str
    share: float
    coins: tuple[str, ...]


def largest_source_influence(assessment: HedgeAssessment) -> SourceInfluence | None:
    """The source without whose prices the short changes most; None if one prices everything or nothing is short."""
    priced = [held for held in assessment.hedged_coins if held.quote is not None and not held.is_own_price]
    by_source: dict[str, list[HeldCoin]] = {}
    for held in priced:
        assert held.quote is not None
        by_source.setdefault(held.quote.source, []).append(held)
    short = sum(sum(_short(held, held.value).values()) for held in assessment.hedged_coins)
    if len(by_source) < 2 or short <= 0.0:
        return None
    found = [
        SourceInfluence(
            source,
            _moved(assessment, coins) / short,
            tuple(dict.fromkeys(held.holding.coin for held in coins if _change(assessment, held))),
        )
        for source, coins in by_source.items()
    ]
    return max(found, key=lambda one: one.share)


def _moved(assessment: HedgeAssessment, coins: list[HeldCoin]) -> float:
    """USD by which the legs move if these coins are worth their last closes, the absolute moves added up."""
    legs: dict[str, float] = {}
    for held in coins:
        for proxy, usd in _short(held, _change(assessment, held)).items():
            legs[proxy] = legs.get(proxy, 0.0) + usd
    return sum(abs(usd) for usd in legs.values())


def _change(assessment: HedgeAssessment, held: HeldCoin) -> float:
    """USD by which the value of the coin differs from that at its last close."""
    history = assessment.market.history
    close = history.last_close(held.moves_with) if held.moves_with in history else None
    return held.value - held.holding.quantity * (close or 0.0)


def _short(held: HeldCoin, value: float) -> Mapping[str, float]:
    """What so many USD of the coin are hedged with, USD by coin of the contract."""
    return {estimate.proxy: value * estimate.beta for estimate in held.estimates}
