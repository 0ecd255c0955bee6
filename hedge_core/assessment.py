"""The assessment: everything that follows from a plan and a market.

`assess` is the one function that knows the order of the six steps; pages, command line and tests all call it.
Each result below carries its inputs, so that a number on the screen can be traced to where it came from.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace

import numpy as np

from hedge_core.bag import StopOrder
from hedge_core.contracts import Catalogue, Contract
from hedge_core.costs import CostEstimate, estimate_costs
from hedge_core.errors import MissingPrice
from hedge_core.exposure import covariance
from hedge_core.margin import MarginRequirement, margin_requirement
from hedge_core.market import Floats, MarketSnapshot, Notice
from hedge_core.plan import HedgePlan
from hedge_core.positions import (
    MAX_PRICE_AGE_DAYS,
    Position,
    contracts_in_use,
    known_contracts,
    price_positions,
    underlying_price,
)
from hedge_core.sizing import (
    CountChoice,
    HedgeLeg,
    Rounding,
    achieved_hedge_ratio,
    neighbouring_counts,
    size_leg,
    target_notional,
    whole_contracts,
)


@dataclass(frozen=True, eq=False, kw_only=True)
class HedgeAssessment:
    """A plan worked out on one market.

    `exposure` (b, USD by leg) and `covariance` (S, of daily returns of the legs' underlyings) follow the order
    of `legs`. `residual_exposure` = (1 − achieved)·hedgeable_value.
    """

    plan: HedgePlan
    market: MarketSnapshot
    positions: tuple[Position, ...]
    legs: tuple[HedgeLeg, ...]
    exposure: Floats
    covariance: Floats
    is_covariance_assumed: bool
    achieved_hedge_ratio: float
    margin: MarginRequirement
    costs: CostEstimate
    notices: tuple[Notice, ...]

    @property
    def bag_value(self) -> float:
        """USD value of everything in the bag."""
        return sum(position.value for position in self.positions)

    @property
    def hedged_positions(self) -> tuple[Position, ...]:
        """The holdings that the hedge is sized for."""
        return tuple(position for position in self.positions if position.status == "hedged")

    @property
    def hedgeable_value(self) -> float:
        """USD value of the holdings that the hedge is sized for."""
        return sum(position.value for position in self.hedged_positions)

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
                coin=position.holding.coin,
                quantity=position.holding.quantity,
                price=position.price,
                stop_price=None
                if position.holding.stop_loss is None
                else position.price * (1.0 - position.holding.stop_loss),
            )
            for position in self.positions
            if position.status == "speculative"
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


def assess(plan: HedgePlan, market: MarketSnapshot) -> HedgeAssessment:
    """Work the plan out on a market: prices, betas, proxies, whole contracts, margin and costs.

    Raises MissingPrice when a coin has no price, UnknownContract or InvalidPlan when the plan asks for
    something that does not exist. Everything less serious stands in `notices`.
    """
    known = known_contracts(plan, market)
    contracts = contracts_in_use(plan, known)
    positions = price_positions(plan, market, contracts)
    legs, exposure = _legs(plan, market, positions, contracts)
    hedge = np.array([leg.notional for leg in legs])
    S, is_assumed = _covariance(market, legs, plan.decisions.window_days)
    achieved = achieved_hedge_ratio(hedge, exposure, S) if legs else 0.0
    margin = margin_requirement(legs, plan.decisions.collateral)
    costs = estimate_costs(
        legs,
        market,
        horizon_days=plan.decisions.horizon_days,
        assumptions=plan.overrides.costs,
    )
    assessment = HedgeAssessment(
        plan=plan,
        market=market,
        positions=positions,
        legs=legs,
        exposure=exposure,
        covariance=S,
        is_covariance_assumed=is_assumed,
        achieved_hedge_ratio=achieved,
        margin=margin,
        costs=costs,
        notices=(),
    )
    return replace(assessment, notices=tuple(_notices(assessment, known)))


def _legs(
    plan: HedgePlan,
    market: MarketSnapshot,
    positions: Iterable[Position],
    contracts: Mapping[str, Contract],
) -> tuple[tuple[HedgeLeg, ...], Floats]:
    h, method = plan.decisions.hedge_ratio, plan.decisions.method
    exposure: dict[str, float] = {}
    target: dict[str, float] = {}
    for position in positions:
        if position.status != "hedged" or position.proxy is None or position.beta is None:
            continue
        proxy, beta, value = position.proxy, position.beta, position.value
        exposure[proxy] = exposure.get(proxy, 0.0) + value * beta
        target[proxy] = target.get(proxy, 0.0) + target_notional(value, beta, h, method)
    legs = []
    for proxy, b in exposure.items():
        price = underlying_price(plan, market, proxy)
        if price is None:
            raise MissingPrice(proxy, market.source)
        legs.append(
            size_leg(
                contracts[proxy],
                price=price,
                target=target[proxy],
                ideal=h * b,
                rounding=plan.decisions.rounding,
            )
        )
    return tuple(legs), np.array(list(exposure.values()), dtype=np.float64)


def _covariance(market: MarketSnapshot, legs: tuple[HedgeLeg, ...], window_days: int) -> tuple[Floats, bool]:
    """S of the legs' underlyings; with a single leg its scale cancels, so that any history will do."""
    if len(legs) < 2:
        return np.ones((len(legs), len(legs))), False
    estimated = covariance(market.history, [leg.underlying for leg in legs], window_days=window_days)
    if estimated is None:
        return np.ones((len(legs), len(legs))), True
    return estimated, False


def _notices(assessment: HedgeAssessment, known: Catalogue) -> list[Notice]:
    plan, market, margin = assessment.plan, assessment.market, assessment.margin
    notices: list[Notice] = []

    def add(code: str, text: str) -> None:
        notices.append(Notice(code, text))

    if market.simulated:
        add("simulated", "Prices and history are simulated: for practice, not for orders.")
    notices += market.notices
    if plan.decisions.method == "guide_divided":
        add(
            "guide_divided",
            "Dividing by beta covers only hedge ratio / beta² of the exposure. Multiply by beta instead "
            "(method beta_weighted) to offset the share that you chose.",
        )
    elif plan.decisions.method == "notional" and assessment.legs:
        add(
            "ignores_beta",
            "Dollar for dollar ignores beta: coins that move more than the proxy stay exposed.",
        )
    if assessment.is_covariance_assumed:
        add(
            "covariance_assumed",
            "The contracts share too little history; the achieved ratio assumes that they move as one.",
        )
    for leg in assessment.legs:
        if leg.contracts == 0 and leg.target_notional > 0:
            add("too_small", _too_small(leg, known, plan.decisions.rounding))
    for contract in known:
        if contract.conflict and contract.venue == plan.decisions.venue:
            add("contract_conflict", f"{contract.id} is not used: {contract.conflict}. Check with the venue.")
    for note in dict.fromkeys(position.note for position in assessment.positions if position.note):
        add("coin_resolved", note)
    for position in assessment.positions:
        if position.status == "unhedgeable":
            add("unhedgeable", f"{position.holding.coin} is not hedged. {position.reason}")
    for position in assessment.hedged_positions:
        coin = position.holding.coin
        if position.proxy == position.moves_with and {coin, position.moves_with} & set(plan.overrides.betas):
            add(
                "beta_unused",
                f"{coin} is hedged with its own future, so the beta that you set is not used. "
                "Choose ETH or BTC as its proxy to use it.",
            )
        estimate = position.estimate
        if estimate is not None and estimate.method == "ols":
            if estimate.observations < min(plan.decisions.window_days, 180):
                add(
                    "young_coin",
                    f"{position.holding.coin}: beta rests on {estimate.observations} days only; treat it as a guess.",
                )
            if estimate.correlation is not None and estimate.correlation < 0.5:
                add("weak_proxy", f"{position.holding.coin}: {_verdict(position)}")
    _market_notices(assessment, add)
    _leg_notices(assessment, add)
    if margin.is_enough_to_open is False:
        add(
            "collateral_short",
            f"Collateral of ${margin.collateral:,.0f} is below the initial margin of ${margin.initial:,.0f}: "
            "the hedge cannot be opened in full.",
        )
    if margin.is_assumed and margin.notional:
        add("margin_assumed", "Margin rates are assumptions on the careful side: check them with your broker.")
    if assessment.costs.is_fee_assumed:
        add("fee_assumed", "Fees depend on your broker; 0.1% a side is assumed.")
    if not assessment.costs.is_carry_known:
        add("carry_unknown", "The carry of at least one leg is not known and not in the totals.")
    for order in assessment.stop_orders:
        if order.stop_price is None:
            add(
                "no_stop",
                f"{order.coin} is speculative but has no stop-loss: it is neither hedged nor stopped.",
            )
    return notices


def _verdict(position: Position) -> str:
    chosen = position.choice.chosen if position.choice else None
    return chosen.reason if chosen else position.reason


def _market_notices(assessment: HedgeAssessment, add: Callable[[str, str], None]) -> None:
    """Prices that are old, or that jump as no price does."""
    plan, market = assessment.plan, assessment.market
    priced = {p.moves_with for p in assessment.positions if not p.is_own_price}
    underlyings = {leg.underlying for leg in assessment.legs} - set(plan.overrides.prices)
    ages = {coin: market.price_age_days(coin) for coin in sorted(priced | underlyings)}
    stale = [f"{coin} by {age} days" for coin, age in ages.items() if age > MAX_PRICE_AGE_DAYS]
    if stale:
        add("stale_price", f"Some last prices are older than the newest day in {market.source}: {', '.join(stale)}.")
    used = {p.moves_with for p in assessment.hedged_positions} | {leg.underlying for leg in assessment.legs}
    for coin in sorted(used):
        if coin not in market.history:
            continue
        returns = market.history.returns_of(coin)[-plan.decisions.window_days :]
        jumps = np.flatnonzero((returns > 9.0) | (returns < -0.9))
        if jumps.size:
            day = market.history.days[1:][-plan.decisions.window_days :][jumps[0]]
            add("suspicious_price", f"{coin} moves tenfold on {day}: if that close is wrong, so is its beta.")


def _leg_notices(assessment: HedgeAssessment, add: Callable[[str, str], None]) -> None:
    """What the figures of margin and costs leave out for the contracts in use."""
    margin, horizon = assessment.margin, assessment.plan.decisions.horizon_days
    traded = [leg for leg in assessment.legs if leg.contracts]
    venues = dict.fromkeys(leg.contract.venue for leg in traded)
    if len(venues) > 1:
        add(
            "several_accounts",
            f"The legs stand at {' and '.join(venues)}; margin is worked out as if they shared one account, "
            "which they do not.",
        )
    for leg in traded:
        days = _days_to_roll(leg.contract, assessment.market)
        if days is not None and horizon > days:
            times = horizon // days if leg.contract.expires_on is None and days else 1
            add(
                "roll_not_included",
                f"{leg.contract.id} expires before your horizon of {horizon} days; the cost of rolling it "
                f"(about {times} {'time' if times == 1 else 'times'}) is not in the totals.",
            )
        if leg.contract.style == "inverse":
            add(
                "inverse_margin",
                f"{leg.contract.id} is settled in {leg.underlying}: margin is worked out as if collateral were in "
                "dollars, and collateral held in the coin adds to your bag.",
            )
        limit = leg.contract.margin_tier_limit
        if limit is not None and leg.notional > limit:
            add(
                "margin_tier",
                f"{leg.contract.id}: above ${limit:,.0f} the venue asks for more margin than this.",
            )
    if margin.rally_survived is not None and margin.is_enough_to_open and margin.rally_survived < 0.1:
        add(
            "thin_margin",
            f"With this collateral a rally of {margin.rally_survived:.1%} ends the hedge: one bad day is enough.",
        )


def _days_to_roll(contract: Contract, market: MarketSnapshot) -> int | None:
    """Days until a contract expires (of a series: how long one lasts); None for a perpetual."""
    if contract.expires_on is not None:
        return max(0, (contract.expires_on - market.as_of.date()).days)
    return {"monthly": 30, "weekly": 7}.get(contract.expiry)


def _too_small(leg: HedgeLeg, known: Catalogue, rounding: Rounding) -> str:
    text = (
        f"Too small to hedge with {leg.contract.id}: one contract is ${leg.lot_notional:,.0f}, "
        f"{leg.exact_contracts:.2f} would be needed."
    )
    fits = [
        other
        for other in known
        if other.underlying == leg.underlying
        and other.lot_notional(leg.price) > 0.0
        and whole_contracts(leg.target_notional / other.lot_notional(leg.price), rounding) > 0
    ]
    if not fits:
        return f"{text} No contract in the catalogue is small enough."
    best = max(fits, key=lambda other: other.lot_notional(leg.price))
    return f"{text} {best.id} ({best.size_text()}, ${best.lot_notional(leg.price):,.0f}) would do."
