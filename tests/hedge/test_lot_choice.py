"""Which lots are traded where a venue has several sizes: CME lists Bitcoin in lots of 0.1 (MBT) and 0.01 (QBTC).

By hand, Bitcoin at $60,000: one QBTC is $600, one MBT $6,000. $2,000 of Bitcoin are 3.33 QBTC or 0.33 MBT; three QBTC
miss by $200, no MBT by all of it, so QBTC are sold. $61,000 are 101.67 QBTC or 10.17 MBT; ten MBT miss by $1,000, which
is (1/61)² = 0.027% of the square of the target and under 0.25%, so MBT are sold.
"""

from __future__ import annotations

import itertools
from dataclasses import replace
from datetime import date

import numpy as np
import pytest

from hedge_core import Decisions, HedgePlan, Holding, Overrides
from hedge_core.documents.link.hidden_amounts import hidden_view
from hedge_core.documents.link.link import Shared, decode, encode
from hedge_core.documents.link.pin import pinned_market
from hedge_core.documents.link.pinning import pin_of
from hedge_core.hedge.contract_choice import choose_contracts
from hedge_core.hedge.planner import assess
from hedge_core.market.contracts import catalogue
from hedge_core.plan.fills import Fill
from hedge_core.plan.plan import Execution, OwnMargin
from tests.support.markets import AS_OF, PRICES, make_market

MARKET = make_market(seed=1)


def plan_of(usd, *, overrides=None, fills=(), **decisions):
    """A plan at CME for coins worth these USD."""
    return HedgePlan(
        holdings=tuple(Holding(coin=coin, quantity=value / PRICES[coin]) for coin, value in usd.items()),
        decisions=Decisions(**{"venue": "CME", "risk_accepted": 0.0, "rally_to_survive": 0.0, **decisions}),
        overrides=overrides or Overrides(),
        execution=Execution(fills=fills),
    )


def sold(plan, market=MARKET):
    return {leg.contract.code: leg.lots for leg in assess(plan, market).legs}


@pytest.mark.parametrize(
    ("usd", "expected"), [(2_000.0, {"QBTC": 3}), (61_000.0, {"MBT": 10}), (600_000.0, {"MBT": 100})]
)
@pytest.mark.parametrize("rounding", ["optimal", "nearest", "down"])
def test_the_example_by_hand(usd, expected, rounding):
    assert sold(plan_of({"BTC": usd}, rounding=rounding)) == expected


def test_with_nothing_to_hedge_the_usual_contract_stays():
    assert sold(plan_of({"BTC": 2_000.0}, risk_accepted=1.0)) == {"MBT": 0}


def brute_force(assessment):
    """The least miss of each choice of contracts, over all whole counts: {codes of the contracts: miss}."""
    M, x = assessment.risk.whole, np.array([leg.target_notional for leg in assessment.legs])
    chosen = choose_contracts(assessment.plan, assessment.market)
    options = [
        {one.id: one for one in (chosen.usual[leg.underlying], chosen.in_use[leg.underlying])}.values()
        for leg in assessment.legs
    ]
    misses = {}
    for contracts in itertools.product(*options):
        lots = np.array([c.lot_notional(PRICES[c.underlying]) for c in contracts])
        near = [range(max(int((t - 8e3) / n), 0), int((t + 8e3) / n) + 2) for t, n in zip(x, lots, strict=True)]
        off = np.array(list(itertools.product(*near))) * lots - x
        misses[tuple(c.code for c in contracts)] = float(np.einsum("ki,ij,kj->k", off, M, off).min())
    return misses, float(x @ M @ x)


@pytest.mark.parametrize("seed", range(40))
def test_contracts_and_counts_are_those_of_brute_force(seed):
    random = np.random.default_rng(seed)
    coins = random.choice(["BTC", "ETH", "SOL"], int(random.integers(1, 4)), replace=False)
    usd = {str(coin): float(random.uniform(1_500.0, 40_000.0)) for coin in coins}
    overrides = Overrides(betas={str(coin): 1.0 for coin in coins})  # each in its own future, none joins a rest

    found = assess(plan_of(usd, overrides=overrides, rounding="optimal"), MARKET)

    misses, aim = brute_force(found)
    smallest = [choose_contracts(found.plan, MARKET).in_use[leg.underlying].code for leg in found.legs]
    codes, most = tuple(smallest), misses[tuple(smallest)] + 0.0025 * aim
    for place, leg in enumerate(found.legs):
        usual = choose_contracts(found.plan, MARKET).usual[leg.underlying].code
        trial = (*codes[:place], usual, *codes[place + 1 :])
        codes = trial if misses[trial] <= most else codes
    assert tuple(leg.contract.code for leg in found.legs) == codes
    off = np.array([leg.notional - leg.target_notional for leg in found.legs])
    assert off @ found.risk.whole @ off == pytest.approx(misses[codes], rel=1e-9, abs=1e-9)
    assert misses[codes] <= min(misses.values()) + 0.0025 * aim * (1.0 + 1e-9)


