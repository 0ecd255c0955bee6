"""Simulation: what may become of bag, hedge and both over the plan's horizon.

The plan's bag and shorts are laid on joint paths of daily moves: blocks of the coins' real days, or a joint t with
clustering variance where common history is short. Coins move as their history did around a mean of zero; `market_move`
adds a move that the holder expects of the leading proxy by the horizon, in which the others share by their beta to it.
Funding comes with the days drawn (its mean under the joint t); a known basis accrues day by day.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from hedge_core.account import Book, peak_factors
from hedge_core.assessment import HedgeAssessment
from hedge_core.costs import LegCost
from hedge_core.errors import InvalidInput
from hedge_core.estimators import MINIMUM_DAYS
from hedge_core.exposure import BetaEstimate
from hedge_core.market import PROXY_COINS, Floats
from hedge_core.outcomes import QUANTILES, Chance, Distribution, Figure, distribution
from hedge_core.paths import (
    BOOTSTRAP_DAYS,
    Bootstrap,
    ModelKind,
    Panel,
    PathModel,
    StandIn,
    block_length,
    fit_fat_tails,
    make_panel,
)
from hedge_core.policies import BagOnPaths
from hedge_core.positions import Position
from hedge_core.proxy import GOOD_CORRELATION
from hedge_core.runs import PATHS, Progress, run_paths
from hedge_core.sizing import HedgeLeg
from hedge_core.words import listed, whole_percent


@dataclass(frozen=True, eq=False, kw_only=True)
class Setup:
    """A plan made ready for paths: its panel of days, bag and book, and what had to be assumed."""

    assessment: HedgeAssessment
    panel: Panel
    bag: BagOnPaths
    book: Book
    notes: tuple[str, ...]

    @property
    def horizon(self) -> int:
        """Days."""
        return self.assessment.plan.decisions.horizon_days

    def weights(self) -> Floats:
        """The share of each leg that a holding asks for, shape (holdings, legs); columns add up to 1."""
        positions, legs = self.assessment.hedged_positions, traded_legs(self.assessment)
        asked = np.zeros((len(positions), len(legs)))
        for row, position in enumerate(positions):
            for estimate in position.estimates:
                for column, leg in enumerate(legs):
                    if leg.underlying == estimate.proxy:
                        asked[row, column] += position.value * max(estimate.beta, 0.0)
        total = asked.sum(axis=0)
        values = np.array([position.value for position in positions])
        shares: Floats = np.where(
            total > 0.0, asked / np.where(total > 0.0, total, 1.0), (values / values.sum())[:, None]
        )
        return shares


@dataclass(frozen=True, eq=False, kw_only=True)
class Simulation:
    """What may become of bag and hedge over `horizon` days, USD, on `paths` paths.

    `bag`, `hedge` and `net` are profit and loss at the horizon, costs included; `closed` the chance that the account is
    closed on the way, None where no collateral is stated or it does not open the shorts. `both_lose`: bag and hedge
    both below zero; `gain_given_up`: the bag gains and the hedge loses; `gain_lost`: the bag gains and together they
    lose. `given_up` is what the hedge takes on average where the bag gains. `fans` holds quantiles (those of
    `outcomes.QUANTILES`) by day, shape (quantiles, days + 1), for "bag", "hedge", "net" and "cash" (collateral that the
    shorts have asked for by then).
    """

    horizon: int
    paths: int
    seed: int
    start_value: float
    hedge_ratio: float
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

    @property
    def cash_needed(self) -> float:
        """USD of collateral that is enough on 95% of the paths."""
        return float(self.fans["cash"][-1, -1])

    @property
    def sentence(self) -> str:
        """The simulation in words."""
        bag, net = self.bag.expected_shortfall.value, self.net.expected_shortfall.value
        text = (
            f"In the worst 5% of {self.paths:,} paths of {self.horizon} days the bag alone {_loses(bag)} on average; "
            f"with the hedge that is {_loss(net)}"
        )
        if bag > 0.0:
            text += f", {whole_percent(1.0 - net / bag)} less" if net < bag else ", which is more"
        text += f". {_chance(self.both_lose, 'bag and short both lose')}"
        if self.closed is not None:
            text += f" {_chance(self.closed, 'the short is closed for want of margin')}"
        return (
            f"{text} {_chance(self.gain_given_up, 'the bag gains and the short takes from it')} Where the bag gains, "
            f"the short takes ${self.given_up:,.0f} of it on average. With ${self.cash_needed:,.0f} of collateral the "
            "short lives through 95% of the paths."
        )


def prepare(assessment: HedgeAssessment, *, kind: ModelKind = "auto", market_move: float = 0.0) -> Setup:
    """The plan's bag and book on the days that its coins have in common.

    Raises InvalidInput where nothing is hedged, history is too short for any path, or `market_move` is out of range.
    """
    if not assessment.hedged_positions:
        raise InvalidInput("Nothing in this bag is hedged, so there is nothing to simulate.")
    if not -0.9 <= market_move <= 5.0:
        raise InvalidInput(f"The move expected of the market must lie between -90% and +500%, not {market_move:.0%}.")
    legs, positions = traded_legs(assessment), assessment.hedged_positions
    coins = tuple(dict.fromkeys([*(p.moves_with for p in positions), *(leg.underlying for leg in legs), *PROXY_COINS]))
    history = assessment.market.history
    coins = tuple(coin for coin in coins if coin not in PROXY_COINS or coin in history)
    horizon = assessment.plan.decisions.horizon_days
    notes: list[str] = []
    stand_ins = {p.moves_with: _stand_in(p, coins) for p in positions}
    stand_ins |= {
        leg.underlying: StandIn("ETH", 1.0, GOOD_CORRELATION) for leg in legs if leg.underlying not in stand_ins
    }
    funding, funded = _funding(assessment, legs)
    panel = None
    for least in (BOOTSTRAP_DAYS, MINIMUM_DAYS):
        panel = panel or make_panel(
            history,
            coins,
            funding=funding,
            stand_ins=stand_ins,
            least_days=least,
            proxy_move_a_day=(1.0 + market_move) ** (1.0 / horizon) - 1.0,
            leader=_leader(legs),
        )
    if panel is None:
        raise InvalidInput(
            f"There are not {MINIMUM_DAYS} days on which a coin of this bag and what it is hedged with were priced, so "
            "that no path can be drawn. Choose live prices, or upload daily closes (sidebar, Prices)."
        )
    notes += _remarks(assessment, panel, stand_ins)
    place = {coin: column for column, coin in enumerate(panel.coins)}
    peaks = peak_factors(np.sqrt(panel.variances))
    columns = np.array([place[position.moves_with] for position in positions], dtype=np.intp)
    return Setup(
        assessment=assessment,
        panel=panel,
        bag=BagOnPaths(np.array([p.value for p in positions]), columns, 1.0 / peaks[columns]),
        book=_book(assessment, legs, place, funded, peaks),
        notes=tuple(notes),
    )


def path_model(setup: Setup, kind: ModelKind = "auto") -> tuple[PathModel, str]:
    """The model that fits the panel, and its description: real days in blocks, or the joint t where they are few."""
    panel = setup.panel
    days = len(panel.returns)
    if kind == "bootstrap" and days < 2 * MINIMUM_DAYS:
        raise InvalidInput(f"{days} common days are too few to draw from; {2 * MINIMUM_DAYS} are needed.")
    if kind == "bootstrap" or (kind == "auto" and days >= BOOTSTRAP_DAYS):
        length = max(_block_length(series) for series in _leading_series(setup))
        return (
            Bootstrap(panel, length),
            f"real days drawn in blocks of {length:.0f} on average, from {days:,} days on which all coins traded",
        )
    fitted = fit_fat_tails(panel)
    tails = "normal tails" if np.isinf(fitted.degrees) else f"fat tails ({fitted.degrees:.1f} degrees of freedom)"
    return fitted, f"a joint distribution with {tails} and clustering volatility, fitted to {days:,} days"


def simulate(
    assessment: HedgeAssessment,
    *,
    kind: ModelKind = "auto",
    paths: int = PATHS,
    seed: int = 0,
    market_move: float = 0.0,
    threads: int = 1,
    progress: Progress | None = None,
) -> Simulation:
    """Bag, hedge and both over the plan's horizon on `paths` joint paths; the same seed gives the same numbers.

    Raises InvalidInput as `prepare` and `run_paths` do.
    """
    setup = prepare(assessment, kind=kind, market_move=market_move)
    model, description = path_model(setup, kind)
    runs = run_paths(
        model, setup.bag, setup.book, horizon=setup.horizon, paths=paths, seed=seed, threads=threads, progress=progress
    )
    start, track = runs.start_value, runs.hedge
    bag, hedge = track.bag - start, track.hedge
    net = bag + hedge
    gains = bag > 0.0
    return Simulation(
        horizon=setup.horizon,
        paths=paths,
        seed=seed,
        start_value=start,
        hedge_ratio=assessment.hedge_ratio,
        model=description,
        notes=setup.notes,
        bag_results=bag,
        net_results=net,
        bag=distribution(bag),
        hedge=distribution(hedge),
        net=distribution(net),
        carry=_mean(track.carry),
        fees=_mean(track.fees),
        closed=Chance.of(track.closed_on > 0) if setup.book.can_be_closed else None,
        both_lose=Chance.of((bag < 0.0) & (hedge < 0.0)),
        gain_given_up=Chance.of(gains & (hedge < 0.0)),
        gain_lost=Chance.of(gains & (net < 0.0)),
        given_up=float(-hedge[gains].mean()) if gains.any() else 0.0,
        fans={name: np.quantile(rows, QUANTILES, axis=1) for name, rows in track.fan.items()},
        initial_margin=setup.book.margin.initial,
    )


def traded_legs(assessment: HedgeAssessment) -> tuple[HedgeLeg, ...]:
    """The legs of which at least one contract is shorted, in the order of `assessment.margin.legs`."""
    return tuple(leg for leg in assessment.legs if leg.contracts)


def _leader(legs: tuple[HedgeLeg, ...]) -> str:
    """The proxy that the market is: what is shorted most among Ether and Bitcoin, else Ether."""
    proxies = [leg for leg in legs if leg.underlying in PROXY_COINS]
    return max(proxies, key=lambda leg: leg.notional).underlying if proxies else PROXY_COINS[0]


def _stand_in(position: Position, coins: tuple[str, ...]) -> StandIn:
    """How a coin follows a proxy: as measured, as the user states, else as Ether does."""
    found = [e for e in position.estimates if e.proxy != position.moves_with]
    if position.choice is not None:
        found += [c.estimate for c in position.choice.candidates if c.estimate and c.proxy != position.moves_with]
    usable = [estimate for estimate in found if estimate.proxy in coins]
    best = max(usable, key=_trust, default=None)
    if best is None:
        return StandIn(PROXY_COINS[0], 1.0, GOOD_CORRELATION)
    return StandIn(best.proxy, best.beta, max(abs(best.correlation or GOOD_CORRELATION), 0.1))


def _trust(estimate: BetaEstimate) -> tuple[bool, float]:
    return estimate.method == "set by you", abs(estimate.correlation or 0.0)


def _funding(assessment: HedgeAssessment, legs: tuple[HedgeLeg, ...]) -> tuple[Floats, dict[str, int]]:
    """Daily funding rates beside the history's returns, and the column of each coin that is funded."""
    history, funding = assessment.market.history, assessment.market.funding
    is_stated = assessment.plan.overrides.costs.carry_rate is not None
    coins = [] if funding is None or is_stated else [leg.underlying for leg in legs if leg.contract.kind == "perpetual"]
    coins = [coin for coin in dict.fromkeys(coins) if funding is not None and coin in funding]
    table = np.full((max(len(history.days) - 1, 0), len(coins)), np.nan)
    if funding is not None and coins and len(table):
        days = history.days[1:]
        _, ours, theirs = np.intersect1d(days, funding.days, return_indices=True)
        for column, coin in enumerate(coins):
            table[ours, column] = funding.of(coin)[theirs]
    return table, {coin: column for column, coin in enumerate(coins)}


