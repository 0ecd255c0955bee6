"""The parts of the size page that speak of margin and money: what it takes, what it costs, what can end it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import streamlit as st

from hedge_core import HedgeAssessment
from hedge_core.hedge.costs import LegCost
from hedge_core.hedge.insurance import insurance_quote
from hedge_core.hedge.legs import SizedLeg
from hedge_core.hedge.margin import IsolatedLeg
from hedge_core.hedge.overnight import margin_by_time
from hedge_core.hedge.squeeze import rallies_by_leader, worst_squeeze
from hedge_core.market.expiries import held_expiry
from hedge_core.market.figure_ages import Figure, ages_text
from hedge_core.market.snapshot import FundingHistory
from hedge_core.monitoring.rolls import roll_sentence
from hedge_core.plan.plan import CostAssumptions, OwnMargin
from pages.ui import charts
from pages.ui.parts import elements
from pages.ui.parts.format import md, percent, price, signed_usd, usd
from pages.ui.session import state
from pages.ui.size import liquidity

FUNDING_DAYS, YEAR = 30, 365
SHOCKS = (
    ("As it is", {}),
    ("Margins raised by half", {"margin_rise": 0.5}),
    ("Margins doubled", {"margin_rise": 1.0}),
    ("Collateral valued 10% lower", {"haircut": 0.1}),
)


def draw_insurance(result: HedgeAssessment) -> None:
    """What the hedge costs or earns over its horizon, as a range."""
    quote, costs = insurance_quote(result), result.costs
    st.header("What it costs")
    st.markdown(f"**{md(quote.sentence)}**")
    if not costs.legs:
        return
    picture, details = st.columns([6, 5], gap="large")
    with picture:
        elements.chart(
            charts.insurance_waterfall(
                quote,
                commission=sum(leg.commission for leg in costs.legs),
                spread=sum(leg.spread for leg in costs.legs),
                rolls=sum(leg.roll_cost for leg in costs.legs),
            ),
            key="insurance",
        )
        elements.reading(
            "Above zero is money to you. Fees and spread are those of opening and closing; the carry is of the past"
            + (f" ({quote.history_days} days of funding for the range)" if quote.history_days else "")
            + " and can turn. With a positive funding rate, longs pay shorts."
        )
        dated = [(leg.contract_id, leg.ends) for leg in costs.legs if leg.held_until is not None]
        if dated:
            today = result.market.as_of.date()
            elements.chart(
                charts.roll_timeline(
                    legs=dated,
                    today=today,
                    horizon_days=costs.horizon_days,
                    lead_days=result.plan.watch.thresholds.roll_days,
                ),
                key="roll_timeline",
            )
            elements.reading(
                f"{roll_sentence(result)} Each roll costs fees and spread twice. Roll by the beginning of a band: its "
                "diamond is the day on which the future ends, by rule and holiday calendar (the exchange's own notice "
                "counts)."
            )
    with details, st.container(border=True):
        if costs.is_fee_assumed:
            st.markdown("Fees: partly **assumed**, where they depend on your broker or have no source.")
        _age_caption(result, "fee")
        stated = result.plan.overrides.costs
        if stated.depth is None:
            liquidity.draw(result)
        else:
            is_stated = stated.half_spread_rate != CostAssumptions().half_spread_rate
            st.markdown(f"Spread and slippage: {'as you stated' if is_stated else '**assumed**, see below'}.")
        for leg in costs.legs:
            _carry_line(leg, costs.horizon_days)
        with st.expander("State your own costs"):
            _cost_inputs()


def _age_caption(result: HedgeAssessment, figure: Figure) -> None:
    """Mark figures of this kind whose source is older than its limit; nothing if there are none."""
    old = ages_text(one for one in result.old_figures if one.figure == figure)
    if old:
        st.caption(f":material/history: {md(old[0].upper() + old[1:])}. Check with your venue, or use live prices.")


def _carry_line(leg: LegCost, horizon_days: int) -> None:
    rolled = ""
    if leg.roll_days:
        days = ", ".join(f"{day:%d %b %Y}" for day in leg.roll_days)
        rolled = f" Rolled before it ends ({days}) for {md(usd(leg.roll_cost, cents=True))}."
    if leg.carry is None:
        st.markdown(f"{md(leg.contract_id)}: carry not known ({md(leg.carry_basis)}).{rolled}")
        return
    verb = "earns" if leg.carry >= 0 else "pays"
    st.markdown(
        f"{md(leg.contract_id)}: {verb} **{md(signed_usd(leg.carry))}** in {horizon_days} days "
        f"({percent(leg.carry_rate, signed=True)} a year, {md(leg.carry_basis)}).{rolled}"
    )


def _cost_inputs() -> None:
    costs = state.plan().overrides.costs
    for name, label, scale in (
        ("fee_rate", "Fee a side (%)", 100.0),
        ("half_spread_rate", "Half spread a side (%)", 100.0),
        ("carry_rate", "Carry a year (%, positive: the short earns)", 100.0),
    ):
        value: float | None = getattr(costs, name)
        key = state.seed(f"cost_{name}", None if value is None else round(value * scale, 10))
        st.number_input(
            label,
            value=None,
            min_value=-500.0 if name == "carry_rate" else 0.0,
            max_value=500.0 if name == "carry_rate" else 9.9,
            step=0.01,
            format="%.4f",
            placeholder="from the catalogue and the market",
            key=key,
            on_change=_set_cost,
            args=(name, key),
        )

    key = state.seed("cost_depth", costs.depth)
    st.number_input(
        "Order at which slippage is as large as the half spread (USD)",
        value=None,
        placeholder="from each contract's volume and volatility",
        min_value=1.0,
        max_value=1e14,
        step=100_000.0,
        format="%.0f",
        key=key,
        on_change=_set_depth,
        args=(key,),
        help="Slippage grows with the square root of the order. Leave this empty to take it from the volume and the "
        "volatility of each contract.",
    )


def _set_depth(key: str) -> None:
    depth = st.session_state[key]
    costs = replace(state.plan().overrides.costs, depth=None if depth is None else float(depth))
    state.set_plan(state.plan().with_overrides(costs=costs))


def _set_cost(name: str, key: str) -> None:
    value = st.session_state[key]
    costs = replace(state.plan().overrides.costs, **{name: None if value is None else round(value / 100.0, 12)})
    state.set_plan(state.plan().with_overrides(costs=costs))


def draw_margin(result: HedgeAssessment) -> None:
    """What it takes to open and keep the short, and how far away its end is."""
    margin = result.margin
    st.header("What can end it")
    assumed = " (partly **assumed**)" if margin.is_assumed else ""
    st.markdown(
        f"To open: **{md(usd(margin.initial))}** initial margin{assumed}; to keep it at today's prices "
        f"**{md(usd(margin.maintenance))}**."
    )
    _age_caption(result, "margin")
    if not margin.legs:
        return
    by_time = margin_by_time(result)
    if by_time is not None:
        st.caption(md(by_time.sentence))
    picture, details = st.columns([6, 5], gap="large")
    with picture:
        elements.chart(
            charts.margin_gauge(
                _year_ranges(result), rally=result.market_rally_survived, betas=result.market_margin.betas.tolist()
            ),
            key="margin_gauge",
        )
        elements.reading(_margin_reading(result))
        squeeze = worst_squeeze(result)
        if squeeze is not None:
            elements.reading(squeeze.sentence)
    with details:
        with st.expander("State your own margin"):
            for leg in result.traded_legs:
                _margin_inputs(leg)
        if margin.collateral is not None:
            _shock_table(result)
            _leader_table(result)
            _isolated_table(result)
        else:
            st.info("State your collateral on page 2: how far the short can stand a rally depends on it.")


def _margin_key(name: str, contract_id: str) -> str:
    """The key of an input in letters and digits only: a contract of the user's own may have any name."""
    return f"margin_{name}_{contract_id.encode().hex()}"


