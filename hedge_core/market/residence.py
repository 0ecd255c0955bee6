"""Whom a venue serves, by where the customer lives: what each venue says, and what the law of the place says.

`Access` is what one source says of one place. The law comes first: where it forbids a product to retail clients, it
does not matter whether a venue would open the account. Whatever has no source is not known, which is not a refusal.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

Residence = Literal["not_stated", "uk_retail", "eu_retail", "us", "hong_kong", "singapore", "elsewhere"]
"""Where the holder lives. `_retail`: not a professional client in the sense of the place's regulator."""

PLACES: Mapping[Residence, str] = {
    "not_stated": "not stated",
    "uk_retail": "United Kingdom, retail client",
    "eu_retail": "European Union, retail client",
    "us": "United States",
    "hong_kong": "Hong Kong, not a professional investor",
    "singapore": "Singapore",
    "elsewhere": "elsewhere",
}
"""The words for each residence, in the order of menus."""


@dataclass(frozen=True, slots=True)
class Access:
    """Whether somebody who lives in a place can use a venue (None: not known), why, and who says so.

    `as_of` is the day of the source as YYYY-MM-DD, '' if it has none.
    """

    is_served: bool | None
    reason: str
    source: str = ""
    as_of: str = ""

    @property
    def text(self) -> str:
        """The reason with its source and day, as one sentence without a full stop."""
        origin = ", ".join(part for part in (self.source, self.as_of) if part)
        return f"{self.reason} ({origin})" if origin else self.reason


UNKNOWN = Access(None, "we do not know whether it serves people who live there")

ALL_DERIVATIVES: Mapping[Residence, Access] = {
    "uk_retail": Access(
        False,
        "crypto derivatives may not be sold to retail clients in the United Kingdom",
        "Financial Conduct Authority",
        "2021-01-06",
    )
}
"""Places whose law closes every venue."""

PERPETUALS: Mapping[Residence, Access] = {
    "hong_kong": Access(
        False,
        "perpetuals are for professional investors in Hong Kong",
        "Securities and Futures Commission",
        "2026-02-11",
    )
}
"""Places whose law closes venues that offer perpetuals, beside those in ALL_DERIVATIVES."""


@dataclass(frozen=True, slots=True)
class MarginFloor:
    """The least margin that the law of a place lets a venue ask from its customers, as fractions of notional."""

    initial_rate: float
    maintenance_rate: float
    reason: str
    source: str
    as_of: str

    @property
    def text(self) -> str:
        """The reason with its source and day."""
        return f"{self.reason} ({self.source}, {self.as_of})"


PERPETUAL_MARGIN: Mapping[Residence, MarginFloor] = {
    "eu_retail": MarginFloor(
        initial_rate=0.5,
        maintenance_rate=0.25,
        reason="perpetuals count as contracts for difference in the European Union: half of the notional as margin, "
        "closed out at half of that",
        source="European Securities and Markets Authority",
        as_of="2026-02-24",
    )
}
"""Places whose law sets a least margin for perpetuals."""
