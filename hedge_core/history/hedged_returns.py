"""Past returns of a bag with a hedge, measured in two ways.

*Reset daily*: the shorts keep their share of the bag every day of a span, as if they were adjusted daily. *Held*: the
counts are fixed at the start of a span of 30 days, and profit and loss add up in dollars of the bag's value then. The
second is what a holder does; the first tells hedges apart better. Neither includes costs or rounding.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from hedge_core.exposure.effectiveness import MINIMUM_TEST_DAYS
from hedge_core.exposure.evidence import REFIT_DAYS
from hedge_core.exposure.inference import Interval, interval
from hedge_core.history.alternatives import Shorts
from hedge_core.market.snapshot import MINIMUM_DAYS, Floats
from hedge_core.text import whole_percent

LEAST_SHARE = 0.5
"""A span is tested only if coins worth at least this share of the bag traded in it."""

WORST_SPANS = 0.1
"""The share of spans whose mean loss is the expected shortfall of a span."""

LEAST_SPANS = 10
"""With fewer whole spans there is no expected shortfall."""


class Span(NamedTuple):
    """Days that share one set of hedge ratios, and the weights of the coins that trade in them."""

    days: slice
    weights: Floats


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldResult:
    """A hedge at a ratio of 1 whose counts are held for 30 days, on `spans` whole spans.

    `variance_reduction` is that of the daily profit and loss in dollars. `shortfall_bag` and `shortfall_hedged` are the
    mean loss of the worst tenth of spans, as a fraction of the coins' value at the start (positive: a loss).
    """

    spans: int
    variance_reduction: float
    shortfall_bag: float
    shortfall_hedged: float

    @property
    def sentence(self) -> str:
        """The result in words."""
        return (
            f"With counts held for {REFIT_DAYS} days, in dollars, it would have removed "
            f"{whole_percent(self.variance_reduction)} of the daily variance. Over the worst tenth of {self.spans} "
            f"spans, the coins alone {_lost(self.shortfall_bag)} on average, and with the hedge "
            f"{_lost(self.shortfall_hedged)}, before costs."
        )


def bag_returns(returns: Floats, weights: Floats, window: int) -> tuple[Floats, list[Span], list[int]]:
    """The bag's daily returns, the spans of the test with their weights, and the columns missing in some of them.

    The days before a span decide which coins trade in it. The other coins take the weight of a coin without a return
    on a day; a day is left out (NaN) if less than LEAST_SHARE of the bag has a return.
    """
    bag = np.full(len(returns), np.nan)
    spans: list[Span] = []
    missing: set[int] = set()
    has_return = ~np.isnan(returns)
    known = np.cumsum(has_return, axis=0)
    for start in range(window, len(returns), REFIT_DAYS):
        span = slice(start, min(start + REFIT_DAYS, len(returns)))
        trades = (known[start - 1] >= MINIMUM_DAYS) & has_return[start - REFIT_DAYS : start].any(axis=0)
        missing |= set(np.flatnonzero((weights > 0.0) & ~trades).tolist())
        present = np.where(trades, weights, 0.0)
        if present.sum() < LEAST_SHARE:
            continue
        present = present / present.sum()
        share = has_return[span] @ present
        total = np.where(has_return[span], returns[span], 0.0) @ present
        bag[span] = np.where(share >= LEAST_SHARE, total / np.maximum(share, LEAST_SHARE), np.nan)
        spans.append(Span(span, present))
    return bag, spans, sorted(missing)


def past_shorts(returns: Floats, spans: Sequence[Span], shorts: Shorts) -> list[Floats | None]:
    """The shorts of a rule for each span, from the returns before it; None where the history is too short."""
    return [shorts(returns[: span.start], present) for span, present in spans]


def hedged_returns(returns: Floats, bag: Floats, spans: Sequence[Span], shorts: Sequence[Floats | None]) -> Floats:
    """The bag's daily returns with the shorts of each span, whose ratios are reset daily; NaN without shorts."""
    hedged = np.full(len(bag), np.nan)
    for (span, _), short in zip(spans, shorts, strict=True):
        if short is not None:
            hedged[span] = bag[span] - np.where(short != 0.0, returns[span], 0.0) @ short
    return hedged


def on_the_same_days(bag: Floats, hedged: Sequence[Floats]) -> list[Floats]:
    """The returns of the hedges with enough days for a test, on the days that they have in common; else NaN."""
    is_known = [~np.isnan(bag) & ~np.isnan(returns) for returns in hedged]
    long_enough = [known for known in is_known if int(known.sum()) >= MINIMUM_TEST_DAYS]
    shared = np.logical_and.reduce(long_enough) if long_enough else np.zeros(len(bag), dtype=bool)
    return [
        np.where(shared & (int(known.sum()) >= MINIMUM_TEST_DAYS), returns, np.nan)
        for known, returns in zip(is_known, hedged, strict=True)
    ]


def held_result(returns: Floats, spans: Sequence[Span], shorts: Sequence[Floats | None]) -> HeldResult | None:
    """The result with counts held through each span; None with fewer than LEAST_SPANS whole spans with shorts.

    A coin without a return on a day does not move on it.
    """
    bag, hedged = [], []
    for (span, present), short in zip(spans, shorts, strict=True):
        if short is None or span.stop - span.start < REFIT_DAYS:
            continue
        values = np.cumprod(1.0 + np.nan_to_num(returns[span]), axis=0)
        bag.append(np.diff(values @ present, prepend=float(present.sum())))
        hedged.append(np.diff(values @ (present - short), prepend=float((present - short).sum())))
    if len(bag) < LEAST_SPANS or float(np.var(bag)) <= 1e-18:
        return None
    return HeldResult(
        spans=len(bag),
        variance_reduction=1.0 - float(np.var(hedged) / np.var(bag)),
        shortfall_bag=worst_mean(np.sum(bag, axis=1)),
        shortfall_hedged=worst_mean(np.sum(hedged, axis=1)),
    )


def worst_mean(results: Floats) -> float:
    """The mean loss of the worst tenth of the results, at least one of them; positive for a loss."""
    worst = np.sort(results)[: max(1, round(WORST_SPANS * len(results)))]
    return -float(worst.mean())


def worst_mean_saved(unhedged: Floats, hedged: Floats) -> Interval:
    """The 95% interval of how much less the worst tenth of spans lost with the hedge; both of shape (spans,).

    It follows from the influence of each span, as all intervals do (see `exposure.inference`). A block bootstrap of
    spans is narrower and holds less often (`docs/evidence.md`).
    """
    saved = worst_mean(unhedged) - worst_mean(hedged)
    return interval(saved, _worst_influence(unhedged) - _worst_influence(hedged))


def _worst_influence(results: Floats) -> Floats:
    """ψ = max(v − result, 0)/share, less its mean, with v the best of the worst tenth."""
    count = max(1, round(WORST_SPANS * len(results)))
    beyond = np.maximum(np.sort(results)[count - 1] - results, 0.0) * len(results) / count
    influence: Floats = beyond - beyond.mean()
    return influence


def _lost(loss: float) -> str:
    return f"lost {loss:.0%}" if loss >= 0.0 else f"gained {-loss:.0%}"
