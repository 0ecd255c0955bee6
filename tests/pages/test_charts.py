"""Charts carry the numbers of the result that they are given, and nothing that a reader cannot read."""

from __future__ import annotations

import dataclasses
import json
import math
import re
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

import numpy as np
import plotly.graph_objects as go
import pytest

from hedge_core import (
    BetaEstimate,
    HedgeAssessment,
    HedgePlan,
    Holding,
    MarketSnapshot,
    ScenarioResult,
    Shock,
    assess,
    estimate_betas,
    load_plan,
    run_scenario,
)
from hedge_core.exposure.betas import correlations, rolling_exposure
from hedge_core.hedge.insurance import InsuranceQuote
from hedge_core.hedge.margin import margin_requirement
from hedge_core.hedge.sizing import CountChoice
from hedge_core.history.backtest import TestedHedge
from hedge_core.monitoring.execution import as_proposed
from hedge_core.monitoring.position import position_state
from hedge_core.monitoring.season import Season, season
from hedge_core.reports.answer import level
from hedge_core.scenarios.dangers import what_hurts
from hedge_core.scenarios.run import break_even_moves, net_grid, run_range, to_the_border
from hedge_core.scenarios.stress import run_stress
from hedge_core.simulation.frontier import hedge_frontier
from hedge_core.simulation.policy_comparison import compare_policies, policies_on_path
from hedge_core.simulation.simulation import simulate
from pages.ui import charts
from pages.ui.charts.look import (
    BAG,
    DANGER,
    NET,
    bounds,
    compact,
    figure,
    money,
    money_axis,
    short_percent,
    spread,
    ticks,
)
from pages.ui.parts.chart_table import table_of
from pages.ui.parts.format import dollars

MOVES = tuple(step / 100 for step in range(-80, 104, 4))
SHIFTS = (-0.5, 0.0, 0.5)


@pytest.fixture(scope="module")
def nova(examples: Path, market: MarketSnapshot) -> HedgeAssessment:
    """The worked example: $10,000, 63 contracts; −15% makes −1,500, +1,050 and −450."""
    return assess(load_plan(examples / "novacoin.json"), market)


@pytest.fixture(scope="module")
def mixed(market: MarketSnapshot) -> HedgeAssessment:
    """Two coins to hedge, a trade, a stablecoin, and little collateral."""
    plan = HedgePlan(
        holdings=(
            Holding(coin="LINK", quantity=1000),
            Holding(coin="AVAX", quantity=300),
            Holding(coin="DOGE", quantity=10_000, role="speculative", stop_loss=0.1),
            Holding(coin="USDC", quantity=2000),
        )
    ).with_decisions(collateral=12_000.0)
    return assess(plan, market)


def titles(fig: go.Figure) -> str:
    return fig.layout.title.text


def notes(fig: go.Figure) -> list[str]:
    return [annotation.text for annotation in fig.layout.annotations]


def words(fig: go.Figure) -> str:
    """Everything in the figure that a reader may see."""
    return json.dumps(fig.to_plotly_json(), default=lambda value: np.asarray(value).tolist(), ensure_ascii=False)


def trace_of(fig: go.Figure, name: str) -> go.Scatter:
    return next(trace for trace in fig.data if trace.name == name)


def pnl_figure(assessment: HedgeAssessment, shock: Shock) -> tuple[go.Figure, ScenarioResult]:
    results = run_range(assessment, MOVES, shock)
    selected = run_scenario(assessment, shock)
    fig = charts.pnl_range(results, selected=selected, break_evens=break_even_moves(results), title="If it moves")
    return fig, selected


QUOTE = InsuranceQuote(
    horizon_days=30,
    notional=10_000.0,
    bag_value=20_000.0,
    fees=60.0,
    carry=100.0,
    carry_low=-50.0,
    carry_high=200.0,
    is_carry_certain=False,
    history_days=300,
)


def two_hedges() -> list[TestedHedge]:
    """Two hedges that leave half and 60% of the standard deviation, and one that is unknown."""
    bag = np.random.default_rng(3).normal(0, 0.03, 300)
    return [
        TestedHedge(name=name, label=label, unhedged=bag, hedged=left * bag)
        for name, label, left in (("naive", "Half & half", 0.6), ("recommended", "Ours", 0.5), ("none", "None", np.nan))
    ]


