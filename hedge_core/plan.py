"""The plan: what the user decides, and nothing that can be computed from it.

A plan holds the bag, the decisions and what the user states as known (overrides). `assess` derives everything
else from it and a market, so that an old plan read against a new market is simply up to date.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Annotated, Any, ClassVar, Literal

from annotated_types import Ge, Gt, Le, Lt, MaxLen, MinLen

from hedge_core.bag import Bag, Holding, coin_symbol
from hedge_core.contracts import CustomContract
from hedge_core.costs import CostAssumptions
from hedge_core.errors import InvalidPlan
from hedge_core.estimators import MINIMUM_DAYS
from hedge_core.sizing import Rounding, SizingMethod

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
class HedgePlan:
    """A plan document: intent only. `market` names the source it was made with, as in `--market`."""

    __pydantic_config__: ClassVar[dict[str, object]] = _STRICT

    name: Annotated[str, MaxLen(120)] = "My hedge"
    holdings: Annotated[tuple[Holding, ...], MaxLen(500)] = ()
    decisions: Decisions = field(default_factory=Decisions)
    overrides: Overrides = field(default_factory=Overrides)
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

    def with_overrides(self, **changes: Any) -> HedgePlan:
        """This plan with some overrides changed."""
        return replace(self, overrides=replace(self.overrides, **changes))
