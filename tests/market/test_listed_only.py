"""Contracts that are listed and not sized: none is in the catalogue too, and each says why."""

from __future__ import annotations

from datetime import date

from hedge_core.market.contracts import catalogue
from hedge_core.market.listed_only import listed_only
from hedge_core.market.venues import VENUES


def test_a_contract_without_a_known_size_is_listed_and_not_in_the_catalogue():
    listed = listed_only()

    assert len({(row.venue, row.code) for row in listed}) == len(listed) > 900
    assert {f"{row.venue}:{row.code}" for row in listed} & set(catalogue().by_id) == set()
    assert {row.venue for row in listed} <= set(VENUES)
    assert all(row.why_not_sized and date.fromisoformat(row.as_of) for row in listed)


def test_futures_on_an_index_are_listed_with_what_is_known_of_them():
    index = {row.code: row for row in listed_only() if row.underlying == "NASDAQ-CME-CRYPTO"}

    assert set(index) == {"MCI", "NCI"}
    assert "$1 per index point" in index["MCI"].why_not_sized
    assert "$10 per index point" in index["NCI"].why_not_sized
