"""Coins that a plan has as margin: what they count for, what they open, and that nothing pledged is exactly as before.

By hand at Bybit, with 25 Bitcoin at $60,000 held (its published steps: 0.98 of the first 10 coins, 0.95 of the next 10,
0.90 of the next 10): all of them count for (9.8 + 9.5 + 4.5)·60,000 = $1,428,000, and 40% of them, 10 Bitcoin, for
9.8·60,000 = $588,000.

What they open, by hand: 300 lots of AVAX at $30 with margin rates of 5%, and no cash. One tenth of the coins, $900 of
which OKX counts 90%, is $810 and opens 810 / (0.05·30) = 540 lots. To survive a rise of AVAX by 100% a lot needs a loss
of 30 and 0.05·60 of margin, 33 together, while the pledged coins count for 1,620: 49 lots.
"""

from __future__ import annotations

import itertools
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import example, given, settings, strategies as st

from hedge_core.documents.link.hidden_amounts import stripped
from hedge_core.documents.link.pin import pinned_market
from hedge_core.documents.link.pinning import pin_of
from hedge_core.errors import InvalidPlan
from hedge_core.hedge.margin import PledgedCoin, margin_requirement
from hedge_core.hedge.openable import Cash
from hedge_core.hedge.planner import assess
from hedge_core.market.contracts import CustomContract, MarginTier
from hedge_core.plan.bag import Holding
from hedge_core.plan.plan import CostAssumptions, Decisions, HedgePlan, Overrides, Pledge
from hedge_core.scenarios.run import run_scenario
from hedge_core.scenarios.shocks import Shock
from hedge_core.scenarios.stress import run_stress
from tests.hedge.test_openable import leg_of
from tests.support.markets import make_market
from tests.support.scale import scaled

MARKET = make_market(seed=4)
FREE = CostAssumptions(fee_rate=0.0, half_spread_rate=0.0, carry_rate=0.0)
AVAX = CustomContract(code="AVAX-ONE", underlying="AVAX", coins=1.0, maintenance_margin_rate=0.05)


def planned(pledges=None, *, collateral=1_000.0, venue="OKX", rally=0.0, rounding="optimal", **decisions):
    return HedgePlan(
        holdings=(Holding(coin="AVAX", quantity=300.0), Holding(coin="LINK", quantity=100.0)),
        decisions=Decisions(
            risk_accepted=0.0,
            venue=venue,
            collateral=collateral,
            rally_to_survive=rally,
            rounding=rounding,
            pledges=pledges or {},
            **decisions,
        ),
        overrides=Overrides(contracts=(AVAX,), costs=FREE),
    )


def figures(found):
    """The figures of an assessment that margin decides."""
    return (
        [(leg.contract.id, leg.contracts, leg.wanted_contracts) for leg in found.legs],
        (found.margin.rally_survived, found.market_rally_survived, found.margin.leverage, found.margin.initial),
        [found.collateral_for(rally) for rally in (0.0, 0.25, 1.0)],
        [run_scenario(found, Shock(move=move, of="market")) for move in (-0.5, 0.02, 0.3, 1.0)],
        [(one.net_pnl, one.is_closed) for one in run_stress(found)],
        found.notices,
    )


def test_the_venues_published_steps_count_for_a_share_of_the_coins_by_hand():
    def counted(share):
        plan = HedgePlan(
            holdings=(Holding(coin="BTC", quantity=25.0),),
            decisions=Decisions(venue="Bybit", pledges={"btc": Pledge(share=share)}),
        )
        (one,) = assess(plan, MARKET).margin.pledged
        return one

    assert counted(1.0).counted == pytest.approx(1_428_000.0)
    assert counted(1.0).value == pytest.approx(1_500_000.0)
    assert counted(0.4).counted == pytest.approx(588_000.0)
    assert "collateral value ratios" in counted(0.4).source


@pytest.mark.parametrize(
    "pledges",
    [{"AVAX": Pledge(share=0.0)}, {"AVAX": Pledge(haircut=1.0), "LINK": Pledge(share=0.3, haircut=1.0)}],
    ids=["share 0", "haircut 100%"],
)
@pytest.mark.parametrize("rounding", ["optimal", "nearest"])
def test_what_counts_for_nothing_gives_exactly_the_figures_without(pledges, rounding):
    *without, notices = figures(assess(planned(rounding=rounding, rally=0.25), MARKET))
    *found, more = figures(assess(planned(pledges, rounding=rounding, rally=0.25), MARKET))

    assert found == without
    assert [one for one in more if one.code != "pledge_idle"] == list(notices)


