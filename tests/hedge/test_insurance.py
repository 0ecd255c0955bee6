"""The insurance quote: what the hedge costs as a range, and whether the range holds what it promises.

By hand: 10 ETP lots ($2,000 of ETH) for 30 days, funding 0.03% a day: carry 2,000·0.0003·30 = 18.00; fees of
`test_costs`, $8.49. The quote is a gain of 9.51, without any uncertainty because funding never changed.
"""

from __future__ import annotations

import dataclasses
import math
from datetime import date, timedelta

import numpy as np
import pytest

from hedge_core.hedge.insurance import (
    InsuranceQuote,
    funding_cash,
    horizon_range,
    insurance_quote,
    span_sums,
)
from hedge_core.hedge.planner import assess
from hedge_core.market.snapshot import FundingHistory, FutureQuote
from hedge_core.plan.bag import Holding
from hedge_core.plan.plan import CostAssumptions, Decisions, HedgePlan, Overrides
from tests.support.markets import make_market

MARKET = make_market(seed=1)


def plan_of(coins, quantity, *, costs=None, **decisions):
    return HedgePlan(
        holdings=tuple(Holding(coin=coin, quantity=quantity) for coin in coins),
        decisions=Decisions(**{"risk_accepted": 0.0, **decisions}),
        overrides=Overrides(costs=costs or CostAssumptions()),
    )


def funded(rates, market=MARKET, coins=("ETH",)):
    days = market.history.days[-len(rates) :]
    values = np.asarray(rates, dtype=float).reshape(len(rates), -1)
    return dataclasses.replace(market, funding=FundingHistory(days, coins, values))


def test_the_quote_worked_by_hand():
    quote = insurance_quote(assess(plan_of(["ETH"], 1.0), MARKET))

    fees = 8.4 + 2 * math.sqrt(0.002)
    assert quote.fees == pytest.approx(fees)
    assert quote.cost == pytest.approx(fees - 18.0)
    assert quote.cost_low == pytest.approx(quote.cost_high)
    assert quote.cost_low == pytest.approx(quote.cost)
    assert "earns about $10, 0.48% of your bag" in quote.sentence
    assert quote.sentence.endswith("It pays for itself without a drop, as long as it is not liquidated.")


def test_a_cost_names_the_fall_that_pays_for_it():
    quote = insurance_quote(assess(plan_of(["ETH"], 1.0), funded(np.full(300, -0.0003))))

    assert quote.cost == pytest.approx(26.4 + 2 * math.sqrt(0.002))
    assert quote.break_even_fall(quote.cost) == pytest.approx(quote.cost / 2_000)
    assert "costs about $26, 1.32% of your bag" in quote.sentence
    assert "A drop of 1.3% in the coins sold short pays for the hedge." in quote.sentence


@pytest.mark.parametrize("persistence", [0.0, 0.6, 0.85])
def test_the_range_of_90_percent_holds_the_realised_cost_in_85_to_95_percent_of_windows(persistence):
    held = total = 0
    for seed in range(60):
        random = np.random.default_rng(seed)
        shocks = random.normal(0, 0.0004, 1_100)
        rates = np.empty(1_100)
        rates[0] = shocks[0]
        for day in range(1, 1_100):
            rates[day] = persistence * rates[day - 1] + shocks[day]
        rates += 0.0002
        for start in range(365, 1_070, 30):
            low, high = horizon_range(rates[:start], 30)
            held += low <= rates[start : start + 30].sum() <= high
            total += 1

    assert 0.85 <= held / total <= 0.95


def test_what_moves_together_stays_together_in_the_range():
    random = np.random.default_rng(3)
    together = random.normal(0, 0.001, 400)
    same = funded(np.column_stack([together, together]), coins=("ETH", "BTC"))
    opposite = funded(np.column_stack([together, -together]), coins=("ETH", "BTC"))
    plan = HedgePlan(
        holdings=(Holding(coin="ETH", quantity=30.0), Holding(coin="BTC", quantity=1.0)),
        decisions=Decisions(risk_accepted=0.0),
    )

    wide, narrow = (insurance_quote(assess(plan, market)) for market in (same, opposite))

    assert wide.carry_high - wide.carry_low > 100
    assert narrow.carry_high - narrow.carry_low == pytest.approx(0.0, abs=1e-6)


def test_a_short_history_gives_the_expectation_without_a_range():
    quote = insurance_quote(assess(plan_of(["ETH"], 1.0), funded(np.full(239, 0.0003))))

    assert quote.cost is not None
    assert (quote.cost_low, quote.cost_high) == (None, None)
    assert "a range needs 8 spans of this length in the last 730 days of funding" in quote.sentence
    assert "90% range" not in quote.sentence


