"""What the charts of a scenario show, in words."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from hedge_core import ScenarioResult
from hedge_core.market.snapshot import Floats
from hedge_core.scenarios.run import TERMS
from hedge_core.text import bare_percent, days_text, listed, short_percent
from pages.ui.parts.format import percent, signed_usd, usd

CENT = 0.5
"""USD below which a result is zero: it would be printed as $0."""


def move_lead(result: ScenarioResult, days: int) -> str:
    """The selected move and what it does to you, in one sentence."""
    text = f"{_in_words(result)} in {days_text(days)}"
    net = _rounded(result.net_pnl)
    you = "you are even" if net == 0 else f"you {'lose' if net < 0 else 'gain'} {usd(abs(net))}"
    if not result.is_liquidated:
        return f"{text}: {you}."
    part = "part of your hedge" if 0.0 < result.open_share < 1.0 else "your hedge"
    lost = f", {usd(-result.hedge_pnl)} lost" if result.hedge_pnl < -CENT else ""
    return f"{text}: {part} is liquidated{lost}, and {you}."


def pnl_reading(result: ScenarioResult, *, hedge_ratio: float) -> str:
    """The selected move in words."""
    when = _when(result)
    bag, hedge, net = (_rounded(value) for value in (result.bag_pnl, result.hedge_pnl, result.net_pnl))
    what = "hedge, your options included," if result.options_pnl else "short"
    if bag == 0 and hedge == 0:
        return f"{when}, neither the bag nor the {what} gains or loses."
    subject = "it" if result.shock.of == "bag" and result.shock.move else "your bag"
    legs = f"{subject} {_does(bag)} and the {what} {_does(hedge)}"
    text = f"{when}, {legs}: together {_together(net)}."
    if result.is_liquidated and 0.0 < result.open_share < 1.0:
        return f"{text} Margin runs out on the way, and {percent(1.0 - result.open_share)} of the short is closed."
    if result.is_liquidated:
        rest = "only your options hedge the bag" if result.options_pnl else "the bag is unhedged"
        return f"{text} The short is liquidated on the way; from there on {rest}."
    share = percent(abs(result.hedge_pnl / result.bag_pnl)) if bag else ""
    whole = "hedge" if result.options_pnl else "short"
    if hedge == 0:
        return f"{text} No hedge is in place." if hedge_ratio == 0 else f"{text} The {whole} does nothing here."
    if bag < 0 < hedge:
        target = "" if share == percent(hedge_ratio) else f" (target {bare_percent(hedge_ratio)})"
        more = ", more than was lost" if net > 0 else ""
        return f"{text} The hedge offsets {share} of the loss{target}{more}."
    if bag > 0 > hedge:
        more = ": more than the gain" if net < 0 else ", the price of the protection"
        return f"{text} The {whole} costs {share} of the gain{more}."
    if result.options_pnl:
        return text
    if hedge < 0:
        return f"{text} Both legs lose: the short contracts did better than the bag." if bag < 0 else text
    return f"{text} Both legs gain: the short contracts did worse than the bag." if bag > 0 else text


def _in_words(result: ScenarioResult) -> str:
    """What moves, as the start of a sentence: "The market falls 15%"."""
    moved, move = "Your bag" if result.shock.of == "bag" else "The market", result.shock.move
    if move == 0.0:
        own = [f"{coin} moves {short_percent(own)}" for coin, own in result.shock.own_moves.items()]
        return f"Only {' and '.join(own)}" if own else f"{moved} does not move"
    return f"{moved} {'falls' if move < 0 else 'rises'} {bare_percent(abs(move))}"


def _when(result: ScenarioResult) -> str:
    moved, move = "your bag" if result.shock.of == "bag" else "the market", result.shock.move
    if bare_percent(move) == "0%":
        alone = " and ".join(f"{coin} moves by {short_percent(own)}" for coin, own in result.shock.own_moves.items())
        return f"If only {alone}" if alone else f"If {moved} does not move"
    return f"If {moved} {'falls' if move < 0 else 'rises'} {bare_percent(abs(move))}"


def _does(amount: float) -> str:
    if amount == 0:
        return "does not move"
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
    start = f"An exact hedge of {bare_percent(hedge_ratio)} would leave {signed_usd(ideal)}"
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
    return "does not move" if move == 0 else f"{'falls' if move < 0 else 'rises'} {bare_percent(abs(move))}"


def _against(shift: float) -> str:
    return (
        "as estimated"
        if shift == 0
        else f"{bare_percent(abs(shift))} {'below' if shift < 0 else 'above'} their estimate"
    )
