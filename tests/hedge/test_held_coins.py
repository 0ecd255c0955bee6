"""Positions: each holding priced, sorted and matched.

By hand, prices as in `tests.support.markets`: 10 SOL at $150 are $1,500, worth at least one SLP (5 SOL, $750),
so SOL's own future is used. 4 SOL are $600, less than one SLP, so a proxy stands in. A second row of 2 wrapped
coins counts towards the same total.
"""

from __future__ import annotations

import pytest
from hypothesis import given

from hedge_core.errors import InvalidInput, InvalidPlan, MissingPrice, UnknownContract
from hedge_core.hedge.contract_choice import contracts_in_use, underlying_price_or_none
from hedge_core.hedge.held_coins import (
    price_held_coins,
    price_of,
    unpriced_coins,
    wanted_of,
)
from hedge_core.market.contracts import CustomContract
from hedge_core.plan.bag import Holding
from hedge_core.plan.plan import Decisions, HedgePlan, Overrides
from tests.support.markets import make_market
from tests.support.strategies import tradable_plans


def plan_of(*rows, venue="Coinbase Derivatives", **overrides):
    holdings = tuple(Holding(coin=row[0], quantity=row[1], role=row[2] if len(row) > 2 else "hold") for row in rows)
    return HedgePlan(holdings=holdings, decisions=Decisions(venue=venue), overrides=Overrides(**overrides))


def positions_of(plan, market):
    return {p.holding.coin: p for p in price_held_coins(plan, market, contracts_in_use(plan))}


@pytest.mark.parametrize(
    ("rows", "proxies"),
    [
        ([("SOL", 10)], {"SOL": "SOL"}),
        ([("SOL", 4)], {"SOL": "ETH"}),
        ([("SOL", 4), ("SOL", 2, "speculative")], {"SOL": "ETH"}),  # a speculative trade does not count
        ([("SOL", 5)], {"SOL": "ETH"}),  # half of it to short: 0.5 lots round to none
        ([("SOL", 5.1)], {"SOL": "SOL"}),
        ([("BTC", 0.005), ("WBTC", 0.006)], {"BTC": "BTC", "WBTC": "BTC"}),  # together 0.55 lots of 0.01
        ([("BTC", 0.005)], {"BTC": "BTC"}),  # beside a basket, Bitcoin and Ether always use theirs
        ([("ETH", 1), ("WSTETH", 1)], {"ETH": "ETH", "WSTETH": "ETH"}),
        ([("UNI", 100)], {"UNI": "ETH"}),  # no future of its own at this venue
    ],
)
def test_a_coins_own_future_is_used_when_what_is_to_be_shorted_rounds_to_a_lot(rows, proxies):
    market = make_market(prices={"WSTETH": 2_400.0, **dict(make_market().history.frame().iloc[-1])})
    plan = plan_of(*rows, prices={"WSTETH": 2_400.0} if any(row[0] == "WSTETH" for row in rows) else {})

    held_coins = price_held_coins(plan, market, contracts_in_use(plan))

    assert {p.holding.coin: p.proxy for p in held_coins if p.status == "hedged"} == proxies


def test_a_price_that_the_user_states_wins_and_says_so(market):
    held = positions_of(plan_of(("SOL", 10), prices={"SOL": 200.0}), market)["SOL"]

    assert (held.price, held.value, held.is_own_price) == (200.0, 2_000.0, True)
    assert positions_of(plan_of(("SOL", 10)), market)["SOL"].is_own_price is False


def test_a_renamed_coin_is_priced_and_hedged_as_the_new_one():
    market = make_market(coins=("BTC", "ETH", "SKY"), prices={"BTC": 60_000, "ETH": 2_000, "SKY": 0.05})

    held = positions_of(plan_of(("MKR", 2)), market)["MKR"]

    assert held.value == pytest.approx(2 * 24_000 * 0.05)
    assert held.moves_with == "SKY"
    assert "24,000 SKY" in held.note


def test_a_price_stated_for_the_new_name_holds_for_the_old_one():
    market = make_market(coins=("BTC", "ETH"))

    held = positions_of(plan_of(("MKR", 2), prices={"SKY": 0.06}), market)["MKR"]

    assert (held.price, held.is_own_price) == (pytest.approx(1_440), True)


