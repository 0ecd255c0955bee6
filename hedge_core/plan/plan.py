"""The plan: everything that the user enters, and nothing that can be computed from it.

A plan holds the bag, the decisions, the user's own figures (overrides), the fills and what to monitor. `hedge.assess`
computes everything else from the plan and a market, so that an old plan opened on a new market is up to date.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Annotated, Any, ClassVar, Literal

from annotated_types import Ge, Le, Lt, MaxLen, MinLen

from hedge_core.errors import InvalidPlan
from hedge_core.market.coins import coin_symbol
from hedge_core.market.contracts import CustomContract
from hedge_core.market.currencies import Currency
from hedge_core.market.residence import Residence
from hedge_core.market.snapshot import MINIMUM_DAYS
from hedge_core.market.venues.venue import MarginMode as MarginMode
from hedge_core.plan.bag import Bag, Holding, by_symbol
from hedge_core.plan.calendar import CalendarEvent
from hedge_core.plan.cost_assumptions import (
    ASSUMED_DEPTH as ASSUMED_DEPTH,
    CASH_RATE as CASH_RATE,
    CostAssumptions as CostAssumptions,
    OwnLiquidity as OwnLiquidity,
    new_costs as new_costs,
)
from hedge_core.plan.dangers import Dangers as Dangers
from hedge_core.plan.entry_rule import EntryRule
from hedge_core.plan.entry_rules import AnyEntryRule
from hedge_core.plan.fills import LEAST_PRICE, MAX_MONEY, Fill, FundingPayment
from hedge_core.plan.own_figures import OwnMargin as OwnMargin, OwnRate as OwnRate
from hedge_core.plan.pledges import MOST_PLEDGES, Pledge as Pledge
from hedge_core.plan.rules import AnyExitRule
from hedge_core.plan.schema import STRICT, About, AboutFields
from hedge_core.plan.stages import Stages

SizingMethod = Literal["beta_weighted", "notional", "guide_divided"]

Rounding = Literal["nearest", "down", "up", "optimal"]
"""How exact counts become whole contracts: each contract rounded separately, or (`optimal`) all contracts together,
to the whole counts whose hedge differs least from the target in variance."""

WhenMarginRunsOut = Literal["by_position", "reduced", "closed", "topped_up"]
"""What happens when equity falls below the maintenance margin (see `hedge.breach`).

`by_position`: whole positions are closed one after the other, the largest maintenance margin first. `reduced`: every
position is cut by the same share. `closed`: everything is closed. `topped_up`: the reserve is paid in, and the venue's
own rule follows once it is used up.
"""

RALLY_TO_SURVIVE = 0.25
"""The rally that the collateral of a new plan must survive, a fraction."""

Approach = Literal["recommended", "bag_level", "coin_by_coin"]
"""How coins are matched with the contracts to short.

