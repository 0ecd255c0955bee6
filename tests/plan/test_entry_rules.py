"""Entry rules: when to open the hedge.

By hand: the bag's closes are 100, 110, 121, 96.8. The last is 9.5% below the mean of the four (106.95); over one day it
fell 20%, over three 3.2%. Its daily returns are +10%, +10%, −20%: standard deviation √3 · 10%, per year √3·√365 · 10%.
"""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import date
from inspect import isabstract

import numpy as np
import pytest
from hypothesis import given, strategies as st

from hedge_core.documents.plan_file import plan_from_json, plan_to_json
from hedge_core.plan.entry_rule import EntryRule
from hedge_core.plan.entry_rules import (
    ENTRY_RULES,
    AboveAverage,
    BelowAverage,
    BetaJumped,
    ByHand,
    CorrelationJumped,
    DayAhead,
    EventAhead,
    FundingAbove,
    HasFallen,
    HasRisen,
    VolatilityAbove,
)
from hedge_core.plan.market_day import MarketDay
from hedge_core.plan.plan import HedgePlan, Watch
from hedge_core.plan.schema import REQUIRED, fields_of
from tests.plan.test_rules import subclasses
from tools.whole_plan import filled

TODAY = date(2026, 3, 10)
CLOSES = np.array([100.0, 110.0, 121.0, 96.8])


def day_of(closes: np.ndarray = CLOSES, market: np.ndarray | None = None, **given: object) -> MarketDay:
    known = closes if market is None else market
    return MarketDay(day=TODAY, levels={"bag": closes, "market": known, "BTC": known, "ETH": known}, **given)


DAY = day_of(carry=np.array([0.0, 0.001, 0.001, 0.002]), events=(date(2026, 3, 1), date(2026, 3, 12)))


def test_the_figures_worked_by_hand() -> None:
    assert DAY.distance("bag", 4) == pytest.approx(96.8 / 106.95 - 1.0)
    assert DAY.change("bag", 1) == pytest.approx(-0.2)
    assert DAY.change("bag", 3) == pytest.approx(-0.032)
    assert DAY.volatility("bag", 3) == pytest.approx(0.1 * math.sqrt(3.0) * math.sqrt(365.0))
    assert DAY.carry_rate(2) == pytest.approx(0.0015 * 365)
    assert DAY.next_event == date(2026, 3, 12)


@pytest.mark.parametrize(
    ("rule", "is_met"),
    [
        (EventAhead(days=2), True),
        (EventAhead(days=1), False),
        (DayAhead(day=date(2026, 3, 10)), True),
        (DayAhead(day=date(2026, 3, 13), days=3), True),
        (DayAhead(day=date(2026, 3, 13), days=2), False),
        (DayAhead(day=date(2026, 3, 9)), True),
        (BelowAverage(days=4), True),
        (BelowAverage(days=4, by=0.09), True),
        (BelowAverage(days=4, by=0.1), False),
        (AboveAverage(days=2, by=0.1), False),
        (HasFallen(days=1, fall=0.2), True),
        (HasFallen(days=1, fall=0.21), False),
        (HasFallen(days=3, fall=0.032), True),
        (HasRisen(days=3, rise=0.01), False),
        (VolatilityAbove(days=3, level=3.3), True),
        (VolatilityAbove(days=3, level=3.4), False),
        (FundingAbove(days=2, rate=0.5475), True),
        (FundingAbove(days=2, rate=0.5476), False),
        (ByHand(has_happened=True), True),
        (ByHand(), False),
    ],
)
def test_each_rule_at_its_threshold_and_beside_it(rule: EntryRule, is_met: bool) -> None:
    assert rule.met(DAY) is is_met


def test_a_rise_and_a_price_above_its_average() -> None:
    """The last of 100, 110, 121 is 21% above the first and 9.7% above the mean of 110.33."""
    rising = day_of(CLOSES[:3])
    assert [HasRisen(days=2, rise=rise).met(rising) for rise in (0.21, 0.22)] == [True, False]
    assert [AboveAverage(days=3, by=by).met(rising) for by in (0.096, 0.097)] == [True, False]
    assert not BelowAverage(days=3).met(rising)


def levels(returns: np.ndarray) -> np.ndarray:
    return np.concatenate(([1.0], np.cumprod(1.0 + returns)))


