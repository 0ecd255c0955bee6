"""The counts at the top of docs/venues.md, against the same counts taken from the data files by hand."""

from __future__ import annotations

import csv
from dataclasses import replace
from datetime import date
from importlib.resources import files

from hedge_core.market.contract_history import ContractFacts
from hedge_core.market.contracts import catalogue
from hedge_core.plan.plan import EDITION
from tools.catalogue_counts import corrections, counts, is_weak, outcome

DOP = catalogue().get("Coinbase Derivatives:DOP")


def _rows(name):
    return list(csv.DictReader(files("hedge_core").joinpath(f"data/{name}").read_text(encoding="utf-8").splitlines()))


def test_every_row_is_counted_once_and_every_size_has_one_source_or_two():
    """The first edition had 40 contracts, none of which left; every one has been corrected, and none in its size."""
    found, rows = counts(catalogue(), EDITION), _rows("contracts.csv")
    first = {(row["venue"], row["code"]) for row in _rows("contract_history.csv") if row["changed_on"] == "2026-11-26"}

    assert len(first) == 40
    assert found["rows"] == len(rows) == found["agree"] + found["corrected"] + found["added"]
    assert found["added"] == len([row for row in rows if (row["venue"], row["code"]) not in first])
    assert found["corrected"] == 40
    assert found["in size"] == 2  # OKX trades BTC and ETH in steps of 0.01 contracts, not 0.1
    assert found["size by two sources"] == len([row for row in rows if row["second_source"]])
    assert found["size by one source"] == found["rows"] - found["size by two sources"]


def test_a_contract_agrees_is_corrected_or_is_new():
    first = {DOP.id: ContractFacts.of(DOP)}

    assert outcome(DOP, first) == "agree"
    dearer = replace(DOP, fixed_fee=0.15, initial_margin_rate=0.95)
    assert outcome(dearer, first) == "corrected"
    assert set(corrections(dearer, first)) == {"margin", "fee"}
    assert outcome(DOP, {}) == "added"


def test_a_size_is_weak_if_its_only_source_is_undated_or_older_than_a_year():
    today = date(2026, 11, 29)
    alone = replace(DOP, second_source="", confidence="one source", verified_on="2026-11-01")

    assert not is_weak(alone, today)
    assert is_weak(replace(alone, verified_on="2025-11-28"), today)
    assert is_weak(replace(alone, confidence="one source, undated"), today)
    assert not is_weak(replace(alone, verified_on="2025-11-28", second_source="another list"), today)


def test_every_venue_with_a_second_source_had_twenty_sizes_or_all_that_it_names_compared():
    """OKX, Hyperliquid, Binance, Bybit and MEXC: more than 20; the others: as many as the second source holds."""
    by_venue = {}
    for contract in catalogue():
        by_venue[contract.venue] = by_venue.get(contract.venue, 0) + bool(contract.second_source)

    large = ("OKX", "Hyperliquid", "Binance", "Bybit", "MEXC", "Coinbase Derivatives")
    assert min(by_venue[venue] for venue in large) >= 20
    assert [venue for venue, number in by_venue.items() if number == 0] == []
