"""Numbers as people write them, and text made safe to show.

By hand: "1.234,50" is 1234.5, since the comma comes last; "1,234" is 1234, since three digits follow the comma.
"""

from __future__ import annotations

import contextlib
import math
import re
import time
from functools import partial

import pytest
from hypothesis import given, strategies as st

from hedge_core.text import (
    WORD_JOINER,
    bare_percent,
    cents,
    compact,
    digits,
    dollars,
    exact_percent,
    markdown,
    money,
    moves_text,
    parse_number,
    percent,
    price,
    quantity,
    short_percent,
    signed_usd,
    some_listed,
    spreadsheet_safe,
    two_decimals,
    unit_price,
    usd,
    whole_percent,
)


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("1234.5", 1234.5),
        ("1,234.5", 1234.5),
        ("1.234,5", 1234.5),
        ("1 234,5", 1234.5),
        ("1\u00a0234,5", 1234.5),
        ("1'234.5", 1234.5),
        ("$1,234.50", 1234.5),
        ("1,234", 1234.0),
        ("1,234,567", 1234567.0),
        ("0,123", 0.123),
        ("1,23", 1.23),
        ("12%", 0.12),
        ("−15 %", -0.15),
        ("-0.15", -0.15),
        ("+.5", 0.5),
        ("1e-3", 0.001),
        ("1E3", 1000.0),
        (" 7 ", 7.0),
    ],
)
def test_numbers_are_read_as_people_write_them(text, number):
    assert parse_number(text) == pytest.approx(number, rel=1e-15)


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "nan",
        "NaN",
        "inf",
        "-Infinity",
        "1e999",
        "1e9999",
        "0x10",
        "1.2.3",
        "1,2,3",
        "--1",
        "five",
        "1e",
        "%",
        "€5",
        "£5",
    ],
)
def test_what_is_not_a_finite_number_is_refused(text):
    with pytest.raises(ValueError, match=f"^{re.escape(text)}$"):
        parse_number(text)


@given(st.floats(allow_nan=False, allow_infinity=False, width=32))
def test_every_finite_number_survives_being_written_and_read(number):
    assert parse_number(repr(number)) == number
    assert parse_number(f"{number:,.4f}") == pytest.approx(number, abs=5e-5)


@given(st.text(max_size=30))
def test_no_text_whatever_gives_anything_but_a_finite_number_or_a_refusal(text):
    with contextlib.suppress(ValueError):
        assert math.isfinite(parse_number(text))


@pytest.mark.parametrize("text", ["9" * 200_000 + "x", "9" * 200_000, "0." + "0" * 200_000 + "x", "1,234" * 40_000])
def test_a_number_of_any_length_is_read_or_refused_at_once(text):
    """Two ways to part the digits made this quadratic: 5,000 digits took half a second, 100,000 minutes."""
    start = time.thread_time()

    with contextlib.suppress(ValueError):
        parse_number(text)

    assert time.thread_time() - start < 1.0


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", '=HYPERLINK("http://x")'])
@pytest.mark.parametrize("before", ["", " ", "\t", "\r", "\n", "\r\n"])
def test_what_a_spreadsheet_would_run_is_put_in_quotes(text, before):
    assert spreadsheet_safe(before + text) == f"'{text}"


@pytest.mark.parametrize("end", ["\r", "\n", "\r\n", "\x0b", "\x0c", "\x85", "\u2028"])
def test_a_text_cannot_begin_a_new_row(end):
    assert spreadsheet_safe(f"MINE{end}=1+1").split() == ["MINE", "=1+1"]
    assert len(spreadsheet_safe(f"MINE{end}=1+1").splitlines()) == 1


@pytest.mark.parametrize("text", ["", "MICRO-ETH", "0.1 ETH", "$100 of ETH", "a=b"])
def test_what_a_spreadsheet_would_not_run_stays_as_it_is(text):
    assert spreadsheet_safe(text) == text


# ------------------------------------------------------------------------------------------------ odd numbers

ODD = (math.nan, math.inf, -math.inf)
AMOUNTS = {
    "usd": usd, "usd with cents": partial(usd, cents=True), "signed_usd": signed_usd, "cents": cents, "money": money,
    "money, signed": partial(money, signed=True), "compact": compact, "price": price, "unit_price": unit_price,
    "dollars": dollars, "quantity": quantity, "digits": digits, "exact_percent": exact_percent,
    "short_percent": short_percent, "whole_percent": whole_percent, "two_decimals": two_decimals,
}  # fmt: skip


@pytest.mark.parametrize("name", AMOUNTS)
@pytest.mark.parametrize("amount", ODD)
def test_a_number_that_is_not_finite_shows_as_a_dash(name, amount):
    assert AMOUNTS[name](amount) == "–"


