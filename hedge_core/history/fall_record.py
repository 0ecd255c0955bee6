"""The track record of a signal: how often a fall followed it in the coin's own past, beside any other day.

    fell on day t      lowest close of t+1 … t+30  ≤  (1 − 15%) · close of t
    base rate          the share of all days that fell
    episode            days on which the signal stood, with no more than 30 days from one to the next
    share              the share of episodes whose first day fell, with Wilson's interval on the number of episodes

Days of one episode share the same fall, so that a hundred of them are no hundred trials; what follows two episodes does
not overlap. The first day is taken because it is the one on which somebody would have acted. The base rate is taken as
known, although it is estimated from the same history. With several signals and many coins, one in twenty looks better
(or worse) than chance by chance alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from hedge_core.errors import InvalidInput
from hedge_core.history.signals import MISSING_SHARE, SignalName, Thresholds, signal_series
from hedge_core.market.snapshot import Floats, MarketSnapshot

MINIMUM_EPISODES = 5
"""With fewer the record says nothing: three of three would look like certainty."""

NORMAL_975 = 1.959963984540054
"""97.5% quantile of the standard normal distribution."""

Verdict = Literal["more often", "less often", "no different", "too few"]

_VERDICTS: dict[Verdict, str] = {
    "more often": "more often than after other days in this past, as one signal in forty does by chance.",
    "less often": "less often than after other days in this past, as one signal in forty does by chance.",
    "no different": "no better than any other day.",
    "too few": "too few to say anything.",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class FallRecord:
    """What followed a signal in the coin's own past.

    Counted are the `days` on which the signal and the whole horizon after it are known; `days_fallen` of them saw a
    fall of at least `fall` from the day's close to the lowest close of the next `horizon_days`. The signal stood on
    `days_standing`, of which `standing_fallen` fell, in `episodes`: stretches with more than a horizon of days between
    them, so that what follows one does not overlap with what follows the next. `episodes_followed` counts those whose
    first day a fall followed.
    """

    fall: float
    horizon_days: int
    days: int
    days_fallen: int
    days_standing: int
    standing_fallen: int
    episodes: int
    episodes_followed: int

    @property
    def base_rate(self) -> float | None:
        """The share of all days that a fall followed; None without a day."""
        return self.days_fallen / self.days if self.days else None

    @property
    def share(self) -> float | None:
        """The share of episodes that a fall followed; None without one."""
        return self.episodes_followed / self.episodes if self.episodes else None

    @property
    def interval(self) -> tuple[float, float]:
        """95% interval of `share`: Wilson's, with each episode as one trial, since the days of one share their fall."""
        return wilson_interval(self.episodes_followed, self.episodes)

    @property
    def verdict(self) -> Verdict:
        """Whether the interval leaves out the base rate; `too few` below MINIMUM_EPISODES."""
        low, high = self.interval
        if self.base_rate is None or self.episodes < MINIMUM_EPISODES:
            return "too few"
        return "more often" if low > self.base_rate else "less often" if high < self.base_rate else "no different"

    @property
    def sentence(self) -> str:
        """The record in words."""
        if self.base_rate is None:
            return "The history is too short to see what followed this signal."
        if self.share is None:
            return f"It never stood on the {self.days:,} days of which the outcome is known."
        low, high = self.interval
        stretches = "one stretch" if self.episodes == 1 else f"{self.episodes} separate stretches"
        return (
            f"It stood on {self.days_standing:,} of {self.days:,} days, in {stretches}. A fall of {self.fall:.0%} "
            f"within {self.horizon_days} days followed {self.standing_fallen / self.days_standing:.0%} of them and "
            f"{self.base_rate:.0%} of all days. Counted once a stretch, from its first day: "
            f"{self.episodes_followed} of {self.episodes} (between {low:.0%} and {high:.0%}), {_VERDICTS[self.verdict]}"
        )


def track_record(
    market: MarketSnapshot, coin: str, name: SignalName, thresholds: Thresholds | None = None
) -> FallRecord:
    """What followed this signal of the coin in all its history, each day judged by what was known on it."""
    values = signal_series(market, coin, name)
    closes = market.history.of(coin) if coin in market.history else np.full(len(values), np.nan)
    return followed_by_fall(closes, values, (thresholds or Thresholds()).of(name))


def followed_by_fall(
    closes: Floats, values: Floats, threshold: float, *, fall: float = 0.15, horizon_days: int = 30
) -> FallRecord:
    """What followed the days on which `values` stood at the threshold or above, both arrays of shape (days,).

    Left out are days without close or value, the last `horizon_days`, whose outcome is open, and those with more than
    MISSING_SHARE of the closes after them missing. Raises InvalidInput for a fall outside (0, 1), a horizon below a
    day, or arrays of different length.
    """
    if not 0 < fall < 1 or horizon_days < 1 or len(closes) != len(values):
        raise InvalidInput("A fall is above 0 and below 1, a horizon a day or more, and every close has one value.")
    ends = max(len(closes) - horizon_days, 0)
    after = np.lib.stride_tricks.sliding_window_view(closes[1:], horizon_days) if ends else np.empty((0, 1))
    missing = np.isnan(after).sum(axis=1) > MISSING_SHARE * horizon_days
    known = ~(np.isnan(closes[:ends]) | np.isnan(values[:ends]) | missing)
    lowest = np.where(np.isnan(after), np.inf, after).min(axis=1)
    fell = known & (lowest <= closes[:ends] * (1.0 - fall) * (1.0 + 1e-12))
    stands = known & (values[:ends] >= threshold)
    days = np.flatnonzero(stands)
    firsts = days[np.diff(days, prepend=-horizon_days - 1) > horizon_days]
    return FallRecord(
        fall=fall,
        horizon_days=horizon_days,
        days=int(known.sum()),
        days_fallen=int(fell.sum()),
        days_standing=len(days),
        standing_fallen=int(fell[days].sum()),
        episodes=len(firsts),
        episodes_followed=int(fell[firsts].sum()),
    )


def wilson_interval(successes: int, trials: int) -> tuple[float, float]:
    """95% interval of a share (Wilson 1927); (0, 1) without a trial."""
    if trials == 0:
        return 0.0, 1.0
    share, spread = successes / trials, NORMAL_975**2 / trials
    centre = (share + spread / 2.0) / (1.0 + spread)
    half = (spread * (share * (1.0 - share) + spread / 4.0)) ** 0.5 / (1.0 + spread)
    return max(centre - half, 0.0), min(centre + half, 1.0)
