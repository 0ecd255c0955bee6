"""Pictures to share: the plan's sentence above the chart, and without amounts no amount anywhere."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import plotly.graph_objects as go
import pytest

from hedge_core import HedgeAssessment, SampleSource, Shock, assess, load_plan, run_scenario
from hedge_core.reports.answer import answer
from hedge_core.scenarios.run import run_range
from hedge_core.scenarios.stress import run_stress
from pages.ui import charts
from pages.ui.charts import picture

EXAMPLES = Path(__file__).parents[2] / "examples"
FALL = Shock(move=-0.2, of="market")


@pytest.fixture(scope="module")
def layer1() -> HedgeAssessment:
    return assess(load_plan(EXAMPLES / "layer1_bag.json"), SampleSource().snapshot())


def payoff(assessment: HedgeAssessment, *, hides_amounts: bool) -> go.Figure:
    results = run_range(assessment, (-0.5, -0.2, 0.0, 0.2, 0.3, 0.6), FALL)
    selected = run_scenario(assessment, FALL)
    if hides_amounts:
        results = tuple(picture.per_whole(one, assessment.bag_value) for one in results)
        selected = picture.per_whole(selected, assessment.bag_value)
    return charts.pnl_range(results, selected=selected, break_evens=(), title="Payoff")


def shown(drawn: go.Figure, assessment: HedgeAssessment, *, hides_amounts: bool) -> go.Figure:
    sentence = answer(assessment, per=picture.WHOLE if hides_amounts else None).lead
    return picture.picture(drawn, sentence=sentence, note="A note.", hides_amounts=hides_amounts)


def test_with_amounts_the_plans_sentence_leads_in_dollars(layer1: HedgeAssessment) -> None:
    fig = shown(payoff(layer1, hides_amounts=False), layer1, hides_amounts=False)

    assert answer(layer1).lead in fig.layout.title.text
    assert fig.layout.paper_bgcolor == "#FFFFFF"
    assert fig.layout.annotations[-1].text == "A note."


def test_without_amounts_every_figure_is_a_share_of_the_bag(layer1: HedgeAssessment) -> None:
    crash = run_scenario(layer1, FALL)
    windows = [picture.window_per_whole(one, layer1.bag_value) for one in run_stress(layer1)[:5]]
    share = picture.WHOLE / layer1.bag_value
    paths = np.random.default_rng(1).normal(0.0, 9_000.0, 500)
    drawn = (
        payoff(layer1, hides_amounts=True),
        charts.stress_windows(windows, title="Crashes"),
        charts.outcomes(share * paths, share * paths / 2, worst=(-40.0, -20.0), title="Paths"),
    )
    for one in drawn:
        text = shown(one, layer1, hides_amounts=True).to_json()
        assert "$" not in text
        assert "Amounts in percent of the bag." in text
    said = shown(drawn[0], layer1, hides_amounts=True).layout.title.text
    assert f"{-100 * crash.net_pnl / layer1.bag_value:.0f}% instead of" in said
    together = next(trace for trace in drawn[0].data if trace.name == "Together, selected")
    assert together.y[0] == pytest.approx(100 * crash.net_pnl / layer1.bag_value)
    # No number of the figure is one of the plan's amounts.
    assert not re.search(f"{abs(crash.net_pnl):.0f}|{abs(crash.bag_pnl):.0f}", drawn[0].to_json())


@pytest.mark.parametrize(
    ("text", "expected"),
    [("−$7", "−7%"), ("+$1,250", "+1,250%"), ("−$1.2k", "−1,200%"), ("a 20% crash", "a 20% crash"), ("$8.", "8%.")],
)
def test_an_amount_of_a_bag_of_100_dollars_is_a_percentage(text: str, expected: str) -> None:
    assert picture.in_percent(text) == expected


def test_the_only_button_saves_a_png_of_a_fixed_size() -> None:
    options = picture.save_options("hedge-payoff")

    assert options["modeBarButtons"] == [["toImage"]]
    assert options["toImageButtonOptions"] == {
        "format": "png",
        "filename": "hedge-payoff",
        "width": 960,
        "height": 540,
        "scale": 2,
    }
