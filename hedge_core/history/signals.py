"""Signals: how far a coin's price or funding is stretched, compared with its own past.

    rsi              relative strength index of 14 days, 100·G / (G + L), G and L the mean gain and loss in Wilder's
                     smoothing (Wilder 1978): seeded by the simple mean of 14 changes, then G ← (13·G + gain) / 14
    distance_50      close / simple mean of the last 50 closes − 1, and distance_200 the same over 200
    return_30        percentile of the 30-day return among those of the coin's own last 365 days
    funding          percentile of the 7-day mean of daily funding in the coin's own history up to that day

A signal compares a coin with its own past; it does not forecast. The thresholds are conventions. `fall_record` counts
what followed a signal in the coin's own past.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Annotated, ClassVar, Literal, get_args

import numpy as np
from annotated_types import Ge, Le

from hedge_core.errors import InvalidInput
from hedge_core.market.snapshot import Floats, MarketSnapshot
from hedge_core.plan.schema import STRICT

SignalName = Literal["rsi", "distance_50", "distance_200", "return_30", "funding"]
State = Literal["stretched", "normal", "unknown"]

SIGNALS: tuple[SignalName, ...] = get_args(SignalName)
RSI_DAYS = 14
RETURN_DAYS = 30
FUNDING_DAYS = 7
YEAR = 365
MOST_FUNDING_DAYS = 3_650
MINIMUM_RANKED = 180
"""The number of earlier days that a percentile needs."""

MISSING_SHARE = 0.05
"""An average leaves out missing days; it is unknown if more than this share of its days is missing."""

MOST_AGE_DAYS = 3
"""How many days a coin's last close or funding may be older than the market's last day."""

NEEDED_DAYS: Mapping[SignalName, int] = {
    "rsi": RSI_DAYS + 1,
    "distance_50": 50,
    "distance_200": 200,
    "return_30": RETURN_DAYS + MINIMUM_RANKED + 1,
    "funding": FUNDING_DAYS + MINIMUM_RANKED,
}
"""The minimum number of days of closes, or of funding, that a signal needs."""

_LABELS: Mapping[SignalName, str] = {
    "rsi": "The RSI 14 of {coin}",
    "distance_50": "The distance of {coin} from its 50-day average",
    "distance_200": "The distance of {coin} from its 200-day average",
    "return_30": "The 30-day return of {coin}",
    "funding": "The 7-day average of daily funding of {coin}",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Thresholds:
    """The value from which each signal counts as stretched.

    `rsi` is from 0 to 100 (70 is Wilder's), the distances are fractions above the average, `return_30` and `funding`
    percentiles as fractions. Raises InvalidInput, naming the field, if a value is out of range.
    """

    __pydantic_config__: ClassVar[dict[str, object]] = STRICT

    rsi: Annotated[float, Ge(0), Le(100)] = 70.0
    distance_50: Annotated[float, Ge(0), Le(100)] = 0.3
    distance_200: Annotated[float, Ge(0), Le(100)] = 0.6
    return_30: Annotated[float, Ge(0), Le(1)] = 0.9
    funding: Annotated[float, Ge(0), Le(1)] = 0.9

    def __post_init__(self) -> None:
        for name, most in (("rsi", 100), ("distance_50", 100), ("distance_200", 100), ("return_30", 1), ("funding", 1)):
            if not 0 <= self.of(name) <= most:
                raise InvalidInput(f"{name}: the threshold must be between 0 and {most}, not {self.of(name)}.")

    def of(self, name: str) -> float:
        """The threshold of the signal `name`."""
        return float(getattr(self, name))


@dataclass(frozen=True, slots=True, kw_only=True)
class Signal:
    """One signal of one coin on the day `as_of`: its value in the units of its threshold, or None and the reason `why`.

    `measured` is the figure that a percentile ranks: the 30-day return or the mean daily funding, as a fraction.
    """

    coin: str
    name: SignalName
    threshold: float
    value: float | None = None
    measured: float | None = None
    as_of: date | None = None
    why: str = ""

    @property
    def state(self) -> State:
        """Stretched if the value is at or above the threshold; unknown without a value."""
        if self.value is None:
            return "unknown"
        return "stretched" if self.value >= self.threshold else "normal"

    @property
    def sentence(self) -> str:
        """The signal as one sentence."""
        label = _LABELS[self.name].format(coin=self.coin)
        if self.value is None:
            return f"{label} is unknown: {self.why}."
        place = "stretched" if self.state == "stretched" else "not stretched"
        limit = f"{place} (the threshold is {_in_words(self.name, self.threshold)})."
        if self.measured is None:
            return f"{label} is {_in_words(self.name, self.value)}: {limit}"
        past = "its past year" if self.name == "return_30" else "its history"
        measured = f"{self.measured:+.{3 if self.name == 'funding' else 0}%}".replace("-", "−")
        return f"{label}, {measured}, is higher than on {_in_words(self.name, self.value)} of days in {past}: {limit}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Overextension:
    """All signals of a coin, in the order of SIGNALS."""

    coin: str
    signals: tuple[Signal, ...]

    def count(self, state: State) -> int:
        """How many signals are in the given state."""
        return sum(signal.state == state for signal in self.signals)

    @property
    def sentence(self) -> str:
        """How many signals are stretched and how many unknown, in words."""
        if self.count("unknown") == len(self.signals):
            return f"{self.coin} has too little history to tell whether it is stretched."
        unknown = f", {self.count('unknown')} unknown" if self.count("unknown") else ""
        return (
            f"{self.coin}: {self.count('stretched')} of {len(self.signals)} signals stretched{unknown}. "
            "This compares the coin with its own past; it is not a forecast."
        )


def overextension(market: MarketSnapshot, coin: str, thresholds: Thresholds | None = None) -> Overextension:
    """All signals of a coin on its last day. A signal that cannot be computed is unknown; nothing is raised."""
    limits = thresholds or Thresholds()
    return Overextension(coin=coin, signals=tuple(_signal(market, coin, name, limits.of(name)) for name in SIGNALS))


def signal_series(market: MarketSnapshot, coin: str, name: SignalName) -> Floats:
    """The signal on each day of the history, computed from the days up to it; shape (days,), NaN if unknown."""
    series = np.full(len(market.history.days), np.nan)
    table = market.funding if name == "funding" else market.history
    if table is not None and coin in table:
        _, here, there = np.intersect1d(market.history.days, table.days, assume_unique=True, return_indices=True)
        series[here] = _series(name, table.of(coin))[0][there]
    return series


def rsi(closes: Floats, days: int = RSI_DAYS) -> Floats:
    """Wilder's relative strength index, 0 to 100, with the shape of `closes`, (days,).

    NaN for the first `days` closes, on days without a close, and while the price has not moved. After a gap the index
    starts again, once there are `days` changes.
    """
    index = np.full(len(closes), np.nan)
    seen, gain, loss = 0, 0.0, 0.0
    for day, change in enumerate(np.diff(closes).tolist(), start=1):
        if change != change:
            seen, gain, loss = 0, 0.0, 0.0
            continue
        up, down = max(change, 0.0), max(-change, 0.0)
        if seen < days:
            seen, gain, loss = seen + 1, gain + up / days, loss + down / days
        else:
            gain, loss = (gain * (days - 1) + up) / days, (loss * (days - 1) + down) / days
        if seen == days and gain + loss > 0.0:
            index[day] = 100.0 * (gain / (gain + loss))
    return index


def moving_average(values: Floats, window: int) -> Floats:
    """The simple mean of the last `window` values up to each day, shape (days,).

    Missing values (NaN) are left out, never filled in. NaN for the first window − 1 days, on days without a value, and
    if more than MISSING_SHARE of the window is missing.
    """
    means = np.full(len(values), np.nan)
    if len(values) >= window:
        spans = np.lib.stride_tricks.sliding_window_view(values, window)
        known = ~np.isnan(spans)
        enough = known[:, -1] & (window - known.sum(axis=1) <= MISSING_SHARE * window)
        with np.errstate(over="ignore", invalid="ignore"):
            totals = np.where(known, spans, 0.0).sum(axis=1) / np.maximum(known.sum(axis=1), 1)
        means[window - 1 :] = np.where(enough & np.isfinite(totals), totals, np.nan)
    return means


def percentile_rank(values: Floats, window: int) -> Floats:
    """For each day, the share (0 to 1) of the earlier values in its window of `window` days that are below its own.

    Shape (days,). Ties count half. NaN on days without a value or with fewer than MINIMUM_RANKED earlier values.
    """
    ranks = np.full(len(values), np.nan)
    if len(values) and window > 1:
        padded = np.concatenate([np.full(window - 1, np.nan), values])
        earlier = np.lib.stride_tricks.sliding_window_view(padded, window)[:, :-1]
        count = (~np.isnan(earlier)).sum(axis=1)
        below = (earlier < values[:, None]).sum(axis=1) + 0.5 * (earlier == values[:, None]).sum(axis=1)
        ranked = ~np.isnan(values) & (count >= MINIMUM_RANKED)
        ranks[ranked] = below[ranked] / count[ranked]
    return ranks


def _series(name: SignalName, values: Floats) -> tuple[Floats, Floats]:
    """The signal on each day from closes or daily funding, and the figure that its percentile ranks.

    For a signal that is no percentile, the second array is the first one.
    """
    if name == "rsi":
        series = measured = rsi(values)
    elif name == "return_30":
        measured = np.full(len(values), np.nan)
        with np.errstate(over="ignore"):
            change = values[RETURN_DAYS:] / values[:-RETURN_DAYS] - 1.0
        measured[RETURN_DAYS:] = np.where(np.isfinite(change), change, np.nan)
        series = percentile_rank(measured, YEAR)
    elif name == "funding":
        measured = moving_average(values, FUNDING_DAYS)
        series = percentile_rank(measured, min(len(values), MOST_FUNDING_DAYS))
    else:
        with np.errstate(over="ignore"):
            distance = values / moving_average(values, NEEDED_DAYS[name]) - 1.0
        series = measured = np.where(np.isfinite(distance), distance, np.nan)
    return series, measured


def _signal(market: MarketSnapshot, coin: str, name: SignalName, threshold: float) -> Signal:
    what = "funding" if name == "funding" else "closes"
    unknown = Signal(coin=coin, name=name, threshold=threshold, why=f"there is no history of its {what}")
    table = market.funding if name == "funding" else market.history
    known = np.flatnonzero(~np.isnan(table.of(coin))) if table is not None and coin in table else np.empty(0, np.int64)
    if table is None or not known.size or not market.history.days.size:
        return unknown
    last = int(known[-1])
    as_of: date = table.days[last].item()
    if (market.history.days[-1].item() - as_of).days > MOST_AGE_DAYS:
        return replace(unknown, as_of=as_of, why=f"its history of {what} ends on {as_of}")
    if known.size < NEEDED_DAYS[name]:
        return replace(
            unknown,
            as_of=as_of,
            why=f"it needs {NEEDED_DAYS[name]} days of {what}, and there are only {known.size}",
        )
    values = table.of(coin)[: last + 1]
    series, measured = _series(name, values)
    if np.isnan(series[-1]):
        flat = name == "rsi" and not np.diff(values[-RSI_DAYS - 1 :]).any()
        return replace(
            unknown, as_of=as_of, why="its price did not move" if flat else f"its history of {what} has gaps"
        )
    return replace(
        unknown,
        as_of=as_of,
        why="",
        value=float(series[-1]),
        measured=None if measured is series else float(measured[-1]),
    )


def _in_words(name: SignalName, value: float) -> str:
    """A value or threshold of a signal as text, with at most one decimal."""
    if name == "rsi":
        return f"{value:.1f}".removesuffix(".0")
    text = f"{value:+.1%}".replace("-", "−") if name.startswith("distance") else f"{value:.1%}"
    return text.replace(".0%", "%")
