"""Every fault of an exchange against every kind of data, played on a real HTTP server with the real library."""

from __future__ import annotations

import re
from collections.abc import Iterator
from importlib import import_module
from itertools import product
from pathlib import Path

import pytest

from tests.exchange import table
from tests.exchange.faults import FAULTS, KINDS, Fault, Kind
from tests.exchange.server import LoopbackExchange
from tests.exchange.world import PRICES
from tests.support.scale import SCALE

WRITTEN = (Path(__file__).parents[3] / "docs" / "faults.md").read_text(encoding="utf-8")
COUNTS = re.compile(r"\d+, \d+ \|$", re.MULTILINE)
"""May differ by one: a reused connection breaks before the request is seen."""

AT_THE_EXCHANGE = ("slow", "drip", "dropped", "refused", "error_500", "error_503", "teapot_418", "too_many")
HARMLESS = {
    *(("contracts", fault) for fault in ("clock_ahead", "clock_behind", "wrong_value")),
    *(("funding", fault) for fault in ("missing_symbol", "delisted", "clock_ahead", "clock_behind", "wrong_value")),
}
"""Where the answer needs no word: the other kinds of data do not depend on it."""


@pytest.fixture(scope="module")
def exchange() -> Iterator[LoopbackExchange]:
    import_module("ccxt")  # is not what is timed
    with LoopbackExchange(slow=table.SLOW) as exchange:
        yield exchange


PLAYED = [
    (fault, kind)
    for row, fault in enumerate(FAULTS)
    for column, kind in enumerate(KINDS)
    if SCALE > 1 or (row % 2 == 0 and column == row // 2 % len(KINDS))
]
"""Each takes seconds, so the suite plays every second fault with one kind of data, and `make long` all with all."""


@pytest.mark.long
@pytest.mark.parametrize(("fault", "kind"), PLAYED, ids=lambda name: name)
def test_a_fault_replaces_nothing_good_is_said_and_heals(exchange: LoopbackExchange, fault: Fault, kind: Kind) -> None:
    """SOL has a price in every case: its own exchange's, or another's, and never the broken one.

    The slowest answer is a time-out at the exchange; a broken connection is tried twice, then it is left alone.
    """
    case = table.play(exchange, fault, kind)

    assert case.kept_the_good
    assert case.sol == pytest.approx((PRICES["SOL"], PRICES["SOL"]), rel=1e-3)
    assert case.recovered
    assert case.seconds <= table.SLOW / 4
    assert fault not in AT_THE_EXCHANGE or max(case.cold_requests, case.warm_requests) <= 2
    assert bool(case.cold) == ((kind, fault) not in HARMLESS)
    assert COUNTS.sub("", table.row(case)) in COUNTS.sub("", WRITTEN).splitlines()


def test_the_table_in_the_documentation_has_every_case_and_no_other() -> None:
    rows = WRITTEN.partition("\n## ")[0].removeprefix(table.document([])).splitlines()

    assert [tuple(row.split(" | ")[:2]) for row in rows] == [
        (f"| {fault.replace('_', ' ')}", kind) for fault, kind in product(FAULTS, KINDS)
    ]
