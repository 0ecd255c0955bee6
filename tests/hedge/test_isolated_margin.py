"""Isolated margin: each leg is an account of its own, with a share of the collateral by its initial margin.

By hand: $2,000 of A and $1,000 of B, initial margin 20%, maintenance 10%, cash $1,200. The shares are $800 and $400.
If A rises by 25% and B by 40%:

- A loses 500 and keeps 300; its maintenance margin is 250, so its room is 50.
- B loses 400 and has nothing left for a margin of 140: room −140. B ends, A does not.
- In one account 300 is left for 250 + 140: it ends as a whole.

A rise of both by r is survived to r = (800 − 200)/2,200 = 27.3% by either, and by one account too, as the rates are
equal. For the rises above A needs 500 + 250 = 750 and B 400 + 140 = 540. B has a third, so 1,620 of cash is needed,
where one account needs 1,290; what is missing, given to B alone, is 140.
"""

from __future__ import annotations

import itertools
import random
from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest

from hedge_core import assess
from hedge_core.hedge.account import MarginLeg
from hedge_core.hedge.cash_limits import CashLimit, SurvivesApart, initial_use, rally_use
from hedge_core.hedge.margin import MarginRequirement
from hedge_core.hedge.optimum import best_counts
from hedge_core.market.contracts import MarginTier
from hedge_core.market.instruments import InversePerpetual, Perpetual
from hedge_core.monitoring.execution import as_proposed
from hedge_core.monitoring.position import position_state
from hedge_core.plan.bag import Holding
from hedge_core.plan.plan import Decisions, HedgePlan
from hedge_core.reports.json import assessment_document
from hedge_core.reports.ticket.tickets import opening_ticket
from hedge_core.reports.why import derivations
from hedge_core.scenarios.run import run_scenario
from hedge_core.scenarios.shocks import Shock
from hedge_core.simulation.simulation import simulate
from hedge_core.text import quantity
from tests.support.account_walker import WalkedLeg, Walker
from tests.support.markets import PRICES, make_market
from tests.support.scale import scaled

FLAT = (MarginTier(0.0, 0.2, 0.1),)
MARKET = make_market()


def leg(notional: float, tiers: tuple[MarginTier, ...] = FLAT, *, is_inverse: bool = False) -> MarginLeg:
    return MarginLeg(
        contract_id="A",
        underlying="ETH",
        price=1.0,
        notional=notional,
        tiers=tiers,
        instrument=InversePerpetual() if is_inverse else Perpetual(),
        is_exchange_traded=False,
    )


def requirement(*legs: MarginLeg, cash: float | None = 1_200.0, is_isolated: bool = True) -> MarginRequirement:
    return MarginRequirement(legs, cash, False, is_isolated)


def plan(**decisions: object) -> HedgePlan:
    holdings = tuple(Holding(coin=coin, quantity=10_000.0 / PRICES[coin]) for coin in ("ETH", "BTC", "SOL"))
    stated = {"venue": "Binance", "collateral": 9_000.0, "rally_to_survive": 0.25, "rounding": "optimal", **decisions}
    return HedgePlan(holdings=holdings, decisions=Decisions(breach=None, **stated))


def test_the_accounts_worked_by_hand():
    margin = requirement(leg(2_000.0), leg(1_000.0))

    assert [one.collateral for one in margin.accounts] == pytest.approx([800.0, 400.0])
    assert margin.room([0.25, 0.4]) == pytest.approx(-140.0)
    assert margin.rally_survived == pytest.approx(600 / 2_200)
    assert margin.rally_along([1.0, 1.6]) == pytest.approx(300 / 1_100 / 1.6)
    assert float(margin.collateral_needed(np.array([0.25, 0.4]))) == pytest.approx(1_620.0)
    assert margin.missing([0.25, 0.4]) == pytest.approx(140.0)


def test_one_account_for_all_is_as_it_was():
    shared = requirement(leg(2_000.0), leg(1_000.0), is_isolated=False)

    assert shared.accounts == (shared,)
    assert shared.room([0.25, 0.4]) == pytest.approx(300 - 250 - 140)
    assert float(shared.collateral_needed(np.array([0.25, 0.4]))) == pytest.approx(1_290.0)
    assert shared.missing([0.25, 0.4]) == pytest.approx(90.0)