def every_chart(assessment: HedgeAssessment, market: MarketSnapshot) -> dict[str, go.Figure]:
    shock = Shock(move=-0.15)
    fig, selected = pnl_figure(assessment, shock)
    history = market.history
    estimate = estimate_betas(history, ["LINK"], "ETH", window_days=90)["LINK"]
    assert isinstance(estimate, BetaEstimate)
    betas, rho = rolling_exposure(history, "LINK", "ETH", window=90)
    coins = ["BTC", "ETH", "SOL", "LINK"]
    hedges = two_hedges()
    isolated = margin_requirement(assessment.legs, 5_000.0).isolated()
    simulation = simulate(assessment, paths=400)
    compared = compare_policies(assessment, paths=400)
    ratios = hedge_frontier(assessment, ratios=(0.0, 0.5, 1.2), paths=400)
    opened = datetime.combine(market.as_of.date() - timedelta(days=30), time(), UTC)
    state = position_state(assess(as_proposed(assessment, opened), market))
    assert state is not None
    return {
        "season": charts.season(season(state)),
        "fan": charts.fan(simulation.fans, title="Fan"),
        "outcomes": charts.outcomes(
            simulation.bag_results, simulation.net_results, worst=(-900.0, -100.0), title="Outcomes"
        ),
        "cash": charts.cash_needed(simulation.fans["cash"], collateral=5_000.0, title="Cash"),
        "policies": charts.policies(compared.simulated, title="Policies"),
        "story": charts.story(policies_on_path(assessment, [-0.1, 0.0]), title="Story"),
        "frontier": charts.frontier(ratios, title="Frontier"),
        "margin": charts.margin_gauge([(leg, leg.leg.price * 0.5, leg.leg.price * 1.5) for leg in isolated], rally=0.4),
        "legs": charts.legs_bar(assessment.legs),
        "funding": charts.funding_history(
            coin="ETH", days=history.days[:200], means=np.linspace(-0.1, 0.2, 200), window=30
        ),
        "term structure": charts.term_structure(coin="ETH", spot=2_000.0, expiries=[("27 Mar 2026", 2_020.0)]),
        "rolls": charts.roll_timeline(
            legs=[("CME:MET", (date(2026, 2, 27),))], today=date(2026, 1, 31), horizon_days=60, lead_days=7
        ),
        "hedges": charts.hedge_comparison(hedges, chosen="recommended", title="Side by side"),
        "through time": charts.effectiveness_through_time(
            days=history.days[1:301], series=[("Ours", np.linspace(0.4, 0.8, 300))], window=90
        ),
        "range": fig,
        "waterfall": charts.attribution_waterfall(selected, hedge_ratio=assessment.hedge_ratio),
        "heatmap": charts.net_heatmap(
            moves=(-0.3, 0.0, 0.3),
            beta_shifts=SHIFTS,
            grid=net_grid(assessment, (-0.3, 0.0, 0.3), SHIFTS),
            title="Together",
        ),
        "regression": charts.regression_scatter(
            coin="LINK",
            proxy="ETH",
            coin_returns=history.returns_of("LINK")[-90:],
            proxy_returns=history.returns_of("ETH")[-90:],
            estimate=estimate,
        ),
        "rolling": charts.rolling_exposure(
            coin="LINK", proxy="ETH", days=history.days[1:], betas=betas, correlations=rho, window=90
        ),
        "correlation": charts.correlation_heatmap(coins=coins, matrix=correlations(history, coins, window_days=90)),
        "dangers": charts.dangers(what_hurts(assessment), title="What hurts"),
        "stress": charts.stress_windows(run_stress(assessment)[:5], title="The worst"),
        "consequence": charts.hedge_ratio_consequence(
            falls=(0.1, 0.5), bag_losses=(-1000.0, -5000.0), net_losses=(-300.0, -1500.0)
        ),
    }


# ------------------------------------------------------------------------------------------------------ every one


@pytest.mark.parametrize("which", ["nova", "mixed"])
def test_every_chart_has_a_title_level_text_and_no_number_that_is_none(
    which: str, market: MarketSnapshot, request: pytest.FixtureRequest
) -> None:
    for name, fig in every_chart(request.getfixturevalue(which), market).items():
        assert titles(fig), name
        assert fig.layout.paper_bgcolor == fig.layout.plot_bgcolor == "rgba(0,0,0,0)", name
        assert fig.layout.xaxis.tickangle == 0, name
        assert fig.layout.yaxis.title.text is None, f"{name}: an upright axis title cannot be read on a phone"
        assert fig.layout.xaxis.fixedrange, name
        assert fig.layout.yaxis.fixedrange, name
        for text in re.findall(r'"((?:[^"\\]|\\.)*)"', words(fig)):
            assert not re.search(r"\bnan\b|\binf\b|\bNone\b", text), (name, text)
            assert not re.search(r"\d\.\d{5,}", text), (name, text)
        for note in notes(fig):
            said = re.sub(r"(?<=[a-z])-(?=[a-z])", "", re.sub(r"<[^>]*>", "", note))
            assert "-" not in said, f"{name}: a minus sign, not a hyphen: {note}"


@pytest.mark.parametrize("which", ["nova", "mixed"])
def test_plotly_knows_every_property_of_every_chart(
    which: str, market: MarketSnapshot, request: pytest.FixtureRequest
) -> None:
    for name, fig in every_chart(request.getfixturevalue(which), market).items():
        given = fig.to_plotly_json()
        checked = go.Figure(given["data"], given["layout"])
        assert json.loads(checked.to_json()) == json.loads(fig.to_json()), name
    with pytest.raises(ValueError, match="barmood"):
        go.Figure(figure("Checked", barmood="group").to_plotly_json())


