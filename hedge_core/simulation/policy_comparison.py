"""Policy comparison: holding, hedging, a stop-loss, selling a part and selling all, on the same paths.

The policies run once on simulated paths, which have no trend, and once on every period of the plan's horizon in the
price history, which has one. These periods overlap, so the number of independent ones is reported too.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

import numpy as np

from hedge_core.errors import InvalidInput
from hedge_core.hedge.assessment import HedgeAssessment
from hedge_core.market.snapshot import Floats
from hedge_core.scenarios.shocks import MOST_MOVE
from hedge_core.simulation.distributions import Chance, Distribution, distribution
from hedge_core.simulation.engine import PATHS, Progress, Runs, Track, run_paths
from hedge_core.simulation.paths import Given, ModelKind, Windows
from hedge_core.simulation.policies import GAP_SHARE, SPOT_COST, STOP_SLIPPAGE, Hedge, Hold, Policy, Sell, StopLoss
from hedge_core.simulation.setup import Setup, path_model, prepare
from hedge_core.simulation.volatility import todays_paths
from hedge_core.text import days_text, signed_usd

LEAST_STRETCHES = 3
"""The history is used only if it has at least this many periods that do not overlap."""

NOTHING = 1e-9
"""The level of a coin that has lost everything: above zero, so that it still has a return."""

BAND = 0.2
"""The default band: a leg is rebalanced when it is more than 20% off its target."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicySettings:
    """The settings of the policies; all are fractions.

    `stop_distance` is measured below the price, `reentry` above the stop (None: never buy back), `share_sold` is of
    the bag (None: the plan's hedge ratio), `band` is the hedge's rebalancing band; for the costs see `policies`.
    """

    stop_distance: float = 0.1
    reentry: float | None = 0.05
    share_sold: float | None = None
    band: float = BAND
    spot_cost: float = SPOT_COST
    slippage: float = STOP_SLIPPAGE
    gap_share: float = GAP_SHARE


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyOutcome:
    """One policy over the horizon, USD.

    - `end`: profit and loss at the horizon. `lowest`: the mean of the lowest point along the way, and `lowest_bad`
      that point on a bad path (the 5% quantile); both at most 0.
    - `costs`: mean trading costs minus what the short earns.
    - `regret`: how far the policy ends below the better of holding and of selling all at the start, on average over all
      paths, for every policy alike. `regret_holding`, `regret_selling`: the same against one of the two; a path on
      which the policy ends above counts as 0.
    - `regretted`: the mean number of sales of coins per path that were bought back at a higher price, or never although
      the coin ends higher; a hedge sells no coins.
    - `closed`: the chance that shorts are closed by force; None without shorts whose margin is watched.
    """

    label: str
    end: Distribution
    lowest: float
    lowest_bad: float
    costs: float
    regretted: float
    regret: float
    regret_holding: float
    regret_selling: float
    closed: Chance | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyComparison:
    """The policies on simulated paths, and on periods of the price history (empty if it is too short).

    - `stretches`: the number of periods, which overlap; `independent` of them do not.
    - `first_day`, `last_day`: the bounds of the history. `history_is_simulated`: its prices are simulated.
    - `cash_needed`: the collateral (USD) with which the hedge survives 95% of the simulated paths.
    - `event`: what happens where contracts are closed by force, and `rule` the rule for when margin runs out, in words.
    - `is_like_for_like`: whether the share sold equals the hedge ratio.
    """

    horizon: int
    start_value: float
    model: str
    notes: tuple[str, ...]
    simulated: tuple[PolicyOutcome, ...]
    historical: tuple[PolicyOutcome, ...]
    stretches: int
    independent: int
    first_day: date
    last_day: date
    history_is_simulated: bool
    cash_needed: float
    is_like_for_like: bool
    event: str
    rule: str

    @property
    def sentences(self) -> tuple[str, ...]:
        """The comparison in sentences: the worst 5% of each policy, regretted sales, liquidations, and the history."""
        hold, hedge, _, stop, part, _ = self.simulated
        chance = hedge.closed.value if hedge.closed else 0.0
        texts = [
            f"In the worst 5% of paths over {days_text(self.horizon)}, holding {_loses(hold)} on average, the hedge "
            f"{_loses(hedge)}, the stop-loss {_loses(stop)}, and selling a part now {_loses(part)}.",
            f"On average the stop triggers {stop.regretted:.1f} sales that you would regret: the coin is bought back "
            f"at a higher price, or ends higher. Regret, the average amount by which a policy ends below the better of "
            f"holding and selling everything now: the stop-loss ${stop.regret:,.0f}, the hedge ${hedge.regret:,.0f}, "
            f"holding ${hold.regret:,.0f}.",
        ]
        if chance > 0.01:
            texts.append(
                f"On {chance:.0%} of the paths {self.event}; the results of the hedge include that, by this "
                f"rule for when margin runs out: {self.rule[0].lower()}{self.rule[1:]}. With "
                f"${self.cash_needed:,.0f} of collateral it would survive about 95% of the paths."
            )
        left, kept = hedge.end.expected_shortfall, part.end.expected_shortfall
        if left.value - kept.value > 2.0 * (left.error**2 + kept.error**2) ** 0.5 and self.is_like_for_like:
            why = "it cannot be liquidated" if chance > 0.01 else "it does not depend on a proxy"
            texts.append(
                f"Selling the share that you hedge protects better on the worst paths, because {why}. But you give up "
                "the coins, and selling them may be taxed."
            )
        texts.append(self._history())
        return tuple(texts)

    def _history(self) -> str:
        if not self.historical:
            return "The price history is too short for periods of this length, so only simulated paths are shown."
        hold, hedge, _, stop, part, _ = self.historical
        made = [signed_usd(one.end.mean.value) for one in (hold, hedge, stop)]
        return (
            f"The {'simulated' if self.history_is_simulated else 'real'} history from {self.first_day:%d %b %Y} to "
            f"{self.last_day:%d %b %Y} has {self.stretches:,} periods of this length ({self.independent} without "
            f"overlap). In the worst 5% of them, holding {_loses(hold)} on average, the hedge {_loses(hedge)}, the "
            f"stop-loss {_loses(stop)}, and selling a part {_loses(part)}. Over all of them, holding made {made[0]} on "
            f"average, the hedge {made[1]}, the stop-loss {made[2]}."
        )


