"""The replay of history on the scenarios page."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from hedge_core import HedgeAssessment
from hedge_core.stress import StressResult, run_stress, stress_reading
from pages.ui import charts, text

WORST = 5


def draw(result: HedgeAssessment) -> None:
    """The worst crashes and squeezes for this plan, and all of them as a table."""
    results = run_stress(result)
    st.subheader("What history would have made of it")
    text.reading(stress_reading(result, results))
    left, right = st.columns(2, gap="large")
    for column, kind, title in ((left, "crash", "The worst crashes"), (right, "squeeze", "The worst squeezes")):
        with column:
            worst = [one for one in results if one.window.kind == kind][:WORST]
            text.chart(charts.stress_windows(worst, title=f"{title} for this plan"), key=f"stress_{kind}")
    with st.expander(f"All {len(results)} windows", icon=":material/history:"):
        st.dataframe(
            pd.DataFrame([_row(one) for one in results]),
            hide_index=True,
            width="stretch",
            key="stress_table",
            column_config={
                name: st.column_config.NumberColumn(name, format="%,.0f")
                for name in ("Bag ($)", "Hedge ($)", "Together ($)")
            },
        )
    text.reading(
        "Each coin moves as it did from the first to the last close of the window, a coin that did not trade then by "
        "its beta. What happened in between does not show: a rally on the way can end a short that this table keeps. "
        "Before costs, in today's amounts."
    )


def _row(result: StressResult) -> dict[str, object]:
    window = result.window
    return {
        "Window": window.label,
        "Kind": window.kind,
        "From": window.start,
        "To": window.end,
        "Bag ($)": result.bag_pnl,
        "Hedge ($)": result.hedge_pnl,
        "Together ($)": result.net_pnl,
        "Short": "closed" if result.is_closed else "held",
        "By beta": ", ".join(result.estimated),
    }
