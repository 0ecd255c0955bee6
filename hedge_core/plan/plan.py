"""The plan: what the user decides, and nothing that can be computed from it.

A plan holds the bag, the decisions and what the user states as known (overrides). `assess` derives everything
else from it and a market, so that an old plan read against a new market is simply up to date.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Annotated, Any, ClassVar, Literal

from annotated_types import Ge, Gt, Le, Lt, MaxLen, MinLen

from hedge_core.errors import InvalidPlan
from hedge_core.market.coins import coin_symbol
from hedge_core.market.contracts import CustomContract
from hedge_core.market.snapshot import MINIMUM_DAYS
from hedge_core.plan.bag import Bag, Holding
from hedge_core.plan.calendar import CalendarEvent
from hedge_core.plan.fills import Fill, FundingPayment
from hedge_core.plan.rules import ExitRule

SizingMethod = Literal["beta_weighted", "notional", "guide_divided"]

Rounding = Literal["nearest", "down", "up", "optimal"]
"""Each contract by itself, or (optimal) all together: the whole counts closest to the target in variance."""

ASSUMED_DEPTH = 1_000_000.0
"""USD at which slippage is as large as the half spread; an assumption."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CostAssumptions:
    """What the user states about costs; None leaves a figure to the catalogue and the market.

    Rates are fractions of notional: `fee_rate` and `half_spread_rate` a side, `carry_rate` a year (positive:
    the short earns). `depth` is the order, in USD, at which slippage doubles the half spread.
    """

    __pydantic_config__: ClassVar[dict[str, object]] = {"extra": "forbid", "allow_inf_nan": False}

    fee_rate: Annotated[float, Ge(0), Lt(0.1)] | None = None
    half_spread_rate: Annotated[float, Ge(0), Lt(0.1)] = 0.0005
    carry_rate: Annotated[float, Ge(-5), Le(5)] | None = None
    depth: Annotated[float, Gt(0), Lt(1e15)] = ASSUMED_DEPTH


Approach = Literal["recommended", "bag_level", "coin_by_coin"]
"""How coins are matched with what is shorted.

`recommended`: a coin's own future where there is a usable one, then what the user set, and the rest as one bag on
several proxies. `bag_level`: everything but the proxies themselves and what the user set as one bag. `coin_by_coin`:
each coin its own future, else the proxy that hedges it best.
"""

DEFAULT_VENUE = "Coinbase Derivatives"

_STRICT: dict[str, object] = {"extra": "forbid", "allow_inf_nan": False}

LEAST_BETA = 0.01
"""A smaller beta is no hedge: the coin does not move with the proxy."""

