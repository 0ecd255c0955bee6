"""The decimal mark told by what coins cost.

By hand: SOL costs 148 in the sample market. 144.160 is then 144.16 and not 144,160, which is 974 times as much;
1.482 may be 1.482 (1/100) or 1,482 (10 times), and neither is within a factor of five, so it stays a question.
"""

from __future__ import annotations

import pytest

from hedge_core.documents.prices.file import PricesImport, read_prices
from hedge_core.market.sources.sample import SampleSource

MARKET = SampleSource().snapshot()


def found_in(text: str) -> PricesImport:
    return read_prices(text, name="csv:test", market=MARKET)


@pytest.mark.parametrize(
    ("text", "closes"),
    [
        ("date;SOL\n2026-10-30;144.160\n2026-10-31;145.250\n", {"SOL": 145.25}),
        ("date;SOL\n2026-10-30;144,160\n2026-10-31;145,250\n", {"SOL": 145.25}),
        ("date;BTC;XRP\n2026-10-30;90.170;2\n2026-10-31;91.543;2\n", {"BTC": 91_543.0, "XRP": 2.0}),
        ("date\tETH\n2026-10-30\t3,180\n2026-10-31\t3,200\n", {"ETH": 3_200.0}),
    ],
)
def test_a_reading_near_the_price_is_taken_and_said(text, closes):
    found = found_in(text)

    assert found.last_closes == closes
    assert found.questions == ()
    assert "as the prices of sample show" in found.doubts[0].text
    assert found.is_mark_open  # nothing in the file itself proves it


@pytest.mark.parametrize(
    "text",
    [
        "date;SOL\n2026-10-30;1.482\n2026-10-31;1.501\n",
        "date;SOL;XRP\n2026-10-30;144.160;90.170\n2026-10-31;145.250;91.543\n",  # SOL says point, XRP neither
        "date;SOL\n2021-10-30;144.160\n2021-10-31;145.250\n",  # of another time
        "date;NEWCOIN\n2026-10-30;144.160\n2026-10-31;145.250\n",
    ],
)
def test_where_no_price_settles_it_the_question_stays(text):
    found = found_in(text)

    assert [doubt.grade for doubt in found.doubts] == ["ask"]
    assert "nothing in the file decides" in found.doubts[0].text


def test_without_a_market_it_is_asked():
    assert read_prices("date;SOL\n2026-10-30;144.160\n2026-10-31;145.250\n", name="csv:test").questions