def test_hover_texts_are_sentences(mixed: HedgeAssessment, market: MarketSnapshot) -> None:
    for name, fig in every_chart(mixed, market).items():
        for trace in fig.data:
            if trace.hoverinfo == "skip":
                continue
            template = trace.hovertemplate
            assert template.endswith("<extra></extra>"), name
            if template == "%{customdata}<extra></extra>":
                said = np.asarray(trace.customdata).ravel().tolist()
                if trace.type == "scatter":  # a gap in a line has no point to speak of
                    assert [text is None for text in said] == [y is None for y in trace.y], name
                    said = [text for text in said if text is not None]
                assert said, name
                assert all(text.endswith(".") for text in said), (name, said[0])
            else:
                assert template.removesuffix("<extra></extra>").endswith("."), name


def test_every_chart_has_its_numbers_as_a_table(mixed: HedgeAssessment, market: MarketSnapshot) -> None:
    for name, fig in every_chart(mixed, market).items():
        table = table_of(fig)
        assert len(table) > 0, name
        assert all(isinstance(cell, str) and "nan" not in cell for row in table.to_numpy() for cell in row), name


def test_the_table_of_a_chart_holds_its_points(nova: HedgeAssessment) -> None:
    fig, _ = pnl_figure(nova, Shock(move=-0.08))
    table = table_of(fig)

    bag = table[table["Series"] == trace_of(fig, "Bag").name]
    assert len(bag) == len(MOVES)
    together = table[table["Series"] == "Bag, selected"]
    assert together[["Move of the market", "Dollars"]].to_numpy().tolist() == [["−8%", "−$1,440"]]  # 10,000 x 1.8 x 8%


def test_the_table_of_a_heat_map_names_rows_and_columns() -> None:
    grid = np.array([[-14_321.0, 950.0], [-20_000.0, 1.0]])
    table = table_of(charts.net_heatmap(moves=(-0.3, 0.3), beta_shifts=(0.0, 0.5), grid=grid, title="Together"))

    assert table.to_numpy().tolist() == [
        ["−30%", "0%", "-14,321"],
        ["+30%", "0%", "950"],
        ["−30%", "+50%", "-20,000"],
        ["+30%", "+50%", "1"],
    ]


def test_text_of_a_caller_is_no_markup() -> None:
    assert "<img" not in titles(figure("<img src=x>"))
    fig = charts.correlation_heatmap(coins=["<b>A", "B"], matrix=np.eye(2))
    assert "<b>A" not in words(fig)


# -------------------------------------------------------------------------------------------------- many paths


def test_the_fan_shows_the_quantiles_of_the_paths(mixed: HedgeAssessment) -> None:
    found = simulate(mixed, paths=400)
    fig = charts.fan(found.fans, title="Fan")
    assert list(trace_of(fig, "together").y) == list(found.fans["net"][2])
    wide = fig.data[0]
    days = found.horizon + 1
    assert list(wide.y[:days]) == list(found.fans["net"][0])
    assert list(wide.y[days:]) == list(found.fans["net"][4][::-1])


def test_the_outcomes_add_up_to_nearly_all_paths(mixed: HedgeAssessment) -> None:
    found = simulate(mixed, paths=4_000)
    fig = charts.outcomes(found.bag_results, found.net_results, worst=(-900.0, -100.0), title="Outcomes")
    for trace in fig.data:
        assert 0.985 <= float(np.sum(trace.y)) <= 1.0
    assert [shape.x0 for shape in fig.layout.shapes] == [-900.0, 0.0, -100.0, 0.0]
    assert "worst 5% <b>−$900</b>" in notes(fig)[0]


def test_the_cash_chart_marks_the_collateral_that_is_set_aside(mixed: HedgeAssessment) -> None:
    cash = simulate(mixed, paths=400).fans["cash"]
    assert "yours: $5,000" in titles(charts.cash_needed(cash, collateral=5_000.0, title="Cash"))
    assert "yours" not in titles(charts.cash_needed(cash, collateral=None, title="Cash"))


def test_the_policies_stand_in_the_order_given(mixed: HedgeAssessment) -> None:
    rows = compare_policies(mixed, paths=400).simulated
    fig = charts.policies(rows, title="Policies")
    assert notes(fig) == [row.label for row in rows]
    assert list(trace_of(fig, "worst").x) == [-row.end.expected_shortfall.value for row in rows]


def test_a_story_starts_at_nothing_and_ends_at_what_it_says(mixed: HedgeAssessment) -> None:
    told = policies_on_path(mixed, [-0.1, 0.0, 0.05])
    fig = charts.story(told, title="Story")
    assert trace_of(fig, "Hold").y[0] == 0.0
    assert trace_of(fig, "Hedge, left alone").y[-1] == told.worth[-1, 1] - told.worth[0, 0]


def test_the_frontier_marks_the_plan_and_leaves_out_what_the_collateral_does_not_open(nova: HedgeAssessment) -> None:
    ratios = hedge_frontier(nova, ratios=(0.0, 0.5, 1.2), paths=400)
    fig = charts.frontier(ratios, title="Frontier")
    risk = trace_of(fig, "lost in the worst 5%")
    assert list(risk.x) == [point.ratio for point in ratios.points]
    assert risk.marker.size.index(13) == ratios.chosen
    points = tuple(dataclasses.replace(point, is_funded=point.ratio < 1.0) for point in ratios.points)
    short = charts.frontier(dataclasses.replace(ratios, points=points), title="Frontier")
    assert max(trace_of(short, "lost in the worst 5%").x) < 1.0