`recommended`: a coin is hedged with its own future if that is usable, or as the user set; all other coins are hedged
together, as one bag, with several proxies. `bag_level`: all coins are hedged as one bag, except the proxies themselves
and coins for which the user set a proxy or beta. `coin_by_coin`: each coin is hedged with its own future, or else with
the proxy that hedges it best.
"""

DEFAULT_VENUE = "Coinbase Derivatives"


LEAST_BETA = 0.01
"""The smallest beta that the user may set: below it the coin hardly moves with the proxy, so there is no hedge."""

LEAST_THRESHOLD = 1e-6
"""The smallest threshold, as a fraction; a smaller one would alert at every check."""

MOST_LOTS = 10**9
"""The largest number of contracts that the user may set for one leg."""

Price = Annotated[float, Ge(LEAST_PRICE), Lt(MAX_MONEY)]
Beta = Annotated[float, Ge(LEAST_BETA), Le(20)]

OwnContract = Annotated[
    CustomContract,
    AboutFields(
        code=About(link=0, label="code"),
        underlying=About(link=1, label="coin"),
        coins=About(link=2, label="size in coins"),
        usd=About(link=3, label="size in USD"),
        kind=About(link=4, label="kind"),
        fee_rate=About(link=5, label="fee rate"),
        maintenance_margin_rate=About(link=6, label="maintenance margin"),
    ),
]
"""A contract of the user's own, with what the plan knows about its fields."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Decisions:
    """What the holder has decided: how much risk to keep, and how, where and for how long to hedge the rest.

    `risk_accepted` is the fraction of the bag's losses that stays unhedged (0: hedge all of it, 1: hedge nothing).
    `method` is the sizing formula (see `hedge.sizing`); `rounding` and `approach` are described at `Rounding` and
    `Approach`. `horizon_days` is how long the hedge is to be held, `venue` where to short, and `collateral` the USD
    set aside for margin (None: not decided yet). Betas are estimated on the last `window_days` days of history.
    `breach` is what happens when margin runs out (None: what the venue does, after the reserve), and `reserve` the USD
    kept ready to be paid in then. `rally_to_survive`, a fraction, is the rise of the market that the collateral must
    survive: whole counts that are searched for together are limited to those that do, and a warning follows where
    it does not. `margin_mode` says whether all positions share the collateral or each has its own (None: as the venue
    does). `stages` says in how many parts the hedge is opened, and `pledges` which held coins count as margin beside
    the collateral, by coin symbol. Ranges are checked when a plan document is read, not when a `Decisions` is created.
    """

    __pydantic_config__: ClassVar[dict[str, object]] = STRICT

    risk_accepted: Annotated[float, Ge(0), Le(1), About(link=0, label="loss accepted")] = 0.5
    method: Annotated[SizingMethod, About(link=1, label="sizing method")] = "beta_weighted"
    rounding: Annotated[Rounding, About(link=2, label="rounding")] = "nearest"
    approach: Annotated[Approach, About(link=3, label="approach")] = "recommended"
    horizon_days: Annotated[int, Ge(1), Le(730), About(link=4, label="horizon")] = 30
    venue: Annotated[str, MinLen(1), MaxLen(64), About(link=5, label="venue")] = DEFAULT_VENUE
    collateral: Annotated[float, Ge(0), Lt(MAX_MONEY), About(link=6, label="collateral")] | None = None
    window_days: Annotated[int, Ge(MINIMUM_DAYS), Le(3650), About(link=7, label="beta window")] = 365
    breach: Annotated[WhenMarginRunsOut, About(link=8, label="what happens when margin runs out")] | None = "closed"
    reserve: Annotated[float, Ge(0), Lt(MAX_MONEY), About(link=9, label="reserve")] = 0.0
    rally_to_survive: Annotated[float, Ge(0), Le(5), About(link=10, label="rally to survive", unit="%")] = 0.0
    margin_mode: Annotated[MarginMode, About(link=11, label="margin mode")] | None = "cross"
    stages: Annotated[Stages, About(link=12, label="stages")] = field(default_factory=Stages)
    pledges: Annotated[Mapping[str, Pledge], MaxLen(MOST_PLEDGES), About(link=13, label="coins as margin")] = field(
        default_factory=dict
    )

    def __post_init__(self) -> None:
        object.__setattr__(self, "pledges", by_symbol("pledges", self.pledges))

    @property
    def hedge_ratio(self) -> float:
        """h = 1 − risk accepted, rounded to 1e-12 so that 1 − 0.3 is exactly 0.7."""
        return round(1.0 - self.risk_accepted, 12)


