"""Margin: the rally that ends a short.

By hand, linear: short 1 ETH at 2,000 with leverage 2, so W = 1,000, and maintenance 1%. The equity at price P is
1,000 + 2,000 − P, the maintenance 0.01·P; they meet at 3,000 / 1.01 = 2,970.30, which is a rally of 48.5%.

By hand, inverse: face $2,000 at 2,000 is 1 coin; W = 0.5 coin. At P the short has lost 1 − 2,000/P coins; equity
0.5 − 1 + 2,000/P meets 0.01·2,000/P at 0.99·2,000/0.5 = 3,960.
"""

from __future__ import annotations

import dataclasses
import math

import pytest
from hypothesis import assume, given, strategies as st

from hedge_core.errors import InvalidInput
from hedge_core.hedge.margin import margin_leg, margin_requirement
from hedge_core.hedge.sizing import size_leg
from hedge_core.market.contracts import Contract, CustomContract, MarginTier, catalogue
from hedge_core.market.instruments import ASSUMED_MARGIN_RATE
from tests.support.liquidation_prices import (
    short_liquidation_price,
    short_liquidation_price_inverse,
    tiered_liquidation_price,
)
from tests.support.strategies import amounts


def leg_of(contract: Contract, notional: float, price: float = 2_000.0):
    return size_leg(contract, price=price, target=notional, ideal=notional, rounding="nearest")


def own_contract(rate: float) -> Contract:
    return CustomContract(code="MICRO", underlying="ETH", coins=0.1, maintenance_margin_rate=rate).contract()


def test_the_linear_short_worked_by_hand():
    price = short_liquidation_price(quantity=1, entry_price=2_000, collateral=1_000, maintenance_rate=0.01)

    assert price == pytest.approx(2_970.30, abs=0.005)


def test_the_inverse_short_worked_by_hand():
    price = short_liquidation_price_inverse(face=2_000, entry_price=2_000, collateral=0.5, maintenance_rate=0.01)

    assert price == pytest.approx(3_960.0)


def test_half_the_notional_survives_a_rally_of_48_5_percent_at_one_percent_maintenance():
    margin = margin_requirement([leg_of(own_contract(0.01), 12_600)], collateral=6_300)

    assert margin.notional == pytest.approx(12_600)
    assert margin.rally_survived == pytest.approx(0.485149, abs=1e-6)
    assert margin.leverage == pytest.approx(2.0)


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ({"close_fee_rate": 0.001}, 3_000 / 1.011),
        ({"deduction": 50.0}, 3_050 / 1.01),
        ({"quantity": 10, "collateral": 10_000}, 3_000 / 1.01),
        ({"collateral": 0.0}, 2_000 / 1.01),
        ({"maintenance_rate": 0.0}, 3_000),
    ],
)
def test_fee_deduction_and_size_enter_the_linear_price_as_they_should(more, expected):
    inputs = {"quantity": 1, "entry_price": 2_000, "collateral": 1_000, "maintenance_rate": 0.01, **more}

    assert short_liquidation_price(**inputs) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("collateral", "expected"), [(1.0, math.inf), (1.2, math.inf), (0.0, 1_980), (0.75, 7_920), (0.5, 3_960)]
)
def test_an_inverse_short_that_is_covered_in_coin_is_never_liquidated(collateral, expected):
    price = short_liquidation_price_inverse(face=2_000, entry_price=2_000, collateral=collateral, maintenance_rate=0.01)

    assert price == pytest.approx(expected)


def test_a_deduction_moves_the_inverse_price_like_collateral():
    """0.5 coin and a deduction of 0.1 meet at 0.99·2,000/0.4."""
    price = short_liquidation_price_inverse(
        face=2_000, entry_price=2_000, collateral=0.5, maintenance_rate=0.005, close_fee_rate=0.005, deduction=0.1
    )

    assert price == pytest.approx(4_950)


@pytest.mark.parametrize(("quantity", "entry_price"), [(0, 2_000), (-1, 2_000), (1, 0), (1, -5)])
def test_a_short_of_nothing_or_at_no_price_is_refused(quantity, entry_price):
    with pytest.raises(InvalidInput):
        short_liquidation_price(quantity=quantity, entry_price=entry_price, collateral=1, maintenance_rate=0.01)
    with pytest.raises(InvalidInput):
        short_liquidation_price_inverse(face=quantity, entry_price=entry_price, collateral=1, maintenance_rate=0.01)


positions = st.fixed_dictionaries(
    {
        "quantity": amounts(1e-3, 1e4),
        "entry_price": amounts(1e-2, 1e5),
        "maintenance_rate": amounts(0.001, 0.5),
        "close_fee_rate": amounts(0.0, 0.01),
    }
)


