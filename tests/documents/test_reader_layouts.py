"""Tables of an unusual layout, and amounts in the smallest units of a token.

By hand: 410 LINK with 18 decimals are 410·10^18 units, 0.5 USDC with 6 decimals 500,000 units.
"""

from __future__ import annotations

import pytest

from hedge_core.documents.reader.holdings import read
from hedge_core.errors import InvalidFile


def bag(text: str) -> dict[str, float]:
    return {holding.coin: holding.quantity for holding in read(text).holdings}


def grades(text: str) -> list[str]:
    return [doubt.grade for doubt in read(text).doubts if doubt.grade != "note"]


def test_coins_side_by_side_are_read_column_by_column():
    reading = read("Coin,SOL,LINK\nQuantity,12.5,410\nPrice,148,14.38\n")

    assert [(h.coin, h.quantity) for h in reading.holdings] == [("SOL", 12.5), ("LINK", 410.0)]
    assert reading.prices == {"SOL": 148.0, "LINK": 14.38}
    assert "Each column is read as a coin" in reading.doubts[0].text


def test_a_table_that_only_looks_so_is_not_turned():
    with pytest.raises(InvalidFile, match="no column for the"):
        read("Coin,SOL,Something\nQuantity,12.5,410\n")  # one title is no coin
    assert "ask" in grades("Coin,SOL,LINK\nColour,1,2\n")  # no line counts coins


def test_coins_that_only_the_amounts_name_are_taken_from_there():
    assert bag("Account,Balance\nBitcoin 1,0.41 BTC\nSavings,12.5 SOL\n") == {"BTC": 0.41, "SOL": 12.5}


def test_such_a_table_can_be_read_again_with_the_columns_that_were_found():
    text = "Account,Balance\nBitcoin 1,0.41 BTC\nSavings,12.5 SOL\n"
    first = read(text)

    assert read(text, mapping=first.mapping) == first


def test_amounts_of_which_one_names_no_coin_have_no_coins():
    with pytest.raises(InvalidFile, match="no column for the coin"):
        read("Account,Balance\nBitcoin 1,0.41 BTC\nSavings,12.5\n")


def test_amounts_that_all_may_be_raw_are_refused():
    text = "symbol,balance,decimals\nLINK,410000000000000000000,18\nUSDC,500000,6\n"

    with pytest.raises(InvalidFile, match="would be 410 coins"):
        read(text)


@pytest.mark.parametrize(
    ("text", "asked"),
    [
        ("symbol,balance,decimals\nLINK,410.5,18\nUSDC,500000,6\n", []),  # a fraction: plain numbers
        ("symbol,balance,decimals\nLINK,410,18\nUSDC,500,6\n", []),  # raw they would be dust
        ("symbol,balance,decimals\nLINK,410,18\nUSDC,500000,6\n", ["ask"]),  # half a dollar, or half a million
    ],
)
def test_amounts_beside_decimals_are_asked_about_only_where_they_may_be_raw(text, asked):
    assert grades(text) == asked


@pytest.mark.parametrize(
    "title", ["Quantity (k)", "Amount (millions)", "Bestand in Tsd.", "Balance (wei)", "Raw balance", "Amount in 000s"]
)
def test_a_column_that_counts_thousands_or_smallest_units_is_not_read(title):
    with pytest.raises(InvalidFile, match="counts thousands or the smallest units"):
        read(f"Coin,{title}\nSOL,12.5\nLINK,410\n")


@pytest.mark.parametrize(
    "title", ["Quantity", "Balance (total)", "Amount in wallet", "Units (main)", "Holdings (coins)"]
)
def test_other_titles_with_brackets_count_coins(title):
    assert bag(f"Coin,{title}\nSOL,12.5\nLINK,411\n") == {"SOL": 12.5, "LINK": 411.0}


def test_a_row_worth_less_than_nothing_is_a_debt():
    assert bag("Token,Amount,USD Value\nETH,4,12720\nETH,1,-3180\n") == {"ETH": 3.0}


def test_a_debt_token_is_subtracted_from_the_token_that_was_deposited():
    assert bag("Token,Balance\naEthWETH,4\nvariableDebtEthWETH,1\n") == {"AETHWETH": 3.0}


def test_interest_is_a_debt_only_beside_a_loan():
    assert bag("Coin,Balance,Interest\nETH,4,0.5\nSOL,2,0.25\n") == {"ETH": 4.0, "SOL": 2.0}
    assert bag("Coin,Balance,Borrowed,Interest\nETH,4,1,0.5\nSOL,2,0,0\n") == {"ETH": 2.5, "SOL": 2.0}


def test_numbers_with_a_plus_sign_are_asked_about():
    assert grades("Coin,Amount\nSOL,+10\nLINK,+5\n") == ["ask"]


def test_a_total_beside_what_it_cost_is_asked_about():
    assert grades("Coin,Total,Invested\nSOL,1850,1250\nLINK,5896,4510\n") == ["ask"]


def test_a_column_that_is_not_understood_beside_parts_is_asked_about():
    assert grades("Token,Claimed,Vesting\nARB,200,800\n") == ["ask"]
    assert grades("Coin,Available,Frozen,All together\nSOL,2.5,10,12.5\n") == []  # it is their sum


def test_a_company_by_its_name_is_no_coin():
    text = "Symbol,Description,Quantity,Price\nAAPL,Apple Inc,10,190\nBTC,Bitcoin,0.41,92400\n"

    assert bag(text) == {"BTC": 0.41}
    assert any("a share or a fund" in doubt.text for doubt in read(text).doubts)


def test_a_ledger_in_german_is_read_at_its_last_balance():
    text = "Datum;Asset;Betrag;Saldo\n01.03.2026 10:00;SOL;10;10\n02.03.2026 10:00;SOL;2,5;12,5\n"

    assert bag(text) == {"SOL": 12.5}
