"""Path setup: prepares a plan for simulation on joint paths of daily moves.

It makes the panel of days that the plan's coins have in common, the bag and the account of the shorts on the panel's
coins, the path model that the number of days allows, and notes on what had to be assumed. Coins move as in their
history, around a mean of zero; `market_move` adds an expected move of the leading proxy over the horizon, in which the
other coins take part by their beta to it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import get_args

import numpy as np

from hedge_core.errors import InvalidInput
from hedge_core.exposure.betas import BetaEstimate
from hedge_core.exposure.proxies import GOOD_CORRELATION
from hedge_core.hedge.assessment import OPENED_IN_PART, HedgeAssessment
from hedge_core.hedge.costs import LegCost
from hedge_core.hedge.held_coins import HeldCoin
from hedge_core.hedge.held_options import HeldOptions
from hedge_core.hedge.legs import SizedLeg
from hedge_core.hedge.trading_costs import TradingCosts
from hedge_core.market.instruments import FUNDING_WINDOW_DAYS
from hedge_core.market.snapshot import MINIMUM_DAYS, PROXY_COINS, Floats
from hedge_core.simulation.account import Book, peak_factors
from hedge_core.simulation.bag import BagOnPaths, Ints
from hedge_core.simulation.option_policy import OptionHedge
from hedge_core.simulation.panel import BOOTSTRAP_DAYS, MOST_DAYS, Panel, StandIn, make_panel
from hedge_core.simulation.paths import Bootstrap, ModelKind, PathModel, block_length, fit_fat_tails
from hedge_core.text import listed

SHORT_DAYS = 90
"""The common days that are enough if requiring more would attach too much of the bag to stand-ins."""

MOSTLY = 0.25
"""If attached coins exceed this share of the bag's value, a shorter common history is preferred."""


@dataclass(frozen=True, eq=False, kw_only=True)
class Setup:
    """A plan prepared for simulation: its panel of days, its bag and book on the panel's coins, and notes.

    `funded` is the column of each coin's funding rate, by coin.
    """

    assessment: HedgeAssessment
    panel: Panel
    bag: BagOnPaths
    book: Book
    funded: Mapping[str, int]
    notes: tuple[str, ...]

    @property
    def horizon(self) -> int:
        """The plan's horizon in days."""
        return self.assessment.plan.decisions.horizon_days

    def weights(self) -> Floats:
        """Each holding's share of each leg, shape (holdings, legs); each column adds up to 1."""
        held_coins, legs = self.assessment.hedged_coins, self.assessment.traded_legs
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


def prepare(
    assessment: HedgeAssessment,
    *,
    kind: ModelKind = "auto",
    market_move: float = 0.0,
    other_legs: Sequence[SizedLeg] = (),
) -> Setup:
    """The plan prepared for simulation: its bag and book on the days that its coins have in common.

    `kind` is the path model, `market_move` (a fraction) the expected move of the market over the horizon. The paths
    include the coins of `other_legs`, for hedges that use other contracts than this assessment. Raises
    InvalidInput if nothing is hedged, if the history is too short, or if an argument is out of range.
    """
    if not assessment.hedged_coins:
        raise InvalidInput("Nothing in this bag is hedged, so there is nothing to simulate.")
    if not -0.9 <= market_move <= 5.0:
        raise InvalidInput(f"The expected market move must be between -90% and +500%, not {market_move:.0%}.")
    if kind not in get_args(ModelKind):
        raise InvalidInput(f"The path model must be one of {', '.join(get_args(ModelKind))}, not '{kind:.40}'.")
    known = {leg.underlying: leg for leg in (*other_legs, *assessment.traded_legs)}
    legs = (*assessment.traded_legs, *(leg for leg in other_legs if known[leg.underlying] is leg))
    funding, funded = _funding(assessment, legs)
    panel = _panel(assessment, legs, kind, funding, market_move)
    columns = np.array([panel.coins.index(held.moves_with) for held in assessment.hedged_coins], dtype=np.intp)
    return Setup(
        assessment=assessment,
        panel=panel,
        bag=_bag_on_paths(assessment, panel, columns),
        book=book_of(assessment, panel, funded),
        funded=funded,
        notes=(*_panel_remarks(assessment, panel), *account_remarks(assessment), *option_remarks(assessment)),
    )


