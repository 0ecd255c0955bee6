"""The ledger: positions and their profit, computed from fills and funding payments.

Each lot represents a number of coins and their cost in USD, both fixed at the price at which the lot was opened:

    coins per lot   m                                a linear contract sized in coins, at any price
                    size / entry                     an inverse contract, or a linear one sized in dollars
    average entry   Σ cost / Σ coins                 arithmetic mean for the first kind, harmonic for the others
    profit          coins·(exit − entry)             coins are negative when short; USD, before fees
    total           realised + open + funding − fees

For n lots short this is −n·m·(exit − entry) for a linear contract, and F·(1 − exit/entry) in USD at the exit price for
an inverse contract with face value F.

A close takes the same share of all lots of a position, so the average entry price changes only when a position grows.
If a fill closes more than the position, the rest opens a position on the other side at the price of the fill. Lots of
a linear contract sized in dollars keep the number of coins that their dollars bought when they were opened.

Futures with different expiries are different positions, so a roll is a close and an opening. All money is in USD. The
profit of an inverse contract is converted at the closing price; later moves of that coin belong to the collateral. A
future that expires is not closed automatically: add a fill at its settlement price.
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
from hedge_core.hedge.legs import ShortLeg
from hedge_core.market.contracts import Contract
from hedge_core.market.instruments import Instrument, instrument_of
from hedge_core.plan.fills import Fill, FundingPayment, utc

Key = tuple[str, date | None]
"""Identifies a position: the contract's id and the expiry of the future (None: it does not expire)."""

E = TypeVar("E", Fill, FundingPayment)