def test_pledged_coins_open_the_lots_of_the_hand_calculation():
    leg = leg_of(30.0, 1_000.0, (MarginTier(0.0, 0.05, 0.05),))
    pledged = (PledgedCoin("ETH", 900.0, 810.0),)

    (opened,), _ = Cash(0.0, pledged=pledged, pledged_moves=np.zeros(1)).best([leg], np.eye(1))
    assert opened.lots == 540
    (opened,), _ = Cash(0.0, np.array([1.0]), pledged=pledged, pledged_moves=np.ones(1)).best([leg], np.eye(1))
    assert opened.lots == 49
    assert Cash(0.0, np.array([1.0])).best([leg], np.eye(1))[0][0].lots == 0


def test_a_plan_without_cash_opens_what_its_coins_back_and_survives_what_it_must():
    found = assess(planned({"AVAX": Pledge(share=0.1)}, collateral=0.0, rally=0.25), MARKET)
    more = assess(planned({"AVAX": Pledge(share=0.5)}, collateral=0.0, rally=0.25), MARKET)
    without = assess(planned(collateral=0.0, rally=0.25), MARKET)

    assert without.traded_legs == ()
    assert 0 < found.traded_legs[0].lots < more.traded_legs[0].lots
    assert found.market_rally_survived >= 0.25
    beta = found.market_betas.of("AVAX")
    one_more, moved = 30.0 * (found.legs[0].lots + 1), 0.25 * beta
    assert 810.0 * (1.0 + moved) < one_more * moved + 0.05 * one_more * (1.0 + moved)


@given(
    st.lists(st.floats(0.02, 0.6), min_size=2, max_size=2),
    st.floats(0.0, 4_000.0),
    st.floats(0.0, 6_000.0),
    st.floats(-0.4, 1.5),
    st.booleans(),
)
@settings(max_examples=scaled(25), deadline=None)
def test_the_counts_that_pledged_coins_open_are_the_best_of_all_that_fit(rises, cash, counted, pledged_move, inverse):
    """Against every pair of counts, with what the account needs written out; the second leg is inverse or linear."""
    legs = [leg_of(300.0, 5.0, TIERS), leg_of(500.0, 4.0, TIERS, is_inverse=inverse)]
    one = Cash(
        cash,
        np.array(rises),
        pledged=(PledgedCoin("SOL", 2.0 * counted, counted),),
        pledged_moves=np.array([pledged_move]),
    )
    S = np.array([[1.0, 0.6], [0.6, 1.0]])
    found, _ = one.best(legs, S)

    lots, target = np.array([300.0, 500.0]), np.array([1_500.0, 2_000.0])

    def miss(counts):
        gap = np.array(counts) * lots - target
        return float(gap @ S @ gap)

    def fits(counts):
        held = [n * lot for n, lot in zip(counts, lots, strict=True)]
        asked = [initial(N) for N in held]
        if sum(asked) > cash + counted:
            return False
        grown = [N if is_inverse else N * (1.0 + r) for N, r, is_inverse in zip(held, rises, (0, inverse), strict=True)]
        lost = sum(N * r for N, r in zip(held, rises, strict=True)) + sum(map(kept, grown))
        in_coin = asked[1] / sum(asked) if inverse and sum(asked) else 0.0
        return lost <= cash * (1.0 + in_coin * rises[1]) + counted * (1.0 + pledged_move) + 1e-9

    best = min((c for c in itertools.product(range(9), range(8)) if fits(c)), key=miss)
    assert miss([leg.lots for leg in found]) == pytest.approx(miss(best))
    assert fits([leg.lots for leg in found])


TIERS = (MarginTier(0.0, 0.1, 0.05), MarginTier(1_000.0, 0.2, 0.1))


def initial(notional):
    return max((0.2 if notional >= 1_000.0 else 0.1) * notional, kept(notional))


def kept(notional):
    return 0.05 * min(notional, 1_000.0) + 0.1 * max(notional - 1_000.0, 0.0)


@given(st.floats(0.0, 5_000.0), st.floats(0.0, 1.0), st.sampled_from(["AVAX", "LINK"]), st.floats(0.0, 1.0))
@example(72.0, 0.0015, "AVAX", 0.0)
@settings(max_examples=scaled(10), deadline=None)
def test_pledging_never_lowers_the_common_rally_survived_or_worsens_the_hedge_opened(cash, share, coin, haircut):
    """In the example 6 lots of AVAX hedge more than 4 of AVAX and 4 of LINK, so it is not the lots that count."""
    plain = assess(planned(collateral=cash, rally=0.25), MARKET)
    backed = assess(planned({coin: Pledge(share=share, haircut=haircut)}, collateral=cash, rally=0.25), MARKET)

    assert backed.optimum.variance <= plain.optimum.variance * (1.0 + 1e-9)
    same = replace(backed.margin, pledged=())
    if same.rally_survived is not None:
        assert backed.margin.rally_survived >= same.rally_survived
        assert backed.collateral_for(0.5) <= replace(backed, margin=same).collateral_for(0.5) + 1e-9