def _book(
    assessment: HedgeAssessment,
    legs: tuple[HedgeLeg, ...],
    place: Mapping[str, int],
    funded: Mapping[str, int],
    peaks: Floats,
) -> Book:
    today = assessment.market.as_of.date()
    costs: tuple[LegCost, ...] = assessment.costs.legs
    columns = np.array([place[leg.underlying] for leg in legs], dtype=np.intp)
    funding_columns = [funded.get(leg.underlying, -1) if leg.contract.kind == "perpetual" else -1 for leg in legs]
    carry = [
        0.0 if column >= 0 else (cost.carry or 0.0) / leg.notional / assessment.costs.horizon_days
        for leg, cost, column in zip(legs, costs, funding_columns, strict=True)
    ]
    return Book(
        margin=assessment.margin,
        notional=np.array([leg.notional for leg in legs]),
        lot_notional=np.array([leg.lot_notional for leg in legs]),
        columns=columns,
        funding_columns=np.array(funding_columns, dtype=np.intp),
        side_cost=np.array(
            [(cost.commission + cost.spread) / 2.0 / leg.notional for leg, cost in zip(legs, costs, strict=True)]
        ),
        carry_a_day=np.array(carry),
        roll_days=tuple(frozenset((day - today).days for day in cost.roll_days) for cost in costs),
        peak=peaks[columns],
    )