def _bag_on_paths(assessment: HedgeAssessment, panel: Panel, columns: Ints) -> BagOnPaths:
    """The hedged coins on the panel's coins, `columns` by coin; selling them slips as orders of futures do."""
    held_coins, volatilities = assessment.hedged_coins, np.sqrt(panel.variances)[columns]
    slippage = [
        TradingCosts(assessment.plan.overrides.costs).of_coins(held.moves_with, held.value, volatility)
        for held, volatility in zip(held_coins, volatilities.tolist(), strict=True)
    ]
    return BagOnPaths(
        values=np.array([held.value for held in held_coins]),
        columns=columns,
        trough=1.0 / peak_factors(volatilities),
        slippage=np.array(slippage),
    )


def _panel(
    assessment: HedgeAssessment, legs: tuple[SizedLeg, ...], kind: ModelKind, funding: Floats, market_move: float
) -> Panel:
    """The panel with the most days, or a shorter one if the longer would attach too much of the bag's value."""
    held_coins, history = assessment.hedged_coins, assessment.market.history
    proxies = [coin for coin in PROXY_COINS if coin in history]
    optioned = () if assessment.options is None else assessment.options.coins
    shorted = (leg.underlying for leg in legs)
    coins = tuple(dict.fromkeys([*(p.moves_with for p in held_coins), *shorted, *proxies, *optioned]))
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
    if found is None and not assessment.market.history.coins:
        raise InvalidInput(
            "Paths cannot be simulated: these are prices of one moment, from a link or typed, without the days before. "
            "Choose live prices, or upload daily closes (sidebar, Prices)."
        )
    if found is None:
        raise InvalidInput(
            f"Paths cannot be simulated: the coins of this bag and their proxies have fewer than {MINIMUM_DAYS} days "
            "of prices. Choose live prices, or upload daily closes (sidebar, Prices)."
        )
    return found[0]


def path_model(setup: Setup, kind: ModelKind = "auto") -> tuple[PathModel, str]:
    """The path model for the panel and its description: blocks of real days, or a joint t if there are too few days.

    Raises InvalidInput if `kind` is "bootstrap" and there are too few days for it.
    """
    panel = setup.panel
    days = len(panel.returns)
    if kind == "bootstrap" and days < 2 * MINIMUM_DAYS:
        raise InvalidInput(
            f"The coins have only {days} days of prices in common; drawing real days needs {2 * MINIMUM_DAYS}. Choose "
            "the model 'auto' or 'fat_tails'."
        )
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


def _stand_ins(held: HeldCoin) -> list[StandIn]:
    """The coins that a coin can follow: the user's choice first, then those measured, by correlation."""
    found = [e for e in held.estimates if e.proxy != held.moves_with]
    if held.choice is not None:
        found += [c.estimate for c in held.choice.candidates if c.estimate and c.proxy != held.moves_with]
    found.sort(key=_trust, reverse=True)
    return [StandIn(e.proxy, e.beta, abs(e.correlation or GOOD_CORRELATION)) for e in found]


def _trust(estimate: BetaEstimate) -> tuple[bool, float]:
    return estimate.is_stated, abs(estimate.correlation or 0.0)


