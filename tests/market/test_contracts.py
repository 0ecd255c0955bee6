"""Contracts: what one lot is, and where its facts are from.

By hand: a micro Ether future of 0.1 ETH at $2,000 is worth 0.1 × 2,000 = $200 a lot. A contract of $100 of ETH
at $2,000 is 100 / 2,000 = 0.05 ETH. Kraken's PF_ETHUSD counts in coins and trades in steps of 0.001, so a lot is
0.001 ETH, $2, and 3,150 lots are an order of 3.15.
"""

from __future__ import annotations

import re
from datetime import date

import pytest
from hypothesis import given

from hedge_core.errors import InvalidInput, UnknownContract
from hedge_core.market import contracts
from hedge_core.market.coins import coin_symbol
from hedge_core.market.contracts import OWN_VENUE, CustomContract, catalogue
from hedge_core.tables import shipped_rows
from tests.support.strategies import amounts, custom_contracts


@pytest.mark.parametrize(
    ("contract_id", "price", "lot_notional", "coins", "lots", "quantity", "size_text"),
    [
        ("CME:MET", 2_000, 200.0, 0.1, 63, 63, "0.1 ETH"),
        ("CME:MBT", 60_000, 6_000.0, 0.1, 2, 2, "0.1 BTC"),
        ("CME:MSL", 150, 3_750.0, 25, 1, 1, "25 SOL"),
        ("CME:QSOL", 150, 750.0, 5, 1, 1, "5 SOL"),
        ("MEXC:BTC_USDT", 70_000, 7.0, 0.0001, 5, 5, "0.0001 BTC"),
        ("Binance:1000PEPEUSDT", 0.00001, 0.01, 1_000, 3, 3, "1,000 PEPE"),
        ("Coinbase Derivatives:ETP", 2_000, 200.0, 0.1, 63, 63, "0.1 ETH"),
        ("Kraken Futures:PF_ETHUSD", 2_000, 2.0, 0.001, 3150, 3.15, "0.001 ETH"),
        ("OKX:ETH-USDT-SWAP", 2_000, 2.0, 0.001, 7, 0.07, "0.001 ETH"),
        ("Deribit:BTC-PERPETUAL", 50_000, 10.0, 0.0002, 3, 3, "$10 of BTC"),
    ],
)
def test_a_lot_is_size_times_step(contract_id, price, lot_notional, coins, lots, quantity, size_text):
    contract = catalogue().get(contract_id)

    assert contract.lot_notional(price) == pytest.approx(lot_notional, rel=1e-12)
    assert contract.multiplier(price) == pytest.approx(coins, rel=1e-12)
    assert contract.quantity(lots) == pytest.approx(quantity, rel=1e-12)
    assert contract.quantity(-lots) == contract.quantity(lots)
    assert contract.size_text() == size_text


@pytest.mark.parametrize("contract", list(catalogue()), ids=lambda contract: contract.id)
def test_every_row_of_the_catalogue_is_sane_and_says_where_it_is_from(contract):
    assert contract.contract_size > 0
    assert contract.amount_step > 0
    assert coin_symbol(contract.underlying) == contract.underlying
    assert contract.source
    assert contract.confidence
    assert date.fromisoformat(contract.verified_on) <= date(2026, 12, 31)
    assert contract.is_catalogued
    assert (contract.style == "inverse") == contract.size_in_usd
    assert (contract.kind == "perpetual") == (contract.expiry == "none")
    assert (contract.expiry == "dated") == (contract.expires_on is not None)
    for rate in (contract.initial_margin_rate, contract.maintenance_margin_rate):
        assert rate is None or 0 < rate < 1.2  # a short of PEPE needs 114% of its value
    if contract.initial_margin_rate is not None and contract.maintenance_margin_rate is not None:
        assert contract.initial_margin_rate >= contract.maintenance_margin_rate
    for fee in (contract.maker_fee_rate, contract.taker_fee_rate):
        assert fee is None or -0.01 < fee < 0.01
    assert contract.margin_is_assumed or contract.maintenance_margin_rate is not None


@pytest.mark.parametrize(
    ("contract_id", "price", "lots"),
    [
        ("Binance:BTCUSDT", 70_736, 2),  # at least $100: a lot is 0.001 BTC, $70.74
        ("Binance:BTCUSDT", 120_000, 1),
        ("Binance:ETHUSDT", 2_058.8, 10),  # at least $20: a lot is $2.06, and 9 lots are $18.53
        ("Hyperliquid:SOL", 100, 10),  # at least $10: a lot is 0.01 SOL, $1
        ("CME:MET", 2_000, 1),
    ],
)
def test_the_smallest_order_is_worth_the_venues_minimum(contract_id, price, lots):
    contract = catalogue().get(contract_id).with_minimum_at(price)

    assert contract.minimum_lots == lots
    assert lots * contract.lot_notional(price) >= contract.minimum_notional


