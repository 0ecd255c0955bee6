"""Dates in cells: which moment they state, and whether day or month comes first."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from hedge_core.documents.reader.dates import date_order, moment_in


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("1772668800", datetime(2026, 3, 5, tzinfo=UTC)),  # 20,517 days of 86,400 seconds after 1970
        ("1772668800.5", datetime(2026, 3, 5, 0, 0, 0, 500_000, tzinfo=UTC)),
        ("1772668800000", datetime(2026, 3, 5, tzinfo=UTC)),
        ("5 March 2026", datetime(2026, 3, 5, tzinfo=UTC)),
        ("Thu, 5 Mar 2026 14:30", datetime(2026, 3, 5, 14, 30, tzinfo=UTC)),
        ("5. März 2026", datetime(2026, 3, 5, tzinfo=UTC)),
        ("31. Dez 2025", datetime(2025, 12, 31, tzinfo=UTC)),
        ("March 5, 2026", datetime(2026, 3, 5, tzinfo=UTC)),
        ("Oct 5 2025 09:15", datetime(2025, 10, 5, 9, 15, tzinfo=UTC)),
        ("2026-03-05T14:30:15Z", datetime(2026, 3, 5, 14, 30, 15, tzinfo=UTC)),
        ("05.03.26 14:30", datetime(2026, 3, 5, 14, 30, tzinfo=UTC)),
        ("5 Foo 2026", None),
        ("30 Feb 2026", None),
        ("2026-13-05", None),
        ("2772668800", None),  # epoch seconds begin with 1 until 2033
        ("12.5", None),
        ("1250.50", None),
    ],
)
def test_a_cell_states_a_moment(text, moment):
    assert moment_in(text) == moment


def test_the_month_may_come_first():
    assert moment_in("03/05/2026", "month") == datetime(2026, 3, 5, tzinfo=UTC)
    assert moment_in("03/05/2026", "day") == datetime(2026, 5, 3, tzinfo=UTC)


@pytest.mark.parametrize(
    ("cells", "order"),
    [
        (["03/04/2026", "31/01/2026"], "day"),
        (["03/04/2026", "01/31/2026"], "month"),
        (["03.04.2026"], "day"),
        (["03/04/2026", "05/06/2026"], "unknown"),
        (["2026-03-04"], "unknown"),
        (["31/01/2026", "01/31/2026"], "both"),
    ],
)
def test_one_date_that_reads_in_one_way_decides_for_the_column(cells, order):
    assert date_order(cells) == order
