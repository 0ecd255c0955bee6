"""Scenarios: the profit and loss of bag and hedge under one shock, and why it differs from an ideal hedge.

A shock (see `shocks`) moves proxies, coins and contracts at once; no price falls below zero. There is no path: margin
is checked along a straight line from today's prices to the new ones. Options that are held are priced at the end of the
move, after the days that it takes (see `option_outcome`).

An ideal hedge of ratio h leaves (1 − h)·B of the bag's profit and loss B. The attribution explains the gap:

    net after costs − (1 − h)·B = beta + method + rounding + basis + collateral + liquidation + options + carry + fees
                                     + cash

Each term is computed on its own, none as the remainder. Costs count as negative.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from itertools import pairwise

import numpy as np

from hedge_core.hedge.assessment import OPENED_IN_PART, HedgeAssessment
from hedge_core.market.snapshot import Floats
from hedge_core.scenarios.hedge_outcome import HedgeOutcome, hedge_outcome
from hedge_core.scenarios.option_outcome import OptionOutcome, held_outcome
from hedge_core.scenarios.shocks import (
    MoveOf,
    Shock,
    applied_move,
    holding_move,
    implied_beta,
    own_move,
    proxy_move,
    underlying_move,
)
from hedge_core.text import days_text, listed

MOVES = (-0.5, -0.4, -0.3, -0.2, -0.15, -0.1, -0.05, 0.0, 0.05, 0.1, 0.2, 0.3, 0.5, 0.75, 1.0)
"""The market moves (fractions) of the scenario table, in ascending order."""


TERMS: Mapping[str, str] = {
    "beta": "Betas and coin moves",
    "method": "Sizing method",
    "rounding": "Contracts off target",
    "collateral": "Posted coins",
    "basis": "Basis",
    "liquidation": "Liquidation",
    "options": "Options",
    "carry": "Carry",
    "fees": "Fees and spread",
    "cash": "Cost of cash",
}
"""The label of each term of an attribution, in display order."""

BORDER = 1e-4
"""The precision (a fraction of the price) to which `to_the_border` locates the move that liquidates the short."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Attribution:
    """Why the net result differs from the ideal (1 − h)·B, in USD; the terms add up to the gap.

    - `beta`: betas and the coins' own moves.
    - `method`: a sizing method that targets something other than h·beta.
    - `rounding`: counts off their target: whole contracts, the user's own counts, or what the cash opens or is filled.
    - `basis`: the contracts' moves relative to their underlyings.
    - `collateral`: the gain on coins posted for inverse contracts.
    - `liquidation`: what being liquidated changes compared with holding the short to the end.
    - `options`: what options that are held make, before the cost of ending them.
    - `carry`: what the short earns over the horizon (negative: pays).
    - `fees`: the cost of opening, rolling and closing (negative).
    - `cash`: what the collateral and the reserve could have earned elsewhere over the horizon (negative).
    """

    beta: float
    method: float
    rounding: float
    basis: float
    collateral: float
    liquidation: float
    carry: float
    fees: float
    cash: float = 0.0
    options: float = 0.0

    @property
    def total(self) -> float:
        """The whole gap (USD): net after costs − (1 − h)·B."""
        return float(sum(getattr(self, term.name) for term in fields(self)))


@dataclass(frozen=True, slots=True, kw_only=True)
class ScenarioResult:
    """Profit and loss (USD, positive is a gain) under one shock.

    `bag_pnl` covers the hedged holdings, `unhedged_pnl` all others, and `net_pnl` is bag + hedge before costs. The
    hedge is the shorts and the options that are held, which make `options_pnl` of it. `proxy_move` is the proxies'
    move, a fraction, on average by exposure, and `market_move` that of the market, half Bitcoin and half Ether; None if
    every proxy moves alike. `moves` are those of the coins of the contracts, without the basis. `is_liquidated`: at
    least one lot of the shorts is closed by force, by the venue or by a broker after an unmet margin call; `open_share`
    is the share of the short's notional today that stays open. `notes` say what was assumed or capped. `pledged_moves`
    are those at which the account's pledged coins count, in their order. `are_options_closed`: sold options are closed
    by force.
    """

    shock: Shock
    proxy_move: float
    market_move: float | None
    moves: Mapping[str, float]
    bag_pnl: float
    unhedged_pnl: float
    hedge_pnl: float
    net_after_costs: float
    is_liquidated: bool
    attribution: Attribution
    notes: tuple[str, ...]
    open_share: float = 1.0
    pledged_moves: tuple[float, ...] = field(default=(), compare=False)
    options_pnl: float = 0.0
    are_options_closed: bool = False

    @property
    def net_pnl(self) -> float:
        """Profit and loss (USD) of bag and hedge together, before costs."""
        return self.bag_pnl + self.hedge_pnl

    @property
    def shorts_pnl(self) -> float:
        """Profit and loss (USD) of the shorts alone, without options."""
        return self.hedge_pnl - self.options_pnl

    @property
    def offset(self) -> float | None:
        """The share of the bag's move that the hedge offsets, −hedge/bag; None if the bag hardly moves."""
        return share_offset(self.bag_pnl, self.hedge_pnl)


