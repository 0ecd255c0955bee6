"""A venue's list as contracts: sizes, steps, expiries and margin as hand-worked from the venue's own words."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from hedge_core.hedge.sizing import size_leg
from hedge_core.market.contracts import Contract, MarginTier, catalogue
from hedge_core.market.live.listing import listed_contracts
from hedge_core.market.venues import EXCHANGES

ON = date(2026, 1, 31)


def swap(base: str, /, **fields: object) -> dict[str, object]:
    market = {
        "id": f"{base}-USDT-SWAP", "symbol": f"{base}/USDT:USDT", "base": base, "quote": "USDT", "settle": "USDT",
        "active": True, "swap": True, "future": False, "linear": True, "inverse": False, "contractSize": 0.1,
        "precision": {"amount": 0.1, "price": 0.01}, "limits": {"amount": {"min": 0.1}}, "maker": 0.0002,
        "taker": 0.0005, "info": {},
    }  # fmt: skip
    return {**market, **fields}


def only(exchange: str, market: dict[str, object]) -> Contract:
    (listed,) = listed_contracts([market], EXCHANGES[exchange], ON)
    return listed.contract


def test_a_lot_at_okx_is_the_step_of_an_order_times_the_contracts_size():
    contract = only("okx", swap("ETH"))

    assert contract.id == "OKX:ETH-USDT-SWAP"
    assert contract.lot_notional(2_000.0) == pytest.approx(20.0)  # 0.1 contract of 0.1 ETH
    assert contract.quantity(63) == 6.3
    assert (contract.taker_fee_rate, contract.tick, contract.minimum_lots) == (0.0005, 0.01, 1)
    assert (contract.kind, contract.style, contract.expiry) == ("perpetual", "linear", "none")


def test_a_contract_on_a_thousand_coins_is_a_thousand_times_the_size():
    contract = only("bybit", swap("SHIB1000", contractSize=1.0, precision={"amount": 10.0, "price": 1e-6}))

    assert (contract.underlying, contract.contract_size, contract.quote_per_coins) == ("SHIB", 1000.0, 1000)
    assert contract.lot_notional(0.00002) == pytest.approx(10 * 1000 * 0.00002)


def test_hyperliquid_writes_a_thousand_as_a_small_k():
    contract = only("hyperliquid", swap("KPEPE", info={"name": "kPEPE", "maxLeverage": "10"}, contractSize=1.0))

    assert (contract.underlying, contract.contract_size, contract.code) == ("PEPE", 1000.0, "kPEPE")
    assert contract.margin_tiers == (MarginTier(0.0, 0.1, 0.05),)


def test_coinbases_shib_counts_in_thousands_and_its_wrong_fee_is_not_taken_over():
    details = {"contract_code": "SHP"}
    contract = only(
        "coinbase",
        swap(
            "SHIB", contractSize=10_000.0, taker=0.06, info={"future_product_details": details}, precision={"amount": 1}
        ),
    )

    assert contract.id == "Coinbase Derivatives:SHP"
    assert contract.contract_size == catalogue().get(contract.id).contract_size == 10_000_000
    assert contract.taker_fee_rate is None


@pytest.mark.parametrize(("exchange", "size"), [("bingx", 0.0), ("bingx", 0.0001), ("weex", 0.0001), ("bingx", None)])
def test_where_amounts_are_coins_the_size_in_the_list_is_not_the_size(exchange, size):
    contract = only(exchange, swap("ETH", contractSize=size, precision={"amount": 0.01, "price": 0.01}))

    assert (contract.contract_size, contract.amount_step) == (1.0, 0.01)
    assert contract.lot_notional(3_000.0) == pytest.approx(30.0)


@pytest.mark.parametrize("rate", ["", "abc", None, "0", "-1", "92"])
def test_a_margin_of_coinbase_that_cannot_be_a_fraction_is_not_used(rate):
    details = {"contract_code": "DOP", "overnight_margin_rate": {"short_margin_rate": rate}}
    contract = only("coinbase", swap("DOGE", info={"future_product_details": details}))

    assert (contract.margin_tiers, contract.maintenance_margin_rate) == ((), None)


def test_an_inverse_contract_is_sized_in_dollars():
    contract = only("okx", swap("BTC", inverse=True, linear=False, contractSize=100.0, precision={"amount": 1.0}))

    assert (contract.style, contract.size_in_usd, contract.lot_notional(60_000.0)) == ("inverse", True, 100.0)


def test_a_dated_future_carries_its_day_and_an_expired_one_is_left_out():
    def dated(day: date) -> dict[str, object]:
        expiry = datetime(day.year, day.month, day.day, 8, tzinfo=UTC).timestamp() * 1000
        return swap("ETH", swap=False, future=True, expiry=expiry)

    contract = only("okx", dated(date(2026, 3, 27)))

    assert (contract.kind, contract.expiry, contract.expires_on) == ("future", "dated", date(2026, 3, 27))
    assert listed_contracts([dated(date(2026, 1, 30))], EXCHANGES["okx"], ON) == []


@pytest.mark.parametrize(
    "odd",
    [
        {"active": False}, {"contractSize": None}, {"contractSize": 0}, {"swap": False}, {"base": "NOT A COIN!"},
        {"swap": False, "future": True, "expiry": 10**30}, {"contractSize": 10**400},
    ],
)  # fmt: skip
def test_what_cannot_be_a_contract_is_left_out(odd):
    assert listed_contracts([swap("ETH", **odd)], EXCHANGES["okx"], ON) == []


def test_kraken_futures_margin_comes_from_its_retail_table_where_there_is_one():
    levels = [
        {"numNonContractUnits": 0, "initialMargin": 0.02, "maintenanceMargin": 0.01},
        {"numNonContractUnits": 500_000, "initialMargin": 0.04, "maintenanceMargin": 0.02},
    ]
    retail = [{"contracts": 0, "initialMargin": 0.5, "maintenanceMargin": 0.25}]
    market = swap("BTC", id="PF_XBTUSD")

    plain = only("krakenfutures", {**market, "info": {"marginLevels": levels}})
    assert (plain.initial_margin_rate, plain.maintenance_margin_rate, plain.margin_tier_limit) == (0.02, 0.01, 500_000)
    assert not plain.margin_is_assumed
    cautious = only("krakenfutures", {**market, "info": {"marginLevels": levels, "retailMarginLevels": retail}})
    assert (cautious.initial_margin_rate, cautious.maintenance_margin_rate) == (0.5, 0.25)


def test_a_listing_of_the_same_size_confirms_the_catalogue_and_brings_it_up_to_date():
    row = catalogue().get("OKX:ETH-USDT-SWAP")
    both = catalogue().with_listed([only("okx", swap("ETH", precision={"amount": 0.01, "price": 0.05}))]).get(row.id)

    assert both.conflict == ""
    assert (both.amount_step, both.tick, both.verified_on) == (0.01, 0.05, "2026-01-31")
    assert both.taker_fee_rate == row.taker_fee_rate
    assert "confirmed by OKX" in both.source


def test_a_listing_of_the_first_tier_alone_leaves_the_table_and_another_rate_replaces_it():
    """Hyperliquid's list states the highest leverage of a contract; its table asks more of larger positions."""
    row = next(one for one in catalogue() if one.venue == "Hyperliquid" and len(one.margin_tiers) > 1)
    first = row.margin_tiers[0]

    def merged(rate: float) -> Contract:
        listed = replace(row, verified_on="2026-01-31").with_margin_tiers((MarginTier(0.0, rate, rate / 2),))
        return catalogue().with_listed([listed]).get(row.id)

    assert merged(first.initial_rate).margin_tiers == row.margin_tiers
    assert merged(first.initial_rate).margin_as_of == row.margin_as_of
    assert merged(0.5).margin_tiers == (MarginTier(0.0, 0.5, 0.25),)
    assert merged(0.5).margin_as_of == "2026-01-31"


