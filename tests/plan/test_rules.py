"""Rules on which a hedge is lifted.

By hand: the bag was worth $10,000, fell to $8,000 and stands at $9,000. It stands −10%, its deepest fall was 20%, and
half of that is made up.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import ClassVar

import pytest
from hypothesis import given, strategies as st

from hedge_core.documents.plan_file import plan_from_json, plan_to_json
from hedge_core.plan.exit_rule import WITHOUT, ExitRule, HedgeDay, Replay
from hedge_core.plan.plan import HedgePlan
from hedge_core.plan.rules import (
    EXIT_RULES,
    BagRecovered,
    CarryLimit,
    Catalyst,
    ExpiryNear,
    FallReached,
    LossLimit,
    OnDate,
)
from hedge_core.plan.schema import REQUIRED, fields_of
from tools.whole_plan import filled

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
EVERY = tuple(replace(filled(rule), share=1.0, is_done=False) for rule in EXIT_RULES)


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
    assert not any(rule.met(unknown) for rule in EVERY if rule.needs)


@pytest.mark.parametrize("rule", EVERY)
def test_each_rule_says_what_it_is_and_where_things_stand(rule) -> None:
    assert rule.text
    assert rule.evidence(DAY).endswith(".")
    assert "-" not in rule.evidence(DAY).replace("short-", "")
    assert rule.instruction == "Buy back the whole short."
    assert replace(rule, share=0.5).instruction == "Buy back 50% of the short."


def subclasses(base: type) -> set[type]:
    return {one for direct in base.__subclasses__() for one in (direct, *subclasses(direct))}


def test_every_rule_is_listed_once_and_has_a_kind_and_a_title_of_its_own() -> None:
    # dataclasses with slots leave the class from which they were made behind, so classes are compared by name
    assert {rule.__name__ for rule in EXIT_RULES} == {rule.__name__ for rule in subclasses(ExitRule)}
    assert len({rule.kind for rule in EVERY}) == len({rule.title for rule in EXIT_RULES}) == len(EXIT_RULES)


@pytest.mark.parametrize("rule", EXIT_RULES, ids=lambda rule: rule.__name__)
def test_each_rule_says_itself_how_it_is_replayed_and_what_it_needs(rule) -> None:
    assert isinstance(rule.__dict__.get("replay"), Replay), f"{rule.__name__} does not say how it is replayed"
    assert rule.__dict__.get("needs", None) is not None, f"{rule.__name__} does not say which figures it needs"
    assert rule.needs <= WITHOUT.keys()


class Spy:
    """A day that notes which of its figures are read."""

    FIGURES: ClassVar[dict[str, str]] = {
        **dict.fromkeys(("bag", "bag_at_start", "bag_low", "bag_move", "deepest"), "bag"),
        "carry_rate": "carry",
        "next_expiry": "expiry",
    }

    def __init__(self, day: HedgeDay) -> None:
        self.real, self.read = day, set()

    def __getattr__(self, name: str):
        if name in self.FIGURES:
            self.read.add(self.FIGURES[name])
        return getattr(self.real, name)


@pytest.mark.parametrize("rule", EVERY, ids=lambda rule: type(rule).__name__)
def test_a_rule_reads_the_figures_that_it_says_it_needs_and_no_other(rule) -> None:
    spy = Spy(DAY)
    rule._is_met(spy)

    assert spy.read == rule.needs, f"{type(rule).__name__} reads {spy.read} and says that it needs {set(rule.needs)}"


@pytest.mark.parametrize("rule", EVERY, ids=lambda rule: type(rule).__name__)
def test_a_rule_says_which_figure_it_lacks(rule) -> None:
    unknown = replace(DAY, carry_rate=None, next_expiry=None, bag_at_start=0.0, bag=0.0, bag_low=0.0)

    assert (rule.evidence(unknown) in WITHOUT.values()) == bool(rule.needs)


def test_the_key_of_an_alert_holds_kind_and_fields_and_no_words_and_no_marks() -> None:
    """By hand: what has its default is left out."""
    assert FallReached().key == "exit_rule:fall_reached"
    assert FallReached(fall=0.3, share=0.5).key == "exit_rule:fall_reached:share=0.5:fall=0.3"
    assert OnDate(day=date(2026, 3, 1), is_done=True).key == "exit_rule:on_date:day=2026-03-01"
    assert Catalyst(event="a", has_happened=True).key == Catalyst(event="a").key == "exit_rule:catalyst:event=a"


@pytest.mark.parametrize("rule", EVERY, ids=lambda rule: type(rule).__name__)
def test_rules_that_differ_in_a_condition_differ_in_their_key(rule) -> None:
    for field in fields_of(type(rule)):
        if field.default is not REQUIRED and getattr(rule, field.name) != field.default and field.name != "kind":
            other = replace(rule, **{field.name: field.default})
            assert (other.key == rule.key) == (field.about.ticks is not None), field.path


def test_only_a_limit_of_loss_has_a_loss_at_which_it_is_met() -> None:
    assert LossLimit(loss=0.2).loss_at(10_000.0) == pytest.approx(2_000.0)
    assert FallReached().loss_at(10_000.0) is None


@given(st.lists(st.sampled_from(EVERY), max_size=20))
def test_rules_survive_a_document(rules) -> None:
    plan = HedgePlan().with_watch(exit_rules=tuple(rules))
    assert plan_from_json(plan_to_json(plan)) == plan


@given(st.floats(0.01, 1.0), st.floats(0.0, 1.0), st.floats(0.0, 1.0))
def test_a_deeper_fall_meets_every_smaller_limit(limit, fall, more) -> None:
    deep = replace(DAY, bag=10_000.0 * (1.0 - max(fall, more)))
    shallow = replace(DAY, bag=10_000.0 * (1.0 - min(fall, more)))
    assert FallReached(fall=limit).met(deep) >= FallReached(fall=limit).met(shallow)
