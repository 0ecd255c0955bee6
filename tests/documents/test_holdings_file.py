"""Holdings from files and pasted lines: what is read, what is left out, and why."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, strategies as st

from hedge_core.documents.holdings_file import holdings_csv, read_holdings
from hedge_core.errors import HedgeError, InvalidFile
from hedge_core.plan.bag import MAX_HOLDINGS, Holding

EXAMPLE = Path(__file__).parents[2] / "examples" / "bag.csv"


def coins_of(text: str | bytes) -> dict[str, float]:
    return {holding.coin: holding.quantity for holding in read_holdings(text).holdings}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("coin,quantity\nSOL,120\n", {"SOL": 120.0}),
        ("Asset;Total Balance\nBTC;0,5\n", {"BTC": 0.5}),
        ("Symbol\tAmount\tPrice\nLINK\t1,500\t16.4\n", {"LINK": 1500.0}),
        ("SOL 120\nLINK 500\n", {"SOL": 120.0, "LINK": 500.0}),
        ("SOL 1,250\n", {"SOL": 1250.0}),
        ("SOL,120\nINJ,5,speculative\n", {"SOL": 120.0, "INJ": 5.0}),
        ("coin quantity\nSOL 120\n", {"SOL": 120.0}),
        ("\ufeffCOIN,QUANTITY\r\neth,2e1\r\n", {"ETH": 20.0}),
        ("id,Currency,Type,Balance\n1,ADA,spot,10\n", {"ADA": 10.0}),
    ],
)
def test_common_forms_are_read(text: str, expected: dict[str, float]) -> None:
    assert coins_of(text) == expected


def test_the_shipped_example_reads_without_a_fault() -> None:
    table = read_holdings(EXAMPLE.read_bytes())
    assert not table.faults
    assert len(table.holdings) == 10
    assert [h.coin for h in table.holdings if h.role == "speculative"] == ["INJ"]


def test_stop_loss_and_price_are_read() -> None:
    table = read_holdings("coin,quantity,role,stop_loss,price\nINJ,5,speculative,12%,8.5\n")
    assert table.holdings == (Holding(coin="INJ", quantity=5, role="speculative", stop_loss=0.12),)
    assert table.prices == {"INJ": 8.5}


@pytest.mark.parametrize(
    ("line", "field"),
    [
        (",5", "coin"),
        ("<b>,5", "coin"),
        ("=SUM(A1),5", "coin"),
        ("SOLANA-IS-A-LONG-NAME,5", "coin"),
        ("SOL,", "quantity"),
        ("SOL,abc", "quantity"),
        ("SOL,-5", "quantity"),
        ("SOL,nan", "quantity"),
        ("SOL,inf", "quantity"),
        ("SOL,1e308", "quantity"),
        ("SOL,1e999", "quantity"),
        ("SOL,1.2.3", "quantity"),
        ("SOL,5,moon", "role"),
        ("SOL,5,hold,200%", "stop_loss"),
        ("SOL,5,hold,abc", "stop_loss"),
        ("SOL,5,hold,,-1", "own_price"),
        ("SOL,5,hold,,abc", "own_price"),
    ],
)
def test_a_faulty_row_names_row_and_field_and_the_good_rows_stay(line: str, field: str) -> None:
    table = read_holdings(f"coin,quantity,role,stop_loss,price\nETH,1,hold,,\n{line}\nDOT,3,hold,,\n")
    assert {"ETH", "DOT"} <= {holding.coin for holding in table.holdings}
    assert (3, field) in [(fault.row, fault.field) for fault in table.faults]


def test_rows_of_zero_are_left_out_with_a_note() -> None:
    table = read_holdings("coin,quantity\nSOL,0.000\nETH,1\n")
    assert [h.coin for h in table.holdings] == ["ETH"]
    assert "Row 2: SOL" in table.notes[0]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "empty"),
        ("coin,quantity\n", "no rows"),
        ("foo,bar\nx,y\n", "no column for the coin and the quantity"),
        ("coin,bar\nSOL,y\n", "no column for the quantity"),
        (b"\x00\x00PK", "not a text file"),
        ("coin,quantity\n" + "SOL,1\n" * (MAX_HOLDINGS + 1), "at most 500"),
        ("SOL 1\n" * (MAX_HOLDINGS + 1), "at most 500"),
    ],
)
def test_a_table_that_is_none_is_refused_with_the_way_out(text: str | bytes, message: str) -> None:
    with pytest.raises(InvalidFile, match=message):
        read_holdings(text)


def test_the_columns_can_be_chosen_by_hand() -> None:
    table = read_holdings("foo,bar\nSOL,5\n", mapping={"coin": "foo", "quantity": "bar"})
    assert table.holdings == (Holding(coin="SOL", quantity=5),)


holdings = st.builds(
    Holding,
    coin=st.from_regex(r"[A-Z][A-Z0-9]{0,9}", fullmatch=True),
    quantity=st.floats(min_value=1e-12, max_value=1e15),
    role=st.sampled_from(["hold", "speculative"]),
    stop_loss=st.none() | st.floats(min_value=0.001, max_value=0.999),
    note=st.text(alphabet=st.characters(codec="utf-8", exclude_categories=("C", "Z")), max_size=30),
)


@given(st.lists(holdings, min_size=1, max_size=8))
def test_what_is_written_reads_back_equal(bag: list[Holding]) -> None:
    assert list(read_holdings(holdings_csv(bag, {})).holdings) == bag


@pytest.mark.parametrize("note", ["=cmd|' /C calc'!A0", "+1", "-1", "@SUM(A1)", "'quoted"])
def test_a_note_is_no_formula_in_a_spreadsheet(note: str) -> None:
    bag = [Holding(coin="SOL", quantity=1, note=note)]
    text = holdings_csv(bag, {})
    assert f"'{note}" in text.replace('""', '"')
    assert list(read_holdings(text).holdings) == bag


@given(
    st.one_of(
        st.binary(max_size=300),
        st.text(max_size=300),
        st.text(alphabet="coin,quantiy;\n\t 0123456789.-SOL", max_size=200),
    )
)
def test_no_input_raises_anything_but_a_hedge_error(content: bytes | str) -> None:
    try:
        table = read_holdings(content)
    except HedgeError:
        return
    assert all(holding.quantity > 0 for holding in table.holdings)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("SOL\t1,200\nLINK\t500\n", {"SOL": 1200.0, "LINK": 500.0}),  # pasted from a spreadsheet
        ("\n\n  SOL   3.5 \n", {"SOL": 3.5}),
        ("SOL,1,hold,10%,150,mine\n", {"SOL": 1.0}),  # our own columns without their header
        ("TOKEN 5\nSOL 3\n", {"TOKEN": 5.0, "SOL": 3.0}),  # a coin called as a column could be
        ("coin;amount\nSOL;0,5\nETH;1,234\n", {"SOL": 0.5, "ETH": 1.234}),  # the same comma in both rows
        ("coin;amount\nETH;1,234\n", {"ETH": 1234.0}),  # nothing tells, so as numbers are read everywhere
        ("Coin,Total,Available,In Order,BTC Value\nSOL,5,4,1,0.01\n", {"SOL": 5.0}),
        ("Coin Name,Coin Symbol,Amount\nSolana,SOL,7\n", {"SOL": 7.0}),
        ("name,ticker,units\nSolana,SOL,7\n", {"SOL": 7.0}),
    ],
)
def test_further_forms_are_read(text: str, expected: dict[str, float]) -> None:
    assert coins_of(text) == expected
    assert not read_holdings(text).faults


@pytest.mark.parametrize(
    ("text", "faults", "kept"),
    [
        ("SOL 12O\nETH 3\n", [(1, "quantity")], {"ETH": 3.0}),
        ("SOL 5\nETH\nLINK x\n", [(2, "quantity"), (3, "quantity")], {"SOL": 5.0}),
        ("SOL 5 moon\nETH 3\n", [(1, "role")], {"ETH": 3.0}),
        ("coin,quantity\nSOL,1,200\nETH,3\n", [(2, None)], {"ETH": 3.0}),
        ("coin,quantity,price\nSOL,1,abc\nETH,3,2\n", [(2, "own_price")], {"ETH": 3.0}),
        ("coin,quantity,price\n,x,-1\nETH,3,2\n", [(2, "own_price"), (2, "coin"), (2, "quantity")], {"ETH": 3.0}),
        ("coin,quantity\n\n\nSOL,1e18\nETH,3\n", [(4, "quantity")], {"ETH": 3.0}),
    ],
)
def test_a_slip_costs_its_own_row_only(text: str, faults: list[tuple[int, str | None]], kept: dict[str, float]) -> None:
    table = read_holdings(text)
    assert [(fault.row, fault.field) for fault in table.faults] == faults
    assert coins_of(text) == kept


def test_a_row_with_too_many_cells_says_how_many() -> None:
    assert "row 2: has 3 cells but the header has 2" in str(read_holdings("coin,quantity\nSOL,1,200\n").faults[0])


@pytest.mark.parametrize("text", [",,,", '""', ";;\n;;", "\t,\t", "coin\nSOL\n", "quantity,value\n1,2\n"])
def test_what_holds_no_coins_is_refused(text: str) -> None:
    with pytest.raises(InvalidFile):
        read_holdings(text)


def test_an_export_full_of_dust_is_one_note_and_no_fault() -> None:
    dust = "".join(f"C{n},0E-{n % 9}\n" for n in range(MAX_HOLDINGS + 100))
    table = read_holdings(f"asset,balance\nSOL,5\n{dust}")
    assert [holding.coin for holding in table.holdings] == ["SOL"]
    assert not table.faults
    assert len(table.notes) == 1
    assert "600 rows with a quantity of zero are left out: C0 (row 3)" in table.notes[0]


def test_columns_chosen_for_another_table_are_set_aside_with_a_note() -> None:
    table = read_holdings("coin,amount\nSOL,1\n", mapping={"coin": "Asset", "quantity": "Total"})
    assert table.mapping == {"coin": "coin", "quantity": "amount"}
    assert "does not have the columns you chose" in table.notes[0]


def test_the_mapping_and_all_columns_are_shown() -> None:
    table = read_holdings("id,Asset,Total Balance,Memo\n7,SOL,1,cold\n")
    assert table.mapping == {"coin": "Asset", "quantity": "Total Balance", "note": "Memo"}
    assert table.columns == ("id", "Asset", "Total Balance", "Memo")


def test_a_second_price_for_a_coin_is_noted() -> None:
    table = read_holdings("coin,quantity,price\nSOL,1,150\nSOL,2,151\n")
    assert table.prices == {"SOL": 151.0}
    assert "Row 3: SOL has a second price" in table.notes[0]


@pytest.mark.parametrize("note", ["'tis mine", "", "a\rb", "two\nlines", 'say "so", he did', "＝1+1"])
def test_a_note_reads_back_as_it_was(note: str) -> None:
    bag = [Holding(coin="SOL", quantity=1, note=note), Holding(coin="ETH", quantity=2)]
    assert list(read_holdings(holdings_csv(bag, {})).holdings) == bag


def test_a_note_of_a_file_that_is_not_ours_keeps_its_apostrophe() -> None:
    assert read_holdings("coin,quantity,note\nSOL,1,'tis mine\n").holdings[0].note == "'tis mine"


@given(st.text(max_size=40))
def test_no_note_is_a_formula_and_none_spoils_the_file(note: str) -> None:
    bag = [Holding(coin="SOL", quantity=1, note=note), Holding(coin="ETH", quantity=2)]
    text = holdings_csv(bag, {"SOL": 150.0})
    table = read_holdings(text)
    cells = [row[-1] for row in csv.reader(io.StringIO(text, newline=""))]
    assert not any(cell.startswith(("=", "+", "-", "@", "\t", "\r")) for cell in cells)
    assert [(h.coin, h.quantity) for h in table.holdings] == [("SOL", 1.0), ("ETH", 2.0)]
    assert table.prices == {"SOL": 150.0}


def test_quantities_from_numpy_are_written_as_plain_numbers() -> None:
    assert "SOL,2.5,hold" in holdings_csv([Holding(coin="SOL", quantity=np.float64(2.5))], {})


@pytest.mark.parametrize(
    "text",
    [
        "Date,Asset,Side,Amount\n2026-01-01,SOL,Buy,10\n2026-02-01,SOL,Sell,4\n",
        "Timestamp,Transaction Type,Asset,Quantity\n2026-01-01,Advanced Trade Buy,ETH,1\n2026-01-02,Send,ETH,0.5\n",
        "type;coin;amount\ndeposit;ADA;5\nstaking income;ADA;0,1\n",
    ],
)
def test_a_list_of_transactions_is_not_taken_for_holdings(text: str) -> None:
    with pytest.raises(InvalidFile, match="list of transactions"):
        read_holdings(text)


@pytest.mark.parametrize("text", ["Type,Asset,Amount\nspot,SOL,10\nearn,SOL,4\n", "Side,Asset,Amount\n,SOL,10\n"])
def test_a_column_of_another_kind_is_no_list_of_transactions(text: str) -> None:
    assert {holding.coin for holding in read_holdings(text).holdings} == {"SOL"}


def test_the_rows_of_the_good_holdings_are_kept() -> None:
    table = read_holdings("coin,quantity,price\nSOL,1,\nLINK,x,\nETH,0,\nBTC,2,-5\nSOL,3,150\n")

    assert [holding.coin for holding in table.holdings] == ["SOL", "SOL"]
    assert table.rows == (2, 6)
    assert [fault.row for fault in table.faults] == [3, 5]


@pytest.mark.parametrize(
    ("line", "stop", "note"),
    [
        ("INJ 150 stop 12%", 0.12, ""),
        ("INJ 150 speculative stop 12%", 0.12, ""),
        ("INJ 150 speculative 12%", 0.12, ""),
        ("INJ: 150 @ 7.5 Stop-Loss at 9,5%", 0.095, ""),
        ("150 INJ stop loss -8% until the unlock", 0.08, "until the unlock"),
    ],
)
def test_a_trade_is_pasted_with_its_stop(line: str, stop: float, note: str) -> None:
    read = read_holdings(f"LINK 500\n{line}\n")

    assert read.faults == ()
    assert read.holdings[1] == Holding(coin="INJ", quantity=150.0, role="speculative", stop_loss=stop, note=note)


def test_a_stop_that_may_be_a_price_is_not_read_and_told_how_to_write() -> None:
    read = read_holdings("LINK 500\nINJ 150 stop 6.5\n")

    assert [holding.coin for holding in read.holdings] == ["LINK"]
    assert "as in 'stop 12%'" in str(read.faults[0])
