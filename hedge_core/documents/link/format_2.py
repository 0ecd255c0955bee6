"""The second format of a share link, written from the schema: JSON arrays in which the place of a value is its field.

The place of each field is `About.link`. Places and defaults are fixed for good: a field that is added later gets the
next free place, and a release that does not know that place refuses the link as made by a newer release.

    record     [value, value, ...], each at the place of its field; null or left out: the field's default
    null       {} where the value is null and the default is not
    choice     [tag, value, ...]: a record with the tag of the dataclass in front
    rows       [count, column, column, ...] for records, a column being a list or one value for all rows; else a list
    mapping    [keys, values]

Only the shape is checked here. An unpacked document is still untrusted input and is read like any other.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from hedge_core.documents.link.pin import Pin
from hedge_core.errors import InvalidPlan
from hedge_core.plan.plan import HedgePlan
from hedge_core.plan.schema import (
    REQUIRED,
    ByName,
    Choice,
    PlanField,
    Record,
    Rows,
    Shape,
    default_document,
    places,
    tag_of,
)

MAX_ROWS = 2_000

NULL: dict[str, Any] = {}
"""A value that is null, at a place where null means a default other than null."""


def pack_plan(document: Mapping[str, Any], *, weights: Sequence[int] | None = None) -> list[Any]:
    """Pack a plan document as an array; `weights` (basis points), if given, replace the quantities."""
    if weights is not None:
        rows = zip(document["holdings"], weights, strict=True)
        document = {**document, "holdings": [{**row, "quantity": weight} for row, weight in rows]}
    return _pack_record(Record(HedgePlan), document)


def unpack_plan(packed: Any) -> dict[str, Any]:
    """The fields of the plan document that an array holds. Raises InvalidPlan for an array of another shape."""
    return _unpack_record(Record(HedgePlan), packed)


def pack_pin(document: Mapping[str, Any]) -> list[Any]:
    """Pack a pin, given as a document with the names of `Pin`, as an array."""
    return _pack_record(Record(Pin), document)


def unpack_pin(packed: Any) -> dict[str, Any]:
    """Unpack a pin as a document with the field names of `Pin`. Raises InvalidPlan if the shape is wrong."""
    return _unpack_record(Record(Pin), packed)


# ------------------------------------------------------------------------------------------------ to arrays


def _pack_record(record: Record, document: Mapping[str, Any], tag: str = "") -> list[Any]:
    return _trimmed([_pack_field(one, document[one.name]) for one in places(record, tag)])


def _pack_field(field: PlanField, value: Any) -> Any:
    """The value of a field, None if it is the default."""
    default = default_document(field)
    if default is not REQUIRED and type(value) is type(default) and value == default:
        return None
    return NULL if value is None and default is not None else _pack(field.shape, value)


def _pack(shape: Shape, value: Any) -> Any:
    match shape:
        case Record():
            return _pack_record(shape, value)
        case Choice(members=members, tag=tag):
            member = next(one for one in members if tag_of(one, tag) == value[tag])
            return [value[tag], *_pack_record(Record(member), value, tag)]
        case Rows(item=Record() as item):
            return _pack_table(item, value)
        case Rows(item=item):
            return [_pack(item, one) for one in value]
        case ByName(item=item):
            return [list(value), [_pack(item, one) for one in value.values()]] if value else []
        case _:
            return _short(value)


def _pack_table(record: Record, rows: Sequence[Mapping[str, Any]]) -> list[Any]:
    columns = [_column([_pack_field(one, row[one.name]) for row in rows]) for one in places(record)]
    return [len(rows), *_trimmed(columns)] if rows else []


def _column(values: list[Any]) -> Any:
    """A column: one value if all are equal and not lists, else a list without the None values at its end."""
    first = values[0]
    if not isinstance(first, list) and all(type(value) is type(first) and value == first for value in values):
        return first
    return _trimmed(values)


def _trimmed(values: list[Any]) -> list[Any]:
    while values and values[-1] is None:
        values.pop()
    return values


def _short(value: Any) -> Any:
    return int(value) if isinstance(value, float) and value.is_integer() and abs(value) < 1e15 else value


# ---------------------------------------------------------------------------------------------- from arrays


def _unpack_record(record: Record, packed: Any, tag: str = "") -> dict[str, Any]:
    shape = places(record, tag)
    return {
        one.name: _unpack_field(one, value) for one, value in zip(shape, _parts(packed, len(shape), newer), strict=True)
    }


def _unpack_field(field: PlanField, packed: Any) -> Any:
    """The value of a field. A missing value without a default stays None; reading the document reports it."""
    if packed is None:
        default = default_document(field)
        return None if default is REQUIRED else default
    return None if packed == NULL else _unpack(field.shape, packed)


def _unpack(shape: Shape, packed: Any) -> Any:
    match shape:
        case Record():
            return _unpack_record(shape, packed)
        case Choice():
            return _unpack_choice(shape, packed)
        case Rows(item=Record() as item):
            return _unpack_table(item, packed)
        case Rows(item=item):
            return [_unpack(item, one) for one in _items(packed)]
        case ByName(item=item):
            return _unpack_mapping(item, packed)
        case _:
            return packed


def _unpack_choice(choice: Choice, packed: Any) -> dict[str, Any]:
    tag, *values = _items(packed) or [None]
    if not isinstance(tag, str):
        raise damaged()
    member = next((one for one in choice.members if tag_of(one, choice.tag) == tag), None)
    if member is None:
        raise newer()
    return {choice.tag: tag, **_unpack_record(Record(member), values, choice.tag)}


def _unpack_table(record: Record, packed: Any) -> list[dict[str, Any]]:
    if packed == []:
        return []
    shape = places(record)
    count, *columns = _parts(packed, 1 + len(shape), newer)
    if type(count) is not int or not 0 < count <= MAX_ROWS:
        raise damaged()
    values = [_parts(one, count, damaged) if isinstance(one, list) else [one] * count for one in columns]
    return [
        {one.name: _unpack_field(one, value) for one, value in zip(shape, row, strict=True)}
        for row in zip(*values, strict=True)
    ]


def _unpack_mapping(item: Shape, packed: Any) -> dict[str, Any]:
    keys, values = (_items(part) for part in _parts(packed, 2, damaged))
    if not all(isinstance(key, str) for key in keys) or len(set(keys)) != len(keys) or len(keys) != len(values):
        raise damaged()
    return {key: _unpack(item, value) for key, value in zip(keys, values, strict=True)}


def _items(packed: Any) -> list[Any]:
    if packed is None:
        return []
    if not isinstance(packed, list):
        raise damaged()
    return packed


def _parts(packed: Any, count: int, too_long: Callable[[], InvalidPlan]) -> list[Any]:
    """The `count` values of an array, None for those missing at its end."""
    values = _items(packed)
    if len(values) > count:
        raise too_long()
    return [*values, *[None] * (count - len(values))]


def damaged() -> InvalidPlan:
    """The error for an array of the wrong shape."""
    return InvalidPlan("This link is damaged: part of it has the wrong shape. Ask for it again, or for the file.")


def newer() -> InvalidPlan:
    """The error for a field or a kind of rule that this release does not know."""
    return InvalidPlan(
        "This link was made by a newer release. Update the program to open it, or ask the sender for the file."
    )