def test_margin_tables_start_at_nothing_and_grow():
    tabled = [contract for contract in catalogue() if contract.margin_tiers]

    assert len(tabled) > 100
    for contract in tabled:
        floors = [tier.notional_from for tier in contract.margin_tiers]
        assert floors[0] == 0
        assert floors == sorted(set(floors))
        for rates in ("initial_rate", "maintenance_rate"):
            values = [getattr(tier, rates) for tier in contract.margin_tiers]
            assert values == sorted(values)
        assert contract.initial_margin_rate == contract.margin_tiers[0].initial_rate
        assert contract.maintenance_margin_rate == contract.margin_tiers[0].maintenance_rate
        assert not contract.margin_is_assumed


def test_a_margin_that_is_not_assumed_has_a_rate_and_any_other_says_why():
    for contract in catalogue():
        if contract.margin_is_assumed:
            assert contract.margin_note, contract.id
        else:
            assert contract.maintenance_margin_rate is not None


def test_ids_are_venue_and_code_because_venues_share_codes():
    known = catalogue()

    assert len(known) == len({contract.id for contract in known})
    assert all(contract_id == contract.id for contract_id, contract in known.by_id.items())
    assert set(known.venues) == {contract.venue for contract in known}


def test_contracts_on_a_coin_are_found_by_venue():
    assert {c.code for c in catalogue().on("Coinbase Derivatives", "ETH")} == {"ET", "ETP"}
    assert catalogue().on("Coinbase Derivatives", "NOVA") == ()


def test_an_unknown_contract_is_refused_with_the_ones_that_the_venue_has():
    with pytest.raises(UnknownContract, match=r"'CME:XYZ'.*CME:MBT"):
        catalogue().get("CME:XYZ")
    with pytest.raises(UnknownContract, match=re.escape("There is no contract ''.")):
        catalogue().get("")


def test_the_users_own_contract_stands_under_a_venue_of_its_own():
    own = CustomContract(code="MICRO-ETH", underlying=" eth ", coins=0.1, fee_rate=0.001, maintenance_margin_rate=0.02)
    contract = own.contract()

    assert contract.id == f"{OWN_VENUE}:MICRO-ETH"
    assert not contract.is_catalogued
    assert contract.underlying == "ETH"
    assert contract.lot_notional(2_000) == pytest.approx(200)
    assert (contract.taker_fee_rate, contract.maintenance_margin_rate) == (0.001, 0.02)
    assert CustomContract(code="A", underlying="ETH", usd=100).contract().multiplier(2_000) == pytest.approx(0.05)


@pytest.mark.parametrize(
    ("sizes", "words"),
    [
        ({}, "either in coins"),
        ({"coins": 1.0, "usd": 1.0}, "either in coins"),
        ({"coins": 0.0}, "positive number"),
        ({"coins": -1.0}, "positive number"),
        ({"usd": float("nan")}, "positive number"),
        ({"usd": float("inf")}, "positive number"),
    ],
)
def test_an_own_contract_has_exactly_one_positive_size(sizes, words):
    with pytest.raises(InvalidInput, match=f"Contract 'MINE'.*{words}"):
        CustomContract(code="MINE", underlying="ETH", **sizes)


def test_two_own_contracts_with_one_code_are_refused_and_the_catalogue_stays_as_it_was():
    mine = CustomContract(code="MINE", underlying="ETH", coins=1.0)

    with pytest.raises(InvalidInput, match="called 'MINE'"):
        catalogue().with_custom([mine, mine])

    extended = catalogue().with_custom([mine])
    assert extended.get(f"{OWN_VENUE}:MINE") == mine.contract()
    assert f"{OWN_VENUE}:MINE" not in catalogue().by_id


@given(custom_contracts(), amounts(1e-9, 1e9))
def test_notional_is_coins_times_price_for_every_contract(own, price):
    contract = own.contract()

    assert contract.multiplier(price) * price == pytest.approx(contract.lot_notional(price), rel=1e-12)


def test_every_column_of_the_catalogue_is_read():
    rows = shipped_rows("contracts.csv")
    first, used = next(rows), set()

    class Row(dict):
        def __getitem__(self, name):
            used.add(name)
            return super().__getitem__(name)

    contracts._contract(Row(first))

    assert used == set(first)
