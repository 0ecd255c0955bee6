"""One list of actions in which no two lines contradict, and figures of what is filled in every place.

Contradictions, as a reader would see them: the same contract or option is bought and sold; more lots are closed than
are open; something is added to while margin is thin, while the fills cannot be right, or while an exit rule closes;
there is "nothing to do" beside something to do; and nothing is said to be filled or hedged beside an option.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from hedge_core import MarketSnapshot, SampleSource, assess, load_plan
from hedge_core.cli.text import monitor_text
from hedge_core.hedge.contract_choice import known_contracts
from hedge_core.market.options.contracts import OptionKind, is_option_id, option_series
from hedge_core.monitoring.alerts import drifted
from hedge_core.monitoring.daily_check import MonitorReport, check
from hedge_core.monitoring.drift import Trade, drift_of
from hedge_core.monitoring.execution import as_proposed
from hedge_core.monitoring.filled import as_filled, filled_hedge, filled_sentence, legs_filled
from hedge_core.monitoring.position import position_state
from hedge_core.plan.entry_rules import AboveAverage
from hedge_core.plan.fills import Fill
from hedge_core.plan.plan import HedgePlan, Thresholds
from hedge_core.plan.rules import BagRecovered, FallReached, LossLimit, OnDate
from hedge_core.reports.html.page import report_html
from hedge_core.scenarios.run import run_scenario
from hedge_core.scenarios.shocks import Shock
from tests.support.scale import SCALE, scaled

ROOT = Path(__file__).parents[2]
LAYER1 = load_plan(ROOT / "examples" / "layer1_bag.json")
POSITIONS = min(scaled(60), 1_000)
WITH_OPTIONS = POSITIONS if SCALE > 1 else 20
EXPIRIES = (date(2026, 10, 30), date(2026, 11, 6), date(2026, 11, 27), date(2026, 12, 25), date(2027, 3, 26))
KEYS = ("drift", "over_hedged", "margin:warning", "margin:critical", "beta", "correlation", "carry")


@cache
def sample() -> MarketSnapshot:
    return SampleSource().snapshot()


@cache
def evidence() -> Any:
    return assess(LAYER1, sample()).evidence


def fills_of(rng: np.random.Generator, plan: HedgePlan) -> tuple[Fill, ...]:
    """Some of the plan's orders, filled in part or too often, at other prices and on other days; now and then a long,
    a contract that the plan does not sell, or a future that has ended.
    """
    assessed = assess(plan, sample(), evidence())
    proposed = list(as_proposed(assessed, sample().as_of).execution.fills)
    others = [one.id for one in known_contracts(plan, sample()) if one.underlying in sample().history.coins]
    found = []
    for fill in proposed:
        if rng.random() < 0.3:
            continue
        at = sample().as_of - timedelta(days=int(rng.integers(1, 60)))
        found.append(
            replace(
                fill,
                at=at,
                contracts=max(int(fill.contracts * rng.uniform(0.2, 2.0)), 1),
                price=fill.price * float(rng.uniform(0.6, 1.6)),
                side="buy" if rng.random() < 0.05 else "sell",
                expiry=None if fill.expiry is None else fill.expiry,
            )
        )
    if rng.random() < 0.1:
        contract = known_contracts(plan, sample()).get(str(rng.choice(others)))
        if contract.expiry == "none" and not contract.conflict:
            price = sample().price(contract.underlying)
            found.append(
                Fill(at=sample().as_of - timedelta(days=3), contract=contract.id, side="sell", contracts=2, price=price)
            )
    return tuple(found)


def options_of(rng: np.random.Generator) -> tuple[Fill, ...]:
    """Puts and calls, bought and sold: some expire within days, some have expired, some are rolled into others."""
    found = []
    for _ in range(int(rng.integers(1, 4))):
        coin = str(rng.choice(["BTC", "ETH", "SOL"]))
        expiry = EXPIRIES[int(rng.integers(len(EXPIRIES)))]
        spot = sample().price(coin)
        kind: OptionKind = "put" if rng.random() < 0.6 else "call"
        venue = "CME:" if coin == "BTC" and rng.random() < 0.2 else "Deribit:"
        series = option_series()["CME:MBT" if venue == "CME:" else f"Deribit:{coin}_USDC"]
        strike = series.strikes(spot, 0.8, 1.2)[int(rng.integers(3, 9))]
        found.append(
            Fill(
                at=sample().as_of - timedelta(days=20),
                contract=series.option(kind, strike, expiry).id,
                side="buy" if (kind == "put") != (rng.random() < 0.2) else "sell",
                contracts=int(rng.integers(1, 400)) if coin != "SOL" else int(rng.integers(1, 40)),
                price=float(spot * rng.uniform(0.005, 0.06)),
            )
        )
    return tuple(found)


def random_report(seed: int, *, with_options: bool = False) -> MonitorReport:
    rng = np.random.default_rng(seed)
    rules = (
        FallReached(fall=float(rng.uniform(0.05, 0.6)), share=float(rng.choice([0.3, 0.5, 1.0]))),
        BagRecovered(fall=0.1, recovered=0.3, share=0.5),
        LossLimit(loss=float(rng.uniform(0.02, 0.6)), share=float(rng.choice([0.4, 1.0]))),
        OnDate(day=date(2026, 11, 1) + timedelta(days=int(rng.integers(-3, 60)))),
    )
    plan = LAYER1.with_decisions(
        collateral=float(rng.choice([2_000.0, 12_000.0, 60_000.0, 200_000.0])),
        risk_accepted=float(rng.uniform(0.1, 0.8)),
    ).with_watch(
        exit_rules=tuple(rule for rule in rules if rng.random() < 0.35),
        entry_rules=(AboveAverage(),) if rng.random() < 0.3 else (),
        thresholds=Thresholds(drift=float(rng.choice([0.05, 0.1, 0.5])), rally_warning=float(rng.choice([0.2, 0.4]))),
    )
    fills = () if rng.random() < 0.05 else fills_of(rng, plan)
    plan = plan.with_execution(fills=(*fills, *(options_of(rng) if with_options else ())))
    active = frozenset(key for key in KEYS if rng.random() < 0.3)
    assessed = assess(plan, sample(), evidence())
    return check(assessed, now=datetime(2026, 11, 1, 12, tzinfo=UTC), active=active)


def contradictions(report: MonitorReport) -> list[str]:
    """What a reader would call a contradiction in the list of actions of a report."""
    found = []
    codes = {alert.code for alert in report.alerts}
    actions = [(key, lots) for action in report.actions for key, lots in action.lots.items()]
    by_contract: dict[str, set[bool]] = {}
    for (contract, _), lots in actions:
        by_contract.setdefault(contract, set()).add(lots > 0)
    found += [f"{contract} is bought and sold" for contract, ways in by_contract.items() if len(ways) > 1]
    held = {} if report.state is None else {one.key: max(one.lots, 0) for one in report.state.open_positions}
    options = report.options.open_positions if report.options is not None else ()
    held |= {(one.option.id, one.option.expiry): abs(one.lots) for one in options}
    closed: Counter[Any] = Counter()
    for key, lots in actions:
        closed[key] -= min(lots, 0)
    found += [f"{key} closes {lots} of {held.get(key, 0)}" for key, lots in closed.items() if lots > held.get(key, 0)]
    if options and codes & {"not_executed", "bag_risk"}:
        found.append("nothing is filled or hedged beside an option")
    if "Buy back" in words_of(report, "option_margin") and "sell" in words_of(report, "option_expiry").split():
        found.append("sold options are bought back and sold")
    futures_added = any(lots > 0 for (name, _), lots in actions if not is_option_id(name))
    for code in ("margin", "option_margin", "expired", "long_position", "exit_rule"):
        is_adding = futures_added if code in ("expired", "long_position") else is_adding_short(report, actions)
        if code in codes and is_adding:
            found.append(f"something is added beside {code}")
    words = " ".join(action.what for action in report.actions)
    if "exit_rule" in codes and (words_of(report, "drift") or "To return to the target" in words):
        found.append("a trade to size beside an exit rule")
    if "margin" in codes and ": sell " in words:
        found.append("selling more while margin is thin")
    return found


def words_of(report: MonitorReport, code: str) -> str:
    """What the alerts of a code ask for."""
    return " ".join(alert.action for alert in report.alerts if alert.code == code)


def is_adding_short(report: MonitorReport, actions: list[tuple[Any, int]]) -> bool:
    """Whether an action opens futures or options; a put that is bought takes no margin, and is only not added beside
    an exit rule.
    """
    is_closing = any(alert.code == "exit_rule" for alert in report.alerts)
    return any(
        lots > 0 and (is_closing or not is_option_id(name) or name.endswith("-C")) for (name, _), lots in actions
    )


@pytest.mark.long
@pytest.mark.parametrize("block", range(4))
def test_no_two_actions_contradict_on_random_positions_with_options(block: int) -> None:
    for seed in range(block * WITH_OPTIONS // 4, (block + 1) * WITH_OPTIONS // 4):
        report = random_report(10_000 + seed, with_options=True)
        assert contradictions(report) == [], seed
        severities = [action.severity for action in report.actions]
        assert severities == sorted(severities, key=["critical", "warning", "info"].index)
        assert all(action.why and action.what for action in report.actions)


@pytest.mark.long
@pytest.mark.parametrize("block", range(4))
def test_no_two_actions_contradict_on_random_positions(block: int) -> None:
    for seed in range(block * POSITIONS // 4, (block + 1) * POSITIONS // 4):
        report = random_report(seed)
        assert contradictions(report) == [], seed
        severities = [action.severity for action in report.actions]
        assert severities == sorted(severities, key=["critical", "warning", "info"].index)
        assert all(action.why and action.what for action in report.actions)


def test_the_random_positions_hold_what_they_are_meant_to_hold() -> None:
    reports = [random_report(seed) for seed in range(40)]
    codes = Counter(alert.code for report in reports for alert in report.alerts)
    assert {"drift", "exit_rule", "margin"} <= codes.keys(), codes
    assert sum(any(lots > 0 for one in report.actions for lots in one.lots.values()) for report in reports) >= 2
    assert sum(any(lots < 0 for one in report.actions for lots in one.lots.values()) for report in reports) >= 5


def test_the_random_options_hold_what_they_are_meant_to_hold() -> None:
    reports = [random_report(10_000 + seed, with_options=True) for seed in range(16)]
    codes = Counter(alert.code for report in reports for alert in report.alerts)
    assert {"option_expiry", "exit_rule"} <= codes.keys(), codes
    assert any(is_option_id(name) for one in reports for act in one.actions for name, _ in act.lots)


# ------------------------------------------------------------------------------------------------ T7


@cache
def partly_filled() -> HedgePlan:
    """T7: three of the orders are executed, at prices 2% higher than today's; the others are not."""
    planned = assess(LAYER1, sample())
    fills = as_proposed(planned, sample().as_of).execution.fills[:3]
    fills = tuple(replace(fill, price=fill.price * 1.02) for fill in fills)
    return LAYER1.with_execution(fills=fills)


