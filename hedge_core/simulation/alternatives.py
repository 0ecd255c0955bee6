"""Alternatives: the short beside puts, collars, a stop-loss and selling, all on the same paths and the same past.

Put and collar are sized for what the short leaves in the worst 5% of paths, or for a largest loss that the user states,
and the cheapest of all listed strikes and months is taken (see `option_search`). The short has the plan's collateral
and reserve, or those advised where the plan states none, under every rule for when margin runs out; the calls of the
collar have the same collateral, or what 95% of the paths need. The cash of every way costs what the plan says. Whether
margin runs out, and the cash that this asks for, is tried on paths at today's volatility (see `volatility`).

The paths have no trend and move as much as the coins did. What options cost above that is the premium of their sellers.
For past periods they are priced at today's volatility, because their prices of that time are not known here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial

import numpy as np

from hedge_core.errors import InvalidInput
from hedge_core.hedge.assessment import HedgeAssessment
from hedge_core.hedge.option_demand import OptionDemand
from hedge_core.market.options.contracts import OptionSeries
from hedge_core.market.options.held import margin_assumption
from hedge_core.market.options.surface import VolatilitySurface, surface_of
from hedge_core.market.snapshot import Floats
from hedge_core.market.venues import venue_of
from hedge_core.simulation.cash_advice import advise_cash
from hedge_core.simulation.distributions import Chance, Figure, distribution
from hedge_core.simulation.engine import PATHS, Progress, Runs, Track, run_paths
from hedge_core.simulation.option_search import Offer, Outcomes, cvar
from hedge_core.simulation.option_ways import (
    EndLevels,
    break_even_volatility,
    limit_of,
    mean_volatility,
    offer_of,
    option_venue,
    protections,
)
from hedge_core.simulation.paths import ModelKind, Windows
from hedge_core.simulation.policy_comparison import LEAST_STRETCHES, PolicySettings
from hedge_core.simulation.setup import Setup, path_model, prepare
from hedge_core.simulation.starts import Start, at_peaks, cash_for_calls, known_starts, option_starts
from hedge_core.simulation.volatility import TodaysPaths, todays_paths
from hedge_core.simulation.ways import LEAST_POINTS, Alternatives, Gap, Missing, Order, PastResult, Way, ranked
from hedge_core.text import listed, usd


@dataclass(frozen=True, kw_only=True)
class AlternativeSettings:
    """What the alternatives rest on besides the plan.

    `surface` None is the market's own (`surface_of`), `venue` None the one that goes with the plan's (`option_venue`),
    and `own_series` are option series of the user's own. `largest_loss` (USD) sizes put and collar instead of the
    short's worst 5%. `policies` are the settings of stop-loss and selling. Raises InvalidInput for a largest loss that
    is not positive.
    """

    surface: VolatilitySurface | None = None
    venue: str | None = None
    own_series: tuple[OptionSeries, ...] = ()
    largest_loss: float | None = None
    policies: PolicySettings = field(default_factory=PolicySettings)

    def __post_init__(self) -> None:
        if self.largest_loss is not None and not 0.0 < self.largest_loss < 1e15:
            raise InvalidInput(f"The largest loss must be a positive number of USD, not {self.largest_loss:,.0f}.")


def compare_alternatives(
    assessment: HedgeAssessment,
    settings: AlternativeSettings | None = None,
    *,
    kind: ModelKind = "auto",
    market_move: float = 0.0,
    paths: int = PATHS,
    seed: int = 0,
    progress: Progress | None = None,
) -> Alternatives:
    """All ways on the same paths and the same past, ranked. Raises InvalidInput as `simulate` does."""
    settings = settings or AlternativeSettings()
    surface = settings.surface or surface_of(assessment.market)
    if assessment.options is not None:
        assessment = replace(assessment, options=assessment.options.priced(assessment.market, surface))
    funded = _funded(assessment, kind=kind, market_move=market_move, seed=seed)
    venue = settings.venue or option_venue(assessment.plan)
    offer, demand, missing = offer_of(funded, venue=venue, surface=surface, own_series=settings.own_series)
    others = tuple(leg for leg in funded.legs if not leg.contracts and leg.underlying in demand.exposure)
    setup = prepare(funded, kind=kind, market_move=market_move, other_legs=others)
    model, description = path_model(setup, kind)
    today = todays_paths(setup, model)
    draw = partial(run_paths, model, setup.bag, setup.book, horizon=setup.horizon, seed=seed, progress=progress)
    known, ends = known_starts(setup, settings.policies), EndLevels(setup.panel.coins)
    first = draw([*(one.policy for one in known), ends], paths=paths)
    tracks = dict(zip(known, first.tracks, strict=False))

    own = next(one for one in known if one.is_own)
    found = _Found()
    if offer is not None:
        outcomes = Outcomes(first.tracks[0].worth - first.start_value, ends.levels(offer.exposure), setup.horizon)
        short = tracks[own].worth - first.start_value - cash_cost(setup, own)
        bench = _Bench(assessment, setup, today, paths, seed)
        found = _options(bench, offer, outcomes, short, settings.largest_loss)
        if found.starts:
            second = draw([one.policy for one in found.starts], paths=paths)
            tracks |= dict(zip(found.starts, second.tracks, strict=True))

    starts = [*known, *found.starts]
    past, stretches, independent = _past(setup, starts)
    closed = _closed(today, starts, paths=paths, seed=seed)
    ways = {one: _way(setup, one, tracks[one], first, past.get(one), closed.get(one)) for one in starts}
    return Alternatives(
        horizon=setup.horizon,
        start_value=setup.bag.value,
        paths=paths,
        model=description,
        target=_target(settings),
        surface=surface.source,
        ways=ranked(list(ways.values()), setup.bag.value),
        missing=(*missing, *found.missing),
        gap=_gap(ways, tracks, setup.bag.value),
        put_volatility=found.put_volatility,
        break_even_volatility=found.break_even,
        path_volatility=None if offer is None else _path_volatility(setup, offer),
        stretches=stretches,
        independent=independent,
        notes=(*setup.notes, *today.remarks, *_notes(assessment, setup, offer, demand)),
    )


@dataclass(frozen=True, eq=False)
class _Found:
    """The options found, and why others were not; None for a volatility without a put."""

    starts: tuple[Start, ...] = ()
    missing: tuple[Missing, ...] = ()
    put_volatility: float | None = None
    break_even: float | None = None


@dataclass(frozen=True, eq=False)
class _Bench:
    """What options are tried on: the plan as stated and as set up, also at today's volatility, and how many paths."""

    assessment: HedgeAssessment
    setup: Setup
    today: TodaysPaths
    paths: int
    seed: int


