"""Kinds of tables that used to be read wrongly: the coins that they hold, and whether something is asked or refused."""

from __future__ import annotations

import pytest

from hedge_core.documents.reader.holdings import read, titles_in
from hedge_core.errors import InvalidFile


def outcome(text, **options):
    reading = read(text, **options)
    bag = {}
    for holding in reading.holdings:
        bag[holding.coin] = bag.get(holding.coin, 0.0) + holding.quantity
    return bag, [doubt.grade for doubt in reading.doubts if doubt.grade != "note"]


BOTH = {"SOL": 12.5, "LINK": 410.0}


@pytest.mark.parametrize(
    ("text", "bag"),
    [
        ("Coin,Qty\nETH,3\nETH,(1)\n", {"ETH": 2.0}),
        ("Coin;Menge\nETH;3\nETH;1-\n", {"ETH": 2.0}),
        ("Coin;Typ;Menge\nETH;Guthaben;3\nETH;Kredit;1\n", {"ETH": 2.0}),
        ("Asset,Balance,Borrowed\nETH,3.25,1\nSOL,10,0\n", {"ETH": 2.25, "SOL": 10.0}),
        ("Assets\nAsset,Balance\nETH,3\nLiabilities\nETH,1\n", {"ETH": 2.0}),
        ("Coin,Spot,Earn,Total\nSOL,2.5,10,12.5\nLINK,10,400,410\n", BOTH),
        ("Coin,Available,On Order,Total Balance\nSOL,2.5,10,12.5\nLINK,10,400,410\n", BOTH),
        ("Coin,Balance,Available,Staked\nSOL,2.5,2.5,10\nLINK,10,10,400\n", BOTH),
        ("Asset,USD,Units\nSOL,1850.00,12.5\nLINK,5895.80,410\n", BOTH),
        ("Coin,Amount (BTC),Quantity\nSOL,0.02,12.5\nLINK,0.06,410\n", BOTH),
        ("Coin,Qty,Value\nSOL,12.5,1850\nSubtotal,12.5,1850\nLINK,410,5895.80\nGrand Total,422.5,7745.8\n", BOTH),
        ("Coin,Qty,Value\nSOL,12.5,1850\nLINK,410,5895.80\n,,7745.8\n", BOTH),
        ("Coin,Qty\nSOL,12.5\nLINK,410\n,422.5\n", BOTH),
        ("Asset,Holdings,,Value\n,Units,USD,\nSOL,12.5,1850,1850\n", {"SOL": 12.5}),
        ("| Coin | Qty | Value |\n|---|---:|---|\n| SOL | 12.5 | $1,850 |\n| LINK | 410 | $5,895.80 |\n", BOTH),
        ("Coin;Menge\nSOL;1,25E+01\nLINK;4,1E+02\n", BOTH),
        ("Symbol,Type,Quantity,Price\nAAPL,Stock,10,200\nSOL,Cryptocurrency,12.5,148\n", {"SOL": 12.5}),
        ("Rank,Name,Symbol,Quantity,Market Cap\n1,Solana,SOL,12.5,80000000000\n2,Chainlink,LINK,410,9\n", BOTH),
        ("12.5,SOL\n410,LINK\n", BOTH),
        ("Solana,SOL,12.5\nChainlink,LINK,410\n", BOTH),
        ("1. SOL 12.5\n2. LINK 410\n", BOTH),
        ("🟣 SOL — 12.5\n🔵 LINK — 410\n", BOTH),
        ("My bag:\nSOL: 12.5\nLINK: 410 ($5,895)\n", BOTH),
        ("1INCH 500\nSOL 3\n", {"1INCH": 500.0, "SOL": 3.0}),
        ("12.5SOL\n410LINK\n", BOTH),
        ("3 Bitcoin Cash\n12.5 SOL\n", {"BCH": 3.0, "SOL": 12.5}),
        ("ADA 2.480\nSOL 14,5\n", {"ADA": 2480.0, "SOL": 14.5}),
        ("Coin,Contract,Quantity\nLINK,0x514910771af9ca656af840dff83e8264ecf986ca,410\nSOL,,12.5\n", BOTH),
        ('{"SOL": 12.5, "LINK": "410.0"}', BOTH),
        ('{"free": {"SOL": 2.5}, "used": {"SOL": 10}, "total": {"SOL": 12.5, "LINK": 410}}', BOTH),
        ('{"SOL": {"amount": 12.5}, "LINK": {"amount": 410}}', BOTH),
    ],
)
def test_a_table_is_read_without_a_question(text, bag):
    assert outcome(text) == (bag, [])


