"""The track record of a signal: how often a fall followed it in the coin's own past, compared with all days.

    fall on day t      lowest close of t+1 … t+30  ≤  (1 − 15%) · close of t
    base rate          the share of all days that a fall followed
    episode            days with the signal on, each at most 30 days after the one before
    share              the share of episodes whose first day a fall followed, with Wilson's interval by episodes

The days of one episode share the same fall, so they are not independent trials; the outcomes of two episodes never
overlap. The first day counts because that is when somebody would have acted. The base rate is treated as known,
although it is estimated from the same history. With many signals and coins, one in twenty looks better or worse than
the base rate by chance alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from hedge_core.errors import InvalidInput
from hedge_core.history.signals import MISSING_SHARE, SignalName, Thresholds, signal_series
from hedge_core.market.snapshot import Floats, MarketSnapshot

MINIMUM_EPISODES = 5
"""With fewer episodes there is no verdict: three of three would look like certainty."""

NORMAL_975 = 1.959963984540054
"""97.5% quantile of the standard normal distribution."""

Verdict = Literal["more often", "less often", "no different", "too few"]

_VERDICTS: dict[Verdict, str] = {
    "more often": "more often than after other days in this history; one signal in forty does that by chance.",
    "less often": "less often than after other days in this history; one signal in forty does that by chance.",
    "no different": "not clearly different from all days.",
    "too few": "too few to draw a conclusion.",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class FallRecord:
    """What followed a signal in the coin's own past.

    - `days`: the days on which the signal and the whole horizon after it are known.
    - `days_fallen`: those that a fall followed: at least `fall` (a fraction) from the day's close to the lowest close
      of the next `horizon_days`.
    - `days_standing`: the days with the signal on; `standing_fallen` of them were followed by a fall.
    - `episodes`: the periods with the signal on, more than `horizon_days` apart, so that their outcomes do not overlap.
    - `episodes_followed`: the episodes whose first day was followed by a fall.
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
        """The share of all days that a fall followed; None if no day is known."""
        return self.days_fallen / self.days if self.days else None

    @property
    def share(self) -> float | None:
        """The share of episodes that a fall followed; None if there are no episodes."""
        return self.episodes_followed / self.episodes if self.episodes else None

    @property
    def interval(self) -> tuple[float, float]:
        """Wilson's 95% interval of `share`, with each episode as one trial."""
        return wilson_interval(self.episodes_followed, self.episodes)

    @property
    def verdict(self) -> Verdict:
        """Whether falls followed more or less often than the base rate, judged by `interval`.

        "too few" with fewer than MINIMUM_EPISODES episodes.
        """
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
            return f"The signal was never on during the {self.days:,} days whose outcome is known."
        low, high = self.interval
        periods = "one period" if self.episodes == 1 else f"{self.episodes} separate periods"
        return (
            f"The signal was on for {self.days_standing:,} of {self.days:,} days, in {periods}. A fall of "
            f"{self.fall:.0%} within {self.horizon_days} days followed "
            f"{self.standing_fallen / self.days_standing:.0%} of these days and {self.base_rate:.0%} of all days. "
            f"Counting each period once, from its first day: {self.episodes_followed} of {self.episodes} (95% range "
            f"{low:.0%} to {high:.0%}), {_VERDICTS[self.verdict]}"
        )


def track_record(
    market: MarketSnapshot, coin: str, name: SignalName, thresholds: Thresholds | None = None
) -> FallRecord:
    """What followed the signal `name` of a coin over its whole history; each day uses only the days up to it."""
    values = signal_series(market, coin, name)
    closes = market.history.of(coin) if coin in market.history else np.full(len(values), np.nan)
    return followed_by_fall(closes, values, (thresholds or Thresholds()).of(name))


def followed_by_fall(
    closes: Floats, values: Floats, threshold: float, *, fall: float = 0.15, horizon_days: int = 30
) -> FallRecord:
    """What followed the days on which `values` was at or above `threshold`; both arrays have shape (days,).

    Days are left out if close or value is NaN, if more than MISSING_SHARE of the closes over the horizon are NaN, and
    if their outcome is still open (the last `horizon_days`). Raises InvalidInput for a fall outside (0, 1), a horizon
    of less than one day, or arrays of different length.
    """
    if not 0 < fall < 1 or horizon_days < 1 or len(closes) != len(values):
        raise InvalidInput(
            "The fall must be between 0 and 1, the horizon at least one day, and there must be one value per close."
        )
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
    """The 95% interval (low, high) of the share successes / trials (Wilson 1927); (0, 1) without trials."""
    if trials == 0:
        return 0.0, 1.0
    share, spread = successes / trials, NORMAL_975**2 / trials
    centre = (share + spread / 2.0) / (1.0 + spread)
    half = (spread * (share * (1.0 - share) + spread / 4.0)) ** 0.5 / (1.0 + spread)
    return max(centre - half, 0.0), min(centre + half, 1.0)
