"""Two stand-ins for one coin compared: which one took out more of its variance, and whether the difference is sure.

Both are tested as in `evidence`, on the days that both have. The difference of their variance reductions has a 95%
interval of its own (`effectiveness.difference_interval`), because both are measured on the same days: two ranges that
overlap can still belong to a difference that is sure.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from hedge_core.exposure.effectiveness import Effectiveness, difference_interval, measure
from hedge_core.exposure.evidence import walk_forward
from hedge_core.exposure.inference import Interval
from hedge_core.market.snapshot import PriceHistory
from hedge_core.text import whole_percent


@dataclass(frozen=True, slots=True, kw_only=True)
class StandIns:
    """The better of two stand-ins for a coin and the other one, each with its result on the same unseen days.

    `difference` is the 95% interval of the better one's variance reduction minus the other's, as fractions.
    """

    coin: str
    better: str
    other: str
    better_result: Effectiveness
    other_result: Effectiveness
    difference: Interval

    @property
    def is_sure(self) -> bool:
        """Whether the interval of the difference excludes zero."""
        return self.difference[0] > 0.0

    @property
    def sentence(self) -> str:
        """Which is better, by how much, and whether the difference is sure."""
        first, second = self.better_result, self.other_result
        return (
            f"{self.better} is the better stand-in for {self.coin}: it takes out "
            f"{whole_percent(first.variance_reduction)} of the daily variance against "
            f"{whole_percent(second.variance_reduction)} for {self.other} (95% ranges {_range(first)} and "
            f"{_range(second)}); the difference is {'sure' if self.is_sure else 'not sure'}."
        )


def compare_stand_ins(history: PriceHistory, coin: str, proxies: Sequence[str], *, window_days: int) -> StandIns | None:
    """Return the comparison of the two proxies that took out most of the coin's variance.

    None if the coin or all but one of the proxies lack the history for a test.
    """
    others = [proxy for proxy in dict.fromkeys(proxies) if proxy in history and proxy != coin]
    if coin not in history or len(others) < 2:
        return None
    y = history.returns_of(coin)
    hedged = {proxy: walk_forward(history, [coin], proxy, window_days=window_days)[0][:, 0] for proxy in others}
    alone = {proxy: result for proxy in others if (result := measure(y, hedged[proxy])) is not None}
    if len(alone) < 2:
        return None
    pair = sorted(alone, key=lambda proxy: -alone[proxy].variance_reduction)[:2]
    shared = np.where(np.isnan(hedged[pair[0]] + hedged[pair[1]]), np.nan, y)
    results = {proxy: measure(shared, hedged[proxy]) for proxy in pair}
    ranked = sorted(
        ((proxy, result) for proxy, result in results.items() if result is not None),
        key=lambda found: -found[1].variance_reduction,
    )
    if len(ranked) < 2:
        return None
    (better, first), (other, second) = ranked
    difference = difference_interval(shared, hedged[better], hedged[other])
    if difference is None:
        return None
    return StandIns(
        coin=coin, better=better, other=other, better_result=first, other_result=second, difference=difference
    )


def _range(result: Effectiveness) -> str:
    low, high = result.variance_interval
    return f"{whole_percent(low)} to {whole_percent(high)}"