def _options(bench: _Bench, offer: Offer, outcomes: Outcomes, short: Floats, stated_loss: float | None) -> _Found:
    """Put and collar as they are started; `short` are the results of the plan's short on the paths (USD)."""
    setup, decisions = bench.setup, bench.assessment.plan.decisions
    limit = limit_of(bench.assessment, offer, outcomes, short, stated_loss)
    found, none = protections(offer, outcomes, limit)
    stated = None if decisions.collateral is None else decisions.collateral + decisions.reserve
    needs = partial(cash_for_calls, bench.today, paths=bench.paths, seed=bench.seed)
    starts, not_opened = option_starts(setup, found, stated=stated, needs=needs)
    missing = (*none, *not_opened)
    put, start = found.get("put"), next((one for one in starts if one.kind == "put"), None)
    if put is None or start is None:
        return _Found(tuple(starts), missing)
    even = break_even_volatility(put, outcomes, float(short.mean()) + cash_cost(setup, start))
    return _Found(tuple(starts), missing, mean_volatility(put), even)


def _funded(assessment: HedgeAssessment, *, kind: ModelKind, market_move: float, seed: int) -> HedgeAssessment:
    """The assessment with the cash advised where the plan states none; the counts stay as they are."""
    if assessment.plan.decisions.collateral is not None:
        return assessment
    advice = advise_cash(assessment, kind=kind, market_move=market_move, seed=seed)
    if advice is None:
        return assessment
    post, reserve = advice.advised.post, advice.advised.reserve
    return replace(
        assessment,
        plan=assessment.plan.with_decisions(collateral=post, reserve=reserve),
        margin=replace(assessment.margin, collateral=post),
    )


def _past(setup: Setup, starts: Sequence[Start]) -> tuple[dict[Start, PastResult], int, int]:
    """Every way over the periods of the history, the number of periods and that of those without overlap."""
    windows = Windows(setup.panel, setup.horizon)
    count = len(windows.starts)
    if windows.independent < LEAST_STRETCHES:
        return {}, count, windows.independent
    policies = [one.policy for one in starts]
    runs = run_paths(windows, setup.bag, setup.book, policies, horizon=setup.horizon, paths=count)
    found = {}
    for one, track in zip(starts, runs.tracks, strict=True):
        end = distribution(_results(setup, one, track, runs), independent=windows.independent)
        found[one] = PastResult(worst=end.expected_shortfall, mean=end.mean.value)
    return found, count, windows.independent


def _results(setup: Setup, start: Start, track: Track, runs: Runs) -> Floats:
    """What a way makes on each path, the cost of its cash included."""
    results: Floats = track.worth - runs.start_value - cash_cost(setup, start)
    return results


def cash_cost(setup: Setup, start: Start) -> float:
    """What premium and margin could have earned elsewhere over the horizon (USD)."""
    plan = setup.assessment.plan
    interest = venue_of(plan.decisions.venue).interest_rate * setup.book.collateral if start.kind == "short" else 0.0
    rate = plan.overrides.costs.cash_rate
    return (rate * (max(start.up_front, 0.0) + start.cash) - interest) * setup.horizon / 365.0


