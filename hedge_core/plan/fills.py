"""Fills and funding payments: what an executed position is made of, as the user or the venue wrote it down.

They are documents of a plan and read as untrusted input, so each checks its own fields; whether they fit a contract
is for the ledger to say. Money is in USD.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from typing import Annotated, ClassVar, Literal

from annotated_types import Ge, Gt, Le, Lt, MaxLen, MinLen

from hedge_core.errors import InvalidInput

Side = Literal["sell", "buy"]

MAX_LOTS = 10**12
MAX_MONEY = 1e15
FIRST_YEAR, LAST_YEAR = 2009, 2199

_STRICT: dict[str, object] = {"extra": "forbid", "allow_inf_nan": False}

Id = Annotated[str, MinLen(1), MaxLen(130)]
Money = Annotated[float, Gt(-MAX_MONEY), Lt(MAX_MONEY)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Fill:
    """One execution: so many lots of a contract (`Venue:CODE`) sold or bought at a price.

    `at` is kept in UTC, `contracts` counts lots (`Contract.amount_step` × size), `price` is USD a coin, `fee` USD,
    positive when paid and negative for a rebate, `expiry` the day on which a dated future ends. `amount_step` is the
    step that lots were counted in when the fill was written down (None: the contract's, whatever it is): a venue may
    refine it, and the position must not change with it. Raises InvalidInput, naming the field.
    """

    __pydantic_config__: ClassVar[dict[str, object]] = _STRICT

    at: datetime
    contract: Id
    side: Side
    contracts: Annotated[int, Ge(1), Le(MAX_LOTS)]
    price: Annotated[float, Gt(0), Lt(MAX_MONEY)]
    fee: Money = 0.0
    expiry: date | None = None
    note: Annotated[str, MaxLen(500)] = ""
    amount_step: Annotated[float, Gt(0), Lt(MAX_MONEY)] | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "at", utc(self.at))
        if self.side not in ("sell", "buy"):
            raise InvalidInput(f"side: write sell or buy, not {self.side!r:.40}.")
        if not 1 <= self.contracts <= MAX_LOTS or self.contracts % 1:
            raise InvalidInput(f"contracts: must be a whole number of lots above zero, not {self.contracts}.")
        object.__setattr__(self, "contracts", int(self.contracts))
        if not 0 < self.price < MAX_MONEY:
            raise InvalidInput(f"price: must be a positive number of USD a coin, not {self.price}.")
        if not -MAX_MONEY < self.fee < MAX_MONEY:
            raise InvalidInput(f"fee: must be a finite number of USD, not {self.fee}.")
        if self.amount_step is not None and not 0 < self.amount_step < MAX_MONEY:
            raise InvalidInput(f"amount_step: must be a positive number of contracts, not {self.amount_step}.")

    @property
    def signed_contracts(self) -> int:
        """Lots added to the position: negative for a sale."""
        return -self.contracts if self.side == "sell" else self.contracts

    def counted_in(self, amount_step: float) -> Fill:
        """This fill in lots of another amount step. Raises InvalidInput when they would be no whole number."""
        if self.amount_step is None or math.isclose(self.amount_step, amount_step, rel_tol=1e-9):
            return self
        exact = self.contracts * self.amount_step / amount_step
        lots = round(exact)
        if lots < 1 or not math.isclose(exact, lots, rel_tol=1e-9):
            raise InvalidInput(
                f"{self.contracts} lots in steps of {self.amount_step:g} are {exact:,.6g} in the steps of "
                f"{amount_step:g} that the contract has now; write the fill in the new lots"
            )
        return replace(self, contracts=lots, amount_step=amount_step)


@dataclass(frozen=True, slots=True, kw_only=True)
class FundingPayment:
    """Funding of a perpetual: `amount` in USD, positive when received, negative when paid.

    A payment in coin is turned into USD before it gets here. Raises InvalidInput, naming the field.
    """

    __pydantic_config__: ClassVar[dict[str, object]] = _STRICT

    at: datetime
    contract: Id
    amount: Money
    expiry: date | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "at", utc(self.at))
        if not -MAX_MONEY < self.amount < MAX_MONEY:
            raise InvalidInput(f"amount: must be a finite number of USD, not {self.amount}.")

    def counted_in(self, amount_step: float) -> FundingPayment:
        """This payment: it counts no lots."""
        return self


def roll(
    *,
    at: datetime,
    contract: str,
    contracts: int,
    near: date,
    far: date,
    near_price: float,
    far_price: float,
    near_fee: float = 0.0,
    far_fee: float = 0.0,
    far_contract: str = "",
    note: str = "",
) -> tuple[Fill, Fill]:
    """The two fills that move a short of `contracts` lots on: the near future bought back, the far one sold.

    `near` and `far` are the days on which they end, prices in USD a coin, fees in USD. `far_contract` is given where
    the venue lists the far future under an id of its own. Raises InvalidInput, also when far does not end after near.
    """
    if far <= near:
        raise InvalidInput(f"far: a roll moves on to a later future; {far} is not after {near}.")
    bought = Fill(
        at=at,
        contract=contract,
        side="buy",
        contracts=contracts,
        price=near_price,
        fee=near_fee,
        expiry=near,
        note=note,
    )
    far_id = far_contract or contract
    sold = replace(bought, contract=far_id, side="sell", price=far_price, fee=far_fee, expiry=far)
    return bought, sold


def utc(moment: datetime) -> datetime:
    """The moment in UTC. Raises InvalidInput for one without a time zone or outside any market's years."""
    if moment.tzinfo is None or moment.utcoffset() is None:
        raise InvalidInput(f"at: {moment} has no time zone; write it with one, as in 2026-01-31T14:00:00Z.")
    if not FIRST_YEAR <= moment.year <= LAST_YEAR:
        raise InvalidInput(f"at: {moment} is not between the years {FIRST_YEAR} and {LAST_YEAR}; correct the date.")
    return moment.astimezone(UTC)
