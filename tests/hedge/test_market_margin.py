"""Market margin.

By hand: $2,000 of A with beta 1.5 and $1,000 of B with beta 0.5, maintenance 10%, initial 20%, cash $1,000. If the
market rises by r, the loss is 3,000·r + 500·r = 3,500·r and the maintenance margin 300 + 350·r, so

    1,000 − 3,500·r = 300 + 350·r,   r = 700 / 3,850 = 0.1818

and a rally of 25% needs 875 + 387.50 = 1,262.50. If all coins rise alike, r = 700 / 3,300 = 0.2121.
"""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, strategies as st

from hedge_core.hedge.account import MarginLeg
from hedge_core.hedge.margin import MarginRequirement
from hedge_core.hedge.market_margin import MarketMargin, rally_text, survived_text
from hedge_core.hedge.planner import assess
from hedge_core.market.contracts import MarginTier
from hedge_core.market.instruments import InversePerpetual, Perpetual
from hedge_core.plan.bag import Holding
from hedge_core.plan.plan import Decisions, HedgePlan
from tests.support.account_walker import WalkedLeg
from tests.support.markets import PRICES, make_market

FLAT = ((0.0, 0.2, 0.1),)
TABLE = ((0.0, 0.1, 0.05), (4_000.0, 0.2, 0.1), (12_000.0, 0.5, 0.25))


def leg(notional, table=FLAT, *, is_inverse=False, price=100.0):
    return MarginLeg(
        contract_id="leg",
        underlying="ETH",
        price=price,
        notional=notional,
        tiers=tuple(MarginTier(*tier) for tier in table),
        instrument=InversePerpetual() if is_inverse else Perpetual(),
        is_exchange_traded=False,
    )


def account(legs, betas, cash):
    return MarketMargin(MarginRequirement(tuple(legs), cash, False), np.array(betas))


def worked(cash=1_000.0):
    return account([leg(2_000.0), leg(1_000.0, price=10.0)], [1.5, 0.5], cash)


def test_the_account_worked_by_hand():
    mine = worked()

    assert mine.rally_survived == pytest.approx(700 / 3_850)
    assert mine.collateral_for(0.25) == pytest.approx(1_262.5)
    assert mine.margin.rally_survived == pytest.approx(700 / 3_300)
    assert [mine.end_price(one) for one in mine.margin.legs] == pytest.approx(
        [100 * (1 + 1.5 * 700 / 3_850), 10 * (1 + 0.5 * 700 / 3_850)]
    )


def test_in_accounts_of_their_own_each_leg_ends_at_its_own_rally_of_the_market():
    """A has 2/3 of 1,000: 666.67 − 2,000·x = 200 + 200·x, x = 0.2121 = 1.5·r. B: the same x, and r = x / 0.5."""
    assert worked().isolated() == pytest.approx((466.667 / 2_200 / 1.5, 466.667 / 2_200 / 0.5), rel=1e-5)


def test_without_collateral_or_legs_there_is_no_rally():
    assert worked(cash=None).rally_survived is None
    assert account([], [], 100.0).rally_survived is None
    assert worked(cash=None).isolated() == ()


def test_a_coin_that_falls_when_the_market_rises_never_ends_the_account():
    mine = account([leg(1_000.0)], [-0.5], 200.0)

    assert mine.rally_survived == math.inf
    assert mine.isolated() == (math.inf,)
    assert mine.end_price(mine.margin.legs[0]) == math.inf


def test_raised_margins_bring_the_end_nearer():
    """Twice the margin: 1,000 − 3,500·r = 600 + 700·r."""
    assert worked().stressed(margin_rise=1.0).rally_survived == pytest.approx(400 / 4_200)


amounts = st.integers(100, 20_000)
some_legs = st.lists(
    st.tuples(amounts, st.sampled_from([FLAT, TABLE]), st.integers(-5, 30), st.booleans()), min_size=1, max_size=4
)


