"""Fills that the plan does not sell, and fills at several venues: counted in ratio, drift, margin and scenarios.

Here the plan's first two orders are filled at Coinbase Derivatives, and Ether and Dogecoin are short at OKX, where the
plan sells nothing. The ratio is checked against its formula on returns taken from the history.
"""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from hedge_core import MarketSnapshot, SampleSource, assess, load_plan
from hedge_core.cli.text import monitor_text
from hedge_core.hedge.account import Position
from hedge_core.hedge.assessment import HedgeAssessment
from hedge_core.hedge.breach import RULES, Accounts
from hedge_core.history.backtest import compare_hedges
from hedge_core.monitoring.daily_check import check
from hedge_core.monitoring.drift import drift_of
from hedge_core.monitoring.execution import as_proposed
from hedge_core.monitoring.filled import as_filled, filled_hedge, filled_sentence
from hedge_core.monitoring.position import position_state
from hedge_core.plan.fills import Fill
from hedge_core.plan.plan import HedgePlan
from hedge_core.reports.filled_json import filled_document
from hedge_core.scenarios.crash import Crash
from hedge_core.scenarios.crash_days import crash_day
from hedge_core.scenarios.dangers import CRASH
from hedge_core.scenarios.hedge_outcome import lots_left
from hedge_core.scenarios.run import run_scenario
from hedge_core.scenarios.shocks import Shock
from hedge_core.simulation.simulation import simulate

ROOT = Path(__file__).parents[2]
OTHERS = (("OKX:ETH-USDT-SWAP", "ETH", 200), ("OKX:DOGE-USDT-SWAP", "DOGE", 900))


@cache
def sample() -> MarketSnapshot:
    return SampleSource().snapshot()


@cache
def planned() -> HedgeAssessment:
    return assess(load_plan(ROOT / "examples" / "layer1_bag.json"), sample())


def others(**changes: Any) -> tuple[Fill, ...]:
    return tuple(
        Fill(
            **{
                "at": sample().as_of,
                "contract": contract,
                "side": "sell",
                "contracts": lots,
                "price": sample().price(coin),
                **changes,
            }
        )
        for contract, coin, lots in OTHERS
    )


def with_fills(*fills: Fill, plan: HedgePlan | None = None) -> HedgeAssessment:
    plan = planned().plan if plan is None else plan
    return assess(plan.with_execution(fills=fills), sample(), planned().evidence)


@cache
def mixed() -> HedgeAssessment:
    return with_fills(*as_proposed(planned(), sample().as_of).execution.fills[:2], *others())


def shown(assessment: HedgeAssessment) -> HedgeAssessment:
    found = as_filled(assessment)
    assert found is not None
    assert found.why == ""
    return found.assessment


def by_formula(assessment: HedgeAssessment, weights: dict[str, float]) -> float:
    """(N∘n)'S w / (w'S w), with N∘n the USD short by coin and S from the closes of the window."""
    state = position_state(assessment)
    assert state is not None
    coins = sorted({one.contract.underlying for one in state.open_positions} | weights.keys())
    history = sample().history
    closes = np.column_stack([history.of(coin) for coin in coins])[-assessment.plan.decisions.window_days - 1 :]
    S = np.cov((closes[1:] / closes[:-1] - 1.0).T)
    short = dict.fromkeys(coins, 0.0)
    for one in state.open_positions:
        coin = one.contract.underlying
        short[coin] += one.lots * one.contract.lot_notional(sample().price(coin))
    n, w = (np.array([of.get(coin, 0.0) for coin in coins]) for of in (short, weights))
    return float(n @ S @ w / (w @ S @ w))


def test_a_contract_that_the_plan_does_not_sell_counts_in_ratio_and_drift() -> None:
    exposure = {leg.underlying: float(b) for leg, b in zip(planned().legs, planned().exposure, strict=True)}
    filled = filled_hedge(mixed())
    assert filled is not None
    assert filled.achieved_hedge_ratio == pytest.approx(by_formula(mixed(), exposure), rel=1e-9)
    assert shown(mixed()).achieved_hedge_ratio == filled.achieved_hedge_ratio
    target = {leg.underlying: leg.target_notional for leg in planned().legs}
    drift = drift_of(mixed(), position_state(mixed()))
    assert drift == pytest.approx(by_formula(mixed(), target) - 1.0, rel=1e-9)


