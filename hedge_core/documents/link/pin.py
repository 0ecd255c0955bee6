"""The pin: the market data that a shared plan needs to show the same numbers again.

A pin is a plain value, small enough to be sent in a link with the plan. It contains prices, the betas in use with
their standard errors, the covariance of the coins that are shorted, funding, prices of dated futures, and the facts
of the contracts. It contains no price history. Numbers are rounded to as few significant digits as keep the number of
contracts unchanged (see `pinning`). Pins come from strangers, so every value is checked when a pin is created.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields, replace
from datetime import date, datetime
from typing import Annotated, Any, ClassVar, Literal

import numpy as np
from annotated_types import Ge, Gt, Le, Lt, MaxLen

from hedge_core.errors import InsufficientHistory, InvalidPlan, Notice
from hedge_core.exposure.bag_fit import BagFit
from hedge_core.exposure.basket import Basket
from hedge_core.exposure.betas import BetaEstimate
from hedge_core.exposure.estimators import ESTIMATORS, OLS
from hedge_core.exposure.pinned import FORMULAS, PinnedMarket
from hedge_core.market.coins import coin_symbol
from hedge_core.market.contracts import Contract, Expiry, Kind, MarginTier, Style, catalogue
from hedge_core.market.instruments import ASSUMED_MARGIN_RATE
from hedge_core.market.snapshot import MINIMUM_DAYS, Floats, FutureQuote, PriceHistory, Quote
from hedge_core.plan.fills import utc
from hedge_core.plan.plan import Price
from hedge_core.plan.pledges import MOST_PLEDGES
from hedge_core.plan.schema import STRICT, About
from hedge_core.text import one_line

COMMON_VENUE = "Coinbase Derivatives"
"""The venue that links leave out."""

MAX_COINS = 500
MAX_PROXIES = 8
MAX_SOURCE = 60

Number = Annotated[float, Ge(-1e6), Le(1e6)]
Size = Annotated[float, Ge(1e-30), Lt(1e18)]
"""Of a contract or its step. A step in proportions to a bag may be tiny; products of two and a price are not zero."""
Rate = Annotated[float, Ge(0), Le(100)]
Correlation = Annotated[float, Ge(-1), Le(1)]
Fraction = Annotated[float, Ge(0), Le(1)]
Count = Annotated[int, Ge(0), Le(100_000)]
Text = Annotated[str, MaxLen(64)]
FitKind = Literal["bag", "basket"]


@dataclass(frozen=True, slots=True, kw_only=True)
class PinnedBeta:
    """The estimate of a coin's beta on one proxy. `beta` is None if there were too few days.

    `own` means that the coin was hedged with its own future. `volatility` is the standard deviation of the coin's
    daily returns and `correlation` its correlation with the proxy; None if unknown.
    """

    __pydantic_config__: ClassVar[dict[str, object]] = STRICT
    coin: Annotated[str, About(link=0)]
    proxy: Annotated[str, About(link=1, link_default="ETH")]
    beta: Annotated[Number | None, About(link=2)] = None
    standard_error: Annotated[float, Ge(0), Le(1e6), About(link=3)] | None = None
    correlation: Annotated[Correlation | None, About(link=4)] = None
    observations: Annotated[Count, About(link=5)] = 0
    is_shrunk: Annotated[bool, About(link=6)] = False
    own: Annotated[bool, About(link=7)] = False
    volatility: Annotated[float, Gt(0), Le(1e6), About(link=8)] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PinnedJoint:
    """A coin's joint betas on the proxies of the bag. `predicted` is its correlation with the return they predict."""

    __pydantic_config__: ClassVar[dict[str, object]] = STRICT
    coin: Annotated[str, About(link=0)]
    betas: Annotated[tuple[Number, ...], MaxLen(MAX_PROXIES), About(link=1)]
    standard_errors: Annotated[tuple[Annotated[float, Ge(0), Le(1e6)], ...], MaxLen(MAX_PROXIES), About(link=2)]
    observations: Annotated[Count, About(link=3)] = 0
    is_young: Annotated[bool, About(link=4)] = False
    predicted: Annotated[Correlation | None, About(link=5)] = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PinnedFunding:
    """A coin's mean realised funding rate per year (None if unavailable), and the number of days it is based on."""

    __pydantic_config__: ClassVar[dict[str, object]] = STRICT
    coin: Annotated[str, About(link=0)]
    rate: Annotated[Number | None, About(link=1)] = None
    days: Annotated[Count, About(link=2)] = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class PinnedQuote:
    """The price of a dated future, USD per coin."""

    __pydantic_config__: ClassVar[dict[str, object]] = STRICT
    coin: Annotated[str, About(link=0)]
    expiry: Annotated[date, About(link=1)]
    price: Annotated[Price, About(link=2)]