# ------------------------------------------------------------------------------------------------ profit and loss


def test_range_shows_every_result_and_marks_the_selected(nova: HedgeAssessment) -> None:
    fig, _ = pnl_figure(nova, Shock(move=-0.15, of="bag"))
    lines = {trace.name: trace for trace in fig.data if trace.mode == "lines"}
    results = run_range(nova, MOVES, Shock(move=-0.15, of="bag"))
    for name, attribute in (("Bag", "bag_pnl"), ("Hedge", "hedge_pnl"), ("Together", "net_pnl")):
        assert list(lines[name].x) == list(MOVES)
        assert list(lines[name].y) == [getattr(result, attribute) for result in results]
    assert lines["Together"].line.width > lines["Bag"].line.width
    assert len({trace.line.dash for trace in lines.values()}) == 3
    dots = {trace.name: (trace.x[0], trace.y[0]) for trace in fig.data if str(trace.name).endswith("selected")}
    assert dots["Bag, selected"] == (-0.15, pytest.approx(-1500.0))
    assert dots["Hedge, selected"] == (-0.15, pytest.approx(1050.0))
    assert dots["Together, selected"] == (-0.15, pytest.approx(-450.0))
    for value in ("Bag −$1,500", "Hedge +$1,050", "Together −$450"):
        assert value in titles(fig)
    assert "−15%" in notes(fig)
    assert fig.layout.xaxis.title.text == "Move of your bag"


def test_range_shades_the_moves_at_which_the_short_is_liquidated(mixed: HedgeAssessment) -> None:
    fig, _ = pnl_figure(mixed, Shock(move=-0.15))
    results = run_range(mixed, MOVES, Shock(move=-0.15))
    liquidated = [result.shock.move for result in results if result.is_liquidated]
    (shaded,) = [shape for shape in fig.layout.shapes if shape.type == "rect"]
    assert (shaded.x0, shaded.x1) == (min(liquidated), max(liquidated))
    assert shaded.fillcolor == DANGER
    assert f"liquidated<br>{short_percent(min(liquidated))}" in notes(fig)
    first = next(result for result in results if result.is_liquidated)
    assert f"unhedged,<br>{money(-first.hedge_pnl)} lost" in notes(fig)
    dashed = trace_of(fig, "Together, unhedged")
    assert dashed.line.dash == "dash"
    assert [y for y in dashed.y if y is not None] == [r.net_pnl for r in results if r.is_liquidated]
    assert [y for y in trace_of(fig, "Hedge").y if y is not None] == [
        r.hedge_pnl for r in results if not r.is_liquidated
    ]
    assert "closed out" in dashed.customdata[-1]
    assert "closed out" not in trace_of(fig, "Together").customdata[0]
    assert fig.layout.xaxis.title.text == "Move of the market"


def test_what_a_liquidation_costs_is_named_inside_the_shaded_part_where_it_holds_the_note(
    mixed: HedgeAssessment,
) -> None:
    """Inside, no line of the move can cross it. The range ends where the wall leaves 0.35 or 0.2 of the width."""
    wall = mixed.market_rally_survived
    assert wall is not None
    for share, is_inside in ((0.35, True), (0.2, False)):
        farthest = (wall + 0.5 * share) / (1.0 - share)
        moves = np.linspace(-0.5, farthest, 60).tolist()
        results = to_the_border(mixed, run_range(mixed, moves, Shock(move=0.0, of="market")))
        fig = charts.pnl_range(results, selected=results[10], break_evens=(), title="t")
        (shaded,) = [shape for shape in fig.layout.shapes if shape.type == "rect"]
        assert (shaded.x1 - shaded.x0) / (farthest + 0.5) == pytest.approx(share, abs=0.01)
        (lost,) = (note for note in fig.layout.annotations if str(note.text).endswith("lost"))
        assert (lost.x == shaded.x1) == is_inside
        assert lost.align == lost.xanchor == "right"


def test_range_without_liquidation_shades_nothing(nova: HedgeAssessment) -> None:
    fig, _ = pnl_figure(nova, Shock(move=-0.15))
    assert not [shape for shape in fig.layout.shapes if shape.type == "rect"]


def test_bag_and_hedge_of_a_season_add_up_to_both_together() -> None:
    """The bag was worth 1,000 at the first fill and closed that day at 900: on both days 900 + x is 1,000 + change."""
    days = np.array(["2026-10-29", "2026-10-30"], dtype="datetime64[D]")
    over = Season(days, np.array([900.0, 1_020.0]), np.array([30.0, -5.0]), 1_000.0, ())

    fig = charts.season(over)

    assert list(trace_of(fig, "bag").y) == [-100.0, 20.0]
    assert list(trace_of(fig, "together").y) == [-70.0, 15.0] == over.net.tolist()
    unknown = charts.season(dataclasses.replace(over, start=float("nan")))
    assert list(trace_of(unknown, "together").y) == [30.0, 115.0]


