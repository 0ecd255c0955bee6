"""Pledged coins that a plan keeps, on paths: as the what-if shows them, and lost where the venue fails.

By hand: $1,000 of LINK short on $100 of cash, and $400 of LINK pledged. LINK halves on day 1, on which the venue fails,
and doubles on day 2. The bag is back where it was; lost are the cash and the coins, which are worth $400 at the end.
"""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from hedge_core.hedge.margin import PledgedCoin
from hedge_core.hedge.planner import assess
from hedge_core.hedge.pledge import with_pledge
from hedge_core.plan.plan import Pledge
from hedge_core.simulation.account import ShortAccount, peak_factors
from hedge_core.simulation.cash_advice import advise_cash
from hedge_core.simulation.setup import path_model, prepare
from hedge_core.simulation.simulation import simulate
from hedge_core.simulation.volatility import todays_paths, with_peaks
from tests.simulation.test_account import book_of, margin_leg
from tests.simulation.test_simulation import hedged


def kept(pledges, **plan):
    plain = hedged(venue="OKX", **plan)
    return plain, assess(plain.plan.with_decisions(pledges=pledges), plain.market)


def test_a_plan_that_keeps_its_pledges_gives_the_paths_of_the_what_if_with_the_same_counts():
    plain, found = kept({"ETH": Pledge(share=0.5)}, collateral=1_500.0)
    assert [leg.lots for leg in found.legs] == [leg.lots for leg in plain.legs]
    mine, theirs = (simulate(one, paths=300, seed=2) for one in (found, with_pledge(plain, {"ETH": 0.5})))

    assert (mine.net_results == theirs.net_results).all()
    assert mine.closed == theirs.closed
    assert mine.cash_advised == theirs.cash_advised


def test_what_counts_for_nothing_gives_exactly_the_same_paths_and_advice():
    plain, found = kept({"ETH": Pledge(haircut=1.0)}, collateral=1_500.0)
    before, after = (simulate(one, paths=300, seed=2) for one in (plain, found))

    assert (before.net_results == after.net_results).all()
    assert all((before.fans[name] == after.fans[name]).all() for name in before.fans)
    assert advise_cash(plain, paths=200) == advise_cash(found, paths=200)


def test_less_cash_is_advised_beside_pledged_coins():
    plain, found = kept({"ETH": Pledge()}, collateral=1_500.0)
    without, backed = (advise_cash(one, paths=300) for one in (plain, found))

    assert backed.advised.post + backed.advised.reserve < without.advised.post + without.advised.reserve
    assert backed.stated.lived_through.value >= without.stated.lived_through.value


def test_a_failed_venue_takes_pledged_coins_by_hand():
    made = book_of([margin_leg(1_000.0)], 100.0)
    margin = dataclasses.replace(made.margin, pledged=(PledgedCoin("LINK", 400.0, 200.0),))
    made = dataclasses.replace(
        made,
        margin=margin,
        breach=made.breach.beside(1),
        peak=np.ones(1),
        side_cost=np.zeros(1),
        carry_a_day=np.zeros(1),
    )
    account = ShortAccount(made.beside(np.array([0]), np.ones(1)), 2)
    nothing = np.zeros((1, 1))

    account.step(1, np.full((2, 2), 0.5), nothing)
    account.lose(np.array([True, False]))
    assert account.pnl.tolist() == [pytest.approx(-100.0 - 200.0), pytest.approx(500.0)]
    account.trade(account.lots)
    account.step(2, np.ones((2, 2)), nothing)
    account.close()
    assert account.pnl.tolist() == [pytest.approx(-100.0 - 400.0), pytest.approx(0.0)]


def test_pledged_coins_count_at_the_low_of_the_day_at_todays_volatility_as_on_days_as_they_were():
    """The loss of the short counts at the high of the day, and the coins behind it at the low."""
    _, found = kept({"ETH": Pledge(share=0.5), "SOL": Pledge()}, collateral=1_500.0)
    setup = prepare(found)
    shorts = len(found.margin.legs)
    today = todays_paths(setup, path_model(setup)[0]).setup

    np.testing.assert_array_equal(with_peaks(setup.book, setup.panel).peak, setup.book.peak)
    highs = peak_factors(np.sqrt(today.panel.variances))[today.book.columns]
    assert len(highs) > shorts
    np.testing.assert_allclose(today.book.peak[:shorts], highs[:shorts])
    np.testing.assert_allclose(today.book.peak[shorts:], 1.0 / highs[shorts:])
    assert (today.book.peak[shorts:] < 1.0).all()
