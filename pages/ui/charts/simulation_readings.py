"""What the charts of many paths show, in words."""

from __future__ import annotations

from collections.abc import Sequence

from hedge_core.scenarios.stress import StressResult
from hedge_core.simulation.simulation import Simulation
from hedge_core.text import days_text
from pages.ui.parts.format import percent, signed_usd, usd


def paths_lead(found: Simulation) -> str:
    """The worst 5% of the paths with and without the hedge, and the chance of a liquidation, in one sentence."""
    bag, net = found.bag.expected_shortfall.value, found.net.expected_shortfall.value
    over = f"over {days_text(found.horizon)}"
    if found.initial_margin <= 0.0 and not found.has_options:
        return f"In the worst 5% of paths {over} you {_lose(bag)}: nothing is hedged."
    text = f"In the worst 5% of paths {over} you {_lose(net)} instead of {signed_usd(-bag).removeprefix('−')}"
    if found.closed is None or found.closed.value == 0.0:
        return f"{text}."
    part = " in whole or in part" if found.has_options else ""
    return f"{text}; {percent(found.closed.value)} of paths liquidate your hedge{part}."


def _lose(loss: float) -> str:
    return f"lose {usd(loss)}" if loss >= 0.0 else f"gain {usd(-loss)}"


def outcomes_reading(found: Simulation) -> str:
    """The two histograms in one sentence."""
    (bag_low, *_, bag_high), (low, *_, high) = found.bag.quantiles, found.net.quantiles
    return (
        f"90% of the paths end between {signed_usd(bag_low)} and {signed_usd(bag_high)} without the hedge, and between "
        f"{signed_usd(low)} and {signed_usd(high)} with it."
    )


def fan_reading(found: Simulation) -> str:
    """The range of bag and hedge on the last day in one sentence."""
    low, *_, high = (float(value) for value in found.fans["net"][:, -1])
    return (
        f"Bag and hedge by day: after {days_text(found.horizon)} 90% of the paths lie between {signed_usd(low)} and "
        f"{signed_usd(high)}."
    )


def stress_windows_reading(results: Sequence[StressResult], *, kind: str) -> str:
    """The first window of a chart of past crashes or squeezes in one sentence; the worst stands first."""
    if not results:
        return f"No past {kind} to replay."
    worst = results[0]
    return (
        f"Your worst past {kind} was {worst.window.label}: {signed_usd(worst.net_pnl)} together, "
        f"{signed_usd(worst.bag_pnl)} for the bag alone."
    )
