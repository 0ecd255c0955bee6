"""Arrays in which every place has its meaning: how a link holds records, tables and mappings.

`null` is the default of its place, and so is what was left out at the end. A table is `[rows, column, column, ...]`; a
column is a list, or one value for all its rows. Reading checks the shape and nothing else.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from hedge_core.errors import InvalidPlan

MAX_ROWS = 2_000

NEEDED: Any = object()
"""In the place of a default: a value has to be given."""

Fields = Mapping[str, Any]
"""The fields of a record in their order, each with its default."""


# ------------------------------------------------------------------------------------------------ to arrays


def unless(value: Any, default: Any) -> Any:
    """The value, null where it is the default, and a whole number without its point."""
    if default is not NEEDED and type(value) is type(default) and value == default:
        return None
    return _short(value)


def trimmed(values: list[Any]) -> list[Any]:
    """The array without what is null or empty at its end."""
    while values and values[-1] in (None, []):
        values.pop()
    return values


def record_array(document: Mapping[str, Any], shape: Fields) -> list[Any]:
    """The fields of a record, in the order of its shape."""
    return trimmed([unless(document[name], default) for name, default in shape.items()])


def table_array(records: Sequence[Mapping[str, Any]], shape: Fields) -> list[Any]:
    """Records as a table."""
    if not records:
        return []
    columns = [column_array([unless(row[name], default) for row in records]) for name, default in shape.items()]
    return [len(records), *trimmed(columns)]


def column_array(values: Sequence[Any]) -> Any:
    """One value for all rows where they are the same and no list, else the list without what is null at its end."""
    first = values[0]
    if not isinstance(first, list) and all(type(value) is type(first) and value == first for value in values):
        return _short(first)
    return trimmed([_short(value) for value in values])


def map_array(document: Mapping[str, Any]) -> list[Any]:
    """A mapping as its keys and its values."""
    return [list(document), [_short(value) for value in document.values()]] if document else []


def _short(value: Any) -> Any:
    return int(value) if isinstance(value, float) and value.is_integer() and abs(value) < 1e15 else value


# ---------------------------------------------------------------------------------------------- from arrays


def items(packed: Any) -> list[Any]:
    """An array, an empty one for null. Raises InvalidPlan for anything else, as all that follows does."""
    if packed is None:
        return []
    if not isinstance(packed, list):
        raise _damaged()
    return packed


def parts(packed: Any, count: int) -> list[Any]:
    """The `count` values of an array, null for those that were left out at its end."""
    values = items(packed)
    if len(values) > count:
        raise _damaged()
    return [*values, *[None] * (count - len(values))]


def record(packed: Any, shape: Fields) -> dict[str, Any]:
    """The record that an array holds."""
    return _record(parts(packed, len(shape)), shape)


def table(packed: Any, shape: Fields) -> list[dict[str, Any]]:
    """The records that a table holds."""
    if packed is None or packed == []:
        return []
    count, *columns = parts(packed, 1 + len(shape))
    if type(count) is not int or not 0 < count <= MAX_ROWS:
        raise _damaged()
    values = [column(one, count) for one in columns]
    return [_record(row, shape) for row in zip(*values, strict=True)]


def column(packed: Any, count: int) -> list[Any]:
    """The values of a column of `count` rows."""
    return parts(packed, count) if isinstance(packed, list) else [packed] * count


def mapping(packed: Any) -> dict[str, Any]:
    """The mapping that keys and values make."""
    keys, values = (items(part) for part in parts(packed, 2))
    if not all(isinstance(key, str) for key in keys) or len(set(keys)) != len(keys) or len(keys) != len(values):
        raise _damaged()
    return dict(zip(keys, values, strict=True))


def _record(values: Sequence[Any], shape: Fields) -> dict[str, Any]:
    """Null is the default; where a value is needed it stays null, for the reader of the document to complain of."""
    return {
        name: default if value is None and default is not NEEDED else value
        for (name, default), value in zip(shape.items(), values, strict=True)
    }


def _damaged() -> InvalidPlan:
    return InvalidPlan("This link is damaged: a part of it has the wrong shape. Ask for it again, or for the file.")
