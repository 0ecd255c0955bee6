"""Sizes of contracts against the list, the volume, and the size seen last: 100 coins in 1,000 contracts are 0.1."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest

from hedge_core.market.contracts import Contract
from hedge_core.market.live.listing import Listed
from hedge_core.market.live.sizes import without_conflicting_sizes

TODAY = date(2026, 11, 29)
SYMBOL = "NOVA/USDT:USDT"


def listed(size: float, *, code: str = "NOVA-USDT-SWAP", units: float = 1.0, inverse: bool = False) -> Listed:
    contract = Contract(
        venue="OKX", code=code, underlying="NOVA", kind="perpetual", contract_size=size, size_in_usd=inverse,
        style="inverse" if inverse else "linear", source="OKX's own list", verified_on=TODAY.isoformat(),
    )  # fmt: skip
    return Listed(contract, SYMBOL, "USDT", units)


def conflicts(entries, *, seen=None, volumes=None, on=TODAY, prices=None):
    found, kept = without_conflicting_sizes(entries, seen=seen or {}, volumes=volumes or {}, on=on, prices=prices)
    return [entry.contract.conflict for entry in found], kept


def test_a_size_is_remembered_with_the_day_since_which_it_is_seen():
    first, kept = conflicts([listed(0.1)])
    again, later = conflicts([listed(0.1)], seen=kept, on=TODAY + timedelta(days=30))

    assert first == again == [""]
    assert kept == later == {"OKX:NOVA-USDT-SWAP": [0.1, "2026-11-29"]}


@pytest.mark.parametrize("size", [1.0, 0.01, 0.2, 0.1000001])
def test_a_size_that_changes_between_calls_is_a_conflict_and_no_longer_when_it_is_back(size):
    _, kept = conflicts([listed(0.1)])
    (conflict,), after = conflicts([listed(size)], seen=kept, on=TODAY + timedelta(days=1))
    back, healed = conflicts([listed(0.1)], seen=after, on=TODAY + timedelta(days=2))

    assert conflict.startswith("OKX's own list said 0.1 NOVA per contract until 2026-11-30, and says ")
    assert after["OKX:NOVA-USDT-SWAP"][0] == 0.1
    assert (back, healed) == ([""], kept)


def test_a_size_that_stays_changed_is_a_conflict_until_another_witness_confirms_it():
    _, kept = conflicts([listed(0.1)])
    for days in (1, 2, 8, 40):
        (conflict,), kept = conflicts([listed(1.0)], seen=kept, on=TODAY + timedelta(days=days))
        assert "until 2026-11-30, and says 1 NOVA since then" in conflict

    (confirmed,), kept = conflicts(
        [listed(1.0)], seen=kept, volumes={SYMBOL: [1_000.0, 1_000.0]}, on=TODAY + timedelta(days=41)
    )
    assert not confirmed
    assert kept["OKX:NOVA-USDT-SWAP"][0] == 1.0


@pytest.mark.parametrize("size", [0.125, 0.08, 0.11, 0.14])
@pytest.mark.parametrize("coins", [1_000.0, 980.0, 1_020.0])
def test_a_small_change_of_size_that_the_volume_does_not_follow_is_a_conflict(size, coins):
    _, kept = conflicts([listed(0.1)], volumes={SYMBOL: [10_000.0, coins]})
    (conflict,), _ = conflicts([listed(size)], seen=kept, volumes={SYMBOL: [10_000.0, coins]})
    (followed,), _ = conflicts([listed(size)], seen=kept, volumes={SYMBOL: [10_000.0, size * 10_000.0]})

    assert conflict.startswith("OKX's own list said 0.1 NOVA per contract until")
    assert not followed


@pytest.mark.parametrize("size", [1.0, 0.01, 0.2])
def test_a_size_that_the_volume_contradicts_is_a_conflict_even_when_it_is_seen_first(size):
    (conflict,), kept = conflicts([listed(size)], volumes={SYMBOL: [10_000.0, 1_000.0]})

    assert "make 0.1 NOVA per contract" in conflict
    assert kept == {}


def test_a_size_that_the_volume_confirms_replaces_the_one_seen_last():
    seen = {"OKX:NOVA-USDT-SWAP": [1.0, "2026-11-01"]}
    found, kept = conflicts([listed(0.1)], seen=seen, volumes={SYMBOL: [10_000.0, 1_000.0]})

    assert (found, kept) == ([""], {"OKX:NOVA-USDT-SWAP": [0.1, "2026-11-29"]})


@pytest.mark.parametrize(
    ("entry", "volume"),
    [
        (listed(1_000.0, units=1_000.0), [500.0, 500_000.0]),
        (listed(1_000.0, units=1_000.0), [500.0, 500.0]),
        (listed(100.0, inverse=True), [1_000.0, 1.0]),
        (listed(0.1), [15.0, 1.0]),
        (listed(0.1), [1_000.0, 131.0]),
    ],
    ids=["in coins", "in units of the quote", "inverse", "little traded", "rounded"],
)
def test_a_volume_that_agrees_or_says_too_little_is_no_conflict(entry, volume):
    assert conflicts([entry], volumes={SYMBOL: volume})[0] == [""]


@pytest.mark.parametrize("sizes", [(0.1, 1.0), (1.0, 0.1), (0.1, 0.1, 1.0)])
def test_a_contract_listed_with_two_sizes_is_a_conflict_and_stands_there_once(sizes):
    (conflict,), kept = conflicts([listed(size) for size in sizes])

    assert conflict == "OKX's own list has it more than once, with 0.1 NOVA and with 1 NOVA per contract"
    assert kept == {}


def test_a_contract_listed_twice_alike_is_one_contract():
    assert conflicts([listed(0.1), listed(0.1)])[0] == [""]


def test_what_was_seen_of_other_contracts_stays():
    seen = {"OKX:OTHER": [2.0, "2026-01-01"]}

    assert conflicts([listed(0.1)], seen=seen)[1]["OKX:OTHER"] == [2.0, "2026-01-01"]


@pytest.mark.parametrize("was_inverse", [False, True])
def test_a_size_that_changes_its_unit_is_a_conflict_whatever_its_number(was_inverse):
    """0.1 NOVA and $0.1 of NOVA are the same number."""
    _, kept = conflicts([listed(0.1, inverse=was_inverse)])
    (conflict,), after = conflicts([listed(0.1, inverse=not was_inverse)], seen=kept)
    back, _ = conflicts([listed(0.1, inverse=was_inverse)], seen=after)

    words = ["0.1 NOVA", "$0.1 of NOVA"][:: -1 if was_inverse else 1]
    assert conflict == f"OKX's own list said {words[0]} per contract before, and says {words[1]} now"
    assert (after, back) == (kept, [""])


@pytest.mark.parametrize(("size", "is_conflict"), [(100.0, False), (10.0, True), (1_000.0, True), (130.0, False)])
def test_a_size_in_usd_is_held_against_the_volume_at_the_price_of_the_coin(size, is_conflict):
    """By hand: 5,000 coins at $20 in 1,000 contracts are $100 per contract."""
    entry, volumes = listed(size, inverse=True), {SYMBOL: [1_000.0, 5_000.0]}
    (conflict,), _ = conflicts([entry], volumes=volumes, prices={"NOVA": 20.0})

    assert conflict.endswith("traded make $100 of NOVA per contract") == is_conflict
    assert conflicts([entry], volumes=volumes)[0] == [""]  # without a price nothing can be told


def test_a_contract_that_is_in_conflict_by_itself_stays_so_and_teaches_nothing():
    wrong = replace(listed(0.1), contract=replace(listed(0.1).contract, conflict="it is settled in XRP"))

    assert conflicts([wrong]) == (["it is settled in XRP"], {})
