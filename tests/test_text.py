"""Numbers as people write them, and text made safe for a spreadsheet.

By hand: "1.234,50" is 1234.5, since the comma comes last; "1,234" is 1234, since three digits follow the comma.
"""

from __future__ import annotations

import contextlib
import math
import re
import time

import pytest
from hypothesis import given, strategies as st

from hedge_core.text import parse_number, spreadsheet_safe


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
    ["", " ", "nan", "NaN", "inf", "-Infinity", "1e999", "1e9999", "0x10", "1.2.3", "1,2,3", "--1", "five", "1e", "%"],
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
    start = time.process_time()

    with contextlib.suppress(ValueError):
        parse_number(text)

    assert time.process_time() - start < 1.0


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
