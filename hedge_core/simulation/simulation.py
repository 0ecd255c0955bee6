"""Simulation: the distribution of profit and loss of bag, hedge and both, over thousands of joint price paths."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from hedge_core.hedge.assessment import HedgeAssessment
from hedge_core.market.snapshot import Floats
from hedge_core.simulation.cash_advice import CashAdvised, as_wanted, cash_advised
from hedge_core.simulation.distributions import QUANTILES, Chance, Distribution, Figure, distribution
from hedge_core.simulation.engine import PATHS, Progress, run_paths
from hedge_core.simulation.hazards import hazards_of
from hedge_core.simulation.paths import ModelKind
from hedge_core.simulation.setup import book_of, path_model, prepare
from hedge_core.simulation.volatility import todays_paths
from hedge_core.text import days_text, whole_percent


@dataclass(frozen=True, eq=False, kw_only=True)
class Simulation:
    """Profit and loss (USD) of bag and hedge over `horizon` days on `paths` paths.

    - `bag`, `hedge`, `net`: distributions at the horizon, costs included; `bag_results` and `net_results` per path.
    - `carry`, `fees`: the means, with carry positive if earned and fees positive if paid.
    - `closed`: the chance that contracts are closed by force, and `event` that in words, by the plan's rule for when
      margin runs out; None if there is no collateral or it does not open the short. It and all cash needed are on at
      most FAN_PATHS paths at today's volatility.
    - `both_lose`: the chance that bag and hedge both lose; `gain_given_up`: that the bag gains and the hedge loses;
      `gain_lost`: that the bag gains and the net result is a loss.
    - `given_up`: what the hedge takes from the bag's gain, on average over the paths on which the bag gains.
    - `cash_advised`: the cash to post and to keep in reserve for the counts that the plan wants, fees included.
    - `deleveraged`, `lost`: the chances that the venue closes winning shorts, and that it fails; None if neither was
      looked at.
    - `has_options`: options are held and are part of the hedge.
    - `fans`: the quantiles `distributions.QUANTILES` by day, shape (quantiles, days + 1), for "bag", "hedge", "net" and
      "cash" (the collateral needed so far).
    """

    horizon: int
    paths: int
    seed: int
    start_value: float
    hedge_ratio: float
    market_move: float
    model: str
    notes: tuple[str, ...]
    bag_results: Floats
    net_results: Floats
    bag: Distribution
    hedge: Distribution
    net: Distribution
    carry: Figure
    fees: Figure
    closed: Chance | None
    both_lose: Chance
    gain_given_up: Chance
    gain_lost: Chance
    given_up: float
    fans: Mapping[str, Floats]
    initial_margin: float
    cash_advised: CashAdvised
    event: str
    deleveraged: Chance | None = None
    lost: Chance | None = None
    has_options: bool = False

    @property
    def cash_needed(self) -> float:
        """The collateral (USD) with which the short survives 95% of the paths."""
        return float(self.fans["cash"][-1, -1])

    @property
    def sentence(self) -> str:
        """The main results in a few sentences."""
        bag, net = self.bag.expected_shortfall.value, self.net.expected_shortfall.value
        paths = f"{self.paths:,} paths over {days_text(self.horizon)}"
        text = f"In the worst 5% of {paths}, the bag alone {_loses(bag)} on average"
        has_shorts, what = self.initial_margin > 0.0, "hedge" if self.has_options else "short"
        if not has_shorts and not self.has_options:
            return f"{text}; nothing is shorted against it."
        text += f"; with the hedge it {_loses(net)}"
        if bag > 0.0 and abs(net - bag) >= 0.5:
            text += f", {whole_percent(1.0 - net / bag)} less" if net < bag else ", which is more"
        text += f". {_chance(self.both_lose, f'bag and {what} both lose')}"
        if self.closed is not None:
            text += f" {_chance(self.closed, self.event)}"
        if self.market_move:
            text = f"The market is assumed to move by {_percent(self.market_move)} on average. {text}"
        takes = f"takes ${self.given_up:,.0f} of it" if self.given_up >= 0.0 else f"adds ${-self.given_up:,.0f} to it"
        text += (
            f" {_chance(self.gain_given_up, f'the bag gains and the {what} loses')} When the bag gains, the {what} "
            f"{takes} on average."
        )
        if not has_shorts:
            return text
        return f"{text} With ${self.cash_needed:,.0f} of collateral, the short survives about 95% of the paths."


def simulate(
    assessment: HedgeAssessment,
    *,
    kind: ModelKind = "auto",
    paths: int = PATHS,
    seed: int = 0,
    market_move: float = 0.0,
    threads: int = 1,
    progress: Progress | None = None,
    with_hazards: bool = False,
) -> Simulation:
    """Simulate bag and hedge over the plan's horizon on `paths` joint paths; the same seed gives the same numbers.

    `kind` chooses the path model, `market_move` (a fraction) is the expected move of the market over the horizon, and
    `progress` is called with the share done. `with_hazards`: what can take the hedge away happens on the paths, as the
    plan assumes (see `hazards`); the paths themselves stay the same. Raises InvalidInput as `setup.prepare`,
    `setup.path_model` and `engine.run_paths` do.
    """
    whole = as_wanted(assessment)
    setup = prepare(assessment, kind=kind, market_move=market_move, other_legs=whole.traded_legs)
    model, description = path_model(setup, kind)
    hazards = hazards_of(assessment, setup.book, setup.panel.coins) if with_hazards else None
    runs = run_paths(
        model,
        setup.bag,
        setup.book,
        horizon=setup.horizon,
        paths=paths,
        seed=seed,
        threads=threads,
        progress=progress,
        hazards=hazards,
    )
    today = todays_paths(setup, model)
    wanted = book_of(whole, today.setup.panel, setup.funded) if assessment.is_limited else today.setup.book
    watched = today.run(paths=paths, seed=seed, wanted=wanted).hedge
    start, track = runs.start_value, runs.hedge
    bag, hedge = track.bag - start, track.hedge
    net = bag + hedge
    gains = bag > 0.0
    fans = {**{name: track.fan[name] for name in ("bag", "hedge", "net")}, "cash": watched.fan["cash"]}
    return Simulation(
        horizon=setup.horizon,
        paths=paths,
        seed=seed,
        start_value=start,
        hedge_ratio=assessment.hedge_ratio,
        market_move=market_move,
        model=description,
        notes=(*setup.notes, *today.remarks),
        bag_results=bag,
        net_results=net,
        bag=distribution(bag),
        hedge=distribution(hedge),
        net=distribution(net),
        carry=_mean(track.carry),
        fees=_mean(track.fees),
        closed=Chance.of(watched.closed_on > 0) if setup.book.is_watched else None,
        both_lose=Chance.of((bag < 0.0) & (hedge < 0.0)),
        gain_given_up=Chance.of(gains & (hedge < 0.0)),
        gain_lost=Chance.of(gains & (net < 0.0)),
        given_up=float(-hedge[gains].mean()) if gains.any() else 0.0,
        fans={name: np.quantile(rows, QUANTILES, axis=1) for name, rows in fans.items()},
        initial_margin=setup.book.margin.initial,
        cash_advised=cash_advised(watched.fan["cash_with_fees"], assessment.cash_for_wanted),
        event=setup.book.event,
        has_options=setup.book.options is not None,
        deleveraged=Chance.of(track.deleveraged_on > 0) if with_hazards else None,
        lost=Chance.of(track.lost_on > 0) if with_hazards else None,
    )


def _mean(values: Floats) -> Figure:
    return Figure(float(values.mean()), float(values.std() / np.sqrt(len(values))))


def _percent(fraction: float) -> str:
    return f"{fraction:+.0%}".replace("-", "−")


def _loses(loss: float) -> str:
    return f"loses ${loss:,.0f}" if loss >= 0.0 else f"gains ${-loss:,.0f}"


def _chance(chance: Chance, what: str) -> str:
    """A sentence with the chance that `what` happens and half the width of its 95% interval."""
    if chance.value == 0.0:
        return f"On none of the paths {what}."
    return f"The chance that {what} is {chance.value:.1%} (± {1.96 * chance.error:.1%})."
