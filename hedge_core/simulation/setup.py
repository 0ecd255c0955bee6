"""Path setup: a plan made ready to be laid on joint paths of daily moves.

The panel of days that its coins have in common, the bag and the account of its shorts on the panel's coins, the model
that the days allow, and what had to be assumed. Coins move as their history did around a mean of zero; `market_move`
adds a move that the holder expects of the leading proxy by the horizon, in which the others share by their beta to it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import get_args

import numpy as np

from hedge_core.errors import InvalidInput
from hedge_core.exposure.betas import BetaEstimate
from hedge_core.exposure.proxies import GOOD_CORRELATION
from hedge_core.hedge.assessment import HedgeAssessment
from hedge_core.hedge.costs import FUNDING_WINDOW_DAYS, LegCost
from hedge_core.hedge.held_coins import HeldCoin
from hedge_core.hedge.legs import SizedLeg
from hedge_core.market.snapshot import MINIMUM_DAYS, PROXY_COINS, Floats
from hedge_core.simulation.account import Book, peak_factors
from hedge_core.simulation.panel import BOOTSTRAP_DAYS, MOST_DAYS, Panel, StandIn, make_panel
from hedge_core.simulation.paths import Bootstrap, ModelKind, PathModel, block_length, fit_fat_tails
from hedge_core.simulation.policies import BagOnPaths
from hedge_core.text import listed

SHORT_DAYS = 90
"""Common days that will do where more would leave most of the bag without days of its own."""

MOSTLY = 0.25
"""The share of the bag's value from which a shorter history of all coins is better than a longer one of the rest."""


@dataclass(frozen=True, eq=False, kw_only=True)
class Setup:
    """A plan made ready for paths: its panel of days, bag and book, and what had to be assumed.

    `funded` holds the column of each coin's funding rate.
    """

    assessment: HedgeAssessment
    panel: Panel
    bag: BagOnPaths
    book: Book
    funded: Mapping[str, int]
    notes: tuple[str, ...]

    @property
    def horizon(self) -> int:
        """Days."""
        return self.assessment.plan.decisions.horizon_days

    def weights(self) -> Floats:
        """The share of each leg that a holding asks for, shape (holdings, legs); columns add up to 1."""
        held_coins, legs = self.assessment.hedged_coins, traded_legs(self.assessment)
        asked = np.zeros((len(held_coins), len(legs)))
        for row, held in enumerate(held_coins):
            for estimate in held.estimates:
                for column, leg in enumerate(legs):
                    if leg.underlying == estimate.proxy:
                        asked[row, column] += held.value * max(estimate.beta, 0.0)
        total = asked.sum(axis=0)
        values = np.array([held.value for held in held_coins])
        shares: Floats = np.where(
            total > 0.0, asked / np.where(total > 0.0, total, 1.0), (values / values.sum())[:, None]
        )
        return shares


def prepare(assessment: HedgeAssessment, *, kind: ModelKind = "auto", market_move: float = 0.0) -> Setup:
    """The plan's bag and book on the days that its coins have in common.

    Raises InvalidInput where nothing is hedged, history is too short for any path, or an argument is out of range.
    """
    if not assessment.hedged_coins:
        raise InvalidInput("Nothing in this bag is hedged, so there is nothing to simulate.")
    if not -0.9 <= market_move <= 5.0:
        raise InvalidInput(f"The move expected of the market must lie between -90% and +500%, not {market_move:.0%}.")
    if kind not in get_args(ModelKind):
        raise InvalidInput(f"Paths are drawn by one of {', '.join(get_args(ModelKind))}, not '{kind:.40}'.")
    legs = traded_legs(assessment)
    funding, funded = _funding(assessment, legs)
    panel = _panel(assessment, legs, kind, funding, market_move)
    columns = np.array([panel.coins.index(held.moves_with) for held in assessment.hedged_coins], dtype=np.intp)
    values = np.array([held.value for held in assessment.hedged_coins])
    return Setup(
        assessment=assessment,
        panel=panel,
        bag=BagOnPaths(values, columns, 1.0 / peak_factors(np.sqrt(panel.variances))[columns]),
        book=book_of(assessment, panel, funded),
        funded=funded,
        notes=(*_panel_remarks(assessment, panel), *account_remarks(assessment)),
    )


