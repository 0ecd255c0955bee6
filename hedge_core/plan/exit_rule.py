"""What an exit rule is, and the figures of one day that it looks at. `rules` has the rules themselves.

A rule is part of the plan. It holds a condition, and the `share` of the short to buy back when
the condition is met; several rules with smaller shares close the hedge in steps. A rule reads one `HedgeDay` and
nothing else, so that the same rule can be checked today and replayed on every day of history. A rule that has been
carried out is marked `is_done`.

The class of a rule owns all that is known about it: the fields with their bounds, words and places in links, when it
is met, how it reads, which figures it needs and how it is replayed.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from datetime import date
from enum import Enum
from typing import Annotated, Any, ClassVar, Literal

from annotated_types import Gt, Le

from hedge_core.plan.schema import STRICT, About, fields_of

Figure = Literal["bag", "carry", "expiry"]
"""Figures of a day that may be unknown: the bag's value at the start and since, the carry rate, the next expiry."""

WITHOUT: dict[Figure, str] = {
    "bag": "The value of the bag at the start is unknown, so this rule cannot be checked.",
    "carry": "What the short earns or pays is unknown.",
    "expiry": "None of your futures expires.",
}
"""What a rule says on a day without a figure that it needs."""


class Replay(Enum):
    """How a rule is replayed on past days."""

    EACH_TIME = "the hedge is opened again on the next day, and the rule starts anew"
    ONCE = "opening the hedge again changes nothing: a rule that stays met closes the hedge only once"
    NEVER = "history cannot answer it: the rule depends on the calendar or on the user's judgement"


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

    def has(self, figure: Figure) -> bool:
        """Whether a figure is known on this day."""
        known: dict[Figure, bool] = {
            "bag": self.bag_at_start > 0.0,
            "carry": self.carry_rate is not None,
            "expiry": self.next_expiry is not None,
        }
        return known[figure]


@dataclass(frozen=True, slots=True, kw_only=True)
class ExitRule(ABC):
    """The base of all exit rules.

    A subclass sets `kind` (its name in documents and links), `title` (its name in the form), `needs` (the figures
    without which it cannot be met) and `replay`. It adds its own fields, with places in links from 2 on, and defines
    `_is_met`, `text` and `_compared`.
    """

    __pydantic_config__: ClassVar[dict[str, object]] = STRICT
    title: ClassVar[str]
    needs: ClassVar[frozenset[Figure]]
    replay: ClassVar[Replay]

    kind: str
    share: Annotated[
        float,
        Gt(0),
        Le(1),
        About(link=0, label="Share of the short to buy back", unit="%", help="Share of the short to buy back."),
    ] = 1.0
    is_done: Annotated[
        bool,
        About(link=1, help="True once carried out.", ticks=("I have carried it out", "Not done after all")),
    ] = False

    @abstractmethod
    def _is_met(self, day: HedgeDay) -> bool:
        """Whether the condition is met on a day on which all figures in `needs` are known."""

    @property
    @abstractmethod
    def text(self) -> str:
        """The condition in words, to follow "if" or "when"."""

    @abstractmethod
    def _compared(self, day: HedgeDay) -> str:
        """A sentence that compares the figures of the day with the rule."""

    def met(self, day: HedgeDay) -> bool:
        """Whether the condition is met; never on a day without a figure that the rule needs."""
        return all(day.has(figure) for figure in self.needs) and self._is_met(day)

    def evidence(self, day: HedgeDay) -> str:
        """A sentence that compares the figures of the day with the rule, or says which figure is unknown."""
        missing = [WITHOUT[figure] for figure in WITHOUT if figure in self.needs and not day.has(figure)]
        return missing[0] if missing else self._compared(day)

    def loss_at(self, bag_value: float) -> float | None:
        """The loss of the hedge in USD at which the rule is met, for a bag of this value; None if it limits no loss."""
        return None

    @property
    def instruction(self) -> str:
        """What the holder must do when the rule is met, as a sentence."""
        return "Buy back the whole short." if self.share >= 1.0 else f"Buy back {share_text(self.share)} of the short."

    @property
    def key(self) -> str:
        """The key of the rule's alert: its kind and the fields that differ from what their absence means in links.

        It depends on no words. Marks such as `is_done` are not part of it, and a field that is added later changes no
        key while it has its default.
        """
        return rule_key("exit_rule", self)


def rule_key(prefix: str, rule: Any) -> str:
    """A key of a rule: `prefix`, its kind, and its fields that differ from their defaults in links, without marks."""
    parts = [prefix, rule.kind]
    for one in fields_of(type(rule)):
        value = getattr(rule, one.name)
        if one.about.link is not None and one.about.ticks is None and value != one.link_default:
            parts.append(f"{one.name}={value:.15g}" if isinstance(value, float) else f"{one.name}={value}")
    return ":".join(parts)


def share_text(fraction: float) -> str:
    """The fraction as a percentage with all the digits that were set: 12.5% is not rounded to 12%."""
    return f"{100.0 * fraction:.6g}%"
