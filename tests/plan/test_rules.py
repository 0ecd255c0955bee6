"""Rules on which a hedge is lifted.

By hand: the bag was worth $10,000, fell to $8,000 and stands at $9,000. It stands −10%, its deepest fall was 20%, and
half of that is made up.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given, strategies as st

from hedge_core.documents.plan_file import plan_from_json, plan_to_json
from hedge_core.plan.plan import HedgePlan
from hedge_core.plan.rules import (
    BagRecovered,
    CarryLimit,
    Catalyst,
    ExpiryNear,
    FallReached,
    HedgeDay,
    LossLimit,
    OnDate,
    instruction,
)

DAY = HedgeDay(
    day=date(2026, 3, 10),
    opened_on=date(2026, 2, 1),
    bag=9_000.0,
    bag_at_start=10_000.0,
    bag_low=8_000.0,
    hedge_pnl=-500.0,
    carry_rate=-0.2,
    next_expiry=date(2026, 3, 27),
)
EVERY = (
    FallReached(),
    BagRecovered(),
    OnDate(day=date(2026, 4, 1)),
    ExpiryNear(),
    Catalyst(event="the listing"),
    LossLimit(),
    CarryLimit(),
)


def test_the_day_worked_by_hand() -> None:
    assert DAY.bag_move == pytest.approx(-0.1)
    assert DAY.deepest == pytest.approx(0.2)
    assert BagRecovered.recovered_fraction(DAY) == pytest.approx(0.5)


@pytest.mark.parametrize(
    ("rule", "is_met"),
    [
        (FallReached(fall=0.1), True),
        (FallReached(fall=0.11), False),
        (BagRecovered(fall=0.2, recovered=0.5), True),
        (BagRecovered(fall=0.21, recovered=0.5), False),
        (BagRecovered(fall=0.2, recovered=0.51), False),
        (OnDate(day=date(2026, 3, 10)), True),
        (OnDate(day=date(2026, 3, 11)), False),
        (ExpiryNear(days=17), True),
        (ExpiryNear(days=16), False),
        (Catalyst(has_happened=True), True),
        (Catalyst(), False),
        (LossLimit(loss=0.05), True),
        (LossLimit(loss=0.051), False),
        (CarryLimit(paid=0.2), True),
        (CarryLimit(paid=0.21), False),
    ],
)
def test_each_rule_at_its_threshold_and_beside_it(rule, is_met) -> None:
    assert rule.met(DAY) is is_met


def test_what_is_not_known_meets_no_rule() -> None:
    unknown = replace(DAY, carry_rate=None, next_expiry=None, bag_at_start=0.0, bag=0.0, bag_low=0.0, hedge_pnl=1.0)
    assert not any(rule.met(unknown) for rule in EVERY if not isinstance(rule, OnDate))


@pytest.mark.parametrize("rule", EVERY)
def test_each_rule_says_what_it_is_and_where_things_stand(rule) -> None:
    assert rule.text
    assert rule.evidence(DAY).endswith(".")
    assert "-" not in rule.evidence(DAY).replace("short-", "")
    assert instruction(rule) == "Buy back the whole short."
    assert instruction(replace(rule, share=0.5)) == "Buy back 50% of the short."


@given(st.lists(st.sampled_from(EVERY), max_size=20))
def test_rules_survive_a_document(rules) -> None:
    plan = HedgePlan().with_watch(exit_rules=tuple(rules))
    assert plan_from_json(plan_to_json(plan)) == plan


@given(st.floats(0.01, 1.0), st.floats(0.0, 1.0), st.floats(0.0, 1.0))
def test_a_deeper_fall_meets_every_smaller_limit(limit, fall, more) -> None:
    deep = replace(DAY, bag=10_000.0 * (1.0 - max(fall, more)))
    shallow = replace(DAY, bag=10_000.0 * (1.0 - min(fall, more)))
    assert FallReached(fall=limit).met(deep) >= FallReached(fall=limit).met(shallow)
