"""Ages of figures.

By hand, on 2026-11-29: a margin of 2026-10-29 is 31 days old (marked), one of 2026-10-30 is 30 (not); a tick of
2026-08-31 is 90 days old (not marked), one of 2026-08-30 is 91; a size of 2025-11-29 is 365 days old, one of
2025-11-28 is 366.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from hedge_core import Decisions, HedgePlan, Holding, SampleSource, assess
from hedge_core.hedge.margin_terms import with_margin_terms
from hedge_core.market.contracts import CustomContract, catalogue
from hedge_core.market.figure_ages import ages_text, old_figures
from hedge_core.plan.plan import CostAssumptions, OwnMargin

TODAY = date(2026, 11, 29)
FRESH = replace(
    catalogue().get("Coinbase Derivatives:DOP"),
    verified_on="2026-11-29", tick_as_of="2026-11-29", fee_as_of="2026-11-29", margin_as_of="2026-11-29",
)  # fmt: skip


@pytest.mark.parametrize(
    ("field", "day", "old"),
    [
        ("margin_as_of", "2026-10-30", []), ("margin_as_of", "2026-10-29", [("margin", 31)]),
        ("fee_as_of", "2026-10-30", []), ("fee_as_of", "2026-10-29", [("fee", 31)]),
        ("tick_as_of", "2026-08-31", []), ("tick_as_of", "2026-08-30", [("tick", 91)]),
        ("verified_on", "2025-11-29", []), ("verified_on", "2025-11-28", [("size", 366)]),
        ("margin_as_of", "", []),
    ],
)  # fmt: skip
def test_each_kind_of_figure_is_marked_the_day_after_its_limit(field, day, old):
    found = old_figures(replace(FRESH, **{field: day}), TODAY)

    assert [(one.figure, one.days) for one in found] == old


def test_the_day_of_a_figure_is_its_own_and_not_that_of_the_row():
    """Binance: sizes of 2026-08-21, margins recorded 2026-03-26 (248 days), fees 2025-09-18 (437 days)."""
    found = {one.figure: one.days for one in old_figures(catalogue().get("Binance:SOLUSDT"), TODAY)}

    assert found == {"margin": 248, "fee": 437, "tick": 100}


def test_a_margin_that_is_not_known_or_that_the_user_states_has_no_age():
    unknown = catalogue().get("OKX:SOL-USDT-SWAP")
    assert "margin" not in {one.figure for one in old_figures(unknown, TODAY)}

    stated = with_margin_terms(catalogue(), "not_stated", {"Binance:SOLUSDT": OwnMargin(initial=0.2, maintenance=0.1)})
    assert "margin" not in {one.figure for one in old_figures(stated.get("Binance:SOLUSDT"), TODAY)}
    own = CustomContract(code="MINE", underlying="SOL", coins=1.0).contract()
    assert old_figures(own, TODAY) == ()


def test_a_listing_renews_what_it_states_and_leaves_the_fee_as_old_as_it_was():
    row = catalogue().get("Gate:SOL_USDT")
    listed = replace(
        row, source="Gate's own list", verified_on="2026-11-29", tick_as_of="2026-11-29", margin_as_of="2026-11-29"
    )

    both = catalogue().with_listed([listed]).get(row.id)

    assert (both.verified_on, both.tick_as_of, both.margin_as_of) == ("2026-11-29",) * 3
    assert both.fee_as_of == row.fee_as_of


def test_old_figures_are_told_by_kind_with_names_or_counts():
    old = [
        one
        for code, day in (("DOP", "2026-10-13"), ("SHP", "2026-10-08"))
        for one in old_figures(replace(FRESH, code=code, margin_as_of=day), TODAY)
    ]
    assert ages_text(old) == "margins of DOP and SHP are 47 to 52 days old"
    many = [one for code in "ABCD" for one in old_figures(replace(FRESH, code=code, fee_as_of="2026-09-01"), TODAY)]
    assert ages_text([*old[:1], *many]) == "margins of DOP are 47 days old, fees of 4 contracts are 89 days old"
    assert ages_text(()) == ""


def test_a_plan_lists_the_old_figures_of_its_contracts_and_no_fee_that_the_user_states():
    """On the sample market's day, 2026-11-01, Coinbase's fees of 2026-08-25 are 68 days old."""
    plan = HedgePlan(holdings=(Holding(coin="DOGE", quantity=1e5),), decisions=Decisions(venue="Coinbase Derivatives"))
    market = SampleSource().snapshot()

    assert [(one.code, one.figure, one.days) for one in assess(plan, market).old_figures] == [("DOP", "fee", 68)]
    own = plan.with_overrides(costs=CostAssumptions(fee_rate=0.001))
    assert assess(own, market).old_figures == ()
