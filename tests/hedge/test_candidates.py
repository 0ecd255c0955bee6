"""The candidates of a basket.

By hand: a bag of $2,000 allows lots of up to $500. One SOL lot of 5 coins at $150 is $750, too large; one LINK lot of
10 coins at $15 is $150. One BTC lot is $6,000, and BTC is a candidate all the same.
"""

from __future__ import annotations

import pytest

from hedge_core.hedge.candidates import MOST_CANDIDATES, basket_candidates
from hedge_core.market.contracts import CustomContract

SIZES = {"LINK": 10.0, "SOL": 5.0, "BTC": 0.1, "AVAX": 10.0, "ETH": 0.1}
PRICES = {"BTC": 60_000.0, "ETH": 2_000.0, "SOL": 150.0, "LINK": 15.0, "AVAX": 30.0}
VOLUMES = {"BTC": 9e8, "SOL": 8e7, "AVAX": 2e7}


def contracts(sizes):
    return {
        coin: CustomContract(code=f"C-{coin}", underlying=coin, coins=size).contract() for coin, size in sizes.items()
    }


@pytest.mark.parametrize(
    ("value", "candidates"),
    [
        (500.0, ("BTC", "ETH")),
        (599.0, ("BTC", "ETH")),
        (600.0, ("BTC", "ETH", "LINK")),
        (2_000.0, ("BTC", "ETH", "AVAX", "LINK")),
        (3_000.0, ("BTC", "ETH", "SOL", "AVAX", "LINK")),
    ],
)
def test_a_lot_may_be_a_quarter_of_the_bag_and_candidates_come_by_volume(value, candidates):
    assert basket_candidates(contracts(SIZES), PRICES, VOLUMES, value=value) == candidates


def test_the_coins_of_most_volume_are_candidates_and_sol_whatever_its_volume():
    coins = [f"C{number}" for number in range(40)]
    sizes = dict.fromkeys((*coins, "SOL", "ETH", "BTC"), 1.0)
    volumes = {coin: 1e6 + number for number, coin in enumerate(coins)}

    found = basket_candidates(contracts(sizes), dict.fromkeys(sizes, 1.0), volumes, value=1e6)

    assert found == ("BTC", "ETH", *reversed(coins[-MOST_CANDIDATES:]), "SOL")


def test_a_coin_without_a_price_is_none_and_unknown_volume_comes_last_in_the_order_given():
    sizes = dict.fromkeys(("LTC", "DOT", "BTC", "XRP", "ADA"), 1.0)
    prices = dict.fromkeys(("LTC", "DOT", "BTC", "XRP"), 1.0)

    assert basket_candidates(contracts(sizes), prices, {"XRP": 1.0}, value=10.0) == ("BTC", "XRP", "LTC", "DOT")
    assert basket_candidates({}, {}, {}, value=10.0) == ()
