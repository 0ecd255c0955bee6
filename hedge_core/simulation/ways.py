"""Ways: what a holder can do with a bag, side by side, and the verdict on them.

Ways are ranked by the mean loss of the worst 5% of paths. Of ways that are within one point of each other there, a
point being 1% of the bag's value, the one with the better mean result comes first.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Literal

from hedge_core.market.options.contracts import Option
from hedge_core.simulation.distributions import Chance, Distribution, Figure
from hedge_core.text import days_text, usd

Kind = Literal["hold", "short", "put", "collar", "stop_loss", "sell_part", "stablecoin"]

LEAST_POINTS = 0.5
"""A way that takes off less of the worst 5% than this, in points of the bag's value, has no price per point."""

WIDE = 1.96
"""Standard errors on either side of a 95% range."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PastResult:
    """One way over every period of the horizon's length in the price history, USD: worst 5% (a loss) and mean."""

    worst: Figure
    mean: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """One option to trade: `contracts` of the venue's contracts, for `price` USD per coin."""

    option: Option
    is_bought: bool
    contracts: float
    price: float

    @property
    def text(self) -> str:
        """The order in words."""
        verb = "Buy" if self.is_bought else "Sell"
        return (
            f"{verb} {self.contracts:,.10g} × {self.option.id} ({self.option.name}) at {self.price:,.6g} USD per coin"
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """One way over the horizon, USD, the cost of its cash included.

    - `end`: profit and loss at the horizon. `lowest`: the mean of the lowest point along the way, and `lowest_bad` that
      point on a bad path (the 5% quantile); both at most 0.
    - `closed`: the chance that something is closed by force; None where nothing can be.
    - `up_front`: what starting it costs, premiums included (negative: received). `cash`: what has to lie in the account
      or be kept ready. `cash_cost`: what both could have earned elsewhere.
    - `upside_kept`: the mean result on paths on which the bag gains, as a share of the bag's; None without such paths.
    - `regret`: how far it ends below holding on average; a path on which it ends above counts as 0.
    - `point_cost`: what it takes from the mean result for each point (1% of the bag's value) that it takes off the
      worst 5%; negative if it earns. None if it takes off less than LEAST_POINTS.
    - `is_own`: the plan's own short. `orders` are the options to trade.
    """

    kind: Kind
    label: str
    end: Distribution
    lowest: float
    lowest_bad: float
    closed: Chance | None
    up_front: float
    cash: float
    cash_cost: float
    upside_kept: float | None
    regret: float
    point_cost: float | None
    past: PastResult | None = None
    is_own: bool = False
    orders: tuple[Order, ...] = ()

    @property
    def worst(self) -> Figure:
        """The mean loss of the worst 5% of paths (USD, positive for a loss)."""
        return self.end.expected_shortfall

    @property
    def name(self) -> str:
        """The way in the middle of a sentence."""
        return {
            "hold": "holding",
            "short": "the short",
            "put": "the put",
            "collar": "the collar",
            "stop_loss": "the stop-loss",
            "sell_part": "selling a part",
            "stablecoin": "selling everything",
        }[self.kind]


@dataclass(frozen=True, slots=True)
class Missing:
    """A way that could not be compared, and why."""

    label: str
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    """How much higher `better`, which ranks above `other`, ends on average on the same paths (USD), with its error.

    `mean` is negative if it ends lower. `is_equal`: both leave the same worst 5%, to within a point of the bag's value.
    """

    better: Way
    other: Way
    mean: Figure
    is_equal: bool

    @property
    def is_clear(self) -> bool:
        """Whether the 95% range of the difference leaves out zero."""
        return abs(self.mean.value) > WIDE * self.mean.error

    @property
    def range(self) -> tuple[float, float]:
        """The ends of the 95% range of the difference."""
        return self.mean.value - WIDE * self.mean.error, self.mean.value + WIDE * self.mean.error


@dataclass(frozen=True, slots=True, kw_only=True)
class Alternatives:
    """All ways, ranked, with what they rest on.

    - `target`: what put and collar are sized for, in words. `gap`: of short, put and collar, the first in rank against
      the put; if that is the put, against the short. None without options.
    - `put_volatility` is the mean volatility at which the put was priced, weighted by exposure, and
      `break_even_volatility` the one at which it would have cost as much as the short on average; None if there is no
      put or none does. `path_volatility` is that of the coins of the options on the paths, None without options.
    - `stretches`: the periods of the history, `independent` of them without overlap.
    - `surface`: where the volatilities come from; `notes` say what was assumed.
    """

    horizon: int
    start_value: float
    paths: int
    model: str
    target: str
    surface: str
    ways: tuple[Way, ...]
    missing: tuple[Missing, ...]
    gap: Gap | None
    put_volatility: float | None
    break_even_volatility: float | None
    path_volatility: float | None
    stretches: int
    independent: int
    notes: tuple[str, ...]

    def of(self, kind: Kind) -> Way | None:
        """The first way of a kind, for the short the plan's own; None if there is none."""
        mine = [way for way in self.ways if way.kind == kind]
        return next((way for way in mine if way.is_own), mine[0] if mine else None)

    @property
    def verdict(self) -> str:
        """One sentence: which of short, put and collar is the best, by how much, and how sure that is."""
        if self._is_settled or self.gap is None:
            return self.lead
        return f"{self.lead.rstrip('.')}{self._average(self.gap)}{self._caveat(self.gap)}."

    @property
    def lead(self) -> str:
        """The verdict without the averages: which of short, put and collar protects best in the worst 5%."""
        gap, hold, short = self.gap, self.of("hold"), self.of("short")
        if hold is not None and self._is_unhedged:
            loses = usd(hold.worst.value)
            return f"Nothing is sold short: over {days_text(self.horizon)} holding loses {loses} in the worst 5%."
        if hold is not None and short is not None and self._is_settled:
            return (
                f"Over {days_text(self.horizon)} this short does not make the worst 5% better: it loses "
                f"{usd(short.worst.value)} there, holding {usd(hold.worst.value)}."
            )
        if gap is None:
            why = "; ".join(one.why for one in self.missing) or "no option fits"
            return f"Only the short can be compared over {days_text(self.horizon)}: {why}."
        worst = usd(-gap.better.worst.value), usd(-gap.other.worst.value)
        start = f"Over {days_text(self.horizon)} {gap.better.name}"
        if gap.is_equal:
            return f"{start} and {gap.other.name} leave about the same in the worst 5% ({worst[0]} and {worst[1]})."
        return f"{start} protects better than {gap.other.name} in the worst 5% ({worst[0]} against {worst[1]})."

    @property
    def terms(self) -> str:
        """What the verdict says besides `lead`, as a sentence; '' if that is all."""
        return "" if self.verdict == self.lead else _sentence(self.verdict.removeprefix(self.lead.rstrip(".")))

    @property
    def against_stop_loss(self) -> str:
        """How the plan's short does against the stop-loss in the worst 5%, on the paths and in the past; '' if unknown.

        A plus is what the short saves.
        """
        short, stop = self.of("short"), self.of("stop_loss")
        if short is None or stop is None:
            return ""
        if self._is_unhedged:
            return f"The {stop.label.lower()} would lose {usd(stop.worst.value)} there."
        text = (
            f"Against the {stop.label.lower()} the short {_saves(stop.worst.value - short.worst.value)} in the worst 5%"
        )
        if short.past is None or stop.past is None:
            return f"{text} of the paths."
        then = stop.past.worst.value - short.past.worst.value
        return f"{text} of the paths, and {_saves(then)} in the worst 5% of past periods."

    @property
    def _is_unhedged(self) -> bool:
        """Whether the plan's short ends like holding on every path: there is none."""
        hold, short = self.of("hold"), self.of("short")
        return hold is not None and short is not None and short.end == hold.end

    @property
    def _is_settled(self) -> bool:
        """Whether the short does not protect at all, so that nothing else matters."""
        hold, short = self.of("hold"), self.of("short")
        return hold is not None and short is not None and short.worst.value >= hold.worst.value

    def _average(self, gap: Gap) -> str:
        """How far apart the two end on average, as the rest of a sentence."""
        if not gap.is_clear:
            return ", and which of them ends higher is too close to call"
        low, high = sorted(abs(end) for end in gap.range)
        higher = gap.mean.value > 0.0
        link = ", and" if higher or gap.is_equal else ", but"
        return (
            f"{link} {gap.better.name} ends {usd(abs(gap.mean.value))} {'higher' if higher else 'lower'} on average "
            f"(95% range {usd(low)} to {usd(high)})"
        )

    def _caveat(self, gap: Gap) -> str:
        text = ""
        for way in (gap.better, gap.other):
            if way.closed is not None and way.closed.value > 0.0:
                text += f"; {way.name} is closed by force on {way.closed.value:.1%} of the paths"
        if self.put_volatility is None or "put" not in (gap.better.kind, gap.other.kind):
            return text
        moved = "" if self.path_volatility is None else f" (the paths move {self.path_volatility:.0%})"
        if self.break_even_volatility is None or not gap.is_equal:
            return f"{text}; the put is priced at {self.put_volatility:.0%} volatility{moved}"
        return (
            f"{text}; put and short would cost the same at {self.break_even_volatility:.0%} volatility instead of "
            f"{self.put_volatility:.0%}{moved}"
        )


def _sentence(rest: str) -> str:
    """The rest of a sentence as a sentence of its own."""
    text = rest.lstrip(",; ").removeprefix("and ").removeprefix("but ")
    return f"{text[0].upper()}{text[1:]}"


def _saves(amount: float) -> str:
    return f"saves you {usd(amount)}" if amount >= 0.0 else f"costs you {usd(-amount)} more"


def ranked(ways: Sequence[Way], value: float) -> tuple[Way, ...]:
    """The ways by their worst 5%, those within one point of each other by their mean result; `value` is the bag's."""
    place, leader = 0, -math.inf
    places = []
    for way in sorted(ways, key=lambda way: way.worst.value):
        if way.worst.value - leader > 0.01 * value:
            place, leader = place + 1, way.worst.value
        places.append((place, way))
    groups = groupby(places, key=lambda one: one[0])
    return tuple(way for _, group in groups for _, way in sorted(group, key=lambda one: -one[1].end.mean.value))
