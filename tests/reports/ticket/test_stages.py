"""Tickets of a hedge that is opened in stages, and what is left of them once some are filled.

By hand: 7 Ether at $2,000 on Coinbase Derivatives at a hedge ratio of one half are 35 lots of 0.1 ETH, in thirds 11, 12
and 12. The second stage follows a fall of 5%, at $1,900.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from hedge_core import Holding, assess
from hedge_core.documents.link.link import Shared, decode, encode
from hedge_core.documents.plan_file import plan_from_json, plan_to_json, read_plan
from hedge_core.market.snapshot import Quote
from hedge_core.monitoring.daily_check import check
from hedge_core.plan.plan import Decisions, HedgePlan, Overrides, new_costs
from hedge_core.plan.stages import Stages
from hedge_core.reports.html.page import report_html
from hedge_core.reports.ticket.filled import with_filled
from hedge_core.reports.ticket.stages import tickets_to_open, tickets_to_send
from tests.support.markets import make_market

MARKET = replace(make_market(seed=3, days=120), as_of=datetime(2026, 11, 2, 12, tzinfo=UTC), futures=())
THIRDS = Stages(parts=3)
FALLS = Stages(parts=3, rule="after_fall")


def plan(stages):
    return HedgePlan(
        holdings=(Holding(coin="ETH", quantity=7.0),),
        decisions=Decisions(venue="Coinbase Derivatives", stages=stages),
        overrides=Overrides(costs=new_costs(0.0)),
    )


def market_on(days, price=2_000.0):
    moment = MARKET.as_of + timedelta(days=days)
    return replace(MARKET, as_of=moment, quotes={**MARKET.quotes, "ETH": Quote(price, moment, "test")})


def first_filled(stages):
    """The plan with its first stage filled at its limit."""
    assessment = assess(plan(stages), market_on(0))
    return with_filled(assessment, tickets_to_open(assessment)[0].orders, MARKET.as_of)


def lots_of(tickets):
    return [[order.lots for order in ticket.orders] for ticket in tickets]


def test_thirds_by_date_each_with_its_ticket():
    tickets = tickets_to_open(assess(plan(THIRDS), market_on(0)))

    assert lots_of(tickets) == [[11], [12], [12]]
    assert [ticket.title for ticket in tickets] == [
        "Stage 1 of 3: now",
        "Stage 2 of 3: on 09 Nov 2026, at the prices of that day",
        "Stage 3 of 3: on 16 Nov 2026, at the prices of that day",
    ]


def test_thirds_by_falls_name_the_price():
    tickets = tickets_to_open(assess(plan(FALLS), market_on(0)))

    assert [ticket.title for ticket in tickets][1:] == [
        "Stage 2 of 3: when ETH has fallen 5.0% from today, to $1,900, at the prices of that day",
        "Stage 3 of 3: when ETH has fallen 9.8% from today, to $1,805, at the prices of that day",
    ]


def test_what_is_filled_is_not_printed_again_and_days_count_from_the_first_fill():
    filled = first_filled(THIRDS)

    on_time, late = (tickets_to_open(assess(filled, market_on(days))) for days in (1, 9))

    assert lots_of(on_time) == lots_of(late) == [[12], [12]]
    assert on_time[0].title == "Stage 2 of 3: on 09 Nov 2026, at the prices of that day"
    assert late[0].title == "Stage 2 of 3: now, it was due on 09 Nov 2026"


def test_a_fall_counts_from_the_first_fill():
    filled = first_filled(FALLS)

    before, after = (tickets_to_open(assess(filled, market_on(1, price))) for price in (1_990.0, 1_850.0))

    assert [fill.price for fill in filled.execution.fills] == [2_000.0]
    assert "has fallen 5.0% from the $2,000 of the first fill, to $1,900, at the prices" in before[0].title
    assert after[0].title.startswith("Stage 2 of 3: now, as ETH has fallen 5.0% from the")
    assert after[1].title.startswith("Stage 3 of 3: when ETH has fallen 9.8%")


def test_nothing_is_left_when_every_stage_is_filled():
    filled = first_filled(THIRDS)
    assessment = assess(filled, market_on(0))
    orders = [order for ticket in tickets_to_open(assessment) for order in ticket.orders]
    whole = with_filled(assessment, orders, MARKET.as_of)

    (ticket,) = tickets_to_open(assess(whole, market_on(0)))

    assert sum(fill.contracts for fill in whole.execution.fills) == 35
    assert (ticket.orders, ticket.refused) == ((), ("Every stage is filled.",))


def test_what_is_filled_is_not_sent_again_when_the_hedge_is_opened_in_one_go():
    """35 lots, 11 of which are filled: 24 are left, and the ticket says so."""
    at_once = replace(first_filled(THIRDS), decisions=plan(Stages()).decisions)
    assessment = assess(at_once, market_on(0))

    (ticket,) = tickets_to_send(assessment)

    assert (ticket.title, lots_of([ticket])) == ("Open the rest of the hedge", [[24]])
    assert ticket.notes[0].startswith("Your fills hold 11 of 35 lots of")

    whole = with_filled(assessment, ticket.orders, MARKET.as_of)
    (left,) = tickets_to_send(assess(whole, market_on(0)))
    assert (left.orders, left.refused) == ((), ("Your fills hold every lot of the plan.",))
    (fresh,) = tickets_to_send(assess(plan(Stages()), market_on(0)))
    assert (fresh.title, lots_of([fresh])) == ("Open the hedge", [[35]])


@pytest.mark.parametrize("stages", [THIRDS, FALLS, Stages(parts=12, rule="after_rise", days=3, move=0.02)])
def test_stages_survive_a_document_a_link_and_a_report(stages):
    before = plan(stages)
    page = report_html(assess(before, market_on(0)), made_at=MARKET.as_of)

    assert plan_from_json(plan_to_json(before)) == before
    assert decode(encode(Shared(plan=before))).plan == before
    assert read_plan(page) == before
    assert f"Stage {stages.parts} of {stages.parts}:" in page


@pytest.mark.parametrize(("stages", "severity"), [(THIRDS, "info"), (Stages(), "warning")])
def test_a_hedge_that_is_opened_in_stages_is_not_warned_to_be_too_small(stages, severity):
    """11 of 35 lots: in thirds that is the first stage, at once it is two thirds too little."""
    opened = first_filled(THIRDS)
    assessment = assess(opened.with_decisions(stages=stages), market_on(0))

    (alert,) = (one for one in check(assessment, now=MARKET.as_of).alerts if one.code == "drift")

    assert alert.severity == severity
    assert ("You open it in 3 stages" in alert.action) == (severity == "info")