def _funding(assessment: HedgeAssessment, legs: tuple[SizedLeg, ...]) -> tuple[Floats, dict[str, int]]:
    """Daily funding rates by row of the history's returns, shape (days, perpetuals), and each coin's column.

    Rates vary as in the past, shifted so that their mean is the rate that the plan uses, that of the last 90 days.
    """
    history, funding = assessment.market.history, assessment.market.funding
    is_stated = assessment.plan.overrides.costs.carry_rate is not None
    coins = [] if funding is None or is_stated else [leg.underlying for leg in legs if leg.instrument.earns_funding]
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
    """The account of an assessment's shorts on the coins of a panel; `funded` gives the funding column by coin."""
    legs, today = assessment.traded_legs, assessment.market.as_of.date()
    costs: tuple[LegCost, ...] = assessment.costs.legs
    columns = np.array([panel.coins.index(leg.underlying) for leg in legs], dtype=np.intp)
    funding_columns = [funded.get(leg.underlying, -1) if leg.instrument.earns_funding else -1 for leg in legs]
    carry = [
        0.0 if column >= 0 else (cost.carry or 0.0) / leg.notional / assessment.costs.horizon_days
        for leg, cost, column in zip(legs, costs, funding_columns, strict=True)
    ]
    peaks = peak_factors(np.sqrt(panel.variances))
    book = Book(
        margin=assessment.margin,
        breach=assessment.breach,
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
    if assessment.options is not None:
        book = replace(book, options=_options_on_paths(assessment.options, panel, peaks))
    pledged = [panel.coins.index(one.coin) for one in assessment.margin.pledged]
    return book.beside(np.array(pledged, dtype=np.intp), 1.0 / peaks[pledged]) if pledged else book


def _options_on_paths(held: HeldOptions, panel: Panel, peaks: Floats) -> OptionHedge:
    """The options that are held, on the coins of a panel."""
    columns = np.array([panel.coins.index(leg.underlying) for leg in held.legs], dtype=np.intp)
    return OptionHedge(
        legs=held.legs,
        columns=columns,
        peak=peaks[columns],
        breach=held.breach,
        collateral=held.collateral,
        are_held=True,
    )


def _leading_series(setup: Setup) -> list[Floats]:
    """The daily returns of the bag and of the shorted coins, as far as they are in the core."""
    panel, size = setup.panel, len(setup.panel.core)
    values = np.bincount(setup.bag.columns, setup.bag.values, len(panel.coins))[:size]
    shorted = [panel.returns[:, column] for column in setup.book.columns if column < size]
    return [panel.returns @ values, *shorted] if values.any() else shorted or [panel.returns[:, 0]]


def _block_length(returns: Floats) -> float:
    """The block length (days) for the returns or for their squares, whichever is longer."""
    return max(block_length(returns), block_length(returns**2))


def _panel_remarks(assessment: HedgeAssessment, panel: Panel) -> list[str]:
    notes = []
    for coin in panel.attached:
        used = panel.stand_ins[coin]
        notes.append(
            f"{coin} has too little price history, so it is simulated as {used.beta:.2f} × the move of {used.proxy} "
            "plus a move of its own (measured if it has enough days, else sized for a correlation of "
            f"{used.correlation:.2f})."
        )
    stated = [p.holding.coin for p in assessment.hedged_coins if _is_stated(p) and p.moves_with in panel.core]
    if stated:
        notes.append(f"Simulated from price history and not with the beta that you set: {listed(stated)}.")
    left_out = assessment.bag_value - assessment.hedgeable_value
    if left_out >= 1.0:
        notes.append(f"Only the hedged part of the bag is simulated; ${left_out:,.0f} of other holdings is left out.")
    return notes


def account_remarks(assessment: HedgeAssessment) -> tuple[str, ...]:
    """Notes on an assessment's account that limit the figures: collateral too small or unknown, carry unknown."""
    notes = []
    if assessment.is_limited:
        notes.append(OPENED_IN_PART)
    elif assessment.margin.is_enough_to_open is False and assessment.margin.notional > 0.0:
        notes.append("Your collateral is too small to open this hedge in full; results assume that it was funded.")
    elif assessment.margin.collateral is None and assessment.margin.notional > 0.0:
        notes.append("No collateral is entered, so the short is never liquidated here; see the cash that it needs.")
    if not assessment.costs.is_carry_known:
        notes.append("Carry is unknown for some contracts and left out for those.")
    return tuple(notes)


def option_remarks(assessment: HedgeAssessment) -> tuple[str, ...]:
    """What is assumed of options that are held; () without any."""
    if assessment.options is None:
        return ()
    return (f"{assessment.options.assumed} The cash that is advised is that of the shorts.",)


def _is_stated(held: HeldCoin) -> bool:
    return any(estimate.is_stated for estimate in held.estimates)
