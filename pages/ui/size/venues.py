"""The part of the size page that compares: every venue for this plan, every contract for one of its legs."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence

import streamlit as st

from hedge_core import HedgeAssessment
from hedge_core.hedge.venue_comparison import VenueComparison, VenueRow, contract_options
from pages.ui.parts import elements
from pages.ui.parts.format import dollars, md, percent, price
from pages.ui.session import worked_out


def draw_options(result: HedgeAssessment, place: int) -> None:
    """Every contract that could stand for this leg: standard and micro, perpetual and dated."""
    options = contract_options(result, place)
    leg = result.legs[place]
    rows = [
        {
            "Contract": option.contract.id + (" (in use)" if option.contract.id == leg.contract.id else ""),
            "Ends": _end(option.contract.kind, option.costs.legs[0].held_until if option.costs.legs else None),
            "One is ($)": option.leg.lot_notional,
            "Count": abs(option.leg.contracts),
            "Off target ($)": option.rounding_error,
            "To open ($)": option.initial_margin,
            "Fees, rolls ($)": -option.costs.fees,
            "Carry ($)": option.costs.carry if option.costs.is_carry_known else None,
            "Net ($)": None if option.cost is None else -option.cost,
        }
        for option in options
    ]
    st.markdown(f"**Every contract on {md(leg.underlying)}: standard or micro, perpetual or dated**")
    elements.table(
        rows, key="options", formats={**_formats(rows), "One is ($)": lambda value: price(value).removeprefix("$")}
    )
    st.caption(
        f"For the {md(f'${leg.target_notional:,.0f}')} that this leg is to short, over your horizon. Net is carry "
        "less fees: plus is money to you. A dash: not known. Click a heading to sort."
    )


def _formats(rows: Sequence[Mapping[str, object]]) -> dict[str, Callable[[float], str]]:
    """How the columns of money and of percent are written."""
    names = rows[0] if rows else ()
    return {name: dollars if name.endswith("($)") else percent for name in names if name.endswith(("($)", "(%)"))}


def _end(kind: str, until: object) -> str:
    return f"{until:%d %b %Y}" if until is not None else kind


def draw_venues(result: HedgeAssessment) -> None:
    """Which venue fits this plan best, the plan at every venue, and the venues at which it cannot be sized."""
    comparison = worked_out.venues(result)
    st.markdown(f":material/storefront: {md(comparison.verdict)}")
    if comparison.caveats:
        st.caption(md(comparison.caveats))
    sized = [row for row in comparison.rows if row.is_usable]
    rows = [_venue_row(row, comparison) for row in sized]
    if rows:
        elements.table(rows, key="venues", wide=["Venue"], formats=_formats(rows))
        st.caption(
            "✓ is what is recommended. To open: the margin of the full hedge. Net over your horizon of what your "
            "collateral opens, carry less fees: plus is money to you; at worst with 90%. A dash under Survives: no "
            "collateral is stated, it is too little for the full hedge, or no rally ends it. Contracts of your own "
            "and chosen ones are left aside here. Click a heading to sort."
        )
        with st.expander("How each venue ends a short, its hours, and whom it serves"):
            elements.wrapped_table([_terms_row(row) for row in sized])
            if any(row.facts.is_assumed for row in sized):
                st.caption("With a star: an assumption without a source.")
    unsized = [f"{md(row.facts.name)}: {md(', '.join(row.unsized))}" for row in comparison.rows if row.unsized]
    if unsized:
        st.caption(
            f"Listed there, but the size of the contract is not known, so it is not used: {md('; '.join(unsized))}."
        )
    barred = [row for row in comparison.rows if row.barred]
    if barred:
        with st.expander(f"Venues that do not serve you where you live ({len(barred)})"):
            for row in barred:
                st.markdown(f"- **{md(row.facts.name)}**: {md(row.barred)}")
    others = [row for row in comparison.rows if row.fault and not row.barred]
    if others:
        with st.expander(f"Venues at which this plan is not sized ({len(others)})"):
            for row in others:
                st.markdown(f"- **{md(row.facts.name)}**: {md(row.fault)} ({md(row.facts.source)})")


def _venue_row(row: VenueRow, comparison: VenueComparison) -> dict[str, object]:
    there, quote, facts = row.assessment, row.quote, row.facts
    assert there is not None
    assert quote is not None
    rally = None if there.is_limited else there.market_rally_survived
    rally = rally if rally is not None and math.isfinite(rally) else None
    return {
        "Venue": ("✓ " if row is comparison.recommended else "") + facts.name,
        "Hedged (%)": there.achieved_hedge_ratio,
        "Own futures (%)": row.own_share,
        "Off target ($)": row.rounding_error,
        "To open ($)": there.margin_wanted.initial,
        "Survives (%)": rally,
        "Net ($)": None if quote.cost is None else -quote.cost,
        "At worst ($)": None if quote.cost_high is None else -quote.cost_high,
    }


def _terms_row(row: VenueRow) -> dict[str, str]:
    """How a venue ends a short, when it trades, whom it serves, and what is not known of it."""
    facts = row.facts
    mark = "*" if facts.is_assumed else ""
    gap = ", closed at weekends" if facts.has_weekend_gap else ""
    served = f"serves where you live: {row.access.text}" if row.access.is_served else f"{facts.regions}{mark}"
    return {
        "Venue": facts.name,
        "Ends a short by": f"{facts.closes_how}{mark}" if facts.closes_how else "",
        "Hours": f"{facts.hours}{gap}{mark}",
        "Closes winning shorts": facts.deleveraging,
        "Regions": served,
        "Not known": "; ".join(row.unknown),
        "Old": row.ages,
    }
