"""Sort the rows of a table of fills into fills, funding payments, rows left out, and faults.

A venue's log contains more than trades: transfers, conversions and the like are counted and left out, and so are spot
trades, totals and orders that were not filled. At some venues a trade takes two rows, the position and the cash (see
`FillsFormat.is_cash_row`). The fee in the cash row is added to the trade with the same time and contract.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import partial
from typing import Literal, TypeVar

from hedge_core.documents.fills.cells import (
    amount_of,
    in_dollars,
    is_other_money,
    lots_of,
    number_of,
    price_of,
    unit_in,
    whole_lots,
)
from hedge_core.documents.fills.contract_names import ContractNames, Named, expiry_in
from hedge_core.documents.fills.moments import Moments, day_of
from hedge_core.documents.fills.plausibility import Closes, unit_of_price
from hedge_core.documents.fills.row_kind import row_kind
from hedge_core.documents.fills.sides import SideOrClose, Sides
from hedge_core.documents.fills.trades import Place, Trade, resolve_closes
from hedge_core.documents.reader.doubts import Doubts
from hedge_core.errors import Fault, InvalidInput
from hedge_core.market.contracts import Contract
from hedge_core.market.instruments import instrument_of
from hedge_core.market.venues import venue_of
from hedge_core.market.venues.fills_format import FillsFormat
from hedge_core.plan.fills import Fill, FundingPayment
from hedge_core.tables import without_text_mark

FeeSign = Literal["auto", "paid_is_positive", "paid_is_negative"]
"""The sign of a fee that was paid. "auto": negative if the fees of the table add up to less than zero."""

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class AboutTable:
    """What is known of a table as a whole.

    `venue` is its venue ('' if unknown), `offset` how far a time without a zone is ahead of UTC, `closes` are real
    prices. `is_export`: its layout is known. `is_filled_known`: its quantities are what was filled, not what was
    ordered. `currency_title` is the title of its column of currencies.
    """

    venue: str
    offset: timedelta
    closes: Closes
    is_export: bool = False
    is_filled_known: bool = False
    currency_title: str = ""


class RowReader:
    """Reads `rows` (row number, and cells by field) and collects `payments`, `faults`, `doubts`, fills and notes.

    `faults` are those found before; they are added to.
    """

    def __init__(
        self,
        rows: Sequence[tuple[int, dict[str, str]]],
        names: ContractNames,
        about: AboutTable,
        faults: Sequence[Fault],
    ) -> None:
        self.faults, self.payments, self.doubts = list(faults), list[FundingPayment](), Doubts()
        self._names, self._about = names, about
        self._fields = frozenset(rows[0][1]) if rows else frozenset()
        self._is_own = "lots" in self._fields
        habits = venue_of(about.venue).fills or FillsFormat()
        self._is_cash_row = habits.is_cash_row
        self._is_signed = habits.has_signed_quantities or any(
            cells.get(name, "").startswith(("-", "−")) for _, cells in rows for name in ("lots", "quantity")
        )
        times = (cells["time"] for _, cells in rows)
        self._moments = Moments(times, offset=about.offset, short_years=habits.has_short_years)
        self._sides = Sides((c.get("side", "") for _, c in rows), names_position=habits.side_names_position)
        self._trades: list[Trade] = []
        self._fees: list[tuple[int, Place, float]] = []
        self._seen: set[tuple[object, ...]] = set()
        self._left_out: Counter[str] = Counter()
        self._repeated: list[int] = []
        self._is_negative = False
        for row, cells in rows:
            self._read(row, cells)
        self._doubt_sides()

    @property
    def has_bare_times(self) -> bool:
        """Whether the table contains a time without a zone."""
        return self._moments.is_bare

    def fills(self, fee_sign: FeeSign) -> tuple[tuple[int, Fill], ...]:
        """Return rows and fills in the order of the table, each trade once, with fees in USD, positive if paid.

        A table with the newest row first is reversed, so fills with the same time stay in the order of execution. A
        fee that is not known is 0 in the fill, and its row is in `open_fees`.
        """
        places: dict[tuple[datetime, str], Trade] = {}
        for trade in self._trades:
            places.setdefault((trade.place.at, trade.place.contract.id), trade)
        for row, place, fee in self._fees:
            trade_or_none = places.get((place.at, place.contract.id))
            if trade_or_none is not None:
                trade_or_none.fee = (trade_or_none.fee or 0.0) + fee
            elif fee:
                what = f"{fee:g} USD does not match any trade of {place.contract.id} at that time"
                self._fault(row, "fee", f"{what}; add the fee to a fill by hand")
        total = sum(trade.fee or 0.0 for trade in self._trades)
        self._is_negative = fee_sign == "paid_is_negative" or (fee_sign == "auto" and not self._is_own and total < 0)
        sign = -1.0 if self._is_negative else 1.0
        is_newest_first = bool(self._trades) and self._trades[0].place.at > self._trades[-1].place.at
        ordered = list(reversed(self._trades)) if is_newest_first else self._trades
        doubts = resolve_closes(ordered)
        self.faults += [Fault(doubt.text, doubt.row, doubt.field) for doubt in doubts if doubt.grade == "refuse"]
        self.doubts += [doubt for doubt in doubts if doubt.grade == "ask"]
        found = [
            (trade.row, self._try(trade.row, "price", partial(trade.filled, sign)))
            for trade in ordered
            if trade.side != "close"
        ]
        return tuple((row, fill) for row, fill in found if fill is not None)

    @property
    def _is_priced_in_it(self) -> bool:
        """Whether the column of currencies may also be that of prices: its title does not name the fee."""
        return not re.search(r"fee|commission|geb", self._about.currency_title.lower())

    @property
    def has_fees(self) -> bool:
        """Whether a fee of any trade is known and not zero, or is asked about."""
        return bool(self.open_fees) or any(trade.fee for trade in self._trades)

    @property
    def open_fees(self) -> frozenset[int]:
        """The rows of fills whose fee is not known in USD."""
        return frozenset(trade.row for trade in self._trades if trade.fee is None)

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
        if self._sides.names_position:
            found.append("In this table “buy short” opens a short and “sell short” closes one.")
        return found

    # -------------------------------------------------------------------------------------------- sides and fees

    def _doubt_sides(self) -> None:
        if self._sides.is_open_to_doubt and self._trades:
            text = (
                "'sell short' is read as a sale that opens or adds to a short. Some venues, such as MEXC, write it for "
                "closing a short. Is it a sale here?"
            )
            self.doubts.ask(text, self._trades[0].row, "side")

    # -------------------------------------------------------------------------------------------- rows

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
        about = self._about
        kind = row_kind(cells, self._fields, self._names, venue=about.venue, is_filled_known=about.is_filled_known)
        if kind.name == "left out":
            self._left_out[kind.text] += 1
        elif kind.name == "faulty":
            self._fault(row, kind.field, kind.text)
        elif kind.name == "funding":
            self._funding(row, cells)
        elif self._is_cash_row is not None and self._is_cash_row(cells):
            self._cash(row, cells)
        else:
            self._fill(row, cells)

    def _place(self, row: int, cells: Mapping[str, str]) -> Place | None:
        at = self._try(row, "time", lambda: self._moments.read(cells["time"]))
        near = at.date() if at else None
        found = self._try(
            row, "contract", lambda: self._names.find(cells["contract"], venue=cells.get("venue", ""), near=near)
        )
        if found is None:
            return None
        before = len(self.faults)
        expiry = self._expiry(row, cells, found)
        return (
            None
            if at is None or len(self.faults) > before
            else Place(at, found.contract, expiry, self._price(row, cells, found.contract, at))
        )

    def _expiry(self, row: int, cells: Mapping[str, str], found: Named) -> date | None:
        """The expiry of the row's future. A day near the one that the series' rule gives for its month is that day."""
        contract, expiry = found.contract, found.expiry
        before = len(self.faults)
        if text := cells.get("expiry"):
            expiry = self._try(row, "expiry", lambda: day_of(text))
        if expiry is None and found.expires_in is not None and len(self.faults) == before:
            expiry = expiry_in(contract, found.expires_in)
        if not instrument_of(contract).expires:
            return None
        if contract.expiry == "dated":
            return contract.expires_on
        if contract.expiry in ("monthly", "weekly") and expiry is None and len(self.faults) == before:
            self._fault(row, "expiry", f"{contract.id} has several expiries; write the expiry date, as in 2026-12-25")
        if contract.expiry == "monthly" and expiry is not None and not self._is_own:
            ruled = expiry_in(contract, expiry.replace(day=1))
            return ruled if ruled is not None and abs((ruled - expiry).days) <= 4 else expiry
        return expiry

    def _price(self, row: int, cells: Mapping[str, str], contract: Contract, at: datetime) -> float | None:
        """Return USD per coin from the row's price or mark, or None."""
        for name in ("price", "mark"):
            try:
                price = price_of(cells.get(name, ""), cells.get("quote", ""))
            except InvalidInput:
                continue
            if price > 0 and name == "price":
                is_certain = self._about.is_export or bool(cells.get("amount_step"))
                unit = unit_of_price(
                    price, contract, at, self._about.closes, is_own=self._is_own, is_certain=is_certain
                )
                if unit.question:
                    self.doubts.ask(unit.question, row, "price")
                return price / unit.coins
            if price > 0:
                return price if self._is_own else price / contract.quote_per_coins
        return None

    def _money(self, row: int, name: str, cells: Mapping[str, str], place: Place) -> float | None:
        """Return a money cell in USD, 0 if it is empty, or None after recording a fault."""
        text = cells.get(name, "")
        if not text:
            return 0.0

        def read() -> float:
            amount, currency = amount_of(text, "USD" if self._is_own else cells.get("currency", ""))
            return in_dollars(amount, currency, place.contract, place.price)

        return self._try(row, name, read)

    def _fee(self, row: int, cells: Mapping[str, str], place: Place, lots: int) -> tuple[float | None, str]:
        """Return the fee in USD, None if it is in a coin without a price, and what to note about it in the fill."""
        text = cells.get("fee", "")
        if text == "?":
            self.doubts.ask("The table does not state the fee; it is left at 0. Enter it in USD.", row, "fee")
            return None, "fee not stated"
        rate = text if text.endswith("%") else "" if text else cells.get("fee_rate")
        if rate:
            return number_of(rate) * lots * place.contract.lot_notional(place.price or 0.0), ""
        if not text:
            return 0.0, ""
        amount, currency = amount_of(text, "USD" if self._is_own else cells.get("currency", ""))
        try:
            return in_dollars(amount, currency, place.contract, place.price), ""
        except InvalidInput as error:
            close = self._about.closes.on(currency, place.at)
            if close is not None:
                return amount * close, f"fee {abs(amount):g} {currency[:16]} at {close:g} USD"
            self.doubts.ask(f"{error}. The fill is kept and its fee left at 0.", row, "fee")
            return None, f"fee {abs(amount):g} {currency[:16]} not counted"

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
                changed = self._money(row, "wallet_change", cells, place) or 0.0
                is_turned = amount == -changed
                self._pay(row, place, -amount if (name == "fee") != is_turned else amount)
                return
        self._left_out["zero funding"] += 1

    def _pay(self, row: int, place: Place, amount: float) -> None:
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
        stated = unit_in(cells.get(counted, ""))
        quantity = self._try(row, counted, lambda: number_of(stated.number))
        if quantity == 0:
            self._left_out["zero quantity"] += 1
            return
        place = self._place(row, cells)
        side = self._side(row, cells, quantity or 0.0)
        currency = cells.get("currency", "") if self._is_priced_in_it else ""
        quote = currency if is_other_money(currency) and not self._is_own else cells.get("quote", "")
        price = self._try(row, "price", lambda: price_of(cells.get("price", ""), quote))
        if price is not None and price <= 0:
            self._fault(row, "price", f"must be a positive number of USD per coin, not {price:g}")
        if place is None or quantity is None or side is None or place.price is None or len(self.faults) > before:
            return
        step: float | None = place.contract.amount_step
        if counted == "lots" and (text := cells.get("amount_step")):
            step = self._try(row, "amount_step", lambda: number_of(text))
        unit = stated.unit or cells.get("unit", "")
        lots = self._try(row, counted, lambda: self._lots(counted, abs(quantity), unit, cells, place.contract))
        funding = self._money(row, "funding", cells, place)
        fee = self._try(row, "fee", lambda: self._fee(row, cells, place, lots or 0))
        if lots is None or fee is None or funding is None or step is None:
            return
        note = "; ".join(text for text in (without_text_mark(cells.get("note", "")), fee[1]) if text)[:500]
        trade_id = cells.get("trade_id", "")[:64]
        trade = Trade(row, place, side, lots, place.price, fee[0], note, step, trade_id)
        if trade_id and trade.content in self._seen:
            self._repeated.append(row)
            return
        self._seen.add(trade.content)
        self._trades.append(trade)
        if funding:
            self._pay(row, place, funding)

    def _side(self, row: int, cells: Mapping[str, str], quantity: float) -> SideOrClose | None:
        """Return the side as written, or from the sign of the quantity if there is no column for the side."""
        if "side" in self._fields:
            return self._try(row, "side", lambda: self._sides.read(cells["side"]))
        if not self._is_signed:
            way_out = "add one with sell or buy, or write sold quantities as negative numbers"
            self._fault(row, "side", f"the table has no such column: {way_out}")
            return None
        return "sell" if quantity < 0 else "buy"

    def _lots(self, counted: str, quantity: float, unit: str, cells: Mapping[str, str], contract: Contract) -> int:
        if counted == "lots":
            return whole_lots(quantity, contract, f"{quantity:g}")
        return lots_of(quantity, unit, contract, cells["contract"])