@cache
def partly() -> Any:
    return assess(partly_filled(), sample())


def test_what_is_off_is_said_contract_by_contract() -> None:
    report = check(partly(), now=sample().as_of)
    assert report.state is not None
    rows = legs_filled(partly(), report.state)
    assert [row.missing == 0 for row in rows[:3]] == [True] * 3
    assert all(row.held == 0 and row.missing > 0 for row in rows[3:])
    for row in rows[:3]:
        assert row.entry == pytest.approx(1.02 * (row.mark or 0.0))
        assert row.open_pnl == pytest.approx(
            row.held * row.contract.multiplier(row.mark or 1.0) * 0.02 * (row.mark or 0.0)
        )


def test_the_top_line_the_drift_and_the_report_speak_of_the_same_position() -> None:
    """43% under the target beside "hedged 50.3%" is gone: achieved of what is filled, and the same in every place."""
    filled, as_is = filled_hedge(partly()), as_filled(partly())
    assert filled is not None
    assert as_is is not None
    assert as_is.why == ""
    assert filled.achieved_hedge_ratio == as_is.assessment.achieved_hedge_ratio
    assert filled.achieved_hedge_ratio < 0.9 * partly().achieved_hedge_ratio
    report = check(partly(), now=sample().as_of)
    assert report.drift is not None
    assert report.drift < -0.1
    sentence = filled_sentence(partly())
    assert f"{filled.achieved_hedge_ratio:.1%}" in sentence
    page = report_html(partly(), made_at=datetime(2026, 11, 1, 12, tzinfo=UTC))
    assert sentence.split("offsets")[1] in page.replace("&#39;", "'")


