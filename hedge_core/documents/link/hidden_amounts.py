"""Amounts hidden: a plan in proportions, pinned, with nothing in it that depends on the size of the bag.

Holdings are shares of a bag of $100, in basis points that add up to 10,000. What else gives a size away is left out:
collateral, fills, payments, stop prices, the journal, names and notes, prices and contracts of the user's own, what the
monitor watches for, the depth of the market. Whole contracts would give it away as well (which coins are large enough
for a future of their own, how far the counts are from the target), so that the hedge is worked out anew with contracts
that can be divided at will.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

from hedge_core.documents.link.pin import Pin, PinnedContract, pinned_market
from hedge_core.documents.link.pinning import pin_of
from hedge_core.errors import InvalidInput
from hedge_core.exposure.pinned import PinnedMarket
from hedge_core.hedge.assessment import HedgeAssessment
from hedge_core.hedge.contract_choice import contracts_in_use, known_contracts
from hedge_core.hedge.held_coins import resolved, unit_prices
from hedge_core.hedge.planner import assess
from hedge_core.market.coins import resolve_coin
from hedge_core.market.contracts import Contract, catalogue
from hedge_core.market.snapshot import MarketSnapshot, Quote
from hedge_core.market.venues import EXCHANGES
from hedge_core.plan.plan import ASSUMED_DEPTH, HedgePlan, Overrides

BAG_VALUE = 100.0
"""USD that a bag of hidden amounts is worth."""

WHOLE = 10_000
"""Basis points in all."""

LOT = 1e-4
"""USD that a contract of hidden amounts comes to at most."""

OWN_PRICES = "csv:prices.csv"
"""What stands for a price file, whose name is the user's."""


def hidden_view(assessment: HedgeAssessment) -> tuple[HedgePlan, Pin]:
    """The plan and the pin of an assessment in proportions: the same for any size of the bag.

    Raises InvalidInput for an empty bag, and on a pinned market: which contracts were used there depends on a size.
    """
    plan, market = assessment.plan, assessment.market
    if isinstance(market, PinnedMarket):
        raise InvalidInput("Amounts are hidden on prices of today: leave the pinned prices first.")
    if not assessment.bag_value > 0.0:
        raise InvalidInput("There is nothing in the bag whose proportions could be shared.")
    weights = basis_points([held.value for held in assessment.held_coins])
    bare, used = stripped(plan), contracts_in_use(plan, known_contracts(plan, market))
    priced = _with_all_prices(plan, market)
    small = tuple(_divisible(contract, priced) for u, contract in used.items() if priced.price_or_none(u) is not None)
    there = replace(priced, contracts=small)
    pin = pin_of(assess(_of_weights(bare, weights, there), there, assessment.evidence))
    facts = {contract.id: PinnedContract.of(contract) for contract in small}
    pin = replace(
        pin,
        source=pin.source if market.source in ("sample", *EXCHANGES) else "own prices",
        contracts=tuple(facts[row.id] for row in pin.contracts),
    )
    return with_weights(bare, weights, pin), pin


def stripped(plan: HedgePlan) -> HedgePlan:
    """The plan without what hidden amounts leave out; quantities are left as they are."""
    bag, decisions, overrides = plan.bag, plan.decisions, plan.overrides
    coins = {name for coin in bag.coins for name in (coin, resolve_coin(coin).moves_with)}
    return HedgePlan(
        holdings=tuple(replace(holding, note="") for holding in bag.holdings),
        decisions=replace(decisions, rounding="nearest", collateral=None),
        overrides=Overrides(
            betas={coin: beta for coin, beta in overrides.betas.items() if coin in coins},
            proxies={coin: proxy for coin, proxy in overrides.proxies.items() if coin in coins},
            contract_choice={
                underlying: chosen
                for underlying, chosen in overrides.contract_choice.items()
                if chosen in catalogue().by_id
            },
            costs=replace(overrides.costs, depth=ASSUMED_DEPTH),
        ),
        market=plan.market if plan.market in ("sample", *EXCHANGES) else OWN_PRICES,
        is_example=plan.is_example,
    )


def basis_points(values: Sequence[float]) -> tuple[int, ...]:
    """Shares in basis points, at least one each, that add up to WHOLE: the largest remainders are rounded up.

    Shares are looked at to twelve digits, so that the unit of the values makes no difference.
    """
    total = math.fsum(values)
    exact = [float(f"{WHOLE * value / total:.12g}") for value in values]
    points = [max(1, math.floor(share)) for share in exact]
    order = sorted(range(len(exact)), key=lambda row: (round(points[row] - exact[row], 9), row))
    for row in order[: max(0, WHOLE - sum(points))]:
        points[row] += 1
    while sum(points) > WHOLE:
        points[points.index(max(points))] -= 1
    return tuple(points)


def weights_of(plan: HedgePlan, pin: Pin) -> tuple[int, ...]:
    """The basis points of a plan of hidden amounts."""
    prices = unit_prices(plan, pinned_market(pin))
    return tuple(round(row.quantity * prices[row.coin] * WHOLE / BAG_VALUE) for row in plan.holdings)


def with_weights(plan: HedgePlan, weights: Sequence[int], pin: Pin) -> HedgePlan:
    """The plan with the quantities of a bag of BAG_VALUE. Raises MissingPrice for a coin that is not pinned."""
    return _of_weights(plan, weights, pinned_market(pin))


def is_hidden_view(plan: HedgePlan, pin: Pin | None) -> bool:
    """Whether there is nothing in the plan that hidden amounts leave out."""
    return pin is not None and stripped(plan) == plan and sum(weights_of(plan, pin)) == WHOLE


def _of_weights(plan: HedgePlan, weights: Sequence[int], market: MarketSnapshot) -> HedgePlan:
    prices = unit_prices(plan, market)
    shares = zip(plan.holdings, weights, strict=True)
    rows = [replace(row, quantity=share * BAG_VALUE / WHOLE / prices[row.coin]) for row, share in shares]
    return replace(plan, holdings=tuple(rows))


def _with_all_prices(plan: HedgePlan, market: MarketSnapshot) -> MarketSnapshot:
    """The market with a price of $1 for each coin that only the user's own price was known of."""
    held = [resolved(market, coin).priced_as for coin in plan.bag.coins]
    unknown = {coin for coin in (*held, *plan.overrides.prices) if market.price_or_none(coin) is None}
    return replace(market, quotes={**market.quotes, **{c: Quote(1.0, market.as_of, market.source) for c in unknown}})


def _divisible(contract: Contract, market: MarketSnapshot) -> Contract:
    """The contract in lots of a hundredth of a cent at most; one of the user's own loses its name."""
    unit = contract.contract_size * (1.0 if contract.size_in_usd else market.price(contract.underlying))
    step = 10.0 ** math.floor(math.log10(LOT / unit))
    return replace(
        contract,
        code=contract.code if contract.is_catalogued else contract.underlying,
        amount_step=step,
        minimum_amount=0.0,
        minimum_fee=contract.minimum_fee * step / contract.amount_step,
    )
