"""Prices as values: aligned in time, in UTC, read-only, and with their provenance.

A `MarketSnapshot` is all that the maths ever sees of the outside world. It says where its prices come
from, when they were true and whether they are simulated, so that every number derived from it can say so.
Nothing is filled forward: a missing close is NaN, and a return exists only between two consecutive days
that both have a close.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import cached_property
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from hedge_core.errors import InvalidInput, MissingPrice, Notice, RefusedPrice
from hedge_core.market.contracts import Contract

MINIMUM_DAYS = 30
"""Fewer common daily returns than this give no beta at all."""


if TYPE_CHECKING:
    import pandas as pd

PROXY_COINS = ("ETH", "BTC")
"""The coins that are tried as a proxy for every other, in the order that wins a tie."""

Floats = npt.NDArray[np.float64]
Days = npt.NDArray[np.datetime64]


def _frozen(array: npt.NDArray[np.generic]) -> npt.NDArray[np.generic]:
    copy = np.array(array, copy=True)
    copy.flags.writeable = False
    return copy


@dataclass(frozen=True, eq=False)
class DailyTable:
    """Daily values of several coins on one UTC calendar: `values[day, coin]`, NaN where there is none.

    `days` are consecutive calendar days (datetime64[D]); both arrays are copied and made read-only.
    Raises InvalidInput when shapes disagree or days are not consecutive.
    """

    days: Days
    coins: tuple[str, ...]
    values: Floats

    def __post_init__(self) -> None:
        days = np.asarray(self.days, dtype="datetime64[D]")
        values = np.asarray(self.values, dtype=np.float64)
        if values.shape != (len(days), len(self.coins)):
            raise InvalidInput(
                f"{len(days)} days and {len(self.coins)} coins need values of that shape, not {values.shape}."
            )
        if len(set(self.coins)) != len(self.coins):
            raise InvalidInput("Each coin may have one column only.")
        if len(days) > 1 and not (np.diff(days) == np.timedelta64(1, "D")).all():
            raise InvalidInput("Days must be consecutive: mark a missing day as NaN instead of leaving it out.")
        object.__setattr__(self, "days", _frozen(days))
        object.__setattr__(self, "values", _frozen(values))

    @cached_property
    def column_of(self) -> Mapping[str, int]:
        """Column of each coin."""
        return MappingProxyType({coin: column for column, coin in enumerate(self.coins)})

    def __contains__(self, coin: object) -> bool:
        return coin in self.column_of

    def of(self, coin: str) -> Floats:
        """The coin's values, one a day, as a read-only view."""
        column: Floats = self.values[:, self.column_of[coin]]
        return column

    def frame(self) -> pd.DataFrame:
        """A pandas copy with a UTC index, for drawing and export."""
        import pandas as pd

        index = pd.DatetimeIndex(self.days, name="date").tz_localize("UTC")
        return pd.DataFrame(self.values.copy(), index=index, columns=list(self.coins))


@dataclass(frozen=True, eq=False)
class PriceHistory(DailyTable):
    """Daily closes in USD. Raises InvalidInput when a close is not positive and finite (NaN: none that day)."""

    def __post_init__(self) -> None:
        super().__post_init__()
        bad = ~(np.isnan(self.values) | ((self.values > 0) & np.isfinite(self.values)))
        if bad.any():
            row, column = np.argwhere(bad)[0]
            raise InvalidInput(
                f"{self.coins[column]} on {self.days[row]}: a close must be a positive number, "
                f"not {self.values[row, column]}."
            )

    @cached_property
    def returns(self) -> Floats:
        """Simple daily returns, P(t)/P(t−1) − 1, shape (days − 1, coins); NaN unless both days have a close."""
        if len(self.days) < 2:
            return _frozen(np.empty((0, len(self.coins))))  # type: ignore[return-value]
        return _frozen(self.values[1:] / self.values[:-1] - 1.0)  # type: ignore[return-value]

    @cached_property
    def kept(self) -> dict[Hashable, Any]:
        """Results that follow from this history alone, kept by those who work them out (see `past_slopes`)."""
        return {}

    def returns_of(self, coin: str) -> Floats:
        """The coin's simple daily returns, shape (days − 1,)."""
        column: Floats = self.returns[:, self.column_of[coin]]
        return column

    def last_close(self, coin: str) -> float | None:
        """The coin's newest close in USD, or None when it never had one."""
        closes = self.of(coin)
        known = np.flatnonzero(~np.isnan(closes))
        return float(closes[known[-1]]) if known.size else None

    def price_range(self, coin: str, days: int) -> tuple[float, float] | None:
        """The lowest and the highest close (USD) of the last `days`, or None without any."""
        closes = self.of(coin)[-days:]
        known = closes[~np.isnan(closes)]
        return (float(known.min()), float(known.max())) if known.size else None


