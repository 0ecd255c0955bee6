"""Every number of a plan has a range, in the schema and when it is read; at the ends of each the plan can be shown."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator
from typing import Any

import pytest

from hedge_core import HedgeError, HedgePlan, Holding, SampleSource, assess
from hedge_core.cli.text import scenario_text
from hedge_core.documents.plan_file import json_schema, plan_from_json, plan_to_json
from hedge_core.market.contracts import CustomContract
from hedge_core.plan.schema import Scalar, walk
from hedge_core.reports.json import assessment_document
from hedge_core.reports.orders import order_ticket_csv
from hedge_core.reports.ticket.tickets import opening_ticket
from hedge_core.scenarios.run import run_scenario
from hedge_core.scenarios.shocks import Shock
from tests.support.hostile import hostile_plan
from tests.support.malformed import GOOD, changed


def numbers(value: Any, path: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    """Every number in the schema, with its place."""
    if isinstance(value, dict):
        if value.get("type") in ("number", "integer") and "const" not in value and "enum" not in value:
            yield path, value
        for key, child in value.items():
            yield from numbers(child, f"{path}.{key}")
    elif isinstance(value, list):
        for place, child in enumerate(value):
            yield from numbers(child, f"{path}.{place}")


NUMBERS = dict(numbers(json_schema()))


def test_the_schema_has_numbers():
    assert len(NUMBERS) > 40


@pytest.mark.parametrize("path", [path for path in NUMBERS if not path.endswith("version")])
def test_every_number_of_the_schema_has_a_range(path):
    bounds = NUMBERS[path]
    lower = bounds.get("minimum", bounds.get("exclusiveMinimum"))
    upper = bounds.get("maximum", bounds.get("exclusiveMaximum"))

    assert lower is not None
    assert upper is not None
    assert math.isfinite(lower)
    assert abs(upper) <= 1e18


TINY = 5e-324
"""The smallest number above zero: dividing by it gives infinity."""

PLACES = [
    "holdings.0.quantity",
    "overrides.prices.SOL",
    "overrides.costs.depth",
    "overrides.betas.SOL",
    "overrides.contracts.0.coins",
    "execution.stop_prices.SOL",
    "watch.thresholds.drift",
    "watch.thresholds.rally_critical",
    "watch.thresholds.stale_hours",
    "watch.thresholds.gain",
]


def document(path: str, value: float) -> str:
    start, _, rest = path.partition(".")
    if start in GOOD and rest.split(".")[0] in json.dumps(GOOD[start]) and start != "execution":
        return json.dumps(changed(path, value))
    found: Any = json.loads(json.dumps(GOOD))
    place = found
    *parents, last = path.split(".")
    for name in parents:
        place = place[int(name)] if isinstance(place, list) else place.setdefault(name, {})
    place[last] = value
    return json.dumps(found)


@pytest.mark.parametrize("value", [TINY, 1e-300, 1e-200])
@pytest.mark.parametrize("path", PLACES)
def test_a_number_that_is_practically_zero_is_refused_by_its_place(path, value):
    with pytest.raises(HedgeError) as caught:
        plan_from_json(document(path, value))

    assert path.rpartition(".")[2] in str(caught.value) or "SOL" in str(caught.value)


@pytest.mark.parametrize("path", PLACES)
def test_a_sensible_number_is_taken_there(path):
    value = {"rally_critical": 0.1, "gain": 0.05, "stale_hours": 12.0, "drift": 0.2}.get(path.rpartition(".")[2], 0.5)

    plan_from_json(document(path, value if "depth" not in path else 50_000.0))


@pytest.mark.parametrize("depth", [1.0, 9.9e14])
@pytest.mark.parametrize("quantity", [1e-18, 1e-9, 1.0, 1e9])
def test_at_the_ends_of_the_ranges_no_amount_is_nan(depth, quantity):
    given = {**changed("holdings.0.quantity", quantity), "overrides": {"costs": {"depth": depth}}}
    plan = plan_from_json(json.dumps(given))

    result = assess(plan, SampleSource().snapshot())

    assert result.bag_value > 0.0
    assert math.isfinite(result.bag_value)
    assert math.isfinite(result.costs.fees)
    assert math.isfinite(result.residual_exposure)
    assert all(math.isfinite(leg.notional) for leg in result.legs)


def places(value: Any, schema_names: dict[str, tuple[float, float]], path: str = "") -> Iterator[tuple[str, str]]:
    """Every number in a document whose name has a range in the schema, with that name."""
    if isinstance(value, dict | list):
        for key, child in value.items() if isinstance(value, dict) else enumerate(value):
            yield from places(child, schema_names, f"{path}/{key}" if path else str(key))
    elif isinstance(value, int | float) and not isinstance(value, bool):
        name = next((one for one in reversed(path.split("/")) if one in schema_names), None)
        if name is not None:
            yield path, name


def ranges() -> dict[str, tuple[float, float]]:
    """The range of each number of a plan, by its name; an open end is just missed."""
    found = {}
    for one in walk(HedgePlan):
        shape = getattr(one.shape, "item", one.shape)
        if isinstance(shape, Scalar) and shape.python in (int, float):
            low, high = shape.bounds.lowest or 0.0, shape.bounds.highest or 0.0
            if shape.python is float:
                low = math.nextafter(low, math.inf) if shape.bounds.is_above else low
                high = math.nextafter(high, -math.inf) if shape.bounds.is_below else high
            found[one.name] = (shape.python(low), shape.python(high))
    return found


RANGES = ranges()
HOSTILE: dict[str, Any] = json.loads(plan_to_json(hostile_plan()))


def put(path: str, value: float) -> str:
    found: Any = json.loads(json.dumps(HOSTILE))
    place = found
    *parents, last = path.split("/")
    for name in parents:
        place = place[int(name)] if isinstance(place, list) else place[name]
    place[last] = value
    return json.dumps(found)


ENDS = [(path, end) for path, name in places(HOSTILE, RANGES) for end in RANGES[name]]
ALWAYS = ("maintenance_margin_rate", "fee_rate", "cash_rate")


@pytest.mark.parametrize(
    ("path", "end"),
    [pytest.param(path, end, marks=[] if path.endswith(ALWAYS) else pytest.mark.rare) for path, end in ENDS],
)
def test_at_both_ends_of_every_range_orders_and_reports_can_be_written(path, end):
    """Or the plan is refused in words. No figure in them is not a number, without end, or minus nothing."""
    try:
        result = assess(plan_from_json(put(path, end)), SampleSource().snapshot())
        texts = [
            order_ticket_csv(result),
            scenario_text(result, run_scenario(result, Shock(move=-0.2))),
            json.dumps(assessment_document(result), allow_nan=False),
        ]
    except HedgeError:
        return

    for text in texts:
        assert re.findall(r"(?<![a-z])(?:nan|inf|-0\.0+|[-−]0%)(?![a-z\d])", text, re.IGNORECASE) == []


@pytest.mark.parametrize("rate", [0.0, 5e-324, 1e-300, 1e-9])
def test_a_contract_that_states_no_margin_is_opened_at_a_leverage_that_there_is(rate):
    own = CustomContract(code="MINE", underlying="ETH", coins=0.1, maintenance_margin_rate=rate)
    plan = HedgePlan(holdings=(Holding(coin="ETH", quantity=50.0),)).with_overrides(
        contracts=(own,), contract_choice={"ETH": own.contract().id}
    )

    (order,) = opening_ticket(assess(plan.with_decisions(collateral=1.0), SampleSource().snapshot())).orders

    assert order.most_leverage == 1_000
    assert order.leverage == 1_000


def test_a_bag_worth_more_than_all_there_is_is_refused_in_words():
    plan = plan_from_json(json.dumps({**changed("holdings.0.quantity", 9.9e17), "overrides": {}}))

    with pytest.raises(HedgeError, match="Check the price of SOL, the quantities"):
        assess(plan, SampleSource().snapshot())
