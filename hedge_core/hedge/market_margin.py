"""Market margin: the rally of the market that an account survives, and the collateral that a rally of the market needs.

The market is half Bitcoin and half Ether. If it rises by r, the coin of leg k rises by b_k·r, with b_k its beta to the
market, so with N the notional of a leg the account has

    room(r) = W − sum of N_k·b_k·r − sum of maintenance(N_k·(1 + b_k·r))

`hedge.margin` has the same figures for a rise of all coins by the same fraction.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from hedge_core.exposure.market_moves import MarketBetas
from hedge_core.hedge.account import MarginLeg
from hedge_core.hedge.margin import MarginRequirement
from hedge_core.market.snapshot import Floats
from hedge_core.text import percent

RALLIES = (0.25, 0.5, 1.0)
"""The rises of the market (fractions) for which the collateral needed is shown."""


@dataclass(frozen=True, eq=False)
class MarketMargin:
    """An account under moves of the market. `betas` are those of the coins of `margin.coins`, in their order."""

    margin: MarginRequirement
    betas: Floats

    @cached_property
    def rally_survived(self) -> float | None:
        """The rise of the market (a fraction >= 0) at which the account is liquidated or gets a margin call.

        None if no collateral is stated or nothing is short; infinite if no rise of the market ends the account.
        """
        return self.margin.rally_along(self.betas.tolist())

    @property
    def loss_at_the_end(self) -> float | None:
        """What the shorts have lost (USD) at the rise that ends the account; None if none does or nothing is known."""
        rally = self.rally_survived
        return None if rally is None or rally == math.inf else -float(self.margin.gains(self.betas * rally).sum())

    def collateral_for(self, rally: float) -> float:
        """The least collateral (USD) that survives a rise of the market by `rally`; at least the initial margin."""
        return float(self.margin.collateral_needed(np.maximum(self.betas * rally, -1.0)))

    def missing_for(self, rally: float) -> float:
        """The USD to add so that a rise of the market by `rally` is survived; 0 if nothing is missing."""
        return self.margin.missing(self.betas * rally)

    def end_price(self, leg: MarginLeg) -> float:
        """The price (USD) of the leg's coin at the rise that ends the account; infinite if none does.

        Raises ValueError if `leg` is not one of the account's.
        """
        rally, beta = self.rally_survived, float(self.betas[self.margin.legs.index(leg)])
        return math.inf if rally is None or rally == math.inf else leg.price * max(1.0 + beta * rally, 0.0)

    def isolated(self) -> tuple[float, ...]:
        """The rise of the market that each leg survives in an account of its own, in the order of `margin.isolated`.

        A leg whose coin does not rise with the market survives any. () if no collateral is stated.
        """
        alone = self.margin.isolated()
        betas = self.betas[: len(alone)].tolist()
        return tuple(
            leg.rally_survived / beta if beta > 0.0 else math.inf for leg, beta in zip(alone, betas, strict=True)
        )

    @property
    def first_to_end(self) -> int | None:
        """The place of the isolated leg that ends at the smallest rise of the market; None if legs share an account."""
        rallies = self.isolated() if self.margin.is_isolated and self.margin.is_split else ()
        return min(range(len(rallies)), key=rallies.__getitem__) if rallies else None

    def with_collateral(self, collateral: float) -> MarketMargin:
        """The same legs with this collateral (USD)."""
        return replace(self, margin=replace(self.margin, collateral=collateral))

    def stressed(self, *, margin_rise: float = 0.0, haircut: float = 0.0) -> MarketMargin:
        """The same account after the venue raises its margin rates and cuts the value of the collateral (fractions)."""
        return replace(self, margin=self.margin.stressed(margin_rise=margin_rise, haircut=haircut))


def market_margin(margin: MarginRequirement, betas: MarketBetas) -> MarketMargin:
    """The account under moves of the market, with the betas of its legs' coins and of the coins pledged."""
    pledged = [one.market_beta(betas) for one in margin.pledged]
    return MarketMargin(margin, np.array([*(betas.of(leg.underlying) for leg in margin.legs), *pledged], np.float64))


def survived_text(rally: float | None) -> str:
    """A rise that an account survives as a percentage, rounded down to a tenth, as liquidation levels are.

    `rally` is a fraction. As `percent` for None, NaN and infinity.
    """
    if rally is None or not math.isfinite(rally):
        return percent(rally)
    return percent(math.floor(max(rally, 0.0) * 1_000.0 + 1e-9) / 1_000.0)


def rally_text(rally: float | None) -> str:
    """The rise that an account survives in words, rounded down as by `survived_text`.

    `rally` is a fraction, None or NaN if unknown, infinity for any rise.
    """
    if rally is None or math.isnan(rally):
        return "an unknown rise"
    return "any rise" if rally == math.inf else f"a rise of {survived_text(rally)}"
