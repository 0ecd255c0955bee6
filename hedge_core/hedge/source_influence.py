"""How much of the short each source of prices moves, the legs and their betas kept.

Without a source s, a coin that it prices is worth its last close, or nothing if it has none (a staked coin: as much of
the coin that it moves with as before). With V_i the value of coin
i, V_i(s) that without the source, and x_j(V_i) the short in leg j that the plan's method gives V_i dollars of the coin,
which is proportional to V_i, the short in leg j changes by

    Δ_j(s) = Σ_i x_j(V_i(s) − V_i)

What moves is counted as in `exposure.influence`, each dollar once, and is information only, too: the market may have
moved that much. The user's own prices are no source, and one source for everything has no influence: there is nothing
without it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from hedge_core.exposure.bag_fit import BagFit
from hedge_core.hedge.assessment import HedgeAssessment
from hedge_core.hedge.bag_sizes import joint_target
from hedge_core.hedge.held_coins import HeldCoin, resolved
from hedge_core.hedge.sizing import target_notional
from hedge_core.market.snapshot import Floats, MarketSnapshot


@dataclass(frozen=True, eq=False)
class SourceInfluence:
    """By how many USD the short in each leg changes without each of the `sources`; `changes` (sources, legs).

    The legs are those of the assessment. `coins` are those whose value each source changes.
    """

    sources: tuple[str, ...]
    coins: tuple[tuple[str, ...], ...]
    changes: Floats


def source_influence(assessment: HedgeAssessment) -> SourceInfluence | None:
    """What each source of prices moves; None if one prices everything."""
    by_source: dict[str, list[HeldCoin]] = {}
    for held in assessment.hedged_coins:
        if held.quote is not None and not held.is_own_price:
            by_source.setdefault(held.quote.source, []).append(held)
    if len(by_source) < 2:
        return None
    return SourceInfluence(
        sources=tuple(by_source),
        coins=tuple(
            tuple(dict.fromkeys(held.holding.coin for held in coins if _change(assessment, held)))
            for coins in by_source.values()
        ),
        changes=np.array([_changes(assessment, coins) for coins in by_source.values()]),
    )


def _changes(assessment: HedgeAssessment, coins: Sequence[HeldCoin]) -> Floats:
    """USD by which the short in each leg changes if these coins are worth their last closes."""
    changes = dict.fromkeys((leg.underlying for leg in assessment.legs), 0.0)
    for held in coins:
        shorts = _shorts(assessment, held, _change(assessment, held))
        for proxy, usd in zip(held.proxies, shorts, strict=True):
            changes[proxy] += float(usd)
    return np.array(list(changes.values()))


def _change(assessment: HedgeAssessment, held: HeldCoin) -> float:
    """USD by which the value of the coin at its last close differs from that at its price.

    A staked coin without closes is worth as many of the coin that it moves with as at its price, and changes with it.
    """
    market = assessment.market
    coin = resolved(market, held.holding.coin)
    close = _last_close(market, coin.priced_as)
    if close is None and coin.moves_with != coin.priced_as:
        close, price = _last_close(market, coin.moves_with), market.price_or_none(coin.moves_with)
        return held.value * (close / price - 1.0) if close and price else 0.0
    return held.holding.quantity * coin.units * (close or 0.0) - held.value


def _last_close(market: MarketSnapshot, coin: str) -> float | None:
    return market.history.last_close(coin) if coin in market.history else None


def _shorts(assessment: HedgeAssessment, held: HeldCoin, value: float) -> Floats:
    """The short in each proxy of the coin, in USD, that hedges so many USD of it."""
    h, method = assessment.hedge_ratio, assessment.plan.decisions.method
    betas = np.array([estimate.beta for estimate in held.estimates])
    if held.route == "bag" and isinstance(assessment.bag_fit, BagFit):
        return joint_target(value * betas, value, h, method)
    if held.route == "bag":
        return h * value * betas
    return np.array([target_notional(value, beta, h, method) for beta in betas.tolist()])
