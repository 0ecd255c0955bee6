"""Every number of a plan has a range, in the schema and when it is read; at the ends of each the plan can be shown."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from typing import Any

import pytest

from hedge_core import HedgeError, SampleSource, assess
from hedge_core.documents.plan_file import json_schema, plan_from_json
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


def test_a_bag_worth_more_than_all_there_is_is_refused_in_words():
    plan = plan_from_json(json.dumps({**changed("holdings.0.quantity", 9.9e17), "overrides": {}}))

    with pytest.raises(HedgeError, match="Check the price of SOL, the quantities"):
        assess(plan, SampleSource().snapshot())