@given(positions, amounts(0.0, 2.0), amounts(0.0, 0.01))
def test_at_the_liquidation_price_the_equity_is_exactly_the_maintenance(position, cover, deducted):
    q, entry = position["quantity"], position["entry_price"]
    collateral, deduction = cover * q * entry, deducted * q * entry

    price = short_liquidation_price(**position, collateral=collateral, deduction=deduction)

    equity = collateral - q * (price - entry)
    maintenance = q * price * (position["maintenance_rate"] + position["close_fee_rate"]) - deduction
    assert equity == pytest.approx(maintenance, rel=1e-9, abs=1e-9 * q * entry)


@given(positions, amounts(0.0, 2.0))
def test_at_the_inverse_liquidation_price_the_equity_in_coin_is_exactly_the_maintenance(position, cover):
    face, entry = position["quantity"], position["entry_price"]
    collateral = cover * face / entry
    rates = position["maintenance_rate"] + position["close_fee_rate"]

    price = short_liquidation_price_inverse(
        face=face,
        entry_price=entry,
        collateral=collateral,
        maintenance_rate=position["maintenance_rate"],
        close_fee_rate=position["close_fee_rate"],
    )

    if price == math.inf:
        # Whatever the price, the coins posted are worth more than the loss in coin.
        assert collateral >= face / entry
        return
    equity = collateral + face * (1 / price - 1 / entry)
    assert equity == pytest.approx(rates * face / price, rel=1e-9, abs=1e-9 * face / entry)


@given(positions, amounts(0.05, 1.0))
def test_a_search_over_prices_finds_the_same_liquidation_price(position, cover):
    q, entry = position["quantity"], position["entry_price"]
    collateral = cover * q * entry
    rate = position["maintenance_rate"] + position["close_fee_rate"]

    low, high = 0.0, 10 * entry
    for _ in range(200):
        middle = (low + high) / 2
        alive = collateral - q * (middle - entry) > rate * q * middle
        low, high = (middle, high) if alive else (low, middle)

    assert short_liquidation_price(**position, collateral=collateral) == pytest.approx(low, rel=1e-9)


@given(positions, amounts(0.0, 1.0), amounts(0.0, 1.0))
def test_more_collateral_never_survives_less(position, cover, extra):
    q, entry = position["quantity"], position["entry_price"]
    little, much = cover * q * entry, (cover + extra) * q * entry

    assert short_liquidation_price(**position, collateral=much) >= short_liquidation_price(
        **position, collateral=little
    )
    legs = [leg_of(own_contract(position["maintenance_rate"]), 10_000)]
    low = margin_requirement(legs, collateral=cover * 10_000).rally_survived
    high = margin_requirement(legs, collateral=(cover + extra) * 10_000).rally_survived
    assert high >= low


@given(amounts(0.001, 0.9), amounts(0.0, 3.0), amounts(300.0, 1e6))
def test_the_rally_survived_agrees_with_the_liquidation_price_of_a_single_leg(rate, cover, notional):
    leg = leg_of(own_contract(rate), notional)
    collateral = cover * leg.notional

    price = short_liquidation_price(
        quantity=leg.coins, entry_price=leg.price, collateral=collateral, maintenance_rate=rate
    )

    margin = margin_requirement([leg], collateral)
    assert margin.rally_survived == pytest.approx(max(0.0, price / leg.price - 1), abs=1e-9)


@given(st.lists(st.tuples(amounts(0.01, 0.9), amounts(300.0, 1e6)), min_size=1, max_size=4), amounts(0.0, 3.0))
def test_legs_in_one_account_end_together_at_the_rally_survived(rows, cover):
    legs = [leg_of(own_contract(rate), notional) for rate, notional in rows]
    margin = margin_requirement(legs, cover * sum(leg.notional for leg in legs))
    rally = margin.rally_survived
    assume(rally > 0)

    equity = margin.collateral - sum(leg.notional * rally for leg in legs)
    maintenance = sum(margin_leg(leg).tiers[0].maintenance_rate * leg.notional * (1 + rally) for leg in legs)

    assert equity == pytest.approx(maintenance, abs=1e-9 * margin.notional)


@given(st.lists(st.tuples(amounts(0.01, 0.9), amounts(300.0, 1e6)), min_size=1, max_size=4), amounts(0.0, 3.0))
def test_the_collateral_for_a_rally_survives_at_least_that_rally(rows, rally):
    legs = [leg_of(own_contract(rate), notional) for rate, notional in rows]
    needed = margin_requirement(legs, None).collateral_for(rally)

    margin = margin_requirement(legs, needed)

    assert margin.rally_survived >= rally - 1e-9
    assert margin.is_enough_to_open