def test_a_pledged_coin_moves_with_the_market_as_it_does_in_scenarios():
    """The rise that the account survives, and a scenario just short of it and just beyond, agree to a basis point."""
    found = assess(planned({"LINK": Pledge()}, collateral=500.0, rounding="nearest"), MARKET)
    rally = found.market_rally_survived

    assert 0.0 < rally < 1.0
    assert not run_scenario(found, Shock(move=rally - 1e-4, of="market")).is_liquidated
    assert run_scenario(found, Shock(move=rally + 1e-4, of="market")).is_liquidated


def test_what_counts_for_nothing_is_said_and_why():
    def said(pledges=None, **plan):
        found = assess(planned(pledges or {"AVAX": Pledge()}, **plan), MARKET)
        assert found.margin.pledged == ()
        (notice,) = [one for one in found.notices if one.code == "pledge_idle"]
        assert notice.severity == "warning"
        return notice.text

    assert "CME takes no coins" in said(venue="CME")
    assert "isolated" in said(margin_mode="isolated")
    assert "SOL is none of them" in said({"SOL": Pledge()})
    assert "haircut is 100%" in said({"AVAX": Pledge(haircut=1.0)})


def test_an_assumed_haircut_and_missing_cash_are_said():
    codes = {one.code for one in assess(planned({"LINK": Pledge()}, collateral=None), MARKET).notices}
    sure = {one.code for one in assess(planned({"LINK": Pledge(haircut=0.3)}), MARKET).notices}

    assert {"haircut_assumed", "pledge_without_cash"} <= codes
    assert not {"haircut_assumed", "pledge_without_cash", "pledge_idle"} & sure


def test_a_venue_that_takes_no_coins_counts_them_once_the_user_says_so():
    found = assess(planned({"AVAX": Pledge(share=0.5, haircut=0.25)}, venue="CME"), MARKET)

    (one,) = found.margin.pledged
    assert (one.counted, one.source) == (pytest.approx(0.75 * 4_500.0), "as you stated it")


def test_a_figure_out_of_range_and_a_coin_twice_are_refused():
    with pytest.raises(InvalidPlan, match="share"):
        Pledge(share=1.5)
    with pytest.raises(InvalidPlan, match="haircut"):
        Pledge(haircut=-0.1)
    with pytest.raises(InvalidPlan, match="listed twice"):
        Decisions(pledges={"AVAX": Pledge(), "avax": Pledge()})


def test_a_link_keeps_what_the_coins_counted_for_and_hidden_amounts_drop_them():
    plan = planned({"LINK": Pledge(share=0.5), "AVAX": Pledge(share=0.05)}, collateral=300.0, rally=0.25)
    found = assess(plan, MARKET)
    again = assess(plan, pinned_market(pin_of(found)))

    assert [leg.contracts for leg in again.legs] == [leg.contracts for leg in found.legs]
    assert again.margin.pledged_value == pytest.approx(found.margin.pledged_value, rel=1e-5)
    assert again.market_rally_survived == pytest.approx(found.market_rally_survived, rel=1e-4)
    assert stripped(plan).decisions.pledges == {}


def test_an_inverse_contract_and_pledged_coins_share_one_account_by_hand():
    """1 lot of $1,000 of inverse ETH at a rate of 10%, $100 of cash in Ether, $500 of LINK that counts for 250.

    ETH rises by r, LINK stays: 100·(1 + r) + 250 − 1,000·r − 100 is zero at r = 250 / 900.
    """
    tiers = (MarginTier(0.0, 0.1, 0.1),)
    leg = replace(leg_of(1_000.0, 1.0, tiers, is_inverse=True), contracts=-1)
    margin = margin_requirement([leg], 100.0, pledged=(PledgedCoin("LINK", 500.0, 250.0),))

    assert margin.coins == ("ETH", "LINK")
    assert margin.room([250.0 / 900.0, 0.0]) == pytest.approx(0.0, abs=1e-9)
    assert margin.rally_along([1.0, 0.0]) == pytest.approx(250.0 / 900.0)
    assert margin.collateral_needed(np.array([250.0 / 900.0, 0.0])) == pytest.approx(100.0)
