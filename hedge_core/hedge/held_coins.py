"""Positions: each holding priced, sorted and matched with what can be shorted against it.

Steps one and three of the method. A price that the user states wins over the market's; a symbol that stands for
another coin (renamed, wrapped, staked) is resolved before anything is looked up.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal, NamedTuple, TypeVar

from hedge_core.errors import InsufficientHistory, MissingPrice, RefusedPrice
from hedge_core.exposure.betas import BetaEstimate, estimate_betas, shrunk_to_peers
from hedge_core.exposure.evidence import Evidence, gather_evidence
from hedge_core.exposure.pinned import PinnedMarket
from hedge_core.exposure.proxies import ProxyChoice, choose_proxy
from hedge_core.market.coins import ResolvedCoin, is_stablecoin, resolve_coin
from hedge_core.market.contracts import Contract
from hedge_core.market.snapshot import PROXY_COINS, MarketSnapshot, Quote
from hedge_core.market.sources import Wanted
from hedge_core.market.venues import BY_VENUE
from hedge_core.plan.bag import Holding
from hedge_core.plan.plan import HedgePlan

MAX_PRICE_AGE_DAYS = 2
"""A last close that is older than this, against the market's newest day, is reported as stale."""

T = TypeVar("T")
Status = Literal["hedged", "speculative", "stablecoin", "unhedgeable"]
Route = Literal["none", "own future", "set by you", "proxy", "bag"]
"""How a holding is hedged: not at all, or with what."""

EVIDENCE_DAYS = 720
"""History that a live source is asked for: a year to estimate on and a year to test on, as far as exchanges go."""

YOUNG_SHARE = 0.95
"""A coin with a smaller share of the window's days is young: its beta is shrunk to its peers."""