@dataclass(frozen=True, eq=False)
class FundingHistory(DailyTable):
    """Perpetual funding, the sum of a UTC day's rates as a fraction of notional; positive: longs pay shorts."""

    def annual_mean(self, coin: str, window_days: int) -> float | None:
        """Mean realised rate a year (365 × the daily mean) over the last `window_days`; None without data."""
        known = self.of(coin)[-window_days:]
        known = known[~np.isnan(known)]
        return float(known.mean() * 365.0) if known.size else None

    def share_of_days_paid(self, coin: str) -> float | None:
        """The share of days on which the rate was below zero, so that shorts paid; None without data."""
        known = self.of(coin)[~np.isnan(self.of(coin))]
        return float((known < 0.0).mean()) if known.size else None

    def rolling_annual(self, coin: str, window: int) -> Floats:
        """Mean rate a year over the `window` days up to each day, shape (days,); NaN where a day is missing."""
        rates = self.of(coin)
        means = np.full(len(rates), np.nan)
        if len(rates) >= window:
            means[window - 1 :] = np.lib.stride_tricks.sliding_window_view(rates, window).mean(axis=1) * 365.0
        return means

    def days_known(self, coin: str, window_days: int) -> int:
        """Days with a rate among the last `window_days`."""
        return int((~np.isnan(self.of(coin)[-window_days:])).sum())


@dataclass(frozen=True, slots=True)
class FutureQuote:
    """Price (USD a coin) of a dated future on `underlying` that expires on `expiry`."""

    underlying: str
    expiry: date
    price: float

    def annual_basis(self, spot: float, as_of: date) -> float | None:
        """Basis a year, (F/S − 1)·365/days to expiry; None on or after the day of expiry."""
        days = (self.expiry - as_of).days
        return (self.price / spot - 1.0) * 365.0 / days if days > 0 else None


@dataclass(frozen=True, slots=True)
class FundingPrint:
    """The latest funding rate of a perpetual, a fraction of notional for `interval_hours`; positive: longs pay."""

    rate: float
    interval_hours: float
    source: str


@dataclass(frozen=True, slots=True)
class Quote:
    """A spot price in USD, from where, and the (aware, UTC) moment at which it was true.

    `refusal` says why a hedge may not be sized with it ('' when it may): too old, or not to be believed. Such a
    price is shown and never calculated with. Raises InvalidInput for a price that is not positive and finite, or a
    time that is not in UTC.
    """

    price: float
    as_of: datetime
    source: str
    refusal: str = ""

    def __post_init__(self) -> None:
        _require_utc(self.as_of)
        if not (np.isfinite(self.price) and self.price > 0):
            raise InvalidInput(f"a price must be a positive number, not {self.price}.")


def _require_utc(moment: datetime) -> None:
    if moment.tzinfo is None or moment.utcoffset() != timedelta(0):
        raise InvalidInput("as_of must be an aware time in UTC.")


@dataclass(frozen=True, eq=False)
class MarketSnapshot:
    """What is known of the market at one moment, and from where.

    `source` is its name for the screen, `as_of` the (aware, UTC) moment at which its prices were true (the oldest
    of them), `simulated` says that no real market ever traded at these prices. A coin without a quote is priced
    at its last close. `contracts` are those that a venue lists right now, beside the catalogue's; `notices` say
    what the source wants known: what it took from elsewhere, what is missing, what it refused.
    """

    source: str
    as_of: datetime
    simulated: bool
    history: PriceHistory
    quotes: Mapping[str, Quote] = field(default_factory=dict)
    funding: FundingHistory | None = None
    funding_now: Mapping[str, FundingPrint] = field(default_factory=dict)
    futures: tuple[FutureQuote, ...] = ()
    contracts: tuple[Contract, ...] = ()
    notices: tuple[Notice, ...] = ()

    def __post_init__(self) -> None:
        _require_utc(self.as_of)
        object.__setattr__(self, "quotes", MappingProxyType(dict(self.quotes)))
        object.__setattr__(self, "funding_now", MappingProxyType(dict(self.funding_now)))

    @property
    def coins(self) -> tuple[str, ...]:
        """Every coin with a quote or a history, the history's order first."""
        return tuple(dict.fromkeys((*self.history.coins, *self.quotes)))

    def price_or_none(self, coin: str) -> float | None:
        """USD price of one coin, or None when there is none that may be calculated with."""
        quote = self.quotes.get(coin)
        if quote is not None:
            return None if quote.refusal else quote.price
        return self.history.last_close(coin) if coin in self.history else None

    def price_age_days(self, coin: str) -> int:
        """Days from the coin's last close to the history's last day; 0 for a quote or an unknown coin."""
        if coin in self.quotes or coin not in self.history:
            return 0
        known = np.flatnonzero(~np.isnan(self.history.of(coin)))
        return int(len(self.history.days) - 1 - known[-1]) if known.size else 0

    def mean_funding(self, coin: str, window_days: int) -> tuple[float | None, int] | None:
        """The coin's mean realised funding a year over the last `window_days`, and the days with a rate among them.

        None where no funding of the coin is at hand.
        """
        if self.funding is None or coin not in self.funding:
            return None
        return self.funding.annual_mean(coin, window_days), self.funding.days_known(coin, window_days)

    def price(self, coin: str) -> float:
        """USD price of one coin. Raises MissingPrice."""
        price = self.price_or_none(coin)
        if price is None:
            raise MissingPrice(coin, self.source, refused=self.refused_prices((coin,)))
        return price

    def refused_prices(self, coins: Iterable[str]) -> Mapping[str, RefusedPrice]:
        """The last price of those of `coins` whose price may not be calculated with, and why not."""
        refused = {coin: self.quotes[coin] for coin in coins if coin in self.quotes and self.quotes[coin].refusal}
        return {
            coin: RefusedPrice(
                f"{quote.price:,.6g} USD", f"from {quote.source} at {quote.as_of:%Y-%m-%d %H:%M} UTC, {quote.refusal}"
            )
            for coin, quote in refused.items()
        }