class Contracts(Protocol):
    """A lookup of contracts by id, such as `Catalogue` or a mapping."""

    def get(self, contract_id: str, /) -> Contract | None:
        """Return the contract with that id. If there is none, return None or raise UnknownContract."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenPosition:
    """The position in one contract, or in one expiry of it, after some fills; flat if `contracts` is 0.

    `contracts` are lots, negative when short. `coins` are the coins of these lots at their entry, with the same sign.
    `entry_price` is the average (USD per coin), None when flat. `realised_pnl` is before fees and funding, `fees` are
    positive when paid and `funding` is positive when received, all in USD.
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
        """The contract's id and the expiry of the future."""
        return self.contract.id, self.expiry

    @property
    def instrument(self) -> Instrument:
        """The payoff of the contract; levels are prices in USD per coin."""
        return instrument_of(self.contract)

    @property
    def quantity_text(self) -> str:
        """The size in the units of the venue's order form, without its sign, such as '25' or '1.36'."""
        return self.contract.quantity_text(self.contracts)

    @property
    def lots(self) -> int:
        """The lots that hedge the bag; negative if they add to its risk, such as a long future."""
        return self.instrument.direction * self.contracts

    def hedged(self, price: float) -> float:
        """Return the USD value at `price` (USD per coin) of the coins that the position hedges, positive."""
        return self.instrument.direction * self.coins * price

    def leg(self, price: float) -> ShortLeg:
        """Return the open position as a leg at `price` (USD per coin)."""
        return ShortLeg(
            contract=self.contract,
            price=price,
            lot_notional=self.notional(price) / self.contracts,
            contracts=self.contracts,
        )

    def open_pnl(self, mark: float) -> float:
        """Return the profit (USD) of closing at `mark` (USD per coin), before fees: coins·(mark − entry).

        0 when flat; NaN if `mark` is NaN.
        """
        return 0.0 if self.entry_price is None else self.coins * (mark - self.entry_price)

    def pnl(self, mark: float) -> float:
        """Return realised + open at `mark` (USD per coin) + funding − fees in USD."""
        return self.realised_pnl + self.open_pnl(mark) + self.funding - self.fees

    def notional(self, mark: float) -> float:
        """Return the notional value in USD at `mark` (USD per coin), negative when short.

        It is the face value of an inverse contract, else coins·mark. Divided by `mark` it is the delta in coins.
        """
        face = self.contracts * self.contract.lot_notional(mark)
        return self.instrument.notional(face, self.coins, mark)

    def after(self, fill: Fill) -> OpenPosition:
        """Return the position after one more fill."""
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
    """Cumulative profit and loss at the end of each UTC day, in USD. The arrays have shape (days,) and are read-only.

    total = realised + open + funding − fees. `open` and `total` are NaN on days on which an open position has a mark
    of NaN.
    """

    days: npt.NDArray[np.datetime64]
    realised: npt.NDArray[np.float64]
    open: npt.NDArray[np.float64]
    funding: npt.NDArray[np.float64]
    fees: npt.NDArray[np.float64]
    total: npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Ledger:
    """Positions by key, in the order in which they first appear, and their fills and payments in order of time."""

    positions: Mapping[Key, OpenPosition]
    fills: tuple[Fill, ...]
    payments: tuple[FundingPayment, ...]

    @property
    def open_positions(self) -> tuple[OpenPosition, ...]:
        """The positions that are not flat."""
        return tuple(position for position in self.positions.values() if position.contracts)

    @property
    def realised_pnl(self) -> float:
        """Profit in USD realised by closing fills, before fees and funding."""
        return sum(position.realised_pnl for position in self.positions.values())

    @property
    def fees(self) -> float:
        """Fees paid in USD, less rebates."""
        return sum(position.fees for position in self.positions.values())

    @property
    def funding(self) -> float:
        """Funding received in USD, less funding paid."""
        return sum(position.funding for position in self.positions.values())

    def open_pnl(self, marks: Mapping[Key, float]) -> float:
        """Return the profit in USD of closing everything at `marks` (USD per coin, by key), before fees.

        Raises InvalidInput naming every open position without a mark.
        """
        _check_marks(self.open_positions, marks)
        return sum(position.open_pnl(marks[position.key]) for position in self.open_positions)

    def total_pnl(self, marks: Mapping[Key, float]) -> float:
        """Return realised + open + funding − fees in USD. Raises InvalidInput as `open_pnl` does."""
        return self.realised_pnl + self.open_pnl(marks) + self.funding - self.fees

    def ended(self, today: date) -> tuple[OpenPosition, ...]:
        """Return open positions whose future expired before `today`: their settlement has not been entered."""
        return tuple(p for p in self.open_positions if p.expiry is not None and p.expiry < today)

    @property
    def opened_at(self) -> datetime | None:
        """When the open position was begun: the first fill after everything was last flat; None when flat."""
        held: dict[Key, int] = {}
        opened = None
        for fill in self.fills:
            if not any(held.values()):
                opened = fill.at
            key = fill.contract, fill.expiry
            held[key] = held.get(key, 0) + fill.signed_contracts
        return opened if any(held.values()) else None

    def at(self, moment: datetime) -> Ledger:
        """Return the ledger as it was at `moment`, inclusive. Raises InvalidInput if `moment` has no time zone."""
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
        """Return cumulative profit and loss at the end of each of `days`, including everything before the first day.

        `days` are UTC days in ascending order. `marks` are USD per coin at the end of each day, by key, with the same
        length as `days`; a mark may be NaN while the position is not open. Raises InvalidInput if the days are not in
        order, or if a position is open on one of the days and has no marks or not one per day.
        """
        calendar = np.array(days, dtype="datetime64[D]")
        if calendar.ndim != 1 or bool((calendar[1:] <= calendar[:-1]).any()):
            raise InvalidInput("days: must be a list of days, each later than the one before.")
        prices = {key: np.asarray(values, dtype=float) for key, values in marks.items()}
        for key, values in prices.items():
            if values.shape != calendar.shape:
                raise InvalidInput(
                    f"marks of {_name(key)}: {values.size} prices for {calendar.size} days; give one price per day."
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
    """Return the ledger of fills and funding payments given in any order; entries with the same time keep their order.

    `contracts` is a catalogue or a mapping from id to contract. The expiry may be left out for a contract that has only
    one. Raises UnknownContract, and InvalidInput naming every row that cannot be used: a perpetual with an expiry, a
    contract with several expiries and none given, a fill after the expiry, a contract whose size is in conflict, and
    lots that are not a whole number of the contract's present amount step.
    """
    known: dict[str, Contract] = {}
    posted = tuple(sorted(_resolved(list(fills), "fill", contracts, known), key=lambda fill: fill.at))
    paid = tuple(sorted(_resolved(list(payments), "funding payment", contracts, known), key=lambda entry: entry.at))
    positions: dict[Key, OpenPosition] = {}
    for entry in _in_order(posted, paid):
        _enter(positions, entry, known[entry.contract])
    return Ledger(MappingProxyType(positions), posted, paid)


def _resolved(rows: Sequence[E], what: str, contracts: Contracts, known: dict[str, Contract]) -> list[E]:
    """Return the rows with their expiry filled in, and add the contracts they name to `known`."""
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
        raise InvalidInput(f"These {what}s cannot be used:", faults)
    return resolved


def _fault(contract: Contract, expiry: date | None, day: date) -> tuple[str, str] | None:
    """Return the field of an entry that does not fit its contract, and what to do about it; None if it fits."""
    if contract.conflict:
        return "contract", (
            f"the size of {contract.id} is unclear: {contract.conflict}. Once you know it, define your own contract."
        )
    if not instrument_of(contract).expires and expiry is not None:
        return "expiry", f"{contract.id} is a {instrument_of(contract).term} and never expires; leave the expiry empty"
    if contract.expiry in ("monthly", "weekly") and expiry is None:
        return "expiry", f"{contract.id} has several expiries; write the expiry date, as in 2026-12-25"
    if contract.expiry == "dated" and expiry != contract.expires_on:
        return "expiry", f"{contract.id} expires on {contract.expires_on}, not on {expiry}; leave the expiry empty"
    if expiry is not None and day > expiry:
        return "at", f"{day} is after {expiry}, the day the future expired; correct one of the two dates"
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
        raise InvalidInput(f"marks: no price for {', '.join(missing)}, which is open; give it in USD per coin.")


def _name(key: Key) -> str:
    return key[0] if key[1] is None else f"{key[0]} of {key[1]}"
