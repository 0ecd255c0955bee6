"""Charts: a result in, a figure out. Nothing here computes finance, fetches, or knows of Streamlit."""

from pages.ui.charts.bag import (
    hedge_ratio_consequence,
)
from pages.ui.charts.cost import (
    funding_history,
    margin_gauge,
    roll_timeline,
    term_structure,
)
from pages.ui.charts.counts import (
    ratio_texts,
)
from pages.ui.charts.dangers import dangers
from pages.ui.charts.evidence import (
    approaches_reading,
    effectiveness_through_time,
    estimators_reading,
    hedge_comparison,
    through_time_reading,
)
from pages.ui.charts.exposure import (
    correlation_heatmap,
    correlation_reading,
    regression_reading,
    regression_scatter,
    rolling_exposure,
    rolling_reading,
)
from pages.ui.charts.legs import legs_bar, legs_reading
from pages.ui.charts.position import season
from pages.ui.charts.scenario import TERMS, attribution_waterfall, net_heatmap, pnl_range, stress_windows
from pages.ui.charts.scenario_readings import attribution_reading, heatmap_reading, move_lead, pnl_reading
from pages.ui.charts.simulation import cash_needed, fan, frontier, outcomes, policies, story
from pages.ui.charts.simulation_readings import fan_reading, outcomes_reading, paths_lead, stress_windows_reading

__all__ = [
    "TERMS",
    "approaches_reading",
    "attribution_reading",
    "attribution_waterfall",
    "cash_needed",
    "correlation_heatmap",
    "correlation_reading",
    "dangers",
    "effectiveness_through_time",
    "estimators_reading",
    "fan",
    "fan_reading",
    "frontier",
    "funding_history",
    "heatmap_reading",
    "hedge_comparison",
    "hedge_ratio_consequence",
    "legs_bar",
    "legs_reading",
    "margin_gauge",
    "move_lead",
    "net_heatmap",
    "outcomes",
    "outcomes_reading",
    "paths_lead",
    "pnl_range",
    "pnl_reading",
    "policies",
    "ratio_texts",
    "regression_reading",
    "regression_scatter",
    "roll_timeline",
    "rolling_exposure",
    "rolling_reading",
    "season",
    "story",
    "stress_windows",
    "stress_windows_reading",
    "term_structure",
    "through_time_reading",
]