@pytest.mark.parametrize(
    ("rows", "overrides", "status"),
    [
        ([("SOL", 10)], {}, "hedged"),
        ([("SOL", 10, "speculative")], {}, "speculative"),
        ([("USDC", 10)], {}, "stablecoin"),
        ([("USDC", 10, "speculative")], {}, "stablecoin"),
        ([("NOVA", 10)], {"prices": {"NOVA": 1.0}}, "unhedgeable"),
        ([("NOVA", 10)], {"prices": {"NOVA": 1.0}, "betas": {"NOVA": 1.8}}, "hedged"),
        ([("SOL", 10)], {"proxies": {"SOL": "DOGE"}}, "hedged"),
        ([("SOL", 10)], {"proxies": {"SOL": "UNI"}}, "unhedgeable"),  # no contract on it
    ],
)
def test_every_holding_has_a_status_and_unless_hedged_a_reason(market, rows, overrides, status):
    (held,) = positions_of(plan_of(*rows, **overrides), market).values()

    assert held.status == status
    assert held.reason


def test_a_stablecoin_without_a_quote_is_taken_at_a_dollar_and_one_with_a_quote_is_not():
    plain, quoted = make_market(), make_market(coins=("BTC", "ETH", "USDC"), prices={"BTC": 1, "ETH": 1, "USDC": 0.97})

    assert positions_of(plan_of(("USDC", 10)), plain)["USDC"].value == 10
    assert "valued at $1" in positions_of(plan_of(("USDC", 10)), plain)["USDC"].note
    assert positions_of(plan_of(("USDC", 10)), quoted)["USDC"].value == pytest.approx(9.7)


@pytest.mark.parametrize("coin", ["NOVA", "EUR", "EURC"])
def test_a_coin_without_any_price_is_refused_by_name(market, coin):
    with pytest.raises(MissingPrice, match=coin):
        positions_of(plan_of((coin, 10)), market)


def test_a_staked_coin_moves_with_its_underlying_but_has_its_own_price(market):
    held = positions_of(plan_of(("WSTETH", 1), prices={"WSTETH": 2_400.0}), market)["WSTETH"]

    assert (held.value, held.moves_with, held.proxy, held.beta) == (2_400.0, "ETH", "ETH", 1.0)


def test_an_override_for_the_wrapped_coin_holds_for_the_wrapper_and_the_wrappers_own_wins(market):
    both = positions_of(plan_of(("WBTC", 1), proxies={"BTC": "ETH"}), market)["WBTC"]
    own = positions_of(plan_of(("WBTC", 1), proxies={"BTC": "ETH", "WBTC": "BTC"}), market)["WBTC"]

    assert (both.proxy, own.proxy) == ("ETH", "BTC")


def test_a_venue_offers_the_contract_that_needs_the_fewest_rolls():
    in_use = contracts_in_use(plan_of())

    assert in_use["ETH"].id == "Coinbase Derivatives:ETP"
    assert contracts_in_use(plan_of(venue="CME"))["BTC"].id == "CME:MBT"  # monthly before weekly


def test_the_users_own_contract_wins_over_the_venues_and_a_chosen_one_over_both():
    own = CustomContract(code="MINE", underlying="ETH", coins=0.5)

    assert contracts_in_use(plan_of(contracts=(own,)))["ETH"].code == "MINE"
    chosen = contracts_in_use(plan_of(contracts=(own,), contract_choice={"ETH": "CME:MET"}))
    assert chosen["ETH"].id == "CME:MET"
    assert chosen["BTC"].venue == "Coinbase Derivatives"


@pytest.mark.parametrize(
    ("plan", "error", "words"),
    [
        ({"venue": "Nowhere"}, InvalidPlan, "decisions.venue: 'Nowhere'.*CME"),
        ({"contract_choice": {"ETH": "CME:NONE"}}, UnknownContract, "overrides.contract_choice.ETH.*CME:NONE.*CME:MET"),
        ({"contract_choice": {"ETH": "CME:MBT"}}, InvalidPlan, "overrides.contract_choice.ETH.*contract on BTC"),
        (
            {"contracts": (CustomContract(code="A", underlying="ETH", coins=1.0),) * 2},
            InvalidInput,
            "called 'A': rename one",
        ),
    ],
)
def test_a_contract_or_venue_that_does_not_exist_is_refused_with_its_field(plan, error, words):
    with pytest.raises(error, match=words):
        contracts_in_use(plan_of(**plan))


