"""The exit rules: conditions for closing the hedge, which the holder sets in advance and the monitor checks.

Step six of the method. Each rule is one class (`exit_rule.ExitRule` says what it states), and EXIT_RULES lists them.
Documents, links, the form, the replay and the monitor use the classes and know no rule by name.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Annotated, ClassVar, Literal

from annotated_types import Ge, Gt, Le, MaxLen

from hedge_core.plan.exit_rule import ExitRule, Figure, HedgeDay, Replay, share_text
from hedge_core.plan.schema import About, OneOf
from hedge_core.text import days_text, signed_usd


@dataclass(frozen=True, slots=True, kw_only=True)
class FallReached(ExitRule):
    """Is met when the bag has fallen by at least `fall` (a fraction) since the hedge was opened."""

    title: ClassVar[str] = "The fall has come"
    needs: ClassVar[frozenset[Figure]] = frozenset(("bag",))
    replay: ClassVar[Replay] = Replay.EACH_TIME

    kind: Literal["fall_reached"] = "fall_reached"
    fall: Annotated[
        float,
        Gt(0),
        Le(1),
        About(link=2, label="Fall of the bag", unit="%", help="Fall of the bag since the first fill."),
    ] = 0.25

    def _is_met(self, day: HedgeDay) -> bool:
        return day.bag_move <= -self.fall + 1e-12

    @property
    def text(self) -> str:
        """The condition in words, to follow "if" or "when"."""
        return f"the bag has fallen {share_text(self.fall)} since the hedge was opened"

    def _compared(self, day: HedgeDay) -> str:
        since = f"since {day.opened_on:%d %b %Y}"
        return f"The bag has moved {_percent(day.bag_move)} {since}; the rule is met at −{share_text(self.fall)}."


@dataclass(frozen=True, slots=True, kw_only=True)
class BagRecovered(ExitRule):
    """Is met when the bag fell by at least `fall` and has since recovered the share `recovered` of its largest fall."""

    title: ClassVar[str] = "The bag has recovered"
    needs: ClassVar[frozenset[Figure]] = frozenset(("bag",))
    replay: ClassVar[Replay] = Replay.EACH_TIME

    kind: Literal["bag_recovered"] = "bag_recovered"
    fall: Annotated[
        float,
        Gt(0),
        Le(1),
        About(link=2, label="After a fall of at least", unit="%", help="Fall of the bag that must have come first."),
    ] = 0.15
    recovered: Annotated[
        float,
        Gt(0),
        Le(1),
        About(link=3, label="Recovered", unit="%", help="Share of its largest fall that the bag has recovered."),
    ] = 0.5

    def _is_met(self, day: HedgeDay) -> bool:
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
        return f"after a fall of {share_text(self.fall)} or more the bag has made up {share_text(self.recovered)} of it"

    def _compared(self, day: HedgeDay) -> str:
        return (
            f"The largest fall was {day.deepest:.1%} (the rule needs {share_text(self.fall)}), and the bag has "
            f"recovered {max(self.recovered_fraction(day), 0.0):.0%} of it (the rule needs "
            f"{share_text(self.recovered)})."
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class OnDate(ExitRule):
    """Is met from `day` on."""

    title: ClassVar[str] = "A day has come"
    needs: ClassVar[frozenset[Figure]] = frozenset()
    replay: ClassVar[Replay] = Replay.NEVER

    kind: Literal["on_date"] = "on_date"
    day: Annotated[date, About(link=2, label="Day", help="The rule is met from this day on.")]

    def _is_met(self, day: HedgeDay) -> bool:
        return day.day >= self.day

    @property
    def text(self) -> str:
        """The condition in words, to follow "if" or "when"."""
        return f"{self.day:%d %b %Y} has come"

    def _compared(self, day: HedgeDay) -> str:
        left = (self.day - day.day).days
        if left > 0:
            return f"The date is {days_text(left)} away."
        return f"The date was {days_text(-left)} ago." if left else "The date is today."


@dataclass(frozen=True, slots=True, kw_only=True)
class ExpiryNear(ExitRule):
    """Is met when a future that is short expires within `days` days: review the hedge instead of just rolling it."""

    title: ClassVar[str] = "A future is about to end"
    needs: ClassVar[frozenset[Figure]] = frozenset(("expiry",))
    replay: ClassVar[Replay] = Replay.NEVER

    kind: Literal["expiry_near"] = "expiry_near"
    days: Annotated[
        int,
        Ge(0),
        Le(90),
        About(link=2, label="Days before", unit="days", help="Days before the expiry of a future that you hold."),
    ] = 5

    def _is_met(self, day: HedgeDay) -> bool:
        return day.next_expiry is not None and day.next_expiry <= day.day + timedelta(days=self.days)

    @property
    def text(self) -> str:
        """The condition in words, to follow "if" or "when"."""
        return f"a future that you hold ends within {days_text(self.days)}"

    def _compared(self, day: HedgeDay) -> str:
        assert day.next_expiry is not None
        left = (day.next_expiry - day.day).days
        limit = f"the rule is met {days_text(self.days)} before it"
        return f"The next expiry is {day.next_expiry:%d %b %Y}, in {days_text(left)}; {limit}."


@dataclass(frozen=True, slots=True, kw_only=True)
class Catalyst(ExitRule):
    """Is met when the user ticks that `event` has happened, for example a listing, an approval or a launch."""

    title: ClassVar[str] = "A catalyst (you tick it)"
    needs: ClassVar[frozenset[Figure]] = frozenset()
    replay: ClassVar[Replay] = Replay.NEVER

    kind: Literal["catalyst"] = "catalyst"
    event: Annotated[
        str, MaxLen(200), About(link=2, label="What has to happen", help="What has to happen, in your words.")
    ] = "a strong new catalyst"
    has_happened: Annotated[
        bool,
        About(link=3, help="True once it has happened.", ticks=("It has happened", "It has not happened")),
    ] = False

    def _is_met(self, day: HedgeDay) -> bool:
        return self.has_happened

    @property
    def text(self) -> str:
        """The condition in words, to follow "if" or "when"."""
        return f"{self.event} (you tick it)"

    def _compared(self, day: HedgeDay) -> str:
        return "You have ticked it." if self.has_happened else "You have not ticked it."


@dataclass(frozen=True, slots=True, kw_only=True)
class LossLimit(ExitRule):
    """Is met when the hedge has lost `loss` (a fraction) or more of the bag's value at the time it was opened."""

    title: ClassVar[str] = "The hedge has lost too much"
    needs: ClassVar[frozenset[Figure]] = frozenset(("bag",))
    replay: ClassVar[Replay] = Replay.EACH_TIME

    kind: Literal["loss_limit"] = "loss_limit"
    loss: Annotated[
        float,
        Gt(0),
        Le(5),
        About(
            link=2,
            label="Loss, as a share of the bag at the start",
            unit="%",
            help="Loss of the hedge, as a share of the bag's value at the start.",
        ),
    ] = 0.15

    def _is_met(self, day: HedgeDay) -> bool:
        return day.hedge_pnl <= -self.loss * day.bag_at_start

    def loss_at(self, bag_value: float) -> float:
        """The loss of the hedge in USD at which the rule is met, for a bag of this value."""
        return self.loss * bag_value

    @property
    def text(self) -> str:
        """The condition in words, to follow "if" or "when"."""
        return f"the hedge has lost {share_text(self.loss)} of the bag's value at the start"

    def _compared(self, day: HedgeDay) -> str:
        limit = signed_usd(-self.loss * day.bag_at_start)
        return f"The hedge has made {signed_usd(day.hedge_pnl)}; the limit is {limit}."


