"""What a chart shows, in a sentence or two, with the numbers in it. Plain text."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from hedge_core import BetaEstimate, HedgeAssessment, ScenarioResult
from hedge_core.exposure.proxies import GOOD_CORRELATION
from hedge_core.hedge.sizing import CountChoice
from hedge_core.history.backtest import NOISE, Comparison
from hedge_core.market.snapshot import Floats
from hedge_core.text import listed
from pages.ui.charts import TERMS, contracts_text, open_text, proposed_choice, ratio_texts
from pages.ui.parts.format import percent, signed_usd, usd

CENT = 0.5
"""USD below which a result is zero: it would be printed as $0."""


def treemap_reading(assessment: HedgeAssessment) -> str:
    """What share is hedged, what is not and why, and the largest holding."""
    total = assessment.bag_value
    if total <= 0:
        return "The bag is empty."
    largest = max(assessment.held_coins, key=lambda held: held.value)
    text = f"{percent(assessment.hedgeable_value / total)} of the bag is to be hedged"
    left_out = []
    for status, why in (
        ("speculative", "in trades with a stop-loss"),
        ("stablecoin", "in stablecoins"),
        ("unhedgeable", "has nothing to be hedged with"),
    ):
        value = sum(held.value for held in assessment.held_coins if held.status == status)
        if value > 0:
            left_out.append(f"{percent(value / total)} {'is ' if why.startswith('in ') else ''}{why}")
    if left_out:
        text += f"; {listed(left_out)}"
    if len(assessment.held_coins) == 1:
        return f"{text}. {largest.holding.coin} is the whole of it."
    return f"{text}. The largest holding, {largest.holding.coin}, is {percent(largest.value / total)} of it."


def pnl_reading(result: ScenarioResult, *, hedge_ratio: float) -> str:
    """The selected move in words."""
    when = _when(result)
    bag, hedge, net = (_rounded(value) for value in (result.bag_pnl, result.hedge_pnl, result.net_pnl))
    if bag == 0 and hedge == 0:
        return f"{when}, neither the bag nor the short gains or loses."
    subject = "it" if result.shock.of == "bag" and result.shock.move else "your bag"
    legs = f"{subject} {_does(bag)} and the short {_does(hedge)}"
    text = f"{when}, {legs}: together {_together(net)}."
    if result.is_liquidated:
        return f"{text} The short is closed on the way; from there on the bag is bare, should the market turn."
    share = percent(abs(result.hedge_pnl / result.bag_pnl)) if bag else ""
    if hedge == 0:
        return f"{text} No hedge is in place." if hedge_ratio == 0 else f"{text} The short does nothing here."
    if bag < 0 < hedge:
        target = "" if share == percent(hedge_ratio) else f" (target {percent(hedge_ratio)})"
        more = ", more than was lost" if net > 0 else ""
        return f"{text} The hedge takes back {share} of the loss{target}{more}."
    if bag > 0 > hedge:
        more = ": more than the gain" if net < 0 else ", the price of the protection"
        return f"{text} The short costs {share} of the gain{more}."
    if hedge < 0:
        return f"{text} Both legs lose: what you are short did better than the bag." if bag < 0 else text
    return f"{text} Both legs gain: what you are short did worse than the bag." if bag > 0 else text


def _when(result: ScenarioResult) -> str:
    moved, move = "your bag" if result.shock.of == "bag" else "the market", result.shock.move
    if percent(move) in ("0.0%", "−0.0%"):
        alone = " and ".join(
            f"{coin} moves by {percent(own, signed=True)}" for coin, own in result.shock.own_moves.items()
        )
        return f"If only {alone}" if alone else f"If {moved} stands still"
    return f"If {moved} {'falls' if move < 0 else 'rises'} {percent(abs(move))}"


def _does(amount: float) -> str:
    if amount == 0:
        return "stands still"
    return f"{'loses' if amount < 0 else 'gains'} {usd(abs(amount))}"


def _together(amount: float) -> str:
    if amount == 0:
        return "you are even"
    return f"you are {'down' if amount < 0 else 'up'} {usd(abs(amount))}"


def _rounded(amount: float) -> float:
    return amount if abs(amount) > CENT else 0.0


def attribution_reading(result: ScenarioResult, hedge_ratio: float) -> str:
    """The gap to an exact hedge, and the largest reasons for it."""
    ideal = (1.0 - hedge_ratio) * result.bag_pnl
    start = f"An exact hedge of {percent(hedge_ratio)} would leave {signed_usd(ideal)}"
    terms = {name: float(getattr(result.attribution, name)) for name in TERMS}
    ranked = sorted((name for name in TERMS if abs(terms[name]) > CENT), key=lambda name: -abs(terms[name]))
    if not ranked:
        return f"{start}, and that is what you get."
    reasons = [f"{TERMS[name].lower()} ({signed_usd(terms[name])})" for name in ranked[:2]]
    gap = round(result.net_after_costs) - round(ideal)
    if gap == 0:
        return f"{start}, and that is what you get after costs: {listed(reasons)} cancel out."
    better = "better" if gap > 0 else "worse"
    closed = result.is_liquidated
    parts = "The reason is" if len(ranked) == 1 else "The largest reasons are"
    return (
        f"{start}; you get {signed_usd(result.net_after_costs)} after costs, {usd(abs(gap))} {better}. "
        f"{parts} {listed(reasons)}."
        + (" A short that is closed loses no more in a rally, and protects nothing any more." if closed else "")
    )


def heatmap_reading(*, moves: Sequence[float], beta_shifts: Sequence[float], grid: Floats) -> str:
    """The worst and the best cell."""
    worst, best = (np.unravel_index(int(find(grid)), grid.shape) for find in (np.argmin, np.argmax))
    low, high = float(grid[worst]), float(grid[best])
    if abs(low) <= CENT and abs(high) <= CENT:
        return "Nothing is gained or lost in any of these cases."
    lowest = "The worst of these is" if low < 0 else "Even the worst of these is"
    return (
        f"{lowest} {signed_usd(low)}, if the market {_moves(moves[worst[1]])} and betas are "
        f"{_against(beta_shifts[worst[0]])}; the best is {signed_usd(high)}, if it {_moves(moves[best[1]])} and betas "
        f"are {_against(beta_shifts[best[0]])}. Higher betas mean that your coins move further than they used to when "
        "the market moves, lower ones that they follow it less."
    )


def _moves(move: float) -> str:
    return "stands still" if move == 0 else f"{'falls' if move < 0 else 'rises'} {percent(abs(move))}"


def _against(shift: float) -> str:
    return "as estimated" if shift == 0 else f"{percent(abs(shift))} {'below' if shift < 0 else 'above'} their estimate"


def regression_reading(estimate: BetaEstimate) -> str:
    """Beta, how sure the next one is, and what it leaves unexplained."""
    coin, proxy = estimate.coin, estimate.proxy
    verb = "risen" if estimate.beta >= 0 else "fallen"
    text = f"On days when {proxy} rose 1%, {coin} has {verb} {abs(estimate.beta):.2f}% on average"
    if estimate.method == "shrunk":
        text = f"{coin} is young: its beta of {_two_digits(estimate.beta)} to {proxy} leans on those of other coins"
    if estimate.interval_to_come is not None:
        low, high = (_two_digits(bound) for bound in estimate.interval_to_come)
        text += (
            f" ({estimate.observations:,} days). The beta of the next 90 days lies between {low} and {high} with 95%, "
            "judged by how far past estimates missed"
        )
    elif estimate.textbook_interval is not None:
        low, high = (_two_digits(bound) for bound in estimate.textbook_interval)
        text += (
            f" (between {low} and {high} in these {estimate.observations:,} days; the next beta may well lie outside)"
        )
    if estimate.r_squared is None:
        return f"{text}."
    return (
        f"{text}. {proxy} accounts for {percent(estimate.r_squared)} of {coin}'s ups and downs; the other "
        f"{percent(1.0 - estimate.r_squared)} are its own and stay with you."
    )


def approaches_reading(comparison: Comparison) -> str:
    """What the dots mean, and how often bag and hedge lost together."""
    result = comparison.effectiveness
    if result is None:
        return "Nothing can be compared before the history is longer than the window for betas and 90 days."
    text = (
        "Further right is better; 100% would leave no risk. Every 30 days the ratios were set anew from the days "
        f"before, at a hedge ratio of 100%. {_as_planned(comparison)}With this hedge, bag and short both lost on "
        f"{percent(result.both_lose_a_day)} of the days"
    )
    if result.both_lose_a_horizon is not None:
        text += f" and over {percent(result.both_lose_a_horizon)} of all spans of {result.horizon_days} days"
    text += "."
    if comparison.coins_missing:
        text += (
            f" {listed(comparison.coins_missing)} did not trade all the time; meanwhile the others had "
            f"{'its' if len(comparison.coins_missing) == 1 else 'their'} weight."
        )
    return text


def _as_planned(comparison: Comparison) -> str:
    if comparison.as_planned is None:
        return ""
    share = percent(comparison.as_planned.variance_reduction)
    return f"At your own hedge ratio and in whole contracts, {share} of the variance would have gone. "


def estimators_reading(comparison: Comparison) -> str:
    """The best and the worst of all hedges, and whether the difference means anything."""
    known = [(h, h.effectiveness.variance_reduction) for h in comparison.hedges if h.effectiveness is not None]
    if len(known) < 2:
        return "Nothing can be compared before the history is longer than the window for betas and 90 days."
    best, worst = (find(known, key=lambda pair: pair[1]) for find in (max, min))
    text = (
        f"On your bag '{best[0].label}' took out most ({percent(best[1])} of the daily variance) and "
        f"'{worst[0].label}' least ({percent(worst[1])})."
    )
    if best[1] - worst[1] < NOISE:
        return f"{text} That is no difference to speak of."
    return text


def through_time_reading(values: Floats) -> str:
    """When the hedge was at its worst, and how it is now."""
    known = values[~np.isnan(values)]
    if not known.size:
        return "How well the hedge would have done is unknown: the history is too short."
    return (
        f"At its worst this hedge took out {percent(float(known.min()))} of the variance of 90 days, at its best "
        f"{percent(float(known.max()))}; over the last 90 days {percent(float(known[-1]))}. In May 2021, "
        "April 2024 and October 2025 altcoins fell 2.5 to 4.5 times as far as Bitcoin: then even a good hedge loses."
    )


def rolling_reading(betas: Floats, correlations: Floats) -> str:
    """How far beta and correlation wandered."""
    known, rho = betas[~np.isnan(betas)], correlations[~np.isnan(correlations)]
    if not known.size or not rho.size:
        return "Too little history for a rolling view."
    low, high, now = (f"{value:.2f}".replace("-", "−") for value in (known.min(), known.max(), known[-1]))
    good = float((rho >= GOOD_CORRELATION).mean())
    return (
        f"Beta wandered between {low} and {high} and is {now} now. Correlation was {GOOD_CORRELATION} or better on "
        f"{percent(good)} of the days and is {f'{rho[-1]:.2f}'.replace('-', '−')} now."
    )


def correlation_reading(coins: Sequence[str], matrix: Floats) -> str:
    """The tightest and the loosest pair."""
    pairs = [
        (float(matrix[i, j]), coins[j], coins[i])
        for i in range(len(coins))
        for j in range(i)
        if not np.isnan(matrix[i, j])
    ]
    if not pairs:
        return "Too little common history for correlations."
    low, high = (find(pairs, key=lambda pair: pair[0]) for find in (min, max))
    text = f"{high[1]} and {high[2]} move together most closely ({_two_digits(high[0])})"
    if len(pairs) > 1:
        text += f", {low[1]} and {low[2]} the least ({_two_digits(low[0])})"
    return (
        f"{text}; 1 is in step, 0 is unrelated. The less a coin moves with what you short, the more of its risk stays."
    )


def _two_digits(value: float) -> str:
    return f"{value:.2f}".replace("-", "−")


def choices_reading(choices: Sequence[CountChoice], target: float, *, is_joint: bool = False) -> str:
    """What the proposal achieves, and whether a neighbour comes closer to the target.

    Of counts that were chosen jointly (`is_joint`) no neighbour fits better, whatever the ratio says.
    """
    if not choices:
        return "There is nothing to choose between."
    shares = dict(zip((choice.contracts for choice in choices), ratio_texts(choices), strict=True))
    proposed = proposed_choice(choices)
    best = min(choices, key=lambda choice: abs(choice.achieved_hedge_ratio - target))
    text = (
        f"The proposal is {contracts_text(proposed.contracts)}: {shares[proposed.contracts]} of the bag's moves are "
        f"offset (target {percent(target)}), {open_text(proposed.residual_exposure)}."
    )
    if is_joint:
        return f"{text} It is the best count beside those of the other contracts."
    if best is proposed or abs(best.achieved_hedge_ratio - proposed.achieved_hedge_ratio) < 5e-4:
        return f"{text} No neighbour comes closer."
    return (
        f"{text} For the bag as a whole {contracts_text(best.contracts)} would come closer: {shares[best.contracts]}, "
        f"{open_text(best.residual_exposure)}."
    )