def test_the_price_of_an_underlying_is_the_users_else_the_markets_else_none(market):
    assert underlying_price_or_none(plan_of(prices={"ETH": 1_800.0}), market, "ETH") == 1_800.0
    assert underlying_price_or_none(plan_of(), market, "ETH") == pytest.approx(2_000.0)
    assert underlying_price_or_none(plan_of(), market, "NOVA") is None


@given(tradable_plans())
def test_every_row_of_the_bag_is_one_position_and_values_are_quantity_times_price(plan):
    market = make_market(seed=1, days=120)

    held_coins = price_held_coins(plan, market, contracts_in_use(plan))

    assert [held.holding for held in held_coins] == list(plan.bag.holdings)
    for held in held_coins:
        assert held.value == pytest.approx(held.holding.quantity * held.price)
        assert (held.status == "speculative") == (held.holding.role == "speculative" and held.holding.coin != "USDC")
        if held.status == "hedged":
            assert held.beta > 0
            assert held.proxy in contracts_in_use(plan)


def test_all_coins_without_a_price_are_named_at_once(market):
    plan = plan_of(("SOL", 10), ("FOO", 1), ("BAR", 2))

    with pytest.raises(MissingPrice, match="No price for FOO and BAR in") as caught:
        price_held_coins(plan, market, contracts_in_use(plan))

    assert caught.value.coins == ("FOO", "BAR")


def test_a_live_source_fetches_the_coins_that_may_be_in_the_basket_at_most_25_besides_btc_eth_and_sol():
    plan = plan_of(("ATOM", 1_000.0), venue="OKX")

    hedges = wanted_of(plan).hedges

    assert hedges[:2] == ("BTC", "ETH")
    assert {"SOL", "XRP", "LINK"} <= set(hedges)
    assert 25 <= len(hedges) <= 28
    assert wanted_of(plan_of(("ETH", 1.0), ("ATOM", 1_000.0))).covers(wanted_of(plan_of(("ETH", 1.0))))
    assert not wanted_of(plan_of(("ETH", 1.0))).covers(wanted_of(plan_of(("ETH", 1.0), ("ATOM", 1_000.0))))


@pytest.mark.parametrize(
    "plan",
    [
        plan_of(("ETH", 1.0), ("BTC", 1.0), ("USDC", 5.0)),
        plan_of(("ATOM", 1.0)).with_decisions(approach="bag_level"),
        plan_of(("ATOM", 1.0)).with_decisions(method="notional"),
        plan_of(("ATOM", 1.0), proxies={"ATOM": "ETH"}),
        plan_of(("ATOM", 1.0), venue="Nowhere"),
    ],
)
def test_a_plan_without_a_basket_needs_no_coins_besides_its_own(plan):
    assert wanted_of(plan).hedges == ()


SKY_MARKET = make_market(coins=("BTC", "ETH", "SKY"), prices={"BTC": 60_000.0, "ETH": 3_000.0, "SKY": 0.06})


@pytest.mark.parametrize(
    ("symbol", "own", "expected"),
    [
        ("SKY", {}, SKY_MARKET.price("SKY")),
        ("MKR", {}, 24_000 * SKY_MARKET.price("SKY")),  # renamed: 1 MKR counts as 24,000 SKY
        ("MKR", {"SKY": 0.07}, 24_000 * 0.07),
        ("MKR", {"SKY": 0.07, "MKR": 1_500.0}, 1_500.0),
        ("WBTC", {}, SKY_MARKET.price("BTC")),
        ("USDC", {}, 1.0),
        ("NOSUCHCOIN", {}, None),
        ("NOSUCHCOIN", {"NOSUCHCOIN": 2.0}, 2.0),
    ],
)
def test_a_price_is_the_users_then_the_markets_and_renamed_and_wrapped_coins_have_one(symbol, own, expected):
    assert price_of(SKY_MARKET, symbol, own) == (None if expected is None else pytest.approx(expected))


def test_without_a_market_only_the_users_prices_and_dollars_are_known():
    assert price_of(None, "SOL") is None
    assert price_of(None, "SOL", {"SOL": 150.0}) == 150.0
    assert price_of(None, "USDT") == 1.0


def test_the_coins_without_a_price_are_listed_once():
    assert unpriced_coins(SKY_MARKET, ["BTC", "AAA", "AAA", "USDC", "BBB"], {"BBB": 1.0}) == ("AAA",)