def test_a_single_leg_is_the_same_in_both_modes():
    apart, shared = (requirement(leg(2_000.0), is_isolated=mode) for mode in (True, False))

    assert apart.rally_survived == shared.rally_survived
    assert apart.collateral_for(0.3) == shared.collateral_for(0.3)
    assert not apart.is_split


def test_isolated_accounts_never_survive_more_and_never_need_less():
    drawn = np.random.default_rng(3)
    for _ in range(60):
        legs = [leg(float(drawn.uniform(100, 9_000)), is_inverse=drawn.random() < 0.3) for _ in range(3)]
        moves = drawn.uniform(0.0, 0.8, 3)
        apart, shared = (requirement(*legs, cash=3_000.0, is_isolated=mode) for mode in (True, False))
        assert apart.collateral_needed(moves) >= shared.collateral_needed(moves) * (1 - 1e-12)
        assert apart.rally_along([1.0, 0.5, 1.5]) <= shared.rally_along([1.0, 0.5, 1.5]) + 1e-9
        enough = replace(apart, collateral=float(apart.collateral_needed(moves)))
        assert enough.room(moves) >= -1e-6


def fraction_tiers(tiers: tuple[MarginTier, ...]) -> list[tuple[Fraction, Fraction, Fraction]]:
    return [tuple(map(Fraction, (t.notional_from, t.initial_rate, t.maintenance_rate))) for t in tiers]


def survives(lots: tuple[int, ...], legs: list[WalkedLeg], moves: list[Fraction], cash: Fraction) -> bool:
    """In fractions and by the walker: each leg is funded, and with its share nothing is closed on the way."""
    held = [(replace(one, lots=n), move) for n, one, move in zip(lots, legs, moves, strict=True) if n]
    initial = [one.initial(one.notional(one.lots, Fraction(1))) for one, _ in held]
    if sum(initial, Fraction(0)) > cash:
        return False
    for (one, move), asked in zip(held, initial, strict=True):
        walker = Walker([one], cash * asked / sum(initial, Fraction(0)), "closed")
        level = [1 + move]
        if walker.run([(level, level)]).first_cut:
            return False
    return True


TABLES = (
    FLAT,
    (MarginTier(0.0, 0.125, 0.0625), MarginTier(2_000.0, 0.25, 0.125), MarginTier(6_000.0, 0.5, 0.25)),
    (MarginTier(0.0, 0.0625, 0.03125), MarginTier(3_000.0, 0.25, 0.1875)),
)


@pytest.mark.long
def test_the_best_counts_are_those_of_all_that_the_walker_survives():
    drawn, bound = random.Random(26), 0
    for _ in range(scaled(25)):
        m = drawn.choice((2, 2, 3))
        lots = [float(drawn.choice((250, 400, 600))) for _ in range(m)]
        tiers = [drawn.choice(TABLES) for _ in range(m)]
        moves = [Fraction(drawn.randint(8, 60), 128) for _ in range(m)]
        is_inverse = [drawn.random() < 0.2 for _ in range(m)]
        cash = Fraction(drawn.randint(300, 2_500))
        target = np.array([drawn.uniform(300, 4_500) for _ in range(m)])
        half = np.array([[drawn.gauss(0, 1) for _ in range(m)] for _ in range(m)])
        S = half @ half.T + 0.2 * np.eye(m)
        single = [leg(*row, is_inverse=inverse) for *row, inverse in zip(lots, tiers, is_inverse, strict=True)]
        uses = tuple(map(initial_use, single))
        rally = tuple(rally_use(one, float(move)) for one, move in zip(single, moves, strict=True))
        growth = tuple(float(move) if one else 0.0 for move, one in zip(moves, is_inverse, strict=True))
        apart = SurvivesApart(uses, rally, growth, float(cash))
        limits = (CashLimit(uses, float(cash)), CashLimit(uses, float(cash) / apart.least_ratio))

        best = best_counts(np.array(lots), target, S, limits=limits, accepts=apart)

        walked = [
            WalkedLeg(0, Fraction(lot), fraction_tiers(table), one)
            for lot, table, one in zip(lots, tiers, is_inverse, strict=True)
        ]
        counts = [range(int(4 * x / lot) + 3) for x, lot in zip(target, lots, strict=True)]
        values = {
            n: float((np.array(lots) * n - target) @ S @ (np.array(lots) * n - target))
            for n in itertools.product(*counts)
        }
        order = sorted(values, key=values.__getitem__)
        first = next(n for n in order if survives(n, walked, moves, cash))
        assert best.is_proven
        assert best.variance == pytest.approx(values[first], rel=1e-9, abs=1e-6)
        assert survives(best.lots, walked, moves, cash)
        bound += best.is_budget_binding
    assert bound >= 8