FIRST_ASSUMED_MARGIN_RATE = 0.4
"""The rate that the first edition assumed where a pin states no margin rate. Pins made today state every rate."""


def _with_margin_rates(facts: dict[str, Any], assumed: float) -> dict[str, Any]:
    """The fields with both margin rates; a missing initial rate is the maintenance rate, else `assumed`."""
    maintenance = assumed if facts["maintenance_margin_rate"] is None else facts["maintenance_margin_rate"]
    initial = maintenance if facts["initial_margin_rate"] is None else facts["initial_margin_rate"]
    return {**facts, "initial_margin_rate": initial, "maintenance_margin_rate": maintenance}


@dataclass(frozen=True, slots=True, kw_only=True)
class PinnedContract:
    """The fields of `Contract` that sizing, margin and costs use. `tiers`: from USD, initial rate, maintenance rate."""

    __pydantic_config__: ClassVar[dict[str, object]] = STRICT
    venue: Annotated[Text, About(link=0, link_default=COMMON_VENUE)]
    code: Annotated[Text, About(link=1)]
    underlying: Annotated[str, About(link=2)]
    kind: Annotated[Kind, About(link=3)] = "perpetual"
    style: Annotated[Style, About(link=4)] = "linear"
    contract_size: Annotated[Size, About(link=5)]
    size_in_usd: Annotated[bool, About(link=6)] = False
    amount_step: Annotated[Size, About(link=7)] = 1.0
    minimum_amount: Annotated[float, Ge(0), Lt(1e18), About(link=8)] = 0.0
    taker_fee_rate: Annotated[float, Ge(-1), Le(1), About(link=9)] | None = None
    minimum_fee: Annotated[float, Ge(0), Lt(1e9), About(link=10)] = 0.0
    initial_margin_rate: Annotated[Rate | None, About(link=11)] = None
    maintenance_margin_rate: Annotated[Rate | None, About(link=12)] = None
    margin_is_assumed: Annotated[bool, About(link=13)] = True
    margin_tier_limit: Annotated[float, Ge(0), Lt(1e18), About(link=14)] | None = None
    expiry: Annotated[Expiry, About(link=15)] = "none"
    expires_on: Annotated[date | None, About(link=16)] = None
    tiers: Annotated[tuple[tuple[Annotated[float, Ge(0), Lt(1e18)], Rate, Rate], ...], MaxLen(60), About(link=17)] = ()
    fixed_fee: Annotated[float, Ge(0), Lt(1e9), About(link=18)] = 0.0

    def __post_init__(self) -> None:
        self.contract()  # refuses what no contract can be

    @property
    def id(self) -> str:
        """Return the id, `Venue:CODE`."""
        return f"{self.venue}:{self.code}"

    @classmethod
    def of(cls, contract: Contract) -> PinnedContract:
        """Return the pinned fields of `contract`, with the rate that is assumed for a missing margin rate."""
        facts = {part.name: getattr(contract, part.name) for part in fields(cls) if part.name != "tiers"}
        facts["tiers"] = tuple((t.notional_from, t.initial_rate, t.maintenance_rate) for t in contract.margin_tiers)
        return cls(**_with_margin_rates(facts, ASSUMED_MARGIN_RATE))

    def contract(self) -> Contract:
        """Return a contract with these fields; the other fields (notes, source, dates) come from the catalogue."""
        facts = {part.name: getattr(self, part.name) for part in fields(self) if part.name != "tiers"}
        facts = _with_margin_rates(facts, FIRST_ASSUMED_MARGIN_RATE)
        facts["minimum_notional"] = 0.0  # the pinned smallest order covers it at the pinned price
        facts["margin_tiers"] = tuple(MarginTier(*tier) for tier in self.tiers)
        row = catalogue().by_id.get(self.id)
        return Contract(source="a shared link", confidence="pinned", **facts) if row is None else replace(row, **facts)


