"""What a pin keeps of an assessment, and what it takes from strangers."""

from __future__ import annotations

import math
from contextlib import suppress
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest

from hedge_core import HedgeError, HedgePlan, Holding, SampleSource, assess, load_plan
from hedge_core.documents import pin_of, pinned_market
from hedge_core.documents.link import link
from hedge_core.documents.link.envelope import MAX_TEXT
from hedge_core.documents.link.link import Shared, decode
from hedge_core.documents.link.pin import Pin, PinnedBeta
from hedge_core.errors import InsufficientHistory, InvalidPlan
from hedge_core.market.snapshot import PROXY_COINS
from tests.support.markets import make_market

EXAMPLES = Path(__file__).parents[3] / "examples"
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


@pytest.mark.parametrize("number", range(4))
@pytest.mark.parametrize(
    "changed", [{"contract_size": 1e-320}, {"amount_step": 5e-324}, {"contract_size": 1e-310, "size_in_usd": True}]
)
def test_a_contract_worth_nothing_is_refused_whichever_it_is(changed, number):
    """A forged one that is no leg, but a candidate for the basket, once divided by zero."""
    assessment = assess(load_plan(EXAMPLES / "layer1_bag.json"), SampleSource().snapshot())
    pinned = pin_of(assessment)
    contracts = list(pinned.contracts)
    contracts[number] = replace(contracts[number], **changed)

    with pytest.raises(InvalidPlan, match=rf"contracts\.{number}\."):
        decode(link._text(Shared(plan=assessment.plan, pin=replace(pinned, contracts=tuple(contracts)))))


@pytest.mark.parametrize("number", range(4))
@pytest.mark.parametrize("changed", [{"contract_size": 1e-30, "amount_step": 1e-30}, {"amount_step": 1e-30}])
def test_the_smallest_contract_is_worked_out_or_refused(changed, number):
    assessment = assess(load_plan(EXAMPLES / "layer1_bag.json"), SampleSource().snapshot())
    pinned = pin_of(assessment)
    contracts = list(pinned.contracts)
    contracts[number] = replace(contracts[number], **changed)
    opened = decode(link._text(Shared(plan=assessment.plan, pin=replace(pinned, contracts=tuple(contracts)))))

    with suppress(HedgeError):
        assert math.isfinite(assess(opened.plan, pinned_market(opened.pin)).achieved_hedge_ratio)


def test_nothing_is_fitted_on_no_days_unless_it_is_stated(pin):
    """A pin made coin by coin has no joint fit, so it states no days of one."""
    assert (pin.fit_days, pin.joint) == (0, ())


def test_an_address_of_exactly_the_longest_length_is_read_as_one():
    """It is no plan, so it is refused; but not for its length."""
    with pytest.raises(InvalidPlan, match="not a link from this program"):
        decode("A" * MAX_TEXT)
    with pytest.raises(InvalidPlan, match="longer than"):
        decode("A" * (MAX_TEXT + 1))