@dataclass(frozen=True, eq=False)
class Story:
    """Every policy on one given path, USD.

    `worth` is the total value by day, shape (days + 1, policies); `costs` and the number of `regretted` sales have
    shape (policies,).
    """

    labels: tuple[str, ...]
    worth: Floats
    costs: Floats
    regretted: Floats

    @property
    def sentence(self) -> str:
        """Whether the hedge or the stop-loss does better on this path, and what the stop-loss regrets."""
        ends = self.worth[-1] - self.worth[0, 0]
        stop = next(place for place, label in enumerate(self.labels) if label.startswith("Stop"))
        hedge, kept = float(ends[1]), float(ends[stop])
        if kept == float(ends[0]) and not self.costs[stop]:
            return f"No stop is triggered, so the stop-loss ends like holding: {signed_usd(kept)}."
        better = "the hedge does" if hedge > kept else "the stop-loss does"
        text = f"Here {better} better: hedge {signed_usd(hedge)}, stop-loss {signed_usd(kept)}."
        count = int(self.regretted[stop])
        if count == 1:
            text += " 1 sale is regretted: the coin ends higher, or was bought back at a higher price."
        elif count:
            text += f" {count} sales are regretted: the coins end higher, or were bought back at a higher price."
        return text


def compare_policies(
    assessment: HedgeAssessment,
    settings: PolicySettings | None = None,
    *,
    kind: ModelKind = "auto",
    market_move: float = 0.0,
    paths: int = PATHS,
    seed: int = 0,
    progress: Progress | None = None,
) -> PolicyComparison:
    """All policies of `policies_of` on simulated paths and on the price history, in that order of the policies.

    `settings` None means the defaults. Raises InvalidInput as `simulate` does.
    """
    setup = prepare(assessment, kind=kind, market_move=market_move)
    model, description = path_model(setup, kind)
    settings = settings or PolicySettings()
    policies = policies_of(setup, settings)
    horizon, panel = setup.horizon, setup.panel
    drawn = run_paths(
        model, setup.bag, setup.book, policies, horizon=horizon, paths=paths, seed=seed, progress=progress
    )
    today = todays_paths(setup, model)
    watched = today.run(_hedges(policies_of(today.setup, settings)), paths=paths, seed=seed)
    windows = Windows(panel, horizon)
    count = len(windows.starts)
    real: tuple[PolicyOutcome, ...] = ()
    if windows.independent >= LEAST_STRETCHES:
        stretches = run_paths(windows, setup.bag, setup.book, policies, horizon=horizon, paths=count, seed=seed)
        hedges = {policy.label for policy in _hedges(policies)}
        tracks = [track for track in stretches.tracks if track.label in hedges]
        real = _outcomes(stretches, _closed(setup, tracks, windows.independent), independent=windows.independent)
    return PolicyComparison(
        horizon=horizon,
        start_value=setup.bag.value,
        model=description,
        notes=(*setup.notes, *today.remarks),
        simulated=_outcomes(drawn, _closed(setup, watched.tracks, len(watched.hedge.bag))),
        historical=real,
        stretches=count,
        independent=windows.independent,
        first_day=panel.days[0].item(),
        last_day=panel.days[-1].item(),
        history_is_simulated=assessment.market.simulated,
        cash_needed=float(np.quantile(watched.hedge.fan["cash"][-1], 0.95)),
        is_like_for_like=_share_sold(setup, settings) == assessment.hedge_ratio,
        event=setup.book.event,
        rule=setup.book.breach.rule.title,
    )


