"""The dialog that makes a picture to share: payoff, past crashes or thousands of paths, with or without amounts."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import plotly.graph_objects as go
import streamlit as st

from hedge_core import HedgeAssessment, run_scenario
from hedge_core.market.venues import EXCHANGES
from hedge_core.reports.answer import CRASH, answer
from hedge_core.scenarios.run import break_even_moves, run_range, to_the_border
from hedge_core.scenarios.shocks import Shock, reachable_moves
from hedge_core.scenarios.stress import for_days, run_stress
from hedge_core.simulation.simulation import Simulation, simulate
from hedge_core.text import days_text, short_percent
from pages.ui import charts
from pages.ui.charts import picture
from pages.ui.parts import as_filled, fragments, panels
from pages.ui.scenarios import inputs, path_inputs
from pages.ui.session import memo, worked_out

MOVES = np.linspace(-0.5, 0.6, 45).tolist()
"""The moves of the market on the picture of a payoff."""

WORST = 5
WITHOUT, WITH = "No amounts", "With amounts"


def draw_button(name: str) -> None:
    """The button under a chart that opens the dialog for its picture; `name` is one of PICTURES."""
    label, icon = "Picture to share", ":material/image:"
    if st.button(label, icon=icon, type="tertiary", key=f"picture_{name}", on_click=panels.close):
        show(name)


@st.dialog("A picture to share", width="large")
def show(name: str) -> None:
    """The picture as it will be saved, with the choice whether it shows amounts."""
    planned = worked_out.assessment()
    if planned is None:
        return
    chosen = st.radio("What may others see?", [WITHOUT, WITH], horizontal=True, key="picture_amounts")
    st.caption("Save it with the button below the picture. Your browser draws it: nothing is sent.")
    with st.container(key="picture_frame"), st.container(key="picture"), fragments.calm():
        _draw(as_filled.shown(planned), name, hides_amounts=chosen == WITHOUT)


def _draw(result: HedgeAssessment, name: str, *, hides_amounts: bool) -> None:
    sentence = answer(result, per=picture.WHOLE if hides_amounts else None).lead
    drawn = PICTURES[name](result, hides_amounts)
    st.plotly_chart(
        picture.picture(drawn, sentence=sentence, note=_note(result), hides_amounts=hides_amounts),
        width=picture.WIDTH,
        theme=None,
        key=f"picture_{name}_{'shares' if hides_amounts else 'amounts'}",
        config=picture.save_options(f"hedge-{name}"),
        alt=f"The picture to share. {picture.in_percent(sentence) if hides_amounts else sentence}",
    )


def _note(result: HedgeAssessment) -> str:
    """Whose prices these are, without the name of a file, and of which day."""
    market = result.market
    source = f"prices of {EXCHANGES[market.source].label}" if market.source in EXCHANGES else "the holder's own prices"
    text = "SIMULATED prices" if market.simulated else f"With {source}"
    return f"{text}, {market.as_of:%d %b %Y}. Altcoin Hedge Planner. Not financial advice."


def _payoff(result: HedgeAssessment, hides_amounts: bool) -> go.Figure:
    return _range(result, inputs.stated(result), inputs.days(result), hides_amounts)


def _plan(result: HedgeAssessment, hides_amounts: bool) -> go.Figure:
    return _range(result, Shock(move=-CRASH, of="market"), result.plan.decisions.horizon_days, hides_amounts)


def _range(result: HedgeAssessment, shock: Shock, days: int, hides_amounts: bool) -> go.Figure:
    at = for_days(result, days)
    results = to_the_border(at, run_range(at, reachable_moves(at, MOVES, shock.of), shock))
    selected, value = run_scenario(at, shock), result.bag_value
    if hides_amounts:
        results = tuple(picture.per_whole(one, value) for one in results)
        selected = picture.per_whole(selected, value)
    moved = "the bag" if shock.of == "bag" else "the market"
    return charts.pnl_range(
        results,
        selected=selected,
        break_evens=break_even_moves(results),
        title=f"If {moved} moves by {short_percent(shock.move)} in {days_text(days)}",
    )


def _crashes(result: HedgeAssessment, hides_amounts: bool) -> go.Figure:
    worst = [one for one in run_stress(result) if one.window.kind == "crash"][:WORST]
    if hides_amounts:
        worst = [picture.window_per_whole(one, result.bag_value) for one in worst]
    return charts.stress_windows(worst, title="The worst past crashes for this plan")


def _paths(result: HedgeAssessment, hides_amounts: bool) -> go.Figure:
    drawing = path_inputs.drawing()
    found: Simulation = memo.memo(
        "simulation", (memo.basis(result), drawing), lambda: simulate(result, **drawing._asdict()), is_long=True
    )
    share = picture.WHOLE / result.bag_value if hides_amounts else 1.0
    return charts.outcomes(
        share * found.bag_results,
        share * found.net_results,
        worst=(-share * found.bag.expected_shortfall.value, -share * found.net.expected_shortfall.value),
        title=f"Where {found.paths:,} paths end after {days_text(found.horizon)}",
    )


PICTURES: dict[str, Callable[[HedgeAssessment, bool], go.Figure]] = {
    "plan": _plan,
    "payoff": _payoff,
    "crashes": _crashes,
    "paths": _paths,
}
"""For each picture what draws its chart, per WHOLE dollars of the bag where amounts are hidden."""
