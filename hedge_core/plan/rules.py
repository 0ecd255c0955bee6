"""Rules on which a hedge is lifted, set beforehand and checked by machine.

Step six of the method. A rule is a value of the plan: what has to happen, and the `share` of the short that is bought
back then (several rules with shares make a ladder). It looks at a `HedgeDay` and at nothing else, so that the same rule
runs on today's market and on every day of history. A rule that has been carried out is marked `is_done`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Annotated, Any, ClassVar, Literal

from annotated_types import Ge, Gt, Le, MaxLen

from hedge_core.text import days_text, signed_usd

_STRICT: dict[str, object] = {"extra": "forbid", "allow_inf_nan": False}

Share = Annotated[float, Gt(0), Le(1)]


@dataclass(frozen=True, slots=True, kw_only=True)
class HedgeDay:
    """What rules look at on one day, USD.

    `bag` is what the hedged coins are worth, `bag_at_start` what they were when the hedge was opened (today's
    quantities; 0 where that is not known), `bag_low` the lowest since; `hedge_pnl` what the shorts have made since,
    costs and funding included;
    `carry_rate` what they have earned a year over the last 30 days, a fraction of notional (None: unknown);
    `next_expiry` the nearest end of a future that is held (None: there is none).
    """

    day: date
    opened_on: date
    bag: float
    bag_at_start: float
    bag_low: float
    hedge_pnl: float
    carry_rate: float | None = None
    next_expiry: date | None = None

    @property
    def bag_move(self) -> float:
        """The bag's move since the hedge was opened, a fraction."""
        return self.bag / self.bag_at_start - 1.0 if self.bag_at_start > 0.0 else 0.0

    @property
    def deepest(self) -> float:
        """The bag's deepest fall since the hedge was opened, a fraction not below zero."""
        return max(0.0, 1.0 - self.bag_low / self.bag_at_start) if self.bag_at_start > 0.0 else 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class FallReached:
    """The bag has fallen by `fall` since the hedge was opened: what was feared has come."""

    __pydantic_config__: ClassVar[dict[str, object]] = _STRICT
    kind: Literal["fall_reached"] = "fall_reached"
    fall: Annotated[float, Gt(0), Le(1)] = 0.25
    share: Share = 1.0
    is_done: bool = False

    def met(self, day: HedgeDay) -> bool:
        """Whether the fall has been reached."""
        return day.bag_move <= -self.fall + 1e-12

    @property
    def text(self) -> str:
        """The rule in words."""
        return f"the bag has fallen {_share(self.fall)} since the hedge was opened"

    def evidence(self, day: HedgeDay) -> str:
        """Where things stand."""
        since = f"since {day.opened_on:%d %b %Y}"
        return f"The bag stands {_percent(day.bag_move)} {since}; the rule asks for −{_share(self.fall)}."


