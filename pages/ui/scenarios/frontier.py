"""How much to hedge: the frontier of hedge ratios on the scenarios page."""

from __future__ import annotations

import streamlit as st

from hedge_core import HedgeAssessment, HedgeError
from hedge_core.simulation.frontier import FRONTIER_PATHS, Frontier, FrontierPoint, hedge_frontier
from hedge_core.text import days_text
from pages.ui import charts
from pages.ui.parts import elements, fragments, inputs
from pages.ui.parts.format import md, percent, usd
from pages.ui.scenarios import path_inputs
from pages.ui.session import memo


@fragments.fragment
def draw(result: HedgeAssessment) -> None:
    """The frontier with the plan's own ratio marked, and the next steps in words."""
    controls, picture = st.columns([3, 8], gap="medium")
    with controls, st.container(border=True):
        inputs.hedge_slider()
        inputs.collateral_input()
        inputs.horizon_input()
        path_inputs.expected_move()
    drawing = path_inputs.drawing()
    drawing = drawing._replace(paths=min(drawing.paths, FRONTIER_PATHS))
    try:
        found = memo.memo(
            "frontier",
            (memo.basis(result), drawing),
            lambda: hedge_frontier(result, **drawing._asdict()),
            is_long=True,
        )
    except HedgeError as error:
        with picture:
            st.info(md(str(error)))
        return
    with picture:
        path_inputs.warn_if_not_open(result)
        elements.chart(
            charts.frontier(found, title=f"Risk left and gain given up over {days_text(found.horizon)}"), key="frontier"
        )
    for sentence in found.sentences:
        st.markdown(f"- {md(sentence)}")
    if any(point.closed is not None and point.closed.value > 0 for point in found.points):
        elements.chart(charts.closed_out(found, title="Chance that the short is closed out"), key="frontier_closed")
    with st.expander("All hedge ratios", icon=":material/table:"):
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
        "Closed out": "–" if point.closed is None else percent(point.closed.value),
        "Margin": usd(point.margin),
        "Your collateral opens it": funded,
        "Contracts": contracts or "none",
    }
