"""The parts of the proxy page that speak of the bag as a whole: the approach, its test, the other hedges."""

from __future__ import annotations

import streamlit as st

from hedge_core import HedgeAssessment
from hedge_core.exposure.effectiveness import GRADES, rolling_variance_reduction
from hedge_core.history.alternatives import APPROACHES
from hedge_core.history.backtest import Comparison, untested_reason
from hedge_core.history.elsewhere import elsewhere_sentence
from pages.ui import charts
from pages.ui.parts import elements
from pages.ui.parts.format import md
from pages.ui.session import worked_out

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
    if comparison.is_by_construction:
        return
    better = elsewhere_sentence(worked_out.better_venues(result))
    if better:
        st.markdown(f"**Another venue would do better.** {md(better)}")
    shown = [hedge for hedge in comparison.hedges if hedge.name in APPROACHES]
    elements.chart(
        charts.hedge_comparison(
            shown,
            chosen=comparison.approach,
            title="Risk taken out of your bag",
            is_graded=comparison.is_graded,
        ),
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
    values = rolling_variance_reduction(comparison.unhedged, own.hedged, window=ROLLING_WINDOW)
    series = [(own.label if not comparison.covered_share else "Coins without a future of their own", values)]
    if naive is not None:
        other = rolling_variance_reduction(comparison.unhedged, naive.hedged, window=ROLLING_WINDOW)
        series.append((naive.label, other))
    elements.chart(
        charts.effectiveness_through_time(days=comparison.days, series=series, window=ROLLING_WINDOW),
        key="through_time",
    )
    elements.reading(charts.through_time_reading(values))
    with st.expander("Beside other ways to estimate the ratios", icon=":material/query_stats:"):
        elements.chart(
            charts.hedge_comparison(
                comparison.hedges,
                chosen=comparison.approach,
                title="Every hedge on your bag",
                is_graded=comparison.is_graded,
            ),
            key="estimators",
        )
        elements.reading(charts.estimators_reading(comparison))
        st.markdown(
            "**Grades:** "
            + ", ".join(f"{grade} from {least:.0%}" if least > 0 else f"{grade} below" for least, grade, _ in GRADES)
            + " of daily variance removed on unseen days, by the lower bound of its 95% range, at a hedge ratio of "
            "100%, before costs and rounding."
        )
