"""The first format of a share link. It is only read, for ever; links are written in `format_2`.

Documents are arrays in which the position of a value gives its meaning. The positions and the defaults below are fixed
for good, even if a later release has other defaults: `null`, or a value missing at the end, means the default given
here. A table of rows is `[rows, column, column, ...]`, where a column is a list, or one value for all rows.
docs/share.md describes the format. Only the shape is checked here; an unpacked document is still untrusted input and
has to be read like any other.
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

FORMULAS = 1
"""The formulas behind every pin of this format: those of the first edition (see `PinnedMarket.formulas`)."""

PLAN_VERSION = 1
"""The version of the plan documents in this format and in format 2."""

HOLDING: Fields = {"coin": NEEDED, "quantity": None, "role": "hold", "stop_loss": None, "note": ""}
DECISIONS: Fields = {
    "risk_accepted": 0.5,
    "method": "beta_weighted",
    "rounding": "nearest",
    "approach": "recommended",
    "horizon_days": 30,
    "venue": "Coinbase Derivatives",
    "collateral": None,
    "window_days": 365,
}
COSTS: Fields = {"fee_rate": None, "half_spread_rate": 0.0005, "carry_rate": None, "depth": 1_000_000.0}
OWN_CONTRACT: Fields = {
    "code": NEEDED,
    "underlying": NEEDED,
    "coins": None,
    "usd": None,
    "kind": "perpetual",
    "fee_rate": 0.0,
    "maintenance_margin_rate": 0.01,
}
FILL: Fields = {
    "at": NEEDED,
    "contract": NEEDED,
    "side": "sell",
    "contracts": NEEDED,
    "price": NEEDED,
    "fee": 0.0,
    "expiry": None,
    "note": "",
    "amount_step": None,
}
PAYMENT: Fields = {"at": NEEDED, "contract": NEEDED, "amount": NEEDED, "expiry": None}
ENTRY: Fields = {"day": NEEDED, "text": NEEDED}
EVENT: Fields = {"day": NEEDED, "title": NEEDED, "kind": "user", "note": ""}
THRESHOLDS: Fields = {
    "drift": 0.1,
    "rally_warning": 0.2,
    "rally_critical": 0.1,
    "correlation": 0.5,
    "carry_paid": 0.1,
    "roll_days": 7,
    "stale_hours": 26.0,
    "stop_near": 0.03,
    "standstill_days": 7,
    "standstill": 0.02,
    "gain": 0.02,
}
RULES: Mapping[str, Fields] = {
    "fall_reached": {"fall": 0.25, "share": 1.0, "is_done": False},
    "bag_recovered": {"fall": 0.15, "recovered": 0.5, "share": 1.0, "is_done": False},
    "on_date": {"day": NEEDED, "share": 1.0, "is_done": False},
    "expiry_near": {"days": 5, "share": 1.0, "is_done": False},
    "catalyst": {"event": "a strong new catalyst", "has_happened": False, "share": 1.0, "is_done": False},
    "loss_limit": {"loss": 0.15, "share": 1.0, "is_done": False},
    "carry_limit": {"paid": 0.3, "share": 1.0, "is_done": False},
}
BETA: Fields = {
    "coin": NEEDED,
    "proxy": "ETH",
    "beta": None,
    "standard_error": None,
    "correlation": None,
    "observations": 0,
    "is_shrunk": False,
    "own": False,
    "volatility": None,
}
FUNDING: Fields = {"coin": NEEDED, "rate": None, "days": 0}
QUOTE: Fields = {"coin": NEEDED, "expiry": NEEDED, "price": NEEDED}
CONTRACT: Fields = {
    "venue": "Coinbase Derivatives",
    "code": NEEDED,
    "underlying": NEEDED,
    "kind": "perpetual",
    "style": "linear",
    "contract_size": NEEDED,
    "size_in_usd": False,
    "amount_step": 1.0,
    "minimum_amount": 0.0,
    "taker_fee_rate": None,
    "minimum_fee": 0.0,
    "initial_margin_rate": None,
    "maintenance_margin_rate": None,
    "margin_is_assumed": True,
    "margin_tier_limit": None,
    "expiry": "none",
    "expires_on": None,
    "tiers": [],
}


def unpack_plan(packed: Any) -> dict[str, Any]:
    """The plan document of version PLAN_VERSION that an array holds. Raises InvalidPlan for one of another shape."""
    name, holdings, decisions, overrides, execution, watch, market, is_example, notes = _parts(packed, 9)
    prices, betas, proxies, choice, contracts, costs = _parts(overrides, 6)
    fills, payments, stops, journal = _parts(execution, 4)
    thresholds, rules, events, checked = _parts(watch, 4)
    return {
        "schema": "hedge-plan",
        "version": PLAN_VERSION,
        "name": "My hedge" if name is None else name,
        "holdings": _table(holdings, HOLDING),
        "decisions": _record(decisions, DECISIONS),
        "overrides": {
            "prices": _mapping(prices),
            "betas": _mapping(betas),
            "proxies": _mapping(proxies),
            "contract_choice": _mapping(choice),
            "contracts": _table(contracts, OWN_CONTRACT),
            "costs": _record(costs, COSTS),
        },
        "execution": {
            "fills": _table(fills, FILL),
            "payments": _table(payments, PAYMENT),
            "stop_prices": _mapping(stops),
            "journal": _table(journal, ENTRY),
        },
        "watch": {
            "thresholds": _record(thresholds, THRESHOLDS),
            "exit_rules": [_rule(rule) for rule in _items(rules)],
            "events": _table(events, EVENT),
            "checked": _items(checked),
        },
        "market": "sample" if market is None else market,
        "is_example": False if is_example is None else is_example,
        "notes": "" if notes is None else notes,
    }


def unpack_pin(packed: Any) -> dict[str, Any]:
    """Unpack a pin as a document with the field names of `Pin`. Raises InvalidPlan if the shape is wrong."""
    as_of, source, simulated, venue, days, prices, stale, betas, bag, unused, together, *tables = _parts(packed, 14)
    proxies, fit_days, joint = _joint(bag)
    left_out, unfit = _parts(unused, 2)
    covered, deviations, correlations = _parts(together, 3)
    return {
        "formulas": FORMULAS,
        "as_of": as_of,
        "source": source,
        "simulated": simulated,
        "venue": DECISIONS["venue"] if venue is None else venue,
        "window_days": days,
        "prices": _mapping(prices),
        "stale": _mapping(stale),
        "betas": _table(betas, BETA),
        "proxies": proxies,
        "fit_days": fit_days,
        "joint": joint,
        "left_out": _items(left_out),
        "unfit": _items(unfit),
        "covered": _items(covered),
        "deviations": _items(deviations),
        "correlations": _items(correlations),
        "funding": _table(tables[0], FUNDING),
        "futures": _table(tables[1], QUOTE),
        "contracts": _table(tables[2], CONTRACT),
    }


def _joint(packed: Any) -> tuple[list[Any], Any, list[dict[str, Any]]]:
    """Unpack the proxies, the days and the rows of the bag-level regression."""
    if packed is None or packed == []:
        return [], 0, []
    proxies = _items(_items(packed)[0])
    k = len(proxies)
    _, fit_days, coins, *columns = _parts(packed, 6 + 2 * k)
    values = [_column(one, len(_items(coins))) for one in columns]
    joint = [
        {
            "coin": coin,
            "betas": list(row[:k]),
            "standard_errors": list(row[k : 2 * k]),
            "observations": row[2 * k] or 0,
            "is_young": row[2 * k + 1] or False,
            "predicted": row[2 * k + 2],
        }
        for coin, row in zip(_items(coins), zip(*values, strict=True), strict=True)
    ]
    return proxies, fit_days, joint


def _rule(packed: Any) -> dict[str, Any]:
    kind, *values = _parts(packed, 1 + 4)
    shape = RULES.get(kind) if isinstance(kind, str) else None
    if shape is None or any(value is not None for value in values[len(shape) :]):
        raise InvalidPlan("This link is damaged: it contains an unknown exit rule. Ask the sender for it again.")
    return {"kind": kind, **_record(values[: len(shape)], shape)}


# ---------------------------------------------------------------------------------------------- from arrays


def _items(packed: Any) -> list[Any]:
    """Return `packed` as a list, [] for None. Raises InvalidPlan for anything else, as do all functions below."""
    if packed is None:
        return []
    if not isinstance(packed, list):
        raise _damaged()
    return packed


def _parts(packed: Any, count: int) -> list[Any]:
    """Return the `count` values of an array, None for those missing at its end."""
    values = _items(packed)
    if len(values) > count:
        raise _damaged()
    return [*values, *[None] * (count - len(values))]


def _record(packed: Any, shape: Fields) -> dict[str, Any]:
    """Unpack a record from an array."""
    return _with_defaults(_parts(packed, len(shape)), shape)


def _table(packed: Any, shape: Fields) -> list[dict[str, Any]]:
    """Unpack the records of a table."""
    if packed is None or packed == []:
        return []
    count, *columns = _parts(packed, 1 + len(shape))
    if type(count) is not int or not 0 < count <= MAX_ROWS:
        raise _damaged()
    values = [_column(one, count) for one in columns]
    return [_with_defaults(row, shape) for row in zip(*values, strict=True)]


def _column(packed: Any, count: int) -> list[Any]:
    """Return the `count` values of a column."""
    return _parts(packed, count) if isinstance(packed, list) else [packed] * count


def _mapping(packed: Any) -> dict[str, Any]:
    """Unpack a mapping from its keys and values. The keys must be distinct strings."""
    keys, values = (_items(part) for part in _parts(packed, 2))
    if not all(isinstance(key, str) for key in keys) or len(set(keys)) != len(keys) or len(keys) != len(values):
        raise _damaged()
    return dict(zip(keys, values, strict=True))


def _with_defaults(values: Sequence[Any], shape: Fields) -> dict[str, Any]:
    """Replace None by the default. A missing value without a default stays None; reading the document reports it."""
    return {
        name: default if value is None and default is not NEEDED else value
        for (name, default), value in zip(shape.items(), values, strict=True)
    }


def _damaged() -> InvalidPlan:
    return InvalidPlan("This link is damaged: part of it has the wrong shape. Ask for it again, or for the file.")
