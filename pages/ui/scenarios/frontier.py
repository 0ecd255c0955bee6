"""How much to hedge: other hedge ratios on the same paths, folded below the histograms."""

from __future__ import annotations

import streamlit as st

from hedge_core import HedgeAssessment
from hedge_core.simulation.frontier import FRONTIER_PATHS, Frontier, FrontierPoint, hedge_frontier
from hedge_core.text import UNKNOWN, days_text
from pages.ui import charts
from pages.ui.parts import elements
from pages.ui.parts.format import md, percent, usd
from pages.ui.scenarios.path_inputs import Drawing
from pages.ui.session import memo


def draw(result: HedgeAssessment, drawing: Drawing) -> None:
    """The frontier with the plan's own ratio marked, the next steps in words, and every ratio as a table."""
    drawing = drawing._replace(paths=min(drawing.paths, FRONTIER_PATHS))
    found = memo.memo(
        "frontier", (memo.basis(result), drawing), lambda: hedge_frontier(result, **drawing._asdict()), is_long=True
    )
    elements.chart(
        charts.frontier(found, title=f"Risk left and gain given up over {days_text(found.horizon)}"),
        key="frontier",
        alt=" ".join(found.sentences),
    )
    for sentence in found.sentences:
        st.markdown(f"- {md(sentence)}")
    elements.table([_row(found, point) for point in found.points], key="frontier_table")
    for note in found.notes:
        elements.reading(note)
    elements.reading(
        f"{found.paths:,} paths: {found.model}. The same paths for every ratio, each in whole contracts, with your "
        "collateral. The worst 5% is the mean result of the worst twentieth of the paths."
    )


def _row(found: Frontier, point: FrontierPoint) -> dict[str, str]:
    mark = " (yours)" if point is found.points[found.chosen] else ""
    contracts = ", ".join(f"{count} {name}" for name, count in point.contracts)
    funded = {True: "yes", False: "no", None: "none stated"}[point.is_funded]
    return {
        "Hedge ratio": f"{point.ratio:.0%}{mark}",
        "Lost in the worst 5%": f"{usd(point.risk.value)} ± {usd(1.96 * point.risk.error)}",
        "Given up in gains": usd(point.given_up),
        "Cost": usd(point.cost),
        "Liquidated": UNKNOWN if point.closed is None else percent(point.closed.value),
        "Margin": usd(point.margin),
        "Your collateral opens it": funded,
        "Contracts": contracts or "none",
    }
