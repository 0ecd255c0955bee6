"""Which month of a series of futures to sell: the one that costs least up to the horizon.

A month can be sold if its roll day is at least LEAST_DAYS_TO_ROLL days away and if it trades at least VOLUME_MULTIPLE
times the order per day; a volume that is not known does not qualify. The cost of a month is

    fees, spread and slippage of opening, of two sides per roll, and of closing  −  basis·notional·horizon/365

where the basis per year is that of the month's own quote. A future that expires before the end of the horizon is
rolled on its roll day, into the next month that qualifies on that day. The cheapest month wins, of two equal ones the
earlier. If no month trades enough, the earliest whose roll day is far enough away is taken, with a warning.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property
from itertools import islice

from hedge_core.hedge.legs import ShortLeg
from hedge_core.hedge.trading_costs import TradingCosts
from hedge_core.market.contracts import Contract
from hedge_core.market.expiries import MONTHS_LISTED, expiries, held_expiry, roll_day

LEAST_DAYS_TO_ROLL = 7
VOLUME_MULTIPLE = 20.0

_BEYOND_SERIES, _BEYOND_LISTING = timedelta(days=280), timedelta(days=800)
"""How far beyond the horizon expiries are looked up: more than MONTHS_LISTED months, or quarters after a listing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Month:
    """A month that could be sold, and what that costs up to the horizon, in USD.

    `trading_cost` is fees, spread and slippage of all sides; `carry` is positive if the short earns it, None if
    unknown. `daily_volume` is today's, in USD; `trades_enough` says whether it is known and large enough.
    `roll_days` are the days on which the short is rolled within the horizon, `ends` the expiries of the futures that
    are bought back then.
    """

    expiry: date
    roll_day: date
    ahead: int
    daily_volume: float
    trades_enough: bool
    trading_cost: float
    roll_cost: float
    roll_days: tuple[date, ...]
    ends: tuple[date, ...]
    carry: float | None

    @property
    def cost(self) -> float:
        """Trading less carry, in USD; unknown carry counts as 0."""
        return self.trading_cost - (self.carry or 0.0)


@dataclass(frozen=True, slots=True)
class MonthChoice:
    """The month to sell, among the months whose roll day is far enough away."""

    chosen: Month
    candidates: tuple[Month, ...]

    @property
    def is_thin(self) -> bool:
        """Whether no month trades enough, so that the earliest is taken."""
        return not self.chosen.trades_enough

    @property
    def reason(self) -> str:
        """Why this month, in one sentence."""
        chosen = self.chosen
        if self.is_thin:
            return (
                f"{chosen.expiry:%b %Y}: no month is known to trade {VOLUME_MULTIPLE:.0f} times the order per day, so "
                "the earliest that need not be rolled within a week"
            )
        others = [month for month in self.candidates if month is not chosen and month.trades_enough]
        if not others:
            return f"{chosen.expiry:%b %Y}: the only month that trades {VOLUME_MULTIPLE:.0f} times the order per day"
        second = min(others, key=lambda month: (month.cost, month.expiry))
        saved = second.cost - chosen.cost
        return f"{chosen.expiry:%b %Y}: costs ${saved:,.2f} less up to your horizon than {second.expiry:%b %Y}"


