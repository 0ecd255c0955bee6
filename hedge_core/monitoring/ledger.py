"""The ledger: a position as it was executed, from its fills and funding payments.

Every lot stands for a number of coins and for what they cost in dollars, both settled at the price it was opened at:

    coins a lot   m                                  a linear contract sized in coins, whatever the price
                  size / entry                       an inverse contract, or a linear one sized in dollars
    average entry Σ cost / Σ coins                   arithmetic for the first kind, harmonic for the others
    profit        coins·(exit − entry), short: −     linear −n·m·(exit − entry); inverse F·(1 − exit/entry), USD at exit
    total         realised + open + funding − fees

Lots of one position are alike: a close takes the same share of all of them, so the average entry stays while a
position is reduced and moves when it grows. What goes beyond a full close opens a position the other way at its own
price. A linear contract sized in dollars adds at the price of the addition: each lot keeps the coins that its dollars
bought when it was opened, and the position holds their sum.

Futures that end on different days are different positions, so a roll is a close and an opening. Money is in USD; an
inverse profit is turned into USD at the closing price, and what the coin does later belongs to the collateral. A
future that ends is not closed by itself: add a fill at its settlement price.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from types import MappingProxyType
from typing import Protocol, TypeVar

import numpy as np
import numpy.typing as npt

from hedge_core.errors import Fault, InvalidInput, UnknownContract
from hedge_core.market.contracts import Contract
from hedge_core.plan.fills import Fill, FundingPayment, utc

Key = tuple[str, date | None]
"""What a position is known by: the contract's id and the day on which the future ends (None: it does not)."""

E = TypeVar("E", Fill, FundingPayment)


class Contracts(Protocol):
    """Where a contract is looked up by its id; `contracts.Catalogue` is one."""

    def get(self, contract_id: str, /) -> Contract | None:
        """The contract of that id; None or UnknownContract where there is none."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenPosition:
    """One contract, or one month of it, after some fills; flat when `contracts` is 0.

    `contracts` are lots, negative when short; `coins` what they stood for at their entry, signed alike; `entry_price`
    the average (USD a coin, None when flat). `realised_pnl` is before fees and funding, `fees` positive when paid,
    `funding` positive when received, all in USD.
    """

    contract: Contract
    expiry: date | None
    contracts: int = 0
    coins: float = 0.0
    entry_price: float | None = None
    realised_pnl: float = 0.0
    fees: float = 0.0
    funding: float = 0.0

    @property
    def key(self) -> Key:
        """The contract's id and the day on which the future ends."""
        return self.contract.id, self.expiry

    def open_pnl(self, mark: float) -> float:
        """Profit (USD) of closing now at `mark` (USD a coin), before fees: coins·(mark − entry); 0 when flat.

        NaN for a mark of NaN.
        """
        return 0.0 if self.entry_price is None else self.coins * (mark - self.entry_price)

    def notional(self, mark: float) -> float:
        """USD that move with the coin at `mark`, negative when short: the face of an inverse contract, else coins·mark.

        Divided by the mark it is the position's delta in coins.
        """
        if self.contract.style == "inverse":
            return self.contracts * self.contract.lot_notional(mark)
        return self.coins * mark

    def after(self, fill: Fill) -> OpenPosition:
        """This position with one more fill."""
        held, signed, price = self.contracts, fill.signed_contracts, fill.price
        closed = min(abs(held), abs(signed)) if held * signed < 0 else 0
        closed_share = closed / abs(held) if closed else 0.0
        kept = abs(self.coins) * (1.0 - closed_share)
        added = (abs(signed) - closed) * self.contract.multiplier(price)
        entry = self.entry_price
        if added:
            entry = (kept * (entry or 0.0) + added * price) / (kept + added) if kept else price
        contracts = held + signed
        coins = kept + added if contracts else 0.0
        return replace(
            self,
            contracts=contracts,
            coins=-coins if contracts < 0 else coins,
            entry_price=entry if contracts else None,
            realised_pnl=self.realised_pnl + self.open_pnl(price) * closed_share,
            fees=self.fees + fill.fee,
        )


