"""Files as users have them: which coins, how many of each, and what is asked or refused.

`corpus/expected.csv` is the table: holdings row by row, the prices that the file gives in USD, every doubt that is a
question or a refusal (grade, row, field), or the words with which the file is refused as a whole. It was checked by
hand against the files. `case` is the number of the case in the log of the first edition, where there is one.
"""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from hedge_core.documents.reader.holdings import read
from hedge_core.errors import InvalidFile

CORPUS = Path(__file__).parent / "corpus"
EXPECTED = list(csv.DictReader((CORPUS / "expected.csv").read_text(encoding="utf-8").splitlines()))
READ = [row for row in EXPECTED if not row["refused"]]
REFUSED = [row for row in EXPECTED if row["refused"]]

FAILED_BEFORE = {*range(1, 12), *range(13, 20), 21, 24, 25, 26, 27, 29, 31, 32, 33, 34, 36, 37, 38, 39, 40, 41}
"""Cases that the first edition read wrongly, or refused without saying what to do."""


def named_numbers(text: str) -> list[tuple[str, float]]:
    pairs = (part.split(" ") for part in text.split("; ") if part)
    return [(coin, float(number)) for coin, number in pairs]


@pytest.mark.parametrize("row", READ, ids=lambda row: row["file"])
def test_a_file_gives_its_coins_quantities_and_doubts(row):
    reading = read((CORPUS / row["file"]).read_bytes())

    found = [(holding.coin, holding.quantity) for holding in reading.holdings]
    expected = named_numbers(row["holdings"])
    assert [coin for coin, _ in found] == [coin for coin, _ in expected]
    assert [quantity for _, quantity in found] == pytest.approx([quantity for _, quantity in expected], rel=1e-11)
    assert dict(reading.prices) == pytest.approx(dict(named_numbers(row["prices"])), rel=1e-11)
    doubts = [
        f"{d.grade} {'-' if d.row is None else d.row} {d.field or '-'}" for d in reading.doubts if d.grade != "note"
    ]
    assert "; ".join(doubts) == row["doubts"]


@pytest.mark.parametrize("row", REFUSED, ids=lambda row: row["file"])
def test_a_file_that_holds_no_quantities_is_refused_with_the_reason(row):
    with pytest.raises(InvalidFile) as error:
        read((CORPUS / row["file"]).read_bytes())

    assert row["refused"] in str(error.value)


def test_every_file_is_in_the_table_and_every_old_failure_has_a_file():
    files = {path.name for path in CORPUS.iterdir()} - {"expected.csv"}

    assert {row["file"] for row in EXPECTED} == files
    assert {int(row["case"]) for row in EXPECTED if row["case"]} >= FAILED_BEFORE
    assert len(FAILED_BEFORE) == 34


@pytest.mark.parametrize(
    ("file", "note"),
    [
        ("H03_kraken_balances.csv", "'DOT28.S' is read as DOT"),
        ("H04_kraken_ledgers.csv", "last running balance is read, as of 2026-03-05"),
        ("H06_binance_balances_ld.csv", "sum of the columns 'free' and 'locked'"),
        ("H12_etherscan_tokenholdings.csv", "'Visit evil-site.xyz' (row 4) looks like an advertisement"),
        ("H16_ibkr_activity.csv", "METZ6 is not a coin (Futures)"),
        ("H26_price_eur.csv", "Prices in EUR are not used (SOL, LINK)"),
        ("H42_rotki_symbol_chosen.csv", "1 ETH is owed and is subtracted"),
        ("L05_bybit_unified.csv", "'Equity' is read: what is borrowed is already subtracted"),
        ("P09_paste.txt", "'Total' is a total and is left out"),
    ],
)
def test_what_was_done_with_a_table_is_said(file, note):
    reading = read((CORPUS / file).read_bytes())

    assert [doubt.text for doubt in reading.doubts if note in doubt.text]
