"""The history of contracts: what the catalogue said when, and what has changed in words.

By hand: DOP at Coinbase Derivatives stood at 40% and at 0.1%, at least $0.15, in the first edition. Since 29 November
2026 it stands at 92% and 0.1% and $0.12. So it says so for a plan of the 26th and says nothing for one of the 29th.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from hedge_core.market.contract_history import FIRST_EDITION, ContractFacts, differences, facts_on, history
from hedge_core.market.contracts import MarginTier, catalogue
from hedge_core.plan.plan import EDITION
from tools.contract_history import FILE, document, missing

DOGE = "Coinbase Derivatives:DOP"
FACTS = ContractFacts(
    underlying="ETH",
    lot=0.1,
    is_in_usd=False,
    minimum_lots=1,
    minimum_notional=0.0,
    margin=(MarginTier(0.0, 0.4, 0.4),),
    fee_rate=0.001,
    minimum_fee=0.15,
    fixed_fee=0.0,
)


def test_the_newest_row_of_each_contract_is_the_catalogue():
    """A venue without any row is newer than every saved plan, so that no plan can have used it."""
    recorded, venues = facts_on(date.max), {name.partition(":")[0] for _, name, _ in history()}
    now = {one.id: ContractFacts.of(one) for one in catalogue() if one.venue in venues}

    stale = sorted(name for name in recorded.keys() | now.keys() if recorded.get(name) != now.get(name))

    assert stale == [], "saved plans would not be told: run python -m tools.contract_history"


def test_rows_are_in_the_order_of_their_days_and_no_newer_than_the_edition():
    days = [changed_on for changed_on, _, _ in history()]

    assert days == sorted(days)
    assert days[0] == FIRST_EDITION
    assert days[-1] <= EDITION, "raise EDITION in hedge_core/plan/plan.py"
    assert len({(day, name) for day, name, _ in history()}) == len(days)


def test_the_tool_writes_the_file_as_it_is():
    assert document(list(history())) == FILE.read_text(encoding="utf-8")
    newest = max(changed_on for changed_on, _, _ in history())
    assert missing(newest) == [row for row in history() if row[0] == newest]


def test_the_first_edition_had_forty_contracts():
    assert len(facts_on(FIRST_EDITION)) == 40
    assert not facts_on(date(2026, 11, 25))


def test_the_margin_and_fee_of_doge_are_told_as_worked_by_hand():
    told = differences(facts_on(FIRST_EDITION)[DOGE], ContractFacts.of(catalogue().get(DOGE)))

    assert told == {
        "margin": "margin of a short 92% (was 40%)",
        "fee": "fee per side 0.1% and $0.12 per contract (was 0.1%, at least $0.15 per contract)",
    }


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({}, {}),
        ({"lot": 0.01}, {"size": "size of a lot 0.01 ETH (was 0.1 ETH)"}),
        ({"lot": 10.0, "is_in_usd": True}, {"size": "size of a lot $10 of ETH (was 0.1 ETH)"}),
        ({"minimum_lots": 5}, {"smallest order": "smallest order 5 lots (was 1 lot)"}),
        ({"minimum_notional": 10.0}, {"smallest order": "smallest order 1 lot and $10 (was 1 lot)"}),
        (
            {"margin": (MarginTier(0.0, 0.05, 0.02), MarginTier(50_000.0, 0.1, 0.05))},
            {"margin": "margin of a short 5% to open and 2% to keep, more from $50,000 (was 40%)"},
        ),
        (
            {"minimum_fee": 0.0, "fee_rate": None},
            {"fee": "fee per side assumed (was 0.1%, at least $0.15 per contract)"},
        ),
        (
            {"minimum_fee": 0.0, "fee_rate": 0.0, "fixed_fee": 1.25},
            {"fee": "fee per side $1.25 per contract (was 0.1%, at least $0.15 per contract)"},
        ),
    ],
)
def test_each_fact_is_told_in_words(changes, told):
    assert differences(FACTS, replace(FACTS, **changes)) == told


def test_a_margin_table_that_differs_further_up_is_told_without_figures():
    tiers = (MarginTier(0.0, 0.05, 0.02), MarginTier(50_000.0, 0.1, 0.05))
    before = replace(FACTS, margin=tiers)

    after = replace(before, margin=(tiers[0], MarginTier(50_000.0, 0.2, 0.05)))

    assert differences(before, after) == {"margin": "another margin table"}


@pytest.mark.parametrize(("facts", "lots"), [({}, 1), ({"minimum_notional": 500.0}, 3), ({"minimum_lots": 4}, 4)])
def test_the_smallest_order_in_lots(facts, lots):
    """A lot of 0.1 ETH at $2,000 is $200, so that $500 need 3 lots."""
    assert replace(FACTS, **facts).least_lots(2_000.0) == lots


def test_a_contract_that_left_the_catalogue_is_a_row_without_a_coin(monkeypatch):
    rows = ((FIRST_EDITION, "CME:OLD", FACTS), (date(2026, 12, 1), "CME:OLD", None))
    monkeypatch.setattr("hedge_core.market.contract_history.history", lambda: rows)

    assert facts_on(date(2026, 11, 30)) == {"CME:OLD": FACTS}
    assert facts_on(date(2026, 12, 1)) == {}
    assert document([*rows]).splitlines()[2] == "2026-12-01,CME,OLD,,,,,,,,,"
