"""The dry run says what an import would do, and the import does that.

By hand: SOL 10 and SOL 5 in two rows are 15; with 120 in the bag, 135. A trade in SOL is another holding.
"""

from __future__ import annotations

from hypothesis import given, strategies as st

from hedge_core.documents.holdings_file import HoldingsImport, combined, dry_run, read_holdings
from hedge_core.plan.bag import Bag, Holding
from tests.support.strategies import holdings

TABLE = read_holdings(
    "coin,quantity,role,stop,price\nSOL,10,,,\nUSDC,50,,,\nSOL,5,,,150\nSOL,7,speculative,10%,\nMKR,2,,,\nXYZ,,,,\n"
)


def test_rows_of_the_same_holding_are_one_line_with_their_numbers():
    lines = dry_run(TABLE, [Holding(coin="SOL", quantity=120)])

    assert [(one.holding.coin, one.rows, one.holding.quantity, one.in_bag, one.together) for one in lines] == [
        ("SOL", (2, 4), 15, 120, 135),
        ("USDC", (3,), 50, 0, 50),
        ("SOL", (5,), 7, 0, 7),
        ("MKR", (6,), 2, 0, 2),
    ]
    assert lines[0].price == 150


def test_what_a_holder_should_know_is_said():
    sol, usdc, trade, mkr = dry_run(TABLE)

    assert sol.remarks == (
        "rows 2 and 4 are added together",
        "SOL is also listed as speculative; the two are kept separate",
    )
    assert usdc.remarks == ("stablecoin: kept, never hedged",)
    assert trade.remarks == ("SOL is also listed as hold; the two are kept separate",)
    assert "1 MKR counts as 24,000 SKY" in mkr.remarks[0]
    assert dry_run(TABLE, known=["MKR"])[3].remarks == ()


coins = st.sampled_from(["SOL", "LINK", "USDC", "WETH"])


@given(st.lists(holdings(coins), max_size=8), st.lists(holdings(coins), max_size=8))
def test_the_lines_are_what_the_bag_becomes(imported, present):
    table = HoldingsImport(tuple(imported), tuple(range(2, 2 + len(imported))))
    lines = dry_run(table, present)

    assert tuple(one.holding for one in lines) == Bag(tuple(imported)).holdings
    assert sorted(row for one in lines for row in one.rows) == list(table.rows)
    after = {(one.coin, one.role, one.stop_loss): one.quantity for one in combined(table, present)}
    for one in lines:
        assert abs(after[one.holding.coin, one.holding.role, one.holding.stop_loss] / one.together - 1) < 1e-12
