"""Figures that the user states for one contract or one currency."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Annotated, ClassVar

from annotated_types import Ge, Le

from hedge_core.plan.schema import STRICT, About

LEAST_MARGIN = 1e-4
"""The smallest margin rate that the user may state: 10,000 times its margin is more than any venue allows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnMargin:
    """The margin that the user's broker or venue asks for a short of one contract, as fractions of notional.

    `initial` opens it and `maintenance` keeps it, at any size. A lower `initial` counts as `maintenance`.
    """

    __pydantic_config__: ClassVar[dict[str, object]] = STRICT

    initial: Annotated[float, Ge(LEAST_MARGIN), Le(5), About(link=0, label="margin to open")]
    maintenance: Annotated[float, Ge(LEAST_MARGIN), Le(5), About(link=1, label="margin to keep")]


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnRate:
    """An exchange rate that the user states: `usd` is USD for one unit of the currency, `on` the day of the rate."""

    __pydantic_config__: ClassVar[dict[str, object]] = STRICT

    usd: Annotated[float, Ge(1e-6), Le(1e3), About(link=0, label="USD for one unit")]
    on: Annotated[date, About(link=1, label="day of the rate")]
