"""What an entry rule is: a condition on which to open the hedge. `entry_rules` has the rules themselves.

A plan with entry rules is *armed* as long as nothing is open: the monitor checks the rules, and when one is met it
tells the holder once, with the orders worked out at that moment. A rule compares one figure of a `MarketDay` with its
own limit, and nothing else, so that the same rule can be checked today and replayed on every day of history. A rule
that has been carried out, or that the holder has set aside, is marked `is_done`.

The class of a rule owns all that is known about it, as an exit rule's does.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Annotated, ClassVar

from hedge_core.plan.exit_rule import rule_key
from hedge_core.plan.market_day import MarketDay
from hedge_core.plan.schema import STRICT, About

NO_PRICES = "Too few days of prices are known, so this rule cannot be checked."


@dataclass(frozen=True, slots=True, kw_only=True)
class EntryRule(ABC):
    """The base of all entry rules.

    A subclass sets `kind` (its name in documents and links), `title` (its name in the form), `can_be_replayed` (whether
    past days can answer it) and `unknown` (what it says without its figure). It adds its own fields, with places in
    links from 1 on, and defines `figure`, `_is_beyond`, `text` and `_compared`.
    """

    __pydantic_config__: ClassVar[dict[str, object]] = STRICT
    title: ClassVar[str]
    can_be_replayed: ClassVar[bool]
    unknown: ClassVar[str]

    kind: str
    is_done: Annotated[
        bool,
        About(link=0, help="True once carried out or set aside.", ticks=("Set it aside", "Arm it again")),
    ] = False

    @abstractmethod
    def figure(self, day: MarketDay) -> float | None:
        """The figure of the day that the rule compares with its limit, None if it is unknown."""

    @abstractmethod
    def _is_beyond(self, figure: float) -> bool:
        """Whether a figure meets the rule."""

    @property
    @abstractmethod
    def text(self) -> str:
        """The condition in words, to follow "if" or "when"."""

    @abstractmethod
    def _compared(self, figure: float, day: MarketDay) -> str:
        """A sentence that compares the figure with the rule."""

    def met(self, day: MarketDay) -> bool:
        """Whether the condition is met; never on a day on which its figure is unknown."""
        figure = self.figure(day)
        return figure is not None and self._is_beyond(figure)

    def evidence(self, day: MarketDay) -> str:
        """A sentence that compares the day's figure with the rule, or says that it is unknown."""
        figure = self.figure(day)
        return self.unknown if figure is None else self._compared(figure, day)

    @property
    def key(self) -> str:
        """The key of the rule's alert: its kind and its conditions, without marks and words (see `rule_key`)."""
        return rule_key("entry_rule", self)
