"""The entry rules: conditions for opening the hedge, which the holder sets in advance and the monitor checks.

They are the triggers of the method: a date that is known, a rally without end, a market that turns, insurance that is
cheap, coins that begin to move together, and the holder's own judgement. Each rule is one class (`entry_rule.EntryRule`
says what it states), and ENTRY_RULES lists them. No rule forecasts; `history.entry_replay` says what each has told.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Annotated, ClassVar, Literal

from annotated_types import Ge, Gt, Le, MaxLen

from hedge_core.plan.entry_rule import NO_PRICES, EntryRule
from hedge_core.plan.exit_rule import share_text
from hedge_core.plan.jump_rules import BetaJumped, CorrelationJumped
from hedge_core.plan.market_day import SERIES_WORDS, MarketDay, Series
from hedge_core.plan.schema import About, OneOf
from hedge_core.text import days_text, percent

Of = Annotated[Series, About(link=1, label="Of", help="The bag, the market (half Bitcoin, half Ether) or one coin.")]


@dataclass(frozen=True, slots=True, kw_only=True)
class EventAhead(EntryRule):
    """Is met when one of the user's events is at most `days` days away."""

    title: ClassVar[str] = "An event is ahead"
    can_be_replayed: ClassVar[bool] = False
    unknown: ClassVar[str] = "No event is entered for a day that is still to come."

    kind: Literal["event_ahead"] = "event_ahead"
    days: Annotated[
        int, Ge(0), Le(60), About(link=1, label="Days before", unit="days", help="Days before an event of yours.")
    ] = 2

    def figure(self, day: MarketDay) -> float | None:
        """The days to the nearest event."""
        return None if day.next_event is None else float((day.next_event - day.day).days)

    def _is_beyond(self, figure: float) -> bool:
        return figure <= self.days

    @property
    def text(self) -> str:
        """The condition in words, to follow "if" or "when"."""
        return f"an event of yours is {days_text(self.days)} away or less"

    def _compared(self, figure: float, day: MarketDay) -> str:
        return f"The next event is on {day.next_event:%d %b %Y}, in {days_text(int(figure))}."


@dataclass(frozen=True, slots=True, kw_only=True)
class DayAhead(EntryRule):
    """Is met from `days` days before `day` on."""

    title: ClassVar[str] = "A day is ahead"
    can_be_replayed: ClassVar[bool] = False
    unknown: ClassVar[str] = ""

    kind: Literal["day_ahead"] = "day_ahead"
    day: Annotated[date, About(link=1, label="Day", help="The day that you want to be hedged on.")]
    days: Annotated[
        int, Ge(0), Le(60), About(link=2, label="Days before", unit="days", help="Days before it on which to open.")
    ] = 0

    def figure(self, day: MarketDay) -> float | None:
        """The days to the day, negative once it is over."""
        return float((self.day - day.day).days)

    def _is_beyond(self, figure: float) -> bool:
        return figure <= self.days

    @property
    def text(self) -> str:
        """The condition in words, to follow "if" or "when"."""
        when = f"{self.day:%d %b %Y}"
        return f"{when} has come" if not self.days else f"{when} is {days_text(self.days)} away or less"

    def _compared(self, figure: float, day: MarketDay) -> str:
        if figure < 0:
            return f"It was {days_text(-int(figure))} ago."
        return f"It is {days_text(int(figure))} away." if figure else "It is today."


@dataclass(frozen=True, slots=True, kw_only=True)
class BelowAverage(EntryRule):
    """Is met when a price is at least `by` (a fraction) below its average of `days` days."""

    title: ClassVar[str] = "A price is below its average"
    can_be_replayed: ClassVar[bool] = True
    unknown: ClassVar[str] = NO_PRICES

    kind: Literal["below_average"] = "below_average"
    of: Of = "bag"
    days: Annotated[
        int, Ge(2), Le(365), About(link=2, label="Average of", unit="days", help="Days of the average.")
    ] = 50
    by: Annotated[
        float, Ge(0), Le(0.9), About(link=3, label="Below it by at least", unit="%", help="Distance below the average.")
    ] = 0.0

    def figure(self, day: MarketDay) -> float | None:
        """The distance from the average, a fraction."""
        return day.distance(self.of, self.days)

    def _is_beyond(self, figure: float) -> bool:
        return figure < 0.0 and figure <= -self.by + 1e-12

    @property
    def text(self) -> str:
        """The condition in words, to follow "if" or "when"."""
        by = f"{share_text(self.by)} or more " if self.by else ""
        return f"{SERIES_WORDS[self.of]} is {by}below the average of {days_text(self.days)}"

    def _compared(self, figure: float, day: MarketDay) -> str:
        return f"The distance from that average is {percent(figure, signed=True)}."


