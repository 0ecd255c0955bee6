"""What each column of a table means: by its title, and by what its cells hold.

Cells overrule titles where they contradict them: a column `Balance` of cells such as $1,850.00 holds money, whatever
its title says. Where no title helps, the cells alone may name the coin's column or the only column of numbers; the
user is then asked.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace

from hedge_core.documents.reader.amounts import Amount, amount_in, coins_in
from hedge_core.documents.reader.dates import moment_in
from hedge_core.documents.reader.lines import Line
from hedge_core.documents.reader.titles import title_of
from hedge_core.market.coin_names import coin_named
from hedge_core.market.coins import is_cash

WORDS = {
    "coin": "coin", "quantity": "quantity", "net": "quantity after debts", "free": "available quantity",
    "part": "part of the quantity", "debt": "borrowed quantity", "price": "price per coin", "value": "value",
    "cost": "what it cost", "currency": "currency of the amounts", "percent": "percentage", "kind": "kind of row",
    "date": "date", "place": "where it lies", "name": "name", "symbol": "ticker", "role": "role",
    "stop_loss": "stop-loss", "note": "note", "transaction": "detail of a transaction",
    "derivative": "detail of a futures position",
    "scaled": "in thousands or in the smallest units, not used",
    "change": "change", "ignored": "not used", "": "not understood",
}  # fmt: skip
"""Each meaning in words, for people and for the JSON of `hedge import`."""


_SAMPLE = 300
"""Different cells of a column that are looked at closely; the others are taken to be like them."""


@dataclass(frozen=True, slots=True)
class Column:
    """A column: its place, title and meaning, the currency of its amounts ('' if none is stated), and its cells.

    `amounts` pairs the row's index with the amount in the cell, for cells that hold one. `filled` counts cells with
    anything in them, `coins` those that name a coin that exists, `dates` those that are dates.
    """

    index: int
    title: str
    meaning: str
    currency: str = ""
    is_exact: bool = False
    amounts: Mapping[int, Amount] = field(default_factory=dict, repr=False)
    filled: int = 0
    coins: int = 0
    dates: int = 0
    cash: int = 0
    money: int = 0
    percents: int = 0

    @property
    def is_numeric(self) -> bool:
        """Whether most cells are plain numbers: no money, no percentages, no dates."""
        plain = len(self.amounts) - self.money - self.percents
        return plain > 0 and 2 * plain > self.filled and 2 * self.dates < self.filled


def columns_of(titles: Sequence[str], rows: Sequence[Line], known: Collection[str] = ()) -> list[Column]:
    """Every column with its meaning, as far as title and cells tell."""
    width = len(titles) or max((len(line.cells) for line in rows), default=0)
    return [_understood(_column(index, titles[index] if titles else "", rows, known)) for index in range(width)]


def _column(index: int, text: str, rows: Sequence[Line], known: Collection[str]) -> Column:
    title = title_of(text)
    cells = [line.cells[index] for line in rows]
    amounts = {}
    currencies: Counter[str] = Counter()
    for number, cell in enumerate(cells):
        amount = (amount_in(cell) or coins_in(cell)) if cell else None
        if amount is not None:
            amounts[number] = amount
            if amount.currency:
                currencies[amount.currency] += 1
    words = Counter(cell for number, cell in enumerate(cells) if cell and number not in amounts)
    words.update(cells[n] for n, amount in amounts.items() if amount.unit and " " not in cells[n])  # such as 1000PEPE
    judged = [cell for cell in words if len(cell) <= 60][:_SAMPLE]
    named = {cell: coin_named(cell, known) for cell in judged}
    scale = len(words) / max(1, len(judged)) if len(words) > _SAMPLE else 1.0
    return Column(
        index,
        title.text,
        title.meaning,
        currency=title.currency or (currencies.most_common(1)[0][0] if currencies else ""),
        is_exact=title.is_exact,
        amounts=amounts,
        filled=sum(1 for cell in cells if cell),
        coins=round(scale * sum(words[cell] for cell, coin in named.items() if coin.is_known and coin.coin)),
        cash=round(scale * sum(words[cell] for cell, coin in named.items() if is_cash(coin.coin))),
        dates=_dates(cells),
        money=sum(currencies.values()),
        percents=sum(amount.is_percent for amount in amounts.values()),
    )


def _dates(cells: Sequence[str]) -> int:
    """Return how many cells are dates, from a sample of a long column."""
    filled = [cell for cell in cells if cell]
    found = sum(moment_in(cell) is not None for cell in filled[:_SAMPLE])
    return found if len(filled) <= _SAMPLE else round(found * len(filled) / _SAMPLE)


def _understood(column: Column) -> Column:
    """Return the column with the meaning that its cells allow."""
    meaning = column.meaning
    if not column.filled:
        return column
    if meaning in {"quantity", "net", "free", "part", "debt", "coin", "symbol", "name", "change", ""}:
        if 2 * column.money > column.filled:
            meaning = "ignored" if meaning in {"free", "part", "debt"} else "value"
        elif 2 * column.percents > column.filled:
            meaning = "percent"
    if meaning in {"coin", "symbol", "name"} and 2 * len(column.amounts) > column.filled and not column.coins:
        meaning = "quantity" if meaning == "coin" and column.title.lower() == "coins" else ""
    if meaning in {"price", "value", "cost"} and column.coins == column.filled and not column.amounts:
        meaning = "currency"
    if meaning in {"", "change", "ignored"} and 2 * column.dates > column.filled:
        meaning = "date"
    return replace(column, meaning=meaning)


def coin_column(columns: Sequence[Column]) -> Column | None:
    """The column that names the coins: tickers before other titles before full names, unless it holds currencies."""
    titled = [column for column in columns if column.meaning in {"symbol", "coin", "name"}]
    titled = [column for column in titled if column.filled] or titled
    order = ("symbol", "coin", "name")
    titled.sort(key=lambda column: order.index(column.meaning))
    most = max((column.filled for column in titled), default=0)

    def is_currency(column: Column) -> bool:
        return column.cash == column.filled and any(
            other.coins > other.cash for other in columns if other is not column
        )

    usable = [column for column in titled if 2 * column.filled >= most and not is_currency(column)]
    known = [column for column in usable if 2 * column.coins >= column.filled]
    if known or usable:
        return (known or usable)[0]
    others = [
        column for column in columns if column.meaning in {"", "place", "kind", "note"} and not is_currency(column)
    ]
    by_cells = [column for column in others if column.coins and 5 * column.coins >= 4 * column.filled]
    return max(by_cells, key=lambda column: column.coins, default=titled[0] if titled else None)
