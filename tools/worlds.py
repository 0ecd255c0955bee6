"""How often the intervals and the comparisons of hedges are right, in simulated markets whose truth is known.

    python -m tools.worlds [--markets 2000] [--seed 0]

A market is y = f + e, and hedge k returns f + v_k·u_k, where f, e and all u_k are independent series with variance 1
of one kind: independent Student t; or GARCH(1,1), once mild and once strong. A hedge removes (1 − v²)/2 of variance.
In the null all five hedges have v = 0.4; in the alternative the four rivals of the first one do, but for one with
v² = 0.32. The table has the present method and the one of the first edition, percentile intervals of a bootstrap with
200 samples of ten-day blocks. It is the table of docs/evidence.md.
"""

from __future__ import annotations

import argparse
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

import numpy as np

from hedge_core.exposure.effectiveness import difference_interval, difference_intervals, measure
from hedge_core.exposure.estimators import block_starts
from hedge_core.exposure.inference import Interval
from hedge_core.market.snapshot import Floats

MARKETS = 2_000
LENGTHS = (365, 730)
HEDGES = 5
NOISE = 0.4
WORSE = math.sqrt(0.32)
BURN_IN = 500
BLOCK_DAYS = 10
SAMPLES = 200


@dataclass(frozen=True, slots=True)
class World:
    """A kind of series: the GARCH(1,1) weights `a` and `b` (0: independent days), the tails' degrees of freedom."""

    name: str
    a: float
    b: float
    degrees: int

    def series(self, random: np.random.Generator, days: int, count: int) -> Floats:
        """Independent series with mean 0 and variance 1, shape (days, count)."""
        shocks = random.standard_t(self.degrees, (days + BURN_IN, count)) * math.sqrt(1.0 - 2.0 / self.degrees)
        variance, series = np.ones(count), np.empty_like(shocks)
        for day, shock in enumerate(shocks):
            series[day] = np.sqrt(variance) * shock
            variance = (1.0 - self.a - self.b) + self.a * series[day] ** 2 + self.b * variance
        return series[BURN_IN:]


WORLDS = (
    World("independent t6", 0.0, 0.0, 6),
    World("GARCH .06/.90 t6", 0.06, 0.90, 6),
    World("GARCH .10/.87 t5", 0.10, 0.87, 5),
)


class Judged(NamedTuple):
    """What a method says of one market.

    Intervals: of the first hedge's variance reduction, of its difference to the second, and of the differences to all
    rivals as the method reports the best of them.
    """

    level: Interval
    difference: Interval
    differences: Sequence[Interval]


def judged_now(y: Floats, hedges: Floats) -> Judged | None:
    """The present intervals; None if a measure is unknown."""
    own, others = hedges[:, 0], list(hedges.T[1:])
    result, one = measure(y, own), difference_interval(y, own, others[0])
    together = difference_intervals(y, own, others)
    if result is None or one is None or together is None:
        return None
    return Judged(result.variance_interval, one, together)


def judged_at_first(y: Floats, hedges: Floats) -> Judged:
    """The intervals of the first edition, which corrected for nothing."""
    columns = np.column_stack([y, hedges])
    columns = columns - columns.mean(axis=0)
    counts = _counts(len(y))
    variances = counts @ columns**2 / len(y) - (counts @ columns / len(y)) ** 2
    reductions = 1.0 - variances[:, 1:] / variances[:, :1]
    differences = [_percentiles(reductions[:, 0] - rival) for rival in reductions.T[1:]]
    return Judged(_percentiles(reductions[:, 0]), differences[0], differences)


@lru_cache(maxsize=4)
def _counts(days: int) -> Floats:
    """How often each day is drawn in each sample; the first edition used the same draws for every test."""
    counts = np.zeros((SAMPLES, days))
    np.add.at(counts, (np.arange(SAMPLES)[:, None], block_starts(days, BLOCK_DAYS, SAMPLES, 0)), 1.0)
    return counts


def _percentiles(values: Floats) -> Interval:
    low, high = np.quantile(values, (0.025, 0.975))
    return float(low), float(high)


