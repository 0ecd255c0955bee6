"""Scenarios: what bag and hedge make together when the market moves.

A shock (see `shocks`) moves proxies, coins and contracts; no coin falls below zero.

The attribution explains the gap between the result and the ideal, a bag of which the share h does not move:

    net − (1 − h)·B = beta + method + rounding + basis + liquidation + carry − fees

Each term is computed by itself; none is the remainder.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from itertools import pairwise

import numpy as np

from hedge_core.hedge.assessment import HedgeAssessment
from hedge_core.hedge.margin import MarginRequirement
from hedge_core.market.snapshot import Floats
from hedge_core.scenarios.shocks import Shock, holding_move, measured_beta, own_move, proxy_move, underlying_move
from hedge_core.text import days_text, listed

MOVES = (-0.5, -0.4, -0.3, -0.2, -0.15, -0.1, -0.05, 0.0, 0.05, 0.1, 0.2, 0.3, 0.5, 0.75, 1.0)
"""Moves of the market, the largest fall first."""


TERMS: Mapping[str, str] = {
    "beta": "Betas and own moves",
    "method": "Sizing method",
    "rounding": "Whole contracts",
    "collateral": "Coins posted",
    "basis": "Basis",
    "liquidation": "Liquidation",
    "carry": "Carry",
    "fees": "Fees and spread",
}
"""The terms of an attribution in words, in the order in which they are shown."""

BORDER = 1e-4
"""How closely (a fraction of the price) the move at which an account is closed is looked for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Attribution:
    """Why the result differs from the ideal (1 − h)·B, in USD; the terms add up to the gap.

    `beta` is what betas and the coins' own moves did, `method` a sizing method that asks for something else
    than h·beta, `rounding` whole contracts, `basis` the contracts' moves against their proxies, `collateral` the gain
    of coins posted for inverse contracts, `liquidation` the loss of the collateral instead of the hedge's own result,
    `carry` what the short earns over the horizon, `fees` (negative) what opening, rolling and closing costs.
    """

    beta: float
    method: float
    rounding: float
    basis: float
    collateral: float
    liquidation: float
    carry: float
    fees: float

    @property
    def total(self) -> float:
        """The whole gap: net after costs − (1 − h)·B."""
        return float(sum(getattr(self, term.name) for term in fields(self)))


@dataclass(frozen=True, slots=True, kw_only=True)
class ScenarioResult:
    """Profit and loss in USD under one shock.

    `bag_pnl` is that of the hedged holdings, `unhedged_pnl` that of all others, `net_pnl` = bag + hedge before
    costs. `offset` = −hedge/bag, None when the bag does not move. `proxy_move` is the p that was applied.
    """

    shock: Shock
    proxy_move: float
    bag_pnl: float
    unhedged_pnl: float
    hedge_pnl: float
    net_after_costs: float
    is_liquidated: bool
    attribution: Attribution
    notes: tuple[str, ...]

    @property
    def net_pnl(self) -> float:
        """Bag and hedge together, before costs."""
        return self.bag_pnl + self.hedge_pnl

    @property
    def offset(self) -> float | None:
        """The share of the bag's move that the hedge took back; None where the bag does not move to speak of."""
        return -self.hedge_pnl / self.bag_pnl if abs(self.bag_pnl) > 1e-9 * abs(self.hedge_pnl) else None


