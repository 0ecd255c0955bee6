"""Positions: each holding priced, sorted and matched with what can be shorted against it.

Steps one and three of the method. A price that the user states wins over the market's; a symbol that stands for
another coin (renamed, wrapped, staked) is resolved before anything is looked up.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal, TypeVar

from hedge_core.bag import Holding, is_stablecoin, resolve_coin
from hedge_core.contracts import Catalogue, Contract, catalogue
from hedge_core.errors import InsufficientHistory, InvalidPlan, MissingPrice, UnknownContract
from hedge_core.exposure import BetaEstimate, estimate_betas
from hedge_core.market import MarketSnapshot
from hedge_core.plan import HedgePlan
from hedge_core.proxy import PROXY_COINS, ProxyChoice, choose_proxy

MAX_PRICE_AGE_DAYS = 2
"""A last close that is older than this, against the market's newest day, is reported as stale."""

T = TypeVar("T")
Status = Literal["hedged", "speculative", "stablecoin", "unhedgeable"]
EstimateTable = Mapping[str, Mapping[str, BetaEstimate | InsufficientHistory]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Position:
    """A holding, priced and sorted. `value` in USD; `is_own_price` when the user stated the price.

    `moves_with` is the coin whose history stands for it; `beta` and `proxy` are None unless a proxy was found.
    """

    holding: Holding
    price: float
    value: float
    is_own_price: bool
    moves_with: str
    status: Status
    reason: str
    note: str = ""
    choice: ProxyChoice | None = None

    @property
    def estimate(self) -> BetaEstimate | None:
        """The beta in use, or None."""
        chosen = self.choice.chosen if self.choice else None
        return chosen.estimate if chosen else None

    @property
    def beta(self) -> float | None:
        """The beta in use to `proxy`, or None."""
        return self.estimate.beta if self.estimate else None

    @property
    def proxy(self) -> str | None:
        """The coin that is shorted against this holding, or None."""
        return self.estimate.proxy if self.estimate else None


def contracts_in_use(plan: HedgePlan, known: Catalogue | None = None) -> Mapping[str, Contract]:
    """The contract to short for each underlying: chosen by the user, else the user's own, else the venue's.

    A venue with several contracts on one coin offers the one that needs the fewest rolls: perpetual, then
    monthly, then weekly. Raises UnknownContract, and InvalidPlan for a contract on another coin or an unknown
    venue.
    """
    everything = (known or catalogue()).with_custom(plan.overrides.contracts)
    venue = plan.decisions.venue
    if venue not in everything.venues and venue not in catalogue().venues:
        raise InvalidPlan(f"decisions.venue: '{venue}' has no contract. Known: {', '.join(everything.venues)}.")
    fewest_rolls = {"none": 0, "monthly": 1, "weekly": 2}
    in_use: dict[str, Contract] = {}
    for contract in sorted(everything, key=lambda c: (c.is_catalogued, fewest_rolls[c.expiry])):
        if contract.venue == venue or not contract.is_catalogued:
            in_use.setdefault(contract.underlying, contract)
    for underlying, contract_id in plan.overrides.contract_choice.items():
        try:
            contract = everything.get(contract_id)
        except UnknownContract as error:
            raise UnknownContract(contract_id, error.known, field=f"overrides.contract_choice.{underlying}") from None
        if contract.underlying != underlying:
            raise InvalidPlan(
                f"overrides.contract_choice.{underlying}: {contract_id} is a contract on {contract.underlying}."
            )
        in_use[underlying] = contract
    return in_use


def estimate_table(market: MarketSnapshot, coins: Iterable[str], plan: HedgePlan) -> EstimateTable:
    """Betas of `coins` to each proxy that the plan may use: coin -> proxy -> estimate or the reason for none."""
    wanted = tuple(dict.fromkeys(coins))
    proxies = dict.fromkeys((*PROXY_COINS, *plan.overrides.proxies.values()))
    by_proxy = {
        proxy: estimate_betas(market.history, wanted, proxy, window_days=plan.decisions.window_days)
        for proxy in proxies
    }
    return {coin: {proxy: by_proxy[proxy][coin] for proxy in proxies} for coin in wanted}


def _price(plan: HedgePlan, market: MarketSnapshot, symbol: str) -> tuple[float, bool, str, str]:
    """USD a unit of `symbol`, whether the user stated it, the coin it moves with, and what was done."""
    fresh = (coin for coin in market.coins if market.price_age_days(coin) <= MAX_PRICE_AGE_DAYS)
    resolved = resolve_coin(symbol, fresh)
    if symbol in plan.overrides.prices:
        return plan.overrides.prices[symbol], True, resolved.moves_with, resolved.note
    if is_stablecoin(symbol) and market.price_or_none(symbol) is None and not symbol.startswith("EUR"):
        return 1.0, False, symbol, f"{symbol} is taken at $1."
    own = plan.overrides.prices.get(resolved.priced_as)
    price = own if own is not None else market.price_or_none(resolved.priced_as)
    if price is None:
        raise MissingPrice(symbol, market.source)
    return price * resolved.units, own is not None, resolved.moves_with, resolved.note


def price_positions(plan: HedgePlan, market: MarketSnapshot, contracts: Mapping[str, Contract]) -> tuple[Position, ...]:
    """Every row of the bag, priced, sorted and with its proxy. Raises MissingPrice."""
    holdings = plan.bag.holdings
    priced: dict[str, tuple[float, bool, str, str]] = {}
    missing: list[str] = []
    for coin in plan.bag.coins:
        try:
            priced[coin] = _price(plan, market, coin)
        except MissingPrice as error:
            missing += error.coins
    if missing:
        raise MissingPrice(missing, market.source)
    totals: dict[str, float] = {}
    for holding in holdings:
        if holding.role == "hold":
            price, _, moves_with, _ = priced[holding.coin]
            totals[moves_with] = totals.get(moves_with, 0.0) + price * holding.quantity
    table = estimate_table(market, (moves_with for _, _, moves_with, _ in priced.values()), plan)

    positions = []
    for holding in holdings:
        price, is_own, moves_with, note = priced[holding.coin]
        value = price * holding.quantity
        status: Status = "hedged"
        reason, choice = "", None
        if is_stablecoin(holding.coin):
            status, reason = (
                "stablecoin",
                "A stablecoin is not hedged; it can lose its peg, which no short covers.",
            )
        else:
            choice = choose_proxy(
                moves_with,
                value=_to_short(plan, totals.get(moves_with, value)),
                least_lots=1.0 if plan.decisions.rounding == "down" else 0.5 + 1e-9,
                own_price=underlying_price(plan, market, moves_with),
                estimates=table[moves_with],
                contracts=contracts,
                proxy_override=_either(plan.overrides.proxies, holding.coin, moves_with),
                beta_override=_either(plan.overrides.betas, holding.coin, moves_with),
            )
            reason = choice.reason
            if holding.role == "speculative":
                status, reason = "speculative", "A speculative trade has a stop-loss instead of a hedge."
            elif choice.chosen is None:
                status = "unhedgeable"
        positions.append(
            Position(
                holding=holding,
                price=price,
                value=value,
                is_own_price=is_own,
                note=note,
                moves_with=moves_with,
                status=status,
                reason=reason,
                choice=choice,
            )
        )
    return tuple(positions)


def _to_short(plan: HedgePlan, value: float) -> float:
    """USD of a coin that its own future would short; the whole value while nothing is to be hedged."""
    return value * (plan.decisions.hedge_ratio or 1.0)


def _either(values: Mapping[str, T], coin: str, moves_with: str) -> T | None:
    return values.get(coin, values.get(moves_with))


def underlying_price(plan: HedgePlan, market: MarketSnapshot, underlying: str) -> float | None:
    """USD a coin of a contract's underlying: the user's price, else the market's, else None."""
    own = plan.overrides.prices.get(underlying)
    return own if own is not None else market.price_or_none(underlying)
