"""Exit rules: conditions for closing the hedge, which the holder sets in advance and the monitor checks.

Step six of the method. A rule is part of the plan. It holds a condition, and the `share` of the short to buy back when
the condition is met; several rules with smaller shares close the hedge in steps. A rule reads one `HedgeDay` and
nothing else, so that the same rule can be checked today and replayed on every day of history. A rule that has been
carried out is marked `is_done`.

The `text` of a rule is part of the key under which the monitor saves an alert (`monitoring.daily_check`). If it is
reworded, alerts saved earlier are no longer recognised.
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
    """The figures of one day that rules look at; money in USD.

    `bag` is the value of the hedged coins, `bag_at_start` their value when the hedge was opened (at today's quantities;
    0 if unknown) and `bag_low` the lowest value since. `hedge_pnl` is the profit or loss of the shorts since then,
    costs and funding included. `carry_rate` is what the shorts earned per year over the last 30 days, as a fraction of
    notional, negative if they paid (None: unknown). `next_expiry` is the earliest expiry among the futures that are
    short (None: no future expires).
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
        """The bag's move since the hedge was opened, as a fraction; 0 if the start value is unknown."""
        return self.bag / self.bag_at_start - 1.0 if self.bag_at_start > 0.0 else 0.0

    @property
    def deepest(self) -> float:
        """The bag's largest fall since the hedge was opened, a fraction >= 0; 0 if the start value is unknown."""
        return max(0.0, 1.0 - self.bag_low / self.bag_at_start) if self.bag_at_start > 0.0 else 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class FallReached:
    """Is met when the bag has fallen by at least `fall` (a fraction) since the hedge was opened."""

    __pydantic_config__: ClassVar[dict[str, object]] = _STRICT
    kind: Literal["fall_reached"] = "fall_reached"
    fall: Annotated[float, Gt(0), Le(1)] = 0.25
    share: Share = 1.0
    is_done: bool = False

    def met(self, day: HedgeDay) -> bool:
        """Whether the bag has fallen that far."""
        return day.bag_move <= -self.fall + 1e-12

    @property
    def text(self) -> str:
        """The condition in words, to follow "if" or "when"."""
        return f"the bag has fallen {_share(self.fall)} since the hedge was opened"

    def evidence(self, day: HedgeDay) -> str:
        """A sentence that compares the figures of the day with the rule."""
        since = f"since {day.opened_on:%d %b %Y}"
        return f"The bag has moved {_percent(day.bag_move)} {since}; the rule is met at −{_share(self.fall)}."


