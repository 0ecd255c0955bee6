"""Expiries: when a dated future ends, by rule and with a holiday calendar, and when a hedge has to be rolled.

    CME, Coinbase       the last Friday of the month (a weekly future: every Friday), 16:00 London; if that is a
                        holiday, the business day before, common to the United Kingdom and the United States
    a dated future      its own day; after it the next of the offshore quarterlies, the last Friday of March, June,
                        September and December, 08:00 UTC

Holidays are those of England and of the New York Stock Exchange (package holidays). Exchanges announce exceptions:
check them.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from functools import lru_cache

from hedge_core.market.contracts import Contract

ROLL_AHEAD_DAYS = 7
"""A future that ends sooner than this is not opened any more: the next one is."""

QUARTERLY = (3, 6, 9, 12)


def expiries(contract: Contract, after: date, until: date) -> tuple[date, ...]:
    """Days on which futures like this one end, later than `after` and not later than `until`; () for a perpetual."""
    if contract.expiry == "none" and contract.expires_on is None:
        return ()
    return tuple(day for day in _series(contract, after, until) if after < day <= until)


def held_expiry(contract: Contract, today: date) -> date | None:
    """The end of the future that is shorted today: the first that is at least a week away; None for a perpetual.

    A single dated future is held up to its day; one that has ended gives way to the next quarterly.
    """
    if contract.expiry == "none" and contract.expires_on is None:
        return None
    if contract.expiry not in ("monthly", "weekly") and contract.expires_on is not None and contract.expires_on > today:
        return contract.expires_on
    ahead = 1 if contract.expiry == "weekly" else ROLL_AHEAD_DAYS
    return next(iter(expiries(contract, today + timedelta(days=ahead - 1), today + timedelta(days=200))))


def rolls(contract: Contract, today: date, horizon_days: int) -> tuple[date, ...]:
    """The ends within the horizon at which the short must move on to the next future."""
    held = held_expiry(contract, today)
    if held is None:
        return ()
    end = today + timedelta(days=horizon_days)
    later = expiries(contract, held, end - timedelta(days=1))
    return (held, *later) if held < end else ()


def last_friday(year: int, month: int) -> date:
    """The last Friday of a month."""
    following = date(year + month // 12, month % 12 + 1, 1)
    last = following - timedelta(days=1)
    return last - timedelta(days=(last.weekday() - 4) % 7)


def business_day_before(day: date) -> date:
    """The day itself, or the nearest day before it that is a business day in London and New York alike."""
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
            yield business_day_before(last_friday(year, month))
        elif month in QUARTERLY and own is not None and last_friday(year, month) > own:
            yield last_friday(year, month)
        year, month = (year + 1, 1) if month == 12 else (year, month + 1)


@lru_cache(maxsize=64)
def _holidays(year: int) -> frozenset[date]:
    import holidays

    both = (holidays.country_holidays("GB", subdiv="ENG", years=year), holidays.financial_holidays("NYSE", years=year))
    return frozenset(day for calendar in both for day in calendar)
