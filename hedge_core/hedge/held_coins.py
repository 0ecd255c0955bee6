"""Held coins: each row of the bag, priced, classified and matched with the proxies that can hedge it.

Steps one and three of the method. The user's own price takes precedence over the market's. A renamed, wrapped or staked
coin is resolved first, to the coin whose price and history are used for it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Literal, NamedTuple, TypeVar

from hedge_core.errors import InvalidPlan, MissingPrice, RefusedPrice, UnknownContract
from hedge_core.exposure.basket import CORE
from hedge_core.exposure.betas import BetaEstimate
from hedge_core.exposure.estimates import Estimates, estimates_of
from hedge_core.exposure.evidence import Evidence, gather_evidence
from hedge_core.exposure.proxies import ProxyChoice, choose_proxy
from hedge_core.hedge.approaches import asks_for_basket, uses_basket
from hedge_core.hedge.candidates import most_traded
from hedge_core.hedge.contract_choice import contracts_in_use, underlying_price_or_none
from hedge_core.hedge.rounding import ROUNDINGS
from hedge_core.market.coins import ResolvedCoin, is_dollar, is_stablecoin, resolve_coin
from hedge_core.market.contracts import Contract
from hedge_core.market.snapshot import MAX_PRICE_AGE_DAYS, PROXY_COINS, MarketSnapshot, Quote
from hedge_core.market.sources import Wanted
from hedge_core.market.venues import BY_VENUE
from hedge_core.market.volumes import volumes_of
from hedge_core.plan.bag import Holding
from hedge_core.plan.plan import HedgePlan

T = TypeVar("T")
Status = Literal["hedged", "speculative", "stablecoin", "unhedgeable"]
Route = Literal["none", "own future", "set by you", "proxy", "bag"]
"""How a held coin is hedged: not at all, with its own future, as the user set, with a proxy, or as part of the bag."""

EVIDENCE_DAYS = 720
"""Days of history requested from a live source: a year to estimate on and a year to test on, if the exchange has it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldCoin:
    """A coin in the bag (one holding), with its price, its status and how it is hedged.

    `price` is in USD per coin, `value` in USD. `is_own_price`: the user set the price. `moves_with` is the coin whose
    history is used for it. `status` and `reason` say whether it is hedged and why; `note` says how its symbol was
    resolved ('' if it was not changed). `quote` is the quote behind the price, None for the user's own price or a last
    close. `choice` is the choice of proxy for this coin alone; `route` says how the coin is actually hedged, and
    `estimates` holds the betas in use, one per proxy, which can be empty.
    """

    holding: Holding
    price: float
    value: float
    is_own_price: bool
    moves_with: str
    status: Status
    reason: str
    quote: Quote | None = None
    note: str = ""
    choice: ProxyChoice | None = None
    route: Route = "none"
    estimates: tuple[BetaEstimate, ...] = ()

    @property
    def estimate(self) -> BetaEstimate | None:
        """The beta in use if there is exactly one, else None."""
        return self.estimates[0] if len(self.estimates) == 1 else None

    @property
    def beta(self) -> float | None:
        """The coin's expected move if all its proxies move by 1: the sum of its betas; None if it has none."""
        return sum(estimate.beta for estimate in self.estimates) if self.estimates else None

    @property
    def proxy(self) -> str | None:
        """The coin that is shorted against this one if there is exactly one, else None."""
        return self.estimate.proxy if self.estimate else None

    @property
    def proxies(self) -> tuple[str, ...]:
        """The coins that are shorted against this one."""
        return tuple(estimate.proxy for estimate in self.estimates)


def hedged_values(held_coins: Iterable[HeldCoin]) -> Mapping[str, float]:
    """USD of the coins that are hedged, by the coin whose history each moves with."""
    values: dict[str, float] = {}
    for held in held_coins:
        if held.status == "hedged":
            values[held.moves_with] = values.get(held.moves_with, 0.0) + held.value
    return values


def wanted_of(plan: HedgePlan) -> Wanted:
    """What a live source must fetch for this plan: coins, the currency that it shows, contracts, days of history."""
    overrides = plan.overrides
    chosen = (contract_id.partition(":")[0] for contract_id in overrides.contract_choice.values())
    shown = () if plan.currency == "USD" or plan.currency in overrides.rates else (plan.currency,)
    coins = dict.fromkeys((*plan.bag.coins, *overrides.proxies.values(), *overrides.contract_choice, *shown))
    venue = plan.decisions.venue
    if venue not in BY_VENUE:
        venue = next((name for name in chosen if name in BY_VENUE), "")
    days = max(plan.decisions.window_days + 1, EVIDENCE_DAYS)
    return Wanted(coins=tuple(coins), venue=venue, days=days, hedges=_hedges(plan))


def _hedges(plan: HedgePlan) -> tuple[str, ...]:
    """The coins whose contracts may be in the basket of this plan; () if it needs none or refers to a wrong contract.

    `assess` then says what is wrong.
    """
    overrides = plan.overrides
    others = (h.coin for h in plan.bag.holdings if h.role == "hold" and not is_stablecoin(h.coin))
    if not asks_for_basket(plan) or all(coin in CORE or coin in overrides.proxies for coin in others):
        return ()
    try:
        contracts = contracts_in_use(plan)
    except (UnknownContract, InvalidPlan):
        return ()
    return most_traded(contracts, volumes_of(contracts))


