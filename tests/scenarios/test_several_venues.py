"""A plan with contracts at two venues: each has an account of its own, and does in a crash what it does.

Independent: two plans, one for each venue, each with its share of the collateral by the initial margin. What they
survive, lose and are deleveraged of is what the plan with both must show.
"""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from hedge_core.hedge.breach import Breach, Closed
from hedge_core.hedge.deleveraging import DeleveragingRule, deleveraging_rule
from hedge_core.hedge.margin import MarginRequirement
from hedge_core.hedge.planner import assess
from hedge_core.hedge.squeeze import worst_squeeze
from hedge_core.market.snapshot import PriceHistory
from hedge_core.plan.bag import Holding
from hedge_core.plan.dangers import Dangers
from hedge_core.plan.plan import CostAssumptions, Decisions, HedgePlan, Overrides
from hedge_core.reports.ticket.stages import tickets_to_open
from hedge_core.scenarios.crash import HOURS_TO_CLOSE, Crash
from hedge_core.scenarios.crash_days import crash_day
from hedge_core.scenarios.dangers import hurts_reading, what_hurts
from hedge_core.scenarios.halts import PRESETS, halt_of
from hedge_core.scenarios.run import run_scenario
from hedge_core.scenarios.shocks import Shock
from hedge_core.simulation.bag import BagOnPaths
from hedge_core.simulation.engine import run_paths
from hedge_core.simulation.hazards import Hazards
from hedge_core.simulation.paths import Given
from hedge_core.simulation.simulation import simulate
from hedge_core.text import usd
from tests.simulation.test_account import book_of, margin_leg
from tests.support.markets import make_market

MARKET = make_market(seed=4, futures=())
FREE = CostAssumptions(fee_rate=0.0, half_spread_rate=0.0, carry_rate=0.0, cash_rate=0.0)
CHOSEN = {"BTC": "OKX:BTC-USDT-SWAP", "ETH": "CME:MET"}
AMOUNTS = {"BTC": 1.0, "ETH": 20.0}
CASH = 60_000.0


def planned(coins=("BTC", "ETH"), collateral=CASH, venue="OKX", **changes):
    return assess(
        HedgePlan(
            holdings=tuple(Holding(coin=coin, quantity=AMOUNTS[coin]) for coin in coins),
            decisions=Decisions(venue=venue, risk_accepted=0.0, collateral=collateral, rounding="nearest"),
            overrides=Overrides(contract_choice={coin: CHOSEN[coin] for coin in coins}, costs=FREE, **changes),
        ),
        MARKET,
    )


def alone(**changes):
    """A plan for each venue, with its share of the collateral; its venue is the one of its contract."""
    both = planned()
    found = {}
    for coin, venue in (("BTC", "OKX"), ("ETH", "CME")):
        share = planned((coin,), None, venue).margin.initial / both.margin.initial
        found[coin] = planned((coin,), CASH * share, venue, **changes)
    assert [leg.lots for one in found.values() for leg in one.traded_legs] == [leg.lots for leg in both.traded_legs]
    return found


def test_each_venue_has_its_account_without_any_fill_and_that_is_said():
    both, apart = planned(), alone()

    assert both.margin.is_by_venue
    assert [one.collateral for one in both.margin.accounts] == [
        pytest.approx(one.margin.collateral) for one in apart.values()
    ]
    assert both.margin.rally_survived == pytest.approx(min(one.margin.rally_survived for one in apart.values()))
    assert both.market_rally_survived == pytest.approx(min(one.market_rally_survived for one in apart.values()))
    assert "several_accounts" in {notice.code for notice in both.notices}
    assert not planned(("BTC",)).margin.is_by_venue