def _leading_series(setup: Setup) -> list[Floats]:
    """Daily returns of the bag and of what is shorted against it, as far as they are in the core."""
    panel, size = setup.panel, len(setup.panel.core)
    values = np.bincount(setup.bag.columns, setup.bag.values, len(panel.coins))[:size]
    shorted = [panel.returns[:, column] for column in setup.book.columns if column < size]
    return [panel.returns @ values, *shorted] if values.any() else shorted or [panel.returns[:, 0]]


def _block_length(returns: Floats) -> float:
    """Blocks long enough for the returns and for the clusters of their squares."""
    return max(block_length(returns), block_length(returns**2))


def _remarks(assessment: HedgeAssessment, panel: Panel, stand_ins: Mapping[str, StandIn]) -> list[str]:
    notes = []
    for coin in panel.attached:
        used = stand_ins[coin]
        notes.append(
            f"{coin} has too few days of its own: it follows {used.proxy} with beta {used.beta:.2f}, and a residual "
            f"that leaves a correlation of {used.correlation:.2f}."
        )
    if assessment.margin.is_enough_to_open is False and assessment.margin.notional > 0.0:
        notes.append("Your collateral does not open this hedge in full; it is shown as if it were funded.")
    elif assessment.margin.collateral is None and assessment.margin.notional > 0.0:
        notes.append("No collateral is stated, so the short is never closed here; the cash that it asks for is shown.")
    if not assessment.costs.is_carry_known:
        notes.append("What the short earns or pays is not known for every contract and is left out for those.")
    stated = [p.holding.coin for p in assessment.hedged_positions if _is_stated(p) and p.moves_with in panel.core]
    if stated:
        notes.append(f"{listed(stated)} moves as its history did, not by the beta that you set.")
    return notes


def _is_stated(position: Position) -> bool:
    return any(estimate.method == "set by you" for estimate in position.estimates)


def _mean(values: Floats) -> Figure:
    return Figure(float(values.mean()), float(values.std() / np.sqrt(len(values))))


def _loses(loss: float) -> str:
    return f"loses ${loss:,.0f}" if loss >= 0.0 else f"gains ${-loss:,.0f}"


def _loss(loss: float) -> str:
    return f"a loss of ${loss:,.0f}" if loss >= 0.0 else f"a gain of ${-loss:,.0f}"


def _chance(chance: Chance, what: str) -> str:
    """A sentence: with which chance, and how sure that is after so many draws (95%)."""
    if chance.value == 0.0:
        return f"On none of the paths {what}."
    return f"With a chance of {chance.value:.1%} (± {1.96 * chance.error:.1%}) {what}."
