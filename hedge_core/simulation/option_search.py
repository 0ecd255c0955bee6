"""Option search: the put or the collar that protects a bag to a stated limit at the least cost.

The limit is a measure of the results that must not exceed a target: the mean loss of the worst 5% of paths (`cvar`), to
match the short's, or the largest loss in any of some moves (`largest_loss`). Both are convex in the size q, as the
results are bag + q·options, so that the smallest q that meets the limit is found by bisection.

Every listed month that lasts to the horizon, and every strike, is tried. A put costs what it takes from the mean result
on the paths. A collar sells, for each put, the calls of the highest strike that pay for it, so that it costs nothing at
the start. The cheapest of all is returned, with q and in whole lots. Options on a few coins do not carry what the other
coins do by themselves, so that none may reach the short; then the one that comes closest at q = 1 is returned. The sold
calls count as if they were held to the end; that they can be liquidated is followed day by day in `option_policy`.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

import numpy as np

from hedge_core.hedge.option_legs import OptionLeg, option_leg
from hedge_core.market.options.contracts import OptionKind, OptionSeries
from hedge_core.market.options.surface import VolatilitySurface
from hedge_core.market.snapshot import Floats, MarketSnapshot
from hedge_core.simulation.distributions import LEVEL

MOST_COVER = 1.5
"""The largest size tried, as a multiple of what covers the whole bag."""

PRECISION = 1e-4
"""How close the measure is brought to its target, as a fraction of it."""

PUT_STRIKES = tuple(round(0.7 + 0.025 * step, 3) for step in range(17))
"""Put strikes tried, relative to the coin's price."""

CALL_STRIKES = tuple(round(1.05 + 0.025 * step, 3) for step in range(31))
"""Call strikes tried, relative to the coin's price. The puts of a collar lie below the price, its calls above it."""

STEEPER = 1.05
"""The factor by which the size grows while whole lots miss a limit that must be kept."""

Measure = Callable[[Floats], float]


def cvar(results: Floats) -> float:
    """The mean loss of the worst 5% of results (USD, positive for a loss)."""
    tail = max(1, round(len(results) * (1.0 - LEVEL)))
    return -float(np.partition(results, tail - 1)[:tail].mean())


def largest_loss(results: Floats) -> float:
    """The largest loss among the results (USD, positive for a loss)."""
    return -float(results.min())


@dataclass(frozen=True, eq=False)
class Outcomes:
    """What the bag makes (USD), and each coin's price relative to today's, on paths or in moves; shape (outcomes,).

    `days` is how many days from today they lie.
    """

    bag: Floats
    levels: Mapping[str, Floats]
    days: int


@dataclass(frozen=True, eq=False)
class Limit:
    """`measure` of the results on `outcomes` is to be `target` (USD).

    `must_hold`: in whole lots it must not be above the target either; else whole lots are the nearest.
    """

    outcomes: Outcomes
    measure: Measure
    target: float
    must_hold: bool = False

    def of(self, legs: Sequence[OptionLeg]) -> float:
        """The measure of the bag with these legs."""
        return self.measure(self.outcomes.bag + results_of(legs, self.outcomes))


class Candidate(NamedTuple):
    """Options that cover the whole bag: their month, the strikes relative to the coins' prices, and their legs."""

    expiry: date
    put_strike: float
    call_strike: float | None
    legs: tuple[OptionLeg, ...]


@dataclass(frozen=True, eq=False, kw_only=True)
class Protection:
    """The options found: `legs` in whole lots, and the `cover` q before rounding (1 covers the whole bag).

    `put_strike` and `call_strike` are relative to the coin's price as tried; each coin's strike is the listed one
    closest to it. `is_met`: the limit is met; otherwise these come closest to it at q = 1. `cost` is what the unrounded
    options take from the mean result over the horizon and `reached` the measure with them, both USD.
    """

    legs: tuple[OptionLeg, ...]
    expiry: date
    put_strike: float
    call_strike: float | None
    is_met: bool
    cover: float
    cost: float
    reached: float

    @property
    def up_front(self) -> float:
        """What opening the whole lots takes: premiums paid less received, and fees (USD)."""
        return sum(leg.up_front for leg in self.legs)


@dataclass(frozen=True, eq=False, kw_only=True)
class Offer:
    """What is on offer: series, prices and volatility by coin, and the USD of each coin that cover the whole bag."""

    market: MarketSnapshot
    surface: VolatilitySurface
    series: Mapping[str, OptionSeries]
    spots: Mapping[str, float]
    exposure: Mapping[str, float]

    def legs(self, kind: OptionKind, strike: float, expiry: date) -> tuple[OptionLeg, ...]:
        """The options of one kind at the listed strikes closest to `strike` (relative), that cover the whole bag."""
        legs = []
        for coin, exposure in self.exposure.items():
            series, spot = self.series[coin], self.spots[coin]
            listed = series.strikes(spot, strike - 0.1, strike + 0.1)
            chosen = min(listed, key=lambda one: (abs(one / spot - strike), one))
            option = series.option(kind, chosen, expiry)
            lots = exposure / (series.lot_coins * spot)
            legs.append(option_leg(option, self.market, self.surface, spot, lots))
        return tuple(legs)

    def puts(self, expiries: Sequence[date]) -> Iterator[Candidate]:
        """Every put: all months and strikes."""
        for expiry in expiries:
            for strike in PUT_STRIKES:
                yield Candidate(expiry, strike, None, self.legs("put", strike, expiry))

    def collars(self, expiries: Sequence[date]) -> Iterator[Candidate]:
        """Every collar: each put of every month with the highest calls that pay for it, puts first."""
        for expiry in expiries:
            calls = [(strike, self.legs("call", strike, expiry)) for strike in CALL_STRIKES]
            for strike in (one for one in PUT_STRIKES if one < 1.0):
                puts = self.legs("put", strike, expiry)
                paid = sum(leg.up_front for leg in puts)
                paying = [one for one in calls if paid + sum(leg.up_front for leg in one[1]) <= 0.0]
                if paying:
                    yield Candidate(expiry, strike, paying[-1][0], (*puts, *paying[-1][1]))