@pytest.mark.parametrize("move", [-0.3, 0.2, 0.35, 0.6])
def test_a_rally_ends_one_account_and_leaves_the_other(move):
    both = run_scenario(planned(), Shock(move=move))
    apart = [run_scenario(one, Shock(move=move)) for one in alone().values()]

    assert both.hedge_pnl == pytest.approx(sum(one.hedge_pnl for one in apart), abs=0.01)
    assert both.is_liquidated == any(one.is_liquidated for one in apart)


def test_cash_that_opens_them_all_opens_each_and_no_more_is_asked():
    need = planned(collateral=None).margin.initial

    assert not planned(collateral=need + 0.01).is_limited
    assert planned(collateral=need - 100.0).is_limited


def test_only_the_venue_that_deleverages_does():
    both, apart = Crash(planned(), crash_day("2025-10-10")), alone()
    okx = Crash(apart["BTC"], crash_day("2025-10-10")).deleveraged(1.0)

    found = both.deleveraged(1.0)
    assert found.lots.tolist() == [okx.lots[0], 0.0]
    assert found.lots[0] > 0.0
    assert found.change == pytest.approx(okx.change)
    assert both.deleveraged().share == 0.2
    rule = deleveraging_rule(planned(venue="CME").plan, venues=("OKX", "CME"))
    assert (rule.share, rule.is_exposed) == (0.2, (True, False))
    assert deleveraging_rule(both.assessment.plan, venues=("CME", "Coinbase Derivatives")).share == 0.0


def test_a_halt_at_the_low_is_that_of_each_venue():
    both, apart = Crash(planned(), crash_day("2025-10-10")), alone()
    missed = sum(Crash(one, crash_day("2025-10-10")).missed_in_halt for one in apart.values())
    hours = {coin: Crash(one, crash_day("2025-10-10")).halt_hours for coin, one in apart.items()}

    assert hours["BTC"] != hours["ETH"]
    assert both.missed_in_halt == pytest.approx(missed)
    assert both.halt_hours == max(hours.values())
    stated = Crash(planned(dangers=Dangers(halt_hours=HOURS_TO_CLOSE)), crash_day("2025-10-10"))
    assert stated.missed_in_halt > both.missed_in_halt


def test_one_venue_is_shut_in_a_rally_and_the_other_trades():
    rally = Dangers(weekend_rally=0.6)
    both, apart = halt_of(planned(dangers=rally), PRESETS[2]), alone(dangers=rally)
    costs = {coin: halt_of(one, PRESETS[2]).cost for coin, one in apart.items()}

    assert max(costs.values()) > 0.5
    assert both.cost == pytest.approx(max(costs.values()), abs=0.01)
    worst = max(costs, key=lambda coin: costs[coin])
    mine = halt_of(apart[worst], PRESETS[2])
    assert (both.room, both.needed) == (pytest.approx(mine.room, abs=0.01), pytest.approx(mine.needed, abs=0.01))
    assert both.venue == {"BTC": "OKX", "ETH": "CME"}[worst]


def two_accounts(collateral):
    """Short $1,000 at each of A and B, in coins of their own."""
    return MarginRequirement((margin_leg(1_000.0), margin_leg(1_000.0)), collateral, False, venues=("A", "B"))


def test_what_the_accounts_need_at_different_times_is_added_up():
    """By hand: a rise of r needs 1,000·r and maintenance of 1,000·(1 + r)·m, at least to open; a coin at 0 is free."""
    margin = two_accounts(400.0)
    (leg,) = margin.accounts[0].legs
    m, to_open = leg.tiers[0].maintenance_rate, leg.initial
    path = np.array([[0.8, 0.1], [0.1, 0.8], [-3.0, -3.0]])
    risen = 800.0 + 1_800.0 * m

    assert margin.needed_in_all(path) == pytest.approx(2.0 * risen)
    calm = max(100.0 + 1_100.0 * m, to_open)
    expected = np.array([[risen, calm], [calm, risen], [to_open, to_open]])
    assert margin.needed_by_account(path) == pytest.approx(expected)
    assert margin.missing(path[0]) == pytest.approx(risen - 200.0 + max(calm - 200.0, 0.0))