def run_scenario(assessment: HedgeAssessment, shock: Shock) -> ScenarioResult:
    """Profit and loss of bag and hedge under one shock, with the attribution of the gap to the ideal."""
    h = assessment.hedge_ratio
    p = proxy_move(assessment, shock)
    notes: list[str] = []
    if p < -1.0:
        notes.append(f"The proxies are floored at -100% (a move of the bag by {shock.move:.0%} asks for {p:.0%}).")
        p = -1.0

    bag_pnl = 0.0
    for held in assessment.hedged_coins:
        wanted = holding_move(assessment, held, held.beta or 0.0, shock, p)
        if wanted < -1.0:
            notes.append(f"{held.holding.coin} is floored at -100% (beta asks for {wanted:.0%}).")
        bag_pnl += held.value * max(wanted, -1.0)
    unhedged_pnl = _unhedged_pnl(assessment, shock, p, notes)

    ideal = np.array([leg.ideal_notional for leg in assessment.legs])
    target = np.array([leg.target_notional for leg in assessment.legs])
    notional = np.array([leg.notional for leg in assessment.legs])
    proxy_return = np.array(
        [max(underlying_move(assessment, leg.underlying, shock, p), -1.0) for leg in assessment.legs]
    )
    contract_return = np.maximum(proxy_return + shock.basis_move, -1.0)

    hedge = hedge_outcome(assessment, contract_return)
    notes += hedge.notes
    carry = 0.0 if hedge.is_closed else assessment.costs.carry + _shifted_carry(assessment, shock)
    fees = assessment.costs.fees - (assessment.costs.rolls if hedge.is_closed else 0.0)

    notes += _remarks(assessment, shock, hedge)
    attribution = Attribution(
        beta=h * bag_pnl - float(ideal @ proxy_return),
        method=-float((target - ideal) @ proxy_return),
        rounding=-float((notional - target) @ proxy_return),
        basis=-float(notional @ (contract_return - proxy_return)),
        collateral=hedge.posted,
        liquidation=hedge.liquidation,
        carry=carry,
        fees=-fees,
    )
    return ScenarioResult(
        shock=shock,
        proxy_move=p,
        bag_pnl=bag_pnl,
        unhedged_pnl=unhedged_pnl,
        hedge_pnl=hedge.pnl,
        net_after_costs=bag_pnl + hedge.pnl + carry - fees,
        is_liquidated=hedge.is_closed,
        attribution=attribution,
        notes=tuple(notes),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class HedgeOutcome:
    """What the shorts and their collateral make of moves of the contracts, USD.

    `open_pnl` is that of the shorts if nothing closes them, `posted` the gain of coins posted, `liquidation` what being
    closed on the way adds to both (0 where it is not).
    """

    open_pnl: float
    posted: float
    liquidation: float
    is_closed: bool
    notes: tuple[str, ...]

    @property
    def pnl(self) -> float:
        """All of it together."""
        return self.open_pnl + self.posted + self.liquidation


def hedge_outcome(assessment: HedgeAssessment, moves: Floats) -> HedgeOutcome:
    """The hedge under moves (fractions, not below −1) of the contracts, a leg each, along a straight path from today.

    The account is closed where its equity reaches the maintenance margin. On exchanges with brokers the rest of the
    collateral stays the holder's and the loss is that of the move so far; where any leg stands elsewhere, the whole
    collateral is taken as lost.
    """
    margin, notional = assessment.margin, np.array([leg.notional for leg in assessment.legs])
    traded = [float(move) for leg, move in zip(assessment.legs, moves, strict=True) if leg.contracts]
    open_pnl, posted = -float(notional @ moves), margin.coins_posted_pnl(traded)

    def outcome(liquidation: float, is_closed: bool, *notes: str) -> HedgeOutcome:
        return HedgeOutcome(open_pnl=open_pnl, posted=posted, liquidation=liquidation, is_closed=is_closed, notes=notes)

    if margin.is_enough_to_open is False and margin.notional > 0:
        return outcome(
            0.0, False, "Your collateral does not open this hedge in full; it is shown as if it were funded."
        )
    if margin.collateral is None or margin.notional <= 0 or margin.room(traded) >= 0.0:
        return outcome(0.0, False)
    if all(leg.is_exchange_traded for leg in margin.legs):
        return outcome(
            margin.border(traded) * open_pnl - open_pnl - posted,
            True,
            f"The margin is called on the way and not met here: the broker closes.{_enough(margin, traded)}",
        )
    return outcome(
        -margin.collateral - open_pnl - posted,
        True,
        f"The short is liquidated on the way: its collateral is taken as lost.{_enough(margin, traded)}",
    )


def _enough(margin: MarginRequirement, moves: Sequence[float]) -> str:
    """With how much collateral the account would have lived."""
    needed = float(margin.collateral_needed(np.array([moves]))[0])
    return f" With ${needed:,.0f} of collateral it would have lived."


def _remarks(assessment: HedgeAssessment, shock: Shock, hedge: HedgeOutcome) -> list[str]:
    """What the shock takes for granted, where the figures alone would leave it open."""
    notes = []
    if shock.correlation_break:
        linked = [p.holding.coin for p in assessment.hedged_coins if p.proxy != p.moves_with]
        if linked:
            notes.append(
                f"What breaks is the link of {listed(linked)}; coins with a future of their own have none to break. "
                "The movement that becomes free goes against you, one standard deviation over the horizon."
            )
        else:
            notes.append("Every coin here has a future of its own, so that there is no link to break.")
    if shock.carry_shift and not hedge.is_closed:
        shifted = _shifted_carry(assessment, shock)
        verb = "earns" if shifted >= 0.0 else "pays"
        notes.append(
            f"At {abs(shock.carry_shift):.0%} a year the short {verb} ${abs(shifted):,.0f} more over "
            f"{days_text(assessment.costs.horizon_days)}, on its size today."
        )
    return notes


def run_range(assessment: HedgeAssessment, moves: Sequence[float], shock: Shock) -> tuple[ScenarioResult, ...]:
    """The shock at each of `moves` in turn, everything else as in `shock`."""
    return tuple(run_scenario(assessment, replace(shock, move=float(move))) for move in moves)


def to_the_border(assessment: HedgeAssessment, results: Sequence[ScenarioResult]) -> tuple[ScenarioResult, ...]:
    """`results` of `run_range`, and wherever the short is closed between two of them both sides of that move.

    The two are at most BORDER apart, so that a line through all of them bends or breaks where the account ends.
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


def net_grid(assessment: HedgeAssessment, moves: Sequence[float], beta_shifts: Sequence[float]) -> Floats:
    """Net profit and loss before costs (USD) by proxy move and beta shift, shape (shifts, moves)."""
    return np.array(
        [
            [run_scenario(assessment, Shock(move=move, beta_shift=shift)).net_pnl for move in moves]
            for shift in beta_shifts
        ]
    )


def break_even_moves(results: Sequence[ScenarioResult]) -> tuple[float, ...]:
    """Moves at which the net result crosses zero, by linear interpolation between neighbours in `results`."""
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
    """Speculative and excluded holdings move by their beta where one is known, else as the hedged bag does."""
    value = assessment.hedgeable_value
    bag_beta = float(assessment.exposure.sum()) / value if value > 0 else 1.0
    total = 0.0
    for held in assessment.held_coins:
        if held.status == "hedged":
            continue
        if held.status == "stablecoin":
            total += held.value * own_move(held, shock)
            continue
        beta = measured_beta(held)
        if beta is None:
            beta = bag_beta
            notes.append(f"{held.holding.coin} has no beta: the bag's mean ({bag_beta:.2f}) is assumed.")
        move = holding_move(assessment, held, beta, shock, p)
        if move < -1.0:
            notes.append(f"{held.holding.coin} is floored at -100% (beta asks for {move:.0%}).")
        total += held.value * max(move, -1.0)
    return total


def _shifted_carry(assessment: HedgeAssessment, shock: Shock) -> float:
    return shock.carry_shift * assessment.margin.notional * assessment.costs.horizon_days / 365.0


def scenario_table(assessment: HedgeAssessment) -> tuple[ScenarioResult, ...]:
    """The plan at each of MOVES: every proxy moves by that much, nothing else changes."""
    return run_range(assessment, MOVES, Shock(move=0.0))
