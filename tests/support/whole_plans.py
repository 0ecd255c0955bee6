"""Hypothesis strategies for plans with all that they can hold, derived from the schema of the plan.

A field or an exit rule that is added to the plan is drawn here without a change, within the bounds that it states.
Only what a type cannot say is written down: symbols of coins, names of contracts, and days that a calendar can show.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from typing import Any

from hypothesis import strategies as st

from hedge_core.market.contracts import CustomContract
from hedge_core.plan.bag import Holding
from hedge_core.plan.calendar import CalendarEvent
from hedge_core.plan.plan import HedgePlan, JournalEntry, Overrides, Thresholds
from hedge_core.plan.schema import Bounds, ByName, Choice, PlanField, Record, Rows, Scalar, Shape, fields_of
from tests.support.strategies import amounts, contract_codes, symbols

moments = st.integers(1_300_000_000_000_000, 6_000_000_000_000_000).map(
    lambda micro: datetime.fromtimestamp(micro / 1e6, UTC)
)
days = st.dates(date(2010, 1, 2), date(2190, 1, 1))
titles = st.text(st.characters(codec="ascii", categories=["L", "N"]), min_size=1, max_size=30)

SPECIAL: Mapping[tuple[type, str], st.SearchStrategy[Any]] = {
    (Holding, "coin"): symbols,
    (Holding, "quantity"): amounts(1e-9, 1e15),  # rows of the same coin are added together
    (CustomContract, "underlying"): symbols,
    (CustomContract, "code"): contract_codes,
    (Overrides, "proxies"): st.dictionaries(symbols, symbols, max_size=4),
    (CalendarEvent, "title"): titles,
    (CalendarEvent, "note"): titles,
    (JournalEntry, "text"): titles,
}
"""Fields whose type does not say what they may hold."""

AGREED: Mapping[type, Callable[[dict[str, Any]], dict[str, Any]]] = {
    CustomContract: lambda values: (
        {**values, "usd": None} if values["coins"] is not None else {**values, "usd": values["usd"] or 1.0}
    ),
    Thresholds: lambda values: {
        **values,
        "rally_warning": max(values["rally_warning"], values["rally_critical"]),
        "rally_critical": min(values["rally_warning"], values["rally_critical"]),
    },
}
"""What a dataclass demands of several fields together."""


def instances(record: type) -> st.SearchStrategy[Any]:
    """Any instance of a dataclass of the plan."""
    agreed = AGREED.get(record, dict)
    drawn = {one.name: values_of(one) for one in fields_of(record)}
    return st.fixed_dictionaries(drawn).map(lambda values: record(**agreed(values)))


def values_of(field: PlanField) -> st.SearchStrategy[Any]:
    """Any value of a field."""
    special = SPECIAL.get((field.record, field.name))
    return _values(field.shape) if special is None else special


def _values(shape: Shape) -> st.SearchStrategy[Any]:
    match shape:
        case Record(type=record):
            return instances(record)
        case Choice(members=members):
            return st.one_of([instances(member) for member in members])
        case Rows(item=item, bounds=bounds):
            return st.lists(_values(item), max_size=min(bounds.most or 3, 3)).map(tuple)
        case ByName(item=item):
            return st.dictionaries(symbols, _values(item), max_size=3)
        case Scalar(is_optional=True):
            return st.none() | _scalars(shape)
        case Scalar():
            return _scalars(shape)
    raise TypeError(f"nothing draws {shape}")


def _scalars(shape: Scalar) -> st.SearchStrategy[Any]:
    bounds = shape.bounds
    if shape.choices:
        return st.sampled_from(shape.choices)
    if shape.python is bool:
        return st.booleans()
    if shape.python is str:
        return st.text(st.characters(codec="utf-8"), min_size=bounds.least or 0, max_size=min(bounds.most or 60, 60))
    if shape.python is datetime:
        return moments
    if shape.python is date:
        return days
    if shape.python is int:
        return st.integers(int(bounds.lowest or 0), int(bounds.highest or 10**6))
    return _numbers(bounds)


def _numbers(bounds: Bounds) -> st.SearchStrategy[float]:
    return st.floats(
        bounds.lowest,
        bounds.highest,
        exclude_min=bounds.is_above,
        exclude_max=bounds.is_below,
        allow_subnormal=False,
        allow_nan=False,
    )


plans = instances(HedgePlan)
"""Any plan at all, with all that it can hold."""
