"""Fills and funding payments: the records that an executed position is computed from.

They come from the user or from a venue's export and are untrusted, so each one checks its own fields. Whether a fill
matches its contract is checked later, by `monitoring.ledger`. Money is in USD.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from typing import Annotated, ClassVar, Literal

from annotated_types import Ge, Gt, Le, Lt, MaxLen, MinLen

from hedge_core.errors import InvalidInput
from hedge_core.plan.schema import STRICT, About

Side = Literal["sell", "buy"]

MAX_LOTS = 10**12
MAX_MONEY = 1e15
LEAST_PRICE = 1e-18
"""The smallest price in USD per coin that means anything; no coin is near it."""

LEAST_STEP = 1e-12
"""The smallest lot, in contracts."""

FIRST_YEAR, LAST_YEAR = 2009, 2199


Id = Annotated[str, MinLen(1), MaxLen(130)]
Money = Annotated[float, Gt(-MAX_MONEY), Lt(MAX_MONEY)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Fill:
    """One execution: lots of a contract (`Venue:CODE`) sold or bought at a price.

    `at` is stored in UTC. `contracts` counts lots, each of `Contract.amount_step` contracts. `price` is in USD per
    coin. `fee` is in USD, positive if paid, negative for a rebate. `expiry` is the expiry date of a dated future.
    `amount_step` is the lot size, in contracts, on the day of the fill (None: the contract's current one): if the venue
    changes its lot size later, the position must not change. `trade_id` is the venue's number of the execution, '' if
    it is not known: without it, two fills may be alike in everything. Raises InvalidInput, naming the field.
    """

    __pydantic_config__: ClassVar[dict[str, object]] = STRICT

    at: Annotated[datetime, About(link=0, label="time")]
    contract: Annotated[Id, About(link=1, label="contract")]
    side: Annotated[Side, About(link=2, label="side", link_default="sell")]
    contracts: Annotated[int, Ge(1), Le(MAX_LOTS), About(link=3, label="lots")]
    price: Annotated[float, Ge(LEAST_PRICE), Lt(MAX_MONEY), About(link=4, label="price")]
    fee: Annotated[Money, About(link=5, label="fee")] = 0.0
    expiry: Annotated[date, About(link=6, label="expiry")] | None = None
    note: Annotated[str, MaxLen(500), About(link=7, label="note")] = ""
    amount_step: Annotated[float, Ge(LEAST_STEP), Lt(MAX_MONEY), About(link=8, label="lot size")] | None = None
    trade_id: Annotated[str, MaxLen(64), About(link=9, label="trade id")] = ""

    def __post_init__(self) -> None:
        object.__setattr__(self, "at", utc(self.at))
        if self.side not in ("sell", "buy"):
            raise InvalidInput(f"side: enter sell or buy, not {self.side!r:.40}.")
        if not 1 <= self.contracts <= MAX_LOTS or self.contracts % 1:
            raise InvalidInput(f"contracts: must be a whole number of lots, at least 1, not {self.contracts}.")
        object.__setattr__(self, "contracts", int(self.contracts))
        if not LEAST_PRICE <= self.price < MAX_MONEY:
            raise InvalidInput(f"price: must be a positive number of USD per coin, not {self.price}.")
        if not -MAX_MONEY < self.fee < MAX_MONEY:
            raise InvalidInput(f"fee: must be a finite number of USD, not {self.fee}.")
        if self.amount_step is not None and not LEAST_STEP <= self.amount_step < MAX_MONEY:
            raise InvalidInput(f"amount_step: must be a positive number of contracts, not {self.amount_step}.")

    @property
    def signed_contracts(self) -> int:
        """The change of the position in lots: negative for a sale."""
        return -self.contracts if self.side == "sell" else self.contracts

    def counted_in(self, amount_step: float) -> Fill:
        """This fill in lots of another amount step. Raises InvalidInput if that is not a whole number of lots."""
        if self.amount_step is None or math.isclose(self.amount_step, amount_step, rel_tol=1e-9):
            return self
        exact = self.contracts * self.amount_step / amount_step
        lots = round(exact)
        if lots < 1 or not math.isclose(exact, lots, rel_tol=1e-9):
            raise InvalidInput(
                f"{self.contracts} lots of {self.amount_step:g} contracts are {exact:,.6g} lots of {amount_step:g}, "
                "the contract's present lot size, and that is not a whole number; enter the fill in the new lots"
            )
        return replace(self, contracts=lots, amount_step=amount_step)


@dataclass(frozen=True, slots=True, kw_only=True)
class FundingPayment:
    """One funding payment of a perpetual: `amount` in USD, positive if received, negative if paid.

    A payment made in coins is converted to USD before it is stored here. Raises InvalidInput, naming the field.
    """

    __pydantic_config__: ClassVar[dict[str, object]] = STRICT

    at: Annotated[datetime, About(link=0, label="time")]
    contract: Annotated[Id, About(link=1, label="contract")]
    amount: Annotated[Money, About(link=2, label="amount")]
    expiry: Annotated[date, About(link=3, label="expiry")] | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "at", utc(self.at))
        if not -MAX_MONEY < self.amount < MAX_MONEY:
            raise InvalidInput(f"amount: must be a finite number of USD, not {self.amount}.")

    def counted_in(self, amount_step: float) -> FundingPayment:
        """This payment unchanged, because a payment has no lots; it mirrors `Fill.counted_in`."""
        return self


def utc(moment: datetime) -> datetime:
    """The moment in UTC. Raises InvalidInput if it has no time zone or is not in FIRST_YEAR to LAST_YEAR."""
    if moment.tzinfo is None or moment.utcoffset() is None:
        raise InvalidInput(f"at: {moment} has no time zone; write it with one, for example 2026-01-31T14:00:00Z.")
    if not FIRST_YEAR <= moment.year <= LAST_YEAR:
        raise InvalidInput(f"at: {moment} is not in the years {FIRST_YEAR} to {LAST_YEAR}; correct the date.")
    return moment.astimezone(UTC)
