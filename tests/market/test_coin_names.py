"""Which coin a name stands for, and what is asked when it may be another."""

from __future__ import annotations

import pytest

from hedge_core.market.coin_names import coin_named, known_coins, nearest_known


@pytest.mark.parametrize(
    ("text", "coin"),
    [
        ("BITCON", "BTC"),  # a letter lost in a full name
        ("Bitcion", "BTC"),  # two letters swapped in a full name
        ("Vitcoin", "BTC"),  # the first letter of a full name
        ("Etherum", "ETH"),
        ("Solanna", "SOL"),  # a letter too many
        ("Shiba Inuu", "SHIB"),
        ("SLO", "SOL"),  # two letters swapped in a ticker, the first among them
        ("OSL", "SOL"),
        ("LNIK", "LINK"),
        ("ILNK", "LINK"),
        ("LIKN", "LINK"),
        ("AVAAX", "AVAX"),
        ("ZZZZZZ", ""),
        ("SO", ""),
    ],
)
def test_a_slip_in_a_ticker_or_a_full_name_suggests_the_coin(text, coin):
    assert nearest_known(text) == coin


@pytest.mark.parametrize(
    ("text", "coin", "words"),
    [
        ("Bitcoin Csh", "BTC", "it may be BCH, misspelt"),
        ("Bitcoin Diamond", "BTC", "'Diamond' is no part of its name that we know"),
        ("Polkadot Gold", "DOT", "'Gold' is no part of its name"),
        ("Curve stETH", "STETH", "names CRV and STETH"),
        ("Aave USDC", "USDC", "names AAVE and USDC"),  # a deposit at Aave is no AAVE
    ],
)
def test_a_name_that_goes_on_after_a_known_one_is_a_question(text, coin, words):
    named = coin_named(text)

    assert named.coin == coin
    assert words in named.question


@pytest.mark.parametrize(
    ("text", "coin"),
    [
        ("Bitcoin Gold", "BTG"),
        ("Staked SOL", "SOL"),
        ("Solana SOL", "SOL"),
        ("Lido Staked Ether", "STETH"),
        ("BTC USD", "BTC"),
        ("Ethereum USDC", "USDC"),
    ],
)
def test_names_of_several_words_that_are_known_are_no_question(text, coin):
    named = coin_named(text)

    assert (named.coin, named.question) == (coin, "")


@pytest.mark.parametrize(
    "text",
    ["Chainlink LP", "ETH/USDC LP", "Uniswap V2 ETH/USDC", "ETH-USDC UNI-V2", "3X Long Bitcoin", "BTC Bull Token"],
)
def test_shares_of_pools_and_leveraged_products_are_no_coins(text):
    assert coin_named(text).coin == ""


def test_every_known_ticker_stands_for_itself_without_a_question():
    wrong = [coin for coin in known_coins() if not coin_named(coin).is_known]

    assert wrong == []


@pytest.mark.parametrize(
    ("text", "coin"),
    [
        ("Ethereum (Wormhole)", "ETH"),  # the network, not its coin W
        ("USD Coin (Wormhole)", "USDC"),
        ("USDC (Avalanche)", "USDC"),
        ("Binance-Peg Ethereum Token", "ETH"),
        ("Bridged USDC (Polygon PoS Bridge)", "USDC"),
        ("Wrapped Bitcoin (Sollet)", "WBTC"),
        ("Staked ETH (Lido)", "ETH"),
        ("Ethereum Staked", "ETH"),
        ("Polygon (ex-MATIC)", "POL"),  # a former name
        ("Sonic (prev. FTM)", "S"),
        ("UNI7083-USD", "UNI"),  # Yahoo
        ("LDSHIB2", "SHIB"),  # Binance Earn
        ("Wormhole (W)", "W"),  # the coins of bridges and networks themselves
        ("Avalanche (AVAX)", "AVAX"),
        ("Lido (LDO)", "LDO"),
        ("Sonic (SONIC)", "SONIC"),
        ("JUP", "JUP"),  # ends like a leveraged token
    ],
)
def test_where_a_coin_lies_or_what_it_was_called_does_not_change_the_coin(text, coin):
    named = coin_named(text)

    assert (named.coin, named.units, named.is_known, named.question) == (coin, 1.0, True, "")


@pytest.mark.parametrize("text", ["BTCUP", "ETH3L", "SOLBEAR", "LINK5S"])
def test_a_leveraged_token_is_no_coin(text):
    assert coin_named(text).coin == ""
    assert "leveraged token" in coin_named(text).note


@pytest.mark.parametrize(
    ("text", "coin"),
    [("avalanche-2", "AVAX"), ("matic-network", "MATIC"), ("shiba-inu", "SHIB"), ("binancecoin", "BNB"),
     ("near", "NEAR"),
     ("the-graph", "GRT"), ("bitcoin-cash", "BCH"), ("hedera-hashgraph", "HBAR"), ("ＳＯＬ", "SOL")],
)  # fmt: skip
def test_ids_of_price_services_and_wide_letters_are_read(text, coin):
    assert coin_named(text).coin == coin