def test_initial_and_maintenance_are_the_catalogues_rates_times_notional():
    mbt = catalogue().get("CME:MBT")
    etp = catalogue().get("Coinbase Derivatives:ETP")

    margin = margin_requirement([leg_of(mbt, 10_000), leg_of(etp, 20_000)], collateral=5_000)

    assert margin.initial == pytest.approx(10_000 * 0.242 + 20_000 * 0.3348)
    assert margin.maintenance == pytest.approx(10_000 * 0.22 + 20_000 * 0.3348)
    assert margin.is_assumed
    assert margin.is_enough_to_open is False
    assert margin_requirement([leg_of(etp, 20_000)], None).is_assumed is False


def test_opening_never_needs_less_than_keeping():
    odd = dataclasses.replace(own_contract(0.3), initial_margin_rate=0.1)

    margin = margin_requirement([leg_of(odd, 10_000)], None)

    assert margin.initial == margin.maintenance == pytest.approx(3_000)


def test_a_contract_without_a_rate_needs_its_whole_notional_and_says_so():
    leg = leg_of(catalogue().get("OKX:SOL-USDT-SWAP"), 10_000)

    margin = margin_requirement([leg], None)

    assert margin_leg(leg).tiers[0].maintenance_rate == ASSUMED_MARGIN_RATE == 1.0
    assert margin.initial == pytest.approx(ASSUMED_MARGIN_RATE * 10_000)
    assert margin.is_assumed


def test_without_collateral_or_without_a_short_nothing_is_claimed():
    legs = [leg_of(own_contract(0.01), 12_600)]

    assert margin_requirement(legs, None).rally_survived is None
    assert margin_requirement(legs, None).is_enough_to_open is None
    assert margin_requirement(legs, None).leverage is None
    assert margin_requirement(legs, 0.0).leverage is None
    assert margin_requirement([], 1_000).rally_survived is None
    assert margin_requirement([leg_of(own_contract(0.01), 50)], 1_000).initial == 0.0


# ------------------------------------------------------------------------------------------ accounts of several legs


def tiered_contract(*rows) -> Contract:
    tiers = tuple(MarginTier(floor, 2 * rate, rate) for floor, rate in rows)
    return dataclasses.replace(own_contract(rows[0][1]), margin_tiers=tiers)


def inverse_contract(rate: float) -> Contract:
    return dataclasses.replace(own_contract(rate), style="inverse", contract_size=100.0, size_in_usd=True)


@given(amounts(0.05, 1.5), amounts(2e4, 2e6))
def test_an_account_of_one_leg_ends_where_its_tiers_say(cover, notional):
    contract = tiered_contract((0.0, 0.01), (1e5, 0.02), (5e5, 0.05))
    leg = leg_of(contract, notional)
    collateral = cover * leg.notional

    rally = margin_requirement([leg], collateral).rally_survived

    price = tiered_liquidation_price(
        quantity=leg.coins, entry_price=leg.price, collateral=collateral, tiers=contract.margin_tiers
    )
    assert rally == pytest.approx(max(0.0, price / leg.price - 1.0), rel=1e-9, abs=1e-9)


def test_the_tier_of_the_notional_asks_for_the_initial_margin():
    legs = [leg_of(tiered_contract((0.0, 0.01), (1e5, 0.02)), 200_000)]

    margin = margin_requirement(legs, None)

    assert margin.initial == pytest.approx(0.04 * 200_000)
    assert margin.maintenance == pytest.approx(0.02 * 200_000 - 1_000)
    assert not margin.is_assumed


@given(amounts(0.05, 0.95), amounts(0.001, 0.05))
def test_an_inverse_short_with_its_collateral_in_the_coin_ends_where_the_formula_says(cover, rate):
    leg = leg_of(inverse_contract(rate), 10_000)

    margin = margin_requirement([leg], cover * 10_000)

    price = short_liquidation_price_inverse(
        face=10_000, entry_price=2_000, collateral=cover * 10_000 / 2_000, maintenance_rate=rate
    )
    assert margin.rally_survived == pytest.approx(max(0.0, price / 2_000 - 1.0), rel=1e-9, abs=1e-9)
    assert margin.coin_collateral == pytest.approx(cover * 10_000)


def test_an_inverse_short_covered_in_coin_is_never_closed_and_has_no_exposure_left():
    margin = margin_requirement([leg_of(inverse_contract(0.01), 10_000)], 10_100)

    assert margin.rally_survived == math.inf
    assert margin.equity([0.5]) == pytest.approx(10_100 * 1.5 - 5_000)


def test_an_inverse_short_that_its_margin_of_all_just_covers_in_coin_survives_any_rally():
    """W = N and a margin of 100%: N + N·r − N·r − N = 0 for every r, never below zero. A linear one ends at once."""
    inverse = margin_requirement([leg_of(inverse_contract(1.0), 15_000)], 15_000)
    linear = margin_requirement([leg_of(own_contract(1.0), 15_000)], 15_000)
    short_of_it = margin_requirement([leg_of(inverse_contract(1.0), 15_000)], 14_999)

    assert (inverse.rally_survived, linear.rally_survived) == (math.inf, 0.0)
    assert short_of_it.rally_survived == 0.0


