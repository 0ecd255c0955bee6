"""What the readings say of a fall, a rally, a liquidation, and of nothing at all."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pytest

from hedge_core import (
    BetaEstimate,
    HedgePlan,
    Holding,
    MarketSnapshot,
    SampleSource,
    ScenarioResult,
    Shock,
    assess,
    load_plan,
)
from hedge_core.scenarios.run import Attribution, run_scenario
from hedge_core.scenarios.shocks import MoveOf
from hedge_core.scenarios.stress import run_stress
from hedge_core.simulation.simulation import simulate
from pages.ui import charts

NOTHING = Attribution(
    beta=0.0, method=0.0, rounding=0.0, collateral=0.0, basis=0.0, liquidation=0.0, carry=0.0, fees=0.0
)


def outcome(
    move: float, bag: float, hedge: float, *, of: MoveOf = "proxy", liquidated: bool = False, **terms: float
) -> ScenarioResult:
    attribution = Attribution(**{**{name: getattr(NOTHING, name) for name in NOTHING.__slots__}, **terms})
    return ScenarioResult(
        shock=Shock(move=move, of=of),
        proxy_move=move,
        market_move=None if of == "proxy" else move,
        moves={},
        bag_pnl=bag,
        unhedged_pnl=0.0,
        hedge_pnl=hedge,
        net_after_costs=bag + hedge + attribution.carry + attribution.fees,
        is_liquidated=liquidated,
        attribution=attribution,
        notes=(),
    )


@pytest.mark.parametrize(
    ("result", "hedge_ratio", "expected"),
    [
        pytest.param(
            outcome(-0.15, -1500.0, 1050.0),
            0.7,
            "If the market falls 15%, your bag loses $1,500 and the short gains $1,050: together you are down $450. "
            "The hedge offsets 70.0% of the loss.",
            id="fall",
        ),
        pytest.param(
            outcome(-0.15, -1500.0, 316.67, of="bag"),
            0.7,
            "If your bag falls 15%, it loses $1,500 and the short gains $317: together you are down $1,183. "
            "The hedge offsets 21.1% of the loss (target 70%).",
            id="fall that the hedge does not cover",
        ),
        pytest.param(
            outcome(-0.5, -1000.0, 1200.0),
            1.0,
            "If the market falls 50%, your bag loses $1,000 and the short gains $1,200: together you are up $200. "
            "The hedge offsets 120.0% of the loss (target 100%), more than was lost.",
            id="fall with too much hedge",
        ),
        pytest.param(
            outcome(0.4, 4000.0, -2800.0),
            0.7,
            "If the market rises 40%, your bag gains $4,000 and the short loses $2,800: together you are up $1,200. "
            "The short costs 70.0% of the gain, the price of the protection.",
            id="rally",
        ),
        pytest.param(
            outcome(0.4, 1000.0, -2800.0),
            0.7,
            "If the market rises 40%, your bag gains $1,000 and the short loses $2,800: together you are down "
            "$1,800. The short costs 280.0% of the gain: more than the gain.",
            id="squeeze",
        ),
        pytest.param(
            outcome(0.4, -500.0, -2800.0),
            0.7,
            "If the market rises 40%, your bag loses $500 and the short loses $2,800: together you are down $3,300. "
            "Both legs lose: the short contracts did better than the bag.",
            id="both legs lose",
        ),
        pytest.param(
            outcome(-0.1, 300.0, 200.0),
            0.7,
            "If the market falls 10%, your bag gains $300 and the short gains $200: together you are up $500. "
            "Both legs gain: the short contracts did worse than the bag.",
            id="both legs gain",
        ),
        pytest.param(
            outcome(0.6, 9000.0, -5000.0, liquidated=True),
            0.7,
            "If the market rises 60%, your bag gains $9,000 and the short loses $5,000: together you are up $4,000. "
            "The short is liquidated on the way; from there on the bag is unhedged.",
            id="liquidation",
        ),
        pytest.param(
            outcome(0.0, 0.0, -0.0),
            0.7,
            "If the market does not move, neither the bag nor the short gains or loses.",
            id="zero",
        ),
        pytest.param(
            outcome(0.2, 0.0, -1400.0),
            0.7,
            "If the market rises 20%, your bag does not move and the short loses $1,400: together you are down $1,400.",
            id="bag does not move",
        ),
        pytest.param(
            outcome(-0.2, -1000.0, 0.0),
            0.0,
            "If the market falls 20%, your bag loses $1,000 and the short does not move: together you are down "
            "$1,000. No hedge is in place.",
            id="no hedge",
        ),
        pytest.param(
            outcome(-0.2, -1000.0, 1000.2),
            1.0,
            "If the market falls 20%, your bag loses $1,000 and the short gains $1,000: together you are even. "
            "The hedge offsets 100.0% of the loss.",
            id="even",
        ),
    ],
)
def test_profit_and_loss(result: ScenarioResult, hedge_ratio: float, expected: str) -> None:
    assert charts.pnl_reading(result, hedge_ratio=hedge_ratio) == expected


def test_the_worked_example_reads_as_computed(examples: Path, market: MarketSnapshot) -> None:
    assessment = assess(load_plan(examples / "novacoin.json"), market)
    result = run_scenario(assessment, Shock(move=-0.15, of="bag"))
    text = charts.pnl_reading(result, hedge_ratio=assessment.hedge_ratio)
    assert text == (
        "If your bag falls 15%, it loses $1,500 and the short gains $1,050: together you are down $450. "
        "The hedge offsets 70.0% of the loss."
    )


@pytest.mark.parametrize(
    ("result", "expected"),
    [
        (
            outcome(-0.15, -1500.0, 1050.0),
            "An exact hedge of 70% would leave −$450, and that is what you get.",
        ),
        (
            outcome(-0.15, -1500.0, 316.67, method=-725.93, rounding=-7.41),
            "An exact hedge of 70% would leave −$450; you get −$1,183 after costs, $733 worse. "
            "The largest reasons are sizing method (−$726) and contracts off target (−$7).",
        ),
        (
            outcome(-0.15, -1500.0, 1050.0, carry=40.0),
            "An exact hedge of 70% would leave −$450; you get −$410 after costs, $40 better. "
            "The reason is carry (+$40).",
        ),
        (
            outcome(-0.15, -1500.0, 1050.0, carry=40.0, fees=-40.0),
            "An exact hedge of 70% would leave −$450, and that is what you get after costs: "
            "carry (+$40) and fees and spread (−$40) cancel out.",
        ),
    ],
)
def test_attribution(result: ScenarioResult, expected: str) -> None:
    assert charts.attribution_reading(result, 0.7) == expected


def test_heatmap_names_the_worst_and_the_best_case() -> None:
    grid = np.array([[-900.0, 0.0, 300.0], [-2000.0, 0.0, 1100.0]])
    text = charts.heatmap_reading(moves=(-0.3, 0.0, 0.3), beta_shifts=(0.0, 0.5), grid=grid)
    assert text.startswith(
        "The worst of these is −$2,000, if the market falls 30% and betas are 50% above their estimate; "
        "the best is +$1,100, if it rises 30% and betas are 50% above their estimate."
    )
    calm = charts.heatmap_reading(moves=(0.0, 0.1), beta_shifts=(0.0,), grid=np.zeros((1, 2)))
    assert calm == "Nothing is gained or lost in any of these cases."
    good = charts.heatmap_reading(moves=(0.0, 0.1), beta_shifts=(0.0,), grid=np.array([[5.0, 9.0]]))
    assert good.startswith("Even the worst of these is +$5, if the market does not move and betas are as estimated;")


@pytest.mark.parametrize(
    ("estimate", "expected"),
    [
        (
            BetaEstimate(
                coin="SOL",
                proxy="ETH",
                beta=1.42,
                method="ols",
                standard_error=0.05,
                r_squared=0.64,
                observations=365,
            ),
            "On days when ETH rose 1%, SOL has risen 1.42% on average (between 1.32 and 1.52 in these 365 days; the "
            "next beta may well lie outside). ETH accounts for 64.0% of SOL's ups and downs; the other 36.0% are its "
            "own and stay with you.",
        ),
        (
            BetaEstimate(
                coin="SOL",
                proxy="ETH",
                beta=1.42,
                method="ols",
                standard_error=0.05,
                observations=365,
                interval_to_come=(0.92, 1.92),
            ),
            "On days when ETH rose 1%, SOL has risen 1.42% on average (365 days). The beta of the next 90 days lies "
            "between 0.92 and 1.92 with 95%, judged by how far past estimates missed.",
        ),
        (
            BetaEstimate(coin="SUI", proxy="ETH", beta=1.36, method="shrunk", observations=73),
            "SUI is young: its beta of 1.36 to ETH leans on those of other coins.",
        ),
        (
            BetaEstimate(coin="SOL", proxy="ETH", beta=-0.2, method="ols"),
            "On days when ETH rose 1%, SOL has fallen 0.20% on average.",
        ),
    ],
)
def test_regression(estimate: BetaEstimate, expected: str) -> None:
    assert charts.regression_reading(estimate) == expected


def test_rolling() -> None:
    text = charts.rolling_reading(np.array([np.nan, -0.1, 1.0, 1.5]), np.array([np.nan, 0.2, 0.7, 0.9]))
    assert text == (
        "Beta wandered between −0.10 and 1.50 and is 1.50 now. Correlation was 0.7 or better on 66.7% of the days "
        "and is 0.90 now."
    )
    assert charts.rolling_reading(np.array([np.nan]), np.array([np.nan])).startswith("Too little history")


def test_correlations() -> None:
    matrix = np.array([[1.0, 0.8, np.nan], [0.8, 1.0, -0.1], [np.nan, -0.1, 1.0]])
    text = charts.correlation_reading(["BTC", "ETH", "ODD"], matrix)
    assert text.startswith("BTC and ETH move together most closely (0.80), ETH and ODD the least (−0.10);")
    pair = charts.correlation_reading(["BTC", "ETH"], matrix[:2, :2])
    assert pair.startswith("BTC and ETH move together most closely (0.80); 1 is in step")
    assert charts.correlation_reading(["A", "B"], np.full((2, 2), np.nan)).startswith("Too little common history")


@pytest.mark.parametrize(
    ("result", "days", "expected"),
    [
        (outcome(-0.15, -1500.0, 1050.0), 30, "The market falls 15% in 30 days: you lose $450."),
        (outcome(0.35, 900.0, -300.0, of="bag"), 1, "Your bag rises 35% in 1 day: you gain $600."),
        (outcome(0.0, 0.0, 0.0), 7, "The market does not move in 7 days: you are even."),
        (
            outcome(0.4, 9000.0, -9955.0, liquidated=True),
            14,
            "The market rises 40% in 14 days: your hedge is liquidated, $9,955 lost, and you lose $955.",
        ),
    ],
)
def test_the_lead_of_a_move_says_what_it_does_to_you(result: ScenarioResult, days: int, expected: str) -> None:
    liquidated = dataclasses.replace(result, open_share=0.0) if result.is_liquidated else result
    assert charts.move_lead(liquidated, days) == expected


def test_many_paths_are_read_in_a_sentence_each() -> None:
    plan, market = load_plan(Path(__file__).parents[2] / "examples" / "layer1_bag.json"), SampleSource().snapshot()
    found = simulate(assess(plan, market), paths=300)
    bag, net = found.bag.expected_shortfall.value, found.net.expected_shortfall.value

    assert found.closed is not None
    assert charts.paths_lead(found) == (
        f"In the worst 5% of paths over 30 days you lose ${net:,.0f} instead of ${bag:,.0f}; "
        f"{found.closed.value:.1%} of paths liquidate your hedge."
    )
    bare = simulate(assess(plan.with_decisions(risk_accepted=1.0), market), paths=300)
    assert charts.paths_lead(bare).endswith(": nothing is hedged.")
    assert f"${found.fans['net'][-1, -1]:,.0f}" in charts.fan_reading(found)
    assert charts.outcomes_reading(found).startswith("90% of the paths end between −$")


def test_the_worst_period_of_a_chart_is_read(market: MarketSnapshot) -> None:
    results = run_stress(assess(HedgePlan(holdings=(Holding(coin="SOL", quantity=60),)), market))
    text = charts.stress_windows_reading(results, kind="crash")

    assert results[0].window.label in text
    assert "No past squeeze" in charts.stress_windows_reading((), kind="squeeze")
