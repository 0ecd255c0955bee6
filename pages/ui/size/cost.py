"""What the hedge costs: the pieces behind the card, and the inputs that replace what is assumed."""

from __future__ import annotations

from dataclasses import replace

import streamlit as st

from hedge_core import HedgeAssessment
from hedge_core.hedge.costs import LegCost
from hedge_core.hedge.insurance import insurance_quote
from hedge_core.plan.plan import CostAssumptions
from pages.ui.parts import elements
from pages.ui.parts.format import md, percent, signed_usd, usd
from pages.ui.session import state
from pages.ui.size import liquidity, rates


def why(result: HedgeAssessment) -> None:
    """Fees, spread and carry of each contract over the horizon, and what they rest on."""
    quote, costs = insurance_quote(result), result.costs
    st.markdown(f"**{md(quote.sentence)}**")
    if not costs.legs:
        return
    st.markdown(_pieces(result))
    if costs.is_fee_assumed:
        st.markdown("Fees: partly **assumed**, where they depend on your broker or have no source.")
    elements.old_figures(result, "fee")
    stated = result.plan.overrides.costs
    if stated.depth is None:
        liquidity.draw(result)
    else:
        is_stated = stated.half_spread_rate != CostAssumptions().half_spread_rate
        st.markdown(f"Spread and slippage: {'as you stated' if is_stated else '**assumed**'}.")
    st.markdown("\n".join(f"- {_carry_line(leg, costs.horizon_days)}" for leg in costs.legs))
    st.caption("The carry is of the past and can turn. With a positive funding rate, longs pay shorts.")


def _pieces(result: HedgeAssessment) -> str:
    """What the cost over the horizon is made of, in one sentence."""
    costs = result.costs
    pieces = {
        "fees": -sum(leg.commission for leg in costs.legs),
        "spread": -sum(leg.spread for leg in costs.legs),
        "rolls": -sum(leg.roll_cost for leg in costs.legs),
        "carry": insurance_quote(result).carry,
        "cash": -result.cash_cost,
    }
    said = ", ".join(f"{name} {md(signed_usd(amount))}" for name, amount in pieces.items() if amount)
    return f"Over {costs.horizon_days} days: {said}. Plus is money to you."


def _carry_line(leg: LegCost, horizon_days: int) -> str:
    rolled = ""
    if leg.roll_days:
        days = ", ".join(f"{day:%d %b %Y}" for day in leg.roll_days)
        rolled = f" Rolled before it ends ({days}) for {md(usd(leg.roll_cost, cents=True))}."
    if leg.carry is None:
        return f"{md(leg.contract_id)}: carry not known ({md(leg.carry_basis)}).{rolled}"
    verb = "earns" if leg.carry >= 0 else "pays"
    return (
        f"{md(leg.contract_id)}: {verb} **{md(signed_usd(leg.carry))}** in {horizon_days} days "
        f"({percent(leg.carry_rate, signed=True)} a year, {md(leg.carry_basis)}).{rolled}"
    )


def change(result: HedgeAssessment) -> None:
    """What the cost is made of, the user's own costs, and the liquidity of each contract."""
    if result.costs.legs:
        st.caption(_pieces(result))
    rates.draw_costs()
    _depth_input()
    liquidity.change(result)


def _depth_input() -> None:
    costs = state.plan().overrides.costs
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