EstimateTable = Mapping[str, Mapping[str, BetaEstimate | InsufficientHistory]]


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldCoin:
    """A holding, priced and sorted. `value` in USD; `is_own_price` when the user stated the price.

    `quote` is the quote that the price rests on, None for the user's own price or the history's last close.
    `moves_with` is the coin whose history stands for it. `choice` is what fits the coin by itself; `route` says how it
    is hedged in fact and `estimates` holds the betas in use, one for each proxy (none: it is not hedged).
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
        """The beta in use where there is a single one, or None."""
        return self.estimates[0] if len(self.estimates) == 1 else None

    @property
    def beta(self) -> float | None:
        """How far the coin moves when everything shorted against it moves by 1: the sum of its betas, or None."""
        return sum(estimate.beta for estimate in self.estimates) if self.estimates else None

    @property
    def proxy(self) -> str | None:
        """The coin that is shorted against this holding where there is a single one, or None."""
        return self.estimate.proxy if self.estimate else None

    @property
    def proxies(self) -> tuple[str, ...]:
        """The coins that are shorted against this holding."""
        return tuple(estimate.proxy for estimate in self.estimates)


def wanted_of(plan: HedgePlan) -> Wanted:
    """What a live source has to fetch for this plan."""
    overrides = plan.overrides
    chosen = (contract_id.partition(":")[0] for contract_id in overrides.contract_choice.values())
    coins = dict.fromkeys((*plan.bag.coins, *overrides.proxies.values(), *overrides.contract_choice))
    venue = plan.decisions.venue
    if venue not in BY_VENUE:
        venue = next((name for name in chosen if name in BY_VENUE), "")
    return Wanted(coins=tuple(coins), venue=venue, days=max(plan.decisions.window_days + 1, EVIDENCE_DAYS))


def estimate_table(market: MarketSnapshot, coins: Iterable[str], plan: HedgePlan, evidence: Evidence) -> EstimateTable:
    """Betas of `coins` to each proxy that the plan may use: coin -> proxy -> estimate or the reason for none.

    Young coins are shrunk to the other coins of the market; each estimate has its interval where there is evidence.
    """
    if isinstance(market, PinnedMarket):
        found_then = {coin: market.estimates.get(coin) for coin in coins}
        return {coin: {} if known is None else {known.proxy: known} for coin, known in found_then.items()}
    wanted, window = tuple(dict.fromkeys(coins)), plan.decisions.window_days
    table: dict[str, dict[str, BetaEstimate | InsufficientHistory]] = {coin: {} for coin in wanted}
    for proxy in plan_proxies(plan):
        found = estimate_betas(market.history, wanted, proxy, window_days=window)
        most = max((e.observations for e in found.values() if isinstance(e, BetaEstimate)), default=0)
        if any(isinstance(e, BetaEstimate) and e.observations < YOUNG_SHARE * window for e in found.values()):
            everyone = estimate_betas(market.history, market.history.coins, proxy, window_days=window)
            known = [e for e in everyone.values() if isinstance(e, BetaEstimate)]
            most = max(e.observations for e in known)
        else:
            known = []
        peers = [e for e in known if e.observations >= YOUNG_SHARE * most and e.coin not in PROXY_COINS]
        for coin, estimate in found.items():
            if isinstance(estimate, BetaEstimate):
                if estimate.observations < YOUNG_SHARE * most and coin not in PROXY_COINS:
                    estimate = shrunk_to_peers(estimate, peers, most)
                estimate = evidence.completed(estimate)
            table[coin][proxy] = estimate
    return table


def plan_evidence(plan: HedgePlan, market: MarketSnapshot, known: Evidence | None = None) -> Evidence:
    """What the market's past says of the plan's coins and proxies; `known` is used again as far as it goes."""
    coins = [resolved(market, coin).moves_with for coin in plan.bag.coins if not is_stablecoin(coin)]
    window = plan.decisions.window_days
    return gather_evidence(market.history, coins, plan_proxies(plan), window_days=window, known=known)


def plan_proxies(plan: HedgePlan) -> tuple[str, ...]:
    """The proxies that every coin of the plan is tried with."""
    return tuple(dict.fromkeys((*PROXY_COINS, *plan.overrides.proxies.values())))


class _Priced(NamedTuple):
    """USD a unit, whether the user stated it, the coin it moves with, what was done, and the quote behind it."""

    price: float
    is_own: bool
    moves_with: str
    note: str
    quote: Quote | None = None


def resolved(market: MarketSnapshot, symbol: str) -> ResolvedCoin:
    """What a symbol stands for on this market: a coin that it still prices afresh is left alone."""
    fresh = (coin for coin in market.coins if market.price_age_days(coin) <= MAX_PRICE_AGE_DAYS)
    return resolve_coin(symbol, fresh)


def _price(plan: HedgePlan, market: MarketSnapshot, symbol: str) -> _Priced:
    coin = resolved(market, symbol)
    if symbol in plan.overrides.prices:
        return _Priced(plan.overrides.prices[symbol], True, coin.moves_with, coin.note)
    if is_stablecoin(symbol) and market.price_or_none(symbol) is None and not symbol.startswith("EUR"):
        return _Priced(1.0, False, symbol, f"{symbol} is taken at $1.")
    own = plan.overrides.prices.get(coin.priced_as)
    if own is not None:
        return _Priced(own * coin.units, True, coin.moves_with, coin.note)
    price = market.price_or_none(coin.priced_as)
    if price is None:
        raise MissingPrice(symbol, market.source, refused=market.refused_prices((coin.priced_as,)))
    quote = market.quotes.get(coin.priced_as)
    return _Priced(price * coin.units, False, coin.moves_with, coin.note, quote)


def price_held_coins(
    plan: HedgePlan, market: MarketSnapshot, contracts: Mapping[str, Contract], evidence: Evidence | None = None
) -> tuple[HeldCoin, ...]:
    """Every row of the bag, priced, sorted and with its proxy.

    `evidence` is that of `plan_evidence`, which is called where none is given. Raises MissingPrice.
    """
    holdings = plan.bag.holdings
    priced = _priced_coins(plan, market)
    totals: dict[str, float] = {}
    for holding in holdings:
        if holding.role == "hold":
            known = priced[holding.coin]
            totals[known.moves_with] = totals.get(known.moves_with, 0.0) + known.price * holding.quantity
    moved = dict.fromkeys(priced[coin].moves_with for coin in plan.bag.coins if not is_stablecoin(coin))
    evidence = evidence or plan_evidence(plan, market)
    table = estimate_table(market, moved, plan, evidence)

    held_coins = []
    for holding in holdings:
        price, is_own, moves_with, note, quote = priced[holding.coin]
        value = price * holding.quantity
        status: Status = "hedged"
        reason, choice = "", None
        if is_stablecoin(holding.coin):
            status, reason = (
                "stablecoin",
                "A stablecoin is not hedged; it can lose its peg, which no short covers.",
            )
        else:
            proxies, usable = _tried(plan, market, moves_with, contracts)
            tested = {proxy: evidence.of(moves_with, proxy) for proxy in plan_proxies(plan)}
            choice = choose_proxy(
                moves_with,
                value=_to_short(plan, totals.get(moves_with, value)),
                least_lots=1.0 if plan.decisions.rounding == "down" else 0.5 + 1e-9,
                own_price=underlying_price(plan, market, moves_with),
                estimates=table[moves_with],
                contracts=usable,
                effectiveness={proxy: result for proxy, result in tested.items() if result is not None},
                proxies=proxies,
                proxy_override=_either(plan.overrides.proxies, holding.coin, moves_with),
                beta_override=_either(plan.overrides.betas, holding.coin, moves_with),
            )
            reason = choice.reason
            if holding.role == "speculative":
                status, reason = "speculative", "A speculative trade has a stop-loss instead of a hedge."
            elif choice.chosen is None:
                status = "unhedgeable"
        chosen = choice.chosen if choice else None
        held_coins.append(
            HeldCoin(
                holding=holding,
                price=price,
                value=value,
                is_own_price=is_own,
                quote=quote,
                note=note,
                moves_with=moves_with,
                status=status,
                reason=reason,
                choice=choice,
                route=route_of(choice) if status == "hedged" else "none",
                estimates=(chosen.estimate,) if chosen and chosen.estimate else (),
            )
        )
    return tuple(held_coins)


def _tried(
    plan: HedgePlan, market: MarketSnapshot, coin: str, contracts: Mapping[str, Contract]
) -> tuple[tuple[str, ...], Mapping[str, Contract]]:
    """The proxies and contracts that a coin is tried with; on a pinned market those that it was matched with then."""
    if not isinstance(market, PinnedMarket) or market.venue != plan.decisions.venue:
        return PROXY_COINS, contracts
    return market.proxies_of(coin), {u: contract for u, contract in contracts.items() if market.may_use(coin, u)}


def unit_prices(plan: HedgePlan, market: MarketSnapshot) -> Mapping[str, float]:
    """USD a unit of each coin of the bag. Raises MissingPrice for all that have none at once."""
    return {coin: priced.price for coin, priced in _priced_coins(plan, market).items()}


def _priced_coins(plan: HedgePlan, market: MarketSnapshot) -> dict[str, _Priced]:
    """Each coin of the bag with its price. Raises MissingPrice for all that have none at once."""
    priced: dict[str, _Priced] = {}
    missing: list[str] = []
    refused: dict[str, RefusedPrice] = {}
    for coin in plan.bag.coins:
        try:
            priced[coin] = _price(plan, market, coin)
        except MissingPrice as error:
            missing += error.coins
            refused |= {coin: text for coin in error.coins for text in error.refused.values()}
    if missing:
        raise MissingPrice(missing, market.source, refused=refused)
    return priced


def route_of(choice: ProxyChoice | None) -> Route:
    """The route of a coin that is hedged by itself."""
    if choice is None or choice.chosen is None:
        return "none"
    if choice.is_override:
        return "set by you"
    return "own future" if choice.chosen.proxy == choice.coin else "proxy"


def _to_short(plan: HedgePlan, value: float) -> float:
    """USD of a coin that its own future would short; the whole value while nothing is to be hedged."""
    return value * (plan.decisions.hedge_ratio or 1.0)


def _either(values: Mapping[str, T], coin: str, moves_with: str) -> T | None:
    return values.get(coin, values.get(moves_with))


def underlying_price(plan: HedgePlan, market: MarketSnapshot, underlying: str) -> float | None:
    """USD a coin of a contract's underlying: the user's price, else the market's, else None."""
    own = plan.overrides.prices.get(underlying)
    return own if own is not None else market.price_or_none(underlying)