def moving(beta: float, days: int, noise: float) -> tuple[np.ndarray, np.ndarray]:
    """Returns of bag and market with this slope: the market alternates, the noise is uncorrelated with it by design."""
    market = 0.01 * np.tile([1.0, 1.0, -1.0, -1.0], days // 4)
    return beta * market + noise * np.tile([1.0, -1.0, 1.0, -1.0], days // 4), market


def test_a_jump_of_beta_and_of_correlation() -> None:
    """Beta 1 in the year before, 1.5 in 40 days; correlation 1/√2 before (noise as large as the move), then 1."""
    before, after = moving(1.0, 364, 0.01), moving(1.5, 40, 0.0)
    bag, market = (np.concatenate((first, then)) for first, then in zip(before, after, strict=True))
    day = day_of(levels(bag), levels(market))

    assert day.beta_jump(40) == pytest.approx(0.5)
    assert day.correlation_jump(40) == pytest.approx(1.0 - math.sqrt(0.5))
    assert [BetaJumped(days=40, jump=jump).met(day) for jump in (0.49, 0.51)] == [True, False]
    assert [CorrelationJumped(days=40, jump=jump).met(day) for jump in (0.29, 0.3)] == [True, False]


def test_a_jump_needs_90_days_before_it() -> None:
    bag, market = moving(1.0, 128, 0.0)
    assert day_of(levels(bag), levels(market)).beta_jump(40) is None
    bag, market = moving(1.0, 132, 0.0)
    assert day_of(levels(bag), levels(market)).beta_jump(40) == pytest.approx(0.0)


EVERY = tuple(replace(filled(rule), is_done=False) for rule in ENTRY_RULES)


@pytest.mark.parametrize("rule", EVERY, ids=lambda rule: type(rule).__name__)
def test_what_is_not_known_meets_no_rule_and_is_said(rule: EntryRule) -> None:
    nothing = day_of(np.full(600, np.nan))
    if rule.figure(nothing) is None:
        assert not rule.met(nothing)
        assert rule.evidence(nothing) == rule.unknown != ""
    else:
        assert isinstance(rule, DayAhead | ByHand)


@pytest.mark.parametrize("missing", [1, 2])
def test_one_missing_day_of_twenty_is_left_out_and_two_are_too_many(missing: int) -> None:
    closes = np.linspace(100.0, 119.0, 20)
    closes[3 : 3 + missing] = np.nan
    found = day_of(closes).distance("bag", 20)
    assert found == (pytest.approx(119.0 / np.nanmean(closes) - 1.0) if missing == 1 else None)


@pytest.mark.parametrize(("late", "rate"), [(1, 0.001), (2, 0.001), (3, None)])
def test_funding_may_be_two_days_late(late: int, rate: float | None) -> None:
    day = day_of(carry=np.array([0.0, 0.001, 0.001] + [np.nan] * late))
    assert day.carry_rate(2) == (None if rate is None else pytest.approx(365 * rate))
    assert day.carry_rate(4) is None


@pytest.mark.parametrize("rule", EVERY, ids=lambda rule: type(rule).__name__)
def test_each_rule_says_what_it_is_and_where_things_stand(rule: EntryRule) -> None:
    rng = np.random.default_rng(1)
    noise = rng.normal(0.0, 0.02, (2, 800))
    day = day_of(levels(noise[0]), levels(0.8 * noise[0] + noise[1]), carry=np.full(800, 1e-4), events=(TODAY,))
    assert rule.text
    assert rule.evidence(day).endswith(".")
    assert "-" not in rule.evidence(day)


def test_every_rule_is_listed_once_and_has_a_kind_and_a_title_of_its_own() -> None:
    assert {rule.__name__ for rule in ENTRY_RULES} == {
        rule.__name__ for rule in subclasses(EntryRule) if not isabstract(rule)
    }
    assert len({rule.kind for rule in EVERY}) == len({rule.title for rule in ENTRY_RULES}) == len(ENTRY_RULES)


def test_the_key_of_an_alert_holds_kind_and_fields_and_no_words_and_no_marks() -> None:
    assert BelowAverage().key == "entry_rule:below_average"
    assert BelowAverage(of="BTC", days=200, is_done=True).key == "entry_rule:below_average:of=BTC:days=200"
    assert ByHand(event="a", has_happened=True).key == ByHand(event="a").key == "entry_rule:by_hand:event=a"


@pytest.mark.parametrize("rule", EVERY, ids=lambda rule: type(rule).__name__)
def test_rules_that_differ_in_a_condition_differ_in_their_key(rule: EntryRule) -> None:
    for field in fields_of(type(rule)):
        if field.default is not REQUIRED and getattr(rule, field.name) != field.default and field.name != "kind":
            other = replace(rule, **{field.name: field.default})
            assert (other.key == rule.key) == (field.about.ticks is not None), field.path


@given(st.lists(st.sampled_from(EVERY), max_size=20))
def test_rules_survive_a_document(rules: list[EntryRule]) -> None:
    plan = HedgePlan().with_watch(entry_rules=tuple(rules))
    assert plan_from_json(plan_to_json(plan)) == plan


def test_rules_that_are_done_are_not_armed() -> None:
    done = ByHand(is_done=True)
    assert Watch(entry_rules=(done, BelowAverage())).armed == (BelowAverage(),)