def test_a_plan_opens_only_what_survives_its_rally_leg_by_leg():
    shared, apart = (assess(plan(margin_mode=mode, collateral=3_000.0), MARKET) for mode in ("cross", "isolated"))

    assert shared.is_limited
    assert apart.market_rally_survived >= 0.25 - 1e-9
    assert min(apart.market_margin.isolated()) == pytest.approx(apart.market_rally_survived)
    assert apart.collateral_for(0.25) <= 3_000.0 * (1 + 1e-9)
    assert min(shared.market_margin.isolated()) < 0.25
    assert sum(apart.margin.collateral * apart.margin.shares) == pytest.approx(3_000.0)


def test_a_scenario_ends_one_position_and_leaves_the_others():
    """Only the contract that rises most is closed; in one account the others would have paid for it."""
    assessment = assess(plan(margin_mode="isolated"), MARKET)
    rally = assessment.market_rally_survived
    result = run_scenario(assessment, Shock(move=rally * 1.01, of="market"))

    first = assessment.margin.isolated()[assessment.market_margin.first_to_end]
    assert result.is_liquidated
    assert 0.0 < result.open_share < 1.0
    assert any(first.leg.contract_id in note for note in result.notes)
    assert not run_scenario(assessment, Shock(move=rally * 0.99, of="market")).is_liquidated


def test_the_views_say_that_margin_is_isolated():
    assessment = assess(plan(margin_mode="isolated"), MARKET)

    document = assessment_document(assessment)
    orders = opening_ticket(assessment).orders
    (survived,) = (one for one in derivations(assessment) if one.name == "Survives a rally of")
    assert document["margin"]["mode"] == "isolated"
    assert [order.own_collateral for order in orders] == pytest.approx(
        [one.collateral for one in sorted(assessment.margin.isolated(), key=lambda one: -one.leg.notional)]
    )
    assert all("Margin mode: isolated." in order.details[2] for order in orders)
    assert all(
        order.leverage * order.own_collateral >= order.notional * 0.999 for order in orders if order.own_collateral
    )
    assert survived.value == assessment.market_rally_survived
    assert "ends first" in survived.steps[0]
    assert "isolated_margin" in {notice.code for notice in assessment.notices}


def test_a_broker_has_one_account_for_all():
    assessment = assess(plan(margin_mode="isolated", venue="CME", collateral=30_000.0), MARKET)

    assert "isolated_at_broker" in {notice.code for notice in assessment.notices}


def test_what_the_venue_does_is_one_account():
    assert not assess(plan(margin_mode=None), MARKET).margin.is_isolated


def test_an_open_position_has_the_collateral_it_was_opened_with_and_its_own_profit():
    """Ether falls by half, Bitcoin rises by a fifth: what Ether gained does not support the short of Bitcoin."""
    opened = assess(plan(margin_mode="isolated"), MARKET)
    held = as_proposed(opened, MARKET.as_of)
    prices = {coin: price * {"ETH": 0.5, "BTC": 1.2}.get(coin, 1.0) for coin, price in PRICES.items()}
    state = position_state(assess(held.with_overrides(prices=prices), MARKET))

    shares = {one.leg.underlying: one.collateral for one in opened.margin.isolated()}
    own = dict(zip((one.underlying for one in state.margin.legs), state.margin.weights, strict=True))
    for position in state.open_positions:
        coin = position.contract.underlying
        gain = -position.coins * (position.entry_price - prices[coin])
        assert own[coin] == pytest.approx(shares[coin] + gain - position.fees)
    assert state.margin.rally_survived == pytest.approx(min(one.rally_survived for one in state.margin.isolated()))


