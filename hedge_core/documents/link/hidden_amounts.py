"""Hide amounts: a pinned plan in proportions, which contains nothing that depends on the size of the bag.

Holdings become shares of a bag of $100, in basis points that add up to 10,000. Everything else that shows a size is
left out: collateral, coins as margin, fills, payments, stop prices, the journal, names and notes, the user's own prices
and contracts, the settings of the monitor, and the market depth. Whole contracts would show it too (which coins are
large enough for their own future, how far the counts are from the target), so the hedge is computed again with
contracts that are divisible into tiny lots.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

from hedge_core.documents.link.pin import Pin, PinnedContract, pinned_market
from hedge_core.documents.link.pinning import pin_of
from hedge_core.errors import InvalidInput
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
"""Value of the bag in USD once amounts are hidden."""

WHOLE = 10_000
"""Basis points of all shares together."""

LOT = 1e-4
"""Largest value in USD of one lot once amounts are hidden."""

OWN_PRICES = "csv:prices.csv"
"""Replaces the name of a price file, which the user chose."""


def hidden_view(assessment: HedgeAssessment) -> tuple[HedgePlan, Pin]:
    """Return the assessment's plan in proportions and its pin, which are the same for any size of the bag.

    Raises InvalidInput for an empty bag, and on a pinned market, whose choice of contracts depends on a size.
    """
    plan, market = assessment.plan, assessment.market
    if not assessment.estimates.fit_any_size:
        raise InvalidInput("Amounts can be hidden only at current prices. Leave the pinned prices first.")
    if not assessment.bag_value > 0.0:
        raise InvalidInput("The bag is empty, so it has no proportions to share. Add a coin with a price first.")
    weights = basis_points([held.value for held in assessment.held_coins])
    without_amounts, used = stripped(plan), contracts_in_use(plan, known_contracts(plan, market))
    priced = _with_all_prices(plan, market)
    small = tuple(_divisible(contract, priced) for u, contract in used.items() if priced.price_or_none(u) is not None)
    fine_market = replace(priced, contracts=small)
    pin = pin_of(assess(_of_weights(without_amounts, weights, fine_market), fine_market, assessment.evidence))
    facts = {contract.id: PinnedContract.of(contract) for contract in small}
    pin = replace(
        pin,
        source=pin.source if market.source in ("sample", *EXCHANGES) else "own prices",
        contracts=tuple(facts[row.id] for row in pin.contracts),
    )
    return with_weights(without_amounts, weights, pin), pin


def stripped(plan: HedgePlan) -> HedgePlan:
    """Return the plan without the fields that show a size, except the quantities, which stay."""
    bag, decisions, overrides = plan.bag, plan.decisions, plan.overrides
    coins = {name for coin in bag.coins for name in (coin, resolve_coin(coin).moves_with)}
    return HedgePlan(
        holdings=tuple(replace(holding, note="") for holding in bag.holdings),
        decisions=replace(decisions, rounding="nearest", collateral=None, reserve=0.0, pledges={}),
        overrides=Overrides(
            betas={coin: beta for coin, beta in overrides.betas.items() if coin in coins},
            proxies={coin: proxy for coin, proxy in overrides.proxies.items() if coin in coins},
            contract_choice={
                underlying: chosen
                for underlying, chosen in overrides.contract_choice.items()
                if chosen in catalogue().by_id
            },
            costs=replace(overrides.costs, depth=None if overrides.costs.depth is None else ASSUMED_DEPTH),
            dangers=overrides.dangers,
        ),
        market=plan.market if plan.market in ("sample", *EXCHANGES) else OWN_PRICES,
        is_example=plan.is_example,
        edition=plan.edition,
    )


def basis_points(values: Sequence[float]) -> tuple[int, ...]:
    """Return the shares of `values` in basis points, at least one each, adding up to WHOLE.

    The shares with the largest remainders are rounded up. They are compared to twelve significant digits, so the
    unit of the values makes no difference.
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
    """Return the shares of the holdings, in basis points, of a plan whose amounts are hidden."""
    prices = unit_prices(plan, pinned_market(pin))
    return tuple(round(row.quantity * prices[row.coin] * WHOLE / BAG_VALUE) for row in plan.holdings)


def with_weights(plan: HedgePlan, weights: Sequence[int], pin: Pin) -> HedgePlan:
    """Return the plan with the quantities of a bag of BAG_VALUE. Raises MissingPrice for a coin that is not pinned."""
    return _of_weights(plan, weights, pinned_market(pin))


def is_hidden_view(plan: HedgePlan, pin: Pin | None) -> bool:
    """Whether the plan is pinned, contains none of the fields that show a size, and has shares that add up."""
    return pin is not None and stripped(plan) == plan and sum(weights_of(plan, pin)) == WHOLE


def _of_weights(plan: HedgePlan, weights: Sequence[int], market: MarketSnapshot) -> HedgePlan:
    prices = unit_prices(plan, market)
    shares = zip(plan.holdings, weights, strict=True)
    rows = [replace(row, quantity=share * BAG_VALUE / WHOLE / prices[row.coin]) for row, share in shares]
    return replace(plan, holdings=tuple(rows))


def _with_all_prices(plan: HedgePlan, market: MarketSnapshot) -> MarketSnapshot:
    """Return the market with a price of $1 for each coin whose only price was the user's own."""
    held = [resolved(market, coin).priced_as for coin in plan.bag.coins]
    unknown = {coin for coin in (*held, *plan.overrides.prices) if market.price_or_none(coin) is None}
    return replace(market, quotes={**market.quotes, **{c: Quote(1.0, market.as_of, market.source) for c in unknown}})


def _divisible(contract: Contract, market: MarketSnapshot) -> Contract:
    """Return the contract in lots of at most LOT.

    A contract of the user's own gets its coin as its code, and one coin or one dollar as its size: the size that the
    user chose may be that of the position.
    """
    if not contract.is_catalogued:
        contract = replace(contract, code=contract.underlying, contract_size=1.0, amount_step=1.0)
    unit = contract.contract_size * (1.0 if contract.size_in_usd else market.price(contract.underlying))
    step = 10.0 ** math.floor(math.log10(LOT / unit))
    return replace(
        contract,
        amount_step=step,
        minimum_amount=0.0,
        minimum_fee=contract.minimum_fee * step / contract.amount_step,
        fixed_fee=contract.fixed_fee * step / contract.amount_step,
    )