@dataclass(frozen=True, slots=True, kw_only=True)
class CarryLimit(ExitRule):
    """Is met when the shorts paid `paid` per year or more over the last 30 days: the hedge has become too expensive."""

    title: ClassVar[str] = "The carry has become too expensive"
    needs: ClassVar[frozenset[Figure]] = frozenset(("carry",))
    replay: ClassVar[Replay] = Replay.ONCE

    kind: Literal["carry_limit"] = "carry_limit"
    paid: Annotated[
        float,
        Gt(0),
        Le(5),
        About(link=2, label="Paid per year", unit="%", help="Funding that the short pays per year, over 30 days."),
    ] = 0.3

    def _is_met(self, day: HedgeDay) -> bool:
        return day.carry_rate is not None and day.carry_rate <= -self.paid

    @property
    def text(self) -> str:
        """The condition in words, to follow "if" or "when"."""
        return f"the short pays {share_text(self.paid)} a year or more (mean of 30 days)"

    def _compared(self, day: HedgeDay) -> str:
        rate = day.carry_rate or 0.0
        verb = "earned" if rate >= 0 else "paid"
        limit = f"the limit is paying {share_text(self.paid)}"
        return f"Over the last 30 days the short {verb} {abs(rate):.1%} per year; {limit}."


EXIT_RULES: tuple[type[ExitRule], ...] = (
    FallReached,
    BagRecovered,
    OnDate,
    ExpiryNear,
    Catalyst,
    LossLimit,
    CarryLimit,
)
"""Every exit rule, in the order in which the form offers them."""

AnyExitRule = Annotated[ExitRule, OneOf(*EXIT_RULES, tag="kind")]
"""The type of a rule in a plan: any member of EXIT_RULES, told apart by `kind`."""


def _percent(fraction: float) -> str:
    return f"{fraction:+.1%}".replace("-", "−")
