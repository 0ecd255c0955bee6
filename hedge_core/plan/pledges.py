"""Coins of the bag that lie at the venue as margin, beside the cash."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar

from annotated_types import Ge, Le

from hedge_core.errors import InvalidPlan
from hedge_core.plan.schema import STRICT, About

MOST_PLEDGES = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Pledge:
    """How much of a held coin lies at the venue of the plan as margin: a `share` of what is held.

    `haircut` is the fraction that the venue takes off its value (None: as the venue's table says, or as assumed).
    Raises InvalidPlan for a figure out of range.
    """

    __pydantic_config__: ClassVar[dict[str, object]] = STRICT

    share: Annotated[float, Ge(0), Le(1), About(link=0, label="share as margin", unit="%")] = 1.0
    haircut: Annotated[float, Ge(0), Le(1), About(link=1, label="haircut", unit="%")] | None = None

    def __post_init__(self) -> None:
        for name, figure in (("share", self.share), ("haircut", self.haircut)):
            if figure is not None and not 0.0 <= figure <= 1.0:
                raise InvalidPlan(f"The {name} of a coin as margin must be between 0% and 100%, not {figure:.0%}.")