def test_the_range_runs_from_the_bad_case_to_the_good_one_and_money_to_you_is_positive():
    quote = InsuranceQuote(
        horizon_days=30,
        notional=25_000.0,
        bag_value=27_500.0,
        fees=50.0,
        carry=116.0,
        carry_low=-20.0,
        carry_high=251.0,
        is_carry_certain=False,
        history_days=400,
    )

    assert quote.sentence == (
        "Over 30 days this hedge earns about $66, 0.24% of your bag (90% range: −$70 to +$201). "
        "Even in the bad case (−$70), a drop of 0.3% in the coins sold short pays for the hedge."
    )


def test_a_dated_future_and_a_rate_of_the_users_have_no_range_to_speak_of():
    dated = insurance_quote(assess(plan_of(["ETH"], 10.0, venue="CME", horizon_days=20), MARKET))
    stated = insurance_quote(assess(plan_of(["ETH"], 10.0, costs=CostAssumptions(carry_rate=-0.1)), MARKET))

    for quote in (dated, stated):
        assert quote.is_carry_certain
        assert quote.cost_low == quote.cost_high == quote.cost
        assert "90% range" not in quote.sentence


def test_carry_that_is_not_known_gives_no_quote_and_nothing_shorted_costs_nothing():
    unknown = insurance_quote(assess(plan_of(["ETH"], 10.0), dataclasses.replace(MARKET, funding=None)))
    nothing = insurance_quote(assess(plan_of(["USDC"], 10.0), MARKET))

    assert unknown.cost is None
    assert "the total cost cannot be quoted" in unknown.sentence
    assert nothing.sentence == "Nothing is shorted, so there is nothing to pay."
    assert nothing.as_share_of_bag(0.0) == 0.0


def test_funding_cash_is_notional_times_rate_and_missing_days_stay_missing():
    rates = np.full(200, 0.0001)
    rates[5] = np.nan

    cash = funding_cash(assess(plan_of(["ETH"], 1.0), funded(rates)))

    assert cash[0] == pytest.approx(0.2)
    assert np.isnan(cash[5])
    assert np.isnan(cash).sum() == 1


def test_the_range_by_hand_is_that_of_the_next_sum_of_spans_that_do_not_overlap():
    """Eight spans of two days, counted from the newest: the first day of 17 is left over."""
    cash = np.array([99.0, *(float(n) for n in range(16))])
    sums = np.array([1.0, 5.0, 9.0, 13.0, 17.0, 21.0, 25.0, 29.0])

    low, high = horizon_range(cash, 2)

    assert span_sums(cash, 2).tolist() == sums[::-1].tolist()
    reach = 1.894578605061305 * sums.std(ddof=1) * math.sqrt(1 + 1 / 8)  # t of 7 degrees, 95%
    assert (low, high) == pytest.approx((15.0 - reach, 15.0 + reach))
    assert horizon_range(cash[2:], 2) is None


def test_only_the_last_730_days_with_funding_count_and_no_span_crosses_a_gap():
    cash = np.concatenate([np.full(400, 50.0), np.tile([1.0, 2.0], 365)])
    with_gap = np.insert(cash, 1_100, np.nan)

    assert horizon_range(cash, 10) == pytest.approx((15.0, 15.0))
    assert len(span_sums(cash, 91)) == 8
    assert len(span_sums(cash, 92)) == 7
    assert len(span_sums(with_gap, 10)) == 73  # 3 in the 30 days after the gap, 70 in the 700 before it
    assert np.isfinite(span_sums(with_gap, 10)).all()


# ------------------------------------------------------------------------------------------ what a short really earns


def test_a_short_perpetual_earns_its_funding_to_the_cent():
    """A ledger of 90 days at an unchanged mark, rate times notional each day, beside the carry of the same days."""
    rates = np.random.default_rng(6).normal(0.0001, 0.0004, 90)

    assessment = assess(plan_of(["ETH"], 30.0, horizon_days=90), funded(rates))

    (leg,) = assessment.legs
    ledger = sum(leg.notional * rate for rate in rates)
    assert round(assessment.costs.carry, 2) == round(ledger, 2)
    paid = assess(plan_of(["ETH"], 30.0, horizon_days=90), funded(-rates)).costs.carry
    assert round(paid, 2) == -round(ledger, 2)


def test_a_short_dated_future_held_to_expiry_earns_its_basis_whatever_the_spot_does():
    """Sold at F, settled at the spot of the last day: −Q·(S_T − F) is −Q·(S_T − S_0) and the carry."""
    days = (date(2026, 3, 27) - date(2026, 1, 31)).days
    assessment = assess(plan_of(["ETH"], 30.0, venue="CME", horizon_days=days), MARKET)
    (leg,) = assessment.legs
    quote = next(q for q in MARKET.futures if q.underlying == "ETH")

    for last in 2_000.0 * np.cumprod(1 + np.random.default_rng(5).normal(0, 0.05, 20)):
        ledger = -leg.coins * (last - quote.price)
        assert round(ledger, 2) == round(-leg.coins * (last - 2_000.0) + assessment.costs.carry, 2)