def test_break_evens_are_marked_on_the_zero_line(nova: HedgeAssessment) -> None:
    results = run_range(nova, MOVES, Shock(move=0.2))
    fig = charts.pnl_range(results, selected=results[5], break_evens=(0.0, 0.1234), title="t")
    (marks,) = [trace for trace in fig.data if trace.name == "Break-even"]
    assert (list(marks.x), list(marks.y)) == ([0.0, 0.1234], [0.0, 0.0])
    assert [note for note in notes(fig) if note.startswith("even")] == ["even +12.3%"]


@pytest.mark.parametrize(("move", "anchor"), [(0.5, "left"), (0.96, "right")])
def test_a_break_even_at_the_end_is_named_beside_the_names_of_the_lines(
    nova: HedgeAssessment, move: float, anchor: str
) -> None:
    results = run_range(nova, MOVES, Shock(move=0.2))
    fig = charts.pnl_range(results, selected=results[5], break_evens=(move,), title="t")
    (named,) = (note for note in fig.layout.annotations if note.text.startswith("even"))
    assert named.xanchor == anchor


def test_end_labels_do_not_touch_when_lines_end_together(market: MarketSnapshot) -> None:
    plan = HedgePlan(holdings=(Holding(coin="LINK", quantity=1000),)).with_decisions(risk_accepted=1.0)
    fig, _ = pnl_figure(assess(plan, market), Shock(move=-0.3))
    low, high = fig.layout.yaxis.range
    ys = sorted(note.y for note in fig.layout.annotations if note.text.endswith(("Bag", "Hedge", "Together")))
    assert len(ys) == 3
    assert min(np.diff(ys)) >= 0.06 * (high - low)


def test_waterfall_walks_from_the_ideal_to_the_result(mixed: HedgeAssessment) -> None:
    result = run_scenario(mixed, Shock(move=-0.15, basis_move=0.02))
    fig = charts.attribution_waterfall(result, hedge_ratio=mixed.hedge_ratio)
    (steps,) = fig.data
    ideal = (1 - mixed.hedge_ratio) * result.bag_pnl
    assert steps.x[0] == pytest.approx(ideal)
    assert sum(steps.x[:-1]) == pytest.approx(result.net_after_costs, abs=3.5)
    assert steps.x[-1] == result.net_after_costs
    assert steps.y[0] == "Ideal"
    assert steps.y[-1] == "After costs"
    expected = {charts.TERMS[name]: getattr(result.attribution, name) for name in charts.TERMS}
    shown = dict(zip(steps.y[1:-1], steps.x[1:-1], strict=True))
    assert shown == {name: value for name, value in expected.items() if abs(value) >= 0.5}
    assert "Basis" in shown
    assert notes(fig)[-1] == money(result.net_after_costs, signed=True)


def test_heatmap_is_centred_on_zero_and_prints_a_small_grid_only() -> None:
    grid = np.array([[-14_321.0, 0.0, 950.0], [-2_400_000.0, 0.0, 1.0]])
    fig = charts.net_heatmap(moves=(-0.3, 0.0, 0.3), beta_shifts=(0.0, 0.5), grid=grid, title="Together")
    cells, texts = fig.data
    assert cells.zmin == -cells.zmax == -2_400_000.0
    assert list(texts.text[:3]) == ["−$14k", "$0", "$950"]
    assert list(zip(texts.x, texts.y, strict=True))[:4] == [(0, 0), (1, 0), (2, 0), (0, 1)]
    assert cells.customdata[0][0] == (
        "If the market moves −30% and betas are as estimated,<br>bag and hedge together make −$14,321."
    )
    assert "betas are 50% above their estimate" in cells.customdata[1][0]
    moves = tuple(np.linspace(-0.5, 0.5, 21))
    wide = charts.net_heatmap(moves=moves, beta_shifts=(0.0,), grid=np.zeros((1, 21)), title="t")
    assert not wide.data[1].text
    assert "0%" in wide.layout.xaxis.ticktext
    assert len(wide.layout.xaxis.ticktext) <= 7


def test_consequence_puts_both_losses_of_each_fall_side_by_side() -> None:
    fig = charts.hedge_ratio_consequence(falls=(0.1, 0.5), bag_losses=(-1000.0, -5000.0), net_losses=(-300.0, -1500.0))
    alone, hedged = fig.data
    assert (list(alone.y), list(alone.x)) == (["−10%", "−50%"], [-1000.0, -5000.0])
    assert list(hedged.x) == [-300.0, -1500.0]
    assert notes(fig) == ["−$1,000", "−$5,000", "−$300", "−$1,500"]
    assert (alone.marker.color, hedged.marker.color) == (BAG, NET)
    assert alone.marker.pattern.shape != hedged.marker.pattern.shape
    assert alone.customdata[1] == "If the hedged coins fall 50%, you lose $5,000 without the hedge."
    assert hedged.customdata[0] == "If the hedged coins fall 10%, you lose $300 with the hedge."


# ------------------------------------------------------------------------------------------------------ the proxy


