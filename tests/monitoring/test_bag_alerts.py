"""Alerts of the bag while nothing is hedged, and alerts that clear only when their figure is well inside again.

By hand: daily returns of ±2% in the year before and ±3.2% in the last 30 days: volatility 60% above that of the year.
"""

from __future__ import annotations

from datetime import date
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from hedge_core.hedge.planner import assess
from hedge_core.market.snapshot import PriceHistory
from hedge_core.monitoring.alerts import failing_proxies
from hedge_core.monitoring.bag_alerts import bag_risk
from hedge_core.monitoring.daily_check import check
from hedge_core.plan.market_day import MarketDay
from hedge_core.plan.plan import Thresholds
from tests.monitoring.test_daily_check import ETH_ID, NEAR, OPENING, market_on, plan_on
from tests.monitoring.test_entry_season import market_on as armed_market_on, plan_on as armed_plan_on
from tests.support.watching import Stage

NONE: frozenset[str] = frozenset()


def risen(size: float, before: int = 365) -> MarketDay:
    returns = np.concatenate((0.02 * (-1.0) ** np.arange(before), size * (-1.0) ** np.arange(30)))
    level = np.concatenate(([1.0], np.cumprod(1.0 + returns)))
    return MarketDay(day=date(2026, 3, 1), levels={"bag": level, "market": level, "BTC": level, "ETH": level})


def expected(size: float, before: int = 365) -> float:
    """With deviations from the mean and one degree of freedom less, as a sample's standard deviation has them."""
    last, year = (np.std(s * (-1.0) ** np.arange(n), ddof=1) for s, n in ((size, 30), (0.02, before)))
    return float(last / year) - 1.0


def test_the_jump_of_the_volatility_is_that_of_the_formula() -> None:
    assert risen(0.032).volatility_jump("bag", 30) == pytest.approx(expected(0.032), rel=1e-9)
    assert expected(0.032) == pytest.approx(0.6, abs=0.03)
    assert risen(0.032, before=89).volatility_jump("bag", 30) is None


@pytest.mark.parametrize(
    ("size", "active", "is_raised"),
    [
        (0.032, NONE, True),
        (0.029, NONE, False),
        (0.029, frozenset(("bag_risk",)), True),  # 45% above: still beyond four fifths of 50%
        (0.0275, frozenset(("bag_risk",)), False),  # 37% above
    ],
)
def test_a_risk_that_has_jumped_is_told_and_clears_well_inside(
    size: float, active: frozenset[str], is_raised: bool
) -> None:
    assert (bag_risk(risen(size), Thresholds(bag_risk=0.5), active) is not None) == is_raised


def test_a_hedged_bag_has_no_such_alert() -> None:
    assert bag_risk(None, Thresholds(bag_risk=0.000001), NONE) is None


def test_the_check_tells_it_only_while_nothing_is_open() -> None:
    """Day 63 of the armed season: four days of ±8% in a quiet year."""
    market = armed_market_on(64)
    plan = armed_plan_on(64).with_watch(entry_rules=())
    report = check(assess(plan, market), now=market.as_of)
    assert "bag_risk" in {alert.code for alert in report.alerts}
    opened = plan.with_execution(fills=armed_plan_on(99).execution.fills)
    assert "bag_risk" not in {alert.code for alert in check(assess(opened, market), now=market.as_of).alerts}


def test_it_is_told_once_by_the_watch_over_a_restart(tmp_path: Any) -> None:
    stage = Stage(path=str(tmp_path / "state"), plan=armed_plan_on(64).with_watch(entry_rules=()))
    stage.market = armed_market_on(64)
    stage.clock.moment = stage.market.as_of
    stage.check()
    stage.restart()
    stage.check()
    stage.state.close()
    assert [title for title in stage.titles if "bag risk" in title] == ["WARNING: bag risk (My hedge)"]


def proxy_with(beta: float, interval: tuple[float, float]) -> Any:
    """What `failing_proxies` reads of an assessment: a coin that moves `beta` times Ether, and the range expected."""
    ether = np.concatenate(([1.0], np.cumprod(1.0 + 0.02 * (-1.0) ** np.arange(70))))
    coin = np.concatenate(([1.0], np.cumprod(1.0 + beta * 0.02 * (-1.0) ** np.arange(70))))
    days = np.arange(np.datetime64("2026-01-01"), np.datetime64("2026-01-01") + 71)
    estimate = SimpleNamespace(proxy="ETH", interval_to_come=interval)
    held = SimpleNamespace(estimate=estimate, moves_with="LINK")
    history = PriceHistory(days, ("ETH", "LINK"), np.column_stack([ether, coin]))
    return SimpleNamespace(hedged_coins=(held,), market=SimpleNamespace(history=history))


@pytest.mark.parametrize(
    ("beta", "is_active", "is_raised"),
    [
        (1.51, False, True),
        (1.45, False, False),
        (1.45, True, True),  # 90% of the way from the middle, 1.0, to the end of the range
        (1.39, True, False),
        (0.55, True, True),
        (0.61, True, False),
    ],
)
def test_a_beta_outside_its_range_clears_at_four_fifths_of_it(beta: float, is_active: bool, is_raised: bool) -> None:
    active = frozenset(("beta:LINK:ETH",)) if is_active else NONE
    found = [alert.code for alert in failing_proxies(proxy_with(beta, (0.5, 1.5)), Thresholds(), active)]
    assert ("beta" in found) == is_raised


@pytest.mark.parametrize(
    ("day", "is_active", "is_raised"), [(50, False, True), (49, False, False), (49, True, True), (48, True, False)]
)
def test_a_roll_that_was_due_stays_due_when_the_day_is_moved_by_one(day: int, is_active: bool, is_raised: bool) -> None:
    """The future ends on day 57 and is rolled from day 50 on: a quarter of seven days is one day and three quarters."""
    market = market_on(day)
    active = frozenset((f"roll:warning:{ETH_ID}:{NEAR}",)) if is_active else NONE
    report = check(assess(plan_on(day).with_execution(fills=OPENING), market), now=market.as_of, active=active)
    assert ("roll" in {alert.code for alert in report.alerts}) == is_raised