def test_two_legs_that_move_together_by_their_covariance_end_on_one_border():
    """W = 3,000, 1% of maintenance: N = 10,000 and 5,000; a rise of (2x, x): 3,000 − 25,000x = 150 + 1%·25,000x."""
    legs = [leg_of(own_contract(0.01), 10_000), leg_of(own_contract(0.01), 5_000)]
    margin = margin_requirement(legs, 3_000)

    x = margin.rally_along([2.0, 1.0])

    assert x == pytest.approx(2_850 / 25_250)
    assert margin.room([2 * x, x]) == pytest.approx(0.0, abs=1e-6)
    assert margin.rally_along([1.0, -1.0]) > margin.rally_survived  # the fall of one leg pays for the other
    assert margin.rally_along([0.0, 0.0]) == math.inf


def test_legs_in_accounts_of_their_own_share_the_collateral_by_their_initial_margins():
    legs = [leg_of(own_contract(0.02), 10_000), leg_of(own_contract(0.01), 10_000)]

    alone = margin_requirement(legs, 3_000).isolated()

    assert [leg.collateral for leg in alone] == pytest.approx([2_000, 1_000])
    for isolated, rate in zip(alone, (0.02, 0.01), strict=True):
        assert isolated.end_price == pytest.approx(
            short_liquidation_price(
                quantity=5, entry_price=2_000, collateral=isolated.collateral, maintenance_rate=rate
            )
        )
    assert margin_requirement(legs, None).isolated() == ()


def test_shares_of_the_collateral_are_the_same_for_legs_of_cents():
    legs = [leg_of(own_contract(rate), 2.0, price=2.0) for rate in (0.02, 0.01)]

    alone = margin_requirement(legs, 0.3).isolated()

    assert [leg.collateral for leg in alone] == pytest.approx([0.2, 0.1])


def test_higher_margins_and_a_haircut_bring_the_end_closer():
    margin = margin_requirement([leg_of(own_contract(0.1), 10_000)], 5_000)

    raised, cut = margin.stressed(margin_rise=0.5), margin.stressed(haircut=0.2)

    assert raised.rally_survived == pytest.approx((5_000 - 1_500) / 11_500)
    assert cut.rally_survived == pytest.approx((4_000 - 1_000) / 11_000)
    assert margin.stressed() == margin
    assert margin_requirement([leg_of(own_contract(0.1), 10_000)], None).stressed(haircut=0.5).collateral is None


@given(st.lists(amounts(-0.5, 1.0), min_size=1, max_size=10), amounts(0.0, 3.0))
def test_the_collateral_needed_along_a_path_just_survives_its_worst_day(moves, more):
    legs = [leg_of(tiered_contract((0.0, 0.01), (15_000.0, 0.05)), 10_000)]
    margin = margin_requirement(legs, None)

    needed = margin.collateral_needed([[move] for move in moves])

    worst = max(needed)
    assert needed.min() >= margin.initial
    enough = margin_requirement(legs, worst * (1 + 1e-9))
    assert all(enough.room([move]) >= -1e-6 for move in moves)
    if worst > margin.initial:
        short = margin_requirement(legs, worst * 0.999)
        assert min(short.room([move]) for move in moves) < 0


@given(
    st.lists(st.tuples(amounts(0.01, 0.4), amounts(300.0, 1e6)), min_size=1, max_size=4),
    amounts(0.0, 2.0),
    amounts(0.0, 1.0),
)
def test_more_collateral_never_ends_an_account_earlier(rows, cover, more):
    legs = [leg_of(tiered_contract((0.0, rate), (2e5, rate * 1.5)), notional) for rate, notional in rows]
    total = sum(leg.notional for leg in legs)

    little, much = (margin_requirement(legs, share * total).rally_survived for share in (cover, cover + more))

    assert much >= little - 1e-12


def test_collateral_for_a_rally_just_survives_it_with_linear_and_inverse_legs_together():
    legs = [leg_of(inverse_contract(0.01), 10_000), leg_of(own_contract(0.01), 10_000)]

    needed = margin_requirement(legs, None).collateral_for(0.5)

    assert margin_requirement(legs, needed).rally_survived == pytest.approx(0.5)


def test_no_leg_falls_by_more_than_all_of_it():
    """100 and 100, W = 10, 1%: the falling leg earns 100 at most: 10 − 100·r + 100 = 1 + r."""
    legs = [leg_of(own_contract(0.01), 10_000), leg_of(own_contract(0.01), 10_000)]

    rally = margin_requirement(legs, 1_000).rally_along([1.0, -2.0])

    assert rally == pytest.approx((1_000 + 10_000 - 100) / (10_000 + 100))
