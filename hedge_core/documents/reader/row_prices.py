"""What a row says about money: its price in USD, and what its quantity is checked against.

An amount in another currency is converted where the market has a rate for it, and else not used. It is never taken
for dollars.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from hedge_core.documents.reader.amounts import EMPTY, currency_of
from hedge_core.documents.reader.cell_reader import CellReader
from hedge_core.documents.reader.columns import Column
from hedge_core.documents.reader.doubts import Doubts
from hedge_core.documents.reader.lines import Line
from hedge_core.documents.reader.plausibility import Checked
from hedge_core.documents.reader.titles import suggests_other_money
from hedge_core.market.coin_names import NamedCoin
from hedge_core.market.coins import is_dollar

_DOLLARS = frozenset({"USD", "USDT", "USDC"})


class RowPrice(NamedTuple):
    """The price per coin as the row states it, and in USD (None if it states none that can be used).

    `fault` says why the cell is no price at all, ''  if it is one or is empty.
    """

    stated: float | None = None
    in_usd: float | None = None
    fault: str = ""


@dataclass(slots=True)
class RowPrices:
    """Reads prices and values of rows. `above` is the text over the table, which may name the currency of all of it."""

    columns: Sequence[Column]
    coin: Column
    cells: CellReader
    above: str
    market: Mapping[str, float]
    doubts: Doubts
    _unconverted: dict[str, list[str]] = field(default_factory=dict)
    _converted: dict[str, float] = field(default_factory=dict)
    _is_assumed: bool = False

    def price(self, index: int, line: Line, named: NamedCoin) -> RowPrice:
        """The price in a row."""
        column = self._column
        cell = line.cells[column.index] if column is not None else ""
        if column is None or cell.lower() in EMPTY:
            return RowPrice()
        amount = column.amounts.get(index)
        value = None if amount is None or amount.is_percent else self.cells.number(line, column, index, "own_price")
        if value is None or not 0 < value < 1e15:
            if value == 0 or any(other.meaning == "value" and other.amounts for other in self.columns):
                self.doubts.note(f"'{cell[:24]}' is not a price and is not used", line.row, "own_price")
                return RowPrice()
            if value is None:
                return RowPrice(fault=f"'{cell[:40]}' is not a number; write it like 1234.5 or 1,234.5")
            return RowPrice(fault=f"must be a positive number of USD, not {value:g}")
        return RowPrice(value, self._in_usd(value / named.units, self._currency(index, line, column), named.coin))

    def checked(self, index: int, line: Line, named: NamedCoin, quantity: float, price: RowPrice) -> Checked:
        """What the row's quantity can be checked against: its price and its value, both in one currency."""
        own = self._column.currency if self._column is not None else ""
        values = [
            column
            for column in self.columns
            if column.meaning == "value"
            and index in column.amounts
            and not column.amounts[index].is_inexact
            and (not own or not column.currency or column.currency == own)
        ]
        value = self.cells.value(values[0], index) if values else None
        used = self._column if price.stated is not None else values[0] if values else None
        currency = self._currency(index, line, used) if used is not None else "USD"
        is_comparable = currency in _DOLLARS and named.units == 1.0
        return Checked(line.row, named.coin, abs(quantity), price.stated, abs(value) if value else None, is_comparable)

    def summarise(self) -> None:
        """Say which currencies were converted, and which were not used; ask if a price of none may not be in USD."""
        column = self._column
        if column is not None and column.amounts and self._is_assumed and suggests_other_money(column.title):
            self.doubts.ask(
                f"'{column.title[:30]}' states no currency and is read as USD. Is that right?", None, "own_price"
            )
        for currency, rate in self._converted.items():
            self.doubts.note(f"Prices in {currency} are converted at {rate:,.6g} USD", field="own_price")
        for currency, coins in self._unconverted.items():
            text = (
                f"Prices in {currency} are not used ({', '.join(dict.fromkeys(coins))[:60]}): there is no rate to USD "
                "here. The market's prices are used instead"
            )
            self.doubts.note(text, field="own_price")

    @property
    def _column(self) -> Column | None:
        return next((column for column in self.columns if column.meaning == "price"), None)

    def _in_usd(self, price: float, currency: str, coin: str) -> float | None:
        if currency in _DOLLARS:
            return price
        rate = self._rate(currency)
        if rate is None:
            self._unconverted.setdefault(currency, []).append(coin)
            return None
        self._converted[currency] = rate
        return price * rate

    def _rate(self, currency: str) -> float | None:
        """Return what one unit of a currency is worth in USD, by the market's price of it or of a stablecoin of it."""
        if is_dollar(currency):
            return 1.0
        return self.market.get(currency, self.market.get(f"{currency}C"))

    def _currency(self, index: int, line: Line, column: Column) -> str:
        """Return the currency of a cell: its own sign, its title, the column of currencies, the text above, or USD."""
        amount = column.amounts.get(index)
        if amount is not None and amount.currency:
            return amount.currency
        if amount is not None and amount.unit:
            return amount.unit.upper()[:12]
        if column.currency:
            return column.currency
        for other in self.columns:
            cell = line.cells[other.index]
            is_about_money = other.meaning in {"currency", "coin", "symbol", ""} and other.index != self.coin.index
            if is_about_money and currency_of(cell):
                return currency_of(cell)
        words = self.above.split()
        stated = [
            currency_of(word.strip(".,;()"))
            for before, word in zip(["", *words], words, strict=False)
            if before.lower() == "in" and currency_of(word.strip(".,;()"))
        ]
        if not stated:
            self._is_assumed = True
        return stated[-1] if stated else "USD"