@given(some_legs, st.integers(1, 400))
def test_in_fractions_the_collateral_for_a_rally_is_used_up_exactly_by_it(rows, percent):
    """Independent: the loss and the margin by tiers, leg by leg, in fractions; at least the initial margin."""
    rally, used, initial, shares = Fraction(percent, 100), Fraction(0), Fraction(0), Fraction(0)
    for notional, table, tenths, is_inverse in rows:
        walked = WalkedLeg(1, Fraction(notional), [tuple(map(_exact, tier)) for tier in table], is_inverse)
        move = max(Fraction(tenths, 10) * rally, Fraction(-1))
        used += notional * move + walked.maintenance(walked.notional(1, 1 + move))
        own = walked.initial(Fraction(notional))
        initial += own
        shares += own * move if is_inverse else 0
    grown = 1 + shares / initial
    needed = max(used / grown, initial) if grown > 0 else initial
    mine = account(
        [leg(float(n), table, is_inverse=inverse) for n, table, _, inverse in rows],
        [tenths / 10 for _, _, tenths, _ in rows],
        None,
    )

    assert mine.collateral_for(float(rally)) == pytest.approx(float(needed), rel=1e-9)


def _exact(value):
    return Fraction(str(value))


@given(some_legs, st.integers(5, 300))
def test_the_rally_survived_with_the_collateral_for_a_rally_is_at_least_that_rally(rows, percent):
    linear = [(leg(float(n), table), tenths / 10) for n, table, tenths, _ in rows if tenths > 0]
    if not linear:
        return
    legs, betas = zip(*linear, strict=True)
    rally = percent / 100
    needed = account(legs, betas, None).collateral_for(rally)

    survived = account(legs, betas, needed).rally_survived

    assert survived >= rally * (1.0 - 1e-9)
    if needed > sum(one.initial for one in legs) * (1.0 + 1e-9):
        assert survived == pytest.approx(rally, rel=1e-6)


def test_an_assessment_has_both_figures_and_the_searched_counts_survive_the_rally_of_the_market():
    market = make_market()
    holdings = tuple(Holding(coin=coin, quantity=8_000.0 / PRICES[coin]) for coin in sorted(PRICES)[:5])
    decisions = Decisions(rounding="optimal", collateral=6_000.0, rally_to_survive=0.25, breach=None)

    view = assess(HedgePlan(holdings=holdings, decisions=decisions), market)

    betas = [view.market_betas.of(one.underlying) for one in view.margin.legs]
    assert view.traded_legs
    assert view.market_rally_survived >= 0.25
    assert view.market_rally_survived == pytest.approx(view.margin.rally_along(betas))
    assert view.collateral_for(0.25) <= 6_000.0 * (1 + 1e-9)
    assert view.collateral_for(0.4, of="proxy") == view.margin.collateral_for(0.4)


def test_the_loss_at_the_end_is_that_of_each_leg_at_its_own_rise():
    found = worked()
    expected = sum(
        leg.notional * beta * found.rally_survived
        for leg, beta in zip(found.margin.legs, found.betas.tolist(), strict=True)
    )
    assert found.loss_at_the_end == pytest.approx(expected)
    assert worked(cash=None).loss_at_the_end is None


@pytest.mark.parametrize(
    ("rally", "figure", "words"),
    [
        (0.24973, "24.9%", "a rise of 24.9%"),
        (0.25, "25.0%", "a rise of 25.0%"),
        (-0.1, "0.0%", "a rise of 0.0%"),
        (None, "–", "an unknown rise"),
        (math.nan, "–", "an unknown rise"),
        (math.inf, "any", "any rise"),
    ],
)
def test_what_is_survived_is_rounded_down_as_liquidation_levels_are(
    rally: float | None, figure: str, words: str
) -> None:
    assert (survived_text(rally), rally_text(rally)) == (figure, words)