def test_a_rolled_short_earns_each_basis_once_and_pays_for_each_roll():
    """Three futures in turn on a spot that stands still, each sold at the same basis a year and closed at the spot.

    The sum of (entry − exit) is the carry. Counting the step from one future to the next as a gain of its own would
    earn the second and the third basis twice.
    """
    a_year, horizon = 0.08, (date(2026, 4, 24) - date(2026, 1, 31)).days
    ends = (date(2026, 2, 27), date(2026, 3, 27), date(2026, 4, 24))
    today, entries = date(2026, 1, 31), []
    for end in ends:
        entries.append(2_000.0 * (1 + a_year * (end - today).days / 365))
        today = end
    first = FutureQuote("ETH", ends[0], entries[0])
    market = dataclasses.replace(MARKET, futures=(first,))

    costs = assess(plan_of(["ETH"], 30.0, venue="CME", horizon_days=horizon), market).costs
    (leg,) = assess(plan_of(["ETH"], 30.0, venue="CME", horizon_days=horizon), market).legs

    ledger = sum(leg.coins * (entry - 2_000.0) for entry in entries)
    assert round(costs.carry, 2) == round(ledger, 2)
    doubled = ledger + sum(leg.coins * (entry - 2_000.0) for entry in entries[1:])
    assert doubled > costs.carry + 500
    assert costs.legs[0].ends == ends[:2]
    assert costs.legs[0].roll_days == tuple(end - timedelta(days=7) for end in ends[:2])
    assert costs.fees == pytest.approx(3 * (costs.legs[0].commission + costs.legs[0].spread))


def test_nothing_to_pay_is_said_plainly():
    free = CostAssumptions(fee_rate=0.0, half_spread_rate=0.0, carry_rate=0.0)

    quote = insurance_quote(assess(plan_of(["ETH"], 10.0, costs=free), MARKET))

    assert quote.sentence == "Over 30 days this hedge costs nothing: fees less carry are $0."


def test_a_basis_of_a_few_days_is_counted_up_to_its_end_only_and_not_for_a_year():
    tomorrow = FutureQuote("ETH", date(2026, 2, 1), 2_010.0)
    plan = plan_of(["ETH"], 10.0, venue="CME", horizon_days=365)

    alone = assess(plan, dataclasses.replace(MARKET, futures=(tomorrow,)))
    beside = assess(plan, dataclasses.replace(MARKET, futures=(tomorrow, *MARKET.futures)))

    assert alone.costs.carry == pytest.approx(20_000 * 0.005)
    assert beside.costs.legs[0].carry_basis == "basis of the future that expires on 27 Mar 2026"
    quote = insurance_quote(beside)
    assert not quote.is_carry_certain
    assert "today's basis also holds after the first expiry" in quote.sentence


def test_the_expected_cost_lies_in_its_range_and_gaps_leave_too_few_spans():
    rates = np.full(700, 0.0001)
    rates[-21:] = 0.02
    quote = insurance_quote(
        assess(plan_of(["ETH"], 10.0, horizon_days=10), funded(rates, make_market(seed=1, days=700)))
    )

    assert quote.cost_low <= quote.cost <= quote.cost_high
    holes = np.full(400, 1.0)
    holes[30::25] = np.nan
    assert horizon_range(holes, 30) is None


def test_the_drop_that_pays_for_the_hedge_pays_for_the_cash_too():
    """Fees 346.55 less carry 798.90 earn $452; cash of $493.15 leaves a cost of 40.80, 0.071% of $57,398."""
    quote = InsuranceQuote(
        horizon_days=90,
        notional=57_398.0,
        bag_value=86_440.0,
        fees=346.55,
        carry=798.90,
        carry_low=798.90,
        carry_high=798.90,
        is_carry_certain=True,
        history_days=0,
        cash=493.15,
    )

    assert quote.sentence == (
        "Over 90 days, without the cost of cash ($493), this hedge earns about $452, 0.52% of your bag. "
        "A drop of under 0.1% in the coins sold short pays for the hedge and for the cash."
    )
    free = dataclasses.replace(quote, cash=0.0)
    assert free.sentence.endswith("It pays for itself without a drop, as long as it is not liquidated.")


def test_the_cash_of_a_quote_is_what_the_plan_counts_for_it():
    plan = plan_of(["ETH"], 10.0, costs=CostAssumptions(cash_rate=0.04), collateral=20_000.0)

    assert insurance_quote(assess(plan, MARKET)).cash == pytest.approx(20_000.0 * 0.04 * 30 / 365)
