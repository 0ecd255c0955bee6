"""A plan in which every field is set: `filled(HedgePlan)`, for the fuzzer and for tests.

Values follow from the schema of the plan: each differs from the field's default and lies within its bounds, and no two
texts are the same. So a field that is lost or mixed up on the way through a file or a link shows.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, date, datetime, timedelta
from itertools import count
from typing import Any

from hedge_core.market.contracts import CustomContract
from hedge_core.plan.plan import Thresholds
from hedge_core.plan.schema import REQUIRED, ByName, Choice, PlanField, Record, Rows, Scalar, Shape, fields_of

FIRST_DAY = datetime(2026, 11, 1, 12, tzinfo=UTC)

ADJUSTED: Mapping[type, Callable[[dict[str, Any]], dict[str, Any]]] = {
    CustomContract: lambda values: {**values, "usd": None},
    Thresholds: lambda values: {**values, "rally_critical": values["rally_warning"] / 2},
}
"""What a dataclass demands of several fields together: one size for a contract, critical below warning."""


def filled(record: type, numbers: Iterator[int] | None = None) -> Any:
    """An instance of a dataclass of the plan with every field set to something else than its default.

    A list holds one value; a list of one of several dataclasses holds one of each.
    """
    numbers = count(1) if numbers is None else numbers
    values = {one.name: _value(one, numbers) for one in fields_of(record)}
    return record(**ADJUSTED.get(record, dict)(values))


def _value(field: PlanField, numbers: Iterator[int]) -> Any:
    return _of(field.shape, field.default, numbers)


def _of(shape: Shape, default: Any, numbers: Iterator[int]) -> Any:
    match shape:
        case Record(type=record):
            return filled(record, numbers)
        case Rows(item=Choice(members=members)):
            return tuple(filled(member, numbers) for member in members)
        case Rows(item=item):
            return (_of(item, REQUIRED, numbers),)
        case ByName(item=item):
            return {f"A{next(numbers)}": _of(item, REQUIRED, numbers)}
        case Scalar():
            return _scalar(shape, default, next(numbers))
    raise TypeError(f"no value for {shape}")


def _scalar(shape: Scalar, default: Any, number: int) -> Any:
    if shape.choices:
        return next(choice for choice in reversed(shape.choices) if choice != default or len(shape.choices) == 1)
    if shape.python is bool:
        return not default
    if shape.python is str:
        return f"A{number}"
    if shape.python is datetime:
        return FIRST_DAY + timedelta(minutes=number)
    if shape.python is date:
        return FIRST_DAY.date() + timedelta(days=number)
    lowest, highest = shape.bounds.lowest or 0, shape.bounds.highest
    if shape.python is int:
        values = range(int(lowest) + 1, int(lowest) + 1 + min(int(highest or 1_000) - int(lowest), 1_000))
        return next(value for value in (values[number % len(values)], values[0]) if value != default)
    share = number % 997 / 1_000
    value = lowest + (min(highest or 1.0, 1.0) - lowest) * share
    return value if value != default else lowest + (value - lowest) / 2
