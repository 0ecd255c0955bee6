"""Files that overlap: what a second file adds to a plan.

By hand: an order is filled in three equal parts of 100 lots. The first file has the first part, the second all three:
two are new. With trade ids 1 and 2 in the plan, and 2 and 3 in the file, one is new.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime

from hypothesis import given, strategies as st

from hedge_core.documents.fills.overlap import new_entries
from hedge_core.plan.fills import Fill, FundingPayment

PART = Fill(
    at=datetime(2026, 3, 17, 9, 34, 12, tzinfo=UTC),
    contract="Binance:BTCUSDT",
    side="sell",
    contracts=100,
    price=60000.0,
)


def test_equal_partial_fills_are_counted():
    assert new_entries([PART], [PART] * 3) == ((PART, PART), 1)
    assert new_entries([PART] * 3, [PART] * 3) == ((), 3)
    assert new_entries([PART] * 3, [PART]) == ((), 1)


def test_trade_ids_tell_equal_fills_apart():
    one, two, three = (replace(PART, trade_id=number) for number in "123")

    assert new_entries([one, two], [two, three]) == ((three,), 1)
    assert new_entries([one], [replace(one, price=60001.0)]).repeated == 0


def test_an_entry_without_an_id_is_the_same_as_an_equal_one_with_it():
    known = replace(PART, trade_id="1", note="mine")

    assert new_entries([PART], [known]) == ((), 1)
    assert new_entries([known], [PART]) == ((), 1)
    assert new_entries([known], [PART, PART]) == ((PART,), 1)


def test_equal_payments_are_counted_too():
    paid = FundingPayment(at=PART.at, contract=PART.contract, amount=1.25)

    assert new_entries([paid], [paid, paid]) == ((paid,), 1)


@given(st.lists(st.sampled_from([1, 2, 3])), st.lists(st.sampled_from([1, 2, 3])))
def test_both_files_together_hold_each_fill_as_often_as_the_fuller_one(first: list[int], second: list[int]):
    made = {lots: replace(PART, contracts=lots) for lots in (1, 2, 3)}
    held = [made[lots] for lots in first]

    together = Counter(fill.contracts for fill in (*held, *new_entries(held, [made[lots] for lots in second]).new))

    assert together == Counter(first) | Counter(second)
