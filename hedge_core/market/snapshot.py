"""Price data as read-only values: aligned by UTC day and labelled with their source.

A `MarketSnapshot` is the only market data that calculations see. It states where its prices come from, how old they
are and whether they are simulated, so that every result derived from it can state the same. Nothing is filled
forward: a missing close is NaN, and a return exists only between two consecutive days that both have a close.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import cached_property
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
import numpy.typing as npt

from hedge_core.errors import InvalidInput, MissingPrice, Notice, RefusedPrice
from hedge_core.market.contracts import Catalogue, Contract

if TYPE_CHECKING:
    import pandas as pd

T = TypeVar("T")

MOST_KEPT = 4_096
"""Most results cached with a history; beyond it the cache is cleared. A backtest keeps one for each of its fits."""

MINIMUM_DAYS = 30
"""The smallest number of common daily returns from which a beta is estimated."""

MAX_PRICE_AGE_DAYS = 2
"""A last close more days than this behind the market's newest day is reported as stale."""

PROXY_COINS = ("ETH", "BTC")
"""The coins that are tried as a proxy for every other coin; in a tie the first one wins."""

Floats = npt.NDArray[np.float64]
Days = npt.NDArray[np.datetime64]


def _frozen(array: npt.NDArray[np.generic]) -> npt.NDArray[np.generic]:
    copy = np.array(array, copy=True)
    copy.flags.writeable = False
    return copy


@dataclass(frozen=True, eq=False)
class DailyTable:
    """Daily values of several coins on one UTC calendar: `values[day, coin]`, NaN where a value is missing.

    `days` are consecutive calendar days (datetime64[D]); both arrays are copied and made read-only. Raises
    InvalidInput if shapes disagree, a coin has two columns or days are not consecutive.
    """

    days: Days
    coins: tuple[str, ...]
    values: Floats

    def __post_init__(self) -> None:
        days = np.asarray(self.days, dtype="datetime64[D]")
        values = np.asarray(self.values, dtype=np.float64)
        if values.shape != (len(days), len(self.coins)):
            raise InvalidInput(
                f"The values of {len(days)} days and {len(self.coins)} coins must have that shape, not {values.shape}."
            )
        if len(set(self.coins)) != len(self.coins):
            raise InvalidInput("A coin has more than one column: keep one for each coin.")
        if len(days) > 1 and not (np.diff(days) == np.timedelta64(1, "D")).all():
            raise InvalidInput("Days must be consecutive: mark a missing day as NaN instead of leaving it out.")
        object.__setattr__(self, "days", _frozen(days))
        object.__setattr__(self, "values", _frozen(values))

    @cached_property
    def column_of(self) -> Mapping[str, int]:
        """The column index of each coin."""
        return MappingProxyType({coin: column for column, coin in enumerate(self.coins)})

    def __contains__(self, coin: object) -> bool:
        return coin in self.column_of

    def of(self, coin: str) -> Floats:
        """The coin's values as a read-only view, shape (days,). Raises KeyError for a coin that is not in the table."""
        column: Floats = self.values[:, self.column_of[coin]]
        return column

    def frame(self) -> pd.DataFrame:
        """A pandas DataFrame with a UTC index and a column for each coin, for charts and export; a copy."""
        import pandas as pd

        index = pd.DatetimeIndex(self.days, name="date").tz_localize("UTC")
        return pd.DataFrame(self.values.copy(), index=index, columns=list(self.coins))


