"""Funding rates from a file: payments of a day add up, gaps stay gaps, and a wrong row is named."""

from __future__ import annotations

import numpy as np
import pytest

from hedge_core.documents.funding_file import read_funding_csv
from hedge_core.errors import InvalidFile

GOOD = b"""time,symbol,rate
2024-01-01 00:00:00,BTCUSDT,0.0001
2024-01-01 08:00:00,BTCUSDT,0.0002
2024-01-03 00:00:00,BTCUSDT,-0.0001
2024-01-01T16:00:00+08:00,eth,0.0003
"""


def test_the_payments_of_a_day_add_up_and_a_day_without_one_is_missing():
    funding = read_funding_csv(GOOD)

    assert funding.coins == ("BTC", "ETH")
    assert str(funding.days[0]) == "2024-01-01"
    np.testing.assert_allclose(funding.of("BTC"), [0.0003, np.nan, -0.0001])
    np.testing.assert_allclose(funding.of("ETH"), [0.0003, np.nan, np.nan])


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "between 1 and"),
        (b"time,rate\n2024-01-01,0.1\n", "no column for the coin"),
        (b"time,symbol,rate\n", "no payments"),
        (GOOD + b"2024-01-04,BTC,abc\n", "row 6"),
        (GOOD + b"2024-01-04,BTC,nan\n", "row 6"),
        (GOOD + b"2024-01-04,BTC,0.5\n", "fraction of at most 0.05"),
        (GOOD + b"someday,BTC,0.0001\n", "row 6"),
        (GOOD + b"2024-01-03 00:00:00,BTC,0.0001\n", "two payments"),
        (b"\xff\xfe", "cannot be read"),
    ],
)
def test_what_cannot_be_used_is_refused_by_row(content, says):
    with pytest.raises(InvalidFile, match=says):
        read_funding_csv(content)
