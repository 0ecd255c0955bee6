"""Pledged coins: what the coins that a plan has as margin are worth, and what they count for at its venue.

A coin counts for what the user says, else as the venue's table says or as assumed (see `haircuts`). Only hedged coins
of the bag can be pledged: the others are in no path and no scenario. Isolated positions have collateral of their own,
so coins count for nothing there. What counts for nothing is no part of the account.
"""

from __future__ import annotations

from collections.abc import Sequence

from hedge_core.hedge.haircuts import Haircut, haircut_of
from hedge_core.hedge.held_coins import HeldCoin
from hedge_core.hedge.margin import PledgedCoin, is_isolated
from hedge_core.market.snapshot import MarketSnapshot
from hedge_core.plan.plan import HedgePlan
from hedge_core.plan.pledges import Pledge
from hedge_core.text import listed, usd


def pledged_coins(plan: HedgePlan, market: MarketSnapshot, held_coins: Sequence[HeldCoin]) -> tuple[PledgedCoin, ...]:
    """The coins of the plan that count as margin today, in the order of the plan; () for isolated positions."""
    decisions = plan.decisions
    if not decisions.pledges or is_isolated(decisions):
        return ()
    found = (
        pledged_coin(coin, pledge, held_coins, decisions.venue, known=market.collateral_counts.get(coin))
        for coin, pledge in decisions.pledges.items()
    )
    return tuple(one for one in found if one is not None and one.counted > 0.0)


def pledged_coin(
    coin: str, pledge: Pledge, held_coins: Sequence[HeldCoin], venue: str, *, known: float | None = None
) -> PledgedCoin | None:
    """What a pledge of a coin is worth and counts for (USD); None if the coin is not among the hedged coins.

    `known` is the fraction for which the coin counts where that was recorded with the prices.
    """
    rows = [held for held in held_coins if held.holding.coin == coin and held.status == "hedged"]
    if not rows:
        return None
    held = rows[0]
    haircut = haircut_of(venue, coin)
    if pledge.haircut is not None:
        haircut = Haircut.flat(1.0 - pledge.haircut, "as you stated it")
    elif known is not None:
        haircut = Haircut.flat(known, "as when the link was made")
    quantity = sum(row.holding.quantity for row in rows) * pledge.share
    return PledgedCoin(
        coin=held.moves_with,
        value=quantity * held.price,
        counted=haircut.counted(quantity) * held.price,
        source=haircut.source,
        symbol=coin,
        betas=tuple((estimate.proxy, estimate.beta) for estimate in held.estimates),
    )


def pledged_sentence(pledged: Sequence[PledgedCoin]) -> str:
    """What coins count for as margin, in one sentence; '' without any."""
    if not pledged:
        return ""
    coins = [f"{one.name} worth {usd(one.value)} for {usd(one.counted)}" for one in pledged]
    return f"Coins of your bag count as margin besides: {listed(coins)}."
