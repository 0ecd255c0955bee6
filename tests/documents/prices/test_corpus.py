"""Price files as users have them: days, last closes and doubts.

`corpus/expected.csv` was written by hand from the files before the reader read them: the number of days, the first day,
the last close of each coin, the questions and the notes about a coin (grade, row, coin), or the words with which the
file is refused. `coin` is the coin that the user names for a file about one coin, `case` the number in the log of the
first edition.
"""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from hedge_core.documents.prices.file import PricesImport, read_price_csv, read_prices
from hedge_core.errors import InvalidFile

CORPUS = Path(__file__).parent / "corpus"
EXPECTED = list(csv.DictReader((CORPUS / "expected.csv").read_text(encoding="utf-8").splitlines()))
READ = [row for row in EXPECTED if not row["refused"]]
REFUSED = [row for row in EXPECTED if row["refused"]]


def found_in(row: dict[str, str]) -> PricesImport:
    return read_prices((CORPUS / row["file"]).read_bytes(), name="csv:test", coin=row["coin"])


def name(row: dict[str, str]) -> str:
    return f"{row['file']} {row['coin']}".strip()


@pytest.mark.parametrize("row", READ, ids=name)
def test_a_file_gives_its_days_closes_and_doubts(row):
    found = found_in(row)

    history = found.market.history
    assert [str(history.days[0]), len(history.days)] == [row["first"], int(row["days"])]
    expected = [one.split(" ") for one in row["closes"].split("; ")]
    assert list(found.last_closes) == [coin for coin, _ in expected]
    assert list(found.last_closes.values()) == pytest.approx([float(close) for _, close in expected], rel=1e-11)
    doubts = [f"{d.grade} {'-' if d.row is None else d.row} {d.field}" for d in found.doubts if d.field]
    assert "; ".join(doubts) == row["doubts"]


@pytest.mark.parametrize("row", REFUSED, ids=name)
def test_a_file_that_cannot_be_used_is_refused_with_the_reason(row):
    with pytest.raises(InvalidFile) as error:
        found_in(row)

    assert row["refused"] in str(error.value)


def test_every_file_is_in_the_table_and_every_case_of_the_log_has_a_file():
    assert {row["file"] for row in EXPECTED} == {path.name for path in CORPUS.iterdir()} - {"expected.csv"}
    assert {int(row["case"]) for row in EXPECTED if row["case"]} == {*range(59, 68)}


def test_numbers_that_can_be_read_in_two_ways_are_no_market_until_the_user_says_which():
    content = (CORPUS / "M13c_german_btc_eth_only.csv").read_bytes()

    with pytest.raises(InvalidFile, match="nothing in the file decides"):
        read_price_csv(content, name="csv:test")
    assert read_prices(content, name="csv:test", decimal_mark="comma").questions == ()
    assert read_prices(content, name="csv:test", decimal_mark="point").last_closes["BTC"] == 58.955


def test_what_looks_wrong_in_a_series_is_a_notice_of_the_market():
    market = read_price_csv((CORPUS / "M11_redenomination.csv").read_bytes(), name="csv:test")

    assert "BTT changes to 1/1,041 of the close before on 2026-09-15" in market.notices[0].text