@dataclass(frozen=True, slots=True, kw_only=True)
class AboveAverage(EntryRule):
    """Is met when a price is at least `by` (a fraction) above its average of `days` days: a rally that runs away."""

    title: ClassVar[str] = "A price is far above its average"
    can_be_replayed: ClassVar[bool] = True
    unknown: ClassVar[str] = NO_PRICES

    kind: Literal["above_average"] = "above_average"
    of: Of = "bag"
    days: Annotated[
        int, Ge(2), Le(365), About(link=2, label="Average of", unit="days", help="Days of the average.")
    ] = 50
    by: Annotated[
        float, Gt(0), Le(10), About(link=3, label="Above it by at least", unit="%", help="Distance above the average.")
    ] = 0.3

    def figure(self, day: MarketDay) -> float | None:
        """The distance from the average, a fraction."""
        return day.distance(self.of, self.days)

    def _is_beyond(self, figure: float) -> bool:
        return figure >= self.by - 1e-12

    @property
    def text(self) -> str:
        """The condition in words, to follow "if" or "when"."""
        return f"{SERIES_WORDS[self.of]} is {share_text(self.by)} or more above the average of {days_text(self.days)}"

    def _compared(self, figure: float, day: MarketDay) -> str:
        return f"The distance from that average is {percent(figure, signed=True)}."


@dataclass(frozen=True, slots=True, kw_only=True)
class HasRisen(EntryRule):
    """Is met when a price has risen by at least `rise` (a fraction) over `days` days."""

    title: ClassVar[str] = "A price has risen"
    can_be_replayed: ClassVar[bool] = True
    unknown: ClassVar[str] = NO_PRICES

    kind: Literal["has_risen"] = "has_risen"
    of: Of = "bag"
    days: Annotated[
        int, Ge(1), Le(365), About(link=2, label="Over", unit="days", help="Days over which the return counts.")
    ] = 30
    rise: Annotated[float, Gt(0), Le(10), About(link=3, label="Rise", unit="%", help="Return over these days.")] = 0.5

    def figure(self, day: MarketDay) -> float | None:
        """The return over the days, a fraction."""
        return day.change(self.of, self.days)

    def _is_beyond(self, figure: float) -> bool:
        return figure >= self.rise - 1e-12

    @property
    def text(self) -> str:
        """The condition in words, to follow "if" or "when"."""
        return f"{SERIES_WORDS[self.of]} has risen {share_text(self.rise)} or more in {days_text(self.days)}"

    def _compared(self, figure: float, day: MarketDay) -> str:
        return f"The change over {days_text(self.days)} is {percent(figure, signed=True)}."


@dataclass(frozen=True, slots=True, kw_only=True)
class HasFallen(EntryRule):
    """Is met when a price has fallen by at least `fall` (a fraction) over `days` days."""

    title: ClassVar[str] = "A price has fallen"
    can_be_replayed: ClassVar[bool] = True
    unknown: ClassVar[str] = NO_PRICES

    kind: Literal["has_fallen"] = "has_fallen"
    of: Of = "bag"
    days: Annotated[
        int, Ge(1), Le(365), About(link=2, label="Over", unit="days", help="Days over which the return counts.")
    ] = 7
    fall: Annotated[float, Gt(0), Le(1), About(link=3, label="Fall", unit="%", help="Loss over these days.")] = 0.1

    def figure(self, day: MarketDay) -> float | None:
        """The return over the days, a fraction."""
        return day.change(self.of, self.days)

    def _is_beyond(self, figure: float) -> bool:
        return figure <= -self.fall + 1e-12

    @property
    def text(self) -> str:
        """The condition in words, to follow "if" or "when"."""
        return f"{SERIES_WORDS[self.of]} has fallen {share_text(self.fall)} or more in {days_text(self.days)}"

    def _compared(self, figure: float, day: MarketDay) -> str:
        return f"The change over {days_text(self.days)} is {percent(figure, signed=True)}."


