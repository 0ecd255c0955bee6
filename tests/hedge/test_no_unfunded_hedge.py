"""No view shows a hedge that the plan's collateral does not open.

500 random plans, many with too little collateral. The views are the assessment, its JSON and text, the orders, the
fills of the position as proposed, and a scenario. Fewer plans go through the paths and the frontier.
"""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import pytest

from hedge_core.cli.text import assessment_text
from hedge_core.hedge.assessment import OPENED_IN_PART
from hedge_core.hedge.margin import margin_requirement
from hedge_core.hedge.planner import assess
from hedge_core.monitoring.execution import as_proposed
from hedge_core.plan.bag import Holding
from hedge_core.plan.plan import Decisions, HedgePlan
from hedge_core.reports.json import assessment_document
from hedge_core.reports.orders import order_ticket
from hedge_core.reports.ticket.tickets import opening_ticket
from hedge_core.scenarios.run import run_scenario
from hedge_core.scenarios.shocks import Shock
from hedge_core.simulation.frontier import hedge_frontier
from hedge_core.simulation.simulation import simulate
from tests.support.markets import PRICES, make_market

MARKET = make_market()
VENUES = ("Coinbase Derivatives", "CME", "Binance", "Gate", "Hyperliquid", "Deribit")


def random_plan(random):
    coins = random.choice(sorted(PRICES), int(random.integers(1, 6)), replace=False).tolist()
    worth = 10.0 ** random.uniform(2.5, 6.0)
    decisions = Decisions(
        risk_accepted=round(float(random.uniform(0.0, 0.9)), 2),
        rounding=str(random.choice(["nearest", "down", "up", "optimal"])),
        approach=str(random.choice(["recommended", "bag_level", "coin_by_coin"])),
        venue=str(random.choice(VENUES)),
        collateral=round(worth * 10.0 ** float(random.uniform(-3.0, 0.3)), 2),
        rally_to_survive=float(random.choice([0.0, 0.25, 0.6])),
        breach=None,
    )
    shares = random.dirichlet(np.ones(len(coins)))
    holdings = [
        Holding(coin=coin, quantity=float(share) * worth / PRICES[coin])
        for coin, share in zip(coins, shares, strict=True)
    ]
    return HedgePlan(holdings=tuple(holdings), decisions=decisions)


def plans(count):
    random = np.random.default_rng(26)
    return [random_plan(random) for _ in range(count)]


def test_no_view_of_500_plans_shows_an_unfunded_hedge():
    limited = 0
    for plan in plans(500):
        cash = plan.decisions.collateral * (1.0 + 1e-9)

        view = assess(plan, MARKET)

        assert margin_requirement(view.legs, None).initial <= cash
        assert view.margin.is_enough_to_open
        document = assessment_document(view)
        assert [leg["contracts"] for leg in document["legs"]] == [leg.lots for leg in view.legs]
        assert document["margin"]["initial"] <= cash
        assert len(order_ticket(view)) == len(view.traded_legs) or opening_ticket(view).refused
        assert all(order.sentence in assessment_text(view) for order in order_ticket(view))
        fills = as_proposed(view, datetime(2026, 1, 31, tzinfo=UTC)).execution.fills
        assert sorted(fill.contract for fill in fills) == sorted(leg.contract.id for leg in view.traded_legs)
        outcome = run_scenario(view, Shock(move=-0.2))
        assert "assume that it was funded" not in " ".join(outcome.notes)
        assert ("collateral_limits" in {notice.code for notice in view.notices}) == view.is_limited
        json.dumps(document)
        limited += view.is_limited
    assert limited > 150


def test_an_underfunded_plan_equals_the_plan_of_what_it_can_open():
    for plan in plans(40):
        view = assess(plan, MARKET)
        if not view.is_limited or not view.traded_legs:
            continue
        whole = tuple(replace(leg, wanted_contracts=leg.contracts) for leg in view.legs)
        funded = replace(view, legs=whole, margin=margin_requirement(whole, plan.decisions.collateral))

        mine, theirs = (run_scenario(one, Shock(move=0.35)) for one in (view, funded))

        assert not funded.is_limited
        assert replace(mine, notes=()) == replace(theirs, notes=())
        assert set(mine.notes) - set(theirs.notes) == {OPENED_IN_PART}


def test_paths_and_the_frontier_run_on_what_can_be_opened():
    done = 0
    for plan in plans(120):
        view = assess(plan, MARKET)
        if not view.is_limited or not view.traded_legs:
            continue
        cash = plan.decisions.collateral * (1.0 + 1e-9)

        assert simulate(view, paths=200).initial_margin <= cash
        frontier = hedge_frontier(view, ratios=(0.5, 1.0), paths=200)

        lots = {leg.contract.id: leg.lot_notional for leg in view.legs}
        for point in frontier.points:
            if all(name in lots for name, _ in point.contracts):
                legs = [leg for leg in view.legs if leg.contract.id in dict(point.contracts)]
                held = [replace(leg, contracts=-dict(point.contracts)[leg.contract.id]) for leg in legs]
                assert margin_requirement(held, None).initial <= cash
        done += 1
        if done == 8:
            break
    assert done == 8


@pytest.mark.parametrize("rounding", ["nearest", "optimal"])
def test_more_collateral_never_opens_a_worse_hedge(rounding):
    plan = HedgePlan(
        holdings=(Holding(coin="ETH", quantity=20.0), Holding(coin="SOL", quantity=200.0)),
        decisions=Decisions(rounding=rounding, rally_to_survive=0.25),
    )
    views = [assess(plan.with_decisions(collateral=cash), MARKET) for cash in (500.0, 2_000.0, 8_000.0, 80_000.0)]

    ratios = [view.achieved_hedge_ratio for view in views]

    assert ratios == sorted(ratios)
    assert not views[-1].is_limited