def test_paths_of_isolated_positions_need_more_cash_and_end_more_often():
    shared, apart = (
        simulate(assess(plan(margin_mode=mode, rounding="nearest", rally_to_survive=0.0), MARKET), paths=400)
        for mode in ("cross", "isolated")
    )

    assert (shared.initial_margin, shared.bag) == (apart.initial_margin, apart.bag)
    assert apart.closed.value >= shared.closed.value
    assert apart.cash_advised.post + apart.cash_advised.reserve > shared.cash_advised.post + shared.cash_advised.reserve


def test_where_everything_in_an_account_is_closed_only_its_own_collateral_is_lost():
    assessment = assess(plan(margin_mode="isolated").with_decisions(breach="closed"), MARKET)
    move = assessment.market_rally_survived * 1.01
    result = run_scenario(assessment, Shock(move=move, of="market"))

    place = assessment.market_margin.first_to_end
    first = assessment.margin.isolated()[place]
    note = next(note for note in result.notes if "liquidated along the way" in note)
    leg = assessment.traded_legs[place]
    sold = quantity(leg.contract.quantity(leg.lots))  # in the units of the order form: coins, not lots
    assert note.startswith(f"Part of the short ({sold} of {sold} {leg.contract.id}) is liquidated")
    assert first.leg.contract_id in note
    moves = assessment.market_margin.betas * move
    others = sum(
        -leg.notional * rise
        for at, (leg, rise) in enumerate(zip(assessment.margin.legs, moves, strict=True))
        if at != place
    )
    assert result.hedge_pnl == pytest.approx(others - first.collateral)


# ------------------------------------------------------------------------------------------------ several venues


def test_the_accounts_of_two_venues_worked_by_hand():
    """$2,000 at X, $1,000 and $500 at Y, cash 1,400: 800 at X and 600 at Y, by the initial margin.

    Rises of 25%, 40% and 0: X loses 500 and keeps 300 for 250, room 50. Y loses 400 and keeps 200 for 140 + 50, room
    10. X needs 750 and has four sevenths of the cash, Y 590 and three sevenths: 750·7/4 = 1,312.50, 590·7/3 = 1,376.67.
    With a third rise of 20% Y lacks 110 − 10 = 100. One account would have 200 for 440.
    """
    legs = (leg(1_000.0), leg(2_000.0), leg(500.0))
    margin = MarginRequirement(legs, 1_400.0, False, venues=("Y", "X", "Y"))
    moves = [0.4, 0.25, 0.0]

    assert [(one.venues[0], one.collateral) for one in margin.accounts] == [("Y", 600.0), ("X", 800.0)]
    assert margin.room(moves) == pytest.approx(10.0)
    assert [one.room(part) for one, part in zip(margin.accounts, ([0.4, 0.0], [0.25]), strict=True)] == pytest.approx(
        [10.0, 50.0]
    )
    assert float(margin.collateral_needed(np.array(moves))) == pytest.approx(590.0 * 7.0 / 3.0)
    assert margin.missing([0.4, 0.25, 0.2]) == pytest.approx(100.0)
    assert margin.rally_survived == pytest.approx(min((800 - 200) / 2_200, (600 - 150) / 1_650))
    paths = np.array([moves, [0.0, 0.5, 0.0]])
    assert margin.collateral_needed(paths).tolist() == pytest.approx([590.0 * 7.0 / 3.0, (1_000 + 300) * 7.0 / 4.0])


def test_one_venue_is_one_account():
    legs = (leg(1_000.0), leg(2_000.0))
    apart, shared = (MarginRequirement(legs, 900.0, False, venues=venues) for venues in (("X", "X"), ()))

    assert not apart.is_split
    assert apart.room([0.2, 0.1]) == shared.room([0.2, 0.1])
