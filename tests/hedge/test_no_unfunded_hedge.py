"""No view shows a hedge that the plan's collateral does not open.

Random plans, many with too little collateral: 65 in the suite, over 500 in `make long`. The views are the assessment
with what pages read from it, its JSON and text, the orders, a scenario, and the fills of the position as proposed.
Every tenth plan also goes through the workbook and the check of the position, and every fiftieth of the limited ones
through past crashes, the comparison of venues, the derivations, the report, the paths, the policies, the advice on
cash and the frontier. With HYPOTHESIS_PROFILE=exploring, and in `make long`, all plans and every fifth do.
"""

from __future__ import annotations

import json
import os
from dataclasses import replace
from datetime import UTC, datetime
from html import escape
from io import BytesIO

import numpy as np
import pytest
from openpyxl import load_workbook

from hedge_core.cli.text import assessment_text
from hedge_core.hedge.assessment import OPENED_IN_PART
from hedge_core.hedge.legs import ShortLeg
from hedge_core.hedge.margin import margin_requirement
from hedge_core.hedge.overnight import margin_by_time
from hedge_core.hedge.planner import assess
from hedge_core.hedge.squeeze import worst_squeeze
from hedge_core.hedge.venue_comparison import compare_venues
from hedge_core.monitoring.daily_check import check
from hedge_core.monitoring.execution import as_proposed
from hedge_core.plan.bag import Holding
from hedge_core.plan.plan import Decisions, HedgePlan
from hedge_core.reports.excel import workbook
from hedge_core.reports.html.page import report_html
from hedge_core.reports.json import assessment_document
from hedge_core.reports.orders import order_ticket
from hedge_core.reports.ticket.tickets import opening_ticket
from hedge_core.reports.why import derivations
from hedge_core.scenarios.run import run_scenario
from hedge_core.scenarios.shocks import Shock
from hedge_core.scenarios.stress import run_stress
from hedge_core.simulation.cash_advice import advise_cash, as_wanted
from hedge_core.simulation.frontier import hedge_frontier
from hedge_core.simulation.policy_comparison import compare_policies
from hedge_core.simulation.simulation import simulate
from tests.support.markets import PRICES, make_market
from tests.support.scale import SCALE, scaled

MARKET = make_market()
LOOKS_HARDER = os.environ.get("HYPOTHESIS_PROFILE") == "exploring" or SCALE > 1
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
        margin_mode=str(random.choice(["cross", "isolated"])),
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


@pytest.mark.long
def test_no_view_of_a_random_plan_shows_an_unfunded_hedge():
    limited, count = 0, scaled(65)
    for number, plan in enumerate(plans(count)):
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
        opened = {leg.contract.id: leg.lots for leg in view.traded_legs}
        figures_of_pages(view, cash)
        if LOOKS_HARDER or number % 10 == 0:
            workbook_shows(view, opened)
            position_shows(view, opened, cash)
        if view.is_limited and limited % (5 if LOOKS_HARDER else 50) == 0:
            slow_views(view, opened, cash)
        limited += view.is_limited
    assert limited > 0.3 * count


def figures_of_pages(view, cash):
    """What Size and Scenarios read of an assessment is of the legs that are opened."""
    assert [leg.contract_id for leg in view.costs.legs] == [leg.contract.id for leg in view.traded_legs]
    assert view.market_margin.margin is view.margin
    assert sum(alone.collateral for alone in view.margin.isolated()) <= cash
    assert len(view.market_margin.isolated()) == len(view.traded_legs)
    squeeze, by_time = worst_squeeze(view), margin_by_time(view)
    assert squeeze is None or squeeze.initial <= cash
    assert by_time is None or by_time.overnight <= cash
    assert as_wanted(view).margin.collateral is None or not view.is_limited


def workbook_shows(view, opened):
    sheet = load_workbook(BytesIO(workbook(view)))["Orders"]
    rows = [row for row in sheet.iter_rows(values_only=True) if row[0] in ("Sell short", "Buy")]
    expected = [(order.quantity, order.contract) for order in order_ticket(view)]
    assert [(row[1], row[2]) for row in rows] == [(pytest.approx(n), code) for n, code in expected]
    assert len(rows) == (0 if opening_ticket(view).refused else len(opened))


def position_shows(view, opened, cash):
    """The position that follows from the plan, and the check of it: equity opens the position and what it advises."""
    if not opened:
        return
    executed = assess(as_proposed(view, view.market.as_of), MARKET, view.evidence)
    report = check(executed, now=view.market.as_of)
    assert {p.contract.id: p.lots for p in report.state.open_positions} == opened
    assert report.state.margin.initial <= cash
    added = {trade.contract.id: trade.lots for trade in report.trades}
    after = [ShortLeg.of(leg.contract, leg.price, leg.contracts) for leg in view.traded_legs]
    after = [
        ShortLeg.of(leg.contract, leg.price, leg.instrument.direction * (leg.lots + added.get(leg.contract.id, 0)))
        for leg in after
    ]
    assert margin_requirement(after, None).initial <= max(report.state.equity, report.state.margin.initial) * (1 + 1e-9)


def slow_views(view, opened, cash):
    whole = tuple(replace(leg, wanted_contracts=leg.contracts) for leg in view.legs)
    assert [one.net_pnl for one in run_stress(view)] == [one.net_pnl for one in run_stress(replace(view, legs=whole))]
    for row in compare_venues(view).rows:
        assert row.assessment is None or row.assessment.margin.initial <= cash
    counts = [step for step in derivations(view) if step.name.startswith("Whole contracts")]
    assert [step.value for step in counts] == [float(leg.lots) for leg in view.legs]
    html = report_html(view, made_at=datetime(2026, 1, 31, tzinfo=UTC))
    assert "assume that it was funded" not in html
    for order in order_ticket(view):
        assert escape(order.sentence) in html or f"${order.notional:,.2f}" in html
    simulation = simulate(view, paths=50)
    assert simulation.initial_margin <= cash
    compared = compare_policies(view, paths=50)
    assert not any("assume that it was funded" in note for note in (*compared.notes, *simulation.notes))
    advice = advise_cash(view, paths=50)
    assert advice.stated.post <= cash
    full = assess(view.plan.with_decisions(risk_accepted=0.0), MARKET, view.evidence)
    legs = {leg.contract.id: leg for one in (full, view) for leg in one.legs}
    for point in hedge_frontier(view, ratios=(0.5, 1.0), paths=50).points:
        held = [replace(legs[name], contracts=legs[name].instrument.direction * n) for name, n in point.contracts]
        assert margin_requirement(held, None).initial <= cash


def test_an_underfunded_plan_equals_the_plan_of_what_it_can_open():
    for plan in plans(40):
        view = assess(plan, MARKET)
        if not view.is_limited or not view.traded_legs:
            continue
        whole = tuple(replace(leg, wanted_contracts=leg.contracts) for leg in view.legs)
        margin = margin_requirement(whole, plan.decisions.collateral, is_isolated=view.margin.is_isolated)
        funded = replace(view, legs=whole, margin=margin)

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
