"""The assessment: everything that is computed from a plan and a market, as one value.

It keeps the inputs of each result, so that a number on the screen can be traced to its source.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from typing import TYPE_CHECKING, Literal

import numpy as np
import numpy.typing as npt

from hedge_core.errors import Notice
from hedge_core.exposure.bag_fit import BagFit
from hedge_core.exposure.basket import Basket
from hedge_core.exposure.estimates import Estimates
from hedge_core.exposure.evidence import Evidence
from hedge_core.exposure.joint_fit import JointFit
from hedge_core.exposure.market_moves import MarketBetas
from hedge_core.hedge.breach import Breach
from hedge_core.hedge.contract_choice import underlying_price, underlying_price_or_none
from hedge_core.hedge.costs import CostBasis, CostEstimate
from hedge_core.hedge.held_coins import HeldCoin
from hedge_core.hedge.held_counts import CountChange
from hedge_core.hedge.legs import ShortLeg, SizedLeg, traded
from hedge_core.hedge.margin import MarginRequirement, PledgedCoin, margin_requirement
from hedge_core.hedge.market_margin import MarketMargin, market_margin
from hedge_core.hedge.openable import cash_of
from hedge_core.hedge.optimum import Counts, cost_of_fewer_legs
from hedge_core.hedge.plan_breach import breach_of
from hedge_core.hedge.sizing import CountChoice, neighbouring_counts
from hedge_core.hedge.whole_counts import LegRisk
from hedge_core.market.expiries import held_expiry
from hedge_core.market.figure_ages import OldFigure, old_figures
from hedge_core.market.snapshot import Floats, MarketSnapshot
from hedge_core.market.venues import venue_of
from hedge_core.plan.bag import StopOrder
from hedge_core.plan.plan import HedgePlan

if TYPE_CHECKING:
    from hedge_core.hedge.held_options import HeldOptions

OPENED_IN_PART = "Your collateral is too little for the full hedge; the figures are for what it opens."


@dataclass(frozen=True, eq=False, kw_only=True)
class HedgeAssessment:
    """The results for one plan on one market.

    `held_coins` are the rows of the bag, priced and routed; `legs` are the contracts to sell short. `exposure` (b, USD
    per leg) and `covariance` (S, of the daily returns of the legs' underlyings) are in the order of `legs`. If
    `is_covariance_assumed`, there is too little history for S, and it assumes that all legs move as one.
    `achieved_hedge_ratio` is a fraction of the bag's exposure. `joint` is the fit of the coins that are
    hedged as one bag, `optimum` the result of the search for the best whole counts; each is None if it was not used.
    `risk` is what the counts are judged by, `count_change` compares them with those that are held if these differ.
    `volatilities` are the standard deviations of daily returns of the legs' underlyings by coin, as far as they are
    known. `pledged` are the coins of the plan that count as margin beside the collateral, and `options` those that are
    held beside the shorts, which only what is filled has (None: none).
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
    estimates: Estimates
    joint: JointFit | None = None
    optimum: Counts | None = None
    risk: LegRisk | None = None
    count_change: CountChange | None = None
    notices: tuple[Notice, ...] = ()
    volatilities: Mapping[str, float] = field(default_factory=dict)
    pledged: tuple[PledgedCoin, ...] = ()
    options: HeldOptions | None = None

    @property
    def evidence(self) -> Evidence:
        """Out-of-sample results for the plan's coins and proxies."""
        return self.estimates.evidence

    @property
    def bag_fit(self) -> BagFit | Basket | None:
        """The joint fit of the coins that are hedged as one bag; None if there are none."""
        return self.joint.fit if self.joint is not None else None

    @property
    def bag_value(self) -> float:
        """USD value of everything in the bag."""
        return sum(held.value for held in self.held_coins)

    @property
    def hedged_coins(self) -> tuple[HeldCoin, ...]:
        """The held coins that the hedge is sized for."""
        return tuple(held for held in self.held_coins if held.status == "hedged")

    @property
    def traded_legs(self) -> tuple[SizedLeg, ...]:
        """The legs with at least one contract short, in the order of `margin.legs` and `costs.legs`."""
        return traded(self.legs)

    @property
    def is_hedged(self) -> bool:
        """Whether there is a hedge at all: a leg with at least one contract, or an option that is held."""
        return bool(self.traded_legs) or self.options is not None

    @property
    def is_traded(self) -> npt.NDArray[np.bool_]:
        """Which of `legs` are among `traded_legs`."""
        return np.array([bool(leg.contracts) for leg in self.legs], dtype=np.bool_)

    @property
    def is_limited(self) -> bool:
        """Whether the collateral opens other counts than the plan wants."""
        return any(leg.contracts != leg.wanted_contracts for leg in self.legs)

    @property
    def margin_wanted(self) -> MarginRequirement:
        """The margin of the counts that the plan wants, whether the collateral opens them or not."""
        return margin_requirement(
            [leg.wanted for leg in self.legs],
            self.plan.decisions.collateral,
            is_isolated=self.margin.is_isolated,
            pledged=self.pledged,
            home=self.plan.decisions.venue,
        )

    @cached_property
    def cash_for_wanted(self) -> float:
        """The least collateral (USD) that opens the counts that the plan wants, whether it is stated or not.

        At least their initial margin; where the plan limits its counts to those that survive a rally, what that takes.
        """
        wanted = [leg.wanted for leg in self.legs]
        return cash_of(self.plan, self.market, wanted, self.market_betas, self.pledged).needed(wanted)

    @property
    def cost_basis(self) -> CostBasis:
        """What the costs rest on, with the months that the plan sells."""
        return CostBasis(
            assumptions=self.plan.overrides.costs,
            volatilities=self.volatilities,
            roll_ahead=self.plan.watch.thresholds.stated_roll_days,
            held={cost.contract_id: cost.held_until for cost in self.costs.legs if cost.held_until is not None},
            traded=self.market.daily_volumes,
        )

    @property
    def expiries(self) -> Mapping[str, date | None]:
        """The expiry of the future that each traded leg sells, by contract id; None for a perpetual."""
        return {cost.contract_id: cost.held_until for cost in self.costs.legs}

    def expiry_of(self, leg: ShortLeg) -> date | None:
        """The expiry of the future that the leg sells; None for a perpetual."""
        if leg.contract.id in self.expiries:
            return self.expiries[leg.contract.id]
        return held_expiry(leg.contract, self.market.as_of.date())

    def underlying_price_or_none(self, coin: str) -> float | None:
        """The price of a coin in USD as the plan's legs use it: the user's, else the market's, else None."""
        return underlying_price_or_none(self.plan, self.market, coin)

    def underlying_price(self, coin: str) -> float:
        """As `underlying_price_or_none`. Raises MissingPrice if there is none."""
        return underlying_price(self.plan, self.market, coin)

    @property
    def hedgeable_value(self) -> float:
        """USD value of the held coins that the hedge is sized for (V)."""
        return sum(held.value for held in self.hedged_coins)

    @property
    def hedge_ratio(self) -> float:
        """The target hedge ratio h = 1 − risk accepted."""
        return self.plan.decisions.hedge_ratio

    @property
    def residual_exposure(self) -> float:
        """USD of the hedgeable value that stays unhedged: (1 − achieved hedge ratio)·V."""
        return (1.0 - self.achieved_hedge_ratio) * self.hedgeable_value

    @property
    def breach(self) -> Breach:
        """What happens to the account of `traded_legs` when margin runs out."""
        return breach_of(self.plan, self.traded_legs).beside(len(self.margin.pledged))

    @property
    def old_figures(self) -> tuple[OldFigure, ...]:
        """The figures of the contracts in use that are too old to be taken for today's; fees unless the user's own."""
        today = self.market.as_of.date()
        old = [figure for leg in self.legs for figure in old_figures(leg.contract, today)]
        has_own_fee = self.plan.overrides.costs.fee_rate is not None
        return tuple(one for one in old if not (one.figure == "fee" and has_own_fee))

    @property
    def cash_cost(self) -> float:
        """What the cash costs over the horizon in USD: (rate·(post + reserve) − interest·post)·days/365.

        `post` is the collateral stated. 0 if nothing is short; collateral that is not stated is not counted.
        """
        decisions = self.plan.decisions
        return self.cost_of_cash(decisions.collateral or 0.0, decisions.reserve) if self.traded_legs else 0.0

    def cost_of_cash(self, post: float, reserve: float) -> float:
        """What these amounts of cash (USD) cost over the horizon: (rate·(post + reserve) − interest·post)·days/365."""
        decisions, rate = self.plan.decisions, self.plan.overrides.costs.cash_rate
        interest = venue_of(decisions.venue).interest_rate
        return (rate * (post + reserve) - interest * post) * decisions.horizon_days / 365.0

    @property
    def stop_orders(self) -> tuple[StopOrder, ...]:
        """One stop order for each speculative holding, at the price at which it was placed, if the plan has it.

        The placed price of a coin is that of its highest stop. Others of the same coin keep their distance from it.
        """
        speculative = [held for held in self.held_coins if held.status == "speculative"]
        placed = self.plan.execution.stop_prices
        highest: dict[str, float] = {}
        for held in speculative:
            if held.holding.stop_loss is not None:
                coin = held.holding.coin
                highest[coin] = min(held.holding.stop_loss, highest.get(coin, 1.0))
        stops = []
        for held in speculative:
            coin, loss = held.holding.coin, held.holding.stop_loss
            base = placed[coin] / (1.0 - highest[coin]) if coin in placed and coin in highest else held.price
            stops.append(
                StopOrder(
                    coin=coin,
                    quantity=held.holding.quantity,
                    price=held.price,
                    stop_price=None if loss is None else base * (1.0 - loss),
                    is_placed=loss is not None and coin in placed,
                )
            )
        return tuple(stops)

    @property
    def basket(self) -> Basket | None:
        """The basket that hedges the coins without a future of their own; None if none does."""
        return self.bag_fit if isinstance(self.bag_fit, Basket) else None

    @cached_property
    def market_betas(self) -> MarketBetas:
        """The betas of the coins and the contracts to the market, which is half Bitcoin and half Ether."""
        coins = (held.moves_with for held in self.held_coins)
        return self.estimates.market_betas(tuple(dict.fromkeys((*coins, *(leg.underlying for leg in self.legs)))))

    @cached_property
    def market_margin(self) -> MarketMargin:
        """The account under moves of the market, in which every coin moves by its own beta."""
        return market_margin(self.margin, self.market_betas)

    @property
    def market_rally_survived(self) -> float | None:
        """The rise of the market (a fraction) at which the account is liquidated or gets a margin call.

        None and infinity as in `MarginRequirement.rally_survived`, the rise of all coins by the same fraction.
        """
        return self.market_margin.rally_survived

    def collateral_for(self, rally: float, *, of: Literal["market", "proxy"] = "market") -> float:
        """The least collateral (USD) that survives a rally (a fraction); at least the initial margin.

        `of` says what rises: the market, and every contract by its beta times that, or every contract alike.
        """
        return self.market_margin.collateral_for(rally) if of == "market" else self.margin.collateral_for(rally)

    @cached_property
    def losses_of_fewer_legs(self) -> tuple[float | None, ...]:
        """By how much the variance grows without each leg, as a share of what the legs explain of the bag's variance.

        The other legs are counted again, and take over what they can. None for a leg whose moves are unknown; all are
        None if the counts were not searched for together.
        """
        unknown: tuple[None, ...] = (None,) * len(self.legs)
        risk, exposure = self.risk, self.exposure
        explained = float(exposure @ self.covariance @ exposure)
        if self.optimum is None or risk is None or len(self.legs) < 2 or self.is_covariance_assumed or not explained:
            return unknown
        lots = np.array([leg.lot_notional for leg in self.legs])
        target = np.array([leg.target_notional for leg in self.legs])
        least = tuple(leg.contract.minimum_lots for leg in self.legs)
        return tuple(cost / explained for cost in cost_of_fewer_legs(lots, target, risk.matrix, minimum_lots=least))

    @property
    def is_practice(self) -> bool:
        """Whether the plan is the user's own but the prices are simulated."""
        return self.market.simulated and not self.plan.is_example

    def co_movement(self, held: HeldCoin) -> tuple[float, float] | None:
        """The daily volatility of a held coin and its correlation with the return that its betas predict.

        The volatility is the standard deviation of daily returns, a fraction. None if either figure is unknown.
        """
        return self.estimates.co_movement(held.moves_with, held.estimates, is_in_bag=held.route == "bag")

    def alternatives(self, leg: int) -> tuple[CountChoice, ...]:
        """What the hedge achieves with n − 1, n and n + 1 lots of the leg at index `leg` of `legs`."""
        return neighbouring_counts(
            self.legs,
            leg,
            exposure=self.exposure,
            covariance=self.covariance,
            hedgeable_value=self.hedgeable_value,
        )
