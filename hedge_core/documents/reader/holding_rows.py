"""Holdings from the rows of a table whose columns are understood."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace

from hedge_core.documents.reader.amounts import EMPTY
from hedge_core.documents.reader.cell_reader import CellReader
from hedge_core.documents.reader.columns import Column
from hedge_core.documents.reader.debts import CoinRow, net
from hedge_core.documents.reader.doubts import Doubts
from hedge_core.documents.reader.lines import Line
from hedge_core.documents.reader.marked_rows import (
    commented_doubts,
    is_marked_gone,
    is_marked_owed,
    note_doubts,
    part_of_another,
    sale_doubts,
    why_not_real,
    why_other_unit,
)
from hedge_core.documents.reader.number_style import NumberStyle
from hedge_core.documents.reader.plausibility import Checked
from hedge_core.documents.reader.quantities import Recipe
from hedge_core.documents.reader.row_kinds import (
    Section,
    debt_token,
    is_advert,
    is_company,
    kind_columns,
    row_kind,
    section_of,
)
from hedge_core.documents.reader.row_prices import RowPrices
from hedge_core.documents.reader.row_words import is_place, means_everywhere, without_total
from hedge_core.documents.reader.subtotals import without_subtotals
from hedge_core.documents.reader.table_finding import FoundTable
from hedge_core.errors import InvalidFile
from hedge_core.market.coin_names import NamedCoin, coin_by_name, coin_named, nearest_known
from hedge_core.market.coins import is_gold, resolve_coin
from hedge_core.plan.bag import MAX_HOLDINGS, Holding, HoldingRows
from hedge_core.tables import without_text_mark
from hedge_core.text import listed

MOST_DOUBTS = 4 * MAX_HOLDINGS
"""A table with more doubts than this is refused: nobody could look at them."""


@dataclass(slots=True)
class Rows:
    """Reads the rows of `table` into `holdings`, with the row and price of each, doubts, and what is needed to check.

    `checked` is what the table says of each quantity, `taken` are the lines that became holdings, and `stated_total`
    is the table's own total value.
    """

    columns: Sequence[Column]
    coin: Column
    recipe: Recipe
    style: NumberStyle
    table: FoundTable
    market: Mapping[str, float]
    known: Collection[str]
    doubts: Doubts = field(default_factory=Doubts)
    holdings: list[Holding] = field(default_factory=list)
    rows: list[int] = field(default_factory=list)
    prices: dict[str, float] = field(default_factory=dict)
    checked: list[Checked] = field(default_factory=list)
    taken: list[Line] = field(default_factory=list)
    stated_total: float | None = None
    cells: CellReader = field(init=False)
    _money: RowPrices = field(init=False)
    _zero: list[tuple[str, int]] = field(default_factory=list)
    _spam: list[tuple[str, int]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.cells = CellReader(self.style, self.doubts)
        self._money = RowPrices(self.columns, self.coin, self.cells, self.table.above, self.market, self.doubts)

    def read(self) -> None:
        """Read every row. Raises InvalidFile if there are more holdings than a bag may have."""
        found: list[CoinRow] = []
        section: Section = "held"
        kinds = kind_columns(self.columns, self.table.rows, self.coin)
        for index, line in enumerate(self.table.rows):
            heading = section_of(line)
            if heading is not None and not any(index in column.amounts for column in self.recipe.columns):
                section = heading
                if section == "gone":
                    text = f"What stands under '{next(filter(None, line.cells))[:30]}' is left out. Is that right?"
                    self.doubts.ask(text, line.row)
                continue
            row = self._row(index, line, kinds) if section != "gone" else None
            if row is not None:
                row.is_owed = row.is_owed or section == "owed"
                found.append(row)
            if len(found) > MAX_HOLDINGS or len(self.doubts) > MOST_DOUBTS:
                size = len(self.table.rows)
                raise InvalidFile(
                    f"The table of holdings has {size:,} rows; at most {MAX_HOLDINGS} can be read. Leave some out."
                )
        self.doubts += [
            *sale_doubts(self.columns, self.table.rows, self.coin),
            *commented_doubts(self.table.rows, self.coin),
        ]
        for row in net(without_subtotals(found, self.columns, self.coin, self.doubts), self.doubts):
            self._take(row)
        self._money.summarise()
        self._summarise()

    # ------------------------------------------------------------------------------------------------- one row

    def _row(self, index: int, line: Line, kinds: Sequence[Column]) -> CoinRow | None:
        """Return the row if it is a coin held or owed; else None, after a doubt that says what became of it."""
        kind = row_kind(line, self.coin, kinds, self.recipe.columns)
        text = line.cells[self.coin.index]
        if not text and self._is_sum(index, line):
            kind = "total"
        if kind in {"total", "remark", "not a coin"}:
            self._leave_out(kind, index, line, kinds)
            return None
        within_total = without_total(text)
        is_subtotal = bool(within_total) and bool(coin_named(text).question or not coin_named(text).is_known)
        named = self._named(line, debt_token(text) or (within_total if is_subtotal else text))
        if not named.is_known and any(is_company(line.cells[c.index]) for c in self.columns if c.meaning == "name"):
            self.doubts.note(f"{text[:24]} is a share or a fund by its name, no coin, and is left out", line.row)
            return None
        if kind == "spam" or self._is_advert(line, named):
            self._spam.append((text[:40], line.row))
            return None
        about_quantity = Doubts()
        quantity = self._quantity(index, line, about_quantity)
        if quantity == 0.0:
            self._zero.append((text[:16], line.row))
            return None
        price = self._money.price(index, line, named)
        if price.fault:
            self.doubts.refuse(price.fault, line.row, "own_price")
        if not named.coin:
            why = named.note if text else "is empty: enter the coin's ticker, for example SOL"
            self.doubts.refuse(why, line.row, "coin")
        self.doubts += about_quantity
        if quantity is None or not named.coin or price.fault:
            return None
        if kind == "unclear" or is_marked_gone(self.columns, line):
            text = f"{text[:24]} is marked as sold, withdrawn or repaid and is left out. Do you still hold it?"
            self.doubts.ask(text, line.row, "coin")
            return None
        if self._is_set_aside(line, named, text):
            return None
        self._say_name(line, named, text)
        self.doubts += note_doubts(self.columns, line, self.coin, text) if kind == "held" else []
        self.checked.append(self._money.checked(index, line, named, quantity, price))
        is_owed = (
            kind == "owed"
            or quantity < 0
            or is_marked_owed(self.columns, line)
            or self._is_worth_less_than_nothing(index)
        )
        return CoinRow(index, line, named, abs(quantity) * named.units, is_owed, price.in_usd, is_subtotal)

    def _is_set_aside(self, line: Line, named: NamedCoin, text: str) -> bool:
        """Whether a row with a coin is left out: counted elsewhere, not real, or in another unit. A doubt says why."""
        if part := part_of_another(self.columns, line, self.coin):
            self.doubts.ask(f"{text[:16]} is marked '{part[:24]}' and left out. Is that right?", line.row, "quantity")
        elif play := why_not_real(self.columns, line, self.coin):
            self.doubts.ask(f"{text[:16]} is marked '{play[:24]}' and is left out. Is it real?", line.row, "coin")
        elif unit := why_other_unit(self.columns, line, named, text):
            self.doubts.refuse(unit, line.row, "quantity")
        else:
            return False
        return True

    def _is_worth_less_than_nothing(self, index: int) -> bool:
        """Whether the row's value is negative, as wallets show what is borrowed."""
        values = [column for column in self.columns if column.meaning == "value" and index in column.amounts]
        return any((self.cells.value(column, index) or 0.0) < 0.0 for column in values)

    def _is_sum(self, index: int, line: Line) -> bool:
        """Whether each number in a row without a coin is the sum of its column above, as in a line of totals.

        Under a single row, or with a wallet or another word beside it, it may be the same coin again.
        """
        words = [
            cell
            for n, cell in enumerate(line.cells)
            if cell and not any(c.index == n and index in c.amounts for c in self.columns)
        ]
        if index < 2 or not all(map(means_everywhere, words)):
            return False
        columns = [c for c in self.columns if c.meaning in {"value", "quantity"} and index in c.amounts]
        sums = [(self.cells.value(c, index), sum(self.cells.value(c, i) or 0.0 for i in range(index))) for c in columns]
        return bool(sums) and all(abs((stated or 0.0) - total) <= 0.01 * abs(total) + 0.011 for stated, total in sums)

    def _leave_out(self, kind: str, index: int, line: Line, kinds: Sequence[Column]) -> None:
        """Say why a row without a holding is left out; a row with a coin and no quantity is refused."""
        shown = next(cell for cell in line.cells if cell)[:60]
        text = line.cells[self.coin.index]
        if kind == "total":
            self.doubts.note(f"'{shown[:40]}' is a total and is left out", line.row)
            values = [column for column in self.columns if column.meaning == "value" and index in column.amounts]
            if values and self.stated_total is None and "sub" not in line.cells[0].lower():
                self.stated_total = self.cells.value(values[0], index)
        elif kind == "not a coin":
            classes = [line.cells[column.index][:20] for column in kinds if line.cells[column.index]] or ["no coin"]
            self.doubts.note(f"{text[:24]} is not a coin ({listed(classes)}) and is left out", line.row)
        elif any(index in column.amounts for column in self.columns) or (
            text and len(text) <= 16 and index < len(self.table.rows) - 1
        ):
            self.doubts.refuse("is empty: enter a number", line.row, "quantity")
        else:
            self.doubts.note(f"'{shown}' is not a holding and is left out", line.row)

    def _is_advert(self, line: Line, named: NamedCoin) -> bool:
        """Whether a name in the row invites to a website; ether.fi, the name of a coin that exists, does not."""
        names = [line.cells[c.index] for c in self.columns if c.meaning in {"symbol", "name", "coin"}]
        is_pool = "pool" in named.note
        return (
            not is_pool
            and any(is_advert(name) for name in names)
            and not any(coin_by_name(name) == named.coin for name in names)
        )

    def _named(self, line: Line, text: str) -> NamedCoin:
        """Return the coin of a row, by its ticker, or by its full name where the ticker is empty or contradicts it."""
        named = coin_named(text, self.known) if text else NamedCoin("")
        for column in self.columns:
            if column.meaning != "name" or column.index == self.coin.index:
                continue
            by_name = coin_by_name(line.cells[column.index])
            if by_name and (not named.coin or named.question):
                return NamedCoin(by_name)
            if by_name and named.is_known and resolve_coin(by_name).moves_with != resolve_coin(named.coin).moves_with:
                question = f"the ticker says {named.coin}, the name '{line.cells[column.index][:30]}' says {by_name}"
                return replace(named, question=question)
        return named

    def _say_name(self, line: Line, named: NamedCoin, text: str) -> None:
        """Say how the coin was understood where that is not plain."""
        if not named.is_known and is_place(text):
            self.doubts.ask(f"'{text[:24]}' is an exchange or a wallet. Is it a coin?", line.row, "coin")
        elif named.question:
            self.doubts.ask(f"{named.coin}: {named.question}. Is {named.coin} right?", line.row, "coin")
        elif not named.is_known and (near := nearest_known(named.coin, self.known)):
            self.doubts.ask(f"'{text[:24]}' is not a coin that we know. Did you mean {near}?", line.row, "coin")
        elif named.note:
            self.doubts.note(named.note, line.row, "coin")
        if is_gold(named.coin):
            text = f"{named.coin} follows the price of gold, which no future here offsets"
            self.doubts.note(text, line.row, "coin")

    def _quantity(self, index: int, line: Line, doubts: Doubts) -> float | None:
        """Return the number of coins in a row; None after a doubt that says why it cannot be read."""
        total, is_there = 0.0, False
        for column in self.recipe.columns:
            cell = line.cells[column.index]
            if cell.lower() in EMPTY:
                continue
            if index not in column.amounts:
                doubts.refuse(f"'{cell[:40]}' is not a number; write it like 1234.5 or 1,234.5", line.row, "quantity")
                return None
            if why := self._why_no_coins(line, column, index):
                doubts.refuse(why, line.row, "quantity")
                return None
            number = self.cells.number(line, column, index, "quantity") or 0.0
            total += -abs(number) if column in self.recipe.debts else number
            is_there = True
        if not is_there:
            doubts.refuse("is empty: enter a number", line.row, "quantity")
            return None
        if abs(total) >= 1e18:
            doubts.refuse(f"must be a positive number of coins, not {total:g}", line.row, "quantity")
            return None
        return total

    def _why_no_coins(self, line: Line, column: Column, index: int) -> str:
        """Return why a cell is no number of coins, or '': it is money, a percentage, rounded, or of another coin."""
        cell, amount = line.cells[column.index], column.amounts[index]
        own = coin_named(line.cells[self.coin.index]).coin if line.cells[self.coin.index] else ""
        if amount.is_percent:
            return f"'{cell[:40]}' is a percentage; enter the number of coins"
        if amount.currency and amount.currency != own:
            return f"'{cell[:40]}' is money ({amount.currency}); enter the number of coins"
        if amount.is_inexact:
            return f"'{cell[:40]}' is not exact; write the full number of coins"
        if not amount.unit or not own or amount.unit.upper() == own:
            return ""
        unit = coin_named(amount.unit)
        if not unit.is_known or not unit.coin:
            return f"'{cell[:40]}' is not a number; write it like 1234.5 or 1,234.5"
        if resolve_coin(unit.coin).moves_with != resolve_coin(own).moves_with:
            return f"'{cell[:40]}' counts {unit.coin}, but the row is about {own}; enter the number of {own}"
        return ""

    # ------------------------------------------------------------------------------------------------- one holding

    def _take(self, row: CoinRow) -> None:
        cells = {c.meaning: row.line.cells[c.index] for c in self.columns if c.meaning in {"role", "stop_loss", "note"}}
        if "note" in cells:
            cells["note"] = without_text_mark(cells["note"])
        stop = next((c for c in self.columns if c.meaning == "stop_loss" and row.index in c.amounts), None)
        if stop is not None and "%" not in cells["stop_loss"]:
            cells["stop_loss"] = repr(self.cells.value(stop, row.index))
        rows = HoldingRows()
        holding = rows.add(row.line.row, {**cells, "coin": row.named.coin, "quantity": repr(row.quantity)})
        for fault in rows.faults:
            self.doubts.refuse(fault.message, fault.row, fault.field)
        if holding is None:
            return
        self.holdings.append(holding)
        self.rows.append(row.line.row)
        self.taken.append(row.line)
        if row.price is not None:
            if self.prices.get(holding.coin, row.price) != row.price:
                text = f"{holding.coin} has a second price in this table; {row.price:g} is used"
                self.doubts.note(text, row.line.row, "own_price")
            self.prices[holding.coin] = row.price

    def _summarise(self) -> None:
        """Say in one note each what was left out for the same reason."""
        zero = [f"{name} (row {row})" for name, row in self._zero]
        if len(zero) == 1:
            name, row = self._zero[0]
            self.doubts.note(f"{name} has a quantity of zero and is left out", row)
        elif zero:
            more = f" and {len(zero) - 10} more" if len(zero) > 10 else ""
            self.doubts.note(f"{len(zero)} rows with a quantity of zero are left out: {', '.join(zero[:10])}{more}")
        if self._spam:
            names = listed([f"'{name}' (row {row})" for name, row in self._spam[:5]])
            text = f"{names} looks like an advertisement sent to your wallet, and is left out"
            self.doubts.note(text, self._spam[0][1] if len(self._spam) == 1 else None)
