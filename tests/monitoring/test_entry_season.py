"""An armed season of 100 days without a position, told beforehand: each entry rule fires on its day and no other.

The bag is 1,000 LINK, hedged with an Ether perpetual of the user's own. Bitcoin and Ether move together. On 440 days
before the season they move by ±0.5% (two days up, two days down) and LINK with them at a beta of 1, with ±0.5% of its
own (up, down): correlation √½. The moves of MOVES replace those of their days; from day BETA_FROM on LINK's beta is 5.
The holder sets a rule aside on the day after it is met.
"""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from hedge_core.hedge.market_days import market_days
from hedge_core.hedge.planner import assess
from hedge_core.market.contracts import CustomContract
from hedge_core.market.snapshot import FundingHistory, MarketSnapshot, PriceHistory
from hedge_core.monitoring.daily_check import MonitorReport, check
from hedge_core.monitoring.notify import Message
from hedge_core.monitoring.watch import Watcher, WatchSettings
from hedge_core.monitoring.watch_state import WatchState
from hedge_core.plan.bag import Holding
from hedge_core.plan.calendar import CalendarEvent
from hedge_core.plan.entry_rule import EntryRule
from hedge_core.plan.entry_rules import (
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
from hedge_core.plan.fills import Fill
from hedge_core.plan.plan import CostAssumptions, Decisions, HedgePlan, Overrides
from hedge_core.reports.orders import opening_text
from tests.support.scale import scaled
from tests.support.watching import FakeClock

DAY_0, DAYS, PAST = date(2026, 1, 1), 100, 440
COINS = ("BTC", "ETH", "LINK")
PERPETUAL = CustomContract(code="ETH-PERP", underlying="ETH", coins=0.1, maintenance_margin_rate=0.05)
TICKED, OPENED, BETA_FROM = 97, 99, 90
PLAYED = min(scaled(33), OPENED)
"""Days of the season that go through a watch."""

MOVES: dict[int, tuple[float, float]] = {
    # day: Bitcoin and Ether, LINK
    12: (-0.06, -0.06),
    20: (0.06, 0.06),
    21: (0.05, 0.05),
    30: (0.0, -0.2),
    50: (0.0, 0.4),
    60: (0.08, 0.08),
    61: (-0.08, -0.08),
    62: (0.08, 0.08),
    63: (-0.08, -0.08),
}
FUNDING_FROM = 77

EXPECTED: dict[int, EntryRule] = {
    3: DayAhead(day=DAY_0 + timedelta(days=5), days=2),
    7: EventAhead(days=1),  # the event is on day 8
    12: HasFallen(of="BTC", days=1, fall=0.05),
    21: HasRisen(of="ETH", days=2, rise=0.1),  # 1.06 · 1.05 = 1.113; the day before 1.06 and half a percent
    30: BelowAverage(of="bag", days=20, by=0.1),  # LINK −20% from about 1.05, with a mean of 0.99: −15%
    50: AboveAverage(of="bag", days=20, by=0.2),  # LINK +40%, with a mean 2% above the level before: +37%
    63: VolatilityAbove(of="market", days=10, level=0.9),  # √(4·0.08²/9) · √365 = 102%; three such days: 88%
    70: CorrelationJumped(days=20, jump=0.5),  # LINK's own +40% has left the 20 days: 0.99 against 0.29
    80: FundingAbove(days=7, rate=0.2),  # (4·0.1% + 3·0.01%) / 7 a day are 22.4% a year; three days: 17.7%
    92: BetaJumped(days=20, jump=0.5),  # 17 days at 1 and 3 at 5 are 1.6; two: 1.4
    TICKED: ByHand(event="the story runs out"),
}


@cache
def closes() -> np.ndarray:
    rows = [np.array([60_000.0, 2_000.0, 15.0])]
    for day in range(-PAST, DAYS + 1):
        market = 0.005 * (1, 1, -1, -1)[day % 4]
        link = (5.0 if day >= BETA_FROM else 1.0) * market + 0.005 * (1, -1)[day % 2]
        market, link = MOVES.get(day, (market, link))
        rows.append(rows[-1] * (1.0 + np.array([market, market, link])))
    return np.array(rows)


def market_on(day: int, table: np.ndarray | None = None) -> MarketSnapshot:
    """What is known at the close of a day of the season."""
    table = (closes() if table is None else table)[: PAST + day + 2]
    last = np.datetime64(DAY_0, "D") + day
    days = np.arange(last - len(table) + 1, last + 1)
    since = (days - np.datetime64(DAY_0, "D")).astype(int)
    funding = np.where(since >= FUNDING_FROM, 0.001, 0.0001)[:, None]
    return MarketSnapshot(
        source="an armed season",
        as_of=datetime.combine(DAY_0 + timedelta(days=day), datetime.min.time(), UTC) + timedelta(hours=23),
        simulated=False,
        history=PriceHistory(days, COINS, table),
        funding=FundingHistory(days, ("ETH",), funding),
    )


def plan_on(day: int) -> HedgePlan:
    rules = (
        replace(rule, has_happened=day >= TICKED) if isinstance(rule, ByHand) else rule for rule in EXPECTED.values()
    )
    rules = tuple(replace(rule, is_done=day > met_on) for rule, met_on in zip(rules, EXPECTED, strict=True))
    sale = Fill(
        at=datetime(2026, 1, 1, tzinfo=UTC) + timedelta(days=OPENED),
        contract=PERPETUAL.contract().id,
        side="sell",
        contracts=45,
        price=2_000.0,
    )
    plan = HedgePlan(
        holdings=(Holding(coin="LINK", quantity=1_000),),
        decisions=Decisions(risk_accepted=0.5, collateral=9_000.0, approach="coin_by_coin"),
        overrides=Overrides(
            proxies={"LINK": "ETH"},
            betas={"LINK": 1.2},
            contracts=(PERPETUAL,),
            contract_choice={"ETH": PERPETUAL.contract().id},
            costs=CostAssumptions(fee_rate=0.0, half_spread_rate=0.0),
        ),
    )
    event = CalendarEvent(day=DAY_0 + timedelta(days=8), title="The central bank decides")
    return plan.with_watch(entry_rules=rules, events=(event,)).with_execution(fills=(sale,) if day >= OPENED else ())


def met_on(report: MonitorReport) -> list[str]:
    return [entry.rule.key for entry in report.entries if entry.is_met]


@cache
def season() -> tuple[MonitorReport, ...]:
    reports: list[MonitorReport] = []
    active: frozenset[str] = frozenset()
    for day in range(DAYS + 1):
        report = check(assess(plan_on(day), market_on(day)), now=market_on(day).as_of, active=active)
        active = frozenset(alert.key for alert in report.alerts)
        reports.append(report)
    return tuple(reports)


def test_each_rule_is_met_on_its_day_and_no_other() -> None:
    found = [(day, key) for day, report in enumerate(season()) for key in met_on(report)]
    assert found == [(day, rule.key) for day, rule in EXPECTED.items()]


def test_the_alert_of_a_rule_says_what_to_sell_at_that_moment() -> None:
    """LINK's value · 50% · 1.2 in lots of 0.1 ETH, both at the closes of day 30."""
    report = season()[30]
    (alert,) = [alert for alert in report.alerts if alert.code == "entry_rule"]
    bitcoin, ether, link = closes()[PAST + 31]
    quantity = round(1_000 * link * 0.5 * 1.2 / (0.1 * ether))
    assert bitcoin > 0
    assert f"Sell short {quantity} ETH-PERP" in alert.action
    assert (alert.severity, report.severity) == ("critical", "critical")


def test_the_figures_are_those_worked_beside_the_rules() -> None:
    def evidence(day: int) -> str:
        return next(entry.evidence for entry in season()[day].entries if entry.is_met)

    assert "−15." in evidence(30)
    assert "+37" in evidence(50) or "+36" in evidence(50)
    assert "+0.7" in evidence(70)
    assert f"{(4 * 0.001 + 3 * 0.0001) / 7 * 365:.1%}" in evidence(80)


def test_nothing_is_armed_once_the_position_is_open() -> None:
    report = season()[OPENED]
    assert not any(entry.is_armed for entry in report.entries)
    assert not [alert for alert in report.alerts if alert.code == "entry_rule"]


def test_an_armed_plan_is_not_told_that_it_has_no_fills() -> None:
    assert "not_executed" not in {alert.code for report in season()[: TICKED + 1] for alert in report.alerts}
    alone = check(assess(plan_on(0).with_watch(entry_rules=()), market_on(0)), now=market_on(0).as_of)
    assert [alert.code for alert in alone.alerts] == ["not_executed"]


@pytest.mark.parametrize("day", [12, 45, 70, 92])
def test_changing_later_days_changes_no_earlier_figure(day: int) -> None:
    """The figures of a day are the same when it is today, and when it is a past day of any longer history."""
    changed = closes().copy()
    changed[PAST + day + 2 :] *= np.linspace(3.0, 0.2, len(changed) - (PAST + day + 2))[:, None]
    today = market_days(assess(plan_on(day), market_on(day))).today
    for table in (closes(), changed):
        past = market_days(assess(plan_on(day), market_on(DAYS, table))).on(PAST + day + 1)
        for rule in EXPECTED.values():
            expected = rule.figure(today)
            assert rule.figure(past) == (None if expected is None else pytest.approx(expected, rel=1e-9))


def test_the_level_of_the_bag_is_its_value_at_todays_quantities() -> None:
    days = market_days(assess(plan_on(40), market_on(40)))
    levels, values = days.levels["bag"], closes()[: PAST + 42, 2]
    np.testing.assert_allclose(levels / levels[0], values / values[0], rtol=1e-12)


def test_a_coin_that_misses_closes_counts_its_move_when_it_trades_again() -> None:
    """LINK misses three days: its level is unknown on them, and right afterwards."""
    table = closes().copy()
    table[PAST + 20 : PAST + 23, 2] = np.nan
    level = market_days(assess(plan_on(40), market_on(40, table))).levels["bag"]
    assert np.isnan(level[PAST + 20 : PAST + 23]).all()
    assert level[-1] / level[0] == pytest.approx(closes()[PAST + 41, 2] / closes()[0, 2])


def play(path: Path, restart_on: int) -> list[tuple[int, Message]]:
    """The season through a watch that is restarted on a day, one check a day."""
    told: list[tuple[int, Message]] = []
    clock, day = FakeClock(market_on(0).as_of), 0

    def keep(_: str, message: Message) -> bool:
        told.append((day, message))
        return True

    def start() -> tuple[WatchState, Watcher]:
        state = WatchState(str(path))
        watch = Watcher(
            clock=clock,
            load_plan=lambda: plan_on(day),
            load_market=lambda _: market_on(day),
            send=keep,
            addresses=("somebody",),
            state=state,
            settings=WatchSettings(max_staleness=30 * 86_400.0),
            orders=opening_text,
        )
        return state, watch

    state, watch = start()
    for day in range(PLAYED):
        if day == restart_on:
            state.close()
            state, watch = start()
        clock.moment = market_on(day).as_of
        watch.check()
    state.close()
    return told


def test_each_rule_is_told_once_on_its_day_with_the_ticket_of_that_day(tmp_path: Path) -> None:
    told = [(day, one) for day, one in play(tmp_path / "state.db", restart_on=30) if "entry rule" in one.title]
    assert [day for day, _ in told] == [day for day in EXPECTED if day < PLAYED]
    for day, message in told:
        _, ether, link = closes()[PAST + day + 1]
        quantity = round(1_000 * link * 0.5 * 1.2 / (0.1 * ether))
        assert EXPECTED[day].text.rstrip(".") in message.body.replace("\n", " ")
        assert f"{quantity} × ETH-PERP" in message.body
        assert "limit" in message.body
        assert math.isclose(
            float(message.body.rpartition("; $")[2].split(".\n")[0].replace(",", "")),
            quantity * 0.1 * ether,
            rel_tol=0.01,
        )