def test_regression_draws_the_line_of_the_estimate() -> None:
    proxy = np.array([-0.1, 0.0, np.nan, 0.1])
    coin = np.array([-0.14, 0.01, 0.2, 0.15])
    estimate = BetaEstimate(coin="SOL", proxy="ETH", beta=1.45, method="ols", alpha=0.005)
    fig = charts.regression_scatter(coin="SOL", proxy="ETH", coin_returns=coin, proxy_returns=proxy, estimate=estimate)
    points, line = fig.data
    assert points.type == "scatter"
    assert list(points.x) == [-0.1, 0.0, 0.1]
    assert list(line.y) == pytest.approx([0.005 - 0.145, 0.005 + 0.145])
    assert notes(fig) == ["<b>beta 1.45</b>"]
    empty = charts.regression_scatter(
        coin="SOL", proxy="ETH", coin_returns=coin[2:3], proxy_returns=proxy[2:3], estimate=estimate
    )
    assert notes(empty) == ["No day on which both have a price."]


def test_rolling_shows_what_is_known_and_the_line_at_seven_tenths() -> None:
    days = np.arange(np.datetime64("2026-01-01"), np.datetime64("2026-01-06"))
    betas = np.array([np.nan, np.nan, 1.0, 1.25, 1.5])
    rho = np.array([np.nan, np.nan, 0.6, 0.8, 0.75])
    fig = charts.rolling_exposure(coin="SOL", proxy="ETH", days=days, betas=betas, correlations=rho, window=3)
    beta, correlation = fig.data
    assert list(beta.x) == ["2026-01-03", "2026-01-04", "2026-01-05"]
    assert list(beta.y) == [1.0, 1.25, 1.5]
    assert list(correlation.y) == [0.6, 0.8, 0.75]
    (line,) = fig.layout.shapes
    assert (line.y0, line.y1, line.yref) == (0.7, 0.7, "y2")
    assert {"<b>1.50</b>", "<b>0.75</b>"} <= set(notes(fig))
    nothing = charts.rolling_exposure(
        coin="SOL", proxy="ETH", days=days[:2], betas=betas[:2], correlations=rho[:2], window=3
    )
    assert notes(nothing) == ["Too little history for a rolling view."]


def test_correlations_print_their_numbers_and_leave_gaps_blank() -> None:
    matrix = np.array([[1.0, 0.754, np.nan], [0.754, 1.0, -0.31], [np.nan, -0.31, 1.0]])
    fig = charts.correlation_heatmap(coins=["BTC", "ETH", "VERYLONGNAME"], matrix=matrix)
    cells, texts = fig.data
    assert dict(zip(zip(texts.x, texts.y, strict=True), texts.text, strict=True)) == {
        (0, 0): "1", (1, 0): ".75", (0, 1): ".75", (1, 1): "1", (2, 1): "−.31", (1, 2): "−.31", (2, 2): "1"
    }  # fmt: skip
    assert cells.customdata[0][1] == "BTC and ETH have a correlation of 0.75."
    assert cells.customdata[0][2] == "BTC and VERYLONGNAME share too few days."
    assert list(fig.layout.yaxis.ticktext) == ["BTC", "ETH", "VERYLO…"]


def test_names_of_fifteen_coins_stand_level_on_three_lines() -> None:
    names = [f"COIN{number}" for number in range(15)]
    fig = charts.correlation_heatmap(coins=names, matrix=np.eye(15))
    assert [text.count("<br>") for text in fig.layout.xaxis.ticktext[:4]] == [0, 1, 2, 0]
    assert fig.layout.xaxis.tickangle == 0


# ------------------------------------------------------------------------------------------------------- the size


def test_the_legs_are_one_bar_the_largest_first(mixed: HedgeAssessment) -> None:
    fig = charts.legs_bar(mixed.legs)
    sizes = [bar.x[0] for bar in fig.data]
    total = sum(leg.notional for leg in mixed.legs)
    assert sizes == sorted(sizes, reverse=True)
    assert sum(sizes) == pytest.approx(total)
    assert charts.legs_reading(mixed.legs).startswith(f"${total:,.0f} of futures: {fig.data[0].name} $")
    assert notes(charts.legs_bar([])) == ["Nothing is sold short."]


@pytest.mark.parametrize(
    ("shares", "expected"),
    [((0.689, 0.7), ["68.9%", "70.0%"]), ((0.4998, 0.5, 0.5002), ["49.98%", "50.00%", "50.02%"])],
)
def test_ratios_are_written_with_as_many_digits_as_tell_them_apart(
    shares: tuple[float, ...], expected: list[str]
) -> None:
    choices = [CountChoice(number, 0.0, share, 0.0) for number, share in enumerate(shares)]
    assert charts.ratio_texts(choices) == expected


# ------------------------------------------------------------------------------------------------------ the labels


@pytest.mark.parametrize(
    ("amount", "expected"),
    [
        (0.0, "$0"),
        (-0.004, "$0"),
        (0.25, "$0.25"),
        (950.0, "$950"),
        (999.6, "$1k"),
        (9_460.0, "$9.5k"),
        (-14_321.0, "−$14k"),
        (783_400.0, "$783k"),
        (-2_381_671.0, "−$2.4M"),
        (5e9, "$5B"),
        (3.2e16, "$32,000T"),
    ],
)
def test_compact_money(amount: float, expected: str) -> None:
    assert compact(amount) == expected


