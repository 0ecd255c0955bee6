"""A pledged coin: a coin of the holder's that counts as margin beside the collateral.

It stays the holder's: what it gains or loses is the bag's. In an account it is a leg with nothing short.
"""

from __future__ import annotations

from dataclasses import dataclass

from hedge_core.exposure.market_moves import MarketBetas
from hedge_core.hedge.account import MarginLeg
from hedge_core.market.contracts import MarginTier
from hedge_core.market.instruments import Instrument

ASSUMED_SOURCE = "assumed"
"""The source of what a pledged coin counts for if nothing at hand says it."""


@dataclass(frozen=True, slots=True)
class PledgedCoin:
    """A coin of the holder's that counts as margin: its `value` today and what it is `counted` for, in USD.

    `coin` is the coin whose history it follows, `symbol` the one in the bag, and `betas` are those to its proxies, by
    which it moves with the market. `source` says where what it counts for is known from.
    """

    coin: str
    value: float
    counted: float
    source: str = ""
    symbol: str = ""
    betas: tuple[tuple[str, float], ...] = ()

    @property
    def name(self) -> str:
        """The coin as the bag calls it."""
        return self.symbol or self.coin

    @property
    def is_assumed(self) -> bool:
        """Whether nothing at hand says what the coin counts for."""
        return self.source == ASSUMED_SOURCE

    @property
    def proxies(self) -> tuple[str, ...]:
        """The coins whose betas to the market say how it moves with it."""
        return tuple(proxy for proxy, _ in self.betas) or (self.coin,)

    def market_beta(self, known: MarketBetas) -> float:
        """Its move for a move of the market by 1: the sum of its betas times those of its proxies."""
        return sum(beta * known.of(proxy) for proxy, beta in self.betas) if self.betas else known.of(self.coin)

    @property
    def as_leg(self) -> MarginLeg:
        """The coin as a leg of an account: its price moves, and nothing of it is short."""
        return MarginLeg(
            contract_id="",
            underlying=self.coin,
            price=1.0,
            notional=0.0,
            tiers=(MarginTier(0.0, 0.0, 0.0),),
            instrument=Instrument(),
            is_exchange_traded=True,
        )