def results_of(legs: Sequence[OptionLeg], outcomes: Outcomes) -> Floats:
    """What the legs make in each of the outcomes (USD)."""
    made = np.zeros(len(outcomes.bag))
    for leg in legs:
        made = made + leg.result(outcomes.levels[leg.underlying], outcomes.days)
    return made


def cheapest(tried: Iterable[Candidate], paths: Outcomes, limit: Limit) -> Protection | None:
    """The cheapest of the options tried that meet the limit. Costs are means on `paths`; of equals the first is kept.

    If none meets it, the one that comes closest at q = 1; None if the limit must hold, or whole lots come to nothing.
    """
    best: tuple[float, float, Candidate] | None = None
    closest: tuple[float, Candidate] | None = None
    for candidate in tried:
        made = results_of(candidate.legs, limit.outcomes)
        cover = least_cover(limit.outcomes.bag, made, limit.measure, limit.target)
        if cover:
            cost = -cover * float(results_of(candidate.legs, paths).mean())
            best = (cost, cover, candidate) if best is None or cost < best[0] else best
        elif cover is None and best is None:
            left = limit.measure(limit.outcomes.bag + made)
            closest = (left, candidate) if closest is None or left < closest[0] else closest
    if best is not None:
        return _protection(best[2], best[1], paths, limit, is_met=True)
    if closest is None or limit.must_hold or closest[0] >= limit.measure(limit.outcomes.bag):
        return None
    return _protection(closest[1], 1.0, paths, limit, is_met=False)


def _protection(
    candidate: Candidate, cover: float, paths: Outcomes, limit: Limit, *, is_met: bool
) -> Protection | None:
    """The candidate at this cover in whole lots; None if they come to nothing."""
    whole = _whole(candidate.legs, cover, limit)
    if not whole:
        return None
    return Protection(
        legs=whole,
        expiry=candidate.expiry,
        put_strike=candidate.put_strike,
        call_strike=candidate.call_strike,
        is_met=is_met,
        cover=cover,
        cost=-cover * float(results_of(candidate.legs, paths).mean()),
        reached=limit.of([leg.with_lots(leg.lots * cover) for leg in candidate.legs]),
    )


def least_cover(bag: Floats, options: Floats, measure: Measure, target: float) -> float | None:
    """The smallest q from 0 to MOST_COVER at which measure(bag + q·options) is `target`; 0 if the bag alone meets it.

    None if no q does. `measure` is convex in q, so the search for its least value and the bisection in front of it are
    exact up to PRECISION.
    """

    def excess(q: float) -> float:
        return measure(bag + q * options) - target

    tolerance = PRECISION * abs(target)
    if excess(0.0) <= 0.0:
        return 0.0
    high = next((q for q in (0.25, 0.5, 0.75, 1.0, 1.25, MOST_COVER) if excess(q) <= 0.0), None)
    if high is None:
        high = _lowest(excess)
        if excess(high) > tolerance:
            return None
    low = 0.0
    while high - low > 1e-9:
        middle = (low + high) / 2.0
        found = excess(middle)
        low, high = (low, middle) if found <= 0.0 else (middle, high)
        if abs(found) <= tolerance:
            return middle
    return high


def _lowest(excess: Callable[[float], float]) -> float:
    """Where a convex function of q is least between 0 and MOST_COVER, by golden section."""
    ratio = (math.sqrt(5.0) - 1.0) / 2.0
    low, high = 0.0, MOST_COVER
    left, right = high - ratio * (high - low), low + ratio * (high - low)
    at_left, at_right = excess(left), excess(right)
    while high - low > 1e-6:
        if at_left <= at_right:
            high, right, at_right = right, left, at_left
            left = high - ratio * (high - low)
            at_left = excess(left)
        else:
            low, left, at_left = left, right, at_right
            right = low + ratio * (high - low)
            at_right = excess(right)
    return (low + high) / 2.0


def _whole(legs: Sequence[OptionLeg], cover: float, limit: Limit) -> tuple[OptionLeg, ...]:
    """The legs in whole lots, without those of none; () if none is left or the limit cannot be kept.

    Lots are the nearest to `cover`, or rounded up where the limit must hold.
    """
    size = cover
    while size <= MOST_COVER * STEEPER:
        rounding = math.ceil if limit.must_hold else lambda lots: math.floor(lots + 0.5)
        counted = tuple(leg.with_lots(float(rounding(leg.lots * size))) for leg in legs)
        whole = tuple(leg for leg in counted if leg.lots)
        if not limit.must_hold:
            return whole
        if whole and limit.of(whole) <= limit.target:
            return whole
        size *= STEEPER
    return ()