@dataclass(frozen=True, slots=True)
class Timeline:
    """Profit and loss by the end of each UTC day, in USD, each cumulative; the arrays are read-only.

    total = realised + open + funding − fees. NaN in `open` and `total` on a day on which a position was open and its
    mark is NaN.
    """

    days: npt.NDArray[np.datetime64]
    realised: npt.NDArray[np.float64]
    open: npt.NDArray[np.float64]
    funding: npt.NDArray[np.float64]
    fees: npt.NDArray[np.float64]
    total: npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Ledger:
    """Positions by key, in the order in which they were first touched, and what led to them, in order of time."""

    positions: Mapping[Key, OpenPosition]
    fills: tuple[Fill, ...]
    payments: tuple[FundingPayment, ...]

    @property
    def open_positions(self) -> tuple[OpenPosition, ...]:
        """The positions that are not flat."""
        return tuple(position for position in self.positions.values() if position.contracts)

    @property
    def realised_pnl(self) -> float:
        """USD realised by closing fills, before fees and funding."""
        return sum(position.realised_pnl for position in self.positions.values())

    @property
    def fees(self) -> float:
        """USD paid in fees, less rebates."""
        return sum(position.fees for position in self.positions.values())

    @property
    def funding(self) -> float:
        """USD of funding received, less what was paid."""
        return sum(position.funding for position in self.positions.values())

    def open_pnl(self, marks: Mapping[Key, float]) -> float:
        """USD of closing everything now, before fees; `marks` are USD a coin by key.

        Raises InvalidInput naming every open position that has no mark.
        """
        _check_marks(self.open_positions, marks)
        return sum(position.open_pnl(marks[position.key]) for position in self.open_positions)

    def total_pnl(self, marks: Mapping[Key, float]) -> float:
        """USD in all: realised + open + funding − fees. Raises InvalidInput as `open_pnl` does."""
        return self.realised_pnl + self.open_pnl(marks) + self.funding - self.fees

    def ended(self, today: date) -> tuple[OpenPosition, ...]:
        """Positions that are open although their future ended before `today`: the settlement is missing."""
        return tuple(p for p in self.open_positions if p.expiry is not None and p.expiry < today)

    @property
    def opened_at(self) -> datetime | None:
        """When what is open was begun: the first fill after everything had been flat; None where flat."""
        held: dict[Key, int] = {}
        opened = None
        for fill in self.fills:
            if not any(held.values()):
                opened = fill.at
            key = fill.contract, fill.expiry
            held[key] = held.get(key, 0) + fill.signed_contracts
        return opened if any(held.values()) else None

    def at(self, moment: datetime) -> Ledger:
        """The ledger at a moment, what happened at that very moment included. Raises InvalidInput without a zone."""
        until = utc(moment)
        fills = tuple(fill for fill in self.fills if fill.at <= until)
        payments = tuple(payment for payment in self.payments if payment.at <= until)
        positions: dict[Key, OpenPosition] = {}
        for entry in _in_order(fills, payments):
            _enter(positions, entry, self.positions[entry.contract, entry.expiry].contract)
        return Ledger(MappingProxyType(positions), fills, payments)

    def timeline(
        self, days: Sequence[date] | npt.NDArray[np.datetime64], marks: Mapping[Key, npt.ArrayLike]
    ) -> Timeline:
        """What had been won and lost by the end of each day; what happened before the first day is in its figures.

        `days` are UTC days in order, `marks` USD a coin at the end of each of them by key, as long as `days`. A mark
        may be NaN where nothing is open. Raises InvalidInput for days that are out of order, and for a position that
        is open on one of the days and has no marks or too few.
        """
        calendar = np.array(days, dtype="datetime64[D]")
        if calendar.ndim != 1 or bool((calendar[1:] <= calendar[:-1]).any()):
            raise InvalidInput("days: must be a row of days, each later than the one before.")
        prices = {key: np.asarray(values, dtype=float) for key, values in marks.items()}
        for key, values in prices.items():
            if values.shape != calendar.shape:
                raise InvalidInput(
                    f"marks of {_name(key)}: {values.size} prices for {calendar.size} days; give one for each day."
                )
        entries = _in_order(self.fills, self.payments)
        positions: dict[Key, OpenPosition] = {}
        table = np.zeros((4, calendar.size))
        done = 0
        for column, day in enumerate(calendar):
            while done < len(entries) and np.datetime64(entries[done].at.date(), "D") <= day:
                entry = entries[done]
                _enter(positions, entry, self.positions[entry.contract, entry.expiry].contract)
                done += 1
            now = Ledger(positions, (), ())
            open_pnl = now.open_pnl({key: float(values[column]) for key, values in prices.items()})
            table[:, column] = now.realised_pnl, open_pnl, now.funding, now.fees
        total = table[0] + table[1] + table[2] - table[3]
        for array in (calendar, table, total):
            array.flags.writeable = False
        return Timeline(calendar, table[0], table[1], table[2], table[3], total)