@dataclass(frozen=True, eq=False)
class PriceHistory(DailyTable):
    """Daily closes in USD; NaN marks a missing close.

    Raises InvalidInput if any other value is not positive and finite, and in the cases that `DailyTable` lists.
    """

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
        """A cache for results that depend on this history alone; `kept_once` and `exposure.past_slopes` use it."""
        return {}

    def kept_once(self, key: Hashable, compute: Callable[[], T]) -> T:
        """Return what `compute` returned when it was first called for `key`.

        It may depend on this history and `key` alone. The result is shared, so nobody may change it. All results are
        dropped once there are MOST_KEPT.
        """
        known: tuple[T] | None = self.kept.get(key)
        if known is None:
            known = (compute(),)
            if len(self.kept) >= MOST_KEPT:
                self.kept.clear()
            self.kept[key] = known
        return known[0]

    def returns_of(self, coin: str) -> Floats:
        """The coin's simple daily returns, shape (days − 1,)."""
        column: Floats = self.returns[:, self.column_of[coin]]
        return column

    def last_close(self, coin: str) -> float | None:
        """The coin's latest close in USD, or None if it has no close at all."""
        row = self.last_row(coin)
        return float(self.of(coin)[row]) if row is not None else None

    def last_row(self, coin: str) -> int | None:
        """The row of the coin's latest close, or None if it has no close at all."""
        row = int(self._last_rows[self.column_of[coin]])
        return row if row >= 0 else None

    @cached_property
    def _last_rows(self) -> npt.NDArray[np.int64]:
        """The row of each coin's latest close, −1 without one, shape (coins,)."""
        rows = np.arange(len(self.days))[:, None]
        last: npt.NDArray[np.int64] = np.where(np.isnan(self.values), -1, rows).max(axis=0, initial=-1)
        return last

    def price_range(self, coin: str, days: int) -> tuple[float, float] | None:
        """The lowest and the highest close (USD) of the last `days` days, or None if they have no close."""
        closes = self.of(coin)[-days:]
        known = closes[~np.isnan(closes)]
        return (float(known.min()), float(known.max())) if known.size else None


@dataclass(frozen=True, eq=False)
class FundingHistory(DailyTable):
    """Daily funding of perpetuals: the sum of a UTC day's rates, a fraction of notional. Positive: longs pay shorts."""

    def annual_mean(self, coin: str, window_days: int) -> float | None:
        """The mean realised rate per year, 365 × the daily mean of the last `window_days`; None without data."""
        known = self.of(coin)[-window_days:]
        known = known[~np.isnan(known)]
        return float(known.mean() * 365.0) if known.size else None

    def share_of_days_paid(self, coin: str) -> float | None:
        """The fraction of days with a negative rate, on which shorts paid longs; None without data."""
        known = self.of(coin)[~np.isnan(self.of(coin))]
        return float((known < 0.0).mean()) if known.size else None

    def rolling_annual(self, coin: str, window: int) -> Floats:
        """Mean rate per year over the `window` days up to each day, shape (days,); NaN if any of them is missing."""
        rates = self.of(coin)
        means = np.full(len(rates), np.nan)
        if len(rates) >= window:
            means[window - 1 :] = np.lib.stride_tricks.sliding_window_view(rates, window).mean(axis=1) * 365.0
        return means

    def days_known(self, coin: str, window_days: int) -> int:
        """The number of days with a rate among the last `window_days`."""
        return int((~np.isnan(self.of(coin)[-window_days:])).sum())


@dataclass(frozen=True, slots=True)
class FutureQuote:
    """The price (USD per coin) of a dated future on `underlying` that expires on `expiry`."""

    underlying: str
    expiry: date
    price: float

    def annual_basis(self, spot: float, as_of: date) -> float | None:
        """The basis per year, (F/S − 1) · 365 / days to expiry, a fraction; None on and after the expiry date."""
        days = (self.expiry - as_of).days
        return (self.price / spot - 1.0) * 365.0 / days if days > 0 else None


@dataclass(frozen=True, slots=True)
class FundingPrint:
    """Latest funding rate of a perpetual, a fraction of notional per `interval_hours`; positive: longs pay shorts."""

    rate: float
    interval_hours: float
    source: str


@dataclass(frozen=True, slots=True)
class Quote:
    """A spot price in USD, its source, and the time of the price (`as_of`, timezone-aware, UTC).

    `refusal` says why the price must not be used, because it is too old or implausible; '' if it may be used. A
    refused price is shown but never calculated with. `is_alone`: other exchanges were asked and have no price (never
    for a stablecoin, which is held against one dollar). Raises InvalidInput if the price is not positive and finite or
    the time is not in UTC.
    """

    price: float
    as_of: datetime
    source: str
    refusal: str = ""
    is_alone: bool = False

    def __post_init__(self) -> None:
        _require_utc(self.as_of)
        if not (np.isfinite(self.price) and self.price > 0):
            raise InvalidInput(f"a price must be a positive number, not {self.price}.")


@dataclass(frozen=True, slots=True)
class ContractQuote:
    """The quote of one contract in USD per coin, and USD traded within a day; None where the venue states none."""

    bid: float | None = None
    ask: float | None = None
    mark: float | None = None
    daily_volume: float | None = None


