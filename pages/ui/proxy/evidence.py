"""The evidence behind the grade, folded: through time, beside other hedges, and how the coins move together."""

from __future__ import annotations

from functools import partial

import streamlit as st

from hedge_core import HedgeAssessment
from hedge_core.exposure.betas import correlations, rolling_exposure
from hedge_core.exposure.effectiveness import GRADES, rolling_variance_reduction
from hedge_core.history.backtest import Comparison, untested_reason
from hedge_core.market.snapshot import PROXY_COINS
from pages.ui import charts
from pages.ui.parts import elements
from pages.ui.parts.format import md
from pages.ui.proxy import coins
from pages.ui.session import worked_out

ROLLING_WINDOW = 90
MOST_COINS = 15
"""Coins of the correlation matrix."""


def draw(result: HedgeAssessment) -> None:
    """Three folds."""
    for title, icon, key, view in (
        ("How it did through time", "timeline", "proxy_time", _through_time),
        ("How it was tested, and other hedges", "query_stats", "proxy_hedges", _hedges),
        ("How the coins move together", "grid_on", "proxy_together", _correlations),
    ):
        elements.fold(title, partial(view, result), key=key, icon=f":material/{icon}:")


def _through_time(result: HedgeAssessment) -> None:
    comparison = worked_out.comparison(result)
    if comparison is not None and comparison.effectiveness is not None:
        _effectiveness_through_time(comparison)
    else:
        st.markdown("Nothing is tested, so there is nothing to follow through time.")
    held = coins.open_coin(result)
    shown = None if held is None else coins.regressed(held)
    history = result.market.history
    if held is None or shown is None or shown.estimate is None:
        st.caption("Open a coin above to see its beta and its correlation through time.")
        return
    coin, proxy = held.moves_with, shown.proxy
    if coin not in history or proxy not in history:
        return
    betas, rho = rolling_exposure(history, coin, proxy, window=ROLLING_WINDOW)
    reading = charts.rolling_reading(betas, rho)
    elements.chart(
        charts.rolling_exposure(
            coin=coin,
            proxy=proxy,
            days=history.days[1:],
            betas=betas,
            correlations=rho,
            window=ROLLING_WINDOW,
            interval=shown.estimate.interval_to_come,
        ),
        key="rolling",
        alt=reading,
    )
    elements.reading(reading)
    calibration = result.evidence.calibrations.get(proxy)
    if calibration is not None:
        st.caption(
            f"The interval for the next 90 days reaches {calibration.factor:.1f} standard errors either way: 95% of "
            f"{calibration.forecasts:,} past estimates, on all coins of this market, missed by no more."
        )


def _effectiveness_through_time(comparison: Comparison) -> None:
    own, naive = comparison.of(comparison.approach), comparison.of("naive")
    assert own is not None
    values = rolling_variance_reduction(comparison.unhedged, own.hedged, window=ROLLING_WINDOW)
    series = [(own.label if not comparison.covered_share else "Coins without a future of their own", values)]
    if naive is not None:
        other = rolling_variance_reduction(comparison.unhedged, naive.hedged, window=ROLLING_WINDOW)
        series.append((naive.label, other))
    reading = charts.through_time_reading(values)
    elements.chart(
        charts.effectiveness_through_time(days=comparison.days, series=series, window=ROLLING_WINDOW),
        key="through_time",
        alt=reading,
    )
    elements.reading(reading)


def _hedges(result: HedgeAssessment) -> None:
    """The result in full sentences, and every hedge of the bag side by side."""
    comparison = worked_out.comparison(result)
    if comparison is None:
        st.markdown(untested_reason(result))
        return
    st.markdown("\n".join(f"- {md(sentence)}" for sentence in comparison.sentences))
    if comparison.is_by_construction or comparison.effectiveness is None:
        return
    reading = charts.estimators_reading(comparison)
    elements.chart(
        charts.hedge_comparison(
            comparison.hedges,
            chosen=comparison.approach,
            title="Risk taken out of your bag, fully hedged",
            is_graded=comparison.is_graded,
        ),
        key="estimators",
        alt=reading,
    )
    elements.reading(f"{reading} {charts.approaches_reading(comparison)}")
    st.markdown(
        "**Grades:** "
        + ", ".join(f"{grade} from {least:.0%}" if least > 0 else f"{grade} below" for least, grade, _ in GRADES)
        + " of daily variance removed on unseen days, by the lower bound of its 95% range."
    )


def _correlations(result: HedgeAssessment) -> None:
    """How the coins of the bag and the proxies moved together."""
    held = [p.moves_with for p in sorted(result.held_coins, key=lambda p: -p.value) if p.choice is not None]
    names = [c for c in dict.fromkeys([*PROXY_COINS, *held]) if c in result.market.history][:MOST_COINS]
    if len(names) < 2:
        st.markdown("Fewer than two of these coins have a history.")
        return
    matrix = correlations(result.market.history, names, window_days=result.plan.decisions.window_days)
    reading = charts.correlation_reading(names, matrix)
    elements.chart(charts.correlation_heatmap(coins=names, matrix=matrix), key="correlations", alt=reading)
    elements.reading(reading)