@dataclass(slots=True)
class Tally:
    """Counts over markets of the null and of the alternative; see `row`."""

    markets: int = 0
    one_false: int = 0
    best_false: int = 0
    found: int = 0
    found_among_four: int = 0
    level_held: int = 0
    difference_held: int = 0
    level_widths: list[float] | None = None
    difference_widths: list[float] | None = None

    def null(self, judged: Judged) -> None:
        """Count a market in which all hedges are equal."""
        self.markets += 1
        self.one_false += not _holds(judged.difference, 0.0)
        self.best_false += any(not _holds(interval, 0.0) for interval in judged.differences)
        self.level_held += _holds(judged.level, (1.0 - NOISE**2) / 2.0)
        self.level_widths = [*(self.level_widths or []), judged.level[1] - judged.level[0]]
        self.difference_widths = [*(self.difference_widths or []), judged.difference[1] - judged.difference[0]]

    def alternative(self, judged: Judged) -> None:
        """Count a market in which the second hedge is worse."""
        self.found += judged.difference[0] > 0.0
        self.found_among_four += judged.differences[0][0] > 0.0
        self.difference_held += _holds(judged.difference, (WORSE**2 - NOISE**2) / 2.0)

    def row(self) -> tuple[float, ...]:
        """Shares of markets, then median widths, in the order of HEADINGS."""
        shares = (
            self.one_false,
            self.best_false,
            self.found,
            self.found_among_four,
            self.level_held,
            self.difference_held,
        )
        widths = (np.median(self.level_widths or [np.nan]), np.median(self.difference_widths or [np.nan]))
        return (*(count / max(self.markets, 1) for count in shares), *(float(width) for width in widths))


def _holds(interval: Interval, truth: float) -> bool:
    return interval[0] <= truth <= interval[1]


def markets_of(
    world: World, days: int, noises: Sequence[float], seed: int, markets: int
) -> Iterator[tuple[Floats, Floats]]:
    """Markets of one kind: unhedged returns (days,) and hedged ones (days, hedges)."""
    random = np.random.default_rng([seed, days, WORLDS.index(world)])
    each = 2 + len(noises)
    for start in range(0, markets, 100):
        size = min(100, markets - start)
        drawn = world.series(random, days, size * each).reshape(days, size, each)
        for market in range(size):
            f, e, u = drawn[:, market, 0], drawn[:, market, 1], drawn[:, market, 2:]
            yield f + e, e[:, None] - u * np.array(noises)


def tallies(world: World, days: int, *, markets: int, seed: int) -> tuple[Tally, Tally]:
    """The counts of the present method and of the first edition's, on the same markets."""
    now, first = Tally(), Tally()
    equal, unequal = (NOISE,) * HEDGES, (NOISE, WORSE, *(NOISE,) * (HEDGES - 2))
    for y, hedges in markets_of(world, days, equal, seed, markets):
        judged = judged_now(y, hedges)
        assert judged is not None
        now.null(judged)
        first.null(judged_at_first(y, hedges))
    for y, hedges in markets_of(world, days, unequal, seed + 1, markets):
        judged = judged_now(y, hedges)
        assert judged is not None
        now.alternative(judged)
        first.alternative(judged_at_first(y, hedges))
    return now, first


HEADINGS = (
    "world",
    "days",
    "method",
    "false, one rival",
    "false, best of four",
    "power, one",
    "power, of four",
    "coverage, level",
    "coverage, difference",
    "width, level",
    "width, difference",
)


def table(*, markets: int = MARKETS, seed: int = 0) -> Iterator[str]:
    """The lines of the table in Markdown: shares as percentages, widths in percentage points."""
    yield f"| {' | '.join(HEADINGS)} |"
    yield f"|---|--:|---|{'--:|' * 8}"
    for world in WORLDS:
        for days in LENGTHS:
            for name, tally in zip(
                ("now", "first edition"), tallies(world, days, markets=markets, seed=seed), strict=True
            ):
                cells = [f"{100 * value:.1f}" for value in tally.row()]
                yield f"| {world.name} | {days} | {name} | {' | '.join(cells)} |"


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m tools.worlds", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--markets", type=int, default=MARKETS)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args(arguments)
    for line in table(markets=options.markets, seed=options.seed):
        print(line, flush=True)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
