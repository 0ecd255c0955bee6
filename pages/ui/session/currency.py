"""The currency in which this session's plan shows its headline amounts."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, get_args

import streamlit as st

from hedge_core.market.currencies import Currency
from hedge_core.plan.own_figures import OwnRate
from pages.ui.session import prices, state

if TYPE_CHECKING:
    from hedge_core import HedgeAssessment
    from hedge_core.hedge.currency import Rate

CURRENCIES: tuple[Currency, ...] = get_args(Currency)


def shown(result: HedgeAssessment) -> Rate:
    """The rate with which amounts are shown; that of the dollar where no other is known, which `note` then says."""
    from hedge_core.hedge.currency import DOLLARS, rate_of

    return rate_of(result.plan, result.market) or DOLLARS


def note(result: HedgeAssessment) -> str:
    """What is shown in the chosen currency, and the rate with its source and age; '' for the dollar."""
    currency, rate = result.plan.currency, shown(result)
    if currency == "USD":
        return ""
    if rate.currency != currency:
        return f"No exchange rate for {currency} is known, so amounts stay in USD. Type one (sidebar, Currency)."
    return (
        f"Headline amounts in {currency}: {rate.stated(datetime.now(UTC))}. Charts, orders and whatever you type "
        "stay in USD."
    )


def draw_choice() -> None:
    """The currency, and its rate to type; without a typed rate that of the prices is used, where they have one."""
    plan = state.plan()
    st.selectbox(
        "Show amounts in",
        CURRENCIES,
        key=state.seed("currency", plan.currency),
        on_change=_choose,
        help="Contracts, orders and every calculation stay in USD. Kept in your plan.",
    )
    if plan.currency == "USD":
        return
    own = plan.overrides.rates.get(plan.currency)
    st.number_input(
        f"1 {plan.currency} in USD",
        value=None,
        min_value=1e-6,
        max_value=1e3,
        format="%.6g",
        placeholder="from the prices" if _market_has_rate() else "type the rate",
        key=state.seed("own_rate", None if own is None else own.usd),
        on_change=_state_rate,
        help="Your own rate, as of today. Empty: the rate of live prices, if the exchange has one.",
    )


def _market_has_rate() -> bool:
    from hedge_core.hedge.currency import rate_of

    plan, market = state.plan(), prices.market(state.plan())
    return market is not None and rate_of(plan.with_overrides(rates={}), market) is not None


def _choose() -> None:
    state.change(currency=st.session_state.currency)


def _state_rate() -> None:
    """Callback: the rate that was typed, of today; an empty field takes it back."""
    plan, usd = state.plan(), st.session_state.own_rate
    own = None if usd is None else OwnRate(usd=usd, on=datetime.now(UTC).date())
    state.override("rates", plan.currency, own)