def share_offset(bag_pnl: float, hedge_pnl: float) -> float | None:
    """The share of the bag's move that the hedge offsets, −hedge/bag; None if the bag hardly moves."""
    return -hedge_pnl / bag_pnl if abs(bag_pnl) > 1e-9 * abs(hedge_pnl) else None


def run_scenario(assessment: HedgeAssessment, shock: Shock, *, days: int | None = None) -> ScenarioResult:
    """Profit and loss of bag and hedge under one shock, with the attribution of the gap to the ideal hedge.

    `days` are those after which options that are held are priced; None takes the plan's horizon. Raises InvalidInput if
    a move of the bag cannot be translated into a move of the proxies (see `shocks.proxy_move`).
    """
    h = assessment.hedge_ratio
    average = proxy_move(assessment, shock)
    notes: list[str] = []
    if average < -1.0 and shock.of == "bag":
        text = f"The proxies cannot fall below -100%, although a bag move of {shock.move:.0%} implies {average:.0%}."
        notes.append(text)
        average = -1.0
    p = applied_move(assessment, shock, average)

    bag_pnl = 0.0
    for held in assessment.hedged_coins:
        wanted = holding_move(assessment, held, implied_beta(assessment, held, shock) or 0.0, shock, p)
        if wanted < -1.0:
            notes.append(f"{held.holding.coin} cannot fall below -100%, although its beta implies {wanted:.0%}.")
        bag_pnl += held.value * max(wanted, -1.0)
    unhedged_pnl = _unhedged_pnl(assessment, shock, p, notes)

    ideal = np.array([leg.ideal_notional for leg in assessment.legs])
    target = np.array([leg.target_notional for leg in assessment.legs])
    notional = np.array([leg.notional for leg in assessment.legs])
    proxy_return = np.array(
        [max(underlying_move(assessment, leg.underlying, shock, p), -1.0) for leg in assessment.legs]
    )
    contract_return = np.maximum(proxy_return + shock.basis_move, -1.0)

    pledged = np.array([_pledged_move(assessment, one.coin, shock, p) for one in assessment.margin.pledged])
    hedge = hedge_outcome(assessment, contract_return, pledged)
    notes += hedge.notes
    carry = _carry(assessment, hedge) + _shifted_carry(assessment, shock, hedge)
    fees, cash = _fees(assessment, hedge), assessment.cash_cost
    options = held_outcome(assessment, shock, assessment.plan.decisions.horizon_days if days is None else days)
    options_pnl = 0.0 if options is None else options.before_costs
    fees += 0.0 if options is None else float(options.costs.sum())

    notes += _remarks(assessment, shock, hedge)
    notes += _option_remarks(assessment, options)
    attribution = Attribution(
        beta=h * bag_pnl - float(ideal @ proxy_return),
        method=-float((target - ideal) @ proxy_return),
        rounding=-float((notional - target) @ proxy_return),
        basis=float((hedge.gains + (notional * proxy_return)[assessment.is_traded]).sum()),
        collateral=hedge.posted,
        liquidation=hedge.liquidation,
        carry=carry,
        fees=-fees,
        cash=-cash,
        options=options_pnl,
    )
    return ScenarioResult(
        shock=shock,
        proxy_move=average,
        market_move=None if shock.of == "proxy" else p,
        moves={leg.underlying: float(r) for leg, r in zip(assessment.legs, proxy_return, strict=True)},
        bag_pnl=bag_pnl,
        unhedged_pnl=unhedged_pnl,
        hedge_pnl=hedge.pnl + options_pnl,
        net_after_costs=bag_pnl + hedge.pnl + options_pnl + carry - fees - cash,
        is_liquidated=hedge.is_closed,
        attribution=attribution,
        notes=tuple(notes),
        open_share=hedge.open_share(assessment),
        pledged_moves=tuple(pledged.tolist()),
        options_pnl=options_pnl,
        are_options_closed=options is not None and options.is_closed,
    )


