"""How large the shorts of a bag are: its targets, the contracts that suit its size, and which shorts are too small."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from hedge_core.exposure.bag_fit import BagFit, exposures
from hedge_core.exposure.basket import CORE, Basket, most_extra_legs
from hedge_core.hedge.candidates import basket_candidates, most_traded
from hedge_core.hedge.contract_choice import underlying_price, underlying_price_or_none
from hedge_core.hedge.costs import commission
from hedge_core.hedge.held_counts import lots_held
from hedge_core.hedge.legs import ShortLeg
from hedge_core.hedge.margin import margin_requirement
from hedge_core.hedge.methods import METHODS
from hedge_core.hedge.rounding import ROUNDINGS
from hedge_core.hedge.trading_costs import TradingCosts
from hedge_core.market.contracts import Contract
from hedge_core.market.snapshot import Floats, MarketSnapshot
from hedge_core.market.volumes import volumes_of
from hedge_core.plan.plan import CASH_RATE, HedgePlan, SizingMethod

LAST = "ETH"
"""The proxy that is left out last."""


@dataclass(frozen=True, eq=False)
class BagSizes:
    """The sizes of one bag: `values` is USD held of each coin, `others` USD that other coins short in each contract."""

    plan: HedgePlan
    market: MarketSnapshot
    contracts: Mapping[str, Contract]
    values: Mapping[str, float]
    others: Mapping[str, float]

    @property
    def value(self) -> float:
        """USD value of the bag."""
        return sum(self.values.values())

    def target(self, fit: BagFit | Basket) -> Floats:
        """USD to short in each proxy of the fit: h·exposure for a basket, else that of `joint_target`."""
        decisions, exposure = self.plan.decisions, exposures(fit, self.values)
        if isinstance(fit, Basket):
            basket: Floats = decisions.hedge_ratio * exposure
            return basket
        return joint_target(exposure, self.value, decisions.hedge_ratio, decisions.method)

    def too_small(self, fit: BagFit | Basket) -> str | None:
        """The proxy whose short, `others` included, is the smallest in lots that rounds to no contract; Ether is last.

        None if there is no such proxy, if no other could take its place, or if nothing is to be hedged.
        """
        lots = {
            proxy: lots_of(self.plan, self.market, self.contracts[proxy], float(x) + self.others.get(proxy, 0.0))
            for proxy, x in zip(fit.proxies, self.target(fit), strict=True)
        }
        rounding = ROUNDINGS[self.plan.decisions.rounding]
        small = [proxy for proxy, n in lots.items() if n < rounding.least_lots(self.contracts[proxy])]
        can_be_replaced = len(fit.proxies) > 1 or (
            isinstance(fit, Basket) and fit.proxies != (LAST,) and LAST in self.candidates
        )
        if not small or not can_be_replaced or self.plan.decisions.hedge_ratio == 0.0:
            return None
        return min(small, key=lambda proxy: (proxy == LAST, lots[proxy]))

    def held_legs(self, best: Basket) -> tuple[str, ...]:
        """The coins of contracts that are short according to the plan's fills.

        One that is shorted against other coins anyway counts only if it is in the `best` basket as well.
        """
        lots = lots_held(self.plan, self.contracts.values(), self.market.as_of.date())
        short = (coin for coin, contract in self.contracts.items() if contract.id in lots)
        return tuple(coin for coin in short if coin in best.proxies or coin not in self.others)

    @cached_property
    def candidates(self) -> tuple[str, ...]:
        """The coins whose contracts may be in the basket of this bag (see `candidates`)."""
        return basket_candidates(self.contracts, self._prices, volumes_of(self.contracts), value=self.value)

    @property
    def charges(self) -> Mapping[str, float]:
        """What a dollar short in each candidate costs over the horizon, in the order of the candidates.

        Two sides of fee, half spread and slippage, and the margin to open at the rate for cash. The order is taken as
        an equal part of the bag. Volumes are those of the tables, so that legs do not change with each day's.
        """
        decisions, costs = self.plan.decisions, self.plan.overrides.costs
        size = self.value / (len(CORE) + most_extra_legs(self.value))
        trading = TradingCosts(costs)
        years = decisions.horizon_days / 365.0

        def charge(contract: Contract, price: float) -> float:
            leg = ShortLeg.of(contract, price, -max(round(size / contract.lot_notional(price)), 1))
            side = commission(leg, costs) / leg.notional + trading.of_order(contract, price, leg.notional).rate
            margin = margin_requirement([leg], None).initial / leg.notional
            return 2.0 * side + margin * (costs.cash_rate or CASH_RATE) * years

        return {coin: charge(self.contracts[coin], self._prices[coin]) for coin in self.candidates}

    @property
    def unpriced(self) -> tuple[str, ...]:
        """The coins that would be candidates if the market had their prices."""
        return tuple(
            coin for coin in most_traded(self.contracts, volumes_of(self.contracts)) if coin not in self._prices
        )

    @cached_property
    def _prices(self) -> Mapping[str, float]:
        priced = {coin: underlying_price_or_none(self.plan, self.market, coin) for coin in self.contracts}
        return {coin: price for coin, price in priced.items() if price is not None}


def joint_target(exposure: Floats, value: float, hedge_ratio: float, method: SizingMethod) -> Floats:
    """USD to short in each proxy of a bag: the blend of `bag_target`, or an equal split if the method ignores beta."""
    target = METHODS[method].bag_target
    assert target is not None, "this method hedges no bag"
    return target(exposure, value, hedge_ratio)


def lots_of(plan: HedgePlan, market: MarketSnapshot, contract: Contract, target: float) -> float:
    """The exact lots of a contract that `target` USD are. Raises MissingPrice if its coin has no price."""
    return target / contract.lot_notional(underlying_price(plan, market, contract.underlying))
