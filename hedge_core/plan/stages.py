"""How a hedge is opened: in one go, or in parts that follow each other by date or by a move of the market."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar, Literal

from annotated_types import Ge, Le

from hedge_core.errors import InvalidPlan
from hedge_core.plan.schema import STRICT, About

StageRule = Literal["by_date", "after_fall", "after_rise"]
"""When the next stage is sent: so many days after the last one, or once the market has moved."""

MOST_STAGES, MOST_DAYS = 12, 90
LEAST_MOVE, MOST_MOVE = 0.001, 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Stages:
    """A hedge opened in `parts`: 1 is in one go.

    With the rule `by_date` a stage follows every `days` days, with the other two each time the market has moved by
    `move`, a positive fraction. Raises InvalidPlan for a figure out of range.
    """

    __pydantic_config__: ClassVar[dict[str, object]] = STRICT

    parts: Annotated[int, Ge(1), Le(MOST_STAGES), About(link=0, label="stages")] = 1
    rule: Annotated[StageRule, About(link=1, label="when the next stage is sent")] = "by_date"
    days: Annotated[int, Ge(1), Le(MOST_DAYS), About(link=2, label="days between stages", unit="days")] = 7
    move: Annotated[float, Ge(LEAST_MOVE), Le(MOST_MOVE), About(link=3, label="move between stages", unit="%")] = 0.05

    def __post_init__(self) -> None:
        if not 1 <= self.parts <= MOST_STAGES:
            raise InvalidPlan(f"stages: must be from 1 to {MOST_STAGES}, not {self.parts}.")
        if not 1 <= self.days <= MOST_DAYS:
            raise InvalidPlan(f"days between stages: must be from 1 to {MOST_DAYS}, not {self.days}.")
        if not LEAST_MOVE <= self.move <= MOST_MOVE:
            raise InvalidPlan(f"move between stages: must be from 0.1% to 50%, not {self.move:.2%}.")

    def lots_through(self, lots: int, stage: int, *, least: int) -> int:
        """How many of `lots` are open once `stage` (from 0) is filled; −1 is before the first.

        A leg has k = min(parts, lots / least) parts, of which ⌊(stage + 1)·k / parts⌋ are filled then, so that none is
        below the `least` lots of an order.
        """
        parts = min(self.parts, max(lots // least, 1))
        filled = (stage + 1) * parts // self.parts
        return lots * filled // parts

    def move_to(self, stage: int) -> float:
        """The move of the market from the first stage to `stage` (from 0), a fraction: (1 ± move)^stage − 1.

        Negative for a fall, and 0 for stages by date.
        """
        if self.rule == "by_date":
            return 0.0
        step = -self.move if self.rule == "after_fall" else self.move
        return float((1.0 + step) ** stage - 1.0)