@pytest.mark.parametrize(
    ("amount", "signed", "expected"),
    [
        (1234.4, False, "$1,234"),
        (1234.4, True, "+$1,234"),
        (-99_999.0, True, "−$99,999"),
        (123_456.0, True, "+$123k"),
        (-1_234_567.0, False, "−$1.23M"),
        (0.3, True, "$0"),
    ],
)
def test_money(amount: float, signed: bool, expected: str) -> None:
    assert money(amount, signed=signed) == expected


@pytest.mark.parametrize(
    ("fraction", "expected"),
    [(0.15, "+15%"), (-0.0833, "−8.3%"), (0.0, "0%"), (-0.0001, "0%"), (1.0, "+100%"), (0.2999999999, "+30%")],
)
def test_percent(fraction: float, expected: str) -> None:
    assert short_percent(fraction) == expected


def test_ticks_are_round_and_inside() -> None:
    assert ticks(-0.8, 1.0) == pytest.approx([-0.5, 0.0, 0.5, 1.0])
    assert ticks(0.0, 0.0)
    axis = money_axis(-38_000.0, 47_000.0)
    assert axis["ticktext"] == ["−$20k", "$0", "$20k", "$40k"]
    for low, high in ((-1e-9, 3e-9), (-7e12, 2e15), (0.0, 1.0)):
        assert 2 <= len(ticks(low, high)) <= 7


def test_bounds_hold_zero_and_are_never_empty() -> None:
    assert bounds([]) == bounds([0.0, 0.0]) == (-1.0, 1.0)
    low, high = bounds([-5.0, -1.0])
    assert low < -5.0
    assert 0.0 < high < 1.0


def test_spread_keeps_order_and_distance() -> None:
    assert spread([5.0, 5.0, 5.0], 1.0) == pytest.approx([4.0, 5.0, 6.0])
    assert spread([10.0, 0.0], 1.0) == [10.0, 0.0]
    assert spread([], 1.0) == []


# ---------------------------------------------------------------------------------------------------------- evidence


def test_hedges_stand_with_the_best_on_top_and_their_figures_in_words() -> None:
    fig = charts.hedge_comparison(two_hedges(), chosen="recommended", title="Side by side")

    texts = [annotation.text for annotation in fig.layout.annotations]
    assert texts[0].startswith("<b>Ours: 75%, B")
    assert texts[1].startswith("Half &amp; half: 64%")
    assert len(texts) == 2  # what is unknown is left out
    variance, tail = (trace for trace in fig.data if trace.mode == "markers")
    assert list(variance.x) == pytest.approx([0.75, 0.64])
    assert list(tail.x) == pytest.approx([0.5, 0.4])
    nothing = charts.hedge_comparison([two_hedges()[2]], chosen="none", title="Side by side")
    assert "Unknown" in nothing.layout.annotations[0].text


def test_effectiveness_through_time_begins_where_it_is_known_and_ends_with_its_number() -> None:
    days = np.datetime64("2025-01-01") + np.arange(200)
    own = np.where(np.arange(200) < 90, np.nan, 0.7)

    fig = charts.effectiveness_through_time(days=days, series=[("Ours", own), ("Naive", own - 0.2)], window=90)

    assert fig.data[-1].name == "Ours"
    assert fig.data[-1].x[0] == "2025-04-01"
    assert [annotation.text for annotation in fig.layout.annotations] == ["<b>70%</b>", "50%"]
    unknown = charts.effectiveness_through_time(days=days, series=[("Ours", np.full(200, np.nan))], window=90)
    assert "Unknown" in unknown.layout.annotations[0].text


def test_the_band_of_the_regression_is_the_interval_of_the_beta_to_come() -> None:
    x = np.array([-0.1, 0.0, 0.2])
    estimate = BetaEstimate(
        coin="SOL", proxy="ETH", beta=1.0, method="ols", alpha=0.0, standard_error=0.1, interval_to_come=(0.5, 1.5)
    )

    fig = charts.regression_scatter(coin="SOL", proxy="ETH", coin_returns=x, proxy_returns=x, estimate=estimate)

    band = next(trace for trace in fig.data if trace.name == "band")
    assert list(band.y) == pytest.approx([-0.15, 0.0, 0.1, 0.3, 0.0, -0.05])
    rolling = charts.rolling_exposure(
        coin="SOL",
        proxy="ETH",
        days=np.datetime64("2025-01-01") + np.arange(3),
        betas=np.ones(3),
        correlations=np.ones(3),
        window=3,
        interval=(0.5, 1.5),
    )
    assert any((shape.y0, shape.y1) == (0.5, 1.5) for shape in rolling.layout.shapes)


# ---------------------------------------------------------------------------------------------------- margin and cost


