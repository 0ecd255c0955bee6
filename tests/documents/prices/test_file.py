"""Price files: every form that is read, and every fault with its row and field.

By hand: two coins, three days, the middle day of one missing. The calendar has three rows, the gap is NaN, and the
market is as of the midnight that ends the last day.
"""

from __future__ import annotations

import time
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
from hypothesis import assume, given, strategies as st

from hedge_core import MarketSnapshot
from hedge_core.documents.prices.file import CsvFileSource, read_price_csv
from hedge_core.errors import InvalidFile


def read(text: str | bytes) -> MarketSnapshot:
    return read_price_csv(text, name="csv:test")


def test_a_wide_file_with_a_gap() -> None:
    market = read("date,BTC,SOL\n2026-01-01,90000,150\n2026-01-02,91000,\n2026-01-03,92000,155\n")
    assert market.history.coins == ("BTC", "SOL")
    assert market.history.days.astype(str).tolist() == ["2026-01-01", "2026-01-02", "2026-01-03"]
    np.testing.assert_array_equal(market.history.of("SOL"), [150.0, np.nan, 155.0])
    assert int(np.isnan(market.history.of("SOL")).sum()) == 1
    assert market.as_of == datetime(2026, 1, 4, tzinfo=UTC)
    assert not market.simulated
    assert market.price("SOL") == 155.0


def test_a_day_that_the_file_leaves_out_is_a_gap_for_all() -> None:
    market = read("date,BTC\n2026-01-03,3\n2026-01-01,1\n")
    np.testing.assert_array_equal(market.history.of("BTC"), [1.0, np.nan, 3.0])


def test_a_long_file_gives_the_same_market_as_the_wide_one() -> None:
    long = read("Date,Symbol,Close\n2026-01-01,BTC,1\n2026-01-01,SOL,2\n2026-01-02,BTC,3\n2026-01-02,SOL,4\n")
    wide = read("date,BTC,SOL\n2026-01-01,1,2\n2026-01-02,3,4\n")
    assert long.history.coins == wide.history.coins
    np.testing.assert_array_equal(long.history.values, wide.history.values)


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("2026-01-30", "2026-01-31"),
        ("2026/01/30", "2026/01/31"),
        ("2026-01-30 00:00:00", "2026-01-31 00:00:00"),
        ("2026-01-30T23:59:59Z", "2026-01-31T23:59:59Z"),
        ("2026-01-31T02:00:00+05:00", "2026-02-01T02:00:00+05:00"),
        ("2026-01-30 00:00:00 UTC", "2026-01-31 00:00:00 UTC"),
        ("30.01.2026", "31.01.2026"),
        ("30/01/2026", "31/01/2026"),
        ("01/30/2026", "01/31/2026"),
        ('"Jan 30, 2026"', '"Jan 31, 2026"'),
        ("30 Jan 2026", "31 January 2026"),
        ("1769731200", "1769817600"),
        ("1769731200000", "1769817600000"),
    ],
)
def test_common_date_forms_are_read(first: str, second: str) -> None:
    market = read(f"date,BTC\n{first},1\n{second},2\n")
    assert market.history.days.astype(str).tolist() == ["2026-01-30", "2026-01-31"]


@pytest.mark.parametrize("title", ["SOL", "sol", "SOL-USD", "SOL/USDT", "SOLUSDT", "SOL_USD", "SOL USD"])
def test_pairs_are_read_as_their_coin(title: str) -> None:
    assert read(f"date,{title}\n2026-01-01,5\n").history.coins == ("SOL",)


@pytest.mark.parametrize(
    "content",
    [
        "date;BTC\n2026-01-01;1234,5\n",
        "date\tBTC\n2026-01-01\t1,234.5\n",
        'date,BTC\n2026-01-01,"$1,234.50"\n',
        "\ufeffdate,BTC\r\n2026-01-01,1234.5\r\n",
        "date,BTC\n2026-01-01,1234.5\n".encode("utf-16"),
        b"date,BTC,not\xe9\n2026-01-01,1234.5,\n".replace(b",not\xe9", b"").replace(b",\n", b"\n"),
    ],
)
def test_delimiters_encodings_and_number_forms(content: str | bytes) -> None:
    assert read(content).price("BTC") == 1234.5