def test_a_scenario_of_what_is_filled_is_the_gain_of_the_lots_that_are_short() -> None:
    """An independent sum: each short gains its dollars times the fall of its coin, all coins −10%."""
    as_is = as_filled(partly())
    assert as_is is not None
    result = run_scenario(as_is.assessment, Shock(move=-0.1))
    report = check(partly(), now=sample().as_of)
    assert report.state is not None
    short = sum(
        one.lots * one.contract.lot_notional(sample().price(one.contract.underlying))
        for one in report.state.open_positions
    )
    assert result.hedge_pnl == pytest.approx(0.1 * short)
    planned = run_scenario(partly(), Shock(move=-0.1))
    assert result.hedge_pnl < planned.hedge_pnl
    assert result.bag_pnl == planned.bag_pnl


def test_a_plan_filled_as_proposed_has_the_figures_of_the_plan() -> None:
    planned = assess(LAYER1, sample())
    as_is = as_filled(assess(as_proposed(planned, sample().as_of), sample()))
    assert as_is is not None
    assert [leg.contracts for leg in as_is.assessment.legs] == [leg.contracts for leg in planned.legs]
    assert as_is.assessment.achieved_hedge_ratio == pytest.approx(planned.achieved_hedge_ratio)
    assert as_is.assessment.costs.carry == pytest.approx(planned.costs.carry)


