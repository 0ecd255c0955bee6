"""The assessment: everything that follows from a plan and a market, as one value.

Each result carries its inputs, so that a number on the screen can be traced to where it came from.
"""

from __future__ import annotations

from dataclasses import dataclass

from hedge_core.errors import Notice
from hedge_core.exposure.bag_fit import BagFit
from hedge_core.exposure.evidence import Evidence
from hedge_core.hedge.costs import CostEstimate
from hedge_core.hedge.held_coins import HeldCoin
from hedge_core.hedge.legs import SizedLeg
from hedge_core.hedge.margin import MarginRequirement
from hedge_core.hedge.optimum import Counts
from hedge_core.hedge.sizing import CountChoice, neighbouring_counts
from hedge_core.market.snapshot import Floats, MarketSnapshot
from hedge_core.plan.bag import StopOrder
from hedge_core.plan.plan import HedgePlan


@dataclass(frozen=True, eq=False, kw_only=True)
class HedgeAssessment:
    """A plan worked out on one market.

    `exposure` (b, USD by leg) and `covariance` (S, of daily returns of the legs' underlyings) follow the order
    of `legs`. `residual_exposure` = (1 − achieved)·hedgeable_value. `bag_fit` is the joint regression of the coins that
    are hedged as one bag, `optimum` what the search for the best whole counts says; each None where there is none.
    """

    plan: HedgePlan
    market: MarketSnapshot
    held_coins: tuple[HeldCoin, ...]
    legs: tuple[SizedLeg, ...]
    exposure: Floats
    covariance: Floats
    is_covariance_assumed: bool
    achieved_hedge_ratio: float
    margin: MarginRequirement
    costs: CostEstimate
    evidence: Evidence
    bag_fit: BagFit | None = None
    optimum: Counts | None = None
    notices: tuple[Notice, ...] = ()

    @property
    def bag_value(self) -> float:
        """USD value of everything in the bag."""
        return sum(held.value for held in self.held_coins)

    @property
    def hedged_coins(self) -> tuple[HeldCoin, ...]:
        """The holdings that the hedge is sized for."""
        return tuple(held for held in self.held_coins if held.status == "hedged")

    @property
    def hedgeable_value(self) -> float:
        """USD value of the holdings that the hedge is sized for."""
        return sum(held.value for held in self.hedged_coins)

    @property
    def hedge_ratio(self) -> float:
        """The target h."""
        return self.plan.decisions.hedge_ratio

    @property
    def residual_exposure(self) -> float:
        """USD of the hedgeable value that the hedge leaves open: (1 − achieved)·V."""
        return (1.0 - self.achieved_hedge_ratio) * self.hedgeable_value

    @property
    def stop_orders(self) -> tuple[StopOrder, ...]:
        """Stop orders for the speculative holdings."""
        return tuple(
            StopOrder(
                coin=held.holding.coin,
                quantity=held.holding.quantity,
                price=held.price,
                stop_price=None if held.holding.stop_loss is None else held.price * (1.0 - held.holding.stop_loss),
            )
            for held in self.held_coins
            if held.status == "speculative"
        )

    @property
    def is_practice(self) -> bool:
        """Whether a bag of the user's own was worked out on simulated prices."""
        return self.market.simulated and not self.plan.is_example

    def alternatives(self, leg: int) -> tuple[CountChoice, ...]:
        """n − 1, n and n + 1 of one leg, by its place in `legs`."""
        return neighbouring_counts(
            self.legs,
            leg,
            exposure=self.exposure,
            covariance=self.covariance,
            hedgeable_value=self.hedgeable_value,
        )
