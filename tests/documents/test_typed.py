"""Numbers of coins typed into a cell of the grid, in the ways of several languages."""

from __future__ import annotations

import pytest

from hedge_core.documents.reader.typed import TypedNumber, typed_percent, typed_price, typed_quantity


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1,5", 1.5),
        ("1.5", 1.5),
        ("1.000,50", 1_000.5),
        ("1,000.50", 1_000.5),
        ("1 000", 1_000.0),
        ("1'000", 1_000.0),
        ("-3", -3.0),
        ("12.5 SOL", 12.5),
        ("1e-3", 0.001),
    ],
)
def test_a_number_is_read_as_it_is_meant(text, value):
    typed = typed_quantity(text)

    assert (typed.value, typed.remark) == (value, "")


@pytest.mark.parametrize(("text", "value", "other"), [("1.000", 1.0, "write 1000"), ("1,250", 1_250.0, "write 1.25")])
def test_a_number_that_can_be_read_in_both_ways_says_how_to_write_the_other(text, value, other):
    typed = typed_quantity(text)

    assert typed.value == value
    assert other in typed.remark


NOT_COINS = {
    "abc": "is not a number",
    "$500": "is an amount of money",
    "500$": "is an amount of money",
    "5 €": "is an amount of money",
    "5 EUR": "is an amount of money",
    "12%": "is a percentage",
    "~5": "is not exact; write the exact number",
    "<0.01": "is not exact; write the exact number",
    "1.5M": "is not exact; write all its digits, such as 1500000",
    "1,1M": "is not exact; write all its digits, such as 1100000",
    "2k": "is not exact; write all its digits, such as 2000",
    "3 bn": "is not exact; write all its digits, such as 3000000000",
    "1,2,3.4": "is not a number",
    "2026-10-31": "is not a number",
    "10 percent": "is a percentage",
    "12 XBT": "states XBT, and this row holds SOL",
    "500 FT": "is an amount of money",
    "12.5 LINK (Chainlink)": "states LINK (Chainlink)",
    "12.5 LINK": "states LINK, and this row holds SOL",
    "3 stETH": "states stETH, and this row holds SOL",
}


@pytest.mark.parametrize(("text", "reason"), NOT_COINS.items())
def test_what_is_no_number_of_coins_is_refused_with_the_reason(text, reason):
    typed = typed_quantity(text, "SOL")

    assert typed.value is None
    assert typed.fault.startswith(f"'{text}' {reason}")


@pytest.mark.parametrize(
    ("text", "coin", "value"),
    [
        ("12 $WIF", "WIF", 12.0),
        ("500 FT", "FT", 500.0),
        ("500ft", "FT", 500.0),
        ("12.5 SOL (Solana)", "SOL", 12.5),
        ("3 QQQX (a coin that no table has)", "QQQX", 3.0),
        ("12 XBT", "BTC", 12.0),
        ("XBT 12", "BTC", 12.0),
        ("4 Solana", "SOL", 4.0),
        ("20 EUR", "EUR", 20.0),
    ],
)
def test_the_coin_of_the_row_may_be_stated_in_any_of_its_names(text, coin, value):
    assert typed_quantity(text, coin) == TypedNumber(value)


@pytest.mark.parametrize(("text", "coin"), [("3 stETH", "ETH"), ("12 kPEPE", "PEPE"), ("5 €", "FT"), ("5 EUR", "SOL")])
def test_what_counts_otherwise_than_the_coin_of_the_row_is_refused(text, coin):
    assert typed_quantity(text, coin).value is None


@pytest.mark.parametrize("read", [typed_quantity, typed_price, typed_percent])
@pytest.mark.parametrize("text", ["", "  "])
def test_an_empty_cell_holds_no_number_and_no_fault(read, text):
    assert read(text) == TypedNumber(None)


PRICES = {
    "0,5": 0.5, "0.5": 0.5, "0,00001234": 0.00001234, "1e-5": 0.00001, "1.000,5": 1_000.5, "$148.20": 148.2,
    "148,20 $": 148.2, "5 USD": 5.0, "-4": -4.0, "148 dollars": 148.0, "1 dollar": 1.0,
}  # fmt: skip


@pytest.mark.parametrize(("text", "value"), PRICES.items())
def test_a_price_is_read_in_the_notation_of_whoever_types_it(text, value):
    assert typed_price(text) == TypedNumber(value)


@pytest.mark.parametrize("text", ["€5", "5 EUR", "£2", "abc", "10%", "2,5k", "~3", "5 SOL"])
def test_a_price_in_another_currency_or_no_price_is_refused_with_the_reason(text):
    typed = typed_price(text)

    assert typed.value is None
    assert text in typed.fault


@pytest.mark.parametrize(("text", "currency"), [("148 USDT", "USDT"), ("148 usdc", "USDC"), ("5 EUR", "EUR")])
def test_a_price_in_another_currency_or_a_stablecoin_names_it(text, currency):
    assert typed_price(text).fault == f"'{text}' is in {currency}; enter the price in USD"


def test_a_price_that_can_be_read_in_both_ways_says_so():
    assert typed_price("1,000").value == 1_000.0
    assert "write 1" in typed_price("1,000").remark


@pytest.mark.parametrize(
    ("text", "value"),
    [("10", 10.0), ("10%", 10.0), ("12,5", 12.5), ("12.5 %", 12.5), ("10 percent", 10.0), ("12,5 pct", 12.5)],
)
def test_a_percentage_needs_no_sign(text, value):
    assert typed_percent(text) == TypedNumber(value)


@pytest.mark.parametrize("text", ["$10", "10 SOL", "5‰", "abc", "~10%"])
def test_what_is_no_percentage_is_refused(text):
    typed = typed_percent(text)

    assert typed.value is None
    assert text in typed.fault
