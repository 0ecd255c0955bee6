"""Cash advice: what to post, what to keep in reserve, and what these amounts come to on the paths."""

from __future__ import annotations

import pytest

from hedge_core.hedge.planner import assess
from hedge_core.hedge.squeeze import worst_squeeze
from hedge_core.monitoring.execution import as_proposed
from hedge_core.monitoring.filled import as_filled
from hedge_core.plan.bag import Holding
from hedge_core.plan.plan import CostAssumptions, Decisions, HedgePlan
from hedge_core.simulation import cash_advice
from hedge_core.simulation.account import Book
from hedge_core.simulation.cash_advice import advise_cash, as_wanted, rounded_up
from hedge_core.simulation.simulation import simulate
from tests.support.markets import PRICES, make_market

MARKET = make_market()


def plan(**decisions):
    stated = {"rounding": "nearest", "breach": None, "horizon_days": 20, "risk_accepted": 0.2, **decisions}
    holdings = (Holding(coin="ETH", quantity=30_000.0 / PRICES["ETH"]), Holding(coin="SOL", quantity=40.0))
    costs = CostAssumptions(cash_rate=0.04)
    return HedgePlan(holdings=holdings, decisions=Decisions(**stated)).with_overrides(costs=costs)


def advised(**decisions):
    return advise_cash(assess(plan(**decisions), MARKET), paths=2_000)


def test_the_advice_carries_the_short_through_about_95_percent_of_the_paths():
    advice = advised()

    assert advice.stated is None
    assert advice.advised.post >= advice.initial
    assert 0.94 <= advice.advised.lived_through.value <= 0.97
    assert advice.worst_30_days == worst_squeeze(assess(plan(), MARKET)).most_needed


@pytest.mark.parametrize(
    ("amount", "round_amount"), [(37.2, 38.0), (412.0, 420.0), (4_712.0, 4_800.0), (24_701.0, 24_800.0), (0.0, 0.0)]
)
def test_advised_amounts_are_rounded_up_in_proportion(amount, round_amount):
    assert rounded_up(amount) == round_amount


def test_the_amounts_to_write_into_a_plan_are_those_advised_in_round_numbers():
    advice = advised()
    post, reserve = advice.rounded.post, advice.rounded.reserve

    assert 0.0 <= post - advice.advised.post < 100.0
    assert 0.0 <= reserve - advice.advised.reserve < 100.0
    assert (post % 100.0, reserve % 100.0) == (0.0, 0.0)


def test_the_advice_is_for_the_counts_wanted_whatever_the_collateral_opens():
    free, tight, rich = advised(), advised(collateral=3_000.0), advised(collateral=80_000.0)

    assert assess(plan(collateral=3_000.0), MARKET).is_limited
    for other in (tight, rich):
        assert (other.initial, other.advised.post, other.advised.reserve) == pytest.approx(
            (free.initial, free.advised.post, free.advised.reserve)
        )
        assert other.worst_30_days == pytest.approx(free.worst_30_days)
    assert (tight.stated.post, rich.stated.post) == (3_000.0, 80_000.0)
    assert rich.stated.lived_through.value == 1.0
    assert simulate(assess(plan(collateral=3_000.0), MARKET), paths=2_000).cash_advised.post == tight.advised.post


@pytest.mark.parametrize(
    "decisions",
    [
        {"rounding": "optimal", "rally_to_survive": 0.25},
        {"rounding": "optimal", "rally_to_survive": 2.0},
        {"rounding": "optimal", "rally_to_survive": 1.0, "margin_mode": "isolated"},
        {"rounding": "nearest"},
    ],
)
def test_the_advised_cash_opens_the_whole_hedge_and_survives_the_rally_that_the_plan_asks_for(decisions):
    """What opens the hedge is found by trying: a dollar less than the least cash opens fewer contracts."""
    for stated in ({}, {"collateral": 2_000.0}):
        found = assess(plan(**decisions, **stated), MARKET)
        needed, post = found.cash_for_wanted, advise_cash(found, paths=500).advised.post
        opened, short = (assess(plan(**decisions, collateral=cash), MARKET) for cash in (needed + 0.01, needed - 1.0))

        assert (opened.is_limited, short.is_limited) == (False, True)
        assert post >= needed - 0.01
        assert assess(plan(**decisions, collateral=post), MARKET).market_rally_survived >= decisions.get(
            "rally_to_survive", 0.0
        )


def test_the_counts_wanted_are_shown_without_collateral_and_only_where_they_differ():
    limited, whole = assess(plan(collateral=3_000.0), MARKET), assess(plan(collateral=80_000.0), MARKET)

    wanted = as_wanted(limited)

    assert as_wanted(whole) is whole
    assert [leg.contracts for leg in wanted.legs] == [leg.wanted_contracts for leg in limited.legs]
    assert wanted.margin.collateral is None
    assert wanted.margin.initial == pytest.approx(limited.margin_wanted.initial)


