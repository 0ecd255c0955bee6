"""The records for a tax program.

By hand, in lots of 0.1 ETH: 10 sold at $2,000 and 10 at $2,200 (average $2,100), 15 bought back at $2,000. That closes
1.5 ETH with a result of 1.5 · $100 = $150; 5 lots stay short at $2,100.
"""

from __future__ import annotations

import csv
import io
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, strategies as st

from hedge_core.hedge.planner import assess
from hedge_core.monitoring.ledger import Ledger, post
from hedge_core.monitoring.option_ledger import option_book
from hedge_core.plan.fills import Fill, FundingPayment
from hedge_core.reports.tax_csv import COLUMNS, records_of, tax_csv, tax_rows
from tests.monitoring.test_option_ledger import PUT, at_expiry, fill as option_fill, plan as option_plan
from tests.support.watching import MICRO_ETH

CONTRACT = MICRO_ETH.contract()
START = datetime(2026, 1, 5, 12, tzinfo=UTC)


def fill(hours: float, side: str, lots: int, price: float, fee: float = 0.0) -> Fill:
    return Fill(
        at=START + timedelta(hours=hours), contract=CONTRACT.id, side=side, contracts=lots, price=price, fee=fee
    )  # type: ignore[arg-type]


def ledger_of(*fills: Fill, payments: tuple[FundingPayment, ...] = ()) -> Ledger:
    return post(fills, payments, {CONTRACT.id: CONTRACT})


STORY = ledger_of(
    fill(0, "sell", 10, 2_000.0, 1.5),
    fill(1, "sell", 10, 2_200.0, 1.6),
    fill(3, "buy", 15, 2_000.0, 2.0),
    payments=(FundingPayment(at=START + timedelta(hours=2), contract=CONTRACT.id, amount=-0.75),),
)


def test_the_story_worked_by_hand() -> None:
    first, second, paid, closed = tax_rows(STORY)
    assert [row.event for row in (first, second, paid, closed)] == ["sell", "sell", "funding", "buy"]
    assert (first.coins, first.proceeds, first.realised) == (-1.0, 2_000.0, None)
    assert (second.lots_after, second.entry_after) == (-20, pytest.approx(2_100.0))
    assert (paid.funding, paid.realised) == (-0.75, None)
    assert closed.realised == pytest.approx(150.0)
    assert (closed.lots_after, closed.proceeds) == (-5, pytest.approx(-3_000.0))


def test_the_csv_has_a_header_and_a_row_for_each_event() -> None:
    rows = list(csv.DictReader(io.StringIO(tax_csv(tax_rows(STORY)))))
    assert tuple(rows[0]) == COLUMNS
    assert [row["realised_usd"] for row in rows] == ["", "", "", "150"]
    assert [row["fee_usd"] for row in rows] == ["1.5", "1.6", "0", "2"]
    assert rows[0]["time_utc"] == "2026-01-05T12:00:00+00:00"


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["sell", "buy"]), st.integers(1, 40), st.floats(500.0, 5_000.0), st.floats(-1.0, 9.0)
        ),
        min_size=1,
        max_size=12,
    ),
    st.lists(st.floats(-50.0, 50.0), max_size=4),
)
def test_the_rows_add_up_to_the_ledger_and_to_the_cash(rows: list, amounts: list[float]) -> None:
    """Realised, fees and funding are the ledger's; and the cash of all rows, marked at the last price, is its total."""
    fills = [fill(number, *row) for number, row in enumerate(rows)]
    payments = tuple(
        FundingPayment(at=START + timedelta(hours=number), contract=CONTRACT.id, amount=amount)
        for number, amount in enumerate(amounts)
    )
    ledger = ledger_of(*fills, payments=payments)
    found = tax_rows(ledger)
    assert sum(row.realised or 0.0 for row in found) == pytest.approx(ledger.realised_pnl, abs=1e-6)
    assert sum(row.fee for row in found) == pytest.approx(ledger.fees, abs=1e-9)
    assert sum(row.funding for row in found) == pytest.approx(ledger.funding, abs=1e-9)
    last = rows[-1][2]
    cash = sum(row.proceeds - row.fee + row.funding for row in found) + last * sum(row.coins for row in found)
    assert cash == pytest.approx(ledger.total_pnl(dict.fromkeys(ledger.positions, last)), abs=1e-5)
    assert found[-1].lots_after == ledger.positions[CONTRACT.id, None].contracts


def test_a_name_that_a_spreadsheet_would_run_is_made_harmless() -> None:
    odd = Fill(at=START, contract=CONTRACT.id, side="sell", contracts=1, price=2_000.0, trade_id="=1+1")
    (row,) = csv.DictReader(io.StringIO(tax_csv(tax_rows(ledger_of(odd)))))
    assert not row["trade_id"].startswith("=")


def test_options_have_rows_too_and_their_exercise_is_one_of_them() -> None:
    """The story of tests/monitoring/test_option_ledger.py: 2 BTC of a put bought at 1,500, half sold at 2,500, the
    rest exercised at 45,000 for 9,000 a coin and a delivery fee of 6.75."""
    plan = option_plan(option_fill(PUT, "buy", 200, 1_500.0, fee=60.0), option_fill(PUT, "sell", 100, 2_500.0))
    rows = records_of(assess(plan, at_expiry(45_000.0)))
    assert [row.event for row in rows] == ["buy", "sell", "exercise"]
    assert [row.realised for row in rows] == [None, pytest.approx(1_000.0), pytest.approx(7_500.0)]
    assert (rows[-1].fee, rows[-1].proceeds) == (pytest.approx(6.75), pytest.approx(9_000.0))
    book = option_book(assess(plan, at_expiry(45_000.0)))
    assert book is not None
    assert sum(row.realised or 0.0 for row in rows) == pytest.approx(book.realised)
    assert sum(row.fee for row in rows) == pytest.approx(book.fees)
    assert sum(row.proceeds for row in rows) == pytest.approx(book.realised)
