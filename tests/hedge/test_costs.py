"""Costs: what it takes to open and close the hedge, and what carrying it earns.

By hand, 10 lots of ETP at $2,000 ($200 each, $2,000 in all) for 73 days, funding 0.03% a day:

    fee      0.1%·200 + 0.12 = $0.32 a lot a side         2·10·0.32    = 6.40
    spread   0.05% of 2,000 a side                        2·1.00       = 2.00
    slippage a share sqrt(2,000 / 1,000,000) of the spread             = 0.0894
    carry    0.0003·365 = 10.95% a year                   2,000·0.1095·73/365 = 43.80
"""

from __future__ import annotations

import calendar
import math
from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given, strategies as st

from hedge_core.hedge.costs import ASSUMED_FEE_RATE, CostBasis, carry_of, commission, estimate_costs, fee_rate
from hedge_core.hedge.sizing import size_leg
from hedge_core.market.contracts import CustomContract, catalogue
from hedge_core.market.snapshot import FutureQuote
from hedge_core.plan.plan import CostAssumptions
from tests.support.markets import AS_OF, make_market
from tests.support.strategies import amounts

ETP = catalogue().get("Coinbase Derivatives:ETP")
ET = catalogue().get("Coinbase Derivatives:ET")
MET = catalogue().get("CME:MET")
BIP = catalogue().get("Coinbase Derivatives:BIP")


def last_friday_by_calendar(year, month):
    """From the table of weeks; the days before Good Friday and Christmas by hand."""
    friday = max(week[4] for week in calendar.monthcalendar(year, month))
    return {date(2026, 12, 25): date(2026, 12, 24)}.get(date(year, month, friday), date(year, month, friday))


def basis_of(**assumptions):
    return CostBasis(assumptions=CostAssumptions(**assumptions))


def leg_of(contract, notional, price=2_000.0):
    return size_leg(contract, price=price, target=notional, ideal=notional, rounding="nearest")


def test_the_costs_worked_by_hand(market):
    costs = estimate_costs([leg_of(ETP, 2_000)], market, horizon_days=73, basis=basis_of())

    assert costs.fees == pytest.approx(8.40 + 2 * math.sqrt(0.002))
    assert costs.carry == pytest.approx(43.80)
    assert costs.carry_a_month == pytest.approx(43.80 * 30 / 73)
    assert costs.is_carry_known
    assert not costs.is_fee_assumed
    assert costs.legs[0].carry_basis == "mean realised funding over 90 days"


@pytest.mark.parametrize(
    ("contract", "price", "assumptions", "fees"),
    [
        (ETP, 2_000, {"half_spread_rate": 0.0}, 2 * 0.32),
        (ETP, 1_000, {"half_spread_rate": 0.0}, 2 * 0.22),  # 0.1% of $100, and $0.12
        (ETP, 2_000, {"half_spread_rate": 0.0, "fee_rate": 0.0}, 0.0),  # what the user states wins
        (ETP, 2_000, {"half_spread_rate": 0.01, "fee_rate": 0.01, "depth": 5_000.0}, 2 * (2.0 + 2.0 * 1.2)),
        (MET, 2_000, {"half_spread_rate": 0.0}, 2 * 0.50),  # one broker's fee; March is sold, so there is no roll
    ],
)
def test_the_fee_of_one_lot_both_ways(market, contract, price, assumptions, fees):
    leg = leg_of(contract, contract.lot_notional(price), price)

    costs = estimate_costs([leg], market, horizon_days=30, basis=basis_of(**assumptions))

    assert costs.fees == pytest.approx(fees)


def test_a_fee_that_no_source_gives_is_assumed_and_says_so(market):
    leg = leg_of(catalogue().get("CME:BFF"), 2_000)
    unknown = estimate_costs([leg], market, horizon_days=30, basis=basis_of())
    stated = estimate_costs([leg], market, horizon_days=30, basis=basis_of(fee_rate=0.0))

    assert unknown.is_fee_assumed
    assert not stated.is_fee_assumed
    assert fee_rate(leg, CostAssumptions()) == ASSUMED_FEE_RATE


def test_a_short_in_a_dated_future_above_spot_earns_its_basis(market):
    days = (date(2026, 3, 27) - date(2026, 1, 31)).days

    rate, basis, _ = carry_of(leg_of(ET, 2_000), market, CostAssumptions())

    assert rate == pytest.approx((2_020 / 2_000 - 1) * 365 / days)
    assert basis == "basis of the future that expires on 27 Mar 2026"


@pytest.mark.parametrize(
    ("quotes", "expected"),
    [
        ([FutureQuote("ETH", date(2026, 1, 31), 9_999.0), FutureQuote("ETH", date(2027, 1, 31), 2_100.0)], 0.05),
        ([FutureQuote("ETH", date(2027, 1, 31), 1_900.0)], -0.05),
        ([FutureQuote("ETH", date(2028, 1, 31), 9_999.0), FutureQuote("ETH", date(2027, 1, 31), 2_100.0)], 0.05),
        ([FutureQuote("BTC", date(2027, 1, 31), 66_000.0)], None),
        ([], None),
    ],
    ids=["expired is passed over", "below spot is paid", "the nearest counts", "another coin's is no use", "none"],
)
def test_the_basis_is_that_of_the_nearest_living_future_on_the_coin(quotes, expected):
    rate, *_ = carry_of(leg_of(ET, 2_000), make_market(futures=quotes), CostAssumptions())

    assert rate == (None if expected is None else pytest.approx(expected))


