"""The rates that a user may know better than the program: fee, spread and funding, and the margin of each contract.

Card and panel draw the same fields. Both read the plan and write to it; `place` keeps their keys apart.
"""

from __future__ import annotations

from dataclasses import replace
from typing import NamedTuple

import streamlit as st

from hedge_core import HedgeAssessment
from hedge_core.hedge.legs import SizedLeg
from hedge_core.plan.plan import OwnMargin
from pages.ui.parts.format import md, percent
from pages.ui.session import state


class _Rate(NamedTuple):
    """A rate of the plan's cost assumptions: its field, its label, its limits in percent and what it means."""

    field: str
    label: str
    lowest: float
    highest: float
    help: str


KNOWN = "our figure"
RATES = (
    _Rate("fee_rate", "Fee per side (%)", 0.0, 9.9, "What you pay per order, on every contract of the plan."),
    _Rate("half_spread_rate", "Half spread per side (%)", 0.0, 9.9, "Half of the gap between bid and ask."),
    _Rate(
        "carry_rate",
        "Funding per year (%)",
        -500.0,
        500.0,
        "Funding, or the carry of a dated future, on every contract of the plan. Plus: the short earns it.",
    ),
)


def draw_costs(place: str = "") -> None:
    """Fee, half spread and funding side by side; empty: each contract's own, from the catalogue and the market."""
    costs = state.plan().overrides.costs
    for column, rate in zip(st.columns(len(RATES)), RATES, strict=True):
        value: float | None = getattr(costs, rate.field)
        key = state.seed(f"{place}cost_{rate.field}", None if value is None else round(value * 100.0, 10))
        column.number_input(
            rate.label,
            value=None,
            min_value=rate.lowest,
            max_value=rate.highest,
            step=0.01,
            format="%.4f",
            placeholder=KNOWN,
            key=key,
            on_change=_set_cost,
            args=(rate.field, key),
            help=rate.help,
        )


def _set_cost(field: str, key: str) -> None:
    value = st.session_state[key]
    costs = replace(state.plan().overrides.costs, **{field: None if value is None else round(value / 100.0, 12)})
    state.set_plan(state.plan().with_overrides(costs=costs))


def draw_margins(result: HedgeAssessment, place: str = "") -> None:
    """The margin rates of each contract that is sold, as the user's own broker or venue asks for them."""
    for leg in result.traded_legs:
        _draw_margin(leg, place)


def _margin_key(place: str, name: str, contract_id: str) -> str:
    """The key of an input in letters and digits only: a contract of the user's own may have any name."""
    return f"{place}margin_{name}_{contract_id.encode().hex()}"


def _draw_margin(leg: SizedLeg, place: str) -> None:
    contract = leg.contract
    own = state.plan().overrides.margins.get(contract.id)
    fields = (
        ("initial", "to open", contract.initial_margin_rate),
        ("maintenance", "to keep", contract.maintenance_margin_rate),
    )
    for column, (name, label, rate) in zip(st.columns(2), fields, strict=True):
        key = _margin_key(place, name, contract.id)
        state.seed(key, None if own is None else round(getattr(own, name) * 100.0, 10))
        column.number_input(
            f"{md(contract.code)} margin {label} (%)",
            value=None,
            min_value=0.01,
            max_value=500.0,
            step=0.5,
            format="%.2f",
            placeholder="" if own is not None else "100%" if rate is None else percent(rate),
            key=key,
            on_change=_set_margin,
            args=(contract.id, place, key),
            help="Clear it to return to the figure that the program knows.",
        )


def _set_margin(contract_id: str, place: str, changed: str) -> None:
    """Take the stated margin; a rate that is not stated yet follows the other, and clearing one clears both."""
    margins = dict(state.plan().overrides.margins)
    given = {name: st.session_state[_margin_key(place, name, contract_id)] for name in ("initial", "maintenance")}
    if st.session_state[changed] is None:
        margins.pop(contract_id, None)
    else:
        filled = {name: st.session_state[changed] if value is None else value for name, value in given.items()}
        margins[contract_id] = OwnMargin(**{name: round(value / 100.0, 12) for name, value in filled.items()})
    state.set_plan(state.plan().with_overrides(margins=margins))