FAULTS: list[tuple[str | bytes, str]] = [
    ("", "empty"),
    ("   \n", "empty"),
    ("date,BTC\n", "no rows"),
    ("BTC,ETH\n1,2\n", "no date column"),
    ("date\n2026-01-01\n", "has only a date column"),
    ("date,coin\n2026-01-01,BTC\n", "no price column"),
    ("date,BTC\nyesterday,1\n", "row 2, field 'date': 'yesterday' is not a date"),
    ("date,BTC\n2026-13-01,1\n", "row 2, field 'date'"),
    ("date,BTC\n2026-02-30,1\n", "row 2, field 'date'"),
    ("date,BTC\n,1\n", "row 2, field 'date': is empty"),
    ("date,BTC\n01/02/2026,1\n", "day-first or month-first"),
    ("date,BTC\n2026-01-01,abc\n", "row 2, field 'BTC': 'abc' is not a price"),
    ("date,BTC\n2026-01-01,0\n", "row 2, field 'BTC': a close must be above zero, not 0"),
    ("date,BTC\n2026-01-01,1e-16\n", "row 2, field 'BTC': a close must be above 1e-15, not 1e-16"),
    ("date,BTC\n2026-01-01,1e16\n", "row 2, field 'BTC': a close must be below 1,000,000,000,000,000, not 1e16"),
    ("date,BTC\n2026-01-01,-5\n", "row 2, field 'BTC'"),
    ("date,BTC\n2026-01-01,inf\n", "row 2, field 'BTC'"),
    ("date,BTC\n2026-01-01,1e308\n", "row 2, field 'BTC'"),
    ("date,BTC\n2026-01-01,1e999\n", "row 2, field 'BTC'"),
    ("date,BTC\n2026-01-01,=1+1\n", "row 2, field 'BTC'"),
    ("date,BTC\n2026-01-01,1\n2026-01-01,2\n", "row 3, field 'date': 2026-01-01 appears twice"),
    ("date,coin,close\n2026-01-01,BTC,1\n2026-01-01,BTC,2\n", "row 3, field 'coin'"),
    ("date,BTC,btc\n2026-01-01,1,2\n", "row 1, field 'btc': BTC has two columns"),
    ("date,<script>\n2026-01-01,1\n", "row 1, field '<script>'"),
    ("date,coin,close\n2026-01-01,,1\n", "row 2, field 'coin'"),
    ("date,BTC\n2026-01-01,\n", "has no prices"),
    ("date,BTC\n1900-01-01,1\n2026-01-01,1\n", "spans"),
    (b"\x00\x01\x02PK\x03\x04", "not a text file"),
    (",,,\n,,\n", "empty cells"),
    ("date,BTC\n9999-12-31,1\n", "row 2, field 'date': '9999-12-31' is not a date"),
    ("date,BTC\n2026-01-01 or so,1\n", "row 2, field 'date': '2026-01-01 or so' is not a date"),
    ("date,BTC\n13/01/2026,1\n01/13/2026,2\n", "row 3, field 'date': '01/13/2026' is not a date"),
    ("date,BTC\n2026-01-01,nan\n", "has no prices"),
    ("date,BTC\n2026-01-01,soon\n", "row 2, field 'BTC': 'soon' is not a price; write it as 1234.5, or leave"),
    ("date,coin,close\n2026-01-01,BTC,1\n2026-01-02,BTC,zero\n", "row 3, field 'close'"),
    ("date,BTC,ETH\n2026-01-01,64,123.5,3,200\n", "row 2: has 5 cells but the header has 3"),
    ("date,ETH/BTC\n2026-01-01,0.05\n", "row 1, field 'ETH/BTC': 'ETH/BTC' is quoted in BTC"),
    ("date,coin,close\n2026-01-01,SOL-EUR,90\n", "row 2, field 'coin': 'SOL-EUR' is quoted in EUR"),
    ("date,,BTC\n2026-01-01,5,1\n", "row 1, field 'column 2'"),
    ("Date,Open,High,Low,Close,Volume\n2026-01-01,1,2,1,2,1000\n", "does not say which coin it is for"),
    ("snapped_at,price,market_cap\n2026-01-01,1,2\n", "does not say which coin it is for"),
    ("date," + ",".join(f"C{n}" for n in range(501)) + "\n2026-01-01,1\n", "502 columns; at most 500"),
    ("date,BTC\n" + "2026-01-01,1\n" * 20_001, "20,001 rows; at most 20,000"),
    ("date,coin,close\n" + "".join(f"2026-01-01,C{n},1\n" for n in range(501)), "501 coins; at most 500"),
    ("date,BTC\n" + "2026-01-01,1\n" * 500_000, "larger than"),
]


@pytest.mark.parametrize(("content", "place"), FAULTS, ids=[str(n) for n in range(len(FAULTS))])
def test_a_fault_names_its_row_and_field(content: str | bytes, place: str) -> None:
    with pytest.raises(InvalidFile) as caught:
        read(content)
    assert place in str(caught.value)