@dataclass(frozen=True, slots=True, kw_only=True)
class VolatilityAbove(EntryRule):
    """Is met when the volatility of `days` days is at least `level` (per year, a fraction)."""

    title: ClassVar[str] = "Volatility is high"
    can_be_replayed: ClassVar[bool] = True
    unknown: ClassVar[str] = NO_PRICES

    kind: Literal["volatility_above"] = "volatility_above"
    of: Of = "bag"
    days: Annotated[int, Ge(5), Le(365), About(link=2, label="Over", unit="days", help="Days of the volatility.")] = 30
    level: Annotated[
        float, Gt(0), Le(10), About(link=3, label="Volatility per year", unit="%", help="Standard deviation per year.")
    ] = 1.0

    def figure(self, day: MarketDay) -> float | None:
        """The volatility per year, a fraction."""
        return day.volatility(self.of, self.days)

    def _is_beyond(self, figure: float) -> bool:
        return figure >= self.level - 1e-12

    @property
    def text(self) -> str:
        """The condition in words, to follow "if" or "when"."""
        where = SERIES_WORDS[self.of]
        return f"the volatility of {where} over {days_text(self.days)} is {share_text(self.level)} per year or more"

    def _compared(self, figure: float, day: MarketDay) -> str:
        return f"The volatility is {figure:.1%} per year."


@dataclass(frozen=True, slots=True, kw_only=True)
class FundingAbove(EntryRule):
    """Is met when the plan's perpetuals earned a short at least `rate` per year over `days` days.

    High funding is what a crowd of longs pays: the hedge is then paid for, and the market is stretched.
    """

    title: ClassVar[str] = "Funding pays the short"
    can_be_replayed: ClassVar[bool] = True
    unknown: ClassVar[str] = "The funding of this plan's contracts is unknown, so this rule cannot be checked."

    kind: Literal["funding_above"] = "funding_above"
    days: Annotated[int, Ge(1), Le(90), About(link=1, label="Over", unit="days", help="Days of the mean.")] = 7
    rate: Annotated[
        float, Gt(0), Le(5), About(link=2, label="Earned per year", unit="%", help="Funding that the short earns.")
    ] = 0.2

    def figure(self, day: MarketDay) -> float | None:
        """What the short earned per year, a fraction."""
        return day.carry_rate(self.days)

    def _is_beyond(self, figure: float) -> bool:
        return figure >= self.rate - 1e-12

    @property
    def text(self) -> str:
        """The condition in words, to follow "if" or "when"."""
        return f"the short would have earned {share_text(self.rate)} a year or more over {days_text(self.days)}"

    def _compared(self, figure: float, day: MarketDay) -> str:
        verb = "earned" if figure >= 0 else "paid"
        return f"Over {days_text(self.days)} a short {verb} {abs(figure):.1%} per year."


@dataclass(frozen=True, slots=True, kw_only=True)
class ByHand(EntryRule):
    """Is met when the user ticks that `event` has happened, for example that a story runs out of believers."""

    title: ClassVar[str] = "By hand (you tick it)"
    can_be_replayed: ClassVar[bool] = False
    unknown: ClassVar[str] = "You have not ticked it."

    kind: Literal["by_hand"] = "by_hand"
    event: Annotated[
        str, MaxLen(200), About(link=1, label="What has to happen", help="What has to happen, in your words.")
    ] = "the story is running out of believers"
    has_happened: Annotated[
        bool,
        About(link=2, help="True once it has happened.", ticks=("It has happened", "It has not happened")),
    ] = False

    def figure(self, day: MarketDay) -> float | None:
        """1 once it has happened."""
        return 1.0 if self.has_happened else None

    def _is_beyond(self, figure: float) -> bool:
        return True

    @property
    def text(self) -> str:
        """The condition in words, to follow "if" or "when"."""
        return f"{self.event} (you tick it)"

    def _compared(self, figure: float, day: MarketDay) -> str:
        return "You have ticked it."


ENTRY_RULES: tuple[type[EntryRule], ...] = (
    EventAhead,
    DayAhead,
    BelowAverage,
    AboveAverage,
    HasRisen,
    HasFallen,
    VolatilityAbove,
    FundingAbove,
    BetaJumped,
    CorrelationJumped,
    ByHand,
)
"""Every entry rule, in the order in which the form offers them."""

AnyEntryRule = Annotated[EntryRule, OneOf(*ENTRY_RULES, tag="kind")]
"""The type of an entry rule in a plan: any member of ENTRY_RULES, told apart by `kind`."""