def test_every_lot_that_is_short_gains_in_a_scenario() -> None:
    result = run_scenario(shown(mixed()), Shock(move=-0.1))
    state = position_state(mixed())
    assert state is not None
    short = sum(
        one.lots * one.contract.lot_notional(sample().price(one.contract.underlying)) for one in state.open_positions
    )
    assert len(state.open_positions) == 4
    assert result.hedge_pnl == pytest.approx(0.1 * short)
    assert result.net_after_costs - result.net_pnl == pytest.approx(
        shown(mixed()).costs.carry - shown(mixed()).costs.fees - shown(mixed()).cash_cost
    )


def test_it_is_said_that_they_count_and_that_accounts_are_apart() -> None:
    sentence, text = filled_sentence(mixed()), monitor_text(check(mixed(), now=sample().as_of))
    assert "OKX:ETH-USDT-SWAP and OKX:DOGE-USDT-SWAP are counted, although this plan does not sell them." in sentence
    assert "Each account counts for itself (Coinbase Derivatives and OKX)" in sentence
    assert "Account at OKX" in text
    document = filled_document(mixed())
    assert document is not None
    rows = {row["contract"]: row for row in document["contracts"]}
    assert (rows["OKX:ETH-USDT-SWAP"]["planned"], rows["OKX:ETH-USDT-SWAP"]["filled"]) == (0, 200)
    assert [one["venue"] for one in document["accounts"]] == ["Coinbase Derivatives", "OKX"]


def test_each_venue_has_its_collateral_and_what_was_made_there() -> None:
    """By hand: the collateral is split by the initial margin at entry, and each venue keeps its own result."""
    entry = {"price": 0.995 * sample().price("ETH")}
    lost = [fill for fill in others(**entry) if "ETH" in fill.contract]
    gone = (
        Fill(at=sample().as_of, contract="OKX:SOL-USDT-SWAP", side="sell", contracts=10, price=200.0),
        Fill(at=sample().as_of, contract="OKX:SOL-USDT-SWAP", side="buy", contracts=10, price=190.0, fee=3.0),
    )
    own = as_proposed(planned(), sample().as_of).execution.fills[0]
    state = position_state(with_fills(own, *lost, *gone))
    assert state is not None
    ours, theirs = state.accounts
    at_home, away = state.open_positions
    margins = [
        abs(one.contracts) * one.contract.lot_notional(one.entry_price or 0.0) * leg.tiers[0].initial_rate
        for one, leg in zip((at_home, away), (ours.margin.legs[0], theirs.margin.legs[0]), strict=True)
    ]
    posted = [30_000.0 * margin / sum(margins) for margin in margins]
    coins = 200 * away.contract.multiplier(1.0)
    sol = 10 * state.ledger.positions["OKX:SOL-USDT-SWAP", None].contract.multiplier(1.0)
    made = -coins * (sample().price("ETH") - entry["price"]) + sol * 10.0 - 3.0
    assert theirs.margin.collateral == pytest.approx(posted[1] + made)
    assert ours.margin.collateral == pytest.approx(posted[0] - own.fee)
    assert state.equity == pytest.approx(30_000.0 + made - own.fee)


def test_one_venue_is_liquidated_and_the_other_is_not() -> None:
    """One account is liquidated in a rally that its collateral does not survive; the other keeps its lots."""
    state = position_state(mixed())
    assert state is not None
    rallies = {one.venue: one.rally_survived for one in state.accounts}
    low, high = sorted(rallies.values())
    assert low is not None
    assert high is not None
    assert state.first_account is not None
    assert state.market_margin.rally_survived == pytest.approx(low, rel=1e-6)
    first = state.first_account.venue
    result = run_scenario(shown(mixed()), Shock(move=(low + high) / 2.0, of="market"))
    assert result.is_liquidated
    assert 0.0 < result.open_share < 1.0
    assert any(f"at {first}" in note for note in result.notes)
    assert not run_scenario(shown(mixed()), Shock(move=0.99 * low, of="market")).is_liquidated


def test_the_venue_that_fails_takes_its_own_account_only() -> None:
    crash = Crash(shown(mixed()), crash_day(CRASH))
    lost = crash.lost_venue
    account = next(one for one in position_state(mixed()).accounts if one.venue == lost.venue)
    assert lost.posted == account.margin.collateral
    assert 0.0 < lost.profit < crash.first_day.hedge_pnl