def policies_on_path(
    assessment: HedgeAssessment, moves: Sequence[float], settings: PolicySettings | None = None
) -> Story:
    """Every policy on one given path of the market.

    `moves` has one entry per day: the move of the proxies since today, a fraction; each coin moves by that times its
    beta. Prices between closes do not count. Raises InvalidInput for moves outside −1 … 10, and as `simulate` does.
    """
    if not moves or not all(-1.0 <= move <= MOST_MOVE for move in moves):
        raise InvalidInput("A path needs one move per day, each between -100% and +1,000%.")
    setup = _at_closes(prepare(assessment))
    policies = policies_of(setup, settings or PolicySettings())
    betas = np.ones(len(setup.panel.coins))
    place = {coin: column for column, coin in enumerate(setup.panel.coins)}
    for held in assessment.hedged_coins:
        if held.route != "own future":
            betas[place[held.moves_with]] = 1.0 if held.beta is None else held.beta
    levels = np.maximum(1.0 + np.outer(moves, betas), NOTHING)
    returns = levels / np.vstack((np.ones(len(betas)), levels[:-1])) - 1.0
    model = Given(setup.panel.coins, returns, perpetuals=len(setup.funded))
    running = [policy.start(setup.bag, 1) for policy in policies]
    worth = [[float(one.worth[0]) for one in running]]
    level, random = np.ones((1, len(betas))), np.random.default_rng(0)
    for number, day in enumerate(model.draw(random, 1, len(moves)), start=1):
        level = level * day.growth
        for one in running:
            one.step(number, level, day.funding)
        worth.append([float(one.worth[0]) for one in running])
    for one in running:
        one.finish()
    worth[-1] = [float(one.worth[0]) for one in running]
    regretted = np.array([float(one.trades_regretted[0]) for one in running])
    costs = np.array([float(one.costs[0]) for one in running])
    return Story(tuple(policy.label for policy in policies), np.array(worth), costs, regretted)


def _at_closes(setup: Setup) -> Setup:
    bag, book, options = setup.bag, setup.book, setup.book.options
    if options is not None:
        options = replace(options, peak=np.ones(len(options.peak)))
    return replace(
        setup,
        bag=replace(bag, trough=np.ones(len(bag.values))),
        book=replace(book, peak=np.ones(len(book.peak)), options=options),
    )


def policies_of(setup: Setup, settings: PolicySettings) -> tuple[Policy, ...]:
    """The policies to compare, in display order."""
    share = _share_sold(setup, settings)
    return (
        Hold(),
        Hedge(setup.book, "Hedge, left alone"),
        Hedge(setup.book, f"Hedge, rebalanced at {settings.band:.0%}", settings.band, setup.weights()),
        StopLoss(
            settings.stop_distance,
            settings.reentry,
            settings.spot_cost,
            settings.slippage,
            settings.gap_share,
            f"Stop-loss at −{settings.stop_distance:.0%}",
        ),
        Sell(share, settings.spot_cost, f"Sell {share:.0%} now"),
        Sell(1.0, settings.spot_cost, "All to stablecoin"),
    )


def _share_sold(setup: Setup, settings: PolicySettings) -> float:
    return setup.assessment.hedge_ratio if settings.share_sold is None else settings.share_sold


def _hedges(policies: Sequence[Policy]) -> list[Hedge]:
    return [policy for policy in policies if isinstance(policy, Hedge)]


def _closed(setup: Setup, tracks: Sequence[Track], draws: int) -> dict[str, Chance]:
    """The chance of a forced close by label, from `draws` independent draws; {} if margin is not watched."""
    if not setup.book.is_watched:
        return {}
    return {track.label: Chance(float(track.is_closed.mean()), draws) for track in tracks}


def _outcomes(runs: Runs, closed: Mapping[str, Chance], *, independent: int | None = None) -> tuple[PolicyOutcome, ...]:
    return tuple(_outcome(runs, track, closed.get(track.label), independent) for track in runs.tracks)


def _outcome(runs: Runs, track: Track, closed: Chance | None, independent: int | None) -> PolicyOutcome:
    hold, cash, start = runs.tracks[0].worth, runs.tracks[-1].worth, runs.start_value
    fall = track.lowest - start
    return PolicyOutcome(
        label=track.label,
        end=distribution(track.worth - start, independent=independent),
        lowest=float(fall.mean()),
        lowest_bad=float(np.quantile(fall, 0.05)),
        costs=float(track.costs.mean()),
        regretted=float(track.trades_regretted.mean()),
        regret=_mean_shortfall(np.maximum(hold, cash), track),
        regret_holding=_mean_shortfall(hold, track),
        regret_selling=_mean_shortfall(cash, track),
        closed=closed,
    )


def _mean_shortfall(other: Floats, track: Track) -> float:
    """How far a policy ends below `other`, on average over all paths."""
    return float(np.maximum(other - track.worth, 0.0).mean())


def _loses(outcome: PolicyOutcome) -> str:
    loss = outcome.end.expected_shortfall.value
    return f"loses ${loss:,.0f}" if loss >= 0.0 else f"gains ${-loss:,.0f}"
