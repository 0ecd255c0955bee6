"""Which entries of a file are new to a plan that holds some of them already.

Two files of one venue often overlap. A fill with a trade id is the same as one with that id and the same content. Fills
without an id may be alike in everything, as partial fills of one order are, so they are counted: a file with three of
a kind adds two to a plan that holds one. An entry with an id also stands for an equal one without.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Generic, NamedTuple, TypeVar

from hedge_core.plan.fills import Fill, FundingPayment

E = TypeVar("E", Fill, FundingPayment)


class NewEntries(NamedTuple, Generic[E]):
    """The entries of a file that a plan does not hold yet, in their order, and how many it holds already."""

    new: tuple[E, ...]
    repeated: int


def new_entries(present: Iterable[E], read: Sequence[E]) -> NewEntries[E]:
    """The entries of `read` beyond those in `present`, counting equal ones as often as they occur."""
    held = Counter(_key(entry) for entry in present)
    new: list[E] = []
    for entry in read:
        key, nameless = _key(entry), _key(entry, has_id=False)
        match = next((known for known in (key, nameless) if held[known] > 0), None)
        if match is None and not _id(entry):
            match = next((k for k, count in held.items() if count > 0 and _without_id(k) == key), None)
        if match is None:
            new.append(entry)
        else:
            held[match] -= 1
    return NewEntries(tuple(new), len(read) - len(new))


def _id(entry: Fill | FundingPayment) -> str:
    return entry.trade_id if isinstance(entry, Fill) else ""


def _key(entry: Fill | FundingPayment, *, has_id: bool = True) -> tuple[Fill | FundingPayment, str]:
    """The entry without its id and note, and its id."""
    if isinstance(entry, Fill):
        return replace(entry, trade_id="", note=""), entry.trade_id if has_id else ""
    return entry, ""


def _without_id(key: tuple[Fill | FundingPayment, str]) -> tuple[Fill | FundingPayment, str]:
    return key[0], ""
