"""The first format of a share link: documents packed as arrays in which the position of a value gives its meaning.

The positions and the defaults below are fixed for good, even if a later release has other defaults: `null` means the
default given here. A table of rows is `[rows, column, column, ...]`, where a column is a list, or one value for all
rows. docs/share.md describes the format. Only the shape is checked here; an unpacked document is still untrusted input
and has to be read like any other.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from hedge_core.documents.link.arrays import (
    NEEDED,
    Fields,
    column,
    column_array,
    items,
    map_array,
    mapping,
    parts,
    record,
    record_array,
    table,
    table_array,
    trimmed,
    unless,
)
from hedge_core.errors import InvalidPlan

PLAN_VERSION = 1
"""The version of the plan documents in this format."""

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
    "fixed_fee": 0.0,
}


def pack_plan(document: Mapping[str, Any], *, weights: Sequence[int] | None = None) -> list[Any]:
    """Pack a plan document as an array; `weights` (basis points), if given, replace the quantities."""
    overrides, execution, watch = document["overrides"], document["execution"], document["watch"]
    holdings = document["holdings"]
    if weights is not None:
        holdings = [{**row, "quantity": weight} for row, weight in zip(holdings, weights, strict=True)]
    return trimmed(
        [
            unless(document["name"], "My hedge"),
            table_array(holdings, HOLDING),
            record_array(document["decisions"], DECISIONS),
            trimmed(
                [
                    *(map_array(overrides[name]) for name in ("prices", "betas", "proxies", "contract_choice")),
                    table_array(overrides["contracts"], OWN_CONTRACT),
                    record_array(overrides["costs"], COSTS),
                ]
            ),
            trimmed(
                [
                    table_array(execution["fills"], FILL),
                    table_array(execution["payments"], PAYMENT),
                    map_array(execution["stop_prices"]),
                    table_array(execution["journal"], ENTRY),
                ]
            ),
            trimmed(
                [
                    record_array(watch["thresholds"], THRESHOLDS),
                    [[rule["kind"], *record_array(rule, RULES[rule["kind"]])] for rule in watch["exit_rules"]],
                    table_array(watch["events"], EVENT),
                    watch["checked"],
                ]
            ),
            unless(document["market"], "sample"),
            unless(document["is_example"], False),
            unless(document["notes"], ""),
        ]
    )


def unpack_plan(packed: Any) -> dict[str, Any]:
    """The plan document of version PLAN_VERSION that an array holds. Raises InvalidPlan for one of another shape."""
    name, holdings, decisions, overrides, execution, watch, market, is_example, notes = parts(packed, 9)
    prices, betas, proxies, choice, contracts, costs = parts(overrides, 6)
    fills, payments, stops, journal = parts(execution, 4)
    thresholds, rules, events, checked = parts(watch, 4)
    return {
        "schema": "hedge-plan",
        "version": PLAN_VERSION,
        "name": "My hedge" if name is None else name,
        "holdings": table(holdings, HOLDING),
        "decisions": record(decisions, DECISIONS),
        "overrides": {
            "prices": mapping(prices),
            "betas": mapping(betas),
            "proxies": mapping(proxies),
            "contract_choice": mapping(choice),
            "contracts": table(contracts, OWN_CONTRACT),
            "costs": record(costs, COSTS),
        },
        "execution": {
            "fills": table(fills, FILL),
            "payments": table(payments, PAYMENT),
            "stop_prices": mapping(stops),
            "journal": table(journal, ENTRY),
        },
        "watch": {
            "thresholds": record(thresholds, THRESHOLDS),
            "exit_rules": [_rule(rule) for rule in items(rules)],
            "events": table(events, EVENT),
            "checked": items(checked),
        },
        "market": "sample" if market is None else market,
        "is_example": False if is_example is None else is_example,
        "notes": "" if notes is None else notes,
    }


def pack_pin(document: Mapping[str, Any]) -> list[Any]:
    """A pin, as a document with the names of `Pin`, as an array."""
    return trimmed(
        [
            document["as_of"],
            document["source"],
            document["simulated"],
            unless(document["venue"], DECISIONS["venue"]),
            document["window_days"],
            map_array(document["prices"]),
            map_array(document["stale"]),
            table_array(document["betas"], BETA),
            _packed_joint(document),
            trimmed([document["left_out"] or None, document["unfit"] or None]),
            [document["covered"], document["deviations"], document["correlations"]] if document["covered"] else None,
            table_array(document["funding"], FUNDING),
            table_array(document["futures"], QUOTE),
            table_array(document["contracts"], CONTRACT),
            unless(document["estimator"], "ols"),
        ]
    )


def _packed_joint(document: Mapping[str, Any]) -> list[Any]:
    """Pack the bag-level regression as columns, one per figure; [] if there is none."""
    rows, proxies = document["joint"], range(len(document["proxies"]))
    if not rows:
        return []
    betas = [column_array([row["betas"][k] for row in rows]) for k in proxies]
    errors = [column_array([row["standard_errors"][k] for row in rows]) for k in proxies]
    rest = [column_array([row[name] for row in rows]) for name in ("observations", "is_young", "predicted")]
    return [document["proxies"], document["fit_days"], [row["coin"] for row in rows], *betas, *errors, *rest]


def unpack_pin(packed: Any) -> dict[str, Any]:
    """Unpack a pin as a document with the field names of `Pin`. Raises InvalidPlan if the shape is wrong."""
    as_of, source, simulated, venue, days, prices, stale, betas, bag, unused, together, *tables = parts(packed, 15)
    proxies, fit_days, joint = _joint(bag)
    left_out, unfit = parts(unused, 2)
    covered, deviations, correlations = parts(together, 3)
    return {
        "as_of": as_of,
        "source": source,
        "simulated": simulated,
        "venue": DECISIONS["venue"] if venue is None else venue,
        "window_days": days,
        "prices": mapping(prices),
        "stale": mapping(stale),
        "betas": table(betas, BETA),
        "proxies": proxies,
        "fit_days": fit_days,
        "joint": joint,
        "left_out": items(left_out),
        "unfit": items(unfit),
        "covered": items(covered),
        "deviations": items(deviations),
        "correlations": items(correlations),
        "funding": table(tables[0], FUNDING),
        "futures": table(tables[1], QUOTE),
        "contracts": table(tables[2], CONTRACT),
        "estimator": "ols" if tables[3] is None else tables[3],
    }


def _joint(packed: Any) -> tuple[list[Any], Any, list[dict[str, Any]]]:
    """Unpack the proxies, the days and the rows of the bag-level regression."""
    if packed is None or packed == []:
        return [], 0, []
    proxies = items(items(packed)[0])
    k = len(proxies)
    _, fit_days, coins, *columns = parts(packed, 6 + 2 * k)
    values = [column(one, len(items(coins))) for one in columns]
    joint = [
        {
            "coin": coin,
            "betas": list(row[:k]),
            "standard_errors": list(row[k : 2 * k]),
            "observations": row[2 * k] or 0,
            "is_young": row[2 * k + 1] or False,
            "predicted": row[2 * k + 2],
        }
        for coin, row in zip(items(coins), zip(*values, strict=True), strict=True)
    ]
    return proxies, fit_days, joint


def _rule(packed: Any) -> dict[str, Any]:
    kind, *values = parts(packed, 1 + 4)
    shape = RULES.get(kind) if isinstance(kind, str) else None
    if shape is None or any(value is not None for value in values[len(shape) :]):
        raise InvalidPlan("This link is damaged: it contains an unknown exit rule. Ask the sender for it again.")
    return {"kind": kind, **record(values[: len(shape)], shape)}
