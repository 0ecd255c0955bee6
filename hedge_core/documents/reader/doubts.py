"""What a reader is not sure of, graded by what the user must do about it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from hedge_core.errors import Fault

Grade = Literal["refuse", "ask", "note"]

MOST_SHOWN = 20
"""Faults that one message lists at most; the others are counted."""


@dataclass(frozen=True, slots=True)
class Doubt:
    """One thing that the reader is not sure of, or has done that the user should know.

    refuse: the row is left out (without a row, the whole table). ask: it was read in the likeliest way, and the user
    must say whether that is right. note: nothing to do.
    """

    grade: Grade
    text: str
    row: int | None = None
    field: str | None = None

    def __str__(self) -> str:
        """A question or a note names what it is about; a refusal needs its field."""
        if self.grade == "refuse":
            return str(Fault(self.text, row=self.row, field=self.field))
        return self.text if self.row is None else f"Row {self.row}: {self.text}"


class Doubts(list[Doubt]):
    """Doubts as they come up while rows are read."""

    def note(self, text: str, row: int | None = None, field: str | None = None) -> None:
        """Add something that the user should know."""
        self.append(Doubt("note", text, row, field))

    def ask(self, text: str, row: int | None = None, field: str | None = None) -> None:
        """Add a question."""
        self.append(Doubt("ask", text, row, field))

    def refuse(self, text: str, row: int | None = None, field: str | None = None) -> None:
        """Add why a row is left out."""
        self.append(Doubt("refuse", text, row, field))


def sorted_doubts(doubts: Iterable[Doubt]) -> tuple[Doubt, ...]:
    """The doubts without repetitions: refusals first, then questions, then notes, each in the order of the rows."""
    order: Sequence[Grade] = ("refuse", "ask", "note")
    return tuple(sorted(dict.fromkeys(doubts), key=lambda doubt: (order.index(doubt.grade), doubt.row or 0)))


def at_most(faults: Sequence[Fault]) -> list[Fault]:
    """The first MOST_SHOWN faults, and one that says how many more there are."""
    if len(faults) <= MOST_SHOWN:
        return list(faults)
    return [*faults[: MOST_SHOWN - 1], Fault(f"... and {len(faults) - MOST_SHOWN + 1:,} more faults like these")]