def test_a_small_bag_is_hedged_with_smaller_lots_and_a_large_one_with_the_usual():
    small, large = (sold(plan_of({"BTC": usd, "SOL": usd})) for usd in (2_000.0, 2_000_000.0))

    assert small == {"QBTC": 3, "QSOL": 3}
    assert large.keys() == {"MBT", "MSL"}


FILL = Fill(contract="CME:MBT", side="sell", contracts=1, price=60_000.0, at=AS_OF)


@pytest.mark.parametrize(
    "named",
    [
        {"fills": (FILL,)},
        {"overrides": Overrides(lots={"CME:MBT": 1})},
        {"overrides": Overrides(margins={"CME:MBT": OwnMargin(initial=0.4, maintenance=0.3)})},
        {"overrides": Overrides(contract_choice={"BTC": "CME:MBT"})},
    ],
    ids=["held", "own-count", "own-margin", "chosen"],
)
def test_a_contract_that_is_held_or_that_the_user_named_stays(named):
    assert list(sold(plan_of({"BTC": 2_000.0, "ETH": 9_000.0}))) == ["QBTC", "MET"]

    plan = plan_of({"BTC": 2_000.0, "ETH": 9_000.0}, **named)

    assert choose_contracts(plan, MARKET).in_use["BTC"].code == "MBT"
    assert "QBTC" not in sold(plan)


def test_smaller_lots_that_are_held_stay_when_the_bag_has_grown():
    fill = replace(FILL, contract="CME:QBTC", contracts=3)

    assert list(sold(plan_of({"BTC": 61_000.0}, fills=(fill,)))) == ["QBTC"]


@pytest.mark.parametrize(
    ("changes", "is_used"),
    [
        ({}, True),
        ({"expires_on": date(2026, 2, 6)}, False),  # less than a week after the market's day
        ({"expires_on": None, "expiry": "weekly"}, False),  # more rolls than a monthly future
        ({"style": "inverse"}, False),
        ({"quote": "EUR"}, False),
        ({"conflict": "the venue's list says 0.02 BTC"}, False),
        ({"minimum_amount": 20.0}, False),  # lots are smaller, but not the smallest order
    ],
)
def test_a_contract_replaces_the_usual_one_only_if_it_does_the_same_job(changes, is_used, monkeypatch):
    shipped = catalogue().with_replaced([replace(catalogue().get("CME:QBTC"), **changes)])
    monkeypatch.setattr("hedge_core.hedge.contract_choice.catalogue", lambda: shipped)

    chosen = choose_contracts(plan_of({"BTC": 2_000.0}), MARKET)

    assert chosen.usual["BTC"].code == "MBT"
    assert chosen.in_use["BTC"].code == ("QBTC" if is_used else "MBT")


def test_smaller_lots_are_not_taken_where_their_margin_would_leave_less_of_a_hedge():
    """MBT asks 24.2%, QBTC counts as 100%: $1,500 open one MBT of $6,000, or two QBTC of $600."""
    plan = plan_of({"BTC": 7_900.0})

    assert sold(plan) == {"QBTC": 13}
    assert sold(plan.with_decisions(collateral=1_500.0)) == {"MBT": 1}


@pytest.mark.parametrize("collateral", [None, 1_500.0])
@pytest.mark.parametrize("usd", [2_000.0, 7_900.0, 61_000.0])
def test_a_pin_keeps_the_contracts_that_were_used(usd, collateral):
    plan = plan_of({"BTC": usd, "UNI": 4_000.0}, collateral=collateral)
    made = assess(plan, MARKET)
    shared = decode(encode(Shared(plan=plan, pin=pin_of(made))))

    again = assess(shared.plan, pinned_market(shared.pin))

    assert [(leg.contract.id, leg.lots) for leg in again.legs] == [(leg.contract.id, leg.lots) for leg in made.legs]
    assert {"CME:MBT", "CME:QBTC"} <= {contract.id for contract in shared.pin.contracts}


def test_a_pin_of_an_earlier_edition_has_one_contract_for_each_coin_and_keeps_it():
    plan = plan_of({"BTC": 7_900.0})
    pin = pin_of(assess(plan.with_overrides(contract_choice={"BTC": "CME:MBT"}), MARKET))

    assert {contract.code for contract in pin.contracts} == {"MBT"}
    assert sold(plan, pinned_market(pin)) == {"MBT": 1}


def test_hidden_amounts_do_not_show_a_size_by_their_contracts():
    pins = [hidden_view(assess(plan_of({"BTC": usd, "SOL": usd}), MARKET))[1] for usd in (3_000.0, 3_000_000.0)]

    assert pins[0] == pins[1]
    assert {contract.code for contract in pins[0].contracts} & {"QBTC", "QSOL", "QXRP"} == set()