@dataclass(frozen=True, kw_only=True)
class Season:
    """A leg to be held from `today` to `end`, with everything that its cost depends on.

    `fee` is USD for one side of the leg, `roll_ahead` the plan's own days before an expiry (None: as at the venue).
    """

    leg: ShortLeg
    today: date
    horizon_days: int
    fee: float
    trading: TradingCosts
    roll_ahead: int | None = None

    @property
    def contract(self) -> Contract:
        """The contract of the leg."""
        return self.leg.contract

    @property
    def end(self) -> date:
        """The last day of the horizon."""
        return self.today + timedelta(days=self.horizon_days)

    @cached_property
    def schedule(self) -> Mapping[date, date]:
        """The roll day of each expiry from today to well beyond the horizon, the earliest first."""
        beyond = _BEYOND_SERIES if self.contract.expiry in ("monthly", "weekly") else _BEYOND_LISTING
        days = expiries(self.contract, self.today, self.end + beyond)
        return {day: roll_day(self.contract, day, self.roll_ahead) for day in days}

    @cached_property
    def _sides(self) -> dict[int, tuple[float, float | None]]:
        return {}

    def _side(self, ahead: int) -> tuple[float, float | None]:
        """The cost in USD of one side so many expiries behind the active one, and its daily volume if it is known."""
        if ahead not in self._sides:
            known = self.trading.liquidity(self.contract, ahead)
            volume = None if known.is_volume_assumed else known.daily_volume
            self._sides[ahead] = self.fee + self.trading.of_leg(self.leg, ahead=ahead), volume
        return self._sides[ahead]

    def ahead(self, expiry: date, on: date) -> int:
        """How many expiries the month is behind the active one on a day (as `expiries.months_ahead`)."""
        if self.contract.expiry not in ("monthly", "weekly"):
            return 0
        return sum(on < rolled and on < day < expiry for day, rolled in self.schedule.items())

    def side(self, expiry: date, on: date) -> float:
        """Fee, spread and slippage in USD of trading the leg once in the month, on a day."""
        return self._side(self.ahead(expiry, on))[0]

    def trades_enough(self, expiry: date, on: date) -> bool:
        """Whether the month's volume on a day is known and at least VOLUME_MULTIPLE times the leg."""
        volume = self._side(self.ahead(expiry, on))[1]
        return volume is not None and volume >= VOLUME_MULTIPLE * self.leg.notional

    def months(self, on: date, after: date) -> tuple[date, ...]:
        """The next MONTHS_LISTED expiries later than `after` whose roll day is far enough from the day `on`."""
        least = on + timedelta(days=LEAST_DAYS_TO_ROLL)
        later = (day for day, rolled in self.schedule.items() if day > max(after, on) and rolled >= least)
        return tuple(islice(later, MONTHS_LISTED))

    def next_month(self, expiry: date, on: date) -> date:
        """The month into which the one that expires on `expiry` is rolled on a day."""
        later = self.months(on, expiry)
        return next((day for day in later if self.trades_enough(day, on)), later[0])

    def rolls(self, expiry: date) -> Iterator[tuple[date, date, date]]:
        """Each roll of a future that expires before the end of the horizon: its day, the old expiry, the new one."""
        while expiry < self.end:
            day = max(roll_day(self.contract, expiry, self.roll_ahead), self.today + timedelta(days=1))
            following = self.next_month(expiry, day)
            yield day, expiry, following
            expiry = following


def month_of(season: Season, expiry: date, carry_rate: float | None) -> Month:
    """The month with this expiry, and what it costs to sell it; `carry_rate` is its basis per year."""
    rolls = tuple(season.rolls(expiry))
    last = rolls[-1][2] if rolls else expiry
    roll_cost = sum(season.side(old, day) + season.side(new, day) for day, old, new in rolls)
    notional = season.leg.notional
    return Month(
        expiry=expiry,
        roll_day=roll_day(season.contract, expiry, season.roll_ahead),
        ahead=season.ahead(expiry, season.today),
        daily_volume=season.trading.liquidity(season.contract, season.ahead(expiry, season.today)).daily_volume,
        trades_enough=season.trades_enough(expiry, season.today),
        trading_cost=season.side(expiry, season.today) + roll_cost + season.side(last, season.end),
        roll_cost=roll_cost,
        roll_days=tuple(day for day, _, _ in rolls),
        ends=tuple(old for _, old, _ in rolls),
        carry=None if carry_rate is None else carry_rate * notional * season.horizon_days / 365.0,
    )


def months_to_sell(season: Season) -> tuple[date, ...]:
    """The expiries to choose from: of a series, those whose roll day is far enough away; else the listing's own."""
    if season.contract.expiry in ("monthly", "weekly"):
        return season.months(season.today, season.today)
    held = held_expiry(season.contract, season.today)
    return () if held is None else (held,)


def choose_month(season: Season, carry_rates: Mapping[date, float | None]) -> MonthChoice | None:
    """The month to sell, None for a contract that never expires. `carry_rates` holds the basis of each month."""
    days = months_to_sell(season)
    if not days:
        return None
    months = tuple(month_of(season, day, carry_rates.get(day)) for day in days)
    enough = [month for month in months if month.trades_enough]
    chosen = min(enough, key=lambda month: (month.cost, month.expiry)) if enough else months[0]
    return MonthChoice(chosen, months)