def _require_utc(moment: datetime) -> None:
    if moment.tzinfo is None or moment.utcoffset() != timedelta(0):
        raise InvalidInput("as_of must be a timezone-aware time in UTC.")


@dataclass(frozen=True, eq=False)
class MarketSnapshot:
    """All market data at one moment, with their source.

    `source` is the name to show, and `as_of` the time (timezone-aware, UTC) of the oldest price. `simulated` means that
    no real market ever traded at these prices. A coin without a quote is priced at its last close. `funding` is the
    history of funding rates and `funding_now` the latest rate of each coin. `contracts` are those that a venue lists
    right now, in addition to the catalogue, and `contract_quotes` their quotes by id of the contract. `notices` report
    what came from another source, is missing or was refused. Raises InvalidInput if `as_of` is not in UTC.
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
    contract_quotes: Mapping[str, ContractQuote] = field(default_factory=dict)
    notices: tuple[Notice, ...] = ()

    @property
    def daily_volumes(self) -> Mapping[str, float]:
        """What the venues' tickers say that contracts traded within a day, USD by id of the contract."""
        quoted = self.contract_quotes.items()
        return {name: quote.daily_volume for name, quote in quoted if quote.daily_volume is not None}

    @property
    def opens_what_fits(self) -> bool:
        """Whether counts are limited to what the collateral opens; False for a pin of the first edition."""
        return True

    @property
    def collateral_counts(self) -> Mapping[str, float]:
        """The fractions for which coins counted as margin when a link was made; empty but for a pin."""
        return MappingProxyType({})

    @property
    def chooses_months(self) -> bool:
        """Whether the month of a future is chosen by its cost; False for a pin that was made before."""
        return True

    def __post_init__(self) -> None:
        _require_utc(self.as_of)
        object.__setattr__(self, "quotes", MappingProxyType(dict(self.quotes)))
        object.__setattr__(self, "funding_now", MappingProxyType(dict(self.funding_now)))

    @cached_property
    def coins(self) -> tuple[str, ...]:
        """Every coin with a history or a quote: those with a history first, in its order."""
        return tuple(dict.fromkeys((*self.history.coins, *self.quotes)))

    def contracts_over(self, shipped: Catalogue) -> Catalogue:
        """`shipped` with the contracts that the venue lists now; a contract in both is merged (see `confirm`)."""
        return shipped.with_listed(self.contracts)

    def moment_at(self, now: datetime) -> datetime:
        """The time that counts at `now`: `now` itself, or that of the prices if they are simulated."""
        return self.as_of if self.simulated else now

    def price_or_none(self, coin: str) -> float | None:
        """The coin's price in USD, or None if it has no price or its quote is refused."""
        quote = self.quotes.get(coin)
        if quote is not None:
            return None if quote.refusal else quote.price
        return self.history.last_close(coin) if coin in self.history else None

    def price_age_days(self, coin: str) -> int:
        """Days from the coin's last close to the last day of the history; 0 if it has a quote or no close."""
        if coin in self.quotes or coin not in self.history:
            return 0
        row = self.history.last_row(coin)
        return 0 if row is None else len(self.history.days) - 1 - row

    def mean_funding(self, coin: str, window_days: int) -> tuple[float | None, int] | None:
        """The coin's mean realised funding per year over the last `window_days`, and the number of days with a rate.

        None if the snapshot has no funding history of the coin.
        """
        if self.funding is None or coin not in self.funding:
            return None
        return self.funding.annual_mean(coin, window_days), self.funding.days_known(coin, window_days)

    def price(self, coin: str) -> float:
        """The coin's price in USD. Raises MissingPrice if it has no price that can be used."""
        price = self.price_or_none(coin)
        if price is None:
            raise MissingPrice(coin, self.source, refused=self.refused_prices((coin,)))
        return price

    def refused_prices(self, coins: Iterable[str]) -> Mapping[str, RefusedPrice]:
        """The refused prices among those of `coins`, each with its source, its time and the reason."""
        refused = {coin: self.quotes[coin] for coin in coins if coin in self.quotes and self.quotes[coin].refusal}
        return {
            coin: RefusedPrice(
                f"{quote.price:,.6g} USD", f"from {quote.source} at {quote.as_of:%Y-%m-%d %H:%M} UTC, {quote.refusal}"
            )
            for coin, quote in refused.items()
        }