@pytest.mark.parametrize("name", AMOUNTS)
@pytest.mark.parametrize("amount", [0.0, -0.0, 1e-9, -1e-9, 5e-324, 1e-4, -4e-4, -1e-3, 1e15, -1e15, 1.7e308])
def test_every_finite_number_shows_as_a_number_and_nothing_has_a_sign(name, amount):
    text = AMOUNTS[name](amount)

    if text == "–":
        assert abs(amount) * 100.0 == math.inf  # a percentage that is out of all bounds
        return
    assert "nan" not in text
    assert "inf" not in text
    assert "-" not in text.replace("e-", "") or name == "quantity"
    if not re.search(r"[1-9]", text):
        assert not re.search(r"[-+−]", text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (price(0), "$0"), (price(-3.2), "−$3.20"), (price(1e-8), "$0.00000001000"), (money(math.inf), "–"),
        (money(-1.5e6), "−$1.5M"), (percent(-0.0004), "0.0%"), (percent(-0.0004, signed=True), "0.0%"),
        (percent(0.0004, signed=True), "0.0%"), (percent(-0.0006), "−0.1%"), (percent(0.0006, signed=True), "+0.1%"),
        (percent(math.inf), "any"), (percent(None), "–"), (percent(math.nan), "–"), (percent(0.123), "12.3%"),
        (whole_percent(-0.001), "0%"), (whole_percent(-0.006), "−1%"), (whole_percent(0.999), "more than 99%"),
        (whole_percent(1.0), "100%"), (short_percent(-0.0004), "0%"), (bare_percent(0.15), "15%"),
        (bare_percent(0.0833), "8.3%"), (bare_percent(-0.02), "−2%"), (bare_percent(math.nan), "–"),
        (cents(0.001), "$0.00"), (cents(-0.001), "$0.00"),
        (unit_price(-3.0), "−$3.00"), (unit_price(3180.0), "$3,180.00"),
        (two_decimals(1.3), "1.30"), (two_decimals(-0.256), "−0.26"), (two_decimals(-0.004), "0.00"),
    ],
)  # fmt: skip
def test_odd_numbers_by_hand(text, expected):
    assert text == expected


# ------------------------------------------------------------------------------------------------ text for the page


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("SOL and 14:05 UTC", "SOL and 14\\:05 UTC"),
        ("**bold** _x_ `y` ~z~", "\\*\\*bold\\*\\* \\_x\\_ \\`y\\` \\~z\\~"),
        ("$x$ \\ <b> [a](b) #1 a|b a&lt;", "\\$x\\$ \\\\ \\<b\\> \\[a\\](b) \\#1 a\\|b a\\&lt;"),
        ("http://a.io", "http\\:\u2060//a.io"),
        ("WWW.A.IO", "WWW\u2060.A.IO"),
        ("a@b.io", "a@\u2060b.io"),
        (":smile:", "\\:\u2060smile\\:"),
        (":material/home:", "\\:\u2060material/home\\:"),
        ("a -> b -- c", "a -\u2060\\> b -\u2060- c"),
        ("- a", "\u2060- a"),
        ("1. a", "\u20601. a"),
        ("a\n===", "a  \n\u2060==="),
        ("    code", "code"),
        ("a\x1b[31m\u202eb", "a\\[31mb"),
        ("+$5, 1.5 and -3", "+\u2060\\$5, 1.5 and -3"),
        ("one\ntwo", "one  \ntwo"),
        ("no\u00a0break", "no\u00a0break"),
        ("", ""),
    ],
)
def test_markdown_shows_the_text_itself(text, expected):
    assert markdown(text) == expected


@given(st.text(max_size=60))
def test_without_its_escapes_markdown_is_the_text_without_what_does_not_show(text):
    shown = re.sub(r"\\([\\`*_\[\]<>#~:|$&])", r"\1", markdown(text)).replace("\u2060", "")

    kept = "".join(c for c in text.replace("\u2060", "") if c.isprintable() or c.isspace())
    assert shown.split() == re.sub(r"[\x1c-\x1f\x85\u2028\u2029]", " ", kept).split()


def test_the_sign_of_an_amount_stays_with_its_figures():
    assert markdown("−$5, +€3 or − 5") == f"−{WORD_JOINER}\\$5, +{WORD_JOINER}€3 or − 5"


def test_many_names_are_counted_and_many_moves_are_a_range():
    names = [f"C{number}" for number in range(1, 12)]
    assert some_listed(names[:3]) == "C1, C2 and C3"
    assert some_listed(names) == "C1, C2, C3, C4, C5, C6, C7 and 4 more"
    moves = {name: -0.01 * place for place, name in enumerate(names)}
    assert moves_text({"ETH": 0.1, "SOL": -0.2}, short_percent) == "ETH +10%, SOL −20%"
    assert moves_text(moves, short_percent) == "11 coins between −10% (C11) and 0% (C1)"