def test_the_cost_of_the_cash_is_that_of_the_rate_over_the_horizon():
    """(4% of post and reserve) × 20 / 365; the venue pays no interest."""
    mine = advised().advised

    assert mine.cost == pytest.approx(0.04 * (mine.post + mine.reserve) * 20 / 365)
    assert f"This cash costs ${mine.cost:,.0f}" in advised().sentences[0]
    free = plan().with_overrides(costs=CostAssumptions())
    assert "cash costs" not in advise_cash(assess(free, MARKET), paths=200).sentences[0]


@pytest.mark.parametrize(
    ("venue", "is_limited", "why"),
    [("Coinbase Derivatives", True, "opens more contracts"), ("Binance", False, "stays open longer in a rally")],
)
def test_where_more_cash_makes_the_worst_paths_worse_the_advice_says_why(venue, is_limited, why):
    """If the paths lead up, the short loses, and with $3,000 less of it is open, or for less long."""
    up = assess(plan(collateral=3_000.0, venue=venue), MARKET)

    advice = advise_cash(up, paths=2_000, market_move=1.0)

    assert up.is_limited == is_limited
    worse = advice.advised.shortfall.value - advice.stated.shortfall.value
    assert worse > 0.0
    assert f"end ${worse:,.0f} lower on average: " in advice.sentences[-1]
    assert why in advice.sentences[-1]
    assert advice.rule.lower() in advice.sentences[-1]
    assert "lower on average" not in " ".join(advise_cash(up, paths=2_000, market_move=-0.3).sentences)


def test_a_plan_without_shorts_gets_no_advice():
    assert advised(risk_accepted=1.0) is None


@pytest.mark.parametrize("decisions", [{}, {"collateral": 3_000.0}, {"collateral": 80_000.0, "reserve": 5_000.0}])
def test_the_need_of_cash_is_followed_once_however_many_amounts_are_tried(decisions, monkeypatch):
    walks = []
    run, need = cash_advice.run_paths, cash_advice.cash_needed
    monkeypatch.setattr(
        cash_advice,
        "run_paths",
        lambda *given, **settings: walks.append(settings["follows_cash"]) or run(*given, **settings),
    )
    monkeypatch.setattr(
        cash_advice, "cash_needed", lambda *given, **settings: walks.append("need") or need(*given, **settings)
    )

    advised(**decisions)

    assert walks == ["need", False]


@pytest.mark.parametrize(
    "decisions",
    [
        {"collateral": 3_000.0},
        {"collateral": 9_000.0},
        {"collateral": 9_000.0, "reserve": 2_000.0, "breach": None},
        {"collateral": 9_000.0, "reserve": 2_000.0, "margin_mode": "isolated"},
        {"collateral": 6_000.0, "venue": "Binance", "breach": "reduced"},
        {"collateral": 9_000.0, "venue": "Binance", "breach": "by_position", "risk_accepted": 0.0},
    ],
)
def test_what_is_closed_by_force_is_the_same_told_by_the_need_of_cash_or_followed_day_by_day(decisions, monkeypatch):
    told = advised(**decisions)
    monkeypatch.setattr(Book, "is_told_by_need", False)

    followed = advised(**decisions)

    assert told == followed
    assert 0.0 < told.stated.lived_through.value < 1.0


def test_an_earlier_advice_with_other_collateral_saves_work_and_changes_nothing(monkeypatch):
    earlier = advised(collateral=20_000.0)
    fresh, free = advised(collateral=30_000.0), advised()
    monkeypatch.setattr(cash_advice, "cash_needed", None)

    later = advise_cash(assess(plan(collateral=30_000.0), MARKET), paths=2_000, earlier=earlier)

    assert later == fresh
    assert later.stated != earlier.stated
    assert advise_cash(assess(plan(), MARKET), paths=2_000, earlier=later) == free


@pytest.mark.parametrize(
    "other",
    [
        {"collateral": 3_000.0},
        {"reserve": 1_000.0},
        {"horizon_days": 21},
        {"risk_accepted": 0.3},
        {"breach": "reduced"},
    ],
)
def test_an_earlier_advice_is_not_used_where_it_rests_on_something_else(other):
    earlier = advised(collateral=20_000.0)

    later = advise_cash(assess(plan(**{"collateral": 20_000.0} | other), MARKET), paths=2_000, earlier=earlier)

    assert later == advised(**{"collateral": 20_000.0} | other)
    for settings in ({"seed": 5}, {"paths": 1_000}, {"market_move": 0.2}, {"kind": "fat_tails"}):
        settings = {"paths": 2_000} | settings
        same = assess(plan(collateral=20_000.0), MARKET)
        assert advise_cash(same, earlier=earlier, **settings) == advise_cash(same, **settings)


def test_with_the_advised_cash_the_hedge_survives_its_rally_once_it_is_filled_and_its_fees_are_paid():
    """A rally of 40%, which takes more than the first days of the paths: equity is what is posted less the fees."""
    wanted = plan(rounding="optimal", rally_to_survive=0.4)
    post = advise_cash(assess(wanted, MARKET), paths=500).advised.post

    filled = assess(as_proposed(assess(wanted.with_decisions(collateral=post), MARKET), MARKET.as_of), MARKET)

    held = as_filled(filled).assessment
    assert held.margin.collateral < post
    assert held.market_rally_survived >= 0.4
    assert held.market_rally_survived == pytest.approx(0.4, abs=0.005)