def in_turns(collateral):
    """Two venues, and a history in which Bitcoin first doubles and comes back, and then Ether does."""
    days = MARKET.history.days[-41:]
    bump = np.concatenate([np.linspace(1.0, 2.0, 8), np.linspace(2.0, 1.0, 8)[1:]])
    closes = np.ones((41, 2))
    closes[8:23, 0], closes[23:38, 1] = bump, bump
    prices = [MARKET.price("BTC"), MARKET.price("ETH")]
    history = PriceHistory(days, ("BTC", "ETH"), closes * prices)
    both = planned(collateral=None)
    margin = dataclasses.replace(both.margin, collateral=collateral)
    return dataclasses.replace(both, margin=margin, market=dataclasses.replace(MARKET, history=history))


def test_a_squeeze_that_takes_the_venues_in_turns_needs_the_cash_of_both():
    open_ended = in_turns(None)
    apart = [float(one.account.needed(np.array([1.0]))) for one in open_ended.margin.accounts]
    found = worst_squeeze(open_ended)
    need = sum(apart)

    assert found.most_needed == pytest.approx(need)
    assert found.most_needed > 1.2 * found.needed.max()
    assert f"the accounts would have needed {usd(need)} in all" in found.sentence

    shares = open_ended.margin.group_shares
    each_enough = max(one / share for one, share in zip(apart, shares, strict=True))
    assert each_enough > need * 1.001
    misplaced = worst_squeeze(in_turns((need + each_enough) / 2.0))
    assert misplaced.is_survived is False
    assert "would not have been enough where it lies: " in misplaced.sentence
    assert worst_squeeze(in_turns(each_enough + 1.0)).sentence.endswith("would have been enough.")
    little = worst_squeeze(in_turns(need * 0.9)).sentence
    assert "would not have been enough: " in little


def test_what_hurts_names_no_venue_for_all_of_them():
    both = planned()

    assert "as at" not in hurts_reading(both, what_hurts(both))
    assert {one.key for one in what_hurts(both)} >= {"deleveraging", "venue_loss", "halt"}


def test_on_paths_one_venue_fails_and_the_other_goes_on():
    """Short $1,000 at each of A and B on $400; A fails on the first day, after a fall of 10%; B gains $190 in two."""
    margin = MarginRequirement((margin_leg(1_000.0), margin_leg(1_000.0)), 400.0, False, venues=("A", "B"))
    book = dataclasses.replace(
        book_of(margin.legs, 400.0), margin=margin, breach=Breach(Closed(), np.full(2, 0.01), 0.0, (Closed(), Closed()))
    )
    columns = np.arange(2, dtype=np.intp)
    hazards = Hazards(
        rule=DeleveragingRule(0.0, Dangers()),
        loss_chances=(1.0, 0.0),
        basis_noise=0.0,
        leg_coins=("LINK", "DOT"),
        columns=columns,
        legs=2,
        altcoins=columns,
        proxies=columns,
        venues=("A", "B"),
    )
    bag = BagOnPaths(np.array([1_000.0]), columns[:1], np.ones(1))
    days = Given(("LINK", "DOT"), np.full((2, 2), -0.1))

    found = run_paths(days, bag, book, horizon=2, paths=3, hazards=hazards).hedge
    assert found.hedge.tolist() == [pytest.approx(-200.0 + 190.0)] * 3
    assert found.lost_on.tolist() == [1.0] * 3
    assert simulate(planned(), paths=50, seed=1, with_hazards=True).lost is not None


def test_the_ticket_says_how_much_lies_where():
    both = planned()
    okx, cme = (one.collateral for one in both.margin.accounts)

    (note, *_) = tickets_to_open(both)[0].notes
    assert f"collateral where it belongs: ${okx:,.0f} of it at OKX and ${cme:,.0f} of it at CME" in note
