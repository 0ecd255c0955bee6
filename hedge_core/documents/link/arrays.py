"""Pack records, tables and mappings as arrays for a link, and unpack them.

The position of a value in an array says which field it is. `null`, or a value missing at the end, means the default
of that field. A table is `[rows, column, column, ...]`, where a column is a list, or one value for all rows. Unpacking
checks the shape only, not the values, and raises InvalidPlan if the shape is wrong.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from hedge_core.errors import InvalidPlan

MAX_ROWS = 2_000

NEEDED: Any = object()
"""Used as the default of a field that must be given."""

Fields = Mapping[str, Any]
"""The fields of a record in order, each with its default."""


# ------------------------------------------------------------------------------------------------ to arrays


def unless(value: Any, default: Any) -> Any:
    """Return the value, None if it is the default, and a whole number as an int."""
    if default is not NEEDED and type(value) is type(default) and value == default:
        return None
    return _short(value)


def trimmed(values: list[Any]) -> list[Any]:
    """Return the array without the None and empty values at its end (removed in place)."""
    while values and values[-1] in (None, []):
        values.pop()
    return values


def record_array(document: Mapping[str, Any], shape: Fields) -> list[Any]:
    """Pack a record as an array, with its fields in the order of `shape`."""
    return trimmed([unless(document[name], default) for name, default in shape.items()])


def table_array(records: Sequence[Mapping[str, Any]], shape: Fields) -> list[Any]:
    """Pack records as a table, [] if there are none."""
    if not records:
        return []
    columns = [column_array([unless(row[name], default) for row in records]) for name, default in shape.items()]
    return [len(records), *trimmed(columns)]


def column_array(values: Sequence[Any]) -> Any:
    """Pack a column: one value if all are equal and not lists, else a list without the None values at its end."""
    first = values[0]
    if not isinstance(first, list) and all(type(value) is type(first) and value == first for value in values):
        return _short(first)
    return trimmed([_short(value) for value in values])


def map_array(document: Mapping[str, Any]) -> list[Any]:
    """Pack a mapping as a list of keys and a list of values."""
    return [list(document), [_short(value) for value in document.values()]] if document else []


def _short(value: Any) -> Any:
    return int(value) if isinstance(value, float) and value.is_integer() and abs(value) < 1e15 else value


# ---------------------------------------------------------------------------------------------- from arrays


def items(packed: Any) -> list[Any]:
    """Return `packed` as a list, [] for None. Raises InvalidPlan for anything else, as do all functions below."""
    if packed is None:
        return []
    if not isinstance(packed, list):
        raise _damaged()
    return packed


def parts(packed: Any, count: int) -> list[Any]:
    """Return the `count` values of an array, None for those missing at its end."""
    values = items(packed)
    if len(values) > count:
        raise _damaged()
    return [*values, *[None] * (count - len(values))]


def record(packed: Any, shape: Fields) -> dict[str, Any]:
    """Unpack a record from an array."""
    return _record(parts(packed, len(shape)), shape)


def table(packed: Any, shape: Fields) -> list[dict[str, Any]]:
    """Unpack the records of a table."""
    if packed is None or packed == []:
        return []
    count, *columns = parts(packed, 1 + len(shape))
    if type(count) is not int or not 0 < count <= MAX_ROWS:
        raise _damaged()
    values = [column(one, count) for one in columns]
    return [_record(row, shape) for row in zip(*values, strict=True)]


def column(packed: Any, count: int) -> list[Any]:
    """Return the `count` values of a column."""
    return parts(packed, count) if isinstance(packed, list) else [packed] * count


def mapping(packed: Any) -> dict[str, Any]:
    """Unpack a mapping from its keys and values. The keys must be distinct strings."""
    keys, values = (items(part) for part in parts(packed, 2))
    if not all(isinstance(key, str) for key in keys) or len(set(keys)) != len(keys) or len(keys) != len(values):
        raise _damaged()
    return dict(zip(keys, values, strict=True))


def _record(values: Sequence[Any], shape: Fields) -> dict[str, Any]:
    """Replace None by the default. A missing value without a default stays None; reading the document reports it."""
    return {
        name: default if value is None and default is not NEEDED else value
        for (name, default), value in zip(shape.items(), values, strict=True)
    }


def _damaged() -> InvalidPlan:
    return InvalidPlan("This link is damaged: part of it has the wrong shape. Ask for it again, or for the file.")
