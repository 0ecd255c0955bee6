"""Sort the rows of a table of fills into fills, funding payments, rows left out, and faults.

A venue's log contains more than trades: transfers, conversions and the like are counted and left out. At some venues a
trade takes two rows, the position and the cash (see `FillsFormat.is_cash_row`). The fee in the cash row is added to the
trade with the same time and contract.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Literal, NamedTuple, TypeVar

from hedge_core.documents.fills.cells import (
    ContractNames,
    Moments,
    amount_of,
    day_of,
    in_dollars,
    lots_of,
    number_of,
    side_of,
    whole_lots,
)
from hedge_core.errors import Fault, InvalidInput
from hedge_core.market.contracts import Contract
from hedge_core.market.instruments import instrument_of
from hedge_core.market.venues import venue_of
from hedge_core.market.venues.fills_format import FillsFormat
from hedge_core.plan.fills import Fill, FundingPayment, Side
from hedge_core.tables import FORMULA_MARKS, decimal_commas, with_point

FeeSign = Literal["auto", "paid_is_positive", "paid_is_negative"]
"""The sign of a fee that was paid. "auto": negative if the fees of the table add up to less than zero."""

NUMBERS = ("lots", "amount_step", "quantity", "price", "fee", "funding", "pnl", "balance_change", "mark")
NOTHING = ("", "-", "--", "—", "n/a", "na", "null", "none", "nan")

_LEFT_OUT = re.compile(
    r"transfer|deposit|withdraw|conver|interest|bonus|airdrop|insurance|realized_pnl|commission|rebate|kfee|spot|"
    r"currency_|referral|cash ?back"
)

T = TypeVar("T")


class _Place(NamedTuple):
    """Time, contract and expiry of a row. `price` is in USD per coin, None if the row has no price."""

    at: datetime
    contract: Contract
    expiry: date | None
    price: float | None


class RowReader:
    """Reads `rows` (row number, and cells by field) and collects `payments`, `faults`, and the fills and notes.

    `venue` is the venue of the table, `offset` how far a time without a zone is ahead of UTC. `faults` are added to.
    """

    def __init__(
        self,
        rows: Sequence[tuple[int, dict[str, str]]],
        names: ContractNames,
        *,
        venue: str,
        offset: timedelta,
        faults: Sequence[Fault] = (),
    ) -> None:
        self.faults, self.payments = list(faults), list[FundingPayment]()
        cleaned = [
            (row, {n: "" if n != "note" and v.lower() in NOTHING else v for n, v in cells.items()})
            for row, cells in rows
        ]
        if decimal_commas(cells.get(name, "") for _, cells in cleaned for name in NUMBERS):
            cleaned = [(r, {n: with_point(v) if n in NUMBERS else v for n, v in c.items()}) for r, c in cleaned]
        self._fields = frozenset(cleaned[0][1]) if cleaned else frozenset()
        self._is_own = "lots" in self._fields
        habits = venue_of(venue).fills or FillsFormat()
        self._is_cash_row = habits.is_cash_row
        self._is_signed = habits.has_signed_quantities or any(
            cells.get(name, "").startswith(("-", "−")) for _, cells in cleaned for name in ("lots", "quantity")
        )
        self._names = names
        self._moments = Moments((c["time"] for _, c in cleaned), offset=offset, short_years=habits.has_short_years)
        self._fills: list[Fill] = []
        self._fees: list[tuple[int, _Place, float]] = []
        self._trades: set[tuple[str, Fill]] = set()
        self._left_out: Counter[str] = Counter()
        self._repeated: list[int] = []
        self._is_negative = False
        for row, cells in cleaned:
            self._read(row, cells)

    @property
    def has_bare_times(self) -> bool:
        """Whether the table contains a time without a zone."""
        return self._moments.is_bare

    def fills(self, fee_sign: FeeSign) -> tuple[Fill, ...]:
        """Return the fills in the order of the table, each trade once, with fees in USD, positive if paid.

        A table with the newest row first is reversed, so fills with the same time stay in the order of execution.
        """
        fees = [fill.fee for fill in self._fills]
        places: dict[tuple[datetime, str], int] = {}
        for index, fill in enumerate(self._fills):
            places.setdefault((fill.at, fill.contract), index)
        for row, place, fee in self._fees:
            index = places.get((place.at, place.contract.id), -1)
            if index >= 0:
                fees[index] += fee
            elif fee:
                what = f"{fee:g} USD does not match any trade of {place.contract.id} at that time"
                self._fault(row, "fee", f"{what}; add the fee to a fill by hand")
        self._is_negative = fee_sign == "paid_is_negative" or (
            fee_sign == "auto" and not self._is_own and sum(fees) < 0
        )
        sign = -1.0 if self._is_negative else 1.0
        paid = [replace(fill, fee=sign * fee + 0.0) for fill, fee in zip(self._fills, fees, strict=True)]
        is_newest_first = bool(paid) and paid[0].at > paid[-1].at
        return tuple(reversed(paid) if is_newest_first else paid)

    def notes(self) -> list[str]:
        """Return sentences on what was assumed and left out, with counts."""
        found = []
        if self._is_negative:
            how = "Negative fees are read as paid and positive fees as rebates."
            found.append(f"{how} Choose the other sign if that is wrong.")
        if self._left_out:
            kinds = ", ".join(f"{kind} ({count})" for kind, count in self._left_out.most_common(8))
            found.append(f"Rows left out because they are neither fills nor funding: {kinds}.")
        if self._repeated:
            rows = ", ".join(str(row) for row in self._repeated[:8])
            word = "row" if len(self._repeated) == 1 else "rows"
            found.append(f"Rows left out because they repeat a trade: {len(self._repeated)} ({word} {rows}).")
        return found

    def _fault(self, row: int, name: str, message: str) -> None:
        self.faults.append(Fault(message, row=row, field=name))

    def _try(self, row: int, name: str, read: Callable[[], T]) -> T | None:
        """Return what `read` returns. If it raises InvalidInput, record a fault and return None."""
        try:
            return read()
        except InvalidInput as error:
            self._fault(row, name, str(error))
            return None

    def _read(self, row: int, cells: Mapping[str, str]) -> None:
        kind = self._kind(cells)
        if kind == "left out":
            self._left_out[" ".join(f"{cells.get('type', '')} {cells.get('side', '')}".split())[:40]] += 1
        elif kind == "delivery":
            self._fault(row, "type", "deliveries are not imported: add a fill at the settlement price by hand")
        elif kind == "funding":
            self._funding(row, cells)
        elif self._is_cash_row is not None and self._is_cash_row(cells):
            self._cash(row, cells)
        else:
            self._fill(row, cells)

    def _kind(self, cells: Mapping[str, str]) -> Literal["fill", "funding", "delivery", "left out"]:
        kind = cells.get("type", "").lower()
        words = f"{kind} {cells.get('side', '').lower()}"
        if "funding" in words or kind == "settlement":
            return "funding"
        if "deliver" in words:
            return "delivery"
        is_spot = "opening" in self._fields and not cells["opening"]
        if is_spot or _LEFT_OUT.search(words):
            return "left out"
        has_trade = any(cells.get(name) for name in ("side", "lots", "quantity"))
        if "price" not in self._fields or (cells.get("funding") and not has_trade):
            return "funding"
        return "fill"

    def _place(self, row: int, cells: Mapping[str, str]) -> _Place | None:
        at = self._try(row, "time", lambda: self._moments.read(cells["time"]))
        found = self._try(row, "contract", lambda: self._names.find(cells["contract"]))
        if found is None:
            return None
        contract, expiry = found
        before = len(self.faults)
        if text := cells.get("expiry"):
            expiry = self._try(row, "expiry", lambda: day_of(text))
        if not instrument_of(contract).expires:
            expiry = None
        elif contract.expiry == "dated":
            expiry = contract.expires_on
        elif contract.expiry in ("monthly", "weekly") and expiry is None and len(self.faults) == before:
            self._fault(row, "expiry", f"{contract.id} has several expiries; write the expiry date, as in 2026-12-25")
        return (
            None
            if at is None or len(self.faults) > before
            else _Place(at, contract, expiry, self._price(cells, contract))
        )

    def _price(self, cells: Mapping[str, str], contract: Contract) -> float | None:
        """Return USD per coin from the row's price or mark, or None."""
        for name in ("price", "mark"):
            try:
                price = number_of(cells.get(name, ""))
            except InvalidInput:
                continue
            if price > 0:
                return price if self._is_own else price / contract.quote_per_coins
        return None

    def _money(self, row: int, name: str, cells: Mapping[str, str], place: _Place) -> float | None:
        """Return a money cell in USD, 0 if it is empty, or None after recording a fault."""
        text = cells.get(name, "")
        if not text:
            return 0.0

        def read() -> float:
            amount, currency = amount_of(text, "USD" if self._is_own else cells.get("currency", ""))
            return in_dollars(amount, currency, place.contract, place.price)

        return self._try(row, name, read)

    def _funding(self, row: int, cells: Mapping[str, str]) -> None:
        place = self._place(row, cells)
        if place is None:
            return
        names = ["funding", "pnl", "balance_change", *([] if "price" in self._fields else ["quantity"]), "fee"]
        for name in names:
            amount = self._money(row, name, cells, place)
            if amount is None:
                return
            if amount:
                self._pay(row, place, -amount if name == "fee" else amount)
                return
        self._left_out["zero funding"] += 1

    def _pay(self, row: int, place: _Place, amount: float) -> None:
        payment = self._try(
            row,
            "funding",
            lambda: FundingPayment(at=place.at, contract=place.contract.id, amount=amount, expiry=place.expiry),
        )
        if payment is not None:
            self.payments.append(payment)

    def _cash(self, row: int, cells: Mapping[str, str]) -> None:
        place = self._place(row, cells)
        if place is None:
            return
        fee, funding = self._money(row, "fee", cells, place), self._money(row, "funding", cells, place)
        if fee is not None and funding is not None:
            self._fees.append((row, place, fee))
            if funding:
                self._pay(row, place, funding)

    def _fill(self, row: int, cells: Mapping[str, str]) -> None:
        before = len(self.faults)
        counted = "lots" if cells.get("lots") or "quantity" not in self._fields else "quantity"
        quantity = self._try(row, counted, lambda: number_of(cells.get(counted, "")))
        if quantity == 0:
            self._left_out["zero quantity"] += 1
            return
        place = self._place(row, cells)
        side = self._side(row, cells, quantity or 0.0)
        price = self._try(row, "price", lambda: number_of(cells.get("price", "")))
        if price is not None and price <= 0:
            self._fault(row, "price", f"must be a positive number of USD per coin, not {price:g}")
        if place is None or quantity is None or side is None or place.price is None or len(self.faults) > before:
            return
        step: float | None = place.contract.amount_step
        if counted == "lots" and (text := cells.get("amount_step")):
            step = self._try(row, "amount_step", lambda: number_of(text))
        lots = self._try(row, counted, lambda: self._lots(counted, abs(quantity), cells, place.contract))
        fee, funding = self._money(row, "fee", cells, place), self._money(row, "funding", cells, place)
        if lots is None or fee is None or funding is None or step is None:
            return
        fill = self._try(
            row,
            "price",
            lambda: Fill(
                at=place.at,
                contract=place.contract.id,
                side=side,
                contracts=lots,
                price=place.price or 0.0,
                fee=fee,
                expiry=place.expiry,
                note=_note(cells.get("note", "")),
                amount_step=step,
            ),
        )
        if fill is None:
            return
        if number := cells.get("trade_id"):
            if (number, fill) in self._trades:
                self._repeated.append(row)
                return
            self._trades.add((number, fill))
        self._fills.append(fill)
        if funding:
            self._pay(row, place, funding)

    def _side(self, row: int, cells: Mapping[str, str], quantity: float) -> Side | None:
        """Return the side as written, or from the sign of the quantity if there is no column for the side."""
        if "side" in self._fields:
            return self._try(row, "side", lambda: side_of(cells["side"]))
        if not self._is_signed:
            way_out = "add one with sell or buy, or write sold quantities as negative numbers"
            self._fault(row, "side", f"the table has no such column: {way_out}")
            return None
        return "sell" if quantity < 0 else "buy"

    def _lots(self, counted: str, quantity: float, cells: Mapping[str, str], contract: Contract) -> int:
        if counted == "lots":
            return whole_lots(quantity, contract, f"{quantity:g}")
        return lots_of(quantity, cells.get("unit", ""), contract, cells["contract"])


def _note(text: str) -> str:
    is_marked = text.startswith("'") and text[1:].startswith(FORMULA_MARKS)
    return (text[1:] if is_marked else text)[:500]