def test_all_faults_are_reported_at_once_and_a_flood_is_cut() -> None:
    with pytest.raises(InvalidFile) as caught:
        read("date,BTC,ETH\n2026-01-01,x,1\nnever,1,y\n")
    assert [(fault.row, fault.field) for fault in caught.value.faults] == [(3, "date"), (2, "BTC"), (3, "ETH")]
    with pytest.raises(InvalidFile, match="and 80 more"):
        read("date,BTC\n" + "".join(f"bad{n},1\n" for n in range(100)))


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(InvalidFile, match=r"nothing\.csv"):
        CsvFileSource(str(tmp_path / "nothing.csv")).snapshot()


def test_the_source_reads_its_file(tmp_path: Path) -> None:
    path = tmp_path / "closes.csv"
    path.write_text("date,BTC\n2026-01-01,5\n")
    source = CsvFileSource(str(path))
    assert source.snapshot().source == source.name == f"csv:{path}"


@given(
    st.one_of(
        st.binary(max_size=300), st.text(max_size=300), st.text(alphabet="date,;\n\t0123456789.-/BTC\"'", max_size=200)
    )
)
def test_no_input_raises_anything_but_invalid_file(content: bytes | str) -> None:
    try:
        market = read(content)
    except InvalidFile:
        return
    values = market.history.values
    assert ((values > 0) | np.isnan(values)).all()


def test_dates_that_never_tell_day_from_month_are_one_fault_not_one_a_row() -> None:
    with pytest.raises(InvalidFile) as caught:
        read("date,BTC\n01/02/2026,1\n02/02/2026,2\n03/02/2026,3\n")
    assert len(caught.value.faults) == 1
    assert "row 2, field 'date'" in str(caught.value)
    assert "write dates as 2026-01-31" in str(caught.value)


def test_a_comma_that_is_decimal_in_one_cell_is_decimal_in_all() -> None:
    market = read("date;XRP;BTC\n2026-01-01;0,982;64.123,5\n2026-01-02;1,234;64.123\n2026-01-03;1,300;65.000,1\n")
    np.testing.assert_array_equal(market.history.of("XRP"), [0.982, 1.234, 1.3])


def test_a_comma_before_three_digits_is_a_thousands_mark_where_nothing_else_is_known() -> None:
    assert read('date,BTC\n2026-01-01,"64,123"\n').price("BTC") == 64_123.0


def test_coins_keep_the_order_of_the_columns_even_when_the_first_is_younger() -> None:
    market = read("date,SOL,BTC,NONE\n2026-01-01,,90000,\n2026-01-02,150,91000,\n")
    assert market.history.coins == ("SOL", "BTC")


@pytest.mark.parametrize("title", ["BUSD", "TUSD", "USDT", "USD"])
def test_a_stablecoin_keeps_its_name(title: str) -> None:
    assert read(f"date,{title}\n2026-01-01,1\n").history.coins == (title,)


def test_an_index_without_a_name_is_the_date() -> None:
    assert read(",BTC\n2026-01-01,5\n").price("BTC") == 5.0


def test_a_path_that_is_no_path_is_refused() -> None:
    with pytest.raises(InvalidFile, match="not the name of a file"):
        CsvFileSource("\0").snapshot()


def test_seven_years_of_seventeen_coins_are_read_in_well_under_a_second() -> None:
    days = np.datetime64("2019-01-01") + np.arange(2_600)
    rows = [f"{day}," + ",".join(f"{n}.5" for n in range(1, 18)) for day in days]
    content = "date," + ",".join(f"C{n}" for n in range(17)) + "\n" + "\n".join(rows)
    started = time.thread_time()
    assert read(content).history.values.shape == (2_600, 17)
    assert time.thread_time() - started < 1.0


@given(
    st.dictionaries(st.integers(0, 400), st.lists(st.none() | st.floats(1e-9, 1e9), min_size=2, max_size=2), min_size=1)
)
def test_what_is_written_as_csv_is_read_as_it_was(closes: dict[int, list[float | None]]) -> None:
    start = np.datetime64("2025-01-01")
    known = [day for day, row in closes.items() if row != [None, None]]
    assume(known)
    lines = [f"{start + day},{','.join('' if v is None else repr(v) for v in row)}" for day, row in closes.items()]
    history = read("\n".join(["date,BTC,ETH", *lines])).history
    assert (history.days[0], history.days[-1]) == (start + min(known), start + max(known))
    for column, coin in enumerate(("BTC", "ETH")):
        expected = [closes.get(day, [None, None])[column] for day in range(min(known), max(known) + 1)]
        if coin in history:
            np.testing.assert_array_equal(history.of(coin), [np.nan if v is None else v for v in expected])
        else:
            assert set(expected) == {None}
