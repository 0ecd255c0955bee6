"""What a chart shows, in a sentence or two, with the numbers in it. Plain text."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from hedge_core import BetaEstimate, HedgeAssessment, ScenarioResult
from hedge_core.market import Floats
from hedge_core.sizing import CountChoice
from pages.ui.charts import TERMS
from pages.ui.format import percent, signed_usd, usd


def treemap_reading(assessment: HedgeAssessment) -> str:
    """What share is hedged, and the largest holding."""
    largest = max(assessment.positions, key=lambda position: position.value)
    total = assessment.bag_value or 1.0
    return (
        f"{percent(assessment.hedgeable_value / total)} of the bag is to be hedged. The largest holding, "
        f"{largest.holding.coin}, is {percent(largest.value / total)} of it."
    )


def pnl_reading(result: ScenarioResult, *, hedge_ratio: float) -> str:
    """The selected move in words."""
    moved = "your bag" if result.shock.of == "bag" else "the market"
    move = result.shock.move
    if move == 0 and abs(result.bag_pnl) < 0.5:
        return "Nothing moves: bag and hedge stand where they are."
    when = (
        f"If {moved} {'falls' if move < 0 else 'rises'} {percent(abs(move))}" if move else "If the market stands still"
    )
    bag = f"your bag {'loses' if result.bag_pnl < 0 else 'gains'} {usd(abs(result.bag_pnl))}"
    hedge = f"the short {'loses' if result.hedge_pnl < 0 else 'gains'} {usd(abs(result.hedge_pnl))}"
    together = f"together {'down' if result.net_pnl < 0 else 'up'} {usd(abs(result.net_pnl))}"
    text = f"{when}, {bag} and {hedge}: {together}."
    if result.is_liquidated:
        return f"{text} The short is liquidated on the way and its collateral lost; from there on the bag is bare."
    if result.offset is not None and result.bag_pnl < 0 < result.hedge_pnl:
        return f"{text} The hedge takes back {percent(result.offset)} of the loss (target {percent(hedge_ratio)})."
    if result.offset is not None and result.bag_pnl > 0 > result.hedge_pnl:
        return f"{text} The hedge costs {percent(result.offset)} of the gain: the price of the protection."
    if result.bag_pnl < 0 and result.hedge_pnl < 0:
        return f"{text} Both legs lose: the proxy left the bag behind."
    return text


def attribution_reading(result: ScenarioResult, hedge_ratio: float) -> str:
    """The largest reason why the result differs from the ideal."""
    ideal = (1.0 - hedge_ratio) * result.bag_pnl
    terms = {name: getattr(result.attribution, name) for name in TERMS}
    name, value = max(terms.items(), key=lambda term: abs(term[1]))
    start = f"An exact hedge of {percent(hedge_ratio)} would leave {signed_usd(ideal)}"
    if abs(value) < 0.5:
        return f"{start}, and that is what you get."
    return (
        f"{start}; you get {signed_usd(result.net_after_costs)} after costs. The largest part of the difference is "
        f"{TERMS[name].lower()}: {signed_usd(value)}."
    )


def heatmap_reading(*, moves: Sequence[float], beta_shifts: Sequence[float], grid: Floats) -> str:
    """The worst cell and what it means."""
    row, column = np.unravel_index(int(np.argmin(grid)), grid.shape)
    return (
        f"The worst of these: {signed_usd(float(grid[row, column]))}, when the market moves "
        f"{percent(moves[column], signed=True)} and betas turn out {percent(beta_shifts[row], signed=True)} against "
        "their estimate. Rows above zero are cascades, rows below are coins that stand still while the proxy moves."
    )


def regression_reading(estimate: BetaEstimate) -> str:
    """Beta and what it leaves unexplained."""
    return (
        f"When {estimate.proxy} moves 1%, {estimate.coin} has moved {estimate.beta:.2f}% on average; "
        f"{percent(1 - (estimate.r_squared or 0.0))} of its daily variance is its own and stays with you "
        f"({estimate.observations} days, standard error {estimate.standard_error or 0.0:.2f})."
    )


def rolling_reading(betas: Floats, correlations: Floats) -> str:
    """How far beta and correlation wandered."""
    known = betas[~np.isnan(betas)]
    if not known.size:
        return "Too little history for a rolling view."
    rho = correlations[~np.isnan(correlations)]
    return (
        f"Beta wandered between {known.min():.2f} and {known.max():.2f}, now {known[-1]:.2f}. Correlation was 0.7 or "
        f"better on {percent(float((rho >= 0.7).mean()))} of the days."
    )


def correlation_reading(coins: Sequence[str], matrix: Floats) -> str:
    """The loosest tie to the proxies."""
    pairs = [
        (matrix[i, j], coins[i], coins[j]) for i in range(len(coins)) for j in range(i) if matrix[i, j] == matrix[i, j]
    ]
    if not pairs:
        return "Too little common history for correlations."
    low, high = min(pairs), max(pairs)
    return (
        f"The tightest pair is {high[1]} and {high[2]} ({high[0]:.2f}), the loosest {low[1]} and {low[2]} "
        f"({low[0]:.2f}). The looser a coin's tie to what you short, the more of its risk stays with you."
    )


def choices_reading(choices: Sequence[CountChoice], target: float) -> str:
    """Which count comes closest to the target."""
    best = min(choices, key=lambda choice: abs(choice.achieved_hedge_ratio - target))
    return (
        f"{best.contracts:,} contracts come closest to the target of {percent(target)}: they achieve "
        f"{percent(best.achieved_hedge_ratio)} and leave {usd(best.residual_exposure)} open."
    )
