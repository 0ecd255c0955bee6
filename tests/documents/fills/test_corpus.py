"""Files of fills as users have them: which fills and payments they give, and what is asked or refused.

`corpus/expected.csv` is the table, written by hand from the files before the reader read them: fills as time, contract,
expiry, side, lots, price and fee (? if it is not known), payments as time, contract and amount, every question and
refusal as grade, row and field, or the words with which the file is refused as a whole. `venue` is the venue that the
user chooses, `case` the number of the case in the log of the first edition.
"""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from hedge_core.documents.fills.file import FillsImport, read_fills
from hedge_core.errors import InvalidFile
from hedge_core.market.contracts import catalogue

CORPUS = Path(__file__).parent / "corpus"
EXPECTED = list(csv.DictReader((CORPUS / "expected.csv").read_text(encoding="utf-8").splitlines()))
READ = [row for row in EXPECTED if not row["refused"]]
REFUSED = [row for row in EXPECTED if row["refused"]]

CASES = {*range(42, 59)}
"""The cases of the log that are about fills."""


def table_of(row: dict[str, str]) -> FillsImport:
    return read_fills((CORPUS / row["file"]).read_bytes(), catalogue(), venue=row["venue"] or None)


def parts(text: str) -> list[list[str]]:
    return [one.split("|") for one in text.split("; ") if one]


def name(row: dict[str, str]) -> str:
    return f"{row['file']} {row['venue']}".strip()


@pytest.mark.parametrize("row", READ, ids=name)
def test_a_file_gives_its_fills_payments_and_doubts(row):
    table = table_of(row)

    expected = parts(row["fills"])
    assert [
        [f"{f.at:%Y-%m-%dT%H:%M:%S}", f.contract, f"{f.expiry or '-'}", f.side, str(f.contracts)] for f in table.fills
    ] == [[one[0][:19], *one[1:5]] for one in expected]
    assert [f.price for f in table.fills] == pytest.approx([float(one[5]) for one in expected], rel=1e-11)
    fees = [None if at in table.open_fees else f.fee for at, f in zip(table.rows, table.fills, strict=True)]
    assert fees == [None if one[6] == "?" else pytest.approx(float(one[6]), rel=1e-11) for one in expected]
    assert [[f"{p.at:%Y-%m-%dT%H:%M:%S}", p.contract] for p in table.payments] == [
        one[:2] for one in parts(row["payments"])
    ]
    assert [p.amount for p in table.payments] == pytest.approx([float(one[2]) for one in parts(row["payments"])])
    doubts = [
        f"{d.grade} {'-' if d.row is None else d.row} {d.field or '-'}" for d in table.doubts if d.grade != "note"
    ]
    assert "; ".join(doubts) == row["doubts"]


@pytest.mark.parametrize("row", REFUSED, ids=name)
def test_a_file_without_fills_is_refused_with_the_reason(row):
    with pytest.raises(InvalidFile) as error:
        table_of(row)

    assert row["refused"] in str(error.value)


def test_every_file_is_in_the_table_and_every_case_of_the_log_has_a_file():
    assert {row["file"] for row in EXPECTED} == {path.name for path in CORPUS.iterdir()} - {"expected.csv"}
    assert {int(row["case"]) for row in EXPECTED if row["case"]} == CASES


@pytest.mark.parametrize(
    ("file", "note"),
    [
        ("F01_tradovate_orders.csv", "order canceled (1)"),
        ("F16_coinbase_with_spot.csv", "spot (2)"),
        ("F24_partial_dupes_no_tradeid.csv", ""),
        ("F26_totals_row.csv", "total (1)"),
        ("F29d_kraken_status.csv", "order canceled (1), order rejected (1)"),
        ("F35_mexc_sides.csv", "opens a short and “sell short” closes one"),
        ("K03_ibkr_activity.csv", "Stocks (1)"),
        ("K21_repeated_ids.csv", "repeat a trade: 1 (row 4)"),
    ],
)
def test_what_was_left_out_or_assumed_is_said(file, note):
    table = read_fills((CORPUS / file).read_bytes(), catalogue())

    assert note in " ".join(table.notes)