def test_paths_and_the_test_on_the_past_run_on_what_is_filled() -> None:
    held = shown(mixed())
    found = simulate(held, paths=200)
    assert found.closed is not None
    tested, plan = compare_hedges(held), compare_hedges(planned())
    assert tested is not None
    assert plan is not None
    assert tested.as_planned.variance_reduction < plan.as_planned.variance_reduction
    assert tested.yearly_cost != plan.yearly_cost


def test_a_future_that_is_bought_is_no_hedge_and_the_figures_are_named_as_the_plans() -> None:
    found = as_filled(with_fills(*others(side="buy")))
    assert found is not None
    assert "You are long OKX:ETH-USDT-SWAP and OKX:DOGE-USDT-SWAP" in found.why
    assert found.assessment.achieved_hedge_ratio == planned().achieved_hedge_ratio


def test_options_alone_are_no_short() -> None:
    put = Fill(at=sample().as_of, contract="Deribit:ETH_USDC-25DEC26-2000-P", side="buy", contracts=10, price=50.0)
    held = shown(with_fills(put))
    assert not held.traded_legs
    assert held.achieved_hedge_ratio == 0.0
    fallen = run_scenario(held, Shock(move=-0.1))
    assert fallen.shorts_pnl == 0.0
    assert fallen.hedge_pnl == fallen.options_pnl != 0.0
    assert filled_sentence(with_fills(put)).startswith("Filled: options, and no short")
    document = filled_document(with_fills(put))
    assert document is not None
    assert document["options"] == ["Deribit:ETH_USDC-25DEC26-2000-P"]


def test_options_that_were_sold_again_are_not_said_to_be_held() -> None:
    bought = Fill(at=sample().as_of, contract="Deribit:ETH_USDC-25DEC26-2000-P", side="buy", contracts=10, price=50.0)
    sold = replace(bought, side="sell")
    opened = others()
    closed = tuple(replace(fill, side="buy") for fill in opened)

    assert filled_sentence(with_fills(bought, sold)) == "Filled: nothing is open any more."
    assert filled_sentence(with_fills(*opened, *closed, bought, sold)) == "Filled: nothing is open any more."
    still = filled_sentence(with_fills(*opened, *closed, bought))
    assert still == "Filled: no short is open any more, besides your options."


def test_what_is_open_costs_nothing_to_open_again() -> None:
    whole = shown(assess(as_proposed(planned(), sample().as_of), sample(), planned().evidence))
    assert whole.costs.fees == pytest.approx(planned().costs.fees - planned().costs.opening)
    assert whole.costs.opening == 0.0


def test_without_fills_the_key_does_not_come() -> None:
    assert filled_document(planned()) is None
    assert replace(planned()).margin.is_by_venue is False


def test_each_venue_closes_by_its_own_rule_unless_the_plan_names_one() -> None:
    free = planned().plan.with_decisions(breach=None)
    held = shown(with_fills(*mixed().plan.execution.fills, plan=free))
    breach, margin = held.breach, held.margin
    by_venue = {one.venues[0]: own.rule for one, own in zip(margin.accounts, breach.apart(margin), strict=True)}
    assert by_venue == {"Coinbase Derivatives": RULES["closed"], "OKX": RULES["by_position"]}
    assert {own.rule for own in breach.under(RULES["reduced"], 0.0).apart(margin)} == {RULES["reduced"]}
    stated = shown(with_fills(*mixed().plan.execution.fills, plan=planned().plan.with_decisions(breach="reduced")))
    assert {own.rule for own in stated.breach.apart(stated.margin)} == {RULES["reduced"]}


def test_the_lots_left_stand_in_the_order_of_the_legs_whatever_the_accounts_are() -> None:
    """Legs at two venues that take turns, and each account with its own lots."""
    first, second = as_proposed(planned(), sample().as_of).execution.fills[:2]
    ether, doge = others()
    margin = position_state(with_fills(first, ether, second, doge)).margin
    assert [len(group) for group in margin.groups] == [2, 2]
    assert margin.groups == ((0, 2), (1, 3))
    ends = [
        Accounts(np.zeros(1), Position(*(np.ones((1, 2)),) * 3), np.array([lots]), np.zeros(1))
        for lots in ([10.0, 30.0], [20.0, 40.0])
    ]
    assert lots_left(margin, ends).tolist() == [10.0, 20.0, 30.0, 40.0]