@dataclass(frozen=True, slots=True, kw_only=True)
class Overrides:
    """Figures that the user sets; they take precedence over the market and the catalogue.

    The mappings are keyed by coin symbol: `prices` in USD per coin, `betas` to the coin's proxy, `proxies` the coin to
    short instead, `contract_choice` the id of the contract to use for an underlying. `contracts` are contracts that
    the user defined, `costs` the user's own cost figures, `margins` the user's own margin rates by id of the contract,
    `dangers` what is assumed of what can take the hedge away, `lots` the number of contracts to hold by id of the
    contract, whatever the target rounds to, and `rates` exchange rates by the code of the currency. Raises InvalidPlan
    for a coin given twice or a figure out of range.
    """

    __pydantic_config__: ClassVar[dict[str, object]] = STRICT

    prices: Annotated[Mapping[str, Price], About(link=0, label="own price")] = field(default_factory=dict)
    betas: Annotated[Mapping[str, Beta], About(link=1, label="own beta")] = field(default_factory=dict)
    proxies: Annotated[Mapping[str, str], About(link=2, label="proxy")] = field(default_factory=dict)
    contract_choice: Annotated[Mapping[str, str], About(link=3, label="contract")] = field(default_factory=dict)
    contracts: Annotated[tuple[OwnContract, ...], MaxLen(50), About(link=4, label="own contracts")] = ()
    costs: Annotated[CostAssumptions, About(link=5, label="costs")] = field(default_factory=CostAssumptions)
    margins: Annotated[Mapping[str, OwnMargin], About(link=6, label="own margin")] = field(default_factory=dict)
    dangers: Annotated[Dangers, About(link=7, label="dangers")] = field(default_factory=Dangers)
    lots: Annotated[Mapping[str, Annotated[int, Ge(0), Le(MOST_LOTS)]], About(link=8, label="own counts")] = field(
        default_factory=dict
    )
    rates: Annotated[Mapping[str, OwnRate], About(link=9, label="own exchange rate")] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for name in ("prices", "betas", "proxies", "contract_choice"):
            object.__setattr__(self, name, by_symbol(name, getattr(self, name)))
        object.__setattr__(self, "proxies", {c: coin_symbol(p) for c, p in self.proxies.items()})
        for name, lower, upper in (("prices", LEAST_PRICE, MAX_MONEY), ("betas", LEAST_BETA, 20.0)):
            for coin, value in getattr(self, name).items():
                if not (value < MAX_MONEY and lower <= value <= upper):
                    raise InvalidPlan(f"{name} of {coin}: must be from {lower:g} to {upper:g}, not {value}.")


@dataclass(frozen=True, slots=True, kw_only=True)
class JournalEntry:
    """A journal entry: what was decided or done on a day, as written by the user or by the program."""

    __pydantic_config__: ClassVar[dict[str, object]] = STRICT

    day: Annotated[date, About(link=0, label="date")]
    text: Annotated[str, MinLen(1), MaxLen(500), About(link=1, label="entry")]


@dataclass(frozen=True, slots=True, kw_only=True)
class Execution:
    """The hedge as executed: fills, funding payments, prices of the stop orders that were placed, and a journal.

    `stop_prices` are in USD per coin, keyed by coin symbol. Raises InvalidPlan for a stop price that is not positive.
    """

    __pydantic_config__: ClassVar[dict[str, object]] = STRICT

    fills: Annotated[tuple[Fill, ...], MaxLen(2_000), About(link=0, label="fills")] = ()
    payments: Annotated[tuple[FundingPayment, ...], MaxLen(2_000), About(link=1, label="funding payments")] = ()
    stop_prices: Annotated[Mapping[str, Price], About(link=2, label="stop prices")] = field(default_factory=dict)
    journal: Annotated[tuple[JournalEntry, ...], MaxLen(500), About(link=3, label="journal")] = ()

    def __post_init__(self) -> None:
        object.__setattr__(self, "stop_prices", {coin_symbol(c): price for c, price in self.stop_prices.items()})
        for coin, price in self.stop_prices.items():
            if not LEAST_PRICE <= price < MAX_MONEY:
                raise InvalidPlan(f"stop_prices of {coin}: must be a positive number of USD, not {price}.")

    @property
    def opened_on(self) -> date | None:
        """The UTC date of the first fill, or None if there are no fills."""
        return min(fill.at for fill in self.fills).date() if self.fills else None


