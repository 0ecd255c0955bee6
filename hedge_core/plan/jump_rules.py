"""Entry rules that are met when a figure of the bag has jumped: coins that begin to move together, or further."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass
from typing import Annotated, ClassVar, Literal

from annotated_types import Ge, Gt, Le

from hedge_core.plan.entry_rule import NO_PRICES, EntryRule
from hedge_core.plan.exit_rule import share_text
from hedge_core.plan.market_day import MarketDay
from hedge_core.plan.schema import About
from hedge_core.text import days_text, percent


@dataclass(frozen=True, slots=True, kw_only=True)
class _Jumped(EntryRule):
    """Base of the rules that compare a figure of the bag over `days` days with that of the year before.

    A subclass says which figure it is (`noun`) and adds `jump`, by how much it must have risen.
    """

    can_be_replayed: ClassVar[bool] = True
    unknown: ClassVar[str] = NO_PRICES
    noun: ClassVar[str]

    days: Annotated[
        int, Ge(20), Le(180), About(link=1, label="Over", unit="days", help="Days of the present figure.")
    ] = 30

    @property
    @abstractmethod
    def limit(self) -> float:
        """By how much the figure must have risen."""

    @property
    @abstractmethod
    def limit_text(self) -> str:
        """The limit in words."""

    def _is_beyond(self, figure: float) -> bool:
        return figure >= self.limit - 1e-12

    @property
    def text(self) -> str:
        """The condition in words, to follow "if" or "when"."""
        more = f"{self.limit_text} or more above that of the year before"
        return f"the bag's {self.noun} over {days_text(self.days)} is {more}"


@dataclass(frozen=True, slots=True, kw_only=True)
class BetaJumped(_Jumped):
    """Is met when the bag's beta to the market over `days` days is at least `jump` above that of the year before."""

    title: ClassVar[str] = "The bag's beta has jumped"
    noun: ClassVar[str] = "beta to the market"

    kind: Literal["beta_jumped"] = "beta_jumped"
    jump: Annotated[
        float, Gt(0), Le(5), About(link=2, label="Above the year before by", unit="%", help="Relative to that beta.")
    ] = 0.3

    @property
    def limit(self) -> float:
        """The relative change of the beta, a fraction."""
        return self.jump

    @property
    def limit_text(self) -> str:
        """The limit in percent."""
        return share_text(self.jump)

    def figure(self, day: MarketDay) -> float | None:
        """The relative change of the beta, a fraction."""
        return day.beta_jump(self.days)

    def _compared(self, figure: float, day: MarketDay) -> str:
        return f"The beta differs from that of the year before by {percent(figure, signed=True)}."


@dataclass(frozen=True, slots=True, kw_only=True)
class CorrelationJumped(_Jumped):
    """Is met when the bag's correlation with the market over `days` days exceeds that of the year before by `jump`."""

    title: ClassVar[str] = "The bag's correlation has jumped"
    noun: ClassVar[str] = "correlation with the market"

    kind: Literal["correlation_jumped"] = "correlation_jumped"
    jump: Annotated[
        float, Gt(0), Le(1), About(link=2, label="Above the year before by", unit="%", help="100% is a whole 1.")
    ] = 0.2

    @property
    def limit(self) -> float:
        """The change of the correlation."""
        return self.jump

    @property
    def limit_text(self) -> str:
        """The limit as a number."""
        return f"{self.jump:.6g}"

    def figure(self, day: MarketDay) -> float | None:
        """The change of the correlation."""
        return day.correlation_jump(self.days)

    def _compared(self, figure: float, day: MarketDay) -> str:
        return f"The correlation differs from that of the year before by {figure:+.2f}.".replace("-", "−")