def test_what_is_wrong_with_a_listing_is_wrong_with_the_contract():
    odd = replace(only("okx", swap("ETH")), conflict="it trades at 5 USD per coin, ETH at 2,000")

    assert catalogue().with_listed([odd]).get(odd.id).conflict == odd.conflict


def test_a_listing_of_another_size_makes_a_conflict_that_names_both():
    both = catalogue().with_listed([only("okx", swap("ETH", contractSize=0.01))]).get("OKX:ETH-USDT-SWAP")

    assert "says 0.1 ETH per contract" in both.conflict
    assert both.conflict.endswith("OKX's own list says 0.01 ETH")


@pytest.mark.parametrize(("rounding", "lots"), [("nearest", 0), ("down", 0), ("up", 50)])
def test_an_order_below_the_venues_minimum_is_none_or_the_minimum_when_rounding_up(rounding, lots):
    contract = only("okx", swap("ETH", limits={"amount": {"min": 5.0}}))
    assert contract.minimum_lots == 50

    leg = size_leg(contract, price=2_000.0, target=400.0, ideal=400.0, rounding=rounding)

    assert leg.exact_contracts == pytest.approx(20.0)
    assert leg.contracts == -lots
    assert size_leg(contract, price=2_000.0, target=1_200.0, ideal=1_200.0, rounding=rounding).contracts == -60


def test_limits_and_precision_that_are_something_else_say_nothing():
    contract = only("okx", swap("ETH", precision="0.1", limits={"amount": "0.1", "cost": 5}))

    assert (contract.amount_step, contract.minimum_amount, contract.minimum_notional, contract.tick) == (
        1.0,
        0.0,
        0.0,
        None,
    )


@pytest.mark.parametrize("step", [None, 0, 0.0, -0.1, float("nan"), "", "x", 10**400])
def test_a_contract_without_a_usable_step_is_listed_and_not_sized(step):
    contract = only("krakenfutures", swap("BTC", id="PF_XBTUSD", contractSize=1, precision={"amount": step}))
    merged = catalogue().with_listed([contract]).get("Kraken Futures:PF_XBTUSD")

    assert merged.conflict == "Kraken Futures's own list does not state in which steps it is ordered"
    assert only("krakenfutures", swap("BTC", id="PF_XBTUSD", precision={"amount": 0.0001})).conflict == ""
    inverse = swap("BTC", quote="USD", settle="BTC", linear=False, inverse=True, precision={"amount": step})
    assert (only("krakenfutures", inverse).conflict, only("krakenfutures", inverse).amount_step) == ("", 1.0)


@pytest.mark.parametrize(
    ("market", "is_possible"),
    [
        ({}, True),
        ({"quote": "USD", "settle": "USD"}, True),
        ({"settle": "USDC"}, True),
        ({"quote": "USD", "settle": "ETH", "linear": False, "inverse": True}, True),
        ({"settle": "ETH", "linear": False, "inverse": True}, False),
        ({"quote": "USDC", "settle": "ETH", "linear": False, "inverse": True}, False),
        ({"settle": "BTC", "linear": False}, False),
        ({"settle": "EUR", "linear": False}, False),
        ({"settle": None}, True),
    ],
)
def test_a_contract_is_settled_in_dollars_or_inverse_and_quoted_in_usd(market, is_possible):
    """0.1 ETH per contract, quoted in USDT and settled in ETH, would be taken for $0.10 of ETH per contract."""
    contract = only("okx", swap("ETH", **market))

    assert (contract.conflict == "") == is_possible
    assert is_possible or f"settled in {market['settle']}" in contract.conflict
