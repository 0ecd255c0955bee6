"""What one order costs and which month is sold, with the user's own figures."""

from __future__ import annotations

from dataclasses import replace

import streamlit as st

from hedge_core import HedgeAssessment
from hedge_core.hedge.costs import LegCost
from hedge_core.market.liquidity import Liquidity
from hedge_core.plan.cost_assumptions import OwnLiquidity
from pages.ui.parts.format import md, usd
from pages.ui.session import state

LABELS = {
    "half_spread_rate": "half spread (%)",
    "daily_volume": "traded per day (USD)",
    "daily_volatility": "volatility per day (%)",
}
STEPS = {"half_spread_rate": 0.01, "daily_volume": 100_000.0, "daily_volatility": 0.1}


def draw(result: HedgeAssessment) -> None:
    """What one order of each leg costs in spread and slippage, and where its figures are from."""
    for leg in result.costs.legs:
        side = leg.one_side
        if side is None:
            continue
        known = side.liquidity
        st.markdown(
            f"{md(leg.contract_id)}: half spread {side.half_spread_rate:.3%} ({md(_spread_source(known))}), "
            f"slippage {side.slippage_rate:.3%}; it trades {md(usd(known.daily_volume))} per day "
            f"({md(_volume_source(known))})."
        )
        if leg.month is not None:
            st.markdown(f"Month: {md(leg.month.reason)}.")


def change(result: HedgeAssessment) -> None:
    """The user's own liquidity, contract by contract."""
    st.caption("Liquidity as your order book shows it. Empty: what the program knows, and the volatility of the past.")
    _slippage_input()
    for leg in result.costs.legs:
        _inputs(leg)


def _spread_source(known: Liquidity) -> str:
    source = f"class {known.of_class}, assumed" if known.is_spread_assumed else known.spread_source
    return f"{source} {known.spread_as_of}".strip()


def _volume_source(known: Liquidity) -> str:
    source = f"class {known.of_class}, assumed" if known.is_volume_assumed else known.volume_source
    return f"{source} {known.volume_as_of}".strip()


def _slippage_input() -> None:
    """The factor of the square-root law."""
    key = state.seed("cost_slippage", state.plan().overrides.costs.slippage)
    st.number_input(
        "Slippage factor",
        min_value=0.0,
        max_value=2.0,
        step=0.05,
        key=key,
        on_change=_set_slippage,
        args=(key,),
        help="Slippage is this × daily volatility × √(order / volume). From 0.15 to 0.7 have been measured.",
    )


def _set_slippage(key: str) -> None:
    costs = replace(state.plan().overrides.costs, slippage=round(float(st.session_state[key]), 10))
    state.set_plan(state.plan().with_overrides(costs=costs))


def _inputs(leg: LegCost) -> None:
    """The user's own figures of one contract."""
    own = state.plan().overrides.costs.liquidity.get(leg.contract_id, OwnLiquidity())
    for column, name in zip(st.columns(len(LABELS)), LABELS, strict=True):
        value: float | None = getattr(own, name)
        key = state.seed(_key(name, leg.contract_id), None if value is None else round(value * _scale(name), 10))
        column.number_input(
            f"{md(leg.contract_id)}: {LABELS[name]}",
            value=None,
            min_value=1.0 if name == "daily_volume" else 0.0,
            max_value={"half_spread_rate": 9.9, "daily_volume": 9e14, "daily_volatility": 500.0}[name],
            step=STEPS[name],
            format="%.0f" if name == "daily_volume" else "%.4f",
            placeholder="as above" if name != "daily_volatility" else "of the past",
            key=key,
            on_change=_set,
            args=(name, leg.contract_id, key),
        )


def _key(name: str, contract_id: str) -> str:
    """The key of an input in letters and digits only: a contract of the user's own may have any name."""
    return f"liquidity_{name}_{contract_id.encode().hex()}"


def _scale(name: str) -> float:
    return 1.0 if name == "daily_volume" else 100.0


def _set(name: str, contract_id: str, key: str) -> None:
    """Callback: keep the figure in the plan; a contract without one of its own is left out again."""
    value, costs = st.session_state[key], state.plan().overrides.costs
    own = costs.liquidity.get(contract_id, OwnLiquidity())
    own = replace(own, **{name: None if value is None else round(value / _scale(name), 12)})
    others = {other: figures for other, figures in costs.liquidity.items() if other != contract_id}
    liquidity = others if own == OwnLiquidity() else {**others, contract_id: own}
    state.set_plan(state.plan().with_overrides(costs=replace(costs, liquidity=liquidity)))