def post(fills: Iterable[Fill], payments: Iterable[FundingPayment], contracts: Contracts) -> Ledger:
    """The ledger of these fills and funding payments, in any order; what has the same moment keeps its order.

    `contracts` is a catalogue or a mapping from id to contract. The expiry of a single dated future may be left out.
    Raises UnknownContract, and InvalidInput naming every row that cannot be posted: a perpetual with an expiry, a
    future of a series without one, a future filled after its end, a contract whose size is in conflict, lots that
    are no whole number in the contract's present amount step.
    """
    known: dict[str, Contract] = {}
    posted = tuple(sorted(_resolved(list(fills), "fill", contracts, known), key=lambda fill: fill.at))
    paid = tuple(sorted(_resolved(list(payments), "funding payment", contracts, known), key=lambda entry: entry.at))
    positions: dict[Key, OpenPosition] = {}
    for entry in _in_order(posted, paid):
        _enter(positions, entry, known[entry.contract])
    return Ledger(MappingProxyType(positions), posted, paid)


def _resolved(rows: Sequence[E], what: str, contracts: Contracts, known: dict[str, Contract]) -> list[E]:
    """The rows with their expiry; `known` gains the contracts they name."""
    resolved, faults = list[E](), list[Fault]()
    for row, entry in enumerate(rows, start=1):
        if entry.contract not in known:
            field = f"contract of {what} {row}"
            try:
                found = contracts.get(entry.contract)
            except UnknownContract as error:
                raise UnknownContract(entry.contract, error.known, field=field) from None
            if found is None:
                raise UnknownContract(entry.contract, field=field)
            known[entry.contract] = found
        contract = known[entry.contract]
        expiry = contract.expires_on if contract.expiry == "dated" and entry.expiry is None else entry.expiry
        if fault := _fault(contract, expiry, entry.at.date()):
            faults.append(Fault(fault[1], row=row, field=fault[0]))
        try:
            resolved.append(replace(entry.counted_in(contract.amount_step), expiry=expiry))
        except InvalidInput as error:
            faults.append(Fault(str(error), row=row, field="contracts"))
    if faults:
        raise InvalidInput(f"These {what}s cannot be posted:", faults)
    return resolved


def _fault(contract: Contract, expiry: date | None, day: date) -> tuple[str, str] | None:
    """The field of an entry that does not fit its contract, and what to do about it."""
    if contract.conflict:
        return "contract", (
            f"{contract.id} has no known size, {contract.conflict}; define it as a contract of your own once you know."
        )
    if contract.kind == "perpetual" and expiry is not None:
        return "expiry", f"{contract.id} is a perpetual and never ends; leave the expiry empty"
    if contract.expiry in ("monthly", "weekly") and expiry is None:
        return "expiry", f"{contract.id} is listed anew for each expiry; write the day it ends on, as in 2026-12-25"
    if contract.expiry == "dated" and expiry != contract.expires_on:
        return "expiry", f"{contract.id} ends on {contract.expires_on}, not on {expiry}; leave the expiry empty"
    if expiry is not None and day > expiry:
        return "at", f"{day} is after {expiry}, when the future ended; correct the one or the other"
    return None


def _in_order(fills: Sequence[Fill], payments: Sequence[FundingPayment]) -> list[Fill | FundingPayment]:
    return sorted([*fills, *payments], key=lambda entry: entry.at)


def _enter(positions: dict[Key, OpenPosition], entry: Fill | FundingPayment, contract: Contract) -> None:
    key = entry.contract, entry.expiry
    known = positions.get(key) or OpenPosition(contract=contract, expiry=entry.expiry)
    if isinstance(entry, Fill):
        positions[key] = known.after(entry)
    else:
        positions[key] = replace(known, funding=known.funding + entry.amount)


def _check_marks(held: Iterable[OpenPosition], marks: Mapping[Key, object]) -> None:
    missing = [_name(position.key) for position in held if position.key not in marks]
    if missing:
        raise InvalidInput(f"marks: no price for {', '.join(missing)}, which is open; give its price in USD a coin.")


def _name(key: Key) -> str:
    return key[0] if key[1] is None else f"{key[0]} of {key[1]}"
