"""Charts: a result in, a figure out. Nothing here computes finance, fetches, or knows of Streamlit."""

from pages.ui.charts.bag import (
    FULL_TILE,
    MOST_TILES,
    STATUS_COLOURS,
    STATUS_NAMES,
    bag_treemap,
    hedge_ratio_consequence,
    treemap_reading,
)
from pages.ui.charts.cost import (
    funding_history,
    insurance_waterfall,
    margin_gauge,
    roll_timeline,
    term_structure,
)
from pages.ui.charts.counts import (
    choices_reading,
    contract_choices,
    contracts_text,
    open_text,
    proposed_choice,
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
    "FULL_TILE",
    "MOST_TILES",
    "STATUS_COLOURS",
    "STATUS_NAMES",
    "TERMS",
    "approaches_reading",
    "attribution_reading",
    "attribution_waterfall",
    "bag_treemap",
    "cash_needed",
    "choices_reading",
    "contract_choices",
    "contracts_text",
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
    "insurance_waterfall",
    "legs_bar",
    "legs_reading",
    "margin_gauge",
    "move_lead",
    "net_heatmap",
    "open_text",
    "outcomes",
    "outcomes_reading",
    "paths_lead",
    "pnl_range",
    "pnl_reading",
    "policies",
    "proposed_choice",
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
    "treemap_reading",
]