def test_an_open_position_below_its_initial_margin_can_still_be_liquidated() -> None:
    """Opened with plenty, the equity now lies between maintenance and initial margin: a rally ends the short."""
    state = check(partly(), now=sample().as_of).state
    assert state is not None
    middle = (state.margin.initial + state.margin.maintenance) / 2.0
    plan = partly_filled().with_decisions(collateral=middle - state.pnl)
    as_is = as_filled(assess(plan, sample()))
    assert as_is is not None
    assert as_is.assessment.margin.collateral == pytest.approx(middle)
    survived = as_is.assessment.margin.rally_survived
    assert survived is not None
    assert [run_scenario(as_is.assessment, Shock(move=survived + add)).is_liquidated for add in (-0.01, 0.01)] == [
        False,
        True,
    ]


def test_without_fills_there_is_nothing_filled_and_a_strange_contract_is_counted() -> None:
    planned = assess(LAYER1, sample())
    assert as_filled(planned) is None
    assert filled_sentence(planned) == ""
    strange = next(
        one.id
        for one in known_contracts(LAYER1, sample())
        if one.underlying == "ETH" and one.expiry == "none" and one.id not in {leg.contract.id for leg in planned.legs}
    )
    fill = Fill(at=sample().as_of, contract=strange, side="sell", contracts=1, price=3_000.0)
    as_is = as_filled(assess(LAYER1.with_execution(fills=(fill,)), sample()))
    assert as_is is not None
    assert as_is.why == ""
    short = {leg.contract.id: leg.lots for leg in as_is.assessment.traded_legs}
    assert short == {strange: 1}
    assert as_is.assessment.achieved_hedge_ratio > 0.0
    assert strange in filled_sentence(assess(LAYER1.with_execution(fills=(fill,)), sample()))


def test_a_small_drift_asks_for_no_trade_in_any_place() -> None:
    """'Sell 7 more' under 'leave it alone' is gone: what is inside the threshold is not written as an order."""
    planned = assess(LAYER1, sample())
    fills = as_proposed(planned, sample().as_of).execution.fills
    less = tuple(replace(fill, contracts=max(int(0.88 * fill.contracts), 1)) for fill in fills)
    plan = LAYER1.with_execution(fills=less).with_watch(thresholds=Thresholds(drift=0.2))
    report = check(assess(plan, sample()), now=sample().as_of)
    assert report.trades
    assert not [action for action in report.actions if action.lots]
    text = monitor_text(report)
    assert "more ETP" not in text
    assert "no trade is needed" in text


def test_trades_that_do_not_reach_the_target_are_not_said_to() -> None:
    """The user keeps Ether at a third of what the target asks for, and has not sold the last contract of it."""
    wanted = {leg.contract.id: leg.lots for leg in assess(LAYER1, sample()).legs}
    ether = next(name for name in wanted if name.endswith(":ETP"))
    kept = LAYER1.with_overrides(lots={ether: wanted[ether] // 3})
    filled = as_proposed(assess(kept, sample()), sample().as_of).execution.fills
    less = [replace(one, contracts=one.contracts - 3) if one.contract == ether else one for one in filled]
    report = check(assess(kept.with_execution(fills=tuple(less)), sample()), now=sample().as_of)
    alert = next(one for one in report.alerts if one.code == "drift")

    assert "To return to the target" not in alert.action
    assert "sell 3 more ETP" in alert.action
    after = drift_of(report.assessment, position_state(assess(kept.with_execution(fills=filled), sample())))
    assert after is not None
    assert alert.action.endswith(f"It is then still {-after:.0%} smaller.")


@pytest.mark.parametrize(
    ("after", "end"),
    [(0.3, "It is then still 30% larger."), (-0.14, "It is then 14% smaller."), (0.05, "ETP."), (None, "ETP.")],
)
def test_where_the_hedge_is_after_the_trades_is_said_if_that_is_off_the_target_too(
    after: float | None, end: str
) -> None:
    report = check(partly(), now=sample().as_of)
    ether = next(leg.contract for leg in partly().legs if leg.contract.code == "ETP")
    trades = (Trade(contract=ether, lots=-2, held=9_000.0, target=8_400.0),)
    alert = drifted(report.state, 0.6, trades, Thresholds(), frozenset(), after=after, is_funded=True)

    assert alert is not None
    assert alert.action.endswith(end)
    assert ("To return to the target" in alert.action) is (end == "ETP.")


def test_the_drift_line_asks_for_no_trade_that_the_collateral_does_not_carry() -> None:
    poor = assess(partly_filled().with_decisions(collateral=9_000.0), sample(), evidence())
    rich = assess(partly_filled().with_decisions(collateral=90_000.0), sample(), evidence())
    texts = {name: monitor_text(check(one, now=sample().as_of)) for name, one in (("poor", poor), ("rich", rich))}
    assert "add collateral first" in texts["poor"]
    assert "to correct it" not in texts["poor"]
    assert "to correct it: sell" in texts["rich"]
