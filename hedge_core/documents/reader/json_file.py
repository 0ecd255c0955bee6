"""A table from JSON: the lists of holdings in it, the largest list of objects, or an object of names and numbers.

Several lists of holdings (spot and earn, supplied and borrowed, each account) become one table, with the name of its
list beside each row.
So the answers of exchanges' interfaces and the exports of portfolio trackers read without a layout of their own.
Numbers in JSON are exact, so they are written in a form that can be read in one way only (`exact`).
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from decimal import Decimal
from itertools import islice
from typing import Any

from hedge_core.documents.reader.bounds import Bounds
from hedge_core.documents.reader.encoding import check_order
from hedge_core.documents.reader.lines import Line
from hedge_core.documents.reader.titles import AMOUNTS, title_of
from hedge_core.errors import InvalidFile
from hedge_core.market.coin_names import coin_named

MOST = 10**300
"""Larger numbers are no quantities, and whole numbers in JSON may be larger than a float can be."""

MOST_CHARACTERS = 1_000_000
"""JSON takes about twenty bytes of memory for each character while it is read."""

_DEEPEST = 8
_MOST_FIELDS = 200
LIST = "list"
"""The title of the column with the name of each row's list, where there are several."""


def exact(number: float) -> str:
    """A number as text that no number style can read in another way: 12.5 as 125e-1."""
    if not math.isfinite(number):
        return str(number)
    sign, digits, exponent = Decimal(repr(number)).as_tuple()
    return f"{'-' if sign else ''}{''.join(map(str, digits))}e{exponent}"


def json_lines(text: str, bounds: Bounds, *, what: str) -> tuple[Line, ...]:
    """The lines of the table in a JSON document, titles first. Raises InvalidFile if it holds none."""
    if len(text) > MOST_CHARACTERS:
        raise InvalidFile(f"The {what} is JSON of {len(text):,} characters; at most {MOST_CHARACTERS:,} can be read.")
    try:
        document = json.loads(text)
    except (ValueError, RecursionError):
        raise InvalidFile(f"The {what} begins like JSON but is not valid JSON. Export it again, or use CSV.") from None
    if isinstance(document, dict) and "holdings" in document and "decisions" in document:
        raise InvalidFile("This is a saved plan, not a table of holdings. Open it with 'Open a plan'.")
    lists = _lists_of_holdings(document)
    if len(lists) > 1:
        found: list[Mapping[str, Any]] = [{**record, LIST: name} for name, records in lists for record in records]
    else:
        found = _records(document)
    if not found:
        raise InvalidFile(f"The {what} is JSON, but holds no list of coins and quantities. Export it as CSV instead.")
    flat = [_flat(record) for record in found]
    titles = tuple(dict.fromkeys(title for record in flat for title in record))
    bounds.check_shape(len(flat), len(titles), what=what)
    for row, record in enumerate(flat, start=2):
        for cell in record.values():
            check_order(cell, what=what, row=row)  # JSON can write a mark as \u202e
    return (Line(1, titles), *(Line(n, tuple(r.get(t, "") for t in titles)) for n, r in enumerate(flat, start=2)))


def _lists_of_holdings(value: Any, name: str = "", depth: int = 0) -> list[tuple[str, list[Mapping[str, Any]]]]:
    """Return every list of objects that have a coin and a quantity, with its name."""
    if depth > _DEEPEST:
        return []
    if isinstance(value, dict):
        own = value.get("name") or value.get("account") or value.get("type")
        inside = own if isinstance(own, str) else name
        parts = [(f"{inside} {key}".strip() if isinstance(own, str) else key, item) for key, item in value.items()]
        return [one for key, item in parts for one in _lists_of_holdings(item, key, depth + 1)]
    if not isinstance(value, list):
        return []
    records: list[Mapping[str, Any]] = [item for item in value if isinstance(item, dict)]
    if records and all(_has_coin_and_quantity(record) for record in records[:50]):
        return [(name[:40], records)]
    return [one for item in value[:50] for one in _lists_of_holdings(item, name, depth + 1)]


def _has_coin_and_quantity(record: Mapping[str, Any]) -> bool:
    fields = islice(record.items(), _MOST_FIELDS)
    meanings = {title_of(key).meaning for key, item in fields if not isinstance(item, list)}
    return bool(meanings & {"symbol", "coin"}) and bool(meanings & AMOUNTS)


def _records(value: Any, depth: int = 0) -> list[Mapping[str, Any]]:
    """Return the objects of the largest list below `value`; an object of numbers counts as a list of its pairs."""
    if depth > _DEEPEST:
        return []
    if isinstance(value, list):
        own: list[Mapping[str, Any]] = [item for item in value if isinstance(item, dict)]
        below = [_records(item, depth + 1) for item in value[:50]]
        inner = max((found for found in below if len(found) > len(own)), key=len, default=[])
        return inner or own
    if not isinstance(value, dict):
        return []
    numbers = {name: item for name, item in value.items() if _is_number(item)}
    totals = value.get("total")
    if isinstance(totals, dict) and "free" in value:
        return [{"coin": name, "quantity": item} for name, item in totals.items() if _is_number(item)]
    by_name = {name: item for name, item in value.items() if isinstance(item, dict)}
    balances = [(name, item) for name, item in by_name.items() if {"free", "used", "total"} <= set(item)]
    if balances:  # ccxt's balances without its three tables
        return [{"coin": name, **item} for name, item in balances]
    candidates = [_records(item, depth + 1) for item in value.values()]
    if len(by_name) > 1 and len(by_name) == len(value) and len({frozenset(item) for item in by_name.values()}) == 1:
        named: list[Mapping[str, Any]] = [{"coin": name, **item} for name, item in by_name.items()]
        if all(coin_named(name).is_known for name in by_name):
            return named
        candidates.append(named)
    if numbers and len(numbers) == len(value):
        candidates.append([{"coin": name, "quantity": item} for name, item in numbers.items()])
    return max(candidates, key=len, default=[])


def _is_number(value: Any) -> bool:
    if isinstance(value, str):
        try:
            float(value)
        except ValueError:
            return False
        return True
    return isinstance(value, int | float) and not isinstance(value, bool)


def _flat(record: Mapping[str, Any], before: str = "") -> dict[str, str]:
    cells: dict[str, str] = {}
    for title, value in record.items():
        name = f"{before}{title}"
        if isinstance(value, dict) and len(before) < 80:
            cells |= _flat(value, f"{name} ")
        elif isinstance(value, bool) or value is None:
            cells[name] = "" if value is None else str(value).lower()
        elif isinstance(value, int | float):
            cells[name] = exact(float(value)) if abs(value) < MOST else "inf"
        elif isinstance(value, str):
            cells[name] = exact(float(value)) if _is_plain(value) else value.strip()[:500]
    return cells


def _is_plain(text: str) -> bool:
    """Whether a string is a number as programs write them, such as "0.4100000000"."""
    return text.strip().lstrip("-").replace(".", "", 1).isdigit() and text.isascii() and len(text) < 40
