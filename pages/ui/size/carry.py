"""Perpetual or dated: every contract that could stand for one leg, its coin's funding, and its futures against spot."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from hedge_core import HedgeAssessment
from hedge_core.hedge.legs import SizedLeg
from hedge_core.market.expiries import held_expiry
from hedge_core.market.snapshot import FundingHistory, FutureQuote
from hedge_core.text import listed
from pages.ui import charts
from pages.ui.parts import elements
from pages.ui.parts.format import md, percent, price
from pages.ui.session import state
from pages.ui.size import venues

FUNDING_DAYS = 30


def draw(result: HedgeAssessment) -> None:
    """One leg of the plan, chosen here."""
    place = _leg_choice(result)
    if place is None:
        st.markdown("Nothing is sold, so there is no contract to compare.")
        return
    venues.draw_options(result, place)
    draw_carry(result, result.legs[place])


def _leg_choice(result: HedgeAssessment) -> int | None:
    if not result.legs:
        return None
    names = [leg.contract.id for leg in result.legs]
    wanted = state.remember("size_leg", names[0])
    chosen = st.selectbox(
        "Contract to look at",
        names,
        key=state.seed("size_leg", wanted if wanted in names else names[0]),
        on_change=state.keep,
        args=("size_leg",),
    )
    return names.index(chosen)


def draw_carry(result: HedgeAssessment, leg: SizedLeg) -> None:
    """The funding of one leg's coin through time, or its futures against spot."""
    market = result.market
    left, right = st.columns(2, gap="large")
    with left:
        funding = market.funding
        if funding is not None and leg.underlying in funding:
            reading = _funding_reading(leg.underlying, funding)
            means = funding.rolling_annual(leg.underlying, FUNDING_DAYS)
            elements.chart(
                charts.funding_history(coin=leg.underlying, days=funding.days, means=means, window=FUNDING_DAYS),
                key="funding",
                alt=reading,
            )
            elements.reading(reading)
        else:
            st.info(f"No funding history of {md(leg.underlying)} is at hand.")
    with right:
        spot = market.price_or_none(leg.underlying)
        quotes = sorted((q for q in market.futures if q.underlying == leg.underlying), key=lambda quote: quote.expiry)
        if spot is not None and quotes:
            elements.chart(
                charts.term_structure(
                    coin=leg.underlying, spot=spot, expiries=[(f"{q.expiry:%d %b %Y}", q.price) for q in quotes]
                ),
                key="term_structure",
                alt=_term_reading(leg.underlying, spot, quotes),
            )
            elements.reading(
                "A future above spot loses that distance by its expiry, and a short earns it; below spot a short pays. "
                + _end_text(leg, result)
            )
        else:
            st.info(f"No dated future on {md(leg.underlying)} is quoted by this source. {md(_end_text(leg, result))}")


def _funding_reading(coin: str, funding: FundingHistory) -> str:
    days = len(funding.days)
    mean, paid = funding.annual_mean(coin, days), funding.share_of_days_paid(coin)
    if mean is None or paid is None:
        return "No rate is known."
    return (
        f"Over {funding.days_known(coin, days):,} days a short on {coin} earned {percent(mean, signed=True)} per year "
        f"on average, and paid on {percent(paid)} of the days. Between the dotted lines lay 80% of the means."
    )


def _term_reading(coin: str, spot: float, quotes: Sequence[FutureQuote]) -> str:
    """How far each dated future on the coin is from spot, in one sentence."""
    away = [f"{percent(quote.price / spot - 1.0, signed=True)} on {quote.expiry:%d %b %Y}" for quote in quotes]
    return f"Against spot ({price(spot)}) the futures on {coin} are at {listed(away)}."


def _end_text(leg: SizedLeg, result: HedgeAssessment) -> str:
    end = result.expiries.get(leg.contract.id) or held_expiry(leg.contract, result.market.as_of.date())
    return f"{leg.contract.id} never ends." if end is None else f"{leg.contract.id} ends on {end:%d %b %Y}."