@dataclass(frozen=True, slots=True, kw_only=True)
class Pin:
    """A market pinned for one plan.

    `prices` are in USD per coin; `stale` says how many days old some of them are. `source`, `simulated` and `as_of`
    are those of the market. `venue` is where the plan shorts, `window_days` the history behind the betas, and
    `estimator` the name of the one that made them.
    `covered` names the coins of `deviations` (standard deviations of daily returns) and of `correlations` (the upper
    triangle, row by row). `proxies`, `joint`, `fit_days`, `left_out` and `unfit` belong to the bag-level hedge (see
    `PinnedMarket`), which is of the `fit_kind`, and `formulas` says which formulas the numbers were made with.
    `covered_days` counts the days behind the correlations. `market_betas` are those of coins and contracts to the
    market; `left_out_coins` were not hedged because that had raised their variance. `bag_variance` is that of the
    bag's daily return, pinned if the plan has fills. `counted` are the fractions for which pledged coins count.
    Raises InvalidPlan if the parts do not fit together.
    """

    __pydantic_config__: ClassVar[dict[str, object]] = STRICT
    as_of: Annotated[datetime, About(link=0)]
    source: Annotated[str, MaxLen(MAX_SOURCE), About(link=1)]
    simulated: Annotated[bool, About(link=2)] = False
    venue: Annotated[Text, About(link=3, link_default=COMMON_VENUE)]
    window_days: Annotated[int, Ge(1), Le(100_000), About(link=4)]
    prices: Annotated[Mapping[str, Price], MaxLen(2 * MAX_COINS), About(link=5)] = field(default_factory=dict)
    stale: Annotated[Mapping[str, Count], MaxLen(2 * MAX_COINS), About(link=6)] = field(default_factory=dict)
    betas: Annotated[tuple[PinnedBeta, ...], MaxLen(MAX_COINS), About(link=7)] = ()
    proxies: Annotated[tuple[str, ...], MaxLen(MAX_PROXIES), About(link=8)] = ()
    joint: Annotated[tuple[PinnedJoint, ...], MaxLen(MAX_COINS), About(link=9)] = ()
    fit_days: Annotated[Count, About(link=10)] = 0
    left_out: Annotated[tuple[str, ...], MaxLen(60), About(link=11)] = ()
    unfit: Annotated[tuple[str, ...], MaxLen(60), About(link=12)] = ()
    covered: Annotated[tuple[str, ...], MaxLen(60), About(link=13)] = ()
    deviations: Annotated[tuple[Annotated[float, Gt(1e-9), Le(1e6)], ...], MaxLen(60), About(link=14)] = ()
    correlations: Annotated[tuple[Correlation, ...], MaxLen(1_770), About(link=15)] = ()
    funding: Annotated[tuple[PinnedFunding, ...], MaxLen(60), About(link=16)] = ()
    futures: Annotated[tuple[PinnedQuote, ...], MaxLen(60), About(link=17)] = ()
    contracts: Annotated[tuple[PinnedContract, ...], MaxLen(60), About(link=18)] = ()
    formulas: Annotated[int, Ge(1), Le(FORMULAS), About(link=19)] = 1
    estimator: Annotated[Text, About(link=20)] = OLS.name
    fit_kind: Annotated[FitKind, About(link=21)] = "bag"
    covered_days: Annotated[Count, About(link=22)] = 0
    market_betas: Annotated[Mapping[str, Number], MaxLen(2 * MAX_COINS), About(link=23)] = field(default_factory=dict)
    left_out_coins: Annotated[tuple[str, ...], MaxLen(MAX_COINS), About(link=24)] = ()
    bag_variance: Annotated[float, Gt(0.0), Le(1e12), About(link=25)] | None = None
    counted: Annotated[Mapping[str, Fraction], MaxLen(MOST_PLEDGES), About(link=26)] = field(default_factory=dict)

    def __post_init__(self) -> None:
        object.__setattr__(self, "as_of", utc(self.as_of))
        object.__setattr__(self, "source", one_line(self.source)[:MAX_SOURCE])
        for symbol in self._symbols():
            if coin_symbol(symbol) != symbol:
                raise InvalidPlan(f"pin: '{symbol[:20]}' is not a coin symbol.")
        if self.estimator not in ESTIMATORS:
            raise InvalidPlan("pin: its betas come from an estimator that this version does not know.")
        k = len(self.covered)
        fits = len(self.deviations) == k and len(self.correlations) == k * (k - 1) // 2
        widths = {len(self.proxies)}
        if not fits or any({len(row.betas), len(row.standard_errors)} != widths for row in self.joint):
            raise InvalidPlan("pin: its tables differ in size.")
        for names in (self.covered, self.proxies, [row.coin for row in self.betas], [row.coin for row in self.joint]):
            if len(set(names)) != len(names):
                raise InvalidPlan("pin: a coin appears twice in a table.")
        if k and float(np.linalg.eigvalsh(self.correlation_matrix())[0]) <= 0.0:
            raise InvalidPlan("pin: its correlations contradict each other.")

    def _symbols(self) -> Iterator[str]:
        yield from (*self.prices, *self.stale, *self.proxies, *self.covered, *self.left_out, *self.unfit)
        yield from (*self.market_betas, *self.left_out_coins, *self.counted)
        yield from (row.coin for rows in (self.betas, self.joint, self.funding, self.futures) for row in rows)
        yield from (row.proxy for row in self.betas)
        yield from (row.underlying for row in self.contracts)

    def correlation_matrix(self) -> Floats:
        """Return the correlations of the coins `covered` as a matrix."""
        matrix = np.eye(len(self.covered))
        rows, columns = np.triu_indices(len(self.covered), 1)
        matrix[rows, columns] = matrix[columns, rows] = self.correlations
        return matrix


