"""The closes in the cells of a price file, written in one number style.

One cell that can be read in one way only decides for its column, else for the file. In a file parted by commas a comma
within a number is a thousands mark. Where nothing decides, 58.955 is read as thousands if the file is written in the
German way (01.08.2026, Datum), and the user is asked.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from hedge_core.documents.reader.amounts import EMPTY, amount_in
from hedge_core.documents.reader.doubts import Doubt
from hedge_core.documents.reader.number_style import Evidence, Mark
from hedge_core.errors import Fault
from hedge_core.market.coins import is_dollar
from hedge_core.tables import Table

_PLAIN = re.compile(r"\d+(?:\.\d+)?(?:[eE][-+]?\d+)?")
_EITHER = re.compile(r"[1-9]\d{0,2}[.,]\d{3}")
_CONTINENTAL_DATE = re.compile(r"\d{1,2}\.\d{1,2}\.\d{2,4}.*")
_CONTINENTAL = frozenset({"datum", "tag", "zeit", "kurs", "schlusskurs", "fecha", "jour", "preis"})

LEAST, MOST = 1e-15, 1e15
"""Closes (USD) lie between these: no coin is worth so little or so much."""


@dataclass(slots=True)
class CloseReader:
    """Reads closes in the style of a file; `doubts` are what is not certain, `faults` what is no close.

    `quotes` is the currency of the columns in which every cell has the same sign of one other than the dollar.
    """

    default: Mark
    marks: Mapping[int, Mark]
    is_certain: bool
    faults: list[Fault]
    doubts: list[Doubt] = field(default_factory=list)
    quotes: Mapping[int, str] = field(default_factory=dict)

    def read(self, text: str, column: int, row: int, title: str) -> float | None:
        """The close in a cell in USD, None if there is none or it is faulty."""
        if _PLAIN.fullmatch(text) and not _EITHER.fullmatch(text):
            close = float(text)
        elif text.lower() in EMPTY:
            return None
        else:
            found = self._worded(text, column, row, title)
            if found is None:
                return None
            close = found
        if not LEAST < close < MOST:
            self.faults.append(Fault(_out_of_range(close, text[:40]), row=row, field=title))
            return None
        return close

    def _worded(self, text: str, column: int, row: int, title: str) -> float | None:
        """The number in a cell that may have a currency, thousands marks or a decimal comma."""
        amount = amount_in(text)
        if amount is None or amount.is_percent or amount.is_inexact:
            why = f"'{text[:40]}' is not a price; write it as 1234.5, or leave the cell empty"
            self.faults.append(Fault(why, row=row, field=title))
            return None
        unit = amount.currency or amount.unit.upper()
        if unit and not is_dollar(unit) and unit != self.quotes.get(column):
            why = f"'{text[:40]}' is quoted in {unit[:16]}; closes must be in USD"
            self.faults.append(Fault(why, row=row, field=title))
            return None
        point, comma = amount.readings
        if point is None or comma is None or point == comma:
            return comma if point is None else point
        mark = self.marks.get(column, self.default)
        value, other = (point, comma) if mark == "point" else (comma, point)
        if column not in self.marks and not self.is_certain and not self.doubts:
            why = (
                f"'{text[:24]}' is read as {value:,.8g}; with the other decimal mark it would be {other:,.8g}, and "
                "nothing in the file decides. Which one is right?"
            )
            self.doubts.append(Doubt("ask", why, row, title))
        return value


def _out_of_range(close: float, text: str) -> str:
    """Why a close in USD, written as `text`, cannot be used."""
    if close <= 0.0:
        return f"a close must be above zero, not {text}"
    return f"a close must be {f'above {LEAST:g}' if close <= LEAST else f'below {MOST:,.0f}'}, not {text}"


def close_reader(
    table: Table, columns: Sequence[int], *, dates: Sequence[str], delimiter: str, chosen: Mark | None
) -> CloseReader:
    """A reader of the closes in `columns`; `chosen` is the user's word on the decimal mark."""
    evidence = {column: Evidence() for column in columns}
    signs: dict[int, set[str]] = {column: set() for column in columns}
    for _, cells in table.rows:
        for column in columns:
            text = cells[column]
            if _PLAIN.fullmatch(text) and not _EITHER.fullmatch(text):
                evidence[column].point += "." in text
                signs[column].add("")
            elif text and (amount := amount_in(text)) is not None:
                evidence[column].add(amount)
                signs[column].add(amount.currency)
    alike = {column: found.pop() for column, found in signs.items() if len(found) == 1}
    quotes = {column: currency for column, currency in alike.items() if currency and not is_dollar(currency)}
    if chosen is not None:
        return CloseReader(chosen, dict.fromkeys(columns, chosen), True, [], quotes=quotes)
    whole = Evidence(sum(e.point for e in evidence.values()), sum(e.comma for e in evidence.values()))
    marks = {
        column: mark
        for column, found in evidence.items()
        if (mark := found.mark or (None if found.point and found.comma else whole.mark)) is not None
    }
    is_parted_by_commas = delimiter == "," and not whole.comma
    is_continental = any(map(_CONTINENTAL_DATE.fullmatch, dates[:20])) or bool(
        {title.casefold() for title in table.header} & _CONTINENTAL
    )
    default: Mark = "comma" if is_continental and not is_parted_by_commas else "point"
    return CloseReader(default, marks, is_parted_by_commas, [], quotes=quotes)
