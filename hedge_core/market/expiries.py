"""Expiry dates of futures, by rule and holiday calendar, and the dates on which a hedge must be rolled.

    CME, Coinbase       the last Friday of the month, 16:00 London time; if that is a holiday, the last business day
                        before it in both London and New York
    a weekly future     every Friday, 16:00 New York time; the same rule for holidays
    a dated future      its own expiry date; after that the next quarterly of the crypto exchanges, on the last Friday
                        of March, June, September or December, 08:00 UTC

Only dates are computed, not times. Holidays are those of England and of the New York Stock Exchange (package
holidays). Exchanges announce exceptions, which are not included: check with the exchange.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from functools import lru_cache

from hedge_core.market.contracts import Contract
from hedge_core.market.venues import venue_of

ROLL_AHEAD_DAYS = 7
"""A future that expires sooner than this is no longer opened under the rule of the first edition (`held_expiry`)."""

MONTHS_LISTED = 6
"""How many expiries of a series are looked at; CME lists six months in a row."""

QUARTERLY = (3, 6, 9, 12)
"""The months in which quarterly futures expire."""


def expiries(contract: Contract, after: date, until: date) -> tuple[date, ...]:
    """Expiry dates of this contract's series, later than `after` and no later than `until`; () for a perpetual."""
    if contract.expiry == "none" and contract.expires_on is None:
        return ()
    return tuple(day for day in _series(contract, after, until) if after < day <= until)


def held_expiry(contract: Contract, today: date) -> date | None:
    """The expiry date of the future to short today, or None for a perpetual.

    This is the first expiry that is at least ROLL_AHEAD_DAYS away, or one day for a weekly future. A single dated
    future is held until it expires; after that the next quarterly is used.
    """
    if contract.expiry == "none" and contract.expires_on is None:
        return None
    if contract.expiry not in ("monthly", "weekly") and contract.expires_on is not None and contract.expires_on > today:
        return contract.expires_on
    ahead = 1 if contract.expiry == "weekly" else ROLL_AHEAD_DAYS
    return next(iter(expiries(contract, today + timedelta(days=ahead - 1), today + timedelta(days=200))))


def rolls(contract: Contract, today: date, horizon_days: int) -> tuple[date, ...]:
    """The expiry dates within `horizon_days` at which the short must be rolled to the next future, earliest first."""
    held = held_expiry(contract, today)
    if held is None:
        return ()
    end = today + timedelta(days=horizon_days)
    later = expiries(contract, held, end - timedelta(days=1))
    return (held, *later) if held < end else ()


def roll_ahead_days(contract: Contract, stated: int | None = None) -> int:
    """How many days before its expiry a future is rolled: as `stated`, else as is usual at its venue."""
    venue = venue_of(contract.venue)
    usual = venue.weekly_roll_ahead_days if contract.expiry == "weekly" else venue.roll_ahead_days
    return usual if stated is None else stated


def roll_day(contract: Contract, expiry: date, stated: int | None = None) -> date:
    """The day on which the future that expires on `expiry` is rolled (see `roll_ahead_days`)."""
    return expiry - timedelta(days=roll_ahead_days(contract, stated))


def months_ahead(contract: Contract, expiry: date, on: date, stated: int | None = None) -> int:
    """How many expiries a future is behind the active one of its series on a day; 0 for the active one.

    The active future is the earliest whose roll day is later than `on`. A listing of its own is always active.
    """
    if contract.expiry not in ("monthly", "weekly"):
        return 0
    before = expiries(contract, on, expiry - timedelta(days=1))
    return sum(roll_day(contract, day, stated) > on for day in before)


def last_friday(year: int, month: int) -> date:
    """The last Friday of a month."""
    following = date(year + month // 12, month % 12 + 1, 1)
    last = following - timedelta(days=1)
    return last - timedelta(days=(last.weekday() - 4) % 7)


def business_day_before(day: date) -> date:
    """The last day up to and including `day` that is a business day in both London and New York."""
    while day.weekday() >= 5 or day in _holidays(day.year):
        day -= timedelta(days=1)
    return day


def _series(contract: Contract, after: date, until: date) -> Iterator[date]:
    own = contract.expires_on if contract.expiry not in ("monthly", "weekly") else None
    if own is not None:
        yield own
    if contract.expiry == "weekly":
        day = after - timedelta(days=7)
        day += timedelta(days=(4 - day.weekday()) % 7)
        while day <= until + timedelta(days=7):
            yield business_day_before(day)
            day += timedelta(days=7)
        return
    year, month = after.year, after.month
    while date(year, month, 1) <= until:
        if contract.expiry == "monthly":
            yield _monthly_end(year, month)
        elif month in QUARTERLY and own is not None and last_friday(year, month) > own:
            yield last_friday(year, month)
        year, month = (year + 1, 1) if month == 12 else (year, month + 1)


@lru_cache(maxsize=1_024)
def _monthly_end(year: int, month: int) -> date:
    return business_day_before(last_friday(year, month))


@lru_cache(maxsize=64)
def _holidays(year: int) -> frozenset[date]:
    import holidays

    both = (holidays.country_holidays("GB", subdiv="ENG", years=year), holidays.financial_holidays("NYSE", years=year))
    return frozenset(day for calendar in both for day in calendar)