def pinned_market(pin: Pin) -> PinnedMarket:
    """Return the market of a pin, on which `assess` needs no history. Its notices say that it is pinned."""
    deviations = np.array(pin.deviations, dtype=np.float64)
    return PinnedMarket(
        source=pin.source,
        as_of=pin.as_of,
        simulated=pin.simulated,
        history=PriceHistory(np.array([], dtype="datetime64[D]"), (), np.empty((0, 0))),
        quotes={coin: Quote(price, pin.as_of, pin.source) for coin, price in pin.prices.items()},
        futures=tuple(FutureQuote(row.coin, row.expiry, row.price) for row in pin.futures),
        contracts=tuple(row.contract() for row in pin.contracts),
        notices=tuple(_notices(pin)),
        venue=pin.venue,
        estimates={row.coin: _estimate(row, pin.window_days, pin.estimator) for row in pin.betas},
        own=frozenset(row.coin for row in pin.betas if row.own),
        fit=_fit(pin) if pin.joint else None,
        predicted={row.coin: row.predicted for row in pin.joint if row.predicted is not None},
        left_out=pin.left_out,
        unfit=pin.unfit,
        covered=pin.covered,
        covariance=pin.correlation_matrix() * np.outer(deviations, deviations),
        volatilities={row.coin: row.volatility for row in pin.betas if row.volatility is not None},
        funding_means={row.coin: (row.rate, row.days) for row in pin.funding},
        stale_days=pin.stale,
        formulas=pin.formulas,
        covered_days=pin.covered_days,
        market_betas=pin.market_betas,
        left_out_coins=pin.left_out_coins,
        bag_variance=pin.bag_variance,
        counted=pin.counted,
    )


def _fit(pin: Pin) -> BagFit | Basket:
    """The joint fit of the pinned kind."""
    rows, shape = pin.joint, (len(pin.joint), len(pin.proxies))
    coins = tuple(row.coin for row in rows)
    betas = np.array([row.betas for row in rows], dtype=np.float64).reshape(shape)
    errors = np.array([row.standard_errors for row in rows], dtype=np.float64).reshape(shape)
    observations = np.array([row.observations for row in rows], dtype=np.int64)
    is_young = np.array([row.is_young for row in rows], dtype=np.bool_)
    if pin.fit_kind == "bag":
        return BagFit(coins, pin.proxies, betas, errors, observations, is_young, pin.fit_days)
    return Basket(
        coins=coins,
        proxies=pin.proxies,
        betas=betas,
        standard_errors=errors,
        observations=observations,
        is_young=is_young,
        days=int(observations[~is_young].max(initial=0)),
        window_days=pin.fit_days,
    )


def _estimate(row: PinnedBeta, window_days: int, estimator: str) -> BetaEstimate | InsufficientHistory:
    if row.beta is None:
        return InsufficientHistory(row.coin, row.proxy, needed=MINIMUM_DAYS, found=row.observations)
    return BetaEstimate(
        coin=row.coin,
        proxy=row.proxy,
        beta=row.beta,
        method="shrunk" if row.is_shrunk else estimator,
        standard_error=row.standard_error,
        correlation=row.correlation,
        r_squared=None if row.correlation is None else row.correlation**2,
        observations=row.observations,
        window_days=window_days,
    )


def _notices(pin: Pin) -> Iterator[Notice]:
    yield Notice(
        "pinned",
        f"Prices, betas, funding and contracts come from the link and date from {pin.as_of:%Y-%m-%d %H:%M} UTC. "
        "Refresh the prices before you act on them.",
    )
    for row in pin.contracts:
        known = catalogue().by_id.get(row.id)
        contract = row.contract()
        if known is not None and (known.contract_size, known.underlying) != (row.contract_size, row.underlying):
            yield Notice(
                "pinned_contract",
                f"{row.id}: the contract size is {contract.size_text()} in the link and {known.size_text()} in the "
                "catalogue. Check it with the venue.",
            )