def plan_evidence(plan: HedgePlan, market: MarketSnapshot, known: Evidence | None) -> Evidence:
    """Tests on the market's history for the plan's coins and proxies; results in `known` are reused if they apply."""
    coins = [resolved(market, coin).moves_with for coin in plan.bag.coins if not is_stablecoin(coin)]
    window = plan.decisions.window_days
    return gather_evidence(market.history, coins, plan_proxies(plan), window_days=window, known=known)


def plan_estimates(plan: HedgePlan, market: MarketSnapshot, known: Evidence | None = None) -> Estimates:
    """How the plan's coins move together on this market; test results in `known` are reused if they apply."""
    return estimates_of(
        market,
        window_days=plan.decisions.window_days,
        proxies=plan_proxies(plan),
        venue=plan.decisions.venue,
        evidence=plan_evidence(plan, market, known),
    )


def plan_proxies(plan: HedgePlan) -> tuple[str, ...]:
    """The proxies that are tried for every coin: PROXY_COINS and the proxies that the user set."""
    return tuple(dict.fromkeys((*PROXY_COINS, *plan.overrides.proxies.values())))


class _Priced(NamedTuple):
    """A price in USD per coin, whether the user set it, and how the symbol was resolved (see `HeldCoin`)."""

    price: float
    is_own: bool
    moves_with: str
    note: str
    quote: Quote | None = None


def resolved(market: MarketSnapshot, symbol: str) -> ResolvedCoin:
    """What a symbol refers to on this market. A symbol that the market still prices is not replaced."""
    fresh = (coin for coin in market.coins if market.price_age_days(coin) <= MAX_PRICE_AGE_DAYS)
    return resolve_coin(symbol, fresh)


def price_of(
    market: MarketSnapshot | None, symbol: str, own: Mapping[str, float] = MappingProxyType({})
) -> float | None:
    """Price of a symbol in USD per coin as a plan uses it; None if it has none.

    `own` holds the user's prices, which come first. A renamed, wrapped or staked coin is priced as the coin that it
    stands for, and a dollar stablecoin without a price is worth $1. `market` is None while no prices are at hand.
    """
    if market is None:
        return own.get(symbol, 1.0 if is_dollar(symbol) else None)
    priced = _price(market, symbol, own)
    return None if priced is None else priced.price


def _price(market: MarketSnapshot, symbol: str, prices: Mapping[str, float]) -> _Priced | None:
    """Price a symbol: by the user's prices, else the market's; None if neither has it."""
    coin = resolved(market, symbol)
    if symbol in prices:
        return _Priced(prices[symbol], True, coin.moves_with, coin.note)
    if is_dollar(symbol) and market.price_or_none(symbol) is None:
        return _Priced(1.0, False, symbol, f"{symbol} is valued at $1.")
    own = prices.get(coin.priced_as)
    if own is not None:
        return _Priced(own * coin.units, True, coin.moves_with, coin.note)
    price = market.price_or_none(coin.priced_as)
    if price is None:
        return None
    quote = market.quotes.get(coin.priced_as)
    return _Priced(price * coin.units, False, coin.moves_with, coin.note, quote)


def price_held_coins(
    plan: HedgePlan, market: MarketSnapshot, contracts: Mapping[str, Contract], estimates: Estimates | None = None
) -> tuple[HeldCoin, ...]:
    """Every row of the bag with its price, its status and its proxy.

    `contracts` holds the contract to short for each underlying (see `contract_choice.contracts_in_use`). If `estimates`
    is None, they are those of `plan_estimates`. Raises MissingPrice, which names all coins without a price.
    """
    estimates = estimates or plan_estimates(plan, market)
    priced = _priced_coins(plan, market)
    matching = _Matching(plan, market, contracts, estimates, priced)
    return tuple(_held_coin(holding, priced[holding.coin], matching) for holding in plan.bag.holdings)


def _held_coin(holding: Holding, priced: _Priced, matching: _Matching) -> HeldCoin:
    value = priced.price * holding.quantity
    choice = None if is_stablecoin(holding.coin) else matching.choice(holding, value)
    status, reason = _status(holding, choice)
    chosen = choice.chosen if choice else None
    return HeldCoin(
        holding=holding,
        price=priced.price,
        value=value,
        is_own_price=priced.is_own,
        quote=priced.quote,
        note=priced.note,
        moves_with=priced.moves_with,
        status=status,
        reason=reason,
        choice=choice,
        route=route_of(choice) if status == "hedged" else "none",
        estimates=(chosen.estimate,) if chosen and chosen.estimate else (),
    )


def _status(holding: Holding, choice: ProxyChoice | None) -> tuple[Status, str]:
    """Whether the holding is hedged, and why; `choice` is None for a stablecoin."""
    if choice is None:
        return "stablecoin", "A stablecoin is not hedged. It can lose its peg, and no short protects against that."
    if holding.role == "speculative":
        return "speculative", "A speculative trade has a stop-loss instead of a hedge."
    return ("unhedgeable" if choice.chosen is None else "hedged"), choice.reason