Price = Annotated[float, Gt(0), Lt(1e15)]
Beta = Annotated[float, Ge(LEAST_BETA), Le(20)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Decisions:
    """What the holder decides.

    `risk_accepted` is the fraction of the loss that the holder is willing to bear; `collateral` USD set aside
    for margin (None: not decided); `window_days` the history that betas are estimated on.
    """

    __pydantic_config__: ClassVar[dict[str, object]] = _STRICT

    risk_accepted: Annotated[float, Ge(0), Le(1)] = 0.5
    method: SizingMethod = "beta_weighted"
    rounding: Rounding = "nearest"
    approach: Approach = "recommended"
    horizon_days: Annotated[int, Ge(1), Le(730)] = 30
    venue: Annotated[str, MinLen(1), MaxLen(64)] = DEFAULT_VENUE
    collateral: Annotated[float, Ge(0), Lt(1e15)] | None = None
    window_days: Annotated[int, Ge(MINIMUM_DAYS), Le(3650)] = 365

    @property
    def hedge_ratio(self) -> float:
        """h = 1 − risk accepted (rounded to 1e-12, so that 1 − 0.3 is 0.7)."""
        return round(1.0 - self.risk_accepted, 12)


@dataclass(frozen=True, slots=True, kw_only=True)
class Overrides:
    """What the user states as known, by coin symbol; it wins over the market and the catalogue.

    `prices` in USD a coin, `betas` to the coin's proxy, `proxies` the coin to short instead, `contract_choice`
    the contract id to use for an underlying, `contracts` the user's own contracts, `costs` their costs.
    """

    __pydantic_config__: ClassVar[dict[str, object]] = _STRICT

    prices: Mapping[str, Price] = field(default_factory=dict)
    betas: Mapping[str, Beta] = field(default_factory=dict)
    proxies: Mapping[str, str] = field(default_factory=dict)
    contract_choice: Mapping[str, str] = field(default_factory=dict)
    contracts: Annotated[tuple[CustomContract, ...], MaxLen(50)] = ()
    costs: CostAssumptions = field(default_factory=CostAssumptions)

    def __post_init__(self) -> None:
        for name in ("prices", "betas", "proxies", "contract_choice"):
            given = getattr(self, name)
            values = {coin_symbol(coin): value for coin, value in given.items()}
            if len(values) < len(given):
                raise InvalidPlan(
                    f"{name}: the same coin stands there twice, in capitals and in small letters; keep one."
                )
            object.__setattr__(self, name, values)
        object.__setattr__(self, "proxies", {c: coin_symbol(p) for c, p in self.proxies.items()})
        for name, lower, upper in (("prices", 0.0, 1e15), ("betas", LEAST_BETA, 20.0)):
            for coin, value in getattr(self, name).items():
                if not (0 < value < 1e15 and lower <= value <= upper):
                    raise InvalidPlan(f"{name} of {coin}: must be above {lower:g} and at most {upper:g}, not {value}.")


@dataclass(frozen=True, slots=True, kw_only=True)
class JournalEntry:
    """What was decided or done on a day, in the user's or the program's words."""

    __pydantic_config__: ClassVar[dict[str, object]] = _STRICT

    day: date
    text: Annotated[str, MinLen(1), MaxLen(500)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Execution:
    """The hedge as it was executed: fills, funding payments, the prices at which stop orders were placed, a journal.

    `stop_prices` are USD a coin, by coin symbol. Raises InvalidPlan for a stop price that is not positive.
    """

    __pydantic_config__: ClassVar[dict[str, object]] = _STRICT

    fills: Annotated[tuple[Fill, ...], MaxLen(2_000)] = ()
    payments: Annotated[tuple[FundingPayment, ...], MaxLen(2_000)] = ()
    stop_prices: Mapping[str, Price] = field(default_factory=dict)
    journal: Annotated[tuple[JournalEntry, ...], MaxLen(500)] = ()

    def __post_init__(self) -> None:
        object.__setattr__(self, "stop_prices", {coin_symbol(c): price for c, price in self.stop_prices.items()})
        for coin, price in self.stop_prices.items():
            if not 0 < price < 1e15:
                raise InvalidPlan(f"stop_prices of {coin}: must be a positive number, not {price}.")

    @property
    def opened_on(self) -> date | None:
        """The UTC day of the first fill, or None."""
        return min(fill.at for fill in self.fills).date() if self.fills else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Thresholds:
    """When the monitor speaks up. Fractions unless said otherwise.

    `drift` from the method's target; `rally_warning` and `rally_critical`: the rise that the short still survives;
    `correlation` below which a proxy no longer serves; `carry_paid` a year; `roll_days` before an expiry; `stale_hours`
    of the prices; `stop_near`: distance to a stop price; over-hedged when the short gained `gain` of the bag over
    `standstill_days` in which the bag moved less than `standstill`.
    """

    __pydantic_config__: ClassVar[dict[str, object]] = _STRICT

    drift: Annotated[float, Gt(0), Le(2)] = 0.1
    rally_warning: Annotated[float, Gt(0), Le(5)] = 0.2
    rally_critical: Annotated[float, Gt(0), Le(5)] = 0.1
    correlation: Annotated[float, Ge(0), Le(1)] = 0.5
    carry_paid: Annotated[float, Gt(0), Le(5)] = 0.1
    roll_days: Annotated[int, Ge(1), Le(60)] = 7
    stale_hours: Annotated[float, Gt(0), Le(240)] = 26.0
    stop_near: Annotated[float, Gt(0), Lt(1)] = 0.03
    standstill_days: Annotated[int, Ge(1), Le(60)] = 7
    standstill: Annotated[float, Gt(0), Le(1)] = 0.02
    gain: Annotated[float, Gt(0), Le(1)] = 0.02

    def __post_init__(self) -> None:
        if self.rally_critical > self.rally_warning:
            raise InvalidPlan("thresholds: rally_critical must not be above rally_warning, or nobody is warned.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Watch:
    """What the monitor watches for: thresholds, exit rules, the user's events; `checked` questions of the checklist."""

    __pydantic_config__: ClassVar[dict[str, object]] = _STRICT

    thresholds: Thresholds = field(default_factory=Thresholds)
    exit_rules: Annotated[tuple[ExitRule, ...], MaxLen(20)] = ()
    events: Annotated[tuple[CalendarEvent, ...], MaxLen(200)] = ()
    checked: Annotated[tuple[Annotated[str, MaxLen(40)], ...], MaxLen(40)] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class HedgePlan:
    """A plan document: intent only. `market` names the source it was made with, as in `--market`."""

    __pydantic_config__: ClassVar[dict[str, object]] = _STRICT

    name: Annotated[str, MaxLen(120)] = "My hedge"
    holdings: Annotated[tuple[Holding, ...], MaxLen(500)] = ()
    decisions: Decisions = field(default_factory=Decisions)
    overrides: Overrides = field(default_factory=Overrides)
    execution: Execution = field(default_factory=Execution)
    watch: Watch = field(default_factory=Watch)
    market: Annotated[str, MinLen(1), MaxLen(500)] = "sample"
    is_example: bool = False
    notes: Annotated[str, MaxLen(5000)] = ""

    @property
    def bag(self) -> Bag:
        """The holdings, rows of the same coin and role added up."""
        return Bag(self.holdings)

    def with_decisions(self, **changes: Any) -> HedgePlan:
        """This plan with some decisions changed."""
        return replace(self, decisions=replace(self.decisions, **changes))

    def with_execution(self, **changes: Any) -> HedgePlan:
        """This plan with some of its execution changed."""
        return replace(self, execution=replace(self.execution, **changes))

    def with_watch(self, **changes: Any) -> HedgePlan:
        """This plan with some of what the monitor watches for changed."""
        return replace(self, watch=replace(self.watch, **changes))

    def with_overrides(self, **changes: Any) -> HedgePlan:
        """This plan with some overrides changed."""
        return replace(self, overrides=replace(self.overrides, **changes))