def test_the_margin_gauge_marks_the_year_today_and_the_end(nova: HedgeAssessment) -> None:
    (leg,) = margin_requirement(nova.legs, 6_300.0).isolated()

    fig = charts.margin_gauge([(leg, 1_000.0, 3_000.0)], rally=0.485)

    year, today, end = fig.data
    assert list(year.x) == pytest.approx([-0.5, 0.5])
    assert list(today.x) == [0.0]
    assert list(end.x) == [0.485]
    assert "ends at $2,970" in fig.layout.annotations[0].text
    never = charts.margin_gauge([(leg, 1_000.0, 3_000.0)], rally=math.inf)
    assert "ends at" not in never.layout.annotations[0].text
    assert len(never.data) == 2
    assert "collateral" in charts.margin_gauge([], rally=None).layout.annotations[0].text


def test_funding_is_shown_a_year_and_too_little_of_it_is_said() -> None:
    days = np.datetime64("2025-01-01") + np.arange(100)

    means = np.append(np.full(29, np.nan), np.full(71, 0.1095))

    fig = charts.funding_history(coin="ETH", days=days, means=means, window=30)

    assert list(fig.data[0].y) == pytest.approx([0.1095] * 71)
    assert fig.data[0].x[0] == "2025-01-30"
    few = charts.funding_history(coin="ETH", days=days[:20], means=np.full(20, np.nan), window=30)
    assert "Too little" in few.layout.annotations[0].text


def test_rolls_are_marked_on_their_days() -> None:
    fig = charts.roll_timeline(
        legs=[("CME:MET", (date(2026, 2, 27), date(2026, 3, 27)))],
        today=date(2026, 2, 23),
        horizon_days=60,
        lead_days=7,
    )

    line, first, second, marks = fig.data
    assert list(line.x) == ["2026-02-23", "2026-04-24"]
    assert list(first.x) == ["2026-02-23", "2026-02-27"]  # three of the days have passed
    assert list(second.x) == ["2026-03-20", "2026-03-27"]
    assert list(marks.x) == ["2026-02-27", "2026-03-27"]
    assert "rolled 2 times" in fig.layout.annotations[0].text


def test_stress_windows_show_the_bag_and_both_in_the_order_given_dashed_after_a_liquidation(
    mixed: HedgeAssessment,
) -> None:
    results = run_stress(mixed)[:4]
    fig = charts.stress_windows(results, title="The worst")
    dots = {trace.name: list(trace.x) for trace in fig.data if trace.mode == "markers"}
    assert dots["bag"] == [result.bag_pnl for result in results]
    assert dots["bag and hedge together"] == [result.net_pnl for result in results]
    for note, result in zip(notes(fig), results, strict=True):
        assert note.startswith(result.window.label)
        assert ("unhedged" in note) == result.is_closed
    dashes = [trace.line.dash for trace in fig.data if trace.mode == "lines"]
    assert dashes == ["dot" if result.is_closed else "solid" for result in results]
    assert "Nothing to replay." in notes(charts.stress_windows([], title="The worst"))


@pytest.mark.parametrize(("move", "anchor"), [(-0.15, "left"), (0.3, "right")])
def test_the_wall_is_named_on_the_side_without_the_selected_move_and_rounded_down(
    mixed: HedgeAssessment, move: float, anchor: str
) -> None:
    wall = mixed.market_rally_survived
    assert wall is not None
    assert round(100 * wall) > math.floor(100 * wall), "a wall that would be rounded up shows how it is rounded"
    moves = [step / 100 for step in range(-50, 101, 5)]
    results = to_the_border(mixed, run_range(mixed, moves, Shock(move=0.0, of="market")))
    selected = run_scenario(mixed, Shock(move=move, of="market"))

    fig = charts.pnl_range(results, selected=selected, break_evens=(), title="If the market moves")

    (named,) = (note for note in fig.layout.annotations if note.text.startswith("liquidated"))
    assert named.text == f"liquidated<br>{level(wall)}"
    assert named.xanchor == anchor


def test_bag_and_together_keep_their_names_where_a_short_that_is_closed_at_once_has_lost_nothing(
    mixed: HedgeAssessment,
) -> None:
    """Both lines end at the top of the chart, and a browser does not draw a name above it."""
    moves = [step / 100 for step in range(-50, 101, 5)]
    results = run_range(mixed, moves, Shock(move=0.0, of="market"))
    results = [dataclasses.replace(one, hedge_pnl=0.0) if one.is_liquidated else one for one in results]
    assert results[-1].net_pnl == results[-1].bag_pnl

    fig = charts.pnl_range(results, selected=results[0], break_evens=(), title="If the market moves", height=350)

    low, high = fig.layout.yaxis.range
    named = {note.text.split()[-1]: note.y for note in fig.layout.annotations if note.x == moves[-1]}
    assert {"Bag", "Together", "Hedge"} <= named.keys()
    assert all(low <= y <= high for y in named.values())
    assert named["Bag"] != named["Together"]


@pytest.mark.parametrize("figures", [(0.4, "0"), (-16.2, "−16"), (-0.4, "0"), (12_345.6, "12,346")])
def test_a_column_of_dollars_has_true_minus_signs_and_no_negative_zero(figures: tuple[float, str]) -> None:
    value, text = figures
    assert dollars(value) == text
