"""How a table writes its numbers: with a decimal point or a decimal comma, decided for the whole table.

One cell that can be read in one way only decides: first for its own column, then for the table. Where nothing
decides, or cells contradict each other, a number that can be read in both ways is a question for the user.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Literal

from hedge_core.documents.reader.amounts import Amount

Mark = Literal["point", "comma"]


@dataclass(slots=True)
class Evidence:
    """How many cells can be read with a decimal point only, with a decimal comma only, and in both ways."""

    point: int = 0
    comma: int = 0
    either: int = 0

    def add(self, amount: Amount) -> None:
        """Count one cell; cells that read the same in both ways say nothing."""
        readings = amount.readings
        if readings.is_certain:
            return
        if readings.with_comma is None:
            self.point += 1
        elif readings.with_point is None:
            self.comma += 1
        else:
            self.either += 1

    @property
    def mark(self) -> Mark | None:
        """The decimal mark that the cells prove, None if they prove nothing or contradict each other."""
        if bool(self.point) == bool(self.comma):
            return None
        return "point" if self.point else "comma"


@dataclass(frozen=True, slots=True)
class NumberStyle:
    """The decimal mark of each column; `proven` are the columns in which it is certain."""

    default: Mark
    marks: Mapping[int, Mark] = field(default_factory=dict)
    proven: frozenset[int] = frozenset()

    def value(self, amount: Amount, column: int) -> float:
        """The value of a cell: the only reading, or the reading with the column's decimal mark."""
        point, comma = amount.readings
        if point is None or comma is None:
            return comma if point is None else point  # type: ignore[return-value]  # one of them is a number
        return point if self.marks.get(column, self.default) == "point" else comma

    def mark_of(self, columns: Iterable[int]) -> Mark:
        """The decimal mark of the first of these columns in which it is certain; without any, the default."""
        return next((self.marks[column] for column in columns if column in self.marks), self.default)

    def is_uncertain(self, amount: Amount, column: int) -> bool:
        """Whether the cell could also be read otherwise."""
        point, comma = amount.readings
        return point is not None and comma is not None and point != comma and column not in self.proven


def decide(
    columns: Mapping[int, Iterable[Amount]], *, chosen: Mark | None = None, default: Mark = "point"
) -> NumberStyle:
    """The number style of a table from the amounts of its columns. `chosen` is the user's word and decides alone."""
    found = {number: Evidence() for number in columns}
    for number, amounts in columns.items():
        for amount in amounts:
            found[number].add(amount)
    if chosen is not None:
        return NumberStyle(chosen, {}, frozenset(columns))
    whole = Evidence(sum(e.point for e in found.values()), sum(e.comma for e in found.values()))
    marks: dict[int, Mark] = {}
    proven = set()
    for number, evidence in found.items():
        is_mixed = bool(evidence.point) and bool(evidence.comma)
        mark = evidence.mark or (None if is_mixed else whole.mark)
        if mark is not None:
            marks[number] = mark
            proven.add(number)
    return NumberStyle(default, marks, frozenset(proven))