def _margin_inputs(leg: SizedLeg) -> None:
    """What the holder's own broker or venue asks for a short of this contract; empty: as the program knows it."""
    contract = leg.contract
    own = state.plan().overrides.margins.get(contract.id)
    known = "100%" if contract.maintenance_margin_rate is None else percent(contract.maintenance_margin_rate)
    columns = st.columns(2)
    for column, name, label in zip(columns, ("initial", "maintenance"), ("to open", "to keep"), strict=True):
        key = state.seed(_margin_key(name, contract.id), None if own is None else round(getattr(own, name) * 100.0, 10))
        column.number_input(
            f"{md(contract.code)} {label} (%)",
            value=None,
            min_value=0.01,
            max_value=500.0,
            step=0.5,
            format="%.2f",
            placeholder=f"to keep: {known}" if own is None else "",
            key=key,
            on_change=_set_margin,
            args=(contract.id, key),
            help="Clear it to return to the figure that the program knows.",
        )


def _set_margin(contract_id: str, changed: str) -> None:
    """Take the stated margin; a rate that is not stated yet follows the other, and clearing one clears both."""
    margins = dict(state.plan().overrides.margins)
    given = {name: st.session_state[_margin_key(name, contract_id)] for name in ("initial", "maintenance")}
    if st.session_state[changed] is None:
        margins.pop(contract_id, None)
    else:
        filled = {name: st.session_state[changed] if value is None else value for name, value in given.items()}
        margins[contract_id] = OwnMargin(**{name: round(value / 100.0, 12) for name, value in filled.items()})
    state.set_plan(state.plan().with_overrides(margins=margins))


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
        f"If the market (half Bitcoin, half Ether) rises by {percent(rally)}, and each of these by its beta times "
        f"that, {how}; from there on the bag is unhedged. Gains on coins that you hold elsewhere do not support the "
        "short."
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
                "Survives": percent(account.rally_survived) if margin.is_enough_to_open else "not opened",
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


def draw_carry(result: HedgeAssessment, leg: SizedLeg) -> None:
    """The funding of one leg's coin through time, or its futures against spot."""
    market = result.market
    left, right = st.columns(2, gap="large")
    with left:
        funding = market.funding
        if funding is not None and leg.underlying in funding:
            means = funding.rolling_annual(leg.underlying, FUNDING_DAYS)
            elements.chart(
                charts.funding_history(coin=leg.underlying, days=funding.days, means=means, window=FUNDING_DAYS),
                key="funding",
            )
            elements.reading(_funding_reading(leg.underlying, funding))
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
        f"Over {funding.days_known(coin, days):,} days a short on {coin} earned {percent(mean, signed=True)} a year on "
        f"average, and paid on {percent(paid)} of the days. Between the dotted lines lay 80% of the means."
    )


def _end_text(leg: SizedLeg, result: HedgeAssessment) -> str:
    end = result.expiries.get(leg.contract.id) or held_expiry(leg.contract, result.market.as_of.date())
    return f"{leg.contract.id} never ends." if end is None else f"{leg.contract.id} ends on {end:%d %b %Y}."