@dataclass(frozen=True, slots=True, kw_only=True)
class BagRecovered:
    """After a fall of at least `fall`, the bag has made up `recovered` of it from its low: the storm is over."""

    __pydantic_config__: ClassVar[dict[str, object]] = _STRICT
    kind: Literal["bag_recovered"] = "bag_recovered"
    fall: Annotated[float, Gt(0), Le(1)] = 0.15
    recovered: Annotated[float, Gt(0), Le(1)] = 0.5
    share: Share = 1.0
    is_done: bool = False

    def met(self, day: HedgeDay) -> bool:
        """Whether it fell far enough and has come back far enough."""
        return day.deepest >= self.fall - 1e-12 and self.made_up(day) >= self.recovered - 1e-12

    @staticmethod
    def made_up(day: HedgeDay) -> float:
        """The share of the deepest fall that has been made up."""
        lost = day.bag_at_start - day.bag_low
        return (day.bag - day.bag_low) / lost if lost > 0.0 else 0.0

    @property
    def text(self) -> str:
        """The rule in words."""
        return f"after a fall of {_share(self.fall)} or more the bag has made up {_share(self.recovered)} of it"

    def evidence(self, day: HedgeDay) -> str:
        """Where things stand."""
        return (
            f"The deepest fall was {day.deepest:.1%} (the rule asks for {_share(self.fall)}), of which "
            f"{max(self.made_up(day), 0.0):.0%} is made up (asked: {_share(self.recovered)})."
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class OnDate:
    """A day has come."""

    __pydantic_config__: ClassVar[dict[str, object]] = _STRICT
    kind: Literal["on_date"] = "on_date"
    day: date
    share: Share = 1.0
    is_done: bool = False

    def met(self, day: HedgeDay) -> bool:
        """Whether the day has come."""
        return day.day >= self.day

    @property
    def text(self) -> str:
        """The rule in words."""
        return f"{self.day:%d %b %Y} has come"

    def evidence(self, day: HedgeDay) -> str:
        """Where things stand."""
        left = (self.day - day.day).days
        return (
            f"{left} days are left." if left > 0 else f"The day was {-left} days ago." if left else "The day is today."
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class ExpiryNear:
    """A future that is held ends within `days`: the moment to review the hedge instead of rolling it by habit."""

    __pydantic_config__: ClassVar[dict[str, object]] = _STRICT
    kind: Literal["expiry_near"] = "expiry_near"
    days: Annotated[int, Ge(0), Le(90)] = 5
    share: Share = 1.0
    is_done: bool = False

    def met(self, day: HedgeDay) -> bool:
        """Whether the nearest expiry is that near."""
        return day.next_expiry is not None and day.next_expiry <= day.day + timedelta(days=self.days)

    @property
    def text(self) -> str:
        """The rule in words."""
        return f"a future that you hold ends within {days_text(self.days)}"

    def evidence(self, day: HedgeDay) -> str:
        """Where things stand."""
        if day.next_expiry is None:
            return "No future is held that ends."
        left = (day.next_expiry - day.day).days
        return f"The next expiry is {day.next_expiry:%d %b %Y}, in {days_text(left)}; the rule asks for {self.days}."


@dataclass(frozen=True, slots=True, kw_only=True)
class Catalyst:
    """Something that only a person can judge has happened: a listing, an approval, a launch. Ticked by hand."""

    __pydantic_config__: ClassVar[dict[str, object]] = _STRICT
    kind: Literal["catalyst"] = "catalyst"
    event: Annotated[str, MaxLen(200)] = "a strong new catalyst"
    has_happened: bool = False
    share: Share = 1.0
    is_done: bool = False

    def met(self, day: HedgeDay) -> bool:
        """Whether it has been ticked."""
        return self.has_happened

    @property
    def text(self) -> str:
        """The rule in words."""
        return f"{self.event} (you tick it)"

    def evidence(self, day: HedgeDay) -> str:
        """Where things stand."""
        return "You have ticked it." if self.has_happened else "You have not ticked it."


@dataclass(frozen=True, slots=True, kw_only=True)
class LossLimit:
    """The hedge has lost more than `loss` of what the bag was worth when it was opened."""

    __pydantic_config__: ClassVar[dict[str, object]] = _STRICT
    kind: Literal["loss_limit"] = "loss_limit"
    loss: Annotated[float, Gt(0), Le(5)] = 0.15
    share: Share = 1.0
    is_done: bool = False

    def met(self, day: HedgeDay) -> bool:
        """Whether the loss is beyond the limit."""
        return day.bag_at_start > 0.0 and day.hedge_pnl <= -self.loss * day.bag_at_start

    @property
    def text(self) -> str:
        """The rule in words."""
        return f"the hedge has lost {_share(self.loss)} of the bag's value at the start"

    def evidence(self, day: HedgeDay) -> str:
        """Where things stand."""
        limit = signed_usd(-self.loss * day.bag_at_start)
        return f"The hedge stands at {signed_usd(day.hedge_pnl)}; the limit is {limit}."


@dataclass(frozen=True, slots=True, kw_only=True)
class CarryLimit:
    """Over the last 30 days the short has paid more than `paid` a year: the insurance has become too dear."""

    __pydantic_config__: ClassVar[dict[str, object]] = _STRICT
    kind: Literal["carry_limit"] = "carry_limit"
    paid: Annotated[float, Gt(0), Le(5)] = 0.3
    share: Share = 1.0
    is_done: bool = False

    def met(self, day: HedgeDay) -> bool:
        """Whether the short pays more than the limit; never where the carry is unknown."""
        return day.carry_rate is not None and day.carry_rate <= -self.paid

    @property
    def text(self) -> str:
        """The rule in words."""
        return f"the short pays {_share(self.paid)} a year or more (mean of 30 days)"

    def evidence(self, day: HedgeDay) -> str:
        """Where things stand."""
        if day.carry_rate is None:
            return "What the short earns or pays is not known."
        verb = "earned" if day.carry_rate >= 0 else "paid"
        return f"The short {verb} {abs(day.carry_rate):.1%} a year over 30 days; the limit is {_share(self.paid)} paid."


class _ByKind:
    """Documents tell the rules apart by `kind`; pydantic is loaded when the first one is read."""

    def __get_pydantic_core_schema__(self, source: Any, handler: Any) -> Any:
        from pydantic import Field

        return handler.generate_schema(Annotated[source, Field(discriminator="kind")])


ExitRule = Annotated[FallReached | BagRecovered | OnDate | ExpiryNear | Catalyst | LossLimit | CarryLimit, _ByKind()]
"""Any of the rules."""


def instruction(rule: ExitRule) -> str:
    """What to do when the rule is met."""
    return "Buy all of the short back." if rule.share >= 1.0 else f"Buy {_share(rule.share)} of the short back."


def _share(fraction: float) -> str:
    """12.5% as it was set, not rounded to 12%."""
    return f"{100.0 * fraction:.6g}%"


def _percent(fraction: float) -> str:
    return f"{fraction:+.1%}".replace("-", "−")
