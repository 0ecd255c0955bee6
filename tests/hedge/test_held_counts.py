"""Counts that are held: when they stay, when they change, and what is said.

By hand, for one contract of $100 a lot with a target of $1,000 and a variance S = 4e-4 (Ether, so D = 0) in a bag of
$1,000 with a variance of 5e-4: 9 lots miss by $100, f = 4e-4·100² = 4, and 10 lots by nothing. 4 / (5e-4·1,000²) = 0.8%
of the bag's variance, off by 10% of the bag and drift −10%: 9 lots stay. 8 lots: 3.2%, they change. With a bag of $200
(a short five times the bag) 9 lots miss by half of the bag's value.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime

import numpy as np
import pytest

from hedge_core.documents.link.pin import pinned_market
from hedge_core.documents.link.pinning import pin_of
from hedge_core.exposure.count_risk import CountRisk, bag_variance
from hedge_core.hedge.held_counts import lots_held, with_held_counts
from hedge_core.hedge.planner import assess
from hedge_core.hedge.sizing import size_leg
from hedge_core.market.contracts import Contract, CustomContract
from hedge_core.market.sources.sample import SampleSource
from hedge_core.plan.bag import Holding
from hedge_core.plan.fills import Fill
from hedge_core.plan.plan import Decisions, Execution, HedgePlan, Thresholds, Watch
from hedge_core.plan.rules import OnDate
from tests.hedge.test_basket_allocation import MARKET, plan_of
from tests.support.markets import PRICES

TODAY = date(2026, 2, 1)
ETHER = CustomContract(code="E", underlying="ETH", usd=100.0).contract()
LEG = size_leg(ETHER, price=2_000.0, target=1_000.0, ideal=1_000.0, rounding="optimal")
RISK = CountRisk(("ETH",), np.array([[4e-4]]), 365, bag_variance=5e-4)


def fill(contract: Contract, lots: int, **fields: object) -> Fill:
    side = "sell" if lots > 0 else "buy"
    given = {"at": datetime(2026, 1, 30, tzinfo=UTC), "contract": contract.id, "price": 1.0, "side": side, **fields}
    return Fill(contracts=abs(lots), **given)


def holding(plan, *fills):
    return replace(plan, execution=Execution(fills=fills))


def compared(*fills, value=1_000.0, legs=(LEG,), risk=RISK, plan=None):
    plan = plan or HedgePlan(watch=Watch(thresholds=Thresholds(drift=0.5)))
    return with_held_counts(holding(plan, *fills), legs, risk, value=value, today=TODAY)


@pytest.mark.parametrize(
    ("held", "value", "gain", "why"),
    [
        (9, 1_000.0, 0.008, ""),
        (11, 1_000.0, 0.008, ""),
        (8, 1_000.0, 0.032, "that saves 3.2% of the bag's variance, more than 2%"),
        (12, 1_000.0, 0.032, "that saves 3.2% of the bag's variance, more than 2%"),
        (9, 200.0, 0.2, "that saves 20.0% of the bag's variance, more than 2%"),
    ],
)
def test_counts_that_are_held_stay_unless_others_save_more_than_two_hundredths(held, value, gain, why):
    (leg,), change = compared(fill(ETHER, held), value=value)

    assert (change.held, change.best, change.why) == ((held,), (10,), why)
    assert change.gain == pytest.approx(gain)
    assert leg.contracts == leg.wanted_contracts == (-10 if why else -held)


def test_they_change_at_once_if_the_shorts_miss_their_targets_by_more_than_a_quarter_of_the_bag():
    calm = replace(RISK, bag_variance=1.0)  # so that no count saves anything that counts

    assert compared(fill(ETHER, 8), value=800.0, risk=calm)[1].why == ""
    why = compared(fill(ETHER, 8), value=799.0, risk=calm)[1].why
    assert why == "your shorts miss their targets by 25% of the bag, more than 25%"


@pytest.mark.parametrize(("held", "word"), [(8, "smaller"), (12, "larger")])
def test_the_users_threshold_of_drift_is_kept(held, word):
    calm = replace(RISK, bag_variance=1.0)
    plan = HedgePlan()  # the default threshold is 10%

    assert compared(fill(ETHER, 9), plan=plan, risk=calm)[1].is_kept
    why = compared(fill(ETHER, held), plan=plan, risk=calm)[1].why
    assert why == f"your hedge is 20% {word} than its target, beyond your threshold of 10%"


@pytest.mark.parametrize(
    "case",
    [
        {},
        {"fills": (fill(ETHER, 10),)},
        {"fills": (fill(ETHER, 9), fill(ETHER, -9))},
        {"fills": (fill(ETHER, -9),)},
        {"fills": (fill(ETHER, 9, expiry=date(2026, 1, 31)),)},
        {"fills": (fill(ETHER, 9),), "risk": None},
        {"fills": (fill(ETHER, 9),), "risk": replace(RISK, bag_variance=None)},
        {"fills": (fill(ETHER, 9),), "risk": CountRisk(("BTC",), np.ones((1, 1)), 365, 1.0)},
        {"fills": (fill(ETHER, 9, amount_step=0.003),)},
        {
            "fills": (fill(ETHER, 9),),
            "plan": HedgePlan(watch=Watch(exit_rules=(OnDate(day=TODAY, is_done=True),))),
        },
    ],
    ids=[
        "no fills", "the same", "bought back", "bought", "expired", "no risk", "no variance", "another leg", "odd lots",
        "a rule has closed a part",
    ],
)  # fmt: skip
def test_there_is_nothing_to_compare(case):
    legs, change = compared(*case.pop("fills", ()), **case)

    assert legs == (LEG,)
    assert change is None


def test_lots_held_are_the_sum_of_fills_in_lots_of_today():
    fills = (fill(ETHER, 5), fill(ETHER, 4), fill(ETHER, -2), fill(ETHER, 3, expiry=date(2026, 2, 1)))
    other = CustomContract(code="B", underlying="BTC", usd=100.0).contract()

    assert lots_held(holding(HedgePlan(), *fills), (ETHER, other), TODAY) == {ETHER.id: 10}
    halved = replace(ETHER, amount_step=0.5)
    counted = holding(HedgePlan(), fill(ETHER, 5, amount_step=1.0))
    assert lots_held(counted, (halved,), TODAY) == {ETHER.id: 10}


def test_the_bags_variance_is_that_of_its_old_coins_at_present_weights():
    random = np.random.default_rng(0)
    returns = random.normal(0.0, 0.03, (100, 3))
    returns[:50, 2] = np.nan
    returns[7, 0] = np.nan

    found = bag_variance(returns, np.array([3_000.0, 1_000.0, 500.0]))

    shared = np.delete(returns, 7, axis=0)
    assert found == pytest.approx(np.var(0.75 * shared[:, 0] + 0.25 * shared[:, 1]))
    assert bag_variance(returns[:, 2:], np.array([500.0])) is None
    assert bag_variance(returns[:29, :2], np.ones(2)) is None
    assert bag_variance(np.empty((100, 0)), np.empty(0)) is None


VALUES = {"UNI": 5_000.0, "NEAR": 5_000.0}


def sold(plan, assessment, *changes):
    """The plan with the counts of the assessment sold, changed by `changes`, leg by leg."""
    lots = [leg.lots + change for leg, change in zip(assessment.legs, changes, strict=True)]
    fills = (
        fill(leg.contract, n, price=PRICES[leg.underlying]) for leg, n in zip(assessment.legs, lots, strict=True) if n
    )
    return holding(plan, *fills), lots


def test_a_plan_keeps_counts_that_are_nearly_best_and_says_what_others_would_save():
    plan = plan_of(VALUES, rounding="optimal")
    best = assess(plan, MARKET)
    step = [1 if leg.lots > 40 else 0 for leg in best.legs]
    assert any(step)

    with_fills, lots = sold(plan, best, *step)
    again = assess(with_fills, MARKET)

    assert [leg.lots for leg in again.legs] == list(again.optimum.lots) == lots
    (said,) = [notice.text for notice in again.notices if notice.code == "counts_kept"]
    y = np.column_stack([MARKET.history.returns_of(coin)[-365:] for coin in VALUES]).mean(axis=1)
    miss = np.array(lots) * [leg.lot_notional for leg in best.legs] - [leg.target_notional for leg in best.legs]
    least = np.array([leg.notional - leg.target_notional for leg in best.legs])
    gain = (miss @ best.risk.matrix @ miss - least @ best.risk.matrix @ least) / (np.var(y) * 10_000.0**2)
    assert again.count_change.gain == pytest.approx(gain, rel=1e-9)
    assert f"would save only {gain:.1%} of the bag's variance" in said
    assert again.optimum.variance == pytest.approx(miss @ best.risk.matrix @ miss)


def test_a_hedge_of_half_the_size_changes_to_the_best_counts_and_says_why():
    plan = plan_of(VALUES, rounding="optimal")
    best = assess(plan, MARKET)

    with_fills, _ = sold(plan, best, *(-(leg.lots // 2) for leg in best.legs))
    again = assess(with_fills, MARKET)

    assert [leg.lots for leg in again.legs] == [leg.lots for leg in best.legs]
    (said,) = [notice.text for notice in again.notices if notice.code == "counts_changed"]
    assert ": that saves " in said


def test_a_plan_that_rounds_each_contract_alone_follows_its_targets():
    plan = plan_of(VALUES, rounding="nearest")
    best = assess(plan, MARKET)

    with_fills, _ = sold(plan, best, *(1 for _ in best.legs))
    again = assess(with_fills, MARKET)

    assert [leg.lots for leg in again.legs] == [leg.lots for leg in best.legs]
    assert again.count_change is None


@pytest.mark.parametrize("values", [VALUES, {"ETH": 5_000.0}])
def test_a_link_keeps_the_counts_that_were_kept(values):
    plan = plan_of(values, rounding="optimal")
    best = assess(plan, MARKET)
    with_fills, lots = sold(plan, best, *(1 if leg.lots > 40 else 0 for leg in best.legs))
    original = assess(with_fills, MARKET)

    again = assess(with_fills, pinned_market(pin_of(original)))

    assert original.count_change.is_kept
    assert [leg.lots for leg in again.legs] == lots
    assert again.count_change.gain == pytest.approx(original.count_change.gain, abs=1e-6)


def test_a_little_bitcoin_in_a_young_bag_changes_no_beta_on_the_legs_that_are_held_and_the_plan_says_that_they_stay():
    market = SampleSource().snapshot()
    young = tuple(Holding(coin=coin, quantity=n) for coin, n in (("LAYR", 20_000), ("NOVX", 20_000), ("ARB", 10_000)))
    decisions = Decisions(risk_accepted=0.4, venue="Coinbase Derivatives", rounding="optimal")
    first = assess(HedgePlan(holdings=young, decisions=decisions), market)
    fills = tuple(fill(leg.contract, 1, price=leg.price) for leg in first.legs)
    plan = holding(first.plan, *fills)
    bitcoin = Holding(coin="BTC", quantity=400.0 / market.price("BTC"))

    before, after = assess(plan, market), assess(replace(plan, holdings=(*young, bitcoin)), market)

    assert "BTC" not in before.basket.proxies
    assert after.basket.proxies == before.basket.proxies
    assert np.abs(after.basket.betas[:3] - before.basket.betas).max() < 0.02
    (said,) = [notice.text for notice in after.notices if notice.code in ("legs_kept", "legs_changed")]
    assert said.startswith("Your legs stay ETH, SOL, ")


def test_counts_that_the_collateral_does_not_open_are_not_said_to_be_the_new_ones():
    plan = plan_of(VALUES, rounding="optimal")
    best = assess(plan, MARKET)
    cash = 0.5 * best.margin.initial

    with_fills, _ = sold(plan.with_decisions(collateral=cash), best, *(-(leg.lots // 2) for leg in best.legs))
    again = assess(with_fills, MARKET)

    assert [leg.lots for leg in again.legs] != [leg.lots for leg in best.legs]
    (said,) = [notice.text for notice in again.notices if notice.code in ("counts_changed", "counts_kept")]
    assert said.startswith("Without the limit of cash the counts ")