@pytest.mark.parametrize(
    ("text", "bag", "grades"),
    [
        ("Coin,Qty\nPEPE,1.5M\nSOL,12\n", {"SOL": 12.0}, ["refuse"]),
        ("Coin,Qty\nSOL,12.5\nXYZ,<0.01\n", {"SOL": 12.5}, ["refuse"]),
        ("SOL about 12\nLINK 410\n", {"LINK": 410.0}, ["refuse"]),
        ("Coin,Amount\nSOL,12.5 SOL\nLINK,5895.8 USDT\n", {"SOL": 12.5}, ["refuse"]),
        ("Symbol,Quantity\nBTC-PERP,0.5\nSOL,3\n", {"SOL": 3.0}, ["refuse"]),
        ("Asset,Balance\nSOL,1850.00\nLINK,5895.80\n", {"SOL": 1850.0, "LINK": 5895.8}, ["ask"]),
        ("Asset,Amount\nSOL,23.9\nLINK,76.1\n", {"SOL": 23.9, "LINK": 76.1}, ["ask"]),
        ("Asset,Balance,Staked\nSOL,12.5,10\nLINK,410,10\n", BOTH, ["ask"]),
        ("Asset,Balance,Staked\nSOL,2.5,10\nLINK,400,10\n", BOTH, ["ask"]),
        ("Date,Coin,Amount\n2026-01-01,SOL,12.5\n2026-02-01,LINK,410\n", BOTH, ["ask"]),
        ("Coin,Qty,Value\nSOL,12.5,1850\nTotal,,9999\nLINK,410,5895.80\n", BOTH, ["ask"]),
        ("Symbol,Name,Quantity\nSOL,Chainlink,12.5\nLINK,Chainlink,410\n", BOTH, ["ask"]),
        ("Coin,foo\nSOL,12.5\nLINK,410\n", BOTH, ["ask"]),
        ("Coin,Quantity\nSOL,12.5\nLINK,410\nName,Amount\nADA,5\n", BOTH, ["ask"]),
    ],
)
def test_what_could_be_something_else_is_asked_or_refused(text, bag, grades):
    assert outcome(text) == (bag, grades)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Asset,Allocation\nSOL,23.9\nLINK,76.1\n", "percentages"),
        ("Asset,USD\nSOL,1850.00\n", "amount of money"),
        ("Date,Coin,Amount,Price\n2026-01-01,SOL,5,140\n2026-02-01,SOL,7.5,150\n", "for 2 dates"),
        ("Coin,Side,Size\nSOL,Long,12.5\nETH,Short,2\n", "futures positions"),
        ("Order ID,Date,Symbol,Quantity\n1,2026-01-01,SOL,5\n", "list of transactions"),
        ("<table><tr><td>SOL</td></tr></table>", "web page"),
        (b"%PDF-1.7 ...", "a PDF document"),
        (b"PK\x03\x04 not a workbook", "a ZIP archive"),
        ('{"schema": "hedge-plan", "holdings": [], "decisions": {}}', "saved plan"),
        ('{"a": [', "not valid JSON"),
        ('[{"a": "b"}]', "no column for the coin"),
        ('{"note": "x"}', "no list of coins"),
        (
            "Statement,Header,Name\nStatement,Data,x\nTrades,Header,Symbol\nTrades,Data,SOL\n",
            "none lists open positions",
        ),
    ],
)
def test_a_table_that_counts_no_coins_is_refused_with_the_reason(text, words):
    with pytest.raises(InvalidFile, match=words):
        read(text)


MARKET = {"SOL": 148.0, "LINK": 14.38, "EUR": 1.1}


def test_a_price_in_another_currency_is_converted_where_the_market_has_the_rate():
    reading = read("Coin;Amount;Price\nSOL;12,5;€128,00\n", market=MARKET)

    assert reading.prices == {"SOL": pytest.approx(140.8)}
    assert "converted at 1.1 USD" in reading.doubts[0].text


@pytest.mark.parametrize(
    "text",
    [
        "Coin,Quantity,Price\nSOL,12.5,14.8\n",
        "Coin,Quantity,Value\nSOL,1250,1850\n",
        "Coin,Quantity\nSOL,5000000\n",
    ],
)
def test_what_is_far_from_the_market_is_asked_about(text):
    assert outcome(text, market=MARKET)[1] == ["ask"]


def test_a_known_coin_of_the_market_is_no_slip():
    assert outcome("Coin,Quantity\nSOLL,5\n", known=["SOLL"]) == ({"SOLL": 5.0}, [])


def test_the_user_may_say_how_numbers_are_written_and_which_columns_count():
    text = "Coin;A;B\nSOL;1.250;7\n"

    assert outcome(text, mapping={"coin": "Coin", "quantity": "A"}, decimal_mark="comma") == ({"SOL": 1250.0}, [])
    assert outcome(text, mapping={"coin": "Coin", "quantity": "B"}) == ({"SOL": 7.0}, [])
    assert titles_in("foo,bar\nSOL,$5\n") == ("foo", "bar")
    assert titles_in(b"%PDF") == ()


@pytest.mark.parametrize(
    ("text", "mark"),
    [
        ("coin;quantity\nSOL;12,5\nLINK;410\n", "comma"),
        ("coin,quantity\nSOL,12.5\nLINK,410\n", "point"),
        ("coin;quantity;price\nSOL;12;148,50\nLINK;410;14,38\n", "comma"),
        ("coin;menge\nSOL;1.250\n", "comma"),
    ],
)
def test_the_decimal_mark_is_the_one_in_use(text, mark):
    assert read(text).decimal_mark == mark


@pytest.mark.parametrize("coin", ["BITCON", "Etherum", "SLO", "Solanna"])
def test_a_misspelt_coin_is_asked_about(coin):
    (doubt,) = [doubt for doubt in read(f"coin,quantity\n{coin},12.5\nLINK,410\n").doubts if doubt.grade == "ask"]

    assert "Did you mean" in doubt.text
