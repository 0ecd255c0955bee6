"""What can end the hedge: how far away that is, and what moves it."""

from __future__ import annotations

import numpy as np
import streamlit as st

from hedge_core import HedgeAssessment
from hedge_core.hedge.margin import IsolatedLeg
from hedge_core.hedge.market_margin import survived_text
from hedge_core.hedge.overnight import margin_by_time
from hedge_core.hedge.squeeze import rallies_by_leader, worst_squeeze
from pages.ui import charts
from pages.ui.parts import elements
from pages.ui.parts.format import md, percent, price, usd

YEAR = 365
SHOCKS = (
    ("As it is", {}),
    ("Margins raised by half", {"margin_rise": 0.5}),
    ("Margins doubled", {"margin_rise": 1.0}),
    ("Collateral valued 10% lower", {"haircut": 0.1}),
)


def why(result: HedgeAssessment) -> None:
    """How far away the end of the short is, and what brings it nearer."""
    margin = result.margin
    assumed = " (partly **assumed**)" if margin.is_assumed else ""
    st.markdown(
        f"To open: **{md(usd(margin.initial))}** initial margin{assumed}; to keep it at today's prices "
        f"**{md(usd(margin.maintenance))}**."
    )
    elements.old_figures(result, "margin")
    by_time = margin_by_time(result)
    if by_time is not None:
        st.caption(md(by_time.sentence))
    if not margin.legs:
        return
    reading = _margin_reading(result)
    elements.chart(
        charts.margin_gauge(
            _year_ranges(result), rally=result.market_rally_survived, betas=result.market_margin.betas.tolist()
        ),
        key="margin_gauge",
        alt=reading,
    )
    elements.reading(reading)
    squeeze = worst_squeeze(result)
    if squeeze is not None:
        elements.reading(squeeze.sentence)
    if margin.collateral is not None:
        _shock_table(result)
        _leader_table(result)
        _isolated_table(result)


def _year_ranges(result: HedgeAssessment) -> list[tuple[IsolatedLeg, float, float]]:
    history, ranges = result.market.history, []
    for alone in result.margin.isolated():
        coin, now = alone.leg.underlying, alone.leg.price
        closes = history.price_range(coin, YEAR) if coin in history else None
        last = history.last_close(coin) if coin in history else None
        scale = now / last if last else 1.0  # a price of the user's own: the year's moves, not its dollars
        low, high = (close * scale for close in closes) if closes else (now, now)
        ranges.append((alone, min(low, now), max(high, now)))
    return ranges


def _margin_reading(result: HedgeAssessment) -> str:
    rally = result.market_rally_survived
    if rally is None:
        return "Too little collateral is what ends most hedges: a rally takes the short away before the fall comes."
    if rally == float("inf"):
        posted = any(leg.instrument.settles_in_coin for leg in result.margin.legs)
        return (
            "The coins that you post outgrow the loss of the short: no rally ends it."
            if posted
            else "No rally ends it."
        )
    called = all(leg.is_exchange_traded for leg in result.margin.legs)
    how = "the margin is called, and a broker may close even before" if called else "the short is liquidated"
    return (
        f"If the market (half Bitcoin, half Ether) rises by {survived_text(rally)}, and each of these by its beta "
        f"times that, {how}; from there on the bag is unhedged. Gains on coins that you hold elsewhere do not support "
        "the short."
    )


def _shock_table(result: HedgeAssessment) -> None:
    rows = []
    for label, shock in SHOCKS:
        account = result.market_margin.stressed(**shock)
        margin = account.margin
        rows.append(
            {
                "If": label,
                "To open": usd(margin.initial),
                "Survives": survived_text(account.rally_survived) if margin.is_enough_to_open else "not opened",
            }
        )
    elements.table(
        rows,
        key="shocks",
        right=(
            "To open",
            "Survives",
        ),
    )


def _leader_table(result: HedgeAssessment) -> None:
    """Where the account ends if one coin leads and the others follow as they usually do."""
    if len(result.margin.legs) < 2 or result.is_covariance_assumed:
        return
    rows = [
        {"If this one leads, the others following": coin, "Ends at": percent(rise)}
        for coin, rise in rallies_by_leader(result)
    ]
    elements.table(rows, key="leaders", right=("Ends at",))


def _isolated_table(result: HedgeAssessment) -> None:
    legs = result.margin.isolated()
    if len(legs) < 2:
        return
    rows = [
        {
            "Each in an account of its own": alone.leg.contract_id,
            "Collateral": usd(alone.collateral),
            "Ends at": price(alone.end_price) if np.isfinite(alone.end_price) else "never",
            "Rally of the market": percent(rally),
        }
        for alone, rally in zip(legs, result.market_margin.isolated(), strict=True)
    ]
    elements.table(
        rows,
        key="isolated",
        right=(
            "Collateral",
            "Ends at",
            "Rally of the market",
        ),
    )
    chosen = "Your plan has accounts of their own." if result.margin.is_isolated else "Your plan has one for all."
    st.caption(
        "One account for all (cross) lets a leg that falls pay for one that rises; accounts of their own (isolated), "
        f"with the collateral split by initial margin, end one by one. {chosen}"
    )
