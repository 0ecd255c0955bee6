"""Hypothesis strategies: plans, bags and shocks as a user might bring them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import get_args

from hypothesis import strategies as st

from hedge_core.market.contracts import CustomContract, OwnKind
from hedge_core.plan.bag import Holding
from hedge_core.plan.plan import (
    LEAST_BETA,
    Approach,
    CostAssumptions,
    Decisions,
    HedgePlan,
    Overrides,
    Rounding,
    SizingMethod,
)
from hedge_core.scenarios.shocks import Shock
from tests.support.markets import PRICES

COINS = tuple(PRICES)
VENUES = ("Coinbase Derivatives", "CME", "Kraken Futures")

symbols = st.from_regex(r"[A-Z0-9][A-Z0-9.\-]{0,15}", fullmatch=True)
texts = st.text(st.characters(codec="utf-8"), max_size=60)
roundings = st.sampled_from(get_args(Rounding))
methods = st.sampled_from(get_args(SizingMethod))
approaches = st.sampled_from(get_args(Approach))


one_by_one: st.SearchStrategy[Approach] = st.just("coin_by_coin")
by_itself: st.SearchStrategy[Rounding] = st.sampled_from(["nearest", "down", "up"])
"""Ways to round that look at one contract at a time."""


def amounts(lowest: float, highest: float) -> st.SearchStrategy[float]:
    """Numbers from `lowest` up to, not including, `highest`."""
    return st.floats(lowest, highest, exclude_max=True, allow_subnormal=False)


@st.composite
def holdings(draw: st.DrawFn, coins: st.SearchStrategy[str] = symbols) -> Holding:
    """Any holding that a document may contain."""
    return Holding(
        coin=draw(coins),
        quantity=draw(amounts(1e-9, 1e15)),
        role=draw(st.sampled_from(["hold", "speculative"])),
        stop_loss=draw(st.none() | amounts(0.001, 1.0)),
        note=draw(texts),
    )


contract_codes = st.from_regex(r"[A-Za-z0-9][A-Za-z0-9 ._/$-]{0,31}", fullmatch=True)
"""Names that a contract of the user's own may have."""


@st.composite
def custom_contracts(draw: st.DrawFn) -> CustomContract:
    """A contract of the user's own, sized in coins or in dollars."""
    size = draw(amounts(1e-9, 1e12))
    in_coins = draw(st.booleans())
    return CustomContract(
        code=draw(contract_codes),
        underlying=draw(symbols),
        coins=size if in_coins else None,
        usd=None if in_coins else size,
        kind=draw(st.sampled_from(get_args(OwnKind))),
        fee_rate=draw(amounts(0.0, 0.1)),
        maintenance_margin_rate=draw(amounts(0.0, 1.0)),
    )


decisions = st.builds(
    Decisions,
    risk_accepted=st.floats(0.0, 1.0, allow_subnormal=False),
    method=methods,
    rounding=roundings,
    approach=approaches,
    horizon_days=st.integers(1, 730),
    venue=st.sampled_from(VENUES),
    collateral=st.none() | amounts(0.0, 1e15),
    window_days=st.integers(30, 3650),
)

overrides = st.builds(
    Overrides,
    prices=st.dictionaries(symbols, amounts(1e-12, 1e14), max_size=4),
    betas=st.dictionaries(symbols, amounts(LEAST_BETA, 20.0), max_size=4),
    proxies=st.dictionaries(symbols, symbols, max_size=4),
    contract_choice=st.dictionaries(symbols, texts, max_size=3),
    contracts=st.lists(custom_contracts(), max_size=3).map(tuple),
    costs=st.builds(
        CostAssumptions,
        fee_rate=st.none() | amounts(0.0, 0.1),
        half_spread_rate=amounts(0.0, 0.1),
        carry_rate=st.none() | st.floats(-5.0, 5.0, allow_subnormal=False),
    ),
)

documents = st.builds(
    HedgePlan,
    name=texts,
    holdings=st.lists(holdings(), max_size=8).map(tuple),
    decisions=decisions,
    overrides=overrides,
    market=st.text(st.characters(codec="utf-8"), min_size=1, max_size=60),
    is_example=st.booleans(),
    notes=texts,
)
"""Any plan that a document may contain, whether or not a market knows its coins."""


@st.composite
def tradable_plans(
    draw: st.DrawFn,
    *,
    coins: Sequence[str] = COINS,
    method: st.SearchStrategy[SizingMethod] = methods,
    rounding: st.SearchStrategy[Rounding] = roundings,
    approach: st.SearchStrategy[Approach] = approaches,
    free_of_costs: bool = False,
) -> HedgePlan:
    """A plan on coins of `tests.support.markets.make_market`, worth from a few dollars to some millions."""
    rows = []
    for coin in draw(st.lists(st.sampled_from(coins), min_size=1, max_size=6, unique=True)):
        value = draw(amounts(5.0, 2e6))
        role = draw(st.sampled_from(["hold", "hold", "hold", "speculative"]))
        rows.append(
            Holding(coin=coin, quantity=value / PRICES[coin], role=role, stop_loss=draw(st.none() | st.just(0.1)))
        )
    if draw(st.booleans()):
        rows.append(Holding(coin="USDC", quantity=draw(amounts(1.0, 1e5))))
    costs = CostAssumptions(fee_rate=0.0, half_spread_rate=0.0, carry_rate=0.0) if free_of_costs else CostAssumptions()
    return HedgePlan(
        holdings=tuple(rows),
        decisions=Decisions(
            risk_accepted=draw(st.floats(0.0, 1.0)),
            method=draw(method),
            rounding=draw(rounding),
            approach=draw(approach),
            venue=draw(st.sampled_from(VENUES)),
            collateral=draw(st.none() | amounts(0.0, 3e6)),
            horizon_days=draw(st.integers(1, 365)),
        ),
        overrides=Overrides(
            betas=draw(st.dictionaries(st.sampled_from(coins), amounts(0.05, 4.0), max_size=2)),
            proxies=draw(st.dictionaries(st.sampled_from(coins), st.sampled_from(["ETH", "BTC"]), max_size=2)),
            costs=costs,
        ),
    )


@st.composite
def shocks(draw: st.DrawFn, *, coins: Sequence[str] = COINS, of_bag: bool = True) -> Shock:
    """Moves small and large, far enough to reach every floor and to liquidate."""
    return Shock(
        move=draw(st.floats(-1.0, 3.0)),
        of=draw(st.sampled_from(["proxy", "bag"] if of_bag else ["proxy"])),
        beta_shift=draw(st.just(0.0) | st.floats(-1.0, 2.0)),
        basis_move=draw(st.just(0.0) | st.floats(-0.5, 0.5)),
        own_moves=draw(st.dictionaries(st.sampled_from(coins), st.floats(-1.0, 2.0), max_size=3)),
        correlation_break=draw(st.just(0.0) | st.floats(0.0, 1.0)),
        carry_shift=draw(st.just(0.0) | st.floats(-1.0, 2.0)),
        stated_moves=draw(st.just({}) | st.dictionaries(st.sampled_from(coins), st.floats(-1.0, 2.0), max_size=3)),
    )