def _pledged_move(assessment: HedgeAssessment, coin: str, shock: Shock, p: float) -> float:
    """The move (a fraction, at least −1) at which a coin of the bag that is pledged as margin counts."""
    if coin in shock.pledged_moves:
        return shock.pledged_moves[coin]
    held = next(held for held in assessment.held_coins if held.moves_with == coin)
    return max(holding_move(assessment, held, implied_beta(assessment, held, shock) or 0.0, shock, p), -1.0)


def _carry(assessment: HedgeAssessment, hedge: HedgeOutcome) -> float:
    """The carry (USD) of the lots that stay open."""
    legs = zip(assessment.costs.legs, hedge.kept.tolist(), strict=True)
    return float(sum(leg.carry * kept for leg, kept in legs if leg.carry is not None))


def _fees(assessment: HedgeAssessment, hedge: HedgeOutcome) -> float:
    """Fees (USD) for opening, rolling and closing, without those that lots closed by force no longer pay."""
    saved = 0.0
    for leg, kept in zip(assessment.costs.legs, hedge.kept.tolist(), strict=True):
        closing = 0.0 if hedge.charges_fees else (leg.commission + leg.spread) / 2.0
        saved += (1.0 - kept) * (leg.roll_cost + closing)
    return assessment.costs.fees - saved


def _remarks(assessment: HedgeAssessment, shock: Shock, hedge: HedgeOutcome) -> list[str]:
    """Notes on the assumptions of a shock that the figures do not show: broken correlation and shifted carry."""
    notes = []
    if assessment.is_limited:
        notes.append(OPENED_IN_PART)
    if assessment.traded_legs and assessment.margin.collateral is None and assessment.plan.overrides.costs.cash_rate:
        notes.append(
            "No collateral is stated, so the cost of cash is left out here. The simulation of paths advises how much "
            "to set aside."
        )
    if shock.correlation_break:
        linked = [p.holding.coin for p in assessment.hedged_coins if p.proxy != p.moves_with]
        if linked:
            notes.append(
                f"The broken correlation affects {listed(linked)}, but no coin that is hedged with its own future. The "
                "extra independent move is assumed to go against you, by one standard deviation over the horizon."
            )
        else:
            notes.append("Every coin here is hedged with its own future, so broken correlation changes nothing.")
    known, used = assessment.market_betas, _moving_by_market_beta(assessment)
    assumed = [c for c, is_assumed in zip(known.coins, known.is_assumed, strict=True) if is_assumed and c in used]
    if shock.of != "proxy" and 0 < len(assumed) < len(known.coins):
        moves = "moves" if len(assumed) == 1 else "move"
        notes.append(
            f"Too little history to tell how {listed(assumed)} {moves} with the market: a beta of 1 is assumed."
        )
    if shock.carry_shift and not hedge.is_closed:
        shifted = _shifted_carry(assessment, shock, hedge)
        verb = "earns" if shifted >= 0.0 else "pays"
        notes.append(
            f"At {abs(shock.carry_shift):.0%} per year, the short {verb} ${abs(shifted):,.0f} more over "
            f"{days_text(assessment.costs.horizon_days)}, based on today's size."
        )
    return notes


def _moving_by_market_beta(assessment: HedgeAssessment) -> set[str]:
    """The coins whose own betas to the market are used: of contracts, and of holdings that no basket or proxy moves."""
    held = (p.moves_with for p in assessment.held_coins if p.status != "stablecoin" and p.route != "bag")
    return {*(leg.underlying for leg in assessment.legs), *held}


def _option_remarks(assessment: HedgeAssessment, options: OptionOutcome | None) -> list[str]:
    """What is assumed of options that are held, and whether any is closed by force."""
    if assessment.options is None or options is None:
        return []
    closed = ["Margin runs out on the way, and sold options are closed by force."] if options.is_closed else []
    return [assessment.options.assumed, *closed]


