"""What a pin keeps of an assessment, and what it takes from strangers."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal

import numpy as np
import pytest

from hedge_core import HedgePlan, Holding, assess
from hedge_core.documents import pin_of, pinned_market
from hedge_core.documents.link import link
from hedge_core.documents.link.envelope import MAX_TEXT
from hedge_core.documents.link.link import Shared, decode
from hedge_core.documents.link.pin import Pin, PinnedBeta, PinnedContract
from hedge_core.errors import InsufficientHistory, InvalidPlan
from hedge_core.hedge.held_coins import hedged_values
from hedge_core.market.snapshot import PROXY_COINS, FutureQuote
from tests.support.markets import make_market

PLAN = HedgePlan(holdings=(Holding(coin="SOL", quantity=100), Holding(coin="UNI", quantity=900)))
COIN_BY_COIN = PLAN.with_decisions(approach="coin_by_coin")


@pytest.fixture(scope="module")
def pin() -> Pin:
    return pin_of(assess(COIN_BY_COIN, make_market(1)))


def test_a_correlation_is_cut_towards_zero_after_five_decimals(pin):
    """A correlation just below a threshold stays below it, on both sides of zero."""
    original = assess(COIN_BY_COIN, make_market(1)).estimates.betas(["SOL", "UNI"])

    for row in pin.betas:
        exact = Decimal(original[row.coin][row.proxy].correlation)
        assert Decimal(str(row.correlation)) == Decimal(int(exact * 10**5)) / 10**5
        assert len(str(row.correlation)) <= len("0.12345")


def test_a_coin_with_too_few_days_is_pinned_with_the_days_that_it_has():
    market = make_market(1, young={"UNI": 11})
    plan = replace(COIN_BY_COIN, holdings=(Holding(coin="UNI", quantity=900),))

    pin = pin_of(assess(plan, market))

    assert [(row.coin, row.beta, row.observations) for row in pin.betas] == [("UNI", None, 10)]
    found = pinned_market(pin).estimates["UNI"]
    assert isinstance(found, InsufficientHistory)
    assert found.found == 10


def test_only_a_coin_that_had_its_own_future_may_use_it_again(pin):
    market = pinned_market(pin)

    assert {row.coin: row.own for row in pin.betas} == {"SOL": True, "UNI": False}
    assert market.may_use("SOL", "SOL")
    assert not market.may_use("UNI", "UNI")
    assert market.may_use("UNI", next(row.proxy for row in pin.betas if row.coin == "UNI"))


def test_at_another_venue_bitcoin_and_ether_are_tried_for_every_coin(pin):
    market = pinned_market(pin)
    here = assess(COIN_BY_COIN, market).estimates
    there = assess(COIN_BY_COIN.with_decisions(venue="CME"), market).estimates
    contracts = {"BTC": "a contract", "SOL": "another"}

    assert there.candidates("UNI", contracts) == (PROXY_COINS, contracts)
    assert here.candidates("UNI", contracts) == (
        market.proxies_of("UNI"),
        {name: c for name, c in contracts.items() if name in market.proxies_of("UNI")},
    )


def test_a_mean_funding_rate_that_is_not_known_stays_unknown():
    """The coin has a funding history, and every day of it is missing."""
    market = make_market(1)
    values = market.funding.values.copy()
    values[:, market.funding.coins.index("SOL")] = float("nan")
    funding = replace(market.funding, values=values)

    pin = pin_of(assess(PLAN, replace(market, funding=funding)))

    assert {row.coin: row.rate for row in pin.funding}["SOL"] is None
    assert pinned_market(pin).mean_funding("SOL", 90) == (None, 0)


def test_a_fit_without_a_prediction_has_none_on_the_pinned_market():
    pin = pin_of(assess(PLAN.with_decisions(approach="bag_level"), make_market(1)))
    market = pinned_market(replace(pin, joint=tuple(replace(row, predicted=None) for row in pin.joint)))

    assert market.predicted == {}
    assert market.fit is not None
    assert market.fit.window_days == pin.fit_days == 365


@pytest.mark.parametrize(
    ("most", "changed"),
    [
        ({"observations": 100_000}, {"observations": 100_001}),
        ({"correlation": -1.0}, {"correlation": -1.0001}),
        ({"correlation": 1.0}, {"correlation": 1.0001}),
        ({"beta": 1e6}, {"beta": 1.000001e6}),
        ({"beta": -1e6}, {"beta": -1.000001e6}),
    ],
)
def test_the_most_that_a_pin_may_hold_is_taken_and_more_is_refused(pin, most, changed):
    first: PinnedBeta = next(row for row in pin.betas if row.coin == "UNI")
    rest = tuple(row for row in pin.betas if row.coin != "UNI")

    def opened(fields: dict[str, object]) -> Pin:
        changed = replace(pin, betas=(replace(first, **fields), *rest))
        return decode(link._text(Shared(plan=COIN_BY_COIN, pin=changed))).pin

    assert opened(most).betas[0] == replace(first, **most)
    with pytest.raises(InvalidPlan):
        opened(changed)


def test_nothing_is_fitted_on_no_days_unless_it_is_stated(pin):
    """A pin made coin by coin has no joint fit, so it states no days of one."""
    assert (pin.fit_days, pin.joint) == (0, ())


def test_the_risk_by_which_counts_of_a_basket_were_judged_is_pinned_with_its_days():
    original = assess(PLAN, make_market(1))
    pin = pin_of(original)

    legs = [leg.underlying for leg in original.legs]
    judged = original.estimates.count_risk(legs, hedged_values(original.held_coins))
    assert judged is not None
    assert (pin.covered, pin.covered_days) == (("SOL", "ETH"), 365)
    np.testing.assert_allclose(pinned_market(pin).covariance, judged.covariance, rtol=2e-5)


def test_a_pin_without_a_basket_has_the_covariance_of_its_legs_and_states_no_days(pin):
    original = assess(COIN_BY_COIN, make_market(1))

    assert pin.covered_days == 0
    np.testing.assert_allclose(pinned_market(pin).covariance, original.covariance, rtol=2e-5)


@pytest.mark.parametrize(
    "changed",
    [
        {"deviations": (0.04,)},
        {"deviations": (0.04, 0.03, 0.03)},
        {"correlations": ()},
        {"correlations": (0.5, 0.5)},
        {"covered": ("SOL",)},
        {"covered": ("SOL", "ETH", "BTC")},
    ],
)
def test_tables_of_different_sizes_are_refused(pin, changed):
    assert len(pin.covered) == 2
    with pytest.raises(InvalidPlan, match="its tables differ in size"):
        replace(pin, **changed)


@pytest.mark.parametrize("correlation", [1.0, -1.0])
def test_coins_that_move_as_one_have_no_covariance_to_divide_by(pin, correlation):
    with pytest.raises(InvalidPlan, match="its correlations contradict each other"):
        replace(pin, correlations=(correlation,))


@pytest.mark.parametrize(
    ("initial", "maintenance", "rates"),
    [
        (None, None, (0.4, 0.4)),
        (None, 0.15, (0.15, 0.15)),
        (0.3, None, (0.3, 0.4)),
        (0.3, 0.15, (0.3, 0.15)),
    ],
)
def test_a_margin_rate_that_a_link_does_not_state_is_that_of_the_first_edition(initial, maintenance, rates):
    contract = PinnedContract(
        code="XYZ",
        underlying="SOL",
        venue="Nowhere",
        contract_size=1.0,
        initial_margin_rate=initial,
        maintenance_margin_rate=maintenance,
    ).contract()

    assert (contract.initial_margin_rate, contract.maintenance_margin_rate) == rates


def test_the_quote_of_the_month_that_is_sold_is_pinned_so_that_the_carry_stays_what_it_was():
    """The nearest month and the one that is sold have another basis; the carry is that of the one that is sold."""
    futures = (
        FutureQuote("ETH", date(2026, 2, 27), 2_001.0),
        FutureQuote("ETH", date(2026, 3, 27), 2_030.0),
        FutureQuote("ETH", date(2026, 4, 24), 2_033.0),
    )
    plan = PLAN.with_decisions(venue="CME", horizon_days=50)
    original = assess(plan, make_market(1, futures=futures))
    ether = next(cost for cost in original.costs.legs if cost.contract_id == "CME:MET")
    assert ether.month is not None
    assert ether.month.chosen.expiry == date(2026, 3, 27)

    pin = pin_of(original)

    assert ("ETH", date(2026, 3, 27), 2_030.0) in [(row.coin, row.expiry, row.price) for row in pin.futures]
    again = next(cost for cost in assess(plan, pinned_market(pin)).costs.legs if cost.contract_id == "CME:MET")
    assert again.carry == pytest.approx(ether.carry, rel=1e-5)


def test_an_address_of_exactly_the_longest_length_is_read_as_one():
    """It is no plan, so it is refused; but not for its length."""
    with pytest.raises(InvalidPlan, match="not a link from this program"):
        decode("A" * MAX_TEXT)
    with pytest.raises(InvalidPlan, match="longer than"):
        decode("A" * (MAX_TEXT + 1))