def _closed(today: TodaysPaths, starts: Sequence[Start], *, paths: int, seed: int) -> dict[Start, Chance]:
    """The chance that something is closed by force, at today's volatility, of each way where something can be."""
    watched = [one for one in starts if one.can_be_closed]
    policies = [at_peaks(one.policy, today) for one in watched]
    runs = today.run(policies, paths=paths, seed=seed)
    return {one: Chance.of(track.is_closed) for one, track in zip(watched, runs.tracks, strict=True)}


def _way(setup: Setup, start: Start, track: Track, runs: Runs, past: PastResult | None, closed: Chance | None) -> Way:
    hold = runs.hedge.bag - runs.start_value
    results, gains = _results(setup, start, track, runs), hold > 0.0
    cost = cash_cost(setup, start)
    end = distribution(results)
    lowest = np.minimum(track.lowest - runs.start_value - cost, 0.0)
    taken_off = (cvar(hold) - end.expected_shortfall.value) / (0.01 * runs.start_value)
    given = float(hold.mean()) - end.mean.value
    return Way(
        kind=start.kind,
        label=start.label,
        end=end,
        lowest=float(lowest.mean()),
        lowest_bad=float(np.quantile(lowest, 0.05)),
        closed=closed,
        up_front=start.up_front,
        cash=start.cash,
        cash_cost=cost,
        upside_kept=float(results[gains].sum() / hold[gains].sum()) if gains.any() else None,
        regret=float(np.maximum(hold - results, 0.0).mean()),
        point_cost=given / taken_off if taken_off >= LEAST_POINTS else None,
        past=past,
        is_own=start.is_own,
        orders=tuple(
            Order(option=leg.option, is_bought=leg.is_bought, contracts=leg.contracts, price=leg.price)
            for leg in start.legs
        ),
    )


def _gap(ways: Mapping[Start, Way], tracks: Mapping[Start, Track], value: float) -> Gap | None:
    """The first in rank of the plan's short, put and collar, against the put, or against the short if it is the put.

    Without a put, short and collar are compared. All are on the same paths.
    """
    order = ranked([way for way in ways.values() if way.is_own or way.kind in ("put", "collar")], value)
    if len(order) < 2:
        return None
    first = order[0]
    wanted = ("short", "collar") if first.kind == "put" else ("put", "short", "collar")
    second = next(way for kind in wanted for way in order[1:] if way.kind == kind)
    start_of = {id(way): start for start, way in ways.items()}
    better, other = (tracks[start_of[id(way)]].worth - way.cash_cost for way in (first, second))
    apart = better - other
    error = float(apart.std(ddof=1) / np.sqrt(len(apart))) if len(apart) > 1 else 0.0
    is_equal = abs(first.worst.value - second.worst.value) <= 0.01 * value
    return Gap(better=first, other=second, mean=Figure(float(apart.mean()), error), is_equal=is_equal)


def _volatilities(setup: Setup) -> dict[str, float]:
    """The volatility of each coin per year on the paths, a fraction."""
    return dict(zip(setup.panel.coins, np.sqrt(365.0 * setup.panel.variances).tolist(), strict=True))


def _path_volatility(setup: Setup, offer: Offer) -> float:
    """The mean of the volatilities on the paths, weighted by what options cover."""
    moved, covered = _volatilities(setup), sum(offer.exposure.values())
    return sum(usd_covered * moved[coin] for coin, usd_covered in offer.exposure.items()) / covered


def _target(settings: AlternativeSettings) -> str:
    if settings.largest_loss is None:
        return "the short's loss in the worst 5% of paths"
    return f"a largest loss of {usd(settings.largest_loss)} in any move of the market from −95% to +100%"


def _notes(assessment: HedgeAssessment, setup: Setup, offer: Offer | None, demand: OptionDemand) -> list[str]:
    """What the comparison assumes, beyond the notes on paths and account."""
    notes = []
    if assessment.plan.decisions.collateral is None:
        notes.append("The plan states no collateral, so the short has the cash that the paths advise.")
    if offer is None:
        return notes
    if demand.moved:
        notes.append(
            f"There are no options on {listed(demand.moved)}; half Bitcoin and half Ether options stand in for them, "
            "by their beta to the market."
        )
    moved = _volatilities(setup)
    pairs = [
        f"{coin} {moved[coin]:.0%} against {offer.surface.of(coin).at_the_money(30.0):.0%}" for coin in offer.exposure
    ]
    notes.append(
        f"Volatility per year on the paths, as in the past, against that of the options: {', '.join(pairs)}. "
        f"The difference is what the buyer of options pays on average. Source of the second: {offer.surface.source}."
    )
    notes.append(
        "Strikes and months are those that venues usually list; check yours before you trade. Premiums include half of "
        "an assumed spread. In past periods options are priced at today's volatility. How much trades in these options "
        "is not known here: ask for quotes before you count on a large order."
    )
    assumed = margin_assumption(offer.series.values()).strip()
    if assumed:
        notes.append(assumed)
    if any(one.fee_is_assumed for one in offer.series.values()):
        notes.append("The fees of these options are assumed.")
    return notes