def run_range(assessment: HedgeAssessment, moves: Sequence[float], shock: Shock) -> tuple[ScenarioResult, ...]:
    """One result per move in `moves` (fractions), with everything else as in `shock`."""
    return tuple(run_scenario(assessment, replace(shock, move=float(move))) for move in moves)


def to_the_border(assessment: HedgeAssessment, results: Sequence[ScenarioResult]) -> tuple[ScenarioResult, ...]:
    """`results` of `run_range` with two more results wherever the short is liquidated between two neighbours.

    The two added moves lie on either side of the liquidation and at most BORDER apart, so that a line through all
    results bends or breaks where the account is closed.
    """
    found = list(results[:1])
    for left, right in pairwise(results):
        low, high = left, right
        while low.is_liquidated != high.is_liquidated and high.shock.move - low.shock.move > BORDER:
            middle = run_scenario(assessment, replace(low.shock, move=(low.shock.move + high.shock.move) / 2))
            low, high = (middle, high) if middle.is_liquidated == low.is_liquidated else (low, middle)
        found += [result for result in (low, high) if result is not left and result is not right]
        found.append(right)
    return tuple(found)


def net_grid(
    assessment: HedgeAssessment, moves: Sequence[float], beta_shifts: Sequence[float], *, of: MoveOf = "proxy"
) -> Floats:
    """Net profit and loss before costs (USD) by move and beta shift (fractions), shape (shifts, moves)."""
    return np.array(
        [
            [run_scenario(assessment, Shock(move=move, of=of, beta_shift=shift)).net_pnl for move in moves]
            for shift in beta_shifts
        ]
    )


def collateral_to_outlive(assessment: HedgeAssessment, result: ScenarioResult) -> float:
    """USD of collateral with which the short is not liquidated on the way of a scenario."""
    returns = [max(result.moves[leg.underlying] + result.shock.basis_move, -1.0) for leg in assessment.traded_legs]
    return float(assessment.margin.collateral_needed(np.array([*returns, *result.pledged_moves], dtype=np.float64)))


def break_even_moves(results: Sequence[ScenarioResult]) -> tuple[float, ...]:
    """The moves (fractions) at which the net result before costs crosses zero.

    Found by linear interpolation between neighbours in `results`, which must be sorted by move. A jump at the move that
    liquidates the short is not a break-even.
    """
    crossings = []
    for left, right in pairwise(results):
        if left.is_liquidated != right.is_liquidated:
            continue
        a, b = left.net_pnl, right.net_pnl
        if a * b < 0:
            share = a / (a - b)
            crossings.append(left.shock.move + share * (right.shock.move - left.shock.move))
        elif a == 0.0:
            crossings.append(left.shock.move)
    return tuple(crossings)


def _unhedged_pnl(assessment: HedgeAssessment, shock: Shock, p: float, notes: list[str]) -> float:
    """Profit and loss (USD) of the holdings that are not hedged; appends to `notes`.

    A holding moves by its beta, or by the hedged bag's average beta if it has none; a stablecoin by its own move only.
    """
    value = assessment.hedgeable_value
    bag_beta = float(assessment.exposure.sum()) / value if value > 0 else 1.0
    total = 0.0
    for held in assessment.held_coins:
        if held.status == "hedged":
            continue
        if held.status == "stablecoin":
            total += held.value * own_move(held, shock)
            continue
        beta = implied_beta(assessment, held, shock)
        if beta is None:
            beta = bag_beta
            notes.append(f"{held.holding.coin} has no beta, so the bag's average ({bag_beta:.2f}) is assumed.")
        move = holding_move(assessment, held, beta, shock, p)
        if move < -1.0:
            notes.append(f"{held.holding.coin} cannot fall below -100%, although its beta implies {move:.0%}.")
        total += held.value * max(move, -1.0)
    return total


def _shifted_carry(assessment: HedgeAssessment, shock: Shock, hedge: HedgeOutcome) -> float:
    """The carry (USD) that the shock's change of the rate adds on the lots that stay open."""
    kept = float(sum(leg.notional * share for leg, share in zip(assessment.margin.legs, hedge.kept, strict=True)))
    return shock.carry_shift * kept * assessment.costs.horizon_days / 365.0


def scenario_table(assessment: HedgeAssessment) -> tuple[ScenarioResult, ...]:
    """One result for each of MOVES: every proxy moves by that fraction, nothing else changes."""
    return run_range(assessment, MOVES, Shock(move=0.0))