ROLL_DAYS = 7
"""The default of `Thresholds.roll_days`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Thresholds:
    """Limits at which the monitor raises an alert. Fractions, unless the name says days or hours.

    `drift`: how far the short may be from the target size. `rally_warning` and `rally_critical`: alert when a rise of
    the market this small would end the short. `correlation`: alert when the correlation of a coin with its proxy is
    below this. `carry_paid`: carry that the short may pay per year. `roll_days`: days before an expiry on which a
    future is rolled; the default stands for what is usual at its venue. `stale_hours`: age of the prices. `stop_near`:
    distance of the price from a stop price. Over-hedged: in `standstill_days` days the short gained more than `gain` of
    the bag's value while the bag moved by less than `standstill`. `bag_risk`: while nothing is hedged, how far the
    bag's volatility of 30 days is above that of the year before. Raises InvalidPlan if `rally_critical` is above
    `rally_warning`.
    """

    __pydantic_config__: ClassVar[dict[str, object]] = STRICT

    drift: Annotated[float, Ge(LEAST_THRESHOLD), Le(2), About(link=0, label="Distance from the target", unit="%")] = 0.1
    rally_warning: Annotated[
        float,
        Ge(LEAST_THRESHOLD),
        Le(5),
        About(link=1, label="Warn when the account survives a market rise of less than", unit="%"),
    ] = 0.2
    rally_critical: Annotated[float, Ge(LEAST_THRESHOLD), Le(5), About(link=2, label="Critical below", unit="%")] = 0.1
    correlation: Annotated[
        float, Ge(0), Le(1), About(link=3, label="A proxy is doubtful below a correlation of", unit="%")
    ] = 0.5
    carry_paid: Annotated[float, Ge(LEAST_THRESHOLD), Le(5), About(link=4, label="Funding paid per year", unit="%")] = (
        0.1
    )
    roll_days: Annotated[int, Ge(1), Le(60), About(link=5, label="Days before an expiry", unit="days")] = ROLL_DAYS
    stale_hours: Annotated[float, Ge(0.01), Le(240), About(link=6, label="Prices are old after", unit="hours")] = 26.0
    stop_near: Annotated[float, Ge(LEAST_THRESHOLD), Lt(1), About(link=7, label="Near a stop price", unit="%")] = 0.03
    standstill_days: Annotated[
        int, Ge(1), Le(60), About(link=8, label="Over-hedged: in this number of days", unit="days")
    ] = 7
    standstill: Annotated[
        float, Ge(LEAST_THRESHOLD), Le(1), About(link=9, label="the bag has moved less than", unit="%")
    ] = 0.02
    gain: Annotated[
        float,
        Ge(LEAST_THRESHOLD),
        Le(1),
        About(link=10, label="and the hedge has gained more than (of the bag)", unit="%"),
    ] = 0.02
    bag_risk: Annotated[
        float,
        Ge(LEAST_THRESHOLD),
        Le(10),
        About(link=11, label="Unhedged: the bag's volatility is above that of its year by", unit="%"),
    ] = 1.0

    @property
    def stated_roll_days(self) -> int | None:
        """`roll_days`, or None at its default, which stands for what is usual at each venue."""
        return None if self.roll_days == ROLL_DAYS else self.roll_days

    def __post_init__(self) -> None:
        if self.rally_critical > self.rally_warning:
            raise InvalidPlan(
                "thresholds: rally_critical must not be above rally_warning; otherwise you would get no warning before "
                "the critical alert."
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class Watch:
    """What the monitor checks: thresholds, entry and exit rules, the user's events. `checked`: ticked checklist items.

    While nothing is open, entry rules that are not marked as done are armed.
    """

    __pydantic_config__: ClassVar[dict[str, object]] = STRICT

    thresholds: Annotated[Thresholds, About(link=0, label="thresholds")] = field(default_factory=Thresholds)
    exit_rules: Annotated[tuple[AnyExitRule, ...], MaxLen(20), About(link=1, label="exit rules")] = ()
    events: Annotated[tuple[CalendarEvent, ...], MaxLen(200), About(link=2, label="events")] = ()
    checked: Annotated[tuple[Annotated[str, MaxLen(40)], ...], MaxLen(40), About(link=3, label="checklist")] = ()
    entry_rules: Annotated[tuple[AnyEntryRule, ...], MaxLen(20), About(link=4, label="entry rules")] = ()

    @property
    def armed(self) -> tuple[EntryRule, ...]:
        """The entry rules that are not marked as done."""
        return tuple(rule for rule in self.entry_rules if not rule.is_done)


EDITION = date(2026, 11, 29)
"""The day of the newest change of rules or contracts that this release knows (see `hedge.since_saved`)."""

MadeWith = Annotated[
    date,
    About(
        link=9,
        label="the plan",
        help="The rules that the plan was made with, by their day.",
        link_default=date(2026, 11, 29),
    ),
]


@dataclass(frozen=True, slots=True, kw_only=True)
class HedgePlan:
    """A plan document: what the user entered, without results.

    `market` is the price source, as in `--market`. `residence` says where the holder lives, if stated: venues that do
    not serve the place are not recommended, and its law may raise the margin. `currency` is that in which pages show
    amounts (see `hedge.currency`); every amount of the plan itself is in USD.

    `edition` is the EDITION of the release with which the plan was made, None for the first edition, which did not
    write it. No number depends on it: it says which later changes the user must be told about. Links leave it out if it
    is that of the release that introduced their second format.
    """

    __pydantic_config__: ClassVar[dict[str, object]] = STRICT

    name: Annotated[str, MaxLen(120), About(link=0, label="the plan")] = "My hedge"
    holdings: Annotated[tuple[Holding, ...], MaxLen(500), About(link=1, label="the bag")] = ()
    decisions: Annotated[Decisions, About(link=2, label="decisions", is_group=True)] = field(default_factory=Decisions)
    overrides: Annotated[Overrides, About(link=3, label="your own figures", is_group=True)] = field(
        default_factory=Overrides
    )
    execution: Annotated[Execution, About(link=4, label="fills and journal")] = field(default_factory=Execution)
    watch: Annotated[Watch, About(link=5, label="monitoring")] = field(default_factory=Watch)
    market: Annotated[str, MinLen(1), MaxLen(500), About(link=6, label="price source")] = "sample"
    is_example: Annotated[bool, About(link=7, label="the plan")] = False
    notes: Annotated[str, MaxLen(5000), About(link=8, label="the plan")] = ""
    edition: MadeWith | None = field(default_factory=lambda: EDITION)
    residence: Annotated[Residence, About(link=10, label="where you live")] = "not_stated"
    currency: Annotated[Currency, About(link=11, label="currency")] = "USD"

    @property
    def bag(self) -> Bag:
        """The holdings as a `Bag`: rows with the same coin, role and stop-loss added together."""
        return Bag(self.holdings)

    def with_decisions(self, **changes: Any) -> HedgePlan:
        """A copy of this plan with the given fields of `decisions` changed."""
        return replace(self, decisions=replace(self.decisions, **changes))

    def with_execution(self, **changes: Any) -> HedgePlan:
        """A copy of this plan with the given fields of `execution` changed."""
        return replace(self, execution=replace(self.execution, **changes))

    def with_watch(self, **changes: Any) -> HedgePlan:
        """A copy of this plan with the given fields of `watch` changed."""
        return replace(self, watch=replace(self.watch, **changes))

    def with_overrides(self, **changes: Any) -> HedgePlan:
        """A copy of this plan with the given fields of `overrides` changed."""
        return replace(self, overrides=replace(self.overrides, **changes))


def new_plan(market: str = "sample", *, holdings: tuple[Holding, ...] = ()) -> HedgePlan:
    """A plan as it is started today.

    Counts are searched for together, the collateral must survive RALLY_TO_SURVIVE, the venue's own rule applies when
    margin runs out and its own mode says how positions share collateral, cash costs CASH_RATE, and spread and slippage
    are those of each contract. Defaults of the fields are those of the first edition, for plans that do not state them.
    """
    return HedgePlan(
        holdings=holdings,
        decisions=Decisions(rounding="optimal", breach=None, rally_to_survive=RALLY_TO_SURVIVE, margin_mode=None),
        overrides=Overrides(costs=new_costs()),
        market=market,
    )
