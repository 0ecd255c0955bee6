"""The parts of the proxy page that speak of the bag as a whole: the approach, its test, the other hedges."""

from __future__ import annotations

import streamlit as st

from hedge_core import HedgeAssessment
from hedge_core.exposure.effectiveness import GRADES, rolling_variance_reduction
from hedge_core.history.alternatives import APPROACHES
from hedge_core.history.backtest import Comparison, untested_reason
from pages.ui import charts
from pages.ui.parts import elements
from pages.ui.parts.format import md

ROLLING_WINDOW = 90


def draw_verdict(result: HedgeAssessment, comparison: Comparison | None) -> None:
    """How good the plan's hedge was out of sample, beside the other approaches."""
    if comparison is None:
        st.info(untested_reason(result))
        return
    simulated = " :orange-badge[on simulated prices]" if result.market.simulated else ""
    first, *more = comparison.sentences
    st.markdown(f"**How good is this hedge?**{simulated}  \n{md(first)}")
    if more:
        st.markdown("\n".join(f"- {md(sentence)}" for sentence in more))
    shown = [hedge for hedge in comparison.hedges if hedge.name in APPROACHES]
    elements.chart(
        charts.hedge_comparison(shown, chosen=comparison.approach, title="Risk taken out of your bag"),
        key="approaches",
    )
    elements.reading(charts.approaches_reading(comparison))


def draw_evidence(comparison: Comparison | None) -> None:
    """Through time, and beside every other way to estimate."""
    if comparison is None or comparison.effectiveness is None:
        return
    st.header("How it did through time")
    own = comparison.of(comparison.approach)
    naive = comparison.of("naive")
    assert own is not None
    bare = comparison.unhedged if comparison.rest is None else comparison.rest_unhedged
    values = rolling_variance_reduction(bare, own.hedged, window=ROLLING_WINDOW)
    series = [(own.label if comparison.rest is None else "Coins without a future of their own", values)]
    if naive is not None and comparison.rest is None:
        other = rolling_variance_reduction(comparison.unhedged, naive.hedged, window=ROLLING_WINDOW)
        series.append((naive.label, other))
    elements.chart(
        charts.effectiveness_through_time(days=comparison.days, series=series, window=ROLLING_WINDOW),
        key="through_time",
    )
    elements.reading(charts.through_time_reading(values))
    with st.expander("Beside other ways to estimate the ratios", icon=":material/query_stats:"):
        elements.chart(
            charts.hedge_comparison(comparison.hedges, chosen=comparison.approach, title="Every hedge on your bag"),
            key="estimators",
        )
        elements.reading(charts.estimators_reading(comparison))
        st.markdown(
            "**Grades:** "
            + ", ".join(f"{grade} from {least:.0%}" if least > 0 else f"{grade} below" for least, grade, _ in GRADES)
            + " of daily variance removed on unseen days, at a hedge ratio of 100%, "
            "before costs and rounding."
        )
