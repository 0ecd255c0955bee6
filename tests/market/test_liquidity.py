"""How liquid a contract is: figures with their source, and the figures of a class where there is none."""

from __future__ import annotations

from datetime import date

import pytest

from hedge_core.market.contracts import catalogue
from hedge_core.market.liquidity import CLASSES, liquidity_of
from hedge_core.tables import shipped_rows

ROWS = list(shipped_rows("liquidity.csv"))


@pytest.mark.parametrize(
    ("contract", "of_class", "volume", "half_spread_bp"),
    [
        ("CME:MBT", "A", 658e6, 2.7),  # CME's volume page 2026-08-28; a trader's slippage report
        ("CME:MET", "B", 55_192_500.0, 8.0),
        ("Coinbase Derivatives:BIP", "A", 437.6e6, 1.0),  # of two measured half spreads the wider
        ("Coinbase Derivatives:AVP", "D", 0.3e6, 8.9),  # no volume found
        ("Coinbase Derivatives:DOP", "C", 3e6, 6.0),
        ("Coinbase Derivatives:ZEC", "D", 0.3e6, 15.0),
        ("Kraken Futures:PF_SOLUSD", "B", 20e6, 3.0),
        ("MEXC:BTC_USDT", "D", 0.3e6, 15.0),
    ],
)
def test_a_figure_with_a_source_is_used_and_its_class_stands_for_the_rest(contract, of_class, volume, half_spread_bp):
    found = liquidity_of(catalogue().get(contract))

    assert found.of_class == of_class
    assert found.daily_volume == pytest.approx(volume)
    assert found.half_spread_rate == pytest.approx(half_spread_bp / 10_000)
    assert found.depth == CLASSES[of_class].depth


def test_what_is_assumed_is_marked_and_what_is_known_says_from_where_and_when():
    for contract in catalogue():
        found = liquidity_of(contract)
        assert found.is_volume_assumed == (found.daily_volume == CLASSES[found.of_class].daily_volume)
        assert found.is_volume_assumed == (not found.volume_as_of)
        assert found.is_spread_assumed or found.half_spread_rate > 0


def test_a_contract_that_no_row_names_counts_as_the_least_liquid():
    unnamed = [c for c in catalogue() if c.id not in {f"{row['venue']}:{row['code']}" for row in ROWS}]

    assert {liquidity_of(contract).of_class for contract in unnamed} == {"D"}


def test_every_row_is_a_contract_of_the_catalogue_once_and_its_dates_are_days():
    ids = [f"{row['venue']}:{row['code']}" for row in ROWS]

    assert len(set(ids)) == len(ids)
    assert set(ids) <= set(catalogue().by_id)
    for row in ROWS:
        assert not row["spread_as_of"] or date.fromisoformat(row["spread_as_of"]) <= date(2026, 11, 29)
        assert bool(row["half_spread_bp"]) == bool(row["spread_source"])


def test_less_liquid_classes_trade_less_cost_more_and_take_smaller_orders():
    volumes, spreads, depths = zip(
        *((c.daily_volume, c.half_spread_rate, c.depth) for c in CLASSES.values()), strict=True
    )

    assert sorted(volumes, reverse=True) == list(volumes)
    assert sorted(spreads) == list(spreads)
    assert sorted(depths, reverse=True) == list(depths)
