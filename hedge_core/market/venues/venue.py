"""What we know about one venue: a place where a short is opened."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Literal

from hedge_core.market.residence import ALL_DERIVATIVES, PERPETUALS, UNKNOWN, Access, Residence
from hedge_core.market.venues.exchange import Exchange
from hedge_core.market.venues.fills_format import FillsFormat
from hedge_core.market.venues.hedge_dangers import HedgeDangers
from hedge_core.market.venues.order_form import ORDER_FORM, OrderForm

NOT_KNOWN = "not known here"

ForcedClose = Literal["by_position", "reduced", "closed"]
"""What a venue closes when margin runs out: whole positions one after the other, a part of each, or everything."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MarginRunsOut:
    """What a venue does to an account whose equity falls below the maintenance margin.

    `closes` names the rule (see `hedge.breach`). `cost` is what a forced close costs, a fraction of the notional
    closed, and `costs` that of single coins. `source` says where the rule is known from, `cost_source` the same of the
    cost; "assumed" means that no source was found.
    """

    closes: ForcedClose = "closed"
    source: str = "assumed"
    cost: float = 0.01
    costs: Mapping[str, float] = field(default_factory=dict)
    cost_source: str = "assumed"

    def cost_of(self, coin: str) -> float:
        """The cost of a forced close in a contract on `coin`, a fraction of the notional closed."""
        return self.costs.get(coin, self.cost)


MarginMode = Literal["cross", "isolated"]
"""How positions share their collateral: all of them one account (`cross`), or each an account of its own."""


def plain_code(code: str, expiry: date, is_weekly: bool) -> str:
    """The code itself: a listing of its own names its expiry already."""
    return code


@dataclass(frozen=True, slots=True, kw_only=True)
class IntradayMargin:
    """The lower margin that a venue or its brokers ask while the trading day lasts.

    `until` says when it ends, as the end of a sentence, and `source` where that is known from.
    """

    until: str
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Venue:
    """Everything that the program knows about a venue, except its contracts (`hedge_core/data/contracts.csv`).

    `name` is what a plan stores and the first part of a contract's id. `hours` and `has_weekend_gap` (None if unknown)
    say when it trades, `closes_how` who closes a position without enough margin, and how. `deleveraging` says whether
    the venue closes winning positions when losers cannot pay, `funding` when funding is paid, and `interest` what cash
    posted as margin earns. `is_exchange_traded` means that it is reached through a broker, so that too little margin
    leads to a margin call, not to liquidation by the venue. `regions` says where it can be used; `refuses_regions`
    means that it is known to refuse customers from whole regions; `serves` says whom it serves by residence, as far as
    a source says so, see `access`. `offers_perpetuals` is False at a venue of dated futures only. `is_assumed` means
    that no source supports these facts. `only_if_chosen` says why nothing is sized there unless the user chooses the
    venue or one of its contracts ('' for most venues). `note` and `source` are for the user.

    A future is rolled `roll_ahead_days` before it expires, one of a weekly series `weekly_roll_ahead_days` before.

    `order_form` is what an order is entered into. `month_code` writes the code of one expiry of a series (the code, the
    expiry, whether the series is weekly). `tick_rule` gives the tick where it moves with the price (the price in the
    venue's unit, the step of an order). `quoted_at_spot` are the codes of futures that are quoted at spot.

    `interest_rate` is what cash in a margin account earns there by default, a fraction per year. `margin_mode` is the
    mode of a new position there if nothing is chosen; no source was found for any venue, so all are assumed.
    `margin_runs_out` says what it closes when margin runs out, and at what cost. `intraday_margin` says when a lower
    margin applies by day; None if the venue asks the same day and night, or nothing else was found.

    `exchange` says how its prices and contracts are read live, and `fills` how it writes its exports; None if they
    cannot be read.
    """

    name: str
    hours: str = NOT_KNOWN
    has_weekend_gap: bool | None = None
    closes_how: str = ""
    deleveraging: str = NOT_KNOWN
    funding: str = NOT_KNOWN
    interest: str = NOT_KNOWN
    is_exchange_traded: bool = False
    regions: str = NOT_KNOWN
    refuses_regions: bool = False
    serves: Mapping[Residence, Access] = field(default_factory=dict)
    offers_perpetuals: bool = True
    is_assumed: bool = True
    only_if_chosen: str = ""
    note: str = ""
    source: str = NOT_KNOWN
    order_form: OrderForm = ORDER_FORM
    month_code: Callable[[str, date, bool], str] = plain_code
    tick_rule: Callable[[float, float], Decimal] | None = None
    quoted_at_spot: frozenset[str] = frozenset()
    roll_ahead_days: int = 7
    weekly_roll_ahead_days: int = 1
    interest_rate: float = 0.0
    margin_mode: MarginMode = "cross"
    margin_runs_out: MarginRunsOut = MarginRunsOut()
    intraday_margin: IntradayMargin | None = None
    dangers: HedgeDangers = field(default_factory=HedgeDangers)
    exchange: Exchange | None = None
    fills: FillsFormat | None = None

    def access(self, residence: Residence) -> Access:
        """Whether this venue serves somebody who lives in `residence`: by the law there, else by its own word."""
        if residence in ALL_DERIVATIVES:
            return ALL_DERIVATIVES[residence]
        if self.offers_perpetuals and residence in PERPETUALS:
            return PERPETUALS[residence]
        return self.serves.get(residence, UNKNOWN)