@dataclass(frozen=True, slots=True, kw_only=True)
class BagRecovered:
    """Is met when the bag fell by at least `fall` and has since recovered the share `recovered` of its largest fall."""

    __pydantic_config__: ClassVar[dict[str, object]] = _STRICT
    kind: Literal["bag_recovered"] = "bag_recovered"
    fall: Annotated[float, Gt(0), Le(1)] = 0.15
    recovered: Annotated[float, Gt(0), Le(1)] = 0.5
    share: Share = 1.0
    is_done: bool = False

    def met(self, day: HedgeDay) -> bool:
        """Whether the bag fell far enough and has recovered far enough."""
        return day.deepest >= self.fall - 1e-12 and self.recovered_fraction(day) >= self.recovered - 1e-12

    @staticmethod
    def recovered_fraction(day: HedgeDay) -> float:
        """The fraction of its largest fall that the bag has recovered, above 1 once it exceeds its starting value.

        0 if the bag has not fallen or its starting value is unknown.
        """
        lost = day.bag_at_start - day.bag_low
        return (day.bag - day.bag_low) / lost if lost > 0.0 else 0.0

    @property
    def text(self) -> str:
        """The condition in words, to follow "if" or "when"."""
        return f"after a fall of {_share(self.fall)} or more the bag has made up {_share(self.recovered)} of it"

    def evidence(self, day: HedgeDay) -> str:
        """A sentence that compares the figures of the day with the rule."""
        return (
            f"The largest fall was {day.deepest:.1%} (the rule needs {_share(self.fall)}), and the bag has recovered "
            f"{max(self.recovered_fraction(day), 0.0):.0%} of it (the rule needs {_share(self.recovered)})."
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class OnDate:
    """Is met from `day` on."""

    __pydantic_config__: ClassVar[dict[str, object]] = _STRICT
    kind: Literal["on_date"] = "on_date"
    day: date
    share: Share = 1.0
    is_done: bool = False

    def met(self, day: HedgeDay) -> bool:
        """Whether it is that day or later."""
        return day.day >= self.day

    @property
    def text(self) -> str:
        """The condition in words, to follow "if" or "when"."""
        return f"{self.day:%d %b %Y} has come"

    def evidence(self, day: HedgeDay) -> str:
        """A sentence that compares the figures of the day with the rule."""
        left = (self.day - day.day).days
        if left > 0:
            return f"The date is {days_text(left)} away."
        return f"The date was {days_text(-left)} ago." if left else "The date is today."


@dataclass(frozen=True, slots=True, kw_only=True)
class ExpiryNear:
    """Is met when a future that is short expires within `days` days: review the hedge instead of just rolling it."""

    __pydantic_config__: ClassVar[dict[str, object]] = _STRICT
    kind: Literal["expiry_near"] = "expiry_near"
    days: Annotated[int, Ge(0), Le(90)] = 5
    share: Share = 1.0
    is_done: bool = False

    def met(self, day: HedgeDay) -> bool:
        """Whether the next expiry is that close."""
        return day.next_expiry is not None and day.next_expiry <= day.day + timedelta(days=self.days)

    @property
    def text(self) -> str:
        """The condition in words, to follow "if" or "when"."""
        return f"a future that you hold ends within {days_text(self.days)}"

    def evidence(self, day: HedgeDay) -> str:
        """A sentence that compares the figures of the day with the rule."""
        if day.next_expiry is None:
            return "None of your futures expires."
        left = (day.next_expiry - day.day).days
        limit = f"the rule is met {days_text(self.days)} before it"
        return f"The next expiry is {day.next_expiry:%d %b %Y}, in {days_text(left)}; {limit}."


@dataclass(frozen=True, slots=True, kw_only=True)
class Catalyst:
    """Is met when the user ticks that `event` has happened, for example a listing, an approval or a launch."""

    __pydantic_config__: ClassVar[dict[str, object]] = _STRICT
    kind: Literal["catalyst"] = "catalyst"
    event: Annotated[str, MaxLen(200)] = "a strong new catalyst"
    has_happened: bool = False
    share: Share = 1.0
    is_done: bool = False

    def met(self, day: HedgeDay) -> bool:
        """Whether the user has ticked the event."""
        return self.has_happened

    @property
    def text(self) -> str:
        """The condition in words, to follow "if" or "when"."""
        return f"{self.event} (you tick it)"

    def evidence(self, day: HedgeDay) -> str:
        """A sentence that compares the figures of the day with the rule."""
        return "You have ticked it." if self.has_happened else "You have not ticked it."


@dataclass(frozen=True, slots=True, kw_only=True)
class LossLimit:
    """Is met when the hedge has lost `loss` (a fraction) or more of the bag's value at the time it was opened."""

    __pydantic_config__: ClassVar[dict[str, object]] = _STRICT
    kind: Literal["loss_limit"] = "loss_limit"
    loss: Annotated[float, Gt(0), Le(5)] = 0.15
    share: Share = 1.0
    is_done: bool = False

    def met(self, day: HedgeDay) -> bool:
        """Whether the loss has reached the limit; never if the bag's value at the start is unknown."""
        return day.bag_at_start > 0.0 and day.hedge_pnl <= -self.loss * day.bag_at_start

    @property
    def text(self) -> str:
        """The condition in words, to follow "if" or "when"."""
        return f"the hedge has lost {_share(self.loss)} of the bag's value at the start"

    def evidence(self, day: HedgeDay) -> str:
        """A sentence that compares the figures of the day with the rule."""
        limit = signed_usd(-self.loss * day.bag_at_start)
        return f"The hedge has made {signed_usd(day.hedge_pnl)}; the limit is {limit}."


@dataclass(frozen=True, slots=True, kw_only=True)
class CarryLimit:
    """Is met when the shorts paid `paid` per year or more over the last 30 days: the hedge has become too expensive."""

    __pydantic_config__: ClassVar[dict[str, object]] = _STRICT
    kind: Literal["carry_limit"] = "carry_limit"
    paid: Annotated[float, Gt(0), Le(5)] = 0.3
    share: Share = 1.0
    is_done: bool = False

    def met(self, day: HedgeDay) -> bool:
        """Whether the carry paid has reached the limit; never if the carry is unknown."""
        return day.carry_rate is not None and day.carry_rate <= -self.paid

    @property
    def text(self) -> str:
        """The condition in words, to follow "if" or "when"."""
        return f"the short pays {_share(self.paid)} a year or more (mean of 30 days)"

    def evidence(self, day: HedgeDay) -> str:
        """A sentence that compares the figures of the day with the rule."""
        if day.carry_rate is None:
            return "What the short earns or pays is unknown."
        verb = "earned" if day.carry_rate >= 0 else "paid"
        limit = f"the limit is paying {_share(self.paid)}"
        return f"Over the last 30 days the short {verb} {abs(day.carry_rate):.1%} per year; {limit}."


class _ByKind:
    """Tells pydantic to distinguish the rules by `kind`; pydantic is imported only when a document is read."""

    def __get_pydantic_core_schema__(self, source: Any, handler: Any) -> Any:
        from pydantic import Field

        return handler.generate_schema(Annotated[source, Field(discriminator="kind")])


ExitRule = Annotated[FallReached | BagRecovered | OnDate | ExpiryNear | Catalyst | LossLimit | CarryLimit, _ByKind()]
"""Any of the seven kinds of rule."""


def instruction(rule: ExitRule) -> str:
    """What the holder must do when the rule is met, as a sentence."""
    return "Buy back the whole short." if rule.share >= 1.0 else f"Buy back {_share(rule.share)} of the short."


def _share(fraction: float) -> str:
    """The fraction as a percentage with all the digits that were set: 12.5% is not rounded to 12%."""
    return f"{100.0 * fraction:.6g}%"


def _percent(fraction: float) -> str:
    return f"{fraction:+.1%}".replace("-", "−")