class _Matching:
    """Chooses the proxy of each holding of a plan, from the estimates for all of its coins."""

    def __init__(
        self,
        plan: HedgePlan,
        market: MarketSnapshot,
        contracts: Mapping[str, Contract],
        estimates: Estimates,
        priced: Mapping[str, _Priced],
    ) -> None:
        self._plan, self._market, self._contracts, self._estimates = plan, market, contracts, estimates
        self._priced = priced
        moved = (priced[coin].moves_with for coin in plan.bag.coins if not is_stablecoin(coin))
        self._betas = estimates.betas(dict.fromkeys(moved))
        self._totals: dict[str, float] = {}
        for holding in plan.bag.holdings:
            if holding.role == "hold":
                known = priced[holding.coin]
                total = self._totals.get(known.moves_with, 0.0)
                self._totals[known.moves_with] = total + known.price * holding.quantity

    def choice(self, holding: Holding, value: float) -> ProxyChoice:
        """The candidates for a holding of `value` USD and the chosen one; its coin is shorted once for all holdings."""
        plan, coin = self._plan, self._priced[holding.coin].moves_with
        proxies, usable = self._estimates.candidates(coin, self._contracts)
        tested = {proxy: self._estimates.evidence.of(coin, proxy) for proxy in plan_proxies(plan)}
        return choose_proxy(
            coin,
            value=_to_short(plan, self._totals.get(coin, value)),
            least_lots=self._least_lots(coin, usable.get(coin)),
            own_price=underlying_price_or_none(plan, self._market, coin),
            estimates=self._betas[coin],
            contracts=usable,
            effectiveness={proxy: result for proxy, result in tested.items() if result is not None},
            proxies=proxies,
            proxy_override=_either(plan.overrides.proxies, holding.coin, coin),
            beta_override=_either(plan.overrides.betas, holding.coin, coin),
        )

    def _least_lots(self, coin: str, own: Contract | None) -> float:
        """The exact lots from which a coin's own future is used; none beside a basket for Bitcoin and Ether."""
        rounding = ROUNDINGS[self._plan.decisions.rounding]
        if own is None or not uses_basket(self._plan, self._estimates):
            return rounding.least_own
        return 0.0 if coin in CORE else max(rounding.least_own, rounding.least_lots(own))


def unit_prices(plan: HedgePlan, market: MarketSnapshot) -> Mapping[str, float]:
    """Price of each coin of the bag in USD per coin. Raises MissingPrice, which names all coins without a price."""
    return {coin: priced.price for coin, priced in _priced_coins(plan, market).items()}


def _priced_coins(plan: HedgePlan, market: MarketSnapshot) -> dict[str, _Priced]:
    """Each coin of the bag with its price. Raises MissingPrice, which names all coins without a price."""
    priced: dict[str, _Priced] = {}
    missing: list[str] = []
    refused: dict[str, RefusedPrice] = {}
    for coin in plan.bag.coins:
        found = _price(market, coin, plan.overrides.prices)
        if found is not None:
            priced[coin] = found
            continue
        missing.append(coin)
        refused.update((coin, why) for why in market.refused_prices((resolved(market, coin).priced_as,)).values())
    if missing:
        raise MissingPrice(missing, market.source, refused=refused)
    return priced


def without_unpriced(plan: HedgePlan, market: MarketSnapshot) -> tuple[HedgePlan, tuple[str, ...]]:
    """The plan without the coins that have no price, and their symbols.

    Raises MissingPrice if what remains would be only stablecoins: then there is nothing to plan.
    """
    missing = unpriced_coins(market, plan.bag.coins, plan.overrides.prices)
    if not missing:
        return plan, ()
    kept = tuple(holding for holding in plan.holdings if holding.coin not in missing)
    if all(is_stablecoin(holding.coin) for holding in kept):
        _priced_coins(plan, market)  # raises
    return replace(plan, holdings=kept), missing


def unpriced_coins(market: MarketSnapshot, coins: Iterable[str], own: Mapping[str, float]) -> tuple[str, ...]:
    """Those of `coins` for which neither the user (`own`, USD per coin) nor the market has a price."""
    return tuple(coin for coin in dict.fromkeys(coins) if price_of(market, coin, own) is None)


def route_of(choice: ProxyChoice | None) -> Route:
    """The route of a coin that is hedged separately, not as part of the bag."""
    if choice is None or choice.chosen is None:
        return "none"
    if choice.is_override:
        return "set by you"
    return "own future" if choice.chosen.proxy == choice.coin else "proxy"


def _to_short(plan: HedgePlan, value: float) -> float:
    """USD of a coin to short with its own future; the whole value if the hedge ratio is 0."""
    return value * (plan.decisions.hedge_ratio or 1.0)


def _either(values: Mapping[str, T], coin: str, moves_with: str) -> T | None:
    return values.get(coin, values.get(moves_with))