def test_with_a_positive_rate_longs_pay_shorts_and_with_a_negative_one_shorts_pay():
    legs = [leg_of(ETP, 2_000)]

    def carry(a_day):
        market = make_market(funding_rate_a_day=a_day)
        return estimate_costs(legs, market, horizon_days=30, basis=basis_of()).carry

    assert carry(0.0003) > 0
    assert carry(-0.0003) == pytest.approx(-carry(0.0003))


def test_carry_that_nobody_knows_is_none_and_not_zero():
    market = make_market(funding_rate_a_day=None, futures=())

    costs = estimate_costs([leg_of(ETP, 2_000)], market, horizon_days=30, basis=basis_of())

    assert costs.legs[0].carry is None
    assert not costs.is_carry_known
    assert costs.carry == 0.0


def test_what_the_user_states_wins_over_catalogue_and_market(market):
    stated = CostAssumptions(carry_rate=-0.08)
    costs = estimate_costs(
        [leg_of(ETP, 2_000), leg_of(ET, 2_000)], market, horizon_days=365, basis=CostBasis(assumptions=stated)
    )

    assert costs.carry == pytest.approx(-0.08 * 4_000)
    assert {leg.carry_basis for leg in costs.legs} == {"set by you"}


def test_no_contracts_cost_nothing(market):
    costs = estimate_costs([leg_of(ETP, 50)], market, horizon_days=30, basis=basis_of())

    assert (costs.legs, costs.fees, costs.carry) == ((), 0.0, 0.0)
    assert costs.is_carry_known


@given(
    st.lists(st.tuples(st.sampled_from([ETP, ET, MET]), amounts(200.0, 1e6)), min_size=1, max_size=4),
    st.integers(1, 365),
    amounts(0.0, 0.1),
    amounts(0.0, 0.1),
    st.floats(-5, 5),
)
def test_fees_are_paid_for_every_lot_twice_and_carry_grows_with_time(rows, days, fee, spread, rate):
    market = make_market(days=40)
    legs = [leg_of(contract, notional) for contract, notional in rows]
    stated = CostAssumptions(fee_rate=fee, half_spread_rate=spread, carry_rate=rate)

    costs = estimate_costs(legs, market, horizon_days=days, basis=CostBasis(assumptions=stated))

    notional, paid = sum(leg.notional for leg in legs), 0.0
    end = AS_OF.date() + timedelta(days=days)
    for leg, cost in zip(legs, costs.legs, strict=True):
        fridays = [date(2026, 2, 27), *(last_friday_by_calendar(2026, month) for month in range(3, 13))]
        held = [day for day in [*fridays, date(2027, 1, 29)] if cost.held_until and day >= cost.held_until]
        rolled = [day for day in held if day < end]
        side = (fee + spread * (1 + math.sqrt(leg.notional / 1e6))) * leg.notional
        paid += 2 * side * (1 + len(rolled))
    assert costs.fees == pytest.approx(paid)
    assert costs.carry == pytest.approx(rate * notional * days / 365)
    assert costs.carry_a_month == pytest.approx(rate * notional * 30 / 365)


def test_a_contract_of_the_users_own_costs_what_the_user_states(market):
    own = CustomContract(code="MINE", underlying="ETH", coins=0.1, fee_rate=0.002).contract()

    costs = estimate_costs([leg_of(own, 2_000)], market, horizon_days=30, basis=basis_of(half_spread_rate=0.0))

    assert costs.fees == pytest.approx(2 * 2_000 * 0.002)
    assert not costs.is_fee_assumed


def test_the_minimum_fee_stands_for_each_contract(market):
    least = replace(BIP, minimum_fee=0.15, fixed_fee=0.0)
    leg = leg_of(least, 10_000 * 0.01 * 7, price=10_000)  # 0.1% of $100 is 10 cents, the minimum 15

    costs = estimate_costs([leg], market, horizon_days=30, basis=basis_of(half_spread_rate=0))

    assert costs.fees == pytest.approx(2 * 7 * 0.15)


@pytest.mark.parametrize(
    ("code", "notional", "fee"),
    [("BIP", 782.05, 0.90), ("XPP", 740.50, 0.86), ("ETP", 242.50, 0.36)],
)
def test_the_fee_of_a_real_ticket_at_coinbase_is_right_to_the_cent(code, notional, fee):
    """0.10% of the notional and 0.12 USD per contract: 0.78205 + 0.12 is 0.90 on the ticket."""
    contract = catalogue().get(f"Coinbase Derivatives:{code}")
    leg = leg_of(contract, notional, price=notional / contract.contract_size)

    assert abs(leg.contracts) == 1
    assert round(commission(leg, CostAssumptions()), 2) == fee


def test_a_fee_that_depends_on_the_broker_is_one_brokers_and_says_so(market):
    contract = catalogue().get("CME:MET")
    leg = leg_of(contract, 7 * 190.0, price=1_900.0)

    costs = estimate_costs([leg], market, horizon_days=5, basis=basis_of(half_spread_rate=0))

    assert costs.legs[0].commission == pytest.approx(2 * 7 * 0.50)
    assert costs.is_fee_assumed
    assert not estimate_costs([leg], market, horizon_days=5, basis=basis_of(fee_rate=0.0)).is_fee_assumed


def test_a_fee_rate_of_the_users_own_takes_the_place_of_the_minimum(market):
    leg = leg_of(BIP, 10_000 * 0.01 * 7, price=10_000)
    stated = CostAssumptions(fee_rate=0.0005, half_spread_rate=0)

    costs = estimate_costs([leg], market, horizon_days=30, basis=CostBasis(assumptions=stated))

    assert costs.fees == pytest.approx(2 * 700 * 0.0005)
