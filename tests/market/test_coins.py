"""Coins by their symbols: renamed, wrapped and staked coins, stablecoins, and what is not a symbol.

By hand: 2 MKR were renamed at 1 : 24,000, so they are priced as 48,000 SKY. At $0.05 per SKY they are worth $2,400.
"""

from __future__ import annotations

import pytest

from hedge_core.errors import InvalidInput
from hedge_core.market.coins import coin_symbol, is_stablecoin, resolve_coin


def test_a_renamed_coin_is_carried_over_at_its_ratio():
    resolved = resolve_coin("MKR", known=("SKY", "ETH"))

    assert (resolved.priced_as, resolved.moves_with, resolved.units) == ("SKY", "SKY", 24_000)
    assert 2 * resolved.units * 0.05 == pytest.approx(2_400)
    assert "check the ratio" in resolved.note


@pytest.mark.parametrize(
    ("symbol", "known", "priced_as", "moves_with"),
    [
        ("SOL", (), "SOL", "SOL"),
        ("WBTC", ("BTC",), "BTC", "BTC"),
        ("WETH", ("WETH", "ETH"), "ETH", "ETH"),
        ("WSTETH", (), "WSTETH", "ETH"),
        ("JITOSOL", (), "JITOSOL", "SOL"),
        ("MATIC", ("POL",), "POL", "POL"),
        ("MATIC", ("MATIC", "POL"), "MATIC", "MATIC"),  # a source that still lists the old name is believed
        ("UNHEARD", (), "UNHEARD", "UNHEARD"),
    ],
)
def test_a_symbol_stands_for_the_coin_that_it_wraps_stakes_or_became(symbol, known, priced_as, moves_with):
    resolved = resolve_coin(symbol, known)

    assert (resolved.priced_as, resolved.moves_with) == (priced_as, moves_with)
    assert bool(resolved.note) == (symbol != priced_as or symbol != moves_with)


@pytest.mark.parametrize(("coin", "expected"), [("USDC", True), ("USD", True), ("EUR", True), ("ETH", False)])
def test_stablecoins_are_known_by_name(coin, expected):
    assert is_stablecoin(coin) is expected


@pytest.mark.parametrize(("typed", "symbol"), [(" sol ", "SOL"), ("1inch", "1INCH"), ("usdc.e", "USDC.E"), ("a", "A")])
def test_a_symbol_is_put_in_upper_case_without_spaces(typed, symbol):
    assert coin_symbol(typed) == symbol


@pytest.mark.parametrize(
    "typed", ["", " ", "=SUM(A1)", "<b>SOL</b>", "A B", "-SOL", "@SOL", "SOL/USDT", "X" * 17, "\x00"]
)
def test_what_is_no_symbol_is_refused_by_name(typed):
    with pytest.raises(InvalidInput, match="not a coin symbol"):
        coin_symbol(typed)
