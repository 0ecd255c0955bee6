"""Prices on the tick, by hand.

MET, tick 0.5         2,771.26 sold waits at 2,771.5, bought at 2,771.0
SHP, per 1,000 SHIB   $0.0000098 a coin is 0.0098 per 1,000
Hyperliquid           five digits, at most 6 less the decimals of the quantity: 1,234.56 is 1,234.6; 0.0123456 of a
                      coin that trades in whole coins is 0.012346
"""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given, strategies as st

from hedge_core.market.contracts import catalogue
from hedge_core.market.ticks import on_tick, per_coin, plain_number, price_text, price_unit, quantity_unit, tick_of

CONTRACTS = tuple(catalogue())


def contract(name):
    return catalogue().get(name)


@pytest.mark.parametrize(
    ("name", "price", "sold", "bought"),
    [
        ("CME:MET", 2_771.26, "2771.5", "2771.0"),
        ("CME:MET", 2_771.5, "2771.5", "2771.5"),
        ("CME:MBT", 92_403.0, "92405", "92400"),
        ("CME:MXP", 2.05004, "2.0505", "2.0500"),
        ("Binance:1000SHIBUSDT", 0.0000098004, "0.009801", "0.009800"),
        ("Hyperliquid:ETH", 1_234.56, "1234.6", "1234.5"),
        ("Hyperliquid:kPEPE", 0.0000123456, "0.012346", "0.012345"),
        ("Hyperliquid:BTC", 123_456.7, "123457", "123456"),  # a whole number may have more digits
        ("Coinbase Derivatives:SHP", 0.00000980049, "0.009801", "0.009800"),  # tick not known: four digits
    ],
)
def test_a_sale_waits_above_and_a_purchase_below(name, price, sold, bought):
    assert on_tick(contract(name), price, up=True) == Decimal(sold)
    assert on_tick(contract(name), price, up=False) == Decimal(bought)


def test_an_error_of_the_arithmetic_moves_no_tick():
    assert on_tick(contract("CME:MET"), 0.1 * 3 * 5_000, up=True) == Decimal("1500.0")


def test_a_tick_that_no_source_states_is_said_to_be_unknown():
    assert not tick_of(contract("Coinbase Derivatives:SHP"), 0.0000098).is_known
    assert tick_of(contract("CME:MET"), 2_000.0).is_known
    assert tick_of(contract("Hyperliquid:ETH"), 2_000.0).is_known


@given(st.sampled_from(CONTRACTS), st.floats(1e-6, 2e5), st.booleans())
def test_every_limit_is_a_whole_number_of_ticks_on_its_own_side_and_has_no_exponent(one, price, up):
    step = tick_of(one, price).step
    limit = on_tick(one, price, up=up)
    away = per_coin(one, limit) - price

    assert limit % step == 0
    assert limit > 0
    assert abs(away) <= float(step) / one.quote_per_coins * 1.001 or limit == step
    assert (away >= -1e-9 * price) if up else (away <= 1e-9 * price or limit == step)
    assert not {"e", "E"} & set(price_text(limit, step) + plain_number(limit))
    assert Decimal(price_text(limit, step).replace(",", "")) == limit


def test_units_are_those_of_the_order_form():
    assert price_unit(contract("Coinbase Derivatives:SHP")).text == "USD per 1,000 SHIB"
    assert price_unit(contract("Binance:ETHUSDT")) == ("USDT", "ETH")
    assert quantity_unit(contract("CME:MET")) == "contracts of 0.1 ETH"
    assert quantity_unit(contract("Kraken Futures:PF_ETHUSD")) == "ETH"
    assert quantity_unit(contract("Hyperliquid:kPEPE")) == "units of 1,000 PEPE"
    assert quantity_unit(contract("Deribit:BTC-PERPETUAL")) == "contracts of $10 of BTC"


@pytest.mark.parametrize(
    ("number", "text"), [(9.8e-06, "0.0000098"), (1e22, "10000000000000000000000"), (3.150, "3.15"), (100.0, "100")]
)
def test_a_number_is_written_out(number, text):
    assert plain_number(number) == text