def _panel(
    assessment: HedgeAssessment, legs: tuple[SizedLeg, ...], kind: ModelKind, funding: Floats, market_move: float
) -> Panel:
    """The panel with enough days; a shorter one where the longer would attach most of the bag's value."""
    held_coins, history = assessment.hedged_coins, assessment.market.history
    proxies = [coin for coin in PROXY_COINS if coin in history]
    coins = tuple(dict.fromkeys([*(p.moves_with for p in held_coins), *(leg.underlying for leg in legs), *proxies]))
    stand_ins = {coin: [StandIn(proxy, 1.0, GOOD_CORRELATION) for proxy in PROXY_COINS] for coin in coins}
    for held in held_coins:
        stand_ins[held.moves_with] = [*_stand_ins(held), *stand_ins[held.moves_with]]
    leaders = [
        leg.underlying for leg in sorted(legs, key=lambda leg: (leg.underlying not in PROXY_COINS, -leg.notional))
    ]
    horizon = assessment.plan.decisions.horizon_days
    found = None
    for least in (BOOTSTRAP_DAYS, SHORT_DAYS, MINIMUM_DAYS):
        panel = make_panel(
            history,
            coins,
            funding=funding,
            stand_ins=stand_ins,
            least_days=least,
            proxy_move_a_day=(1.0 + market_move) ** (1.0 / horizon) - 1.0,
            leaders=(*leaders, *PROXY_COINS),
        )
        if panel is None:
            continue
        young = sum(p.value for p in held_coins if p.moves_with in panel.attached)
        has_days = any(p.moves_with in panel.attached and p.moves_with in history for p in held_coins)
        if found is None or young < found[1]:
            found = (panel, young)
        is_mostly_young = young > MOSTLY * assessment.hedgeable_value and has_days
        if kind == "bootstrap" or not (is_mostly_young or (kind == "fat_tails" and has_days)):
            break
    if found is None:
        raise InvalidInput(
            f"There are not {MINIMUM_DAYS} days on which a coin of this bag and what it is hedged with were priced, so "
            "that no path can be drawn. Choose live prices, or upload daily closes (sidebar, Prices)."
        )
    return found[0]


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
            f"{'simulated' if setup.assessment.market.simulated else 'real'} days drawn in blocks of {length:.0f} on "
            f"average, from {days:,} days on which {'all' if not panel.attached else 'the older'} coins traded",
        )
    fitted = fit_fat_tails(panel)
    tails = "normal tails" if np.isinf(fitted.degrees) else f"fat tails ({fitted.degrees:.1f} degrees of freedom)"
    return fitted, f"a joint distribution with {tails} and clustering volatility, fitted to {days:,} days"


def traded_legs(assessment: HedgeAssessment) -> tuple[SizedLeg, ...]:
    """The legs of which at least one contract is shorted, in the order of `assessment.margin.legs`."""
    return tuple(leg for leg in assessment.legs if leg.contracts)


def _stand_ins(held: HeldCoin) -> list[StandIn]:
    """How a coin follows other coins: as the user states, else as measured, the strongest first."""
    found = [e for e in held.estimates if e.proxy != held.moves_with]
    if held.choice is not None:
        found += [c.estimate for c in held.choice.candidates if c.estimate and c.proxy != held.moves_with]
    found.sort(key=_trust, reverse=True)
    return [StandIn(e.proxy, e.beta, abs(e.correlation or GOOD_CORRELATION)) for e in found]


def _trust(estimate: BetaEstimate) -> tuple[bool, float]:
    return estimate.method == "set by you", abs(estimate.correlation or 0.0)


def _funding(assessment: HedgeAssessment, legs: tuple[SizedLeg, ...]) -> tuple[Floats, dict[str, int]]:
    """Daily funding rates beside the history's returns, and the column of each coin that is funded.

    They scatter as they did around the rate that the plan counts with, the mean of the last 90 days.
    """
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
            planned, known = funding.annual_mean(coin, FUNDING_WINDOW_DAYS), table[-MOST_DAYS:, column]
            if planned is not None and not np.isnan(known).all():
                table[:, column] += planned / 365.0 - float(np.nanmean(known))
    return table, {coin: column for column, coin in enumerate(coins)}


def book_of(assessment: HedgeAssessment, panel: Panel, funded: Mapping[str, int]) -> Book:
    """The account of an assessment's shorts on the coins of a panel."""
    legs, today = traded_legs(assessment), assessment.market.as_of.date()
    costs: tuple[LegCost, ...] = assessment.costs.legs
    columns = np.array([panel.coins.index(leg.underlying) for leg in legs], dtype=np.intp)
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
        peak=peak_factors(np.sqrt(panel.variances))[columns],
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


def _panel_remarks(assessment: HedgeAssessment, panel: Panel) -> list[str]:
    notes = []
    for coin in panel.attached:
        used = panel.stand_ins[coin]
        notes.append(
            f"{coin} has too few days of its own: it follows {used.proxy} with beta {used.beta:.2f} and a residual "
            "(measured where it has days, else one that leaves "
            f"a correlation of {used.correlation:.2f})."
        )
    stated = [p.holding.coin for p in assessment.hedged_coins if _is_stated(p) and p.moves_with in panel.core]
    if stated:
        notes.append(f"{listed(stated)} moves as its history did, not by the beta that you set.")
    left_out = assessment.bag_value - assessment.hedgeable_value
    if left_out >= 1.0:
        notes.append(f"The bag here is the part that is hedged; ${left_out:,.0f} of other holdings are left out.")
    return notes


def account_remarks(assessment: HedgeAssessment) -> tuple[str, ...]:
    """What has to be known of the account of an assessment's shorts before its figures are read."""
    notes = []
    if assessment.margin.is_enough_to_open is False and assessment.margin.notional > 0.0:
        notes.append("Your collateral does not open this hedge in full; it is shown as if it were funded.")
    elif assessment.margin.collateral is None and assessment.margin.notional > 0.0:
        notes.append("No collateral is stated, so the short is never closed here; the cash that it asks for is shown.")
    if not assessment.costs.is_carry_known:
        notes.append("What the short earns or pays is not known for every contract and is left out for those.")
    return tuple(notes)


def _is_stated(held: HeldCoin) -> bool:
    return any(estimate.method == "set by you" for estimate in held.estimates)
