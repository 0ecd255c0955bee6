"""Hedge, stop-loss or sale: the policies side by side on the scenarios page."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from hedge_core import HedgeAssessment, HedgeError
from hedge_core.simulation.policy_comparison import (
    PolicyComparison,
    PolicyOutcome,
    PolicySettings,
    compare_policies,
    policies_on_path,
)
from hedge_core.text import days_text
from pages.ui import charts
from pages.ui.parts import elements, fragments, inputs
from pages.ui.parts.format import md, percent, signed_usd, usd
from pages.ui.scenarios import path_inputs
from pages.ui.session import memo, state

DIP = (0.3, 0.6, 0.9, 1.0, 0.9, 0.7, 0.4, 0.1, 0.0, -0.1)
"""A dip that comes back, day by day, as shares of its depth."""
STEEPER, DEEPEST = 4.0, -0.9
"""A fall that goes on ends at so many times the dip, at most here."""


@fragments.fragment
def draw(result: HedgeAssessment) -> None:
    """The settings, two stories told by hand, and all policies on simulated and on real paths."""
    controls, picture = st.columns([3, 8], gap="medium")
    with controls, st.container(border=True):
        settings, dip = _inputs(result)
    drawing = path_inputs.drawing()
    try:
        compared = memo.memo(
            "policies",
            (memo.basis(result), settings, drawing),
            lambda: compare_policies(result, settings, **drawing._asdict()),
            is_long=True,
        )
    except HedgeError as error:
        with picture:
            st.info(md(str(error)))
        return
    with picture:
        path_inputs.warn_if_not_open(result)
        end = max(STEEPER * dip, DEEPEST)
        stories = (
            ("dip", "A dip that comes back", dip, [dip * share for share in DIP]),
            ("slide", "A fall that goes on", end, [end * day / 10 for day in range(1, 11)]),
        )
        for column, (name, title, lowest, moves) in zip(st.columns(2, gap="medium"), stories, strict=True):
            with column:
                told = policies_on_path(result, moves, settings)
                full = f"{title}: the market {lowest:.0%}".replace("-", "−")
                elements.chart(charts.story(told, title=full), key=f"story_{name}")
                elements.reading(told.sentence)
    for sentence in compared.sentences:
        st.markdown(f"- {md(sentence)}")
    sides = [("drawn", compared.simulated, "On drawn paths")]
    if compared.historical:
        kind = "simulated" if compared.history_is_simulated else "real"
        sides.append(("historical", compared.historical, f"On {kind} history, with its trend"))
    for column, (name, rows, title) in zip(st.columns(len(sides), gap="large"), sides, strict=True):
        with column:
            elements.chart(
                charts.policies(rows, title=f"After {days_text(compared.horizon)}. {title}"), key=f"policies_{name}"
            )
    with st.expander("The figures", icon=":material/table:"):
        for name, rows, title in sides:
            st.markdown(f"**{title}**")
            elements.table(_table(rows), key=f"policies_{name}_table")
    _footnotes(compared, settings)


def _inputs(result: HedgeAssessment) -> tuple[PolicySettings, float]:
    stop = _percent("Stop-loss below today's price", "policy_stop", 2, 50, 10)
    never = st.toggle(
        "Never buy back",
        key=state.seed("policy_never", state.remember("policy_never", False)),
        on_change=state.keep,
        args=("policy_never",),
    )
    back = None if never else _percent("Buy back above the stop", "policy_back", 0, 50, 5) / 100
    sold = _percent("Share to sell instead", "policy_sold", 0, 100, round(result.hedge_ratio * 100))
    band = _percent("Band of the hedge", "policy_band", 5, 100, 20, "A leg that is further off is set anew.")
    dip = _percent(
        "Fall of the market in the first story", "policy_dip", -60, -2, -10, "The second goes on to four times as far."
    )
    with st.expander("More: what selling coins costs"):
        cost = _tenths("Fee and spread of a side", "policy_cost", 0.4)
        slip = _tenths("Slippage of a stop", "policy_slip", 1.0)
    inputs.collateral_input()
    inputs.horizon_input()
    path_inputs.expected_move()
    settings = PolicySettings(
        stop_distance=stop / 100,
        reentry=back,
        share_sold=sold / 100,
        band=band / 100,
        spot_cost=cost / 100,
        slippage=slip / 100,
    )
    return settings, dip / 100


def _percent(label: str, key: str, low: int, high: int, default: int, text_of_help: str | None = None) -> int:
    value = st.slider(
        label,
        low,
        high,
        step=1,
        format="%d%%",
        key=state.seed(key, state.remember(key, default)),
        on_change=state.keep,
        args=(key,),
        help=text_of_help,
    )
    return int(value)


def _tenths(label: str, key: str, default: float) -> float:
    value = st.number_input(
        f"{label} (%)",
        min_value=0.0,
        max_value=20.0,
        step=0.1,
        format="%.1f",
        key=state.seed(key, state.remember(key, default)),
        on_change=state.keep,
        args=(key,),
    )
    return float(value)


def _table(rows: tuple[PolicyOutcome, ...]) -> pd.DataFrame:
    return pd.DataFrame(
        [
            {
                "": row.label,
                "Mean": signed_usd(row.end.mean.value),
                "Worst 5%": signed_usd(-row.end.expected_shortfall.value),
                "Lowest on the way": signed_usd(row.lowest),
                "Costs": usd(row.costs),
                "Regret": usd(row.regret),
                "Behind holding": usd(row.regret_holding),
                "Behind selling all": usd(row.regret_selling),
                "Sold too soon": f"{row.regretted:.2f}",
                "Closed out": "–" if row.closed is None else percent(row.closed.value),
            }
            for row in rows
        ]
    )


def _footnotes(compared: PolicyComparison, settings: PolicySettings) -> None:
    elements.reading(
        "Regret is what a policy ends below the better of holding and of selling everything now, on average (0 on "
        "paths where it is ahead of both); 'behind holding' and 'behind selling all' are the same against one of them. "
        "Costs are less what the short earns; below zero it earns more than it costs. Sold too soon: the number of "
        "coins bought back at a higher price, or never although the coin rose. Closed out: the chance that shorts are "
        "closed by force."
    )
    elements.reading(
        f"A stop is checked within the day and filled {settings.slippage:.1%} below its price, and a quarter of the "
        f"way to the close where the day fell through it; selling and buying coins costs {settings.spot_cost:.1%} a "
        "side, and slippage by the size of the order as for futures. These are assumptions: change them on the left."
    )
    for note in compared.notes:
        elements.reading(note)
